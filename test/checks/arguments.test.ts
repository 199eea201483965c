import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { empty, float16, format, load, memory, type Tensor, tensor } from "../../src/index.js";

// Arguments that no type allows are what is tested here.
// biome-ignore lint/suspicious/noExplicitAny: see above
const any = (value: unknown): any => value;

/** All of these take one tensor and need no more. */
const calls = (...functions: unknown[]) => functions as ((x: unknown) => unknown)[];

const plain = () => ({ data: Float32Array.from({ length: 24 }, (_, i) => i - 10), shape: [2, 3, 4] });
let resident: Tensor;
beforeEach(() => {
  resident = tensor(plain());
});
afterEach(() => resident.dispose());

/** The call throws exactly this, and leaves memory and `out` as they were. */
function refuses(call: (out: Float32Array) => unknown, error: Error): void {
  const before = memory();
  const out = new Float32Array(24).fill(7);
  let thrown: unknown;
  try {
    call(out);
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toEqual(error);
  expect((thrown as Error).constructor).toBe(error.constructor);
  expect(memory()).toEqual(before);
  expect(out.every((value) => value === 7)).toBe(true);
}

const FORMS = "a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor";

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

describe("axes", () => {
  test.each([
    [() => halfnorm.norm(plain(), { axes: [3] }), '"axes" must be an integer in [-3, 2], got 3'],
    [() => halfnorm.norm(plain(), { axes: -4 }), '"axes" must be an integer in [-3, 2], got -4'],
    [() => halfnorm.mean(plain(), { axes: [0, 1, -3] }), '"axes" must be without repetition, got [0, 1, -3]'],
    [() => halfnorm.mean(plain(), { axes: [0.5] }), '"axes" must be an integer in [-3, 2], got 0.5'],
    [() => halfnorm.layerNorm(plain(), { axis: 3 }), '"axis" must be an integer in [-3, 2], got 3'],
    [() => halfnorm.batchNorm(new Float32Array(3)), '"axis" must be an integer in [-1, 0], got 1'],
    [() => halfnorm.lpNormalize(plain(), { axis: Number.NaN }), '"axis" must be an integer in [-3, 2], got NaN'],
    [() => halfnorm.instanceNorm(plain(), { axis: 0 }), '"axis" must be another one than the batch axis, got 0'],
    [() => halfnorm.instanceNorm(plain(), { axis: -3 }), '"axis" must be another one than the batch axis, got -3'],
    [
      () => halfnorm.instanceNorm(new Float32Array(3)),
      '"x" must be a tensor with a batch axis and a channel axis, got [3]',
    ],
    [
      () => halfnorm.layerNorm({ data: new Float32Array(1), shape: [] }),
      '"x" must be a tensor with at least one dimension to have an "axis", got []',
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

describe("norms", () => {
  test.each([
    [{ topk: 0 }, '"topk" must be an integer in [1, 4], the elements of a group, got 0'],
    [{ topk: 5 }, '"topk" must be an integer in [1, 4], the elements of a group, got 5'],
    [{ topk: 1.5 }, '"topk" must be an integer in [1, 4], the elements of a group, got 1.5'],
    [{ lp: 0.99 }, '"lp" must be a finite number of at least 1, got 0.99'],
    [{ lp: Number.NaN }, '"lp" must be a finite number of at least 1, got NaN'],
    [{ lp: Infinity }, '"lp" must be a finite number of at least 1, got Infinity'],
    ["L2", '"norm" must be "l1", "l2", "linf", "range", { topk } or { lp }, got "L2"'],
  ])("%o is none", (wrong, message) => {
    const error = new RangeError(message);
    refuses(() => halfnorm.norm(plain(), any({ norm: wrong, axes: -1 })), error);
    refuses(() => halfnorm.statistics(resident, any({ norm: wrong, axes: -1 })), error);
    refuses((out) => halfnorm.lpNormalize(plain(), any({ norm: wrong, out })), error);
    refuses((out) => halfnorm.rmsNorm(plain(), any({ norm: wrong, out })), error);
  });

  test("of a wrong type", () => {
    const choices = '"norm" must be "l1", "l2", "linf", "range", { topk } or { lp }';
    refuses(() => halfnorm.norm(plain(), any({ norm: 2 })), new TypeError(`${choices}, got 2`));
    refuses(() => halfnorm.norm(plain(), any({ norm: { p: 2 } })), new TypeError(`${choices}, got { p }`));
    refuses(
      () => halfnorm.norm(plain(), any({ norm: { topk: "3" } })),
      new TypeError('"topk" must be an integer in [1, 24], the elements of a group, got "3"'),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ norm: { topk: 3, k: 1 } })),
      new TypeError('unknown option "k", known are topk'),
    );
    refuses(() => halfnorm.rmsNorm(plain(), any({ norm: "none" })), new RangeError(`${choices}, got "none"`));
    refuses(
      () => halfnorm.layerNorm(plain(), any({ norm: "max" })),
      new RangeError('"norm" must be "l1", "l2", "linf", "range", "none", { topk } or { lp }, got "max"'),
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

  test("arithmetic and formats", () => {
    const names = 'one of "float32", "float16", "bfloat16", "tfloat32", "float8_e5m2", "float8_e4m3fn"';
    refuses(
      () => halfnorm.norm(plain(), any({ arithmetic: "half" })),
      new RangeError(`"arithmetic" must be ${names}, got "half"`),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ arithmetic: 16 })),
      new TypeError(`"arithmetic" must be ${names}, got 16`),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ arithmetic: { compute: "float16", order: "tree" } })),
      new RangeError('"order" must be one of "sequential", "lanes", "pairwise", got "tree"'),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ arithmetic: {} })),
      new TypeError(`"compute" must be ${names}, got undefined`),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ arithmetic: { compute: "float16", acc: "float32" } })),
      new TypeError('unknown option "acc", known are compute, accumulate, order'),
    );
    refuses(
      () => halfnorm.round(plain(), any("toString")),
      new RangeError(`"format" must be ${names}, got "toString"`),
    );
    refuses(
      () => halfnorm.round(plain(), "float16", any({ mode: "nearest" })),
      new RangeError(
        '"mode" must be one of "nearest-even", "toward-zero", "up", "down", "odd", "stochastic", got "nearest"',
      ),
    );
    refuses(
      () => halfnorm.round(plain(), "float16", { mode: "stochastic", seed: -1 }),
      new RangeError('"seed" must be an integer in [0, 4294967295], got -1'),
    );
  });

  test.each([
    [{ precision: 1, emin: -14, emax: 15 }, '"precision" must be an integer in [2, 24], got 1'],
    [{ precision: 25, emin: -14, emax: 15 }, '"precision" must be an integer in [2, 24], got 25'],
    [{ precision: 11, emin: -14, emax: 128 }, '"emax" must be an integer in [-126, 127], got 128'],
    [{ precision: 11, emin: -140, emax: 15 }, '"emin" must be an integer in [-139, 15], got -140'],
    [{ precision: 11, emin: 16, emax: 15 }, '"emin" must be an integer in [-139, 15], got 16'],
    [
      { ...float16, max: 65000 },
      '"max" must be a number in the largest binade, and the last one where overflow gives infinity, got 65000',
    ],
    [
      { ...float16, max: 65472 },
      '"max" must be a number in the largest binade, and the last one where overflow gives infinity, got 65472',
    ],
    [{ ...float16, overflow: "wrap" }, '"overflow" must be one of "infinity", "nan", "saturate", got "wrap"'],
  ])("format %o", (spec, message) => {
    refuses(() => format(any(spec)), new RangeError(message));
  });

  test("format of a wrong type", () => {
    refuses(() => format(any("float16")), new TypeError('"format" must be an object, got "float16"'));
    refuses(
      () => format(any({ emin: -14, emax: 15 })),
      new TypeError('"precision" must be an integer in [2, 24], got undefined'),
    );
    refuses(
      () => format(any({ ...float16, subnormals: 1 })),
      new TypeError('"subnormals" must be true or false, got 1'),
    );
    refuses(
      () => format(any({ ...float16, bits: 16 })),
      new TypeError('unknown option "bits", known are precision, emin, emax, overflow, subnormals, max'),
    );
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

describe("memory that cannot grow", () => {
  test("is a clear error that changes nothing", async () => {
    const small = await load({ maxBytes: 2 ** 20 });
    const x = small.tensor(new Float32Array(100_000).fill(2), [100, 1000]);
    const before = small.memory();
    const full = /^not enough memory: \d+ bytes needed, growing from \d+ failed$/;
    const unchanged = (call: () => unknown) => {
      expect(call).toThrow(RangeError);
      expect(call).toThrow(full);
      // part of what was needed may have been there to grow into
      expect(small.memory()).toEqual({ ...before, bytes: expect.any(Number) });
    };
    unchanged(() => small.empty([200_000]));
    unchanged(() => small.tensor(new Float32Array(200_000)));
    unchanged(() => small.tensor(new Uint16Array(200_000), [200_000], "float32"));
    unchanged(() => small.layerNorm(x));
    unchanged(() => small.layerNorm(x, { dtype: "float16", weight: new Float32Array(100_000), axis: 0 }));
    unchanged(() => small.norm(x, { norm: { topk: 100_000 } }));
    unchanged(() => small.statistics(new Float32Array(200_000)));
    unchanged(() => small.trelu(x));
    const out = new Float32Array(200_000).fill(7);
    unchanged(() => small.layerNorm(new Float32Array(200_000), { out }));
    expect(out.every((value) => value === 7)).toBe(true);
    expect(x.data.every((value) => value === 2)).toBe(true);
    // and what needs no more still works
    expect(small.layerNorm(x, { norm: "l1", out: x })).toBe(x);
    expect(small.mean(new Float32Array(1_000_000).fill(3)).data[0]).toBe(3);
  });
});

describe("load", () => {
  test("refuses", async () => {
    const expectError = async (options: unknown, error: Error) => {
      await expect(load(any(options))).rejects.toEqual(error);
    };
    const bytes = new Uint8Array(4);
    await expectError(
      { path: "x" },
      new TypeError('unknown option "path", known are url, response, bytes, module, maxBytes'),
    );
    await expectError({ bytes, url: "x" }, new TypeError('only one of "url", "bytes" can be given'));
    await expectError({ bytes: "x" }, new TypeError('"bytes" must be an ArrayBuffer or a view of one, got "x"'));
    await expectError({ module: {} }, new TypeError('"module" must be a WebAssembly.Module, got {  }'));
    await expectError({ maxBytes: 1 }, new RangeError('"maxBytes" must be an integer in [327680, 4294967296], got 1'));
    await expect(load({ bytes })).rejects.toThrow(WebAssembly.CompileError);
    await expectError(
      { bytes: Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) },
      new TypeError('the module is not halfnorm\'s: no "rows"'),
    );
    const missing = new Response("no", { status: 404, statusText: "Not Found" });
    await expectError({ response: missing }, new Error("the module answered 404 Not Found"));
  });
});
