/** What load() gives: an instance of its own. */

import { afterEach, describe, expect, test } from "vitest";
import { load, lpNormalize, mean, memory, norm, Tensor, tensor } from "../src/index.js";

const before = memory();
afterEach(() => {
  // every test gives back what it takes
  expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
});

describe("load()", () => {
  test("gives an instance of its own", async () => {
    const own = await load();
    const x = own.tensor([3, 4]);
    expect(own.memory().tensors).toBe(1);
    expect(memory().tensors).toBe(before.tensors);
    const length = own.norm(x);
    expect(length).toBeInstanceOf(Tensor);
    expect(length.data[0]).toBe(5);
    expect(Object.keys(own).sort()).toEqual([
      "BatchNorm",
      "batchNorm",
      "batchNormBackward",
      "boundedWeightNorm",
      "boundedWeightNormBackward",
      "channelNorms",
      "compare",
      "diagnose",
      "empty",
      "foldBatchNorm",
      "fromFloat16",
      "groupNorm",
      "groupNormBackward",
      "instanceNorm",
      "instanceNormBackward",
      "layerNorm",
      "layerNormBackward",
      "lpNormalize",
      "mean",
      "memory",
      "norm",
      "partial",
      "rescaleToNorms",
      "rmsNorm",
      "rmsNormBackward",
      "round",
      "statistics",
      "tensor",
      "tidy",
      "toFloat16",
      "trelu",
      "weightNorm",
      "weightNormBackward",
    ]);
  });

  test("a tensor of another instance counts as plain data", async () => {
    const own = await load();
    const x = own.tensor([3, 4]);
    expect(norm(x)).toEqual({ data: Float32Array.of(5), shape: [], dtype: "float32" });
    const out = own.empty([2]);
    expect(lpNormalize(x, { out })).toBe(out);
    expect([...out.data]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(own.memory().tensors).toBe(2);
  });

  test("an error inside leaves the default instance in charge", async () => {
    const own = await load();
    expect(() => own.norm(new Float64Array(1) as never)).toThrow(TypeError);
    using x = tensor([1]);
    expect(mean(x, { out: x.slice() })).toEqual(Float32Array.of(1));
  });
});
