/** Shapes: checked, of results, of eight dimensions, and with lengths of 0. */

import { describe, expect, test } from "vitest";
import {
  batchNorm,
  boundedWeightNorm,
  fromFloat16,
  groupNorm,
  instanceNorm,
  layerNorm,
  lpNormalize,
  mean,
  norm,
  rmsNorm,
  round,
  statistics,
  toFloat16,
  trelu,
  weightNorm,
} from "../../src/index.js";
import { checkShape, keptShape } from "../../src/tensor/shape.js";

test("keptShape", () => {
  expect(keptShape([2, 3, 4], 0b010, false)).toEqual([2, 4]);
  expect(keptShape([2, 3, 4], 0b010, true)).toEqual([2, 1, 4]);
  expect(keptShape([2, 3], 0b11, false)).toEqual([]);
  expect(keptShape([], 0, true)).toEqual([]);
});

test("checkShape", () => {
  const shape = [2, 0, 1];
  expect(checkShape("shape", shape)).toEqual(shape);
  expect(checkShape("shape", shape)).not.toBe(shape);
  expect(() => checkShape("shape", [2, -1])).toThrow(
    new RangeError('"shape[1]" must be an integer in [0, 4294967295], got -1'),
  );
  expect(() => checkShape("shape", [1.5])).toThrow(RangeError);
  expect(() => checkShape("shape", ["2"])).toThrow(TypeError);
  expect(() => checkShape("shape", 3)).toThrow(new TypeError('"shape" must be an array of lengths, got 3'));
  expect(() => checkShape("shape", Array(9).fill(1))).toThrow(RangeError);
});

describe("results", () => {
  test("keepDims, negative axes, axes as a number, no axes", () => {
    const x = { data: Float32Array.from({ length: 24 }, (_, i) => i), shape: [2, 3, 4] };
    expect(mean(x, { axes: [0, -1], keepDims: true })).toMatchObject({ shape: [1, 3, 1] });
    expect(mean(x, { axes: [0, -1] })).toMatchObject({ shape: [3], data: Float32Array.of(7.5, 11.5, 15.5) });
    expect(mean(x, { axes: 1 }).shape).toEqual([2, 4]);
    expect(mean(x, { keepDims: true }).shape).toEqual([1, 1, 1]);
    expect(norm(x, { axes: [] })).toEqual({ ...x, dtype: "float32" });
    expect(mean({ data: Float32Array.of(5), shape: [] })).toEqual({
      data: Float32Array.of(5),
      shape: [],
      dtype: "float32",
    });
    const found = statistics(x, { axes: [2], keepDims: true });
    expect([found.mean.shape, found.deviation.shape, found.count]).toEqual([[2, 3, 1], [2, 3, 1], 4]);
  });

  test("eight dimensions", () => {
    const shape = [2, 1, 3, 2, 1, 2, 3, 2];
    const data = Float32Array.from({ length: 144 }, (_, i) => Math.sin(i));
    const x = { data, shape };
    const sums = new Float64Array(2 * 2 * 3);
    for (let i = 0; i < 144; i++) {
      const [a, d, g] = [Math.floor(i / 72), Math.floor(i / 12) % 2, Math.floor(i / 2) % 3];
      sums[(a * 2 + d) * 3 + g] += Math.abs(data[i]);
    }
    const found = norm(x, { norm: "l1", axes: [1, 2, 4, 5, 7] });
    expect(found.shape).toEqual([2, 2, 3]);
    found.data.forEach((value, i) => {
      expect(Math.abs(value - sums[i])).toBeLessThan(1e-6 * sums[i]);
    });
    expect(groupNorm(x, { axis: 2, groups: 3 }).shape).toEqual(shape);
  });

  test("empty groups and empty tensors", () => {
    const x = { data: new Float32Array(0), shape: [2, 0, 3] };
    expect(norm(x, { axes: [1] })).toMatchObject({ shape: [2, 3], data: new Float32Array(6) });
    for (const kind of ["l1", "linf", "range", { lp: 3 }] as const)
      expect(norm(x, { norm: kind }).data).toEqual(new Float32Array(1));
    expect(mean(x, { axes: [1] }).data).toEqual(new Float32Array(6).fill(Number.NaN));
    expect(mean(x, { axes: [0] })).toMatchObject({ shape: [0, 3], data: new Float32Array(0) });
    const found = statistics(x);
    expect([found.mean.data[0], found.deviation.data[0], found.count]).toEqual([Number.NaN, Number.NaN, 0]);
    const layers: unknown[] = [layerNorm, batchNorm, rmsNorm, instanceNorm, lpNormalize, trelu];
    for (const layer of layers as (typeof trelu)[]) {
      expect(layer(x)).toEqual({ ...x, dtype: "float32" });
    }
    expect(groupNorm({ data: new Float32Array(0), shape: [0, 4] }, { groups: 2 }).shape).toEqual([0, 4]);
    expect(weightNorm(x, { g: new Float32Array(2) }).shape).toEqual([2, 0, 3]);
    expect(boundedWeightNorm(x).shape).toEqual([2, 0, 3]);
    expect(round(x, "float16").data.length).toBe(0);
    expect(toFloat16(x)).toEqual({ data: new Uint16Array(0), shape: [2, 0, 3], dtype: "float16" });
    expect(fromFloat16(new Uint16Array(0))).toEqual(new Float32Array(0));
    const out = new Float32Array(0);
    expect(layerNorm(x, { out })).toBe(out);
  });
});
