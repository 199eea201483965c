/** Normalizations in the words of exporters: PyTorch, tf2onnx, JAX, and models of language as they are published. */

import type { Written } from "./onnx-cases.js";
import { type GraphBuilder, positive } from "./onnx-graph.js";
import { gaussian } from "./random.js";

const EPS = 1e-5;

/** A tensor with the axis back that a reduction has dropped. */
const restored = (g: GraphBuilder, x: string): string =>
  g.opset < 13 ? g.node("Unsqueeze", [x], { axes: [2] }) : g.node("Unsqueeze", [x, g.integers([2])]);

const dropping = (g: GraphBuilder, op: string, x: string): string => {
  const name = g.reduce(op, x, [-1]);
  (g.nodes[g.nodes.length - 1].attributes as Record<string, number>).keepdims = 0;
  return name;
};

const centred = { operator: "decomposed LayerNorm", axes: [2], centred: true, epsilon: EPS };
const rms = { operator: "decomposed RMSNorm", axes: [2], centred: false };
const length = { operator: "decomposed L2Norm", axes: [2], centred: false };

export const EXPORTED: Written[] = [
  {
    ...rms,
    name: "T5 of Hugging Face: Pow by int64, 1 / root",
    epsilon: 1e-6,
    opsets: [12, 23],
    write(g, x, features) {
      const two = g.integers([2]);
      g.initializers[two].dims = [];
      const mean = g.reduce("ReduceMean", g.node("Pow", [g.cast(x), two]), [-1]);
      const inverse = g.node("Div", [g.scalar(1), g.root(mean, 1e-6)]);
      return g.node("Mul", [g.tensor(positive(features, 1)), g.node("Mul", [x, inverse])]);
    },
  },
  {
    ...rms,
    name: "LLaMA: Casts around the root alone",
    epsilon: 1e-6,
    write(g, x, features) {
      const mean = g.reduce("ReduceMean", g.node("Pow", [g.cast(x), g.scalar(2)]), [-1]);
      const y = g.node("Mul", [g.cast(x), g.node("Reciprocal", [g.root(mean, 1e-6)])]);
      return g.node("Mul", [g.tensor(positive(features, 1)), g.cast(y)]);
    },
  },
  {
    ...length,
    name: "F.normalize: ReduceL2, Clip, Expand by Shape",
    epsilon: 0,
    write(g, x) {
      const least = g.node("Clip", [g.reduce("ReduceL2", x, [-1]), g.scalar(1e-12)]);
      return g.node("Div", [x, g.node("Expand", [least, g.node("Shape", [x])])]);
    },
  },
  {
    ...length,
    name: "F.normalize by dynamo: Abs before ReduceL2",
    epsilon: 0,
    opsets: [18, 23],
    write(g, x) {
      const least = g.node("Clip", [g.reduce("ReduceL2", g.node("Abs", [x]), [-1]), g.scalar(1e-12)]);
      return g.node("Div", [x, g.node("Expand", [least, g.node("Shape", [x])])]);
    },
  },
  {
    ...length,
    name: "l2_normalize of TensorFlow: Max before the root",
    epsilon: 0,
    write(g, x) {
      const sum = g.reduce("ReduceSum", g.node("Mul", [x, x]), [-1]);
      const inverse = g.node("Reciprocal", [g.node("Sqrt", [g.node("Max", [sum, g.scalar(1e-12)])])]);
      return g.node("Mul", [x, inverse]);
    },
  },
  {
    ...rms,
    name: "ScaleNorm: a length times 1 / √n",
    epsilon: 0,
    write(g, x, features) {
      const mean = g.node("Mul", [g.reduce("ReduceL2", x, [-1]), g.scalar(1 / Math.sqrt(features))]);
      return g.node("Mul", [
        g.node("Div", [x, g.node("Clip", [mean, g.scalar(1e-8)])]),
        g.tensor(positive(features, 1)),
      ]);
    },
  },
  {
    ...centred,
    name: "Identities in between, as without optimization",
    write(g, x, features) {
      const mean = g.node("Identity", [g.reduce("ReduceMean", x, [-1])]);
      const d = g.node("Identity", [g.node("Sub", [x, mean])]);
      const variance = g.node("Identity", [g.reduce("ReduceMean", g.node("Mul", [d, d]), [-1])]);
      return g.affine(
        g.node("Identity", [g.node("Div", [d, g.root(variance, EPS)])]),
        g.tensor(positive(features, 1)),
        undefined,
      );
    },
  },
  {
    ...centred,
    name: "differences squared by multiplying two of them",
    write(g, x, features) {
      const mean = g.reduce("ReduceMean", x, [-1]);
      const square = g.node("Mul", [g.node("Sub", [x, mean]), g.node("Sub", [x, mean])]);
      const y = g.node("Div", [g.node("Sub", [x, mean]), g.root(g.reduce("ReduceMean", square, [-1]), EPS)]);
      return g.affine(y, g.tensor(positive(features, 1)), g.tensor(gaussian(features, 2)));
    },
  },
  {
    ...centred,
    name: "axes that are dropped and put back",
    write(g, x) {
      const d = g.node("Sub", [x, restored(g, dropping(g, "ReduceMean", x))]);
      const variance = restored(g, dropping(g, "ReduceMean", g.node("Mul", [d, d])));
      return g.node("Div", [d, g.root(variance, EPS)]);
    },
  },
  {
    ...rms,
    name: "an axis that is put back by Reshape",
    epsilon: EPS,
    write(g, x) {
      const mean = dropping(g, "ReduceMean", g.node("Mul", [x, x]));
      return g.node("Div", [x, g.root(g.node("Reshape", [mean, g.integers([-1, 4, 1])]), EPS)]);
    },
  },
  {
    ...centred,
    name: "E[x²] - E[x]², as Flax has it",
    write(g, x, features) {
      const mean = g.reduce("ReduceMean", x, [-1]);
      const squares = g.reduce("ReduceMean", g.node("Mul", [x, x]), [-1]);
      const variance = g.node("Max", [g.scalar(0), g.node("Sub", [squares, g.node("Mul", [mean, mean])])]);
      const a = g.node("Mul", [g.node("Reciprocal", [g.root(variance, EPS)]), g.tensor(positive(features, 1))]);
      return g.node("Add", [g.node("Mul", [g.node("Sub", [x, mean]), a]), g.tensor(gaussian(features, 2))]);
    },
  },
  {
    ...centred,
    name: "torch.std, with eps beside the root",
    epsilon: 1e-12,
    note: /^its root is that of 1\.\d+ times the mean of the squares/,
    write(g, x, features) {
      const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [-1])]);
      const variance = g.reduce("ReduceMean", g.node("Mul", [d, d]), [-1]);
      const unbiased = g.node("Div", [g.node("Mul", [variance, g.scalar(features)]), g.scalar(features - 1)]);
      const deviation = g.node("Add", [g.node("Sqrt", [unbiased]), g.scalar(1e-6)]);
      const y = g.node("Div", [g.node("Mul", [g.tensor(positive(features, 1)), d]), deviation]);
      return g.node("Add", [y, g.tensor(gaussian(features, 2))]);
    },
  },
  {
    ...centred,
    name: "the variance from a sum of squares",
    write(g, x, features) {
      const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [-1])]);
      const variance = g.node("Mul", [g.reduce("ReduceSumSquare", d, [-1]), g.scalar(1 / features)]);
      return g.node("Div", [d, g.root(variance, EPS)]);
    },
  },
];
