/** What is refused in the place of a tensor or of "out". */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { empty, type Tensor, tensor } from "../../src/index.js";
import { any, FORMS, plain, refuses } from "../support/refuses.js";

/** All of these take one tensor and need no more. */
const calls = (...functions: unknown[]) => functions as ((x: unknown) => unknown)[];

let resident: Tensor;
beforeEach(() => {
  resident = tensor(plain());
});
afterEach(() => resident.dispose());

describe("tensors", () => {
  test.each([
    [new Float64Array(3), `"x" must be ${FORMS}, got Float64Array(3)`],
    [[1, 2], `"x" must be ${FORMS}, got [1, 2]`],
    [3, `"x" must be ${FORMS}, got 3`],
    [null, `"x" must be ${FORMS}, got null`],
    [undefined, `"x" must be ${FORMS}, got undefined`],
    ["abc", `"x" must be ${FORMS}, got "abc"`],
    [{ shape: [2] }, `"x" must be ${FORMS}, got { shape }`],
    [new DataView(new ArrayBuffer(8)), `"x" must be ${FORMS}, got DataView(8)`],
    [{ data: [1, 2], shape: [2] }, '"x.data" must be a Float32Array, Uint16Array or Float16Array, got [1, 2]'],
    [{ data: new Float32Array(2), shape: 2 }, '"x.shape" must be an array of lengths, got 2'],
    [{ data: new Float32Array(2) }, '"x.shape" must be an array of lengths, got undefined'],
    [{ data: new Float32Array(2), shape: [2], dtype: "float16" }, '"x.data" must hold float16, got Float32Array(2)'],
    [{ data: new Uint16Array(2), dims: [2], type: "float32" }, '"x.data" must hold float32, got Uint16Array(2)'],
  ])("%s is none", (x, message) => {
    for (const call of calls(
      halfnorm.norm,
      halfnorm.mean,
      halfnorm.statistics,
      halfnorm.layerNorm,
      halfnorm.rmsNorm,
      halfnorm.lpNormalize,
      halfnorm.trelu,
      halfnorm.toFloat16,
      halfnorm.fromFloat16,
    )) {
      refuses(() => call(x), new TypeError(message));
    }
    refuses(() => halfnorm.round(any(x), "float16"), new TypeError(message));
  });

  test.each([
    [{ data: new Float32Array(6), shape: [2, 4] }, '"x.shape" must have the 6 elements of its data, got [2, 4]'],
    [{ data: new Float32Array(6), shape: [-2, -3] }, '"x.shape[0]" must be an integer in [0, 4294967295], got -2'],
    [{ data: new Float32Array(6), dims: [6, 0.5] }, '"x.dims[1]" must be an integer in [0, 4294967295], got 0.5'],
    [
      { data: new Float32Array(6), dims: [6], type: "int32" },
      '"x.type" must be one of "float32", "float16", got "int32"',
    ],
    [
      { data: new Float32Array(1), shape: Array(9).fill(1) },
      '"x.shape" must be a shape of at most 8 dimensions, got [1, 1, 1, 1, 1, 1, 1, 1, 1]',
    ],
  ])("%s does not fit", (x, message) => {
    for (const call of calls(halfnorm.norm, halfnorm.layerNorm, halfnorm.trelu))
      refuses(() => call(x), new RangeError(message));
  });

  test("a tensor that was disposed of", () => {
    const x = tensor([1, 2, 3]);
    const y = empty([3]);
    x.dispose();
    const error = new TypeError('"x" must be a live tensor, got one that was disposed of');
    for (const call of calls(halfnorm.norm, halfnorm.mean, halfnorm.statistics, halfnorm.layerNorm, halfnorm.trelu))
      refuses(() => call(x), error);
    const other = new TypeError('"weight" must be a live tensor, got one that was disposed of');
    refuses(() => halfnorm.layerNorm(y, { weight: x }), other);
    refuses(
      () => halfnorm.layerNorm(y, { out: x }),
      new TypeError('"out" must be a live tensor, got one that was disposed of'),
    );
    expect(() => x.data).toThrow(TypeError);
    expect(() => x.slice()).toThrow(TypeError);
    y.dispose();
  });

  test("of no elements and all too many results", () => {
    const most = 2 ** 32 - 1;
    const x = { data: new Float32Array(0), shape: [most, most, 0] };
    const many = new RangeError(`"x" must have a result that fits into 4 GiB, got ${most ** 2} elements`);
    for (const reduce of [halfnorm.norm, halfnorm.mean, halfnorm.statistics])
      refuses(() => any(reduce)(x, { axes: [2] }), many);
    expect(halfnorm.norm(x, { axes: [0, 1] })).toEqual({ data: new Float32Array(0), shape: [0], dtype: "float32" });
    for (const layer of [halfnorm.layerNorm, halfnorm.rmsNorm, halfnorm.batchNorm, halfnorm.lpNormalize])
      expect(any(layer)(x).shape).toEqual(x.shape);
    const columns = { data: x.data, shape: [0, most] };
    const wide = new RangeError(`"x" must have a result that fits into 4 GiB, got ${most} elements`);
    refuses(() => halfnorm.layerNormBackward(columns, columns), wide);
    refuses(() => halfnorm.batchNormBackward(columns, columns), wide);
    const kept = { data: x.data, shape: [2 ** 28, 0] };
    const chunk = new RangeError(`"chunk" must have a result that fits into 4 GiB, got ${2 ** 28} elements`);
    refuses(() => halfnorm.partial("l2", { axis: 0 }).add(kept), chunk);
  });

  test("tensor() and empty()", () => {
    refuses(
      () => tensor([[1, 2], [3]]),
      new RangeError('"data" must have rows of one length, got 1 elements next to 2'),
    );
    const numbers = '"data" must be numbers, nested one level for each dimension';
    refuses(() => tensor(any([1, [2]])), new TypeError(`${numbers}, got [2]`));
    refuses(() => tensor(any([[1], 2])), new TypeError(`${numbers}, got 2`));
    refuses(() => tensor(any([1, "2"])), new TypeError(`${numbers}, got "2"`));
    refuses(
      () => tensor([1, 2, 3], [2, 2]),
      new RangeError('"shape" must have the 3 elements of its data, got [2, 2]'),
    );
    refuses(
      () => tensor([1], [1], any("float64")),
      new RangeError('"dtype" must be one of "float32", "float16", got "float64"'),
    );
    refuses(() => empty(any("3")), new TypeError('"shape" must be an array of lengths, got "3"'));
    refuses(() => empty([2 ** 20, 2 ** 20]), new RangeError('"shape" must fit into 4 GiB, got [1048576, 1048576]'));
  });
});

describe("out", () => {
  test("of another size, shape or kind", () => {
    const size = '"out" must have 24 elements';
    refuses(() => halfnorm.layerNorm(plain(), { out: new Float32Array(23) }), new RangeError(`${size}, got 23`));
    refuses(
      () => halfnorm.layerNorm(plain(), { out: { data: new Float32Array(25) } }),
      new RangeError(`${size}, got 25`),
    );
    refuses(
      (out) => halfnorm.layerNorm(plain(), { out: { data: out, shape: [24] } }),
      new RangeError('"out" must be of shape [2, 3, 4], got [24]'),
    );
    refuses((out) => halfnorm.norm(plain(), { out }), new RangeError('"out" must have 1 elements, got 24'));
    refuses(
      () => halfnorm.norm(plain(), { out: new Uint16Array(1) }),
      new TypeError('"out" must hold float32, got float16'),
    );
    refuses(() => halfnorm.norm(plain(), any({ out: [0] })), new TypeError(`"out" must be ${FORMS}, got [0]`));
    refuses(() => halfnorm.norm(plain(), any({ out: null })), new TypeError(`"out" must be ${FORMS}, got null`));
  });

  test("that overlaps the input in part, plain", () => {
    const buffer = new Float32Array(30).fill(3);
    const before = buffer.slice();
    const x = { data: buffer.subarray(0, 24), shape: [2, 3, 4] };
    const part = new RangeError('"out" must not overlap "x" in part');
    for (const start of [1, 4, 6]) {
      const out = buffer.subarray(start, start + 24);
      refuses(() => halfnorm.layerNorm(x, { out }), part);
      refuses(() => halfnorm.trelu(x, { out }), part);
      refuses(() => halfnorm.round(x, "float16", { out }), part);
    }
    const half = new Uint16Array(buffer.buffer, 0, 24);
    refuses(() => halfnorm.layerNorm(x, { out: half }), part);
    refuses(() => halfnorm.toFloat16(x, { out: half }), new RangeError('"out" must not overlap "x"'));
    refuses(
      () => halfnorm.norm(x, { axes: -1, out: buffer.subarray(20, 26) }),
      new RangeError('"out" must not overlap "x"'),
    );
    const weight = buffer.subarray(24, 28);
    refuses(
      (out) =>
        halfnorm.layerNorm({ data: out, shape: [6, 4] }, { weight, out: new Float32Array(buffer.buffer, 24, 24) }),
      new RangeError('"out" must not overlap "weight"'),
    );
    expect(buffer).toEqual(before);
  });

  test("that overlaps the input in part, resident", () => {
    const view = resident.data as Float32Array;
    const before = view.slice();
    const x = { data: view.subarray(0, 12), shape: [3, 4] };
    refuses(
      () => halfnorm.layerNorm(x, { out: view.subarray(4, 16) }),
      new RangeError('"out" must not overlap "x" in part'),
    );
    refuses(() => halfnorm.norm(resident, { out: view.subarray(0, 1) }), new RangeError('"out" must not overlap "x"'));
    refuses(
      () => halfnorm.batchNorm(resident, { weight: view.subarray(2, 5), out: resident }),
      new RangeError('"out" must not overlap "weight"'),
    );
    refuses(
      () => halfnorm.weightNorm(resident, { g: view.subarray(2, 4), out: resident }),
      new RangeError('"out" must not overlap "g"'),
    );
    expect(resident.data).toEqual(before);
  });
});
