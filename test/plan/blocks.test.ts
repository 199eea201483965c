// Plain data is worked on in blocks; resident data as a whole. Both give the same bits.

import { describe, expect, test } from "vitest";
import { BLOCK } from "../../src/engine/sizes.js";
import { fromFloat16, layerNorm, load, mean, norm, round, Tensor, tensor, toFloat16, trelu } from "../../src/index.js";
import { shareOf } from "../../src/plan/blocks.js";
import { planWalk } from "../../src/plan/walk.js";
import { type Call, layers, type Result, reductions, values } from "../support/layers.js";

const bits = (result: unknown): Uint8Array => {
  const { data } = result as Result;
  const array = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (result instanceof Tensor) result.dispose();
  return array;
};

function same(shape: number[], calls: Record<string, Call>) {
  const data = values(shape.reduce((a, b) => a * b, 1));
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

  test("memory stays bounded by blocks", async () => {
    const own = await load();
    own.layerNorm({ data: new Float32Array(2 ** 22), shape: [2 ** 11, 2 ** 11] });
    own.norm(new Float32Array(2 ** 22));
    expect(own.memory().bytes).toBeLessThan(2 ** 20);
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
