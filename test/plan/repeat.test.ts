/** Calls like one before: the same results to the bit as those made in full, and the same errors. */

import { describe, expect, test } from "vitest";
import {
  empty,
  layerNorm,
  load,
  mean,
  memory,
  norm,
  rmsNorm,
  statistics,
  Tensor,
  type TensorLike,
  tensor,
  tidy,
} from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";

type Options = Record<string, unknown>;
type Layer = (x: TensorLike, options?: Options) => { data: ArrayLike<number>; shape: readonly number[] };

const LAYERS: Record<string, Layer> = { layerNorm: any(layerNorm), rmsNorm: any(rmsNorm) };
const REDUCTIONS: Record<string, Layer> = { norm: any(norm), mean: any(mean) };

/** An option that has a layer done in full, and does nothing else. */
const fully = (x: TensorLike): Options => ({
  dtype: (x as { data: unknown }).data instanceof Uint16Array ? "float16" : "float32",
});

const bits = (data: ArrayLike<number>): number[] => {
  const array = data as Float32Array | Uint16Array;
  return [...(array instanceof Float32Array ? new Uint32Array(array.slice().buffer) : array)];
};

function* inputs(): Generator<{ what: string; x: () => TensorLike & { data: unknown }; width: number }> {
  for (const [rows, width] of [[1, 1], [1, 5], [1, 256], [3, 17], [2, 600]]) {
    const shape = [rows, width];
    const data = gaussian(rows * width, rows + width);
    const half = Uint16Array.from(data, (_, i) => 0x3000 + ((i * 37) % 0x1000));
    yield { what: `float32 ${shape}`, x: () => ({ data, shape }), width };
    yield { what: `float16 ${shape}`, x: () => ({ data: half, shape }), width };
    yield { what: `dims ${shape}`, x: () => ({ data, dims: shape, type: "float32" }), width };
    yield { what: `tensor ${shape}`, x: () => tensor(data, shape), width };
    yield { what: `halves in a tensor ${shape}`, x: () => tensor(half, shape), width };
  } // biome-ignore format: one size a line
}

describe("results are those of calls made in full", () => {
  for (const [name, layer] of Object.entries(LAYERS)) {
    for (const { what, x, width } of inputs()) {
      test(`${name} of ${what}`, () => {
        const weight = gaussian(width, 3);
        const bias = gaussian(width, 4);
        for (const parameters of [{}, { weight }, { bias }, { weight, bias }, { weight: tensor(weight), bias }]) {
          for (const settings of [{}, { norm: "l1", eps: 0.5 }, { norm: "linf", calibrated: true, axis: 1 }]) {
            const o = { ...parameters, ...settings };
            const given = x();
            const expected = bits(layer(given, { ...o, ...fully(given) }).data);
            for (let i = 0; i < 2; i++) {
              const fresh = layer(x(), o);
              expect(bits(fresh.data)).toEqual(expected);
              expect(fresh.shape).toEqual(layer(given, { ...o, ...fully(given) }).shape);
              expect(fresh instanceof Tensor).toBe(given instanceof Tensor);
              const array = (given.data as Float32Array).slice();
              expect(layer(x(), { ...o, out: array })).toBe(array);
              expect(bits(array)).toEqual(expected);
              const shaped = { data: array.slice().fill(0), shape: fresh.shape };
              expect(layer(x(), { ...o, out: shaped })).toBe(shaped);
              expect(bits(shaped.data)).toEqual(expected);
              const resident = tensor(array.slice().fill(0), fresh.shape);
              expect(layer(x(), { ...o, out: resident })).toBe(resident);
              expect(bits(resident.data)).toEqual(expected);
              // in place
              const own: { data: Float32Array } = any(given instanceof Tensor ? x() : { ...x(), data: array.slice() });
              own.data.set(given.data as Float32Array);
              layer(any(own), { ...o, out: own });
              expect(bits(own.data)).toEqual(expected);
            }
          }
        }
      });
    }
  }

  for (const [name, reduction] of Object.entries(REDUCTIONS)) {
    for (const { what, x } of inputs()) {
      test(`${name} of ${what}`, () => {
        for (const axis of [0, 1, -1]) {
          for (const settings of name === "norm" ? [{}, { norm: "l1" }, { norm: "range" }] : [{}, { keepDims: true }]) {
            // a list of axes has it done in full
            const expected = reduction(x(), { ...settings, axes: [axis] });
            for (let i = 0; i < 2; i++) {
              const found = reduction(x(), { ...settings, axes: axis });
              expect(bits(found.data)).toEqual(bits(expected.data));
              expect(found.shape).toEqual(expected.shape);
              const out = new Float32Array(expected.data.length);
              expect(reduction(x(), { ...settings, axes: axis, out })).toBe(out);
              expect(bits(out)).toEqual(bits(expected.data));
              const resident = tensor(out.slice().fill(0), expected.shape);
              expect(reduction(x(), { ...settings, axes: axis, out: resident })).toBe(resident);
              expect(bits(resident.data)).toEqual(bits(expected.data));
            }
          }
        }
      });
    }
  }

  for (const { what, x } of inputs()) {
    test(`statistics of ${what}`, () => {
      for (const settings of [{}, { norm: "l1" }, { keepDims: true }] as const) {
        const expected = statistics(x(), { ...settings, axes: [1] });
        for (let i = 0; i < 3; i++) {
          const found = statistics(x(), { ...settings, axes: 1 });
          expect(found.count).toBe(expected.count);
          expect(bits(found.mean.data)).toEqual(bits(expected.mean.data));
          expect(bits(found.deviation.data)).toEqual(bits(expected.deviation.data));
          expect(found.deviation.shape).toEqual(expected.deviation.shape);
        }
      }
    });
  }

  test("of calls that differ take turns", () => {
    const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => [2, n]);
    const xs = shapes.map((shape) => ({ data: gaussian(2 * shape[1], shape[1]), shape }));
    const expected = xs.map((x) => bits(layerNorm(x, { dtype: "float32" }).data));
    for (let i = 0; i < 3; i++) {
      xs.forEach((x, j) => {
        expect(bits(layerNorm(x).data)).toEqual(expected[j]);
        norm(x);
        // what is between them writes another plan
        layerNorm(x, { arithmetic: "float16" });
      });
    }
  });

  test("memory grows in between", () => {
    const x = { data: gaussian(64, 1), shape: [4, 16] };
    const out = new Float32Array(64);
    const expected = bits(rmsNorm(x, { dtype: "float32" }).data);
    for (let i = 0; i < 4; i++) {
      rmsNorm(x, { out });
      expect(bits(out)).toEqual(expected);
      empty([memory().bytes / 4]).dispose();
      out.fill(0);
    }
  });

  test("on instances of their own", async () => {
    const [one, other] = await Promise.all([load(), load()]);
    const data = gaussian(32, 5);
    const expected = bits(layerNorm({ data, shape: [2, 16] }, { dtype: "float32" }).data);
    for (let i = 0; i < 3; i++) {
      for (const own of [one, other]) {
        using x = own.tensor(data, [2, 16]);
        using y = own.layerNorm(x);
        expect(bits(y.data)).toEqual(expected);
        // of another instance, as plain data
        expect(bits(layerNorm(x).data)).toEqual(expected);
      }
    }
  });
});

describe("errors are those of calls made in full", () => {
  const data = gaussian(64, 1);
  const shape = [4, 16];
  const x = { data, shape };
  const weight = gaussian(16, 2);

  function message(call: () => unknown): string {
    try {
      call();
    } catch (error) {
      return String(error);
    }
    return "none";
  }

  const gone = (): Tensor => {
    const made = tensor(data, shape);
    made.dispose();
    return made;
  };
  const cut = (n: number): Float32Array => {
    const array = new Float32Array(n);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  };
  const shared = new Float32Array(96);
  const held = tensor(shared);
  const short = tensor(gaussian(16, 9), [1, 16]);

  const CASES: Record<string, (more: Options) => unknown> = {
    "out of another size": (more) => layerNorm(x, any({ ...more, weight, out: new Float32Array(63) })),
    "out of another shape": (more) => layerNorm(x, any({ ...more, weight, out: { data: new Float32Array(64), shape: [16, 4] } })),
    "out that lies": (more) => layerNorm(x, any({ ...more, out: { data: new Float32Array(64), shape, dtype: "float16" } })),
    "out that overlaps x": (more) => layerNorm({ data: shared.subarray(0, 64), shape }, any({ ...more, out: shared.subarray(8, 72) })),
    "out that overlaps the weight": (more) => layerNorm(x, any({ ...more, weight: shared.subarray(60, 76), out: shared.subarray(0, 64) })),
    "out that overlaps the bias": (more) => layerNorm(x, any({ ...more, bias: shared.subarray(0, 16), out: shared.subarray(0, 64) })),
    "parts of a tensor": (more) => layerNorm({ data: held.data.subarray(0, 64), shape } as TensorLike, any({ ...more, out: held.data.subarray(8, 72) })),
    "out that begins in the weight": (more) => layerNorm(x, any({ ...more, weight: shared.subarray(0, 16), out: shared.subarray(8, 72) })),
    "resident weight of another size": (more) => layerNorm(x, any({ ...more, weight: held })),
    "weight of no elements": (more) => layerNorm(x, any({ ...more, weight: new DataView(new ArrayBuffer(64)) })),
    "resident weight that is out": (more) => {
      const row = { data: data.subarray(0, 16), shape: [1, 16] };
      layerNorm(row);
      return layerNorm(row, any({ ...more, weight: short, out: short }));
    },
    "x that is disposed of": (more) => layerNorm(gone(), any(more)),
    "x that is detached": (more) => layerNorm({ data: cut(64), shape }, any(more)),
    "out that is disposed of": (more) => layerNorm(x, any({ ...more, out: gone() })),
    "weight that is disposed of": (more) => layerNorm(x, any({ ...more, weight: gone() })),
    "weight that is detached": (more) => layerNorm(x, any({ ...more, weight: cut(16) })),
    "weight of another size": (more) => layerNorm(x, any({ ...more, weight: data })),
    "weight of numbers": (more) => layerNorm(x, any({ ...more, weight: [1, 2] })),
    "null for x": (more) => layerNorm(any(null), any(more)),
    "null for out": (more) => layerNorm(x, any({ ...more, out: null })),
    "null for a weight": (more) => layerNorm(x, any({ ...more, weight: null })),
    "an axis that is none": (more) => layerNorm(x, any({ ...more, axis: "1" })),
    "an axis beyond": (more) => layerNorm(x, any({ ...more, axis: 2 })),
    "eps that is none": (more) => layerNorm(x, any({ ...more, eps: Number.NaN })),
    "calibrated that is none": (more) => layerNorm(x, any({ ...more, calibrated: 1 })),
    "a norm that is none": (more) => layerNorm(x, any({ ...more, norm: "l3" })),
    "a shape that does not fit": (more) => layerNorm({ data, shape: [4, 15] }, any(more)),
    "a view of kernel memory": (more) => layerNorm({ data: new Float32Array(held.data.buffer as ArrayBuffer, 0, 64), shape }, any(more)),
    "x disposed of by a getter": (more) => {
      const own = tensor(data, shape);
      return layerNorm(own, any({ ...more, get bias() { own.dispose(); return undefined; } }));
    },
    "x detached by a getter": (more) => {
      const own = data.slice();
      return layerNorm({ data: own, shape }, any({ ...more, get bias() { structuredClone(own.buffer, { transfer: [own.buffer] }); return undefined; } }));
    },
  }; // biome-ignore format: one case a line

  test.each(Object.keys(CASES))("%s", (name) => {
    const call = CASES[name];
    const before = { shared: bits(shared), held: bits(held.data), data: bits(data) };
    const expected = message(() => call({ dtype: "float32" }));
    expect(expected).not.toBe("none");
    for (let i = 0; i < 2; i++) {
      layerNorm(x);
      layerNorm(x, { weight, out: new Float32Array(64) });
      tidy(() => void layerNorm(tensor(data, shape)));
      expect(message(() => call({}))).toBe(expected);
    }
    expect({ shared: bits(shared), held: bits(held.data), data: bits(data) }).toEqual(before);
  });

  test("options are read once", () => {
    const reads: string[] = [];
    const keys = ["axis", "norm", "weight", "bias", "eps", "calibrated", "arithmetic", "dtype", "out"];
    const options = {};
    for (const key of keys) {
      Object.defineProperty(options, key, { enumerable: true, get: () => void reads.push(key) });
    }
    for (let i = 0; i < 3; i++) {
      reads.length = 0;
      layerNorm(x, options);
      expect(reads.toSorted()).toEqual(keys.toSorted());
    }
  });
});

describe("every value of every option is what it is before anything is kept", () => {
  const WRONG = [
    null,
    Number.NaN,
    -1e9,
    -1,
    0,
    1,
    1.5,
    2,
    "",
    "l2",
    "none",
    "l3",
    true,
    false,
    [],
    {},
    { topk: 2 },
    1n,
  ];
  const CALLS: Record<string, [(x: TensorLike, options?: Options) => unknown, string[]]> = {
    layerNorm: [any(layerNorm), ["axis", "norm", "eps", "calibrated", "arithmetic", "dtype", "out", "weight", "bias"]],
    rmsNorm: [any(rmsNorm), ["axis", "norm", "eps", "calibrated", "arithmetic", "dtype", "out", "weight", "bias"]],
    norm: [any(norm), ["axes", "norm", "keepDims", "arithmetic", "out"]],
    mean: [any(mean), ["axes", "keepDims", "arithmetic", "out"]],
    statistics: [any(statistics), ["axes", "norm", "keepDims", "calibrated", "arithmetic"]],
  };
  // a shape that no other call has had: nothing is kept of it
  let rows = 1000;

  for (const [name, [call, keys]] of Object.entries(CALLS)) {
    test.each(keys)(`${name}, %s`, (key) => {
      for (const value of WRONG) {
        rows++;
        const x = { data: gaussian(rows * 2, rows), shape: [rows, 2] };
        const outcome = (): unknown => {
          try {
            return JSON.stringify(call(x, { [key]: value }), (_, part) =>
              ArrayBuffer.isView(part) ? bits(any(part)) : part,
            );
          } catch (error) {
            return String(error);
          }
        };
        const expected = outcome();
        // the defaults are kept, and what can be of this one
        for (let i = 0; i < 2; i++) {
          call(x);
          expect(outcome()).toBe(expected);
        }
      }
    });
  }
});

describe("what is like one of the last calls, but for one thing", () => {
  const data = gaussian(16, 11);
  const full = (call: Layer, x: TensorLike): number[] => bits(call(x, { dtype: "float32" }).data);

  test("the function", () => {
    const x = { data, shape: [1, 16] };
    for (let i = 0; i < 3; i++)
      for (const call of Object.values(LAYERS)) expect(bits(call(x).data)).toEqual(full(call, x));
    const [one, other] = [norm(x, { axes: 1 }), mean(x, { axes: 1 })].map(({ data }) => bits(data));
    for (let i = 0; i < 3; i++) {
      expect(bits(norm(x, { axes: 1 }).data)).toEqual(one);
      expect(bits(mean(x, { axes: 1 }).data)).toEqual(other);
    }
    expect(one).not.toEqual(other);
  });

  test("the form of the shape", () => {
    for (let i = 0; i < 3; i++) {
      expect(layerNorm({ data, shape: [1, 16] }).shape).toEqual([1, 16]);
      expect(layerNorm(data).shape).toEqual([16]);
    }
  });

  test("shapes that callers change afterwards", () => {
    const given = [2, 8];
    for (let i = 0; i < 3; i++) {
      const { shape } = layerNorm({ data, shape: given }) as { shape: number[] };
      expect(shape).toEqual([2, 8]);
      shape[0] = 7;
    }
    given[0] = 4;
    given[1] = 4;
    for (let i = 0; i < 2; i++) expect(layerNorm({ data, shape: [2, 8] }).shape).toEqual([2, 8]);
  });

  test("the dtype of out", () => {
    const x = { data, shape: [1, 16] };
    const expected = bits(layerNorm(x, { dtype: "float16" }).data);
    for (let i = 0; i < 3; i++) {
      layerNorm(x, { out: new Float32Array(16) });
      const out = new Uint16Array(16);
      layerNorm(x, { out });
      expect(bits(out)).toEqual(expected);
    }
  });

  test("the instance that a weight is on", async () => {
    const other = await load();
    const weight = gaussian(16, 12);
    const elsewhere = other.tensor(weight);
    const x = tensor(data, [1, 16]);
    const expected = bits(layerNorm(x, { weight }).data);
    for (let i = 0; i < 3; i++) {
      expect(bits(layerNorm(x, { weight: elsewhere }).data)).toEqual(expected);
      expect(bits(layerNorm(x, { weight: elsewhere.data }).data)).toEqual(expected);
    }
  });
});

describe("the same arrays call after call", () => {
  const shape = [4, 16];
  const expected = (x: Float32Array, weight: Float32Array): number[] =>
    bits(layerNorm({ data: x.slice(), shape }, { weight: weight.slice(), dtype: "float32" }).data);

  test.each(["x", "weight", "out"])("%s that is detached after the first ones", (name) => {
    const arrays: Record<string, Float32Array> = {
      x: gaussian(64, 1),
      weight: gaussian(16, 2),
      out: new Float32Array(64),
    };
    const call = (more: Options = {}): unknown =>
      layerNorm({ data: arrays.x, shape }, any({ weight: arrays.weight, out: arrays.out, ...more }));
    for (let i = 0; i < 3; i++) call();
    const { buffer } = arrays[name];
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(() => call({ dtype: "float32" })).toThrow(TypeError);
    expect(() => call()).toThrow(TypeError);
  });

  test("whose buffer shrinks and grows again", () => {
    // not in the types of this compiler's library
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const buffer = new Resizable(512, { maxByteLength: 1024 });
    const x = new Float32Array(buffer, 128, 64);
    x.set(gaussian(64, 3));
    const weight = gaussian(16, 4);
    const out = new Float32Array(64);
    const call = (): unknown => layerNorm({ data: x, shape }, { weight, out });
    for (let i = 0; i < 3; i++) call();
    expect(bits(out)).toEqual(expected(x, weight));
    buffer.resize(200);
    expect(call).toThrow(TypeError);
    buffer.resize(1024);
    x.set(gaussian(64, 5));
    call();
    expect(bits(out)).toEqual(expected(x, weight));
  });

  test("more of them than are known, and views of one buffer", () => {
    const all = gaussian(640, 6);
    const weight = gaussian(16, 7);
    const out = new Float32Array(64);
    for (let i = 0; i < 40; i++) {
      const x = all.subarray(i * 8, i * 8 + 64);
      for (let j = 0; j < 2; j++) layerNorm({ data: x, shape }, { weight, out });
      expect(bits(out)).toEqual(expected(x, weight));
    }
    const before = bits(all);
    const view = all.subarray(0, 64);
    for (let i = 0; i < 2; i++) {
      layerNorm({ data: view, shape }, { weight, out });
      expect(() => layerNorm({ data: view, shape }, { weight, out: all.subarray(8, 72) })).toThrow(RangeError);
    }
    expect(bits(all)).toEqual(before);
  });
});
