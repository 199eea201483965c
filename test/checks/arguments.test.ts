/** Options that are refused, axes among them. */

import { describe, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { any, FORMS, plain, refuses } from "../support/refuses.js";

describe("axes", () => {
  test.each([
    [() => halfnorm.norm(plain(), { axes: [3] }), '"axes" must be an integer in [-3, 2], got 3'],
    [() => halfnorm.norm(plain(), { axes: -4 }), '"axes" must be an integer in [-3, 2], got -4'],
    [() => halfnorm.mean(plain(), { axes: [0, 1, -3] }), '"axes" must be without repetition, got [0, 1, -3]'],
    [() => halfnorm.mean(plain(), { axes: [0.5] }), '"axes" must be an integer in [-3, 2], got 0.5'],
    [() => halfnorm.layerNorm(plain(), { axis: 3 }), '"axis" must be an integer in [-3, 2], got 3'],
    [
      () => new halfnorm.BatchNorm({ channels: 3 }).train(new Float32Array(3)),
      '"x" must be of shape [N, C, ...], got [N]',
    ],
    [() => halfnorm.batchNorm(new Float32Array(3)), '"x" must be of shape [N, C, ...], got [N]'],
    [() => halfnorm.lpNormalize(plain(), { axis: Number.NaN }), '"axis" must be an integer in [-3, 2], got NaN'],
    [() => halfnorm.instanceNorm(plain(), { axis: 0 }), '"axis" must be another one than the batch axis, got 0'],
    [() => halfnorm.instanceNorm(plain(), { axis: -3 }), '"axis" must be another one than the batch axis, got -3'],
    [
      () => halfnorm.instanceNorm(new Float32Array(3)),
      '"x" must be of shape [N, C, ...], with a batch and channels, got [3]',
    ],
    [
      () => halfnorm.layerNorm({ data: new Float32Array(1), shape: [] }),
      '"axis" must be of a tensor with at least one dimension, got []',
    ],
  ])("out of range: %s", (call, message) => {
    refuses(call, new RangeError(message));
  });

  test("of a wrong type", () => {
    refuses(
      () => halfnorm.norm(plain(), any({ axes: "0" })),
      new TypeError('"axes" must be an array of integers, got "0"'),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ axes: ["0"] })),
      new TypeError('"axes" must be an integer in [-3, 2], got "0"'),
    );
    refuses(
      () => halfnorm.layerNorm(plain(), any({ axis: [0] })),
      new TypeError('"axis" must be an integer in [-3, 2], got [0]'),
    );
    refuses(
      () => halfnorm.mean(plain(), any({ keepDims: 1 })),
      new TypeError('"keepDims" must be true or false, got 1'),
    );
  });
});

describe("options", () => {
  test("eps", () => {
    const expected = '"eps" must be a finite number of at least 0';
    refuses((out) => halfnorm.layerNorm(plain(), { eps: Number.NaN, out }), new RangeError(`${expected}, got NaN`));
    refuses((out) => halfnorm.batchNorm(plain(), { eps: -1e-5, out }), new RangeError(`${expected}, got -0.00001`));
    refuses(
      (out) => halfnorm.groupNorm(plain(), { groups: 1, eps: Infinity, out }),
      new RangeError(`${expected}, got Infinity`),
    );
    refuses((out) => halfnorm.rmsNorm(plain(), any({ eps: "1", out })), new TypeError(`${expected}, got "1"`));
    expect(halfnorm.rmsNorm(new Float32Array(2).fill(3), { eps: 0 }).data).toEqual(new Float32Array(2).fill(1));
  });

  test("weight, bias, mean, deviation and g of the wrong length", () => {
    const three = new Float32Array(3);
    const four = new Float32Array(4);
    refuses(
      (out) => halfnorm.batchNorm(plain(), { weight: four, out }),
      new RangeError('"weight" must have 3 elements, got 4'),
    );
    refuses(
      (out) => halfnorm.layerNorm(plain(), { bias: three, out }),
      new RangeError('"bias" must have 4 elements, got 3'),
    );
    refuses(
      (out) => halfnorm.layerNorm(plain(), { axis: 1, weight: three, out }),
      new RangeError('"weight" must have 12 elements, got 3'),
    );
    refuses(
      (out) => halfnorm.batchNorm(plain(), { mean: four, deviation: three, out }),
      new RangeError('"mean" must have 3 elements, got 4'),
    );
    refuses(
      (out) => halfnorm.weightNorm(plain(), { g: three, out }),
      new RangeError('"g" must have 2 elements, got 3'),
    );
    refuses((out) => halfnorm.weightNorm(plain(), any({ out })), new TypeError(`"g" must be ${FORMS}, got undefined`));
    refuses(
      (out) => halfnorm.boundedWeightNorm(plain(), { g: three, out }),
      new RangeError('"g" must have 2 elements, got 3'),
    );
    refuses(
      (out) => halfnorm.boundedWeightNorm(plain(), { rho: -1, out }),
      new RangeError('"rho" must be a finite number of at least 0, got -1'),
    );
  });

  test("mean without deviation", () => {
    const error = new TypeError('"mean" and "deviation" must be given both or neither');
    refuses((out) => halfnorm.batchNorm(plain(), { mean: new Float32Array(3), out }), error);
    refuses((out) => halfnorm.batchNorm(plain(), { deviation: new Float32Array(3), out }), error);
  });

  test("groups", () => {
    const range = '"groups" must be an integer in [1, 3]';
    refuses(
      () => halfnorm.groupNorm(plain(), { groups: 2 }),
      new RangeError('"groups" must be a divisor of the 3 channels, got 2'),
    );
    refuses(() => halfnorm.groupNorm(plain(), { groups: 0 }), new RangeError(`${range}, got 0`));
    refuses(() => halfnorm.groupNorm(plain(), { groups: 6 }), new RangeError(`${range}, got 6`));
    refuses(() => halfnorm.groupNorm(plain(), any(undefined)), new TypeError(`${range}, got undefined`));
  });

  test("a key that is not known", () => {
    refuses(
      () => halfnorm.norm(plain(), any({ axis: 1 })),
      new TypeError('unknown option "axis", known are norm, axes, keepDims, arithmetic, out'),
    );
    refuses(() => halfnorm.mean(plain(), any(3)), new TypeError('"options" must be an object, got 3'));
    refuses(() => halfnorm.mean(plain(), any(null)), new TypeError('"options" must be an object, got null'));
  });

  test("dtype", () => {
    refuses(
      (out) => halfnorm.layerNorm(plain(), { dtype: "float16", out }),
      new TypeError('"out" must hold float16, got float32'),
    );
    refuses(
      () => halfnorm.layerNorm(plain(), any({ dtype: "f16" })),
      new RangeError('"dtype" must be one of "float32", "float16", got "f16"'),
    );
    refuses(
      () => halfnorm.layerNorm(plain(), any({ dtype: 16 })),
      new TypeError('"dtype" must be one of "float32", "float16", got 16'),
    );
    refuses(
      () => halfnorm.toFloat16(any(new Uint16Array(2))),
      new TypeError('"x" must be a float32 tensor, got Uint16Array(2)'),
    );
    refuses(
      () => halfnorm.fromFloat16(any(new Float32Array(2))),
      new TypeError('"x" must be a float16 tensor (bits in a Uint16Array, or a Float16Array), got Float32Array(2)'),
    );
  });
});

describe("null is not undefined", () => {
  test.each([
    ["layerNorm", (axis: null) => halfnorm.layerNorm(plain(), any({ axis }))],
    ["batchNorm", (axis: null) => halfnorm.batchNorm(plain(), any({ axis }))],
    ["instanceNorm", (axis: null) => halfnorm.instanceNorm(plain(), any({ axis }))],
    ["groupNorm", (axis: null) => halfnorm.groupNorm(plain(), any({ groups: 1, axis }))],
    ["rmsNorm", (axis: null) => halfnorm.rmsNorm(plain(), any({ axis }))],
    ["lpNormalize", (axis: null) => halfnorm.lpNormalize(plain(), any({ axis }))],
    ["weightNorm", (axis: null) => halfnorm.weightNorm(plain(), any({ g: new Float32Array(2), axis }))],
    ["boundedWeightNorm", (axis: null) => halfnorm.boundedWeightNorm(plain(), any({ axis }))],
    ["weightNormBackward", (axis: null) => halfnorm.weightNormBackward(plain(), plain(), any({ g: [], axis }))],
    ["channelNorms", (axis: null) => halfnorm.channelNorms(plain(), any({ axis }))],
    ["rescaleToNorms", (axis: null) => halfnorm.rescaleToNorms(plain(), any({ norms: [1, 1], axis }))],
    ["BatchNorm", (axis: null) => new halfnorm.BatchNorm(any({ channels: 3, axis }))],
  ])("axis of %s", (_, call) => {
    expect(() => call(null)).toThrow(/^"axis" must be an integer in \[-\d, \d\], got null$/);
  });
});
