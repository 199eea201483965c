/** Resident tensors: made, read, disposed of, and taken and given by functions. */

import { afterEach, describe, expect, test } from "vitest";
import { empty, layerNorm, load, mean, memory, norm, Tensor, tensor, toFloat16 } from "../../src/index.js";

const before = memory();
afterEach(() => {
  // every test gives back what it takes
  expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
});

describe("tensor()", () => {
  test.each([
    { data: 3, shape: [] },
    { data: [], shape: [0] },
    { data: [[], []], shape: [2, 0] },
    { data: [1, 2, 3], shape: [3] },
    {
      data: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      shape: [3, 2],
    },
    { data: [[[[[[[[1]]]]]]]], shape: [1, 1, 1, 1, 1, 1, 1, 1] },
  ])("of numbers: $data", ({ data, shape }) => {
    const x = tensor(data);
    expect(x.shape).toEqual(shape);
    expect(x.dtype).toBe("float32");
    expect([...x.data]).toEqual([data].flat(Infinity));
    x.dispose();
  });

  test("reshapes and copies", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const x = tensor(data, [3, 2]);
    const y = tensor(x);
    const z = tensor(x, [6]);
    const w = tensor({ data, dims: [2, 3], type: "float32" });
    data.fill(0);
    for (const t of [x, y, z, w]) expect([...t.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([x, y, z, w].map((t) => t.shape)).toEqual([[3, 2], [3, 2], [6], [2, 3]]);
    expect(x.size).toBe(6);
    for (const t of [x, y, z, w]) t.dispose();
  });

  test("converts", () => {
    const x = tensor(Float32Array.of(1, -2.5, 65520, 2 ** -24), undefined, "float16");
    expect(x.dtype).toBe("float16");
    expect([...x.data]).toEqual([0x3c00, 0xc100, 0x7c00, 1]);
    const y = tensor(x, [2, 2], "float32");
    expect([...y.data]).toEqual([1, -2.5, Infinity, 2 ** -24]);
    const z = tensor(y, undefined, "float32");
    expect([...z.data]).toEqual([...y.data]);
    for (const t of [x, y, z]) t.dispose();
  });

  test("rounds numbers to float16 once, not twice", () => {
    // just above and below the tie between 1 and 1 + 2^-10, closer than float32 can tell
    const tie = 1 + 2 ** -11;
    const values = [
      tie,
      tie + 2 ** -40,
      tie - 2 ** -40,
      -tie - 2 ** -40,
      1e300,
      -1e-300,
      Number.NaN,
      2 ** -25 + 2 ** -60,
    ];
    const x = tensor(values, undefined, "float16");
    expect([...x.data]).toEqual([0x3c00, 0x3c01, 0x3c00, 0xbc01, 0x7c00, 0x8000, 0x7e00, 1]);
    x.dispose();
  });

  test("empty() is filled in place", () => {
    const x = empty([2, 2]);
    x.data.set([3, 4, 6, 8]);
    const lengths = norm(x, { axes: [1] });
    expect([...lengths.data]).toEqual([5, 10]);
    const half = empty([3], "float16");
    expect(half.data).toBeInstanceOf(Uint16Array);
    for (const t of [x, lengths, half]) t.dispose();
  });

  test("tensors without elements take no memory", () => {
    const used = memory();
    const x = empty([0, 3]);
    expect(x.data.length).toBe(0);
    expect(x.slice().length).toBe(0);
    expect(layerNorm(x).shape).toEqual([0, 3]);
    expect(memory()).toEqual(used);
    x.dispose();
  });
});

describe("lifetime", () => {
  test("data is live again after memory grew; a slice outlives the tensor", () => {
    const x = tensor([1, 2, 3]);
    const old = x.data;
    expect(x.data).toBe(old);
    const big = empty([memory().bytes / 2]);
    expect(old.length).toBe(0);
    expect([...x.data]).toEqual([1, 2, 3]);
    x.data[1] = 7;
    const copy = x.slice();
    big.dispose();
    x.dispose();
    expect([...copy]).toEqual([1, 7, 3]);
  });

  test("dispose() once and twice, by hand and by using", () => {
    const { used, tensors } = memory();
    const x = tensor(new Float32Array(100));
    expect(memory()).toMatchObject({ used: used + 448, tensors: tensors + 1 });
    expect(x.disposed).toBe(false);
    x.dispose();
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(memory()).toMatchObject({ used, tensors });
    {
      using y = tensor([1]);
      expect(memory().tensors).toBe(tensors + 1);
      expect(y.size).toBe(1);
    }
    expect(memory().tensors).toBe(tensors);
  });

  test("shapes are immutable, and printing does not print the engine", () => {
    using x = tensor([[1, 2]]);
    expect(() => (x.shape as number[]).push(3)).toThrow(TypeError);
    expect(JSON.parse(JSON.stringify(x))).toEqual({ shape: [1, 2], dtype: "float32", size: 2 });
  });
});

describe("forms of input and output", () => {
  const data = Float32Array.of(3, 4, 0, 6, 8, 0);

  test("plain in, plain out; resident in, resident out", () => {
    const expected = { data: Float32Array.of(5, 10), shape: [2], dtype: "float32" };
    const options = { axes: [-1] };
    expect(norm({ data, shape: [2, 3] }, options)).toEqual(expected);
    expect(norm({ data, dims: [2, 3], type: "float32" }, options)).toEqual(expected);
    expect(norm({ data: toFloat16(data), shape: [2, 3], dtype: "float16" }, options)).toEqual(expected);
    expect(norm({ data: toFloat16(data), dims: [2, 3], type: "float16" }, options)).toEqual(expected);
    expect(norm(data)).toEqual({ data: Float32Array.of(Math.fround(Math.sqrt(125))), shape: [], dtype: "float32" });
    using x = tensor(data, [2, 3]);
    using y = norm(x, options);
    expect(y).toBeInstanceOf(Tensor);
    expect([y.shape, [...y.data]]).toEqual([[2], [5, 10]]);
  });

  test("as an onnxruntime tensor: a class with getters and fields of its own", () => {
    class Ort {
      readonly #data: Float32Array;
      readonly dims: readonly number[];
      readonly type = "float32";
      readonly size: number;
      constructor(values: Float32Array, dims: readonly number[]) {
        this.#data = values;
        this.dims = dims;
        this.size = values.length;
      }
      get data() {
        return this.#data;
      }
    }
    const x = new Ort(data, [2, 3]);
    expect(mean(x, { axes: [0] }).data).toEqual(Float32Array.of(4.5, 6, 0));
    const out = new Ort(new Float32Array(6), [2, 3]);
    expect(layerNorm(x, { out })).toBe(out);
    expect(out.data).toEqual(layerNorm({ data, shape: [2, 3] }).data);
  });

  test("out of every form is filled and returned", () => {
    const x = { data, shape: [2, 3] };
    const expected = layerNorm(x).data;
    const array = new Float32Array(6);
    expect(layerNorm(x, { out: array })).toBe(array);
    expect(array).toEqual(expected);
    const bare = { data: new Float32Array(6) };
    expect(layerNorm(x, { out: bare })).toBe(bare);
    expect(bare.data).toEqual(expected);
    using resident = empty([2, 3]);
    expect(layerNorm(x, { out: resident })).toBe(resident);
    expect(resident.data).toEqual(expected);
    array.fill(0);
    using input = tensor(data, [2, 3]);
    expect(layerNorm(input, { out: array })).toBe(array);
    expect(array).toEqual(expected);
    const half = new Uint16Array(6);
    expect(layerNorm(x, { out: half })).toBe(half);
    expect(half).toEqual(toFloat16(expected));
    const one = new Float32Array(1);
    expect(mean(x, { out: one })).toBe(one);
    expect(one[0]).toBe(3.5);
    // the view that is given may be one of kernel memory
    resident.data.set(data);
    expect(layerNorm(resident, { out: resident.data })).toBe(resident.data);
    expect(resident.data).toEqual(expected);
    resident.data.set(data);
    expect(layerNorm({ data: resident.data as Float32Array, shape: [2, 3] }).data).toEqual(expected);
    expect([...resident.data]).toEqual([...data]);
  });

  test("a view of kernel memory survives the grow of its own call", async () => {
    const own = await load();
    const x = own.tensor(new Float32Array(30_000).fill(2));
    const view = x.data as Float32Array;
    const { bytes } = own.memory();
    expect(own.norm(view, { norm: { topk: 20_000 } }).data[0]).toBe(2);
    expect(own.memory().bytes).toBeGreaterThan(bytes);
  });
});
