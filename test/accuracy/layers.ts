/** Layers and norms of weights against the oracle. */

import {
  batchNorm,
  boundedWeightNorm,
  foldBatchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  lpNormalize,
  rescaleToNorms,
  rmsNorm,
  weightNorm,
} from "../../src/index.js";
import * as emulated from "../oracle/emulated.js";
import { type Norm, paperConstant } from "../oracle/emulated.js";
import { exactMean, ZERO } from "../oracle/exact.js";
import { FLOAT16, HALVES } from "../oracle/formats.js";
import * as real from "../oracle/real.js";
import { sizeOf } from "../oracle/walk.js";
import { fits, show } from "../support/cases.js";
import { numbers, toHalves } from "../support/compare.js";
import { arithmetic, FLOAT16 as HALF } from "../support/formats.js";
import { type LayerGroups, ofBatch, ofGroups, ofInstance, ofLast } from "../support/layer-groups.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import type { Compared } from "./errors.js";
import { type Measured, NORMS, SHORT } from "./measured.js";

export const EPS = 1e-5;

export interface Layer extends LayerGroups {
  readonly name: "batchNorm" | "instanceNorm" | "groupNorm" | "layerNorm" | "rmsNorm";
  /** Of groups of n elements or twice as many. */
  readonly shape: (n: number) => number[];
  readonly options: object;
}

export const LAYERS: readonly Layer[] = [
  { ...ofBatch(), name: "batchNorm", shape: (n) => [2, 3, n], options: {} },
  { ...ofLast(1), name: "layerNorm", shape: (n) => [3, n], options: {} },
  { ...ofInstance(), name: "instanceNorm", shape: (n) => [2, 2, n], options: {} },
  { ...ofGroups(2), name: "groupNorm", shape: (n) => [1, 4, n], options: { groups: 2 } },
  { ...ofLast(1, false), name: "rmsNorm", shape: (n) => [3, n], options: {} },
];

const FORWARD = { batchNorm, instanceNorm, groupNorm, layerNorm, rmsNorm };

/** As many elements as a shape has, of the data again and again, each time in another order. */
export function filled(x: Float32Array, shape: readonly number[]): Float32Array {
  const n = x.length;
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => x[(i + 5 * Math.floor(i / n)) % n]);
}

/** The least normal float32: a distance from the mean below it is a whole multiple of 2^-149, and has no further digits. */
export const LEAST = 2 ** -126;

export interface Exactly {
  readonly exact: Float64Array;
  /** What units are taken at: not below that of the least distance. */
  readonly sizes: Float64Array;
}

/** The layer without weight and bias. */
export function exactly(layer: Layer, kind: Norm, x: ArrayLike<number>, shape: readonly number[]): Exactly {
  const exact = new Float64Array(x.length);
  const sizes = new Float64Array(x.length);
  for (const { elements } of layer.groups(shape)) {
    const group = Float32Array.from(elements, (position) => x[position]);
    const centre = layer.centred ? exactMean(group) : ZERO;
    const constant = paperConstant(kind, group.length);
    const scale = real.scale(kind, real.deviation(kind, group, constant, centre).toNumber(), constant, EPS);
    real.normalized(group, centre, scale).forEach((value, i) => {
      exact[elements[i]] = value;
      sizes[elements[i]] = Math.max(Math.abs(value), LEAST / scale);
    });
  }
  return { exact, sizes };
}

const layers: Measured[] = LAYERS.flatMap((layer) =>
  NORMS.map(
    (kind): Measured => ({
      name: `${layer.name} ${show(kind)}`,
      lengths: SHORT,
      compare: (x) => {
        if (!fits(kind, x.length)) return [];
        const shape = layer.shape(x.length);
        const data = filled(x, shape);
        const found = any(FORWARD[layer.name])({ data, shape }, { ...layer.options, norm: kind }).data;
        return [{ found, ...exactly(layer, kind, data, shape) }];
      },
    }),
  ),
);

const long: Measured[] = LAYERS.filter(({ name }) => name === "layerNorm" || name === "rmsNorm").map((layer) => ({
  name: `${layer.name} l2, long rows`,
  lengths: [100_000],
  compare: (data) => {
    const shape = [1, data.length];
    return [{ found: any(FORWARD[layer.name])({ data, shape }).data, ...exactly(layer, "l2", data, shape) }];
  },
}));

const rows = LAYERS[1];

const weighted: Measured = {
  name: "layerNorm l2, weight and bias",
  lengths: SHORT,
  compare: (x, seed) => {
    const shape = [1, x.length];
    const [weight, bias] = [gaussian(x.length, seed + 1), gaussian(x.length, seed + 2)];
    const plain = exactly(rows, "l2", x, shape);
    const found = layerNorm({ data: x, shape }, { weight, bias }).data;
    const exact = plain.exact.map((y, i) => y * weight[i] + bias[i]);
    return [{ found, exact, sizes: plain.sizes.map((y, i) => y * Math.abs(weight[i]) + Math.abs(bias[i])) }];
  },
};

/** float16 as it is stored: what is beyond it is left out. */
const inHalves = (x: Float32Array) => toHalves(x.map((value) => Math.min(Math.max(value, -6e4), 6e4)));

const stored: Measured = {
  name: "layerNorm l2 of float16",
  lengths: SHORT,
  compare: (x) => {
    const bits = inHalves(x);
    const shape = [1, x.length];
    const read = Float32Array.from(bits, (half) => HALVES[half]);
    const found = numbers(layerNorm({ data: bits, shape }));
    return [{ found, ...exactly(rows, "l2", read, shape), format: FLOAT16 }];
  },
};

/** To the bit: the error in units of float16 is 0 or there is one. */
const emulatedLayers: Measured[] = NORMS.map((kind) => ({
  name: `layerNorm ${show(kind)} in float16`,
  lengths: SHORT,
  compare: (x) => {
    if (!fits(kind, x.length)) return [];
    const { asked, oracle } = arithmetic(HALF);
    const found = layerNorm({ data: x, shape: [1, x.length] }, { norm: kind, eps: 1e-3, arithmetic: asked }).data;
    const read = emulated.inputs(oracle, x);
    const mean = emulated.mean(oracle, read);
    const scale = emulated.scale({ norm: kind, arithmetic: oracle }, emulated.centred(oracle, read, mean), 1e-3);
    return [{ found, exact: emulated.output(oracle, read, mean, scale), format: FLOAT16 }];
  },
}));

const given: Measured = {
  name: "batchNorm l2, mean and deviation given",
  lengths: SHORT,
  compare: (x) => {
    const [mean, deviation] = [Float32Array.of(x[0] / 3), Float32Array.of(Math.abs(x[x.length - 1]) + 0.1)];
    const scale = Math.sqrt(deviation[0] ** 2 + EPS);
    const found = batchNorm({ data: x, shape: [1, 1, x.length] }, { mean, deviation }).data;
    return [{ found, exact: Float64Array.from(x, (value) => (value - mean[0]) / scale) }];
  },
};

const folded: Measured = {
  name: "foldBatchNorm",
  lengths: SHORT,
  compare: (x, seed) => {
    const [mean, bias, own] = [0, 1, 2].map((i) => gaussian(1, seed + i));
    const deviation = Float32Array.of(0.7);
    const scale = Math.sqrt(deviation[0] ** 2 + EPS);
    const layer = { weight: { data: x, shape: [1, x.length] }, bias: own };
    const found = foldBatchNorm(layer, { mean, deviation, bias });
    const size = (Math.abs(own[0]) + Math.abs(mean[0])) / scale + Math.abs(bias[0]);
    return [
      { found: found.weight.data, exact: Float64Array.from(x, (value) => value / scale) },
      { found: found.bias.data, exact: [(own[0] - mean[0]) / scale + bias[0]], sizes: [size] },
    ];
  },
};

/** x · g / ‖x‖; what has no length has no direction. */
function gained(found: { data: ArrayLike<number> }, kind: Norm, x: Float32Array, g: number): Compared[] {
  const size = real.vectorNorm(kind, x).toNumber();
  if (size === 0) return [];
  return [{ found: found.data, exact: Float64Array.from(x, (value) => (value * g) / size) }];
}

const weights: Measured[] = NORMS.flatMap((kind): Measured[] => {
  const measured = (
    name: string,
    call: (x: { data: Float32Array; shape: number[] }) => { data: ArrayLike<number> },
    g = 1,
  ): Measured => ({
    name: `${name} ${show(kind)}`,
    lengths: SHORT,
    compare: (x) => (fits(kind, x.length) ? gained(call({ data: x, shape: [1, x.length] }), kind, x, g) : []),
  });
  return [
    measured("weightNorm", (v) => weightNorm(v, { g: Float32Array.of(1.7), norm: kind }), Math.fround(1.7)),
    measured("boundedWeightNorm", (v) => boundedWeightNorm(v, { rho: 2.5, norm: kind }), 2.5),
    measured("lpNormalize", (v) => lpNormalize(v, { norm: kind })),
    ...(kind === "l2" ? [measured("rescaleToNorms", (v) => rescaleToNorms(v, { norms: [3.1] }), 3.1)] : []),
  ];
});

export const NORMALIZATIONS = [...layers, ...long, weighted, stored, given, folded, ...weights, ...emulatedLayers];
