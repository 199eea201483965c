/** What calls take of memory: plain data by the block, and nothing when there is too little. */

import { describe, expect, test } from "vitest";
import { load, Tensor } from "../../src/index.js";

type Own = Awaited<ReturnType<typeof load>>;

const ones = (n: number) => new Float32Array(n).fill(1);

/** Calls on n elements of a tensor, that take more memory for their results, and still more for what is plain. */
const CALLS: Record<string, (own: Own, x: Tensor, n: number) => object> = {
  layer: (own, x, n) => own.layerNorm(x, { weight: ones(n), bias: ones(n) }),
  statistics: (own, x) => own.statistics(x, { axes: [0], norm: "l1" }),
  "statistics of nothing": (own, _, n) => own.statistics(own.tensor(ones(0), [0, n]), { axes: 0 }),
  activation: (own, x) => own.trelu(x, { dtype: "float16" }),
  gradient: (own, x, n) => own.layerNormBackward({ data: ones(n), shape: [1, n] }, x, { weight: ones(n) }),
  "emulated gradient": (own, x, n) =>
    own.layerNormBackward({ data: ones(n), shape: [1, n] }, x, { arithmetic: "float16" }),
  "gradient of nothing": (own, _, n) => {
    const nothing = own.tensor(ones(0), [0, n]);
    return own.layerNormBackward(nothing, nothing);
  },
  "gradient of weights of nothing": (own, _, n) => {
    const nothing = own.tensor(ones(0), [n, 0]);
    own.boundedWeightNormBackward(nothing, nothing);
    return own.boundedWeightNormBackward(nothing, nothing, { g: ones(n) });
  },
  "gradient of weights": (own, x, n) =>
    own.weightNormBackward({ data: ones(n), shape: [1, n] }, x, { axis: 1, g: ones(n) }),
};

test.each(Object.entries(CALLS))("%s: all results are given back when memory runs out", async (_, call) => {
  const own = await load({ maxBytes: 2 ** 20 });
  let given = 0;
  let refused = 0;
  // memory ends at each of the allocations of the call for some n
  for (let n = 8000; n < 180_000; n = Math.ceil(n * 1.05)) {
    const x = own.tensor(ones(n), [1, n]);
    const { tensors, used } = own.memory();
    try {
      const made = call(own, x, n);
      for (const each of [made, ...Object.values(made)]) if (each instanceof Tensor) each.dispose();
      given++;
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toMatch(/^not enough memory/);
      refused++;
    }
    expect(own.memory(), `${n} elements`).toMatchObject({ tensors, used });
    x.dispose();
  }
  expect(given).toBeGreaterThan(10);
  expect(refused).toBeGreaterThan(10);
});

test("results in tensors are written, and nothing beside them", async () => {
  const own = await load();
  const shape = [4, 16];
  // each a whole number of cache lines, so that they touch
  const tensors = Array.from({ length: 5 }, () => own.tensor(ones(16)));
  const [, dweight, , dbias] = tensors;
  const kept = [tensors[0], tensors[2], tensors[4]];
  const dy = { data: Float32Array.from({ length: 64 }, (_, i) => i % 16), shape };
  const x = { data: Float32Array.from({ length: 64 }, (_, i) => (i * i) % 7), shape };
  const columns = Float32Array.from({ length: 16 }, (_, i) => 4 * i);
  const nothing = own.tensor(ones(0), [0, 16]);
  const calls: [string, () => unknown, Float32Array][] = [
    ["a gradient", () => own.layerNormBackward(dy, x, { out: { dweight, dbias } }), columns],
    [
      "an emulated one",
      () => own.layerNormBackward(dy, x, { arithmetic: "float16", out: { dweight, dbias } }),
      columns,
    ],
    ["a norm", () => own.norm(dy, { norm: "l1", axes: 0, out: dbias }), columns],
    ["a norm of nothing", () => own.norm(nothing, { axes: 0, out: dbias }), new Float32Array(16)],
    ["a mean of nothing", () => own.mean(nothing, { axes: 0, out: dbias }), new Float32Array(16).fill(Number.NaN)],
  ];
  for (const [name, call, expected] of calls) {
    call();
    expect(dbias.slice(), name).toEqual(expected);
    for (const each of kept) expect(each.slice(), `beside ${name}`).toEqual(ones(16));
  }
});

describe("plain data takes as much as a block", () => {
  const SIZE = 2 ** 21;
  test.each<[string, (own: Own) => unknown]>([
    ["to float16", (own) => own.toFloat16(ones(SIZE))],
    ["from float16", (own) => own.fromFloat16(new Uint16Array(SIZE))],
    ["an activation", (own) => own.trelu(ones(SIZE))],
    ["an activation in float16", (own) => own.trelu(ones(SIZE), { dtype: "float16" })],
    ["rounding", (own) => own.round(new Uint16Array(SIZE), "bfloat16", { out: new Float32Array(SIZE) })],
    ["a layer", (own) => own.layerNorm({ data: ones(SIZE), shape: [2048, SIZE / 2048] })],
    [
      "a gradient",
      (own) => {
        const x = { data: ones(SIZE), shape: [2048, SIZE / 2048] };
        return own.layerNormBackward(x, x);
      },
    ],
    [
      "a weight norm of channels",
      (own) => own.weightNorm({ data: ones(SIZE), shape: [2048, SIZE / 2048] }, { g: ones(2048) }),
    ],
    ["a mean", (own) => own.mean(ones(SIZE))],
    ["a top-k norm", (own) => own.norm(ones(SIZE), { norm: { topk: 3 } })],
  ])("%s", async (name, call) => {
    const own = await load();
    call(own);
    // as many more as a block where the largest are found
    expect(own.memory().bytes).toBeLessThanOrEqual((name.startsWith("a top-k") ? 1.75 : 1) * 2 ** 20);
  });
});
