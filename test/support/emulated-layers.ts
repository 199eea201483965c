/** Emulated layers beside the oracle: how each is called, which groups it has, and whether the two agree to the bit. */

import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import * as oracle from "../oracle/emulated.js";
import { type Group, groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import { both, STORAGES, type Storage } from "./call.js";
import { show } from "./cases.js";
import { expectBits, type Result } from "./compare.js";
import { type Kind, stored, values } from "./data.js";
import type { ArithmeticPair } from "./formats.js";
import { gaussian } from "./random.js";

interface Options {
  readonly norm: oracle.Norm;
  readonly eps: number;
  readonly weight?: Float32Array;
  readonly bias?: Float32Array;
  readonly dtype?: Storage;
  readonly arithmetic: ArithmeticPair["asked"];
}

/** A layer: how the package is called, which axes its groups reduce and which weight an element has. */
export interface Layer {
  readonly name: string;
  readonly call: (x: TensorLike, options: Options) => Result;
  readonly groups: (shape: readonly number[]) => readonly Group[];
  readonly weights: (shape: readonly number[]) => number;
  readonly weightOf: (shape: readonly number[], index: readonly number[]) => number;
  readonly centring: boolean;
}

const others = (shape: readonly number[], axis: number) => shape.map((_, i) => i).filter((i) => i !== axis);

export const batch: Layer = {
  name: "batch norm",
  call: (x, options) => batchNorm(x, options),
  groups: (shape) => groupsOf(shape, others(shape, 1)),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
};
export const channelsLast: Layer = {
  name: "batch norm, channels last",
  call: (x, options) => batchNorm(x, { ...options, axis: -1 }),
  groups: (shape) => groupsOf(shape, others(shape, shape.length - 1)),
  weights: (shape) => shape[shape.length - 1],
  weightOf: (shape, index) => index[shape.length - 1],
  centring: true,
};
export const instance: Layer = {
  name: "instance norm",
  call: (x, options) => instanceNorm(x, options),
  groups: (shape) => groupsOf(shape, others(shape, 0).slice(1)),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
};
export const inGroups = (groups: number): Layer => ({
  name: `group norm with ${groups} groups`,
  call: (x, options) => groupNorm(x, { ...options, groups }),
  groups: ([n, c, ...rest]) => groupsOf([n, groups, (c / groups) * sizeOf(rest)], [2]),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
});
export const layer = (axes: number, centring: boolean): Layer => ({
  name: `${centring ? "layer" : "RMS"} norm of the last ${axes}`,
  call: (x, options) => (centring ? layerNorm : rmsNorm)(x, { ...options, axis: -axes }),
  groups: (shape) =>
    groupsOf(
      shape,
      Array.from({ length: axes }, (_, i) => -1 - i),
    ),
  weights: (shape) => sizeOf(shape.slice(-axes)),
  weightOf: (shape, index) => index.slice(-axes).reduce((at, i, axis) => at * shape.slice(-axes)[axis] + i, 0),
  centring,
});

export interface Case {
  readonly shape: readonly number[];
  readonly kind: Kind;
  readonly storage: Storage;
  readonly norm: oracle.Norm;
  readonly weighted: number;
}

export function checkLayer(layer: Layer, pair: ArithmeticPair, { shape, kind, storage, norm, weighted }: Case): void {
  const size = sizeOf(shape);
  const { x, read } = stored(values(kind, pair.oracle.compute, size, size), shape, storage);
  const n = layer.weights(shape);
  const weight = weighted & 1 ? gaussian(n, 5, 1, 0.5) : undefined;
  const bias = weighted & 2 ? gaussian(n, 6) : undefined;
  const eps = [1e-5, 0, 1e-3][size % 3];
  // The result in the other storage now and then.
  const dtype = size % 2 ? undefined : STORAGES[1 - STORAGES.indexOf(storage)];
  const y = both(x, (t) => layer.call(t, { norm, eps, weight, bias, dtype, arithmetic: pair.asked }));
  const expected = new Float64Array(size);
  const recipe = { norm, arithmetic: pair.oracle };
  for (const { elements } of layer.groups(shape)) {
    const group = oracle.inputs(
      pair.oracle,
      elements.map((position) => read[position]),
    );
    const mean = layer.centring ? oracle.mean(pair.oracle, group) : undefined;
    const d = mean === undefined ? group : oracle.centred(pair.oracle, group, mean);
    const at = (i: number) => layer.weightOf(shape, indexOf(shape, elements[i]));
    const outputs = oracle.output(
      pair.oracle,
      group,
      mean,
      oracle.scale(recipe, d, eps),
      weight && ((i) => weight[at(i)]),
      bias && ((i) => bias[at(i)]),
    );
    elements.forEach((position, i) => {
      expected[position] = outputs[i];
    });
  }
  const what = `${layer.name}, ${show(norm)}, ${kind} ${storage} ${JSON.stringify(shape)}, eps ${eps}, weights ${weighted}`;
  expectBits(y, expected, `${what}; ${pair.label}`);
}
