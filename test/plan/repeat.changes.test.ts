/** Calls like one before but for one thing, and what becomes of their arrays and shapes in between. */

import { describe, expect, test } from "vitest";
import { layerNorm, load, mean, norm, tensor } from "../../src/index.js";
import { detach } from "../support/detached.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import { bits, IN_FULL, LAYERS, type Options } from "../support/repeated.js";

describe("what is like one of the last calls, but for one thing", () => {
  const data = gaussian(16, 11);

  test("the function", () => {
    const x = { data, shape: [1, 16] };
    for (let i = 0; i < 3; i++)
      for (const call of Object.values(LAYERS)) expect(bits(call(x).data)).toEqual(bits(call(x, IN_FULL).data));
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
    detach(arrays[name]);
    expect(() => call(IN_FULL)).toThrow(TypeError);
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
