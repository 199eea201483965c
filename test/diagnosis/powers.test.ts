/** Lp norms whose terms leave float64: what is exact is still exact, and what is ruined is not called so. */
import { describe, expect, test } from "vitest";
import { diagnose, type FormatName, rmsNorm } from "../../src/index.js";
import { FRACTIONS } from "../oracle/reals.js";
import { checkWith, over } from "../support/diagnosed.js";
import { arithmetic, BFLOAT16, FLOAT16, FLOAT32, ORACLES } from "../support/formats.js";
import { gaussian, wide } from "../support/random.js";

/** Floor of the p-th root of an integer, bit by bit. */
function integerRoot(value: bigint, p: number): bigint {
  const exponent = BigInt(p);
  let root = 0n;
  for (let bit = 1n << BigInt(Math.ceil(value.toString(2).length / p)); bit > 0n; bit >>= 1n) {
    if ((root + bit) ** exponent <= value) root += bit;
  }
  return root;
}

/** Integers times 2^exponent, uncentred and without a constant: 80 bits of S, and log2 of the sum of the powers. */
function exactly(integers: readonly bigint[], exponent: number, p: number): { scale: number; log: number } {
  const sum = integers.reduce((sum, value) => sum + (value < 0n ? -value : value) ** BigInt(p), 0n);
  const root = integerRoot((sum << BigInt(80 * p)) / BigInt(integers.length), p);
  const bits = sum.toString(2);
  return {
    scale: (Number(root) / 2 ** 80) * 2 ** exponent,
    log: bits.length - 53 + Math.log2(Number.parseInt(bits.slice(0, 53), 2)) + p * exponent,
  };
}

const INTEGERS = [100003n, -77777n, 5n, 99999n, 31415n, -100003n, 64000n, 12n];

describe("integers times a power of two, against whole numbers", () => {
  test.each<[number, number, FormatName]>([
    [64, 0, "float16"],
    [64, 0, "float32"],
    [16, 50, "bfloat16"],
    [10, 86, "float32"],
    [64, -33, "float16"],
    [64, -60, "float32"],
    [300, 60, "bfloat16"],
    [12, -120, "tfloat32"],
    [2000, 0, "float32"],
    [1e6, -20, "float32"],
  ])("p = %d, 2^%d, in %s", (p, exponent, format) => {
    const x = Float32Array.from(INTEGERS, (value) => Number(value) * 2 ** exponent);
    const options = { norm: { lp: p, unscaled: true }, eps: 0, arithmetic: format } as const;
    const found = diagnose(x, { ...options, layer: "rms", remedies: false });
    const y = rmsNorm(x, options).data as Float32Array;
    // of powers of a million, which take their time to write out, two are all: those of the largest, which is there twice
    const { scale, log } =
      p > 1e4 ? { scale: Math.abs(x[0]) * (2 / 8) ** (1 / p), log: Number.NaN } : exactly(INTEGERS, exponent, p);
    const errors = Array.from(y, (value, i) => Math.abs(value - x[i] / scale));
    const lost = errors.filter((error) => !Number.isFinite(error)).length;
    expect(found.error.mismatchedSpecials).toBe(lost);
    const worst = Math.max(0, ...errors.filter(Number.isFinite));
    expect(Math.abs((found.error.maxAbs ?? 0) - worst)).toBeLessThan(1e-12);
    // nothing that is 0 or infinite instead of a number passes
    if (lost || worst > 0.5) expect(found.verdict).toBe("failed");
    else expect(found.verdict).toBe("ok");
    if (log > 0) {
      expect(found.headroomAt).toBe("sum");
      expect(found.headroom).toBeCloseTo(Math.log2(ORACLES[format].max) - log, 8);
    }
  });
});

const PAIRS = [
  arithmetic(FLOAT16, FLOAT16, "lanes"),
  arithmetic(FLOAT32, FLOAT32, "sequential"),
  arithmetic(BFLOAT16, FLOAT32, "pairwise"),
];

const DATA: Record<string, (n: number, seed: number) => Float32Array> = {
  "about 1e5": (n, seed) => gaussian(n, seed, 0, 1e5),
  "about 1e20": (n, seed) => gaussian(n, seed, 1e20, 1e20),
  "about 1e31": (n, seed) => gaussian(n, seed, 0, 1e31),
  "about 1e-5": (n, seed) => gaussian(n, seed, 1e-5, 1e-5),
  "about 1e-30": (n, seed) => gaussian(n, seed, 0, 1e-30),
  "all of float32": (n, seed) => wide(n, seed, -149, 126),
  "ever larger": (n, seed) => wide(n, seed, -149, 126).sort((a, b) => Math.abs(a) - Math.abs(b)),
  "ever smaller": (n, seed) => wide(n, seed, -149, 126).sort((a, b) => Math.abs(b) - Math.abs(a)),
  zeros: (n) => new Float32Array(n),
  "zeros before numbers": (n, seed) => gaussian(n, seed, 0, 1e-20).map((value, i) => (i < n - 8 ? 0 : value)),
  "with an infinity": (n, seed) => gaussian(n, seed, 0, 1e20).map((value, i) => (i === 7 ? Infinity : value)),
  "with a NaN": (n, seed) => gaussian(n, seed, 0, 1e-20).map((value, i) => (i === 7 ? Number.NaN : value)),
};

describe.each(Object.keys(DATA))("%s, against fractions", (name) => {
  test.each([64, 16, 10, 33.5])("p = %d", (lp) => {
    for (const [i, pair] of PAIRS.entries()) {
      const data = DATA[name](24, i + 1);
      const columns = i % 2 > 0;
      const [shape, axis] = columns ? [[8, 3], 0] : [[2, 12], 1];
      const subject = { norm: { lp }, pair, data, storage: "float32", eps: i % 2 ? 0 : 1e-5 } as const;
      checkWith({ ...subject, shape, grouping: over([axis], i !== 1) }, FRACTIONS);
    }
  });
});

test("tile by tile, the unit follows the largest", () => {
  const data = DATA["ever larger"](600, 3);
  const subject = { norm: { lp: 16 }, pair: PAIRS[1], data, storage: "float32" } as const;
  checkWith({ ...subject, shape: [200, 3], grouping: over([0]), eps: 0 }, FRACTIONS);
  // one group in several tiles: their order does not matter to what is exact
  const long = DATA["ever larger"](9000, 5);
  const of = (x: Float32Array) =>
    diagnose(x, {
      norm: { lp: 16 },
      arithmetic: { compute: "float32", accumulate: "exact" },
      layer: "rms",
      remedies: false,
    });
  const [up, down] = [of(long), of(long.slice().reverse())];
  expect(up.error.mismatchedSpecials).toBe(down.error.mismatchedSpecials);
  expect(up.headroom).toBeCloseTo(down.headroom ?? 0, 9);
  expect(up.error.maxAbs).toBeCloseTo(down.error.maxAbs ?? 0, 12);
});
