/** Native normalizations: outputs against real arithmetic, for every layer, norm, storage and layout. */

import { describe, expect, test } from "vitest";
import { batchNorm, layerNorm, trelu } from "../../src/index.js";
import { RECTIFIED } from "../oracle/constants.js";
import { type Norm, paperConstant } from "../oracle/emulated.js";
import { exactMean, ZERO } from "../oracle/exact.js";
import { FLOAT16, FLOAT32, spacing } from "../oracle/formats.js";
import * as real from "../oracle/real.js";
import { type Group, groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import { forms, type Plain, STORAGES } from "../support/call.js";
import { LONG_SIZES, normsOf, SIZES, show } from "../support/cases.js";
import { expectNear, numbers } from "../support/compare.js";
import { stored } from "../support/data.js";
import { batch, channelsLast, inGroups, instance, type Layer, layer } from "../support/normalizations.js";
import { gaussian, wide } from "../support/random.js";

interface Reference {
  readonly values: Float64Array;
  /** What an error is measured against: the largest number that the output is a sum or product of. */
  readonly sizes: Float64Array;
}

interface Case {
  readonly shape: readonly number[];
  readonly groups: readonly Group[];
  readonly norm: Norm | "none";
  readonly eps: number;
  readonly centred?: boolean;
  readonly weight?: (index: readonly number[]) => number;
  readonly bias?: (index: readonly number[]) => number;
}

function reference(read: Float32Array, { shape, groups, norm, eps, centred = true, weight, bias }: Case): Reference {
  const values = new Float64Array(read.length);
  const sizes = new Float64Array(read.length);
  for (const { elements } of groups) {
    const group = Float32Array.from(elements, (position) => read[position]);
    const mean = centred ? exactMean(group) : ZERO;
    let scale = 1;
    if (norm !== "none") {
      const constant = paperConstant(norm, group.length);
      scale = real.scale(norm, real.deviation(norm, group, constant, mean).toNumber(), constant, eps);
    }
    real.normalized(group, mean, scale).forEach((y, i) => {
      const index = indexOf(shape, elements[i]);
      const scaled = y * (weight ? weight(index) : 1);
      const shift = bias ? bias(index) : 0;
      values[elements[i]] = scaled + shift;
      sizes[elements[i]] = Math.max(Math.abs(scaled), Math.abs(shift));
    });
  }
  return { values, sizes };
}

/** float32 outputs within eight roundings of the largest part; float16 outputs within a hair of half an ulp. */
function expectOutput(results: readonly Plain[], { values, sizes }: Reference, what: string): void {
  for (const y of results) {
    if (y.data instanceof Float32Array) expectNear(y, values, (i) => Math.max(sizes[i] * 2 ** -24, 2 ** -149), 8, what);
    else {
      const finite = values.map((value) => (Math.abs(value) < 65520 ? value : Math.sign(value) / 0));
      expectNear(y, finite, (i) => spacing(FLOAT16, values[i]) + 8 * spacing(FLOAT32, sizes[i]), 0.5, what);
    }
  }
}

const pick = (list: Float32Array | undefined, at: (index: readonly number[]) => number) =>
  list && ((index: readonly number[]) => list[at(index)]);

const LAYERS: readonly Layer[] = [batch, channelsLast, instance, layer(1, true), layer(2, true), layer(1, false)];

function check(layer: Layer, shape: readonly number[], norm: Norm, data: Float32Array, turn: number): void {
  const { x, read } = stored(data, shape, STORAGES[turn % 2]);
  const n = layer.weights(shape);
  const weight = turn & 2 ? gaussian(n, 5, 1, 0.5) : undefined;
  const bias = turn & 4 ? gaussian(n, 6) : undefined;
  const eps = turn % 3 ? 1e-5 : 1e-3;
  // The result in the other storage now and then.
  const dtype = turn % 5 === 0 ? STORAGES[(turn + 1) % 2] : undefined;
  const y = forms(x, (t) => layer.call(t, { norm, eps, weight, bias, dtype }));
  const at = (index: readonly number[]) => layer.weightOf(shape, index);
  const expected = reference(read, {
    shape,
    groups: layer.groups(shape),
    norm,
    eps,
    centred: layer.centred,
    weight: pick(weight, at),
    bias: pick(bias, at),
  });
  expectOutput(y, expected, `${layer.name}, ${show(norm)}, ${STORAGES[turn % 2]} [${shape}], case ${turn}`);
}

describe.each(LAYERS)("$name", (layer) => {
  const lengthOf = (shape: readonly number[]) => layer.groups(shape)[0].elements.length;
  // its last axis is reduced
  const last = layer.groups([1, 1, 2]).length === 1;
  test("every length and norm", () => {
    for (const [i, n] of [...SIZES, ...LONG_SIZES].entries()) {
      const shape = last ? [2, 2, n] : [n, 1, 3];
      for (const [j, norm] of normsOf(lengthOf(shape)).entries()) {
        if (n > 257 && (i + j) % 3) continue;
        check(layer, shape, norm, gaussian(sizeOf(shape), i + j, (i % 5) - 2), i + j);
      }
    }
  });

  test.each([
    [[2, 3, 5, 7]],
    [[7, 4, 3, 3]],
    [[2, 2, 14, 14]],
    [[3, 2, 8, 8]],
    [[130, 5, 2]],
    [[5, 33, 9]],
    [[2, 2, 2, 1030]],
    [[40, 2, 6, 6]],
    [[2, 130, 130]],
  ])("%o", (shape) => {
    for (const [i, norm] of normsOf(lengthOf(shape)).entries())
      check(layer, shape, norm, gaussian(sizeOf(shape), i, 1), i + shape[0]);
  });
});

test("wide and many columns", () => {
  for (const [i, columns] of [1, 2, 3, 4, 5, 31, 32, 33, 100, 1023, 1024, 1025, 2100].entries()) {
    for (const [j, norm] of normsOf(7).entries())
      check(channelsLast, [7, columns], norm, gaussian(7 * columns, i, 5), i + j);
  }
});

test("group norm", () => {
  for (const [groups, shape] of [
    [2, [3, 4, 3, 5]],
    [3, [2, 9, 43]],
    [1, [2, 4, 8]],
    [4, [2, 4, 33]],
  ] as const) {
    const inner = inGroups(groups);
    for (const [i, norm] of normsOf(inner.groups(shape)[0].elements.length).entries()) {
      check(inner, shape, norm, gaussian(sizeOf(shape), i, 2), i + 6);
    }
  }
});

test("layer norm on a large mean is within 1e-6 of exact", () => {
  for (const mean of [1e4, 1e6, -1e6]) {
    for (const n of [768, 4096, 10_000]) {
      const data = gaussian(4 * n, 3, mean);
      const x: Plain = { data, shape: [4, n] };
      for (const norm of normsOf(n)) {
        const { values } = reference(data, { shape: [4, n], groups: groupsOf([4, n], [1]), norm, eps: 1e-5 });
        for (const y of forms(x, (t) => layerNorm(t, { norm }))) {
          expectNear(y, values, () => 1, 1e-6, `${show(norm)} around ${mean}`);
        }
      }
    }
  }
});

test("inference with given statistics", () => {
  const shape = [3, 5, 7];
  const mean = gaussian(5, 1, 1000);
  const deviation = gaussian(5, 2, 2, 0.25);
  const weight = gaussian(5, 3);
  const bias = gaussian(5, 4);
  for (const [i, norm] of normsOf(21).entries()) {
    const { x, read } = stored(gaussian(105, i, 1000), shape, STORAGES[i % 2]);
    const y = forms(x, (t) => batchNorm(t, { norm, mean, deviation, weight, bias, eps: 1e-3 }));
    const values = new Float64Array(105);
    const sizes = new Float64Array(105);
    read.forEach((value, position) => {
      const c = indexOf(shape, position)[1];
      const scale = norm === "l2" ? Math.sqrt(deviation[c] ** 2 + 1e-3) : deviation[c] + 1e-3;
      const scaled = ((value - mean[c]) / scale) * weight[c];
      values[position] = scaled + bias[c];
      sizes[position] = Math.max(Math.abs(scaled), Math.abs(bias[c]));
    });
    expectOutput(y, { values, sizes }, show(norm));
  }
});

test("only the mean is subtracted", () => {
  const shape = [6, 3, 11];
  const bias = gaussian(3, 4);
  for (const storage of STORAGES) {
    const { x, read } = stored(gaussian(198, 3, 1e3), shape, storage);
    const expected = reference(read, {
      shape,
      groups: batch.groups(shape),
      norm: "none",
      eps: 0,
      bias: (index) => bias[index[1]],
    });
    expectOutput(
      forms(x, (t) => batchNorm(t, { norm: "none", bias })),
      expected,
      `mean only, ${storage}`,
    );
  }
});

test("huge, tiny and subnormal data keep their digits", () => {
  for (const scale of [1e20, 3e37, 1e-20, 1e-30, 1e-36]) {
    for (const norm of normsOf(300)) {
      const data = gaussian(600, 9, 0, scale);
      const x: Plain = { data, shape: [2, 300] };
      const expected = reference(data, { shape: [2, 300], groups: groupsOf([2, 300], [1]), norm, eps: 0 });
      expectOutput(
        forms(x, (t) => layerNorm(t, { norm, eps: 0 })),
        expected,
        `${show(norm)} at ${scale}`,
      );
    }
  }
  // 1 / S of a subnormal S is infinite in float32: it must not be taken there.
  const data = wide(300, 10, -145, -135);
  const expected = reference(data, { shape: [300], groups: groupsOf([300]), norm: "l2", eps: 0 });
  for (const y of forms({ data, shape: [300] }, (t) => layerNorm(t, { norm: "l2", eps: 0 }))) {
    expectNear(y, expected.values, () => 1, 1e-2, "subnormal data");
  }
});

describe("trelu", () => {
  const { mean: shift, deviation: scale } = RECTIFIED;

  test("values", () => {
    const data = Float32Array.of(
      ...gaussian(1001, 1),
      0,
      -0,
      1e30,
      -1e30,
      2 ** -149,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    );
    for (const storage of STORAGES) {
      const { x, read } = stored(data, [data.length], storage);
      const values = Float64Array.from(read, (value) => (Math.max(value, 0) - shift) / scale);
      const sizes = Float64Array.from(read, (value) => Math.max(value, shift) / scale);
      expectOutput(
        forms(x, (t) => trelu(t)),
        { values, sizes },
        storage,
      );
    }
    expect(numbers(trelu(Float32Array.of(Number.NaN)))[0]).toBe(Number.NaN);
  });

  test("zero mean and unit variance on normal data", () => {
    // The trapezoidal rule on a smooth integrand that vanishes at both ends; the kink at 0 is a node.
    const step = 1 / 1024;
    const nodes = Float32Array.from({ length: 16 * 1024 + 1 }, (_, i) => -8 + i * step);
    const y = numbers(trelu(nodes));
    let mean = 0;
    let square = 0;
    for (let i = 0; i < nodes.length; i++) {
      const weight = Math.exp((-nodes[i] * nodes[i]) / 2) * shift * step;
      mean += y[i] * weight;
      square += y[i] * y[i] * weight;
    }
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(Math.abs(square - 1)).toBeLessThan(1e-6);
  });
});
