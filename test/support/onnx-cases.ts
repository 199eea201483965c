/** Normalizations, as operators and as exporters write them out. */

import { affineOf, type GraphBuilder, positive } from "./onnx-graph.js";
import { gaussian } from "./random.js";

/** What one normalization is, written out. */
export interface Written {
  name: string;
  operator: string;
  axes: number[];
  centred: boolean;
  epsilon: number;
  /** In what it is not as it is taken to be. Default: in nothing. */
  note?: RegExp;
  /** Default: 11 and 23. */
  opsets?: number[];
  write(g: GraphBuilder, x: string, features: number): string;
}

const EPS = 1e-5;

/** Layer norm over the last axis by parts, each of which exporters write in several ways. */
export function layerNormBy(how: {
  square?: "Pow" | "Mul";
  divide?: "Div" | "Reciprocal" | "one over" | "Pow -0.5";
  eps?: "initializer" | "node" | "last";
  casts?: boolean;
  twoSubs?: boolean;
  affine?: boolean;
}): Written["write"] {
  return (g, x, features) => {
    const { square = "Pow", divide = "Div", eps = "initializer", casts = false, twoSubs = false, affine = true } = how;
    const from = casts ? g.cast(x, 11) : x;
    const to = (name: string): string => (casts ? g.cast(name, 1) : name);
    const mean = g.reduce("ReduceMean", from, [-1]);
    const d = g.node("Sub", [from, mean]);
    const again = twoSubs ? g.node("Sub", [from, mean]) : d;
    const type = casts ? "float64" : "float32";
    const scalar = (value: number): string => {
      const name = g.scalar(value);
      g.initializers[name].type = type;
      return name;
    };
    const squared = square === "Pow" ? g.node("Pow", [d, scalar(2)]) : g.node("Mul", [d, d]);
    const variance = g.reduce("ReduceMean", squared, [-1]);
    const epsilon = eps === "node" && !casts ? g.constant(EPS) : scalar(EPS);
    const sum = g.node("Add", eps === "last" ? [epsilon, variance] : [variance, epsilon]);
    let y: string;
    if (divide === "Pow -0.5") y = g.node("Mul", [again, g.node("Pow", [sum, scalar(-0.5)])]);
    else {
      const root = g.node("Sqrt", [sum]);
      if (divide === "Div") y = g.node("Div", [again, root]);
      else {
        const inverse = divide === "Reciprocal" ? g.node("Reciprocal", [root]) : g.node("Div", [scalar(1), root]);
        y = g.node("Mul", [inverse, again]);
      }
    }
    const last = to(y);
    return affine ? g.affine(last, g.tensor(positive(features, 1)), g.tensor(gaussian(features, 2))) : last;
  };
}

const layer = (name: string, how: Parameters<typeof layerNormBy>[0]): Written => ({
  name,
  operator: "decomposed LayerNorm",
  axes: [2],
  centred: true,
  epsilon: EPS,
  write: layerNormBy(how),
});

/** All ways of writing that have to be known, for x of [batch, rows, features]. */
export const WRITTEN: Written[] = [
  layer("Pow, Div", {}),
  layer("Mul, Div", { square: "Mul" }),
  layer("Reciprocal, Mul", { divide: "Reciprocal" }),
  layer("1 / root, Mul", { divide: "one over" }),
  layer("Pow -0.5", { divide: "Pow -0.5" }),
  layer("eps of a node Constant", { eps: "node" }),
  layer("eps first", { eps: "last" }),
  layer("Casts around", { casts: true }),
  layer("Sub twice", { twoSubs: true }),
  layer("without weight and bias", { affine: false }),
  {
    ...layer("weight before x, as of TensorFlow", {}),
    write(g, x, features) {
      const mean = g.reduce("ReduceMean", x, [-1]);
      const d = g.node("Sub", [x, mean]);
      const variance = g.reduce("ReduceMean", g.node("Mul", [d, d]), [-1]);
      const root = g.root(variance, EPS);
      const a = g.node("Mul", [g.node("Reciprocal", [root]), g.tensor(positive(features, 3))]);
      const b = g.node("Sub", [g.tensor(gaussian(features, 4)), g.node("Mul", [mean, a])]);
      return g.node("Add", [g.node("Mul", [x, a]), b]);
    },
  },
  {
    name: "RMS norm",
    operator: "decomposed RMSNorm",
    axes: [2],
    centred: false,
    epsilon: 1e-6,
    write(g, x, features) {
      const mean = g.reduce("ReduceMean", g.node("Pow", [x, g.scalar(2)]), [-1]);
      const root = g.root(mean, 1e-6);
      return g.affine(g.node("Mul", [x, g.node("Reciprocal", [root])]), g.tensor(positive(features, 5)), undefined);
    },
  },
  {
    name: "RMS norm by ReduceSumSquare",
    operator: "decomposed RMSNorm",
    axes: [2],
    centred: false,
    epsilon: 1e-6,
    write(g, x, features) {
      const mean = g.node("Div", [g.reduce("ReduceSumSquare", x, [-1]), g.scalar(features)]);
      const root = g.root(mean, 1e-6);
      return g.node("Div", [x, root]);
    },
  },
  {
    name: "L2 by ReduceL2",
    operator: "decomposed L2Norm",
    axes: [2],
    centred: false,
    epsilon: 0,
    write: (g, x) => g.node("Div", [x, g.reduce("ReduceL2", x, [-1])]),
  },
  {
    name: "L2 by ReduceL2, with the least length of F.normalize",
    operator: "decomposed L2Norm",
    axes: [2],
    centred: false,
    epsilon: Math.fround(1e-12) ** 2,
    write(g, x) {
      const length = g.node("Max", [g.reduce("ReduceL2", x, [-1]), g.scalar(1e-12)]);
      return g.node("Div", [x, length]);
    },
  },
  {
    name: "L2 by ReduceSum",
    operator: "decomposed L2Norm",
    axes: [2],
    centred: false,
    epsilon: 0,
    write: (g, x) => g.node("Div", [x, g.node("Sqrt", [g.reduce("ReduceSum", g.node("Mul", [x, x]), [-1])])]),
  },
  {
    name: "L1 by ReduceL1",
    operator: "decomposed L1Norm",
    axes: [2],
    centred: false,
    epsilon: 0,
    write: (g, x) => g.node("Div", [x, g.reduce("ReduceL1", x, [-1])]),
  },
  {
    name: "two axes",
    operator: "decomposed LayerNorm",
    axes: [1, 2],
    centred: true,
    epsilon: EPS,
    write(g, x) {
      const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [1, 2])]);
      const variance = g.reduce("ReduceMean", g.node("Mul", [d, d]), [1, 2]);
      return g.node("Div", [d, g.root(variance, EPS)]);
    },
  },
  {
    name: "an axis in the middle, with a weight of its own",
    operator: "decomposed LayerNorm",
    axes: [1],
    centred: true,
    epsilon: EPS,
    write(g, x) {
      const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [1])]);
      const variance = g.reduce("ReduceMean", g.node("Mul", [d, d]), [1]);
      const y = g.node("Div", [d, g.root(variance, EPS)]);
      return g.affine(y, g.tensor(positive(4, 6), [4, 1]), g.tensor(gaussian(4, 7), [4, 1]));
    },
  },
];

const MS = "com.microsoft";

/** An operator that is a normalization. */
export interface Operator {
  operator: string;
  opsets: number[];
  shape: number[];
  axes: number[];
  domains?: Record<string, number>;
  write(g: GraphBuilder, x: string): string;
}

export const OPERATORS: Operator[] = [
  {
    operator: "LayerNormalization",
    opsets: [17, 20, 23],
    shape: [2, 4, 24],
    axes: [2],
    write: (g, x) => g.node("LayerNormalization", [x, ...affineOf(g, 24, 10)], { axis: -1, epsilon: { float: 1e-5 } }),
  },
  {
    operator: "LayerNormalization",
    opsets: [17],
    shape: [2, 4, 24],
    axes: [1, 2],
    write: (g, x) => g.node("LayerNormalization", [x, g.tensor(positive(96, 12), [4, 24])], { axis: 1 }),
  },
  {
    operator: "SimplifiedLayerNormalization",
    opsets: [17],
    shape: [2, 4, 24],
    axes: [2],
    write: (g, x) => g.node("SimplifiedLayerNormalization", [x, g.tensor(positive(24, 13))], { axis: -1 }),
  },
  {
    operator: "RMSNormalization",
    opsets: [23],
    shape: [2, 4, 24],
    axes: [2],
    write: (g, x) => g.node("RMSNormalization", [x, g.tensor(positive(24, 14))], { axis: -1 }),
  },
  {
    operator: "SkipLayerNormalization",
    opsets: [17],
    shape: [2, 4, 24],
    axes: [2],
    domains: { [MS]: 1 },
    write: (g, x) =>
      g.node(
        "SkipLayerNormalization",
        [x, g.node("Neg", ["x"]), ...affineOf(g, 24, 15), g.tensor(gaussian(24, 17))],
        { epsilon: { float: 1e-5 } },
        MS,
      ),
  },
  {
    operator: "SkipSimplifiedLayerNormalization",
    opsets: [17],
    shape: [2, 4, 24],
    axes: [2],
    domains: { [MS]: 1 },
    write: (g, x) =>
      g.node("SkipSimplifiedLayerNormalization", [x, g.node("Exp", ["x"]), g.tensor(positive(24, 18))], {}, MS),
  },
  {
    operator: "GroupNormalization",
    opsets: [18, 21],
    shape: [2, 6, 5, 5],
    axes: [1, 2, 3],
    write: (g, x) =>
      g.node("GroupNormalization", [x, ...affineOf(g, g.opset < 21 ? 3 : 6, 19)], {
        num_groups: 3,
        epsilon: { float: 1e-4 },
      }),
  },
  {
    operator: "InstanceNormalization",
    opsets: [11, 17, 22],
    shape: [2, 6, 5, 5],
    axes: [2, 3],
    write: (g, x) => g.node("InstanceNormalization", [x, ...affineOf(g, 6, 21)], {}),
  },
  {
    operator: "BatchNormalization",
    opsets: [11, 15, 20],
    shape: [2, 6, 5, 5],
    axes: [0, 2, 3],
    write: (g, x) =>
      g.node(
        "BatchNormalization",
        [x, ...affineOf(g, 6, 23), g.tensor(gaussian(6, 25)), g.tensor(positive(6, 26))],
        {},
      ),
  },
  {
    operator: "LpNormalization",
    opsets: [11, 22],
    shape: [2, 4, 24],
    axes: [2],
    write: (g, x) => g.node("LpNormalization", [x], { axis: -1, p: 2 }),
  },
  {
    operator: "LpNormalization",
    opsets: [17],
    shape: [2, 4, 24],
    axes: [1],
    write: (g, x) => g.node("LpNormalization", [x], { axis: 1, p: 1 }),
  },
  {
    operator: "MeanVarianceNormalization",
    opsets: [11, 13],
    shape: [2, 6, 5, 5],
    axes: [0, 2, 3],
    write: (g, x) => g.node("MeanVarianceNormalization", [x], {}),
  },
];
