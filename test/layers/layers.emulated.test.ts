/** Emulated normalizations of whole tensors, weights and biases included, against the oracle, to the bit. */

import { describe, test } from "vitest";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, statistics } from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import * as oracle from "../oracle/emulated.js";
import { roundTo } from "../oracle/formats.js";
import { type Group, groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import { both, type Plain, STORAGES, type Storage } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { expectBits, numbers, type Result } from "../support/compare.js";
import { KINDS, type Kind, stored, values } from "../support/data.js";
import { type ArithmeticPair, arithmetics, CUSTOM, FLOAT16, FORMATS, MORE_FORMATS } from "../support/formats.js";
import { gaussian } from "../support/random.js";

interface Options {
  readonly norm: oracle.Norm;
  readonly eps: number;
  readonly weight?: Float32Array;
  readonly bias?: Float32Array;
  readonly dtype?: Storage;
  readonly arithmetic: ArithmeticPair["asked"];
}

/** A layer: how the package is called, which axes its groups reduce and which weight an element has. */
interface Layer {
  readonly name: string;
  readonly call: (x: TensorLike, options: Options) => Result;
  readonly groups: (shape: readonly number[]) => readonly Group[];
  readonly weights: (shape: readonly number[]) => number;
  readonly weightOf: (shape: readonly number[], index: readonly number[]) => number;
  readonly centring: boolean;
}

const others = (shape: readonly number[], axis: number) => shape.map((_, i) => i).filter((i) => i !== axis);

const batch: Layer = {
  name: "batch norm",
  call: (x, options) => batchNorm(x, options),
  groups: (shape) => groupsOf(shape, others(shape, 1)),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
};
const channelsLast: Layer = {
  name: "batch norm, channels last",
  call: (x, options) => batchNorm(x, { ...options, axis: -1 }),
  groups: (shape) => groupsOf(shape, others(shape, shape.length - 1)),
  weights: (shape) => shape[shape.length - 1],
  weightOf: (shape, index) => index[shape.length - 1],
  centring: true,
};
const instance: Layer = {
  name: "instance norm",
  call: (x, options) => instanceNorm(x, options),
  groups: (shape) => groupsOf(shape, others(shape, 0).slice(1)),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
};
const inGroups = (groups: number): Layer => ({
  name: `group norm with ${groups} groups`,
  call: (x, options) => groupNorm(x, { ...options, groups }),
  groups: ([n, c, ...rest]) => groupsOf([n, groups, (c / groups) * sizeOf(rest)], [2]),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
  centring: true,
});
const layer = (axes: number, centring: boolean): Layer => ({
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

interface Case {
  readonly shape: readonly number[];
  readonly kind: Kind;
  readonly storage: Storage;
  readonly norm: oracle.Norm;
  readonly weighted: number;
}

function check(layer: Layer, pair: ArithmeticPair, { shape, kind, storage, norm, weighted }: Case): void {
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
    const d = layer.centring ? oracle.centred(pair.oracle, group, oracle.mean(pair.oracle, group)) : group;
    const at = (i: number) => layer.weightOf(shape, indexOf(shape, elements[i]));
    const outputs = oracle.apply(
      pair.oracle,
      d,
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

const CASES: readonly { layer: Layer; shapes: readonly (readonly number[])[] }[] = [
  {
    layer: batch,
    shapes: [
      [4, 3, 3, 5],
      [2, 5, 8, 8],
      [33, 2],
      [5, 35],
      [2, 1, 4097],
      [130, 3, 1, 3],
      [1, 4, 36],
    ],
  },
  {
    layer: channelsLast,
    shapes: [
      [4, 3, 5, 3],
      [2, 4, 4, 33],
      [129, 8],
      [1030, 2],
      [3, 2, 100],
    ],
  },
  {
    layer: instance,
    shapes: [
      [3, 4, 3, 5],
      [2, 3, 129],
      [2, 2, 32, 32],
      [40, 2, 7],
    ],
  },
  {
    layer: inGroups(2),
    shapes: [
      [3, 4, 3, 5],
      [2, 6, 43],
      [2, 2, 16, 16],
      [33, 4, 2],
    ],
  },
  {
    layer: inGroups(3),
    shapes: [
      [2, 6, 5],
      [2, 3, 4, 4],
      [1, 9, 130],
    ],
  },
  {
    layer: layer(1, true),
    shapes: [
      [5, 33],
      [3, 257],
      [2, 4100],
      [36, 8],
      [2, 3, 64],
    ],
  },
  {
    layer: layer(2, true),
    shapes: [
      [4, 3, 11],
      [2, 2, 5, 13],
      [2, 65, 64],
    ],
  },
  {
    layer: layer(1, false),
    shapes: [
      [5, 33],
      [3, 257],
      [2, 4100],
      [36, 8],
    ],
  },
  {
    layer: layer(3, false),
    shapes: [
      [3, 4, 3, 5],
      [1, 2, 2, 2, 7],
    ],
  },
];

describe.each(CASES)("$layer.name", ({ layer, shapes }) => {
  describe.each([...FORMATS, ...MORE_FORMATS])("$label", (compute) => {
    test.each(arithmetics(compute))("$label", (pair) => {
      const turn = pair.label.length;
      for (const [i, shape] of shapes.entries()) {
        const n = layer.groups(shape)[0].elements.length;
        const all = normsOf(n);
        const norms = compute === FLOAT16 ? all.filter((_, j) => (i + j) % 2 === 0) : [all[(i + turn) % all.length]];
        for (const [j, norm] of norms.entries()) {
          const kind = KINDS[(i + j + turn) % KINDS.length];
          check(layer, pair, { shape, kind, storage: STORAGES[(i + j) % 2], norm, weighted: (i + 2 * j + turn) % 4 });
        }
      }
    });
  });
});

describe("inference with given statistics", () => {
  const shape = [3, 4, 5];
  test.each([...arithmetics(FLOAT16), ...arithmetics(CUSTOM)])("$label", (pair) => {
    for (const [i, norm] of normsOf(15).entries()) {
      const { x, read } = stored(values("plain", pair.oracle.compute, 60, i), shape, STORAGES[i % 2]);
      const mean = gaussian(4, 7);
      const deviation = gaussian(4, 8, 2, 0.25);
      const weight = gaussian(4, 9);
      const options = { norm, mean, deviation, weight, eps: 1e-3, arithmetic: pair.asked };
      const recipe = { norm, arithmetic: pair.oracle };
      const expected = Float64Array.from(read, (value, position) => {
        const channel = indexOf(shape, position)[1];
        const middle = roundTo(pair.oracle.compute, mean[channel]);
        const d = oracle.centred(pair.oracle, oracle.inputs(pair.oracle, [value]), middle);
        const scale = oracle.scaleFromDeviation(recipe, deviation[channel], 1e-3);
        return oracle.apply(pair.oracle, d, scale, () => weight[channel])[0];
      });
      expectBits(
        both(x, (t) => batchNorm(t, options)),
        expected,
        `${show(norm)}; ${pair.label}`,
      );
      const moved: Plain = { data: x.data.slice(), shape: [3, 5, 4] };
      const last = (t: TensorLike) => batchNorm(t, { ...options, axis: 2 });
      const transposed = Float64Array.from(read, (value, position) => {
        const channel = position % 4;
        const middle = roundTo(pair.oracle.compute, mean[channel]);
        const d = oracle.centred(pair.oracle, oracle.inputs(pair.oracle, [value]), middle);
        const scale = oracle.scaleFromDeviation(recipe, deviation[channel], 1e-3);
        return oracle.apply(pair.oracle, d, scale, () => weight[channel])[0];
      });
      expectBits(both(moved, last), transposed, `channels last, ${show(norm)}; ${pair.label}`);
    }
  });
});

test("statistics have what the normalization used", () => {
  // Applying them again gives the normalization itself, for every norm whose eps stands beside the deviation.
  const x: Plain = { data: gaussian(4 * 6 * 9, 31), shape: [4, 6, 9] };
  for (const pair of arithmetics(FLOAT16)) {
    for (const norm of ["l1", "linf", "range", { topk: 10 }] as const) {
      const options = { norm, arithmetic: pair.asked };
      const { mean, deviation } = statistics(x, { ...options, axes: [0, 2] });
      const again = batchNorm(x, { ...options, mean, deviation });
      expectBits(
        both(x, (t) => batchNorm(t, options)),
        numbers(again),
        `${show(norm)}; ${pair.label}`,
      );
    }
  }
});

test("only the mean is subtracted", () => {
  const shape = [3, 5, 7];
  for (const pair of arithmetics(FLOAT16)) {
    const { x, read } = stored(values("plain", pair.oracle.compute, 105, 3), shape, "float32");
    const bias = gaussian(5, 4);
    const expected = new Float64Array(105);
    for (const { elements, kept } of groupsOf(shape, [0, 2])) {
      const group = oracle.inputs(
        pair.oracle,
        elements.map((position) => read[position]),
      );
      const d = oracle.centred(pair.oracle, group, oracle.mean(pair.oracle, group));
      const outputs = oracle.apply(pair.oracle, d, 1, undefined, () => bias[kept[0]]);
      elements.forEach((position, i) => {
        expected[position] = outputs[i];
      });
    }
    expectBits(
      both(x, (t) => batchNorm(t, { norm: "none", bias, arithmetic: pair.asked })),
      expected,
      pair.label,
    );
  }
});
