// Plain data is worked on in blocks; resident data as a whole. Both give the same bits.

import { describe, expect, test } from "vitest";
import { BLOCK } from "../../src/engine/sizes.js";
import {
  batchNorm,
  fromFloat16,
  groupNormBackward,
  layerNorm,
  layerNormBackward,
  mean,
  memory,
  norm,
  round,
  Tensor,
  tensor,
  toFloat16,
  trelu,
} from "../../src/index.js";
import { shareOf } from "../../src/plan/blocks.js";
import { planWalk } from "../../src/plan/walk.js";
import { sizeOf } from "../oracle/walk.js";
import { show } from "../support/cases.js";
import { type Call, layers, type Result, reductions, values } from "../support/layers.js";

const bits = (result: unknown): Uint8Array => {
  const { data } = result as Result;
  const array = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (result instanceof Tensor) result.dispose();
  return array;
};

function same(shape: number[], calls: Record<string, Call>) {
  const data = values(sizeOf(shape));
  const inputs = { float32: data, float16: toFloat16(data) };
  for (const [dtype, from] of Object.entries(inputs)) {
    const x = tensor(from, shape);
    const plain = { data: from, shape };
    const before = from.slice();
    for (const [name, call] of Object.entries(calls)) {
      const what = `${name}, ${dtype}, ${shape}`;
      const expected = bits(call(x, {}));
      const equals = (result: unknown, how: string) =>
        expect(Buffer.compare(bits(result), expected), `${what}, ${how}`).toBe(0);
      equals(call(plain, {}), "plain");
      if (name.startsWith("reduce")) continue;
      const out = from.slice().fill(0);
      expect(call(plain, { out })).toBe(out);
      equals({ data: out }, "plain to out");
      out.fill(0);
      expect(call(x, { out })).toBe(out);
      equals({ data: out }, "resident to out");
      const resident = tensor(out.fill(0), shape);
      expect(call(plain, { out: resident })).toBe(resident);
      equals(resident, "plain to resident");
      const inPlace = from.slice();
      call({ data: inPlace, shape }, { out: inPlace });
      equals({ data: inPlace }, "in place");
      const other = dtype === "float32" ? "float16" : "float32";
      const converted = bits(call(x, { dtype: other }));
      expect(Buffer.compare(bits(call(plain, { dtype: other })), converted), `${what} to ${other}`).toBe(0);
    }
    expect(Buffer.compare(bits({ data: from }), bits({ data: before })), "the input is as it was").toBe(0);
    x.dispose();
  }
}

describe("the same bits for plain and resident data", () => {
  // channels in long segments; in short ones; many samples; channels last are short
  test.each([
    { shape: [4, 24, 50, 50], groups: 4 },
    { shape: [3, 7, 100, 97], groups: 7 },
    { shape: [64, 300, 3, 5], groups: 3 },
    { shape: [2000, 150], groups: 5 },
    { shape: [2, 3, 2, 2], groups: 1 },
  ])("layers $shape", ({ shape, groups }) => {
    same(shape, layers(shape, groups));
  });

  test.each([
    { shape: [200, 1500], axes: [1] },
    { shape: [200, 1500], axes: [0] },
    { shape: [20, 30, 500], axes: [0, 2] },
    { shape: [20, 30, 500], axes: [1] },
    { shape: [2, 150_000], axes: [-1] },
  ])("reductions $shape over $axes", ({ shape, axes }) => {
    same(shape, reductions(axes));
  });

  test("elementwise", () => {
    const each: Record<string, Call> = {
      trelu: (x, extra) => trelu(x, extra),
      round: (x, extra) => round(x, "bfloat16", extra),
      "round stochastic": (x, extra) => round(x, "float8_e5m2", { mode: "stochastic", seed: 9, ...extra }),
    };
    same([300_000], each);
    same([3, 5], each);
    const x = values(300_000);
    expect(Buffer.compare(bits(toFloat16(tensor(x))), bits({ data: toFloat16(x) }))).toBe(0);
    const half = toFloat16(x);
    expect(Buffer.compare(bits(fromFloat16(tensor(half))), bits({ data: fromFloat16(half) }))).toBe(0);
  });

  test("whole reductions in pieces are as close to exact", () => {
    const x = values(1_000_003);
    const sums = x.reduce(([s, a, q], v) => [s + v, a + Math.abs(v), q + v * v], [0, 0, 0]);
    const expected = { mean: sums[0] / x.length, l1: sums[1], l2: Math.sqrt(sums[2]) };
    for (const input of [x, tensor(x)]) {
      for (const [found, wanted] of [
        [mean(input), expected.mean],
        [norm(input, { norm: "l1" }), expected.l1],
        [norm(input), expected.l2],
      ] as const) {
        expect(Math.abs(found.data[0] / wanted - 1)).toBeLessThan(2 ** -22);
      }
      expect(norm(input, { norm: "linf" }).data[0]).toBe(x.reduce((m, v) => Math.max(m, Math.abs(v)), 0));
    }
    for (const top of [1, 10, 1000, 17_000]) {
      for (const data of [x, toFloat16(x), x.subarray(0, 4 * 65536 + 9)]) {
        const options = { norm: { topk: top } };
        expect(norm(data, options).data, `top-${top}`).toEqual(norm(tensor(data), options).data);
      }
    }
    x[700_001] = Number.NaN;
    expect(norm(x, { norm: { topk: 3 } }).data[0]).toBeNaN();
    for (const kind of ["l1", "l2", "linf"] as const) expect(norm(x, { norm: kind }).data[0]).toBeNaN();
    expect(mean(x).data[0]).toBeNaN();
    x[700_001] = Number.NEGATIVE_INFINITY;
    for (const kind of ["l1", "l2", "linf"] as const) expect(norm(x, { norm: kind }).data[0]).toBe(Infinity);
    expect(mean(x).data[0]).toBe(-Infinity);
  });

  test("norms that are not put together from pieces", () => {
    const x = values(300_000);
    for (const each of ["range", { lp: 3 }] as const) {
      expect(norm(x, { norm: each }).data, show(each)).toEqual(norm(tensor(x), { norm: each }).data);
    }
    const [low, high] = x.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [0, 0]);
    expect(norm(x, { norm: "range" }).data[0]).toBe(Math.fround(high - low));
  });

  test("the largest are in the last piece, which has fewer than k", () => {
    // four blocks, and 9 elements more
    for (const [data, bytes] of [
      [new Float32Array(BLOCK + 9), 4],
      [new Uint16Array(2 * BLOCK + 9), 2],
    ] as const) {
      // 1 to 9 in float32, and as float16: 1 + i / 1024
      const [one, next] = bytes === 4 ? [1, 1] : [0x3c00, 1];
      for (let i = 0; i < 9; i++) data[data.length - 9 + i] = one + next * i;
      const sum = bytes === 4 ? 45 : 9 + 36 / 1024;
      expect(norm(data, { norm: { topk: 10 } }).data[0]).toBe(Math.fround(sum / 10));
      data[3] = data[data.length - 1];
      const largest = bytes === 4 ? 9 : 1 + 8 / 1024;
      expect(norm(data, { norm: { topk: 10 } }).data[0]).toBe(Math.fround((sum + largest) / 10));
    }
  });

  test("stochastic rounding goes by the position in all of the data", () => {
    const x = new Float32Array(200_000).fill(1.001);
    const options = { mode: "stochastic", seed: 3 } as const;
    for (const data of [x, tensor(x)]) {
      const { data: found } = round(data as Float32Array, "bfloat16", options);
      const block = found.slice(0, BLOCK / 4);
      expect(found.slice(BLOCK / 4, BLOCK / 2)).not.toEqual(block);
      expect(round(x.slice(0, BLOCK / 4), "bfloat16", options).data).toEqual(block);
    }
  });
});

test.each([
  // two blocks are not worth it
  { shape: [BLOCK / 2], reduced: 0, bytes: 4, share: BLOCK / 2 },
  { shape: [BLOCK / 2 + 1], reduced: 0, bytes: 4, share: BLOCK / 4 },
  // whole vectors of columns
  { shape: [100_000], reduced: 0, bytes: 6, share: 43_648 },
  { shape: [20, 100_000], reduced: 0b01, bytes: 4, share: 3264 },
  { shape: [128, 2000], reduced: 0b01, bytes: 4, share: 512 },
  // a row of a block that is too short, with and without whole vectors
  { shape: [129, 2000], reduced: 0b01, bytes: 4, share: 2000 },
  { shape: [2000, 150], reduced: 0b01, bytes: 4, share: 150 },
  { shape: [512, 3000, 2], reduced: 0b101, bytes: 4, share: 3000 },
  // any number of what is not columns
  { shape: [4, 24, 2500], reduced: 0b101, bytes: 4, share: 6 },
  { shape: [64, 300, 15], reduced: 0b101, bytes: 4, share: 68 },
  { shape: [2000, 150], reduced: 0b10, bytes: 4, share: 436 },
  { shape: [3, 100_000], reduced: 0b10, bytes: 4, share: 1 },
  { shape: [2, 300_000], reduced: 0b11, bytes: 4, share: 1 },
])("a block of $shape over $reduced, $bytes bytes an element, has $share", ({ shape, reduced, bytes, share }) => {
  expect(shareOf(planWalk(shape, reduced, 0), bytes)).toBe(share);
});

test("weight and bias in float16, each with room of its own", () => {
  const shape = [3, 200];
  const x = { data: values(600), shape };
  const [weight, bias] = [toFloat16(values(200, 2)), toFloat16(values(200, 3))];
  const expected = layerNorm(x, { weight: fromFloat16(weight), bias: fromFloat16(bias) });
  expect(layerNorm(x, { weight, bias })).toEqual(expected);
  expect(layerNorm(x, { weight: tensor(weight), bias: tensor(bias) })).toEqual(expected);
});

test("gradients whose blocks have weights of their own, each of another element", () => {
  const x = { data: values(300_000), shape: [1, 300_000] };
  const dy = { data: values(300_000, 5), shape: [1, 300_000] };
  const held = [dy, x].map(({ data, shape }) => tensor(data, shape));
  const found = groupNormBackward(dy, x, { groups: 3000 });
  const expected = groupNormBackward(held[0], held[1], { groups: 3000 });
  for (const each of ["dx", "dweight", "dbias"] as const) {
    expect(Buffer.compare(bits(found[each]), bits(expected[each])), each).toBe(0);
  }
  expect(found.dbias.data).toEqual(dy.data);
  for (const each of held) each.dispose();
});

test("reductions to an array that is given", () => {
  const x = { data: Float32Array.of(3, -4, 5, 12), shape: [2, 2] };
  const out = new Float32Array(2);
  expect(norm(x, { axes: 1, out })).toBe(out);
  expect(out).toEqual(Float32Array.of(5, 13));
  expect(mean(x, { axes: 1, out })).toBe(out);
  expect(out).toEqual(Float32Array.of(-0.5, 8.5));
  for (const arithmetic of [undefined, "float16"] as const) {
    const [dx, dweight, dbias] = [4, 2, 2].map((n) => new Float32Array(n));
    layerNormBackward(x, x, { arithmetic, out: { dx, dweight, dbias } });
    const { dx: wanted, ...rest } = layerNormBackward(x, x, { arithmetic });
    expect([dx, dweight]).toEqual([wanted.data, rest.dweight.data]);
    expect(dbias).toEqual(Float32Array.of(8, 8));
  }
});

test("gradients of x and dy in any form, to a result in any form", () => {
  const size = 150_000;
  const shape = [300, 500];
  const plain = [values(size), values(size, 5)];
  const held = plain.map((data) => tensor(data, shape));
  const weight = values(500, 6);
  const expected = bits(layerNormBackward(held[1], held[0], { weight }).dx);
  for (const x of [plain[0], held[0]]) {
    for (const dy of [plain[1], held[1]]) {
      const [from, upstream] = [x, dy].map((each) => (each instanceof Tensor ? each : { data: each, shape }));
      const outs = [undefined, new Float32Array(size), tensor(new Float32Array(size), shape)];
      for (const dx of outs) {
        const found = layerNormBackward(upstream, from, { weight, out: { dx } }).dx;
        expect(Buffer.compare(bits(found instanceof Float32Array ? { data: found } : found), expected)).toBe(0);
      }
    }
  }
  for (const each of held) each.dispose();
});

test("memory that x and the result share through two buffers is read before it is written", () => {
  const size = 150_000;
  const shape = [300, 500];
  const shared = new SharedArrayBuffer(4 * size + 4000);
  // as a worker receives it
  const received = structuredClone(shared);
  expect(received).not.toBe(shared);
  const x = new Float32Array(shared, 0, size);
  const dx = new Float32Array(received, 4000, size);
  const data = values(size);
  const dy = values(size, 5);
  const weight = values(500, 6);
  const calls: Record<string, (from: Float32Array, other: Float32Array, out?: Float32Array) => unknown> = {
    layer: (from, _, out) => layerNorm({ data: from, shape }, { weight, out }),
    activation: (from, _, out) => trelu(from, { out }),
    "gradient by x": (from, other, out) =>
      layerNormBackward({ data: other, shape }, { data: from, shape }, { out: { dx: out } }).dx,
    "gradient by dy": (from, other, out) =>
      layerNormBackward({ data: from, shape }, { data: other, shape }, { out: { dx: out } }).dx,
  };
  for (const [name, call] of Object.entries(calls)) {
    const expected = bits(call(data, dy));
    x.set(data);
    expect(call(x, dy, dx), name).toBe(dx);
    expect(Buffer.compare(bits({ data: dx }), expected), name).toBe(0);
  }
});

test("given statistics and parameters are read in any form, and stay as they are", () => {
  const shape = [40, 5];
  const x = { data: values(200), shape };
  const [mean, weight, bias] = [values(5, 2), values(5, 3), values(5, 4)].map((each) => fromFloat16(toFloat16(each)));
  const deviation = Float32Array.of(0.5, 1, 1.5, 2, 3);
  const given = { mean, deviation, weight, bias };
  const forms: Record<string, (each: Float32Array) => Float32Array | Uint16Array | Tensor> = {
    float32: (each) => each.slice(),
    float16: (each) => toFloat16(each),
    "tensors in float32": (each) => tensor(each),
    "tensors in float16": (each) => tensor(each, [5], "float16"),
  };
  const expected = x.data.map((value, i) => {
    const c = i % 5;
    return ((value - mean[c]) / Math.sqrt(deviation[c] ** 2 + 1e-5)) * weight[c] + bias[c];
  });
  for (const [name, form] of Object.entries(forms)) {
    const all = Object.fromEntries(Object.entries(given).map(([key, each]) => [key, form(each)]));
    const { tensors } = memory();
    const found = batchNorm(x, all).data;
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i]), `${name}, element ${i}`).toBeLessThan(1e-5);
    });
    expect(memory().tensors).toBe(tensors);
    for (const [key, each] of Object.entries(given)) {
      expect(all[key] instanceof Tensor ? all[key].slice() : all[key], `${key} in ${name}`).toEqual(
        name.endsWith("32") ? each : toFloat16(each),
      );
    }
  }
});
