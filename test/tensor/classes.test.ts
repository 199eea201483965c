/** Typed arrays whose class says other things of them than what they are, or comes from elsewhere. */

import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import * as halfnorm from "../../src/index.js";
import { fromFloat16, layerNorm, norm, type TensorLike, toFloat16 } from "../../src/index.js";
import { any } from "../support/refuses.js";

/** Everything that a class can say of itself, and all of it untrue. */
const liar = <T extends Float32ArrayConstructor | Uint16ArrayConstructor>(Base: T) => {
  // biome-ignore lint/suspicious/noExplicitAny: a class that is made from one that is not known
  class Liar extends (Base as any) {
    static get [Symbol.species]() {
      return Uint8Array;
    }
    get [Symbol.toStringTag]() {
      return "Float64Array";
    }
    get length() {
      return 1;
    }
    get byteLength() {
      return 1;
    }
    get byteOffset() {
      return 4;
    }
    get buffer() {
      return new ArrayBuffer(4);
    }
    subarray() {
      return new Float32Array(1).fill(Number.NaN);
    }
    slice() {
      return new Float32Array(1).fill(Number.NaN);
    }
    set() {}
    fill() {}
    at() {
      return Number.NaN;
    }
    [Symbol.iterator]() {
      return [].values();
    }
  }
  return Liar as unknown as T;
};
const LiarFloat = liar(Float32Array);
const LiarHalf = liar(Uint16Array);

/** What an array really holds. */
const elements = (array: Float32Array | Uint16Array) =>
  Array.from({ length: 64 }, (_, i) => array[i]).filter((value) => value !== undefined);

const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i + 1) * 3);
const shape = [2, 3, 4];
const three = Float32Array.of(1, -2, 0.5);
const four = Float32Array.of(1, 2, 3, 4);

/** Calls of every kind, given a way to make arrays; each gives the arrays that it has filled. */
type Make = (values: Float32Array) => Float32Array;
const CALLS: Record<string, (make: Make) => unknown[]> = {
  norm: (make) => [norm({ data: make(data), shape }, { axes: 1, out: make(new Float32Array(8)) })],
  "norm of a bare array": (make) => [halfnorm.norm(make(data)).data],
  mean: (make) => [halfnorm.mean({ data: make(data), shape }, { axes: [0], out: make(new Float32Array(12)) })],
  statistics: (make) => Object.values(halfnorm.statistics({ data: make(data), shape }, { axes: [0, 2] })),
  batchNorm: (make) => [
    halfnorm.batchNorm(
      { data: make(data), shape },
      { weight: make(three), bias: make(three), out: make(new Float32Array(24)) },
    ),
  ],
  inference: (make) => [
    halfnorm.batchNorm(
      { data: make(data), dims: shape, type: "float32" },
      { mean: make(three), deviation: make(three.map(Math.abs)) },
    ),
  ],
  "layerNorm, emulated": (make) => [
    layerNorm(
      { data: make(data), shape },
      { arithmetic: "float16", weight: make(four), out: { data: make(new Float32Array(24)), shape } },
    ),
  ],
  weightNorm: (make) => [halfnorm.weightNorm({ data: make(data), shape }, { g: make(Float32Array.of(1, 2)) })],
  trelu: (make) => [halfnorm.trelu(make(data), { out: make(new Float32Array(24)) })],
  round: (make) => [halfnorm.round(make(data), "bfloat16", { out: make(new Float32Array(24)) })],
  toFloat16: (make) => [toFloat16(make(data))],
  tensor: (make) => {
    using x = halfnorm.tensor(make(data));
    return [x.slice()];
  },
  layerNormBackward: (make) => {
    const x = { data: make(data), shape };
    const out = {
      dx: make(new Float32Array(24)),
      dweight: make(new Float32Array(4)),
      dbias: make(new Float32Array(4)),
    };
    halfnorm.layerNormBackward(x, x, { norm: "l1", weight: make(four), out });
    return Object.values(out);
  },
  partial: (make) =>
    Object.values(
      halfnorm
        .partial("l2", { axis: 1 })
        .add({ data: make(data), shape })
        .result(),
    ),
  foldBatchNorm: (make) => {
    const folded = halfnorm.foldBatchNorm(
      { weight: { data: make(data), shape: [3, 8] } },
      { mean: make(three), deviation: make(three.map(Math.abs)) },
    );
    return [folded.weight, folded.bias];
  },
  rescaleToNorms: (make) => [
    halfnorm.rescaleToNorms({ data: make(data), shape }, { norms: make(Float32Array.of(1, 2)) }),
  ],
  correctedLearningRate: (make) => [
    halfnorm.correctedLearningRate(0.1, make(three.map(Math.abs)), make(three.map(Math.abs))),
  ],
  compare: (make) => [halfnorm.compare(make(data), make(data.map((value) => value * 1.01)))],
  diagnose: (make) => [halfnorm.diagnose({ data: make(data), shape }, { arithmetic: "float16", remedies: false })],
};

const plainly = (results: unknown[]) =>
  results.map((result) => {
    const array = ArrayBuffer.isView(result) ? result : (result as { data?: unknown })?.data;
    return ArrayBuffer.isView(array) ? elements(array as Float32Array) : result;
  });

describe("a class of the caller's own counts as what it extends", () => {
  test.each(Object.entries(CALLS))("%s", (_, call) => {
    const expected = plainly(call((values) => values.slice()));
    expect(plainly(call((values) => new LiarFloat(values)))).toEqual(expected);
    // and so does an array that has been given other properties
    const tampered = (values: Float32Array) =>
      Object.defineProperties(values.slice(), {
        length: { value: 2 },
        buffer: { value: new ArrayBuffer(8) },
        byteOffset: { value: 4 },
        subarray: { value: () => new Float32Array(1) },
        set: { value: () => {} },
        constructor: { value: Uint8Array },
      });
    expect(plainly(call(tampered))).toEqual(expected);
  });

  test("float16, and data that is longer than a block", () => {
    const bits = toFloat16(data);
    expect(elements(fromFloat16(any(new LiarHalf(bits))))).toEqual([...fromFloat16(bits)]);
    const long = Float32Array.from({ length: 400_000 }, (_, i) => Math.sin(i));
    const x: TensorLike = { data: new LiarFloat(long), shape: [4, 100_000] };
    const out = new LiarFloat(400_000);
    expect(layerNorm(x, { norm: "l1", out })).toBe(out);
    const expected = layerNorm({ data: long, shape: [4, 100_000] }, { norm: "l1" }).data;
    for (let i = 0; i < 400_000; i += 997) expect(out[i]).toBe(expected[i]);
    expect(norm(new LiarFloat(long)).data).toEqual(norm(long).data);
  });
});

describe("arrays from elsewhere", () => {
  test("of another realm", () => {
    const make = (values: Float32Array) =>
      runInNewContext("Float32Array.from(values)", { values: [...values] }) as Float32Array;
    for (const call of Object.values(CALLS))
      expect(plainly(call(make))).toEqual(plainly(call((values) => values.slice())));
  });

  test("in shared memory, also when the two names of it overlap", () => {
    const shared = new SharedArrayBuffer(8 * 400_000);
    const other = structuredClone(shared);
    expect(other).not.toBe(shared);
    const input = new Float32Array(shared, 0, 400_000);
    input.set(Float32Array.from({ length: 400_000 }, (_, i) => Math.cos(i)));
    const x = { data: input, shape: [400, 1000] };
    const expected = layerNorm({ data: input.slice(), shape: x.shape }).data;
    const sums = halfnorm.layerNormBackward(
      { data: input.slice(), shape: x.shape },
      { data: input.slice(), shape: x.shape },
    );
    const rounded = halfnorm.round(input.slice(), "bfloat16").data;
    const fill = input.slice();
    // begins within the input, and is filled while it is read unless all of it is read first
    const out = new Float32Array(other, 4 * 100_000, 400_000);
    layerNorm(x, { out });
    expect(out).toEqual(expected);
    input.set(fill);
    halfnorm.round(input, "bfloat16", { out });
    expect(out).toEqual(rounded);
    input.set(fill);
    halfnorm.layerNormBackward(x, x, { out: { dx: out } });
    expect(out).toEqual(sums.dx.data);
  });

  test("a native Float16Array comes and goes", async () => {
    // stands for the native class where there is none: with its own tag in the place that all typed arrays have it
    const native = (globalThis as { Float16Array?: unknown }).Float16Array;
    class Half extends Uint16Array {}
    const prototype = Object.getPrototypeOf(Uint16Array.prototype);
    const tag = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag) as PropertyDescriptor;
    Object.defineProperty(prototype, Symbol.toStringTag, {
      ...tag,
      get() {
        return this instanceof Half ? "Float16Array" : tag.get?.call(this);
      },
    });
    (globalThis as { Float16Array?: unknown }).Float16Array = Half;
    vi.resetModules();
    try {
      const own = await import("../../src/index.js");
      const bits = toFloat16(data);
      const half = new Half(bits);
      const asBits = own.layerNorm(bits);
      expect([asBits.dtype, asBits.data.constructor]).toEqual(["float16", Uint16Array]);
      const asHalf = own.layerNorm(any(half));
      expect(asHalf.data).toBeInstanceOf(Half);
      expect([...new Uint16Array(asHalf.data.buffer)]).toEqual([...asBits.data]);
      expect(own.layerNorm(any(half), { dtype: "float32" }).data).toBeInstanceOf(Float32Array);
      expect(own.trelu(data, { dtype: "float16" }).data.constructor).toBe(Uint16Array);
      const out = new Half(24);
      expect(own.layerNorm(any(half), { out: any(out) })).toBe(out);
      expect([...out]).toEqual([...asBits.data]);
    } finally {
      (globalThis as { Float16Array?: unknown }).Float16Array = native;
      Object.defineProperty(prototype, Symbol.toStringTag, tag);
      vi.resetModules();
    }
  });
});
