/** The exact values behind a diagnosis where float64 alone would lose digits, against fractions. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { FRACTIONS } from "../oracle/reals.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { check, checkWith, over } from "../support/diagnosed.js";
import {
  type ArithmeticPair,
  arithmetic,
  BFLOAT16,
  DOWN_TO_LEAST,
  EXACT,
  FLOAT16,
  FLOAT32,
} from "../support/formats.js";
import { gaussian, shuffled, wide } from "../support/random.js";
import { stageOf } from "../support/stages.js";

const PAIRS: readonly ArithmeticPair[] = [
  arithmetic(FLOAT32, FLOAT32, "sequential"),
  arithmetic(FLOAT32, EXACT),
  arithmetic(BFLOAT16, FLOAT32, "pairwise"),
  arithmetic(FLOAT16, FLOAT16, "lanes"),
  arithmetic(DOWN_TO_LEAST, EXACT),
];
const NORMS: readonly (Norm | "none")[] = [...everyNorm([3], [3, 1.5]), "none"];

/** Values and the same again with the opposite sign, so that the sum is a few of the smallest alone. */
function cancelling(n: number, seed: number, low: number, high: number): Float32Array {
  const half = Array.from(wide((n - 2) / 2, seed, low, high));
  return Float32Array.from(shuffled([...half, ...half.map((value) => -value), 2 ** low, 2 ** (low - 3)], seed));
}

const DATA: Record<string, (n: number, seed: number) => Float32Array> = {
  "a large mean": (n, seed) => gaussian(n, seed, 1e6, 1e-1),
  "a mean that cancels": (n, seed) => cancelling(n, seed, -30, 30),
  "all of float32": (n, seed) => wide(n, seed, -149, 126),
  "the largest of float32": (n, seed) => wide(n, seed, 120, 126.9),
  "the smallest of float32": (n, seed) => wide(n, seed, -149, -126),
  "one large among small ones": (n, seed) => gaussian(n, seed, 0, 1e-6).map((value, i) => (i === 5 ? 3e4 : value)),
};

let step = 0;

describe.each(Object.keys(DATA))("%s", (name) => {
  test.each(PAIRS)("$label", (pair) => {
    // Three of the norms for each, all of them for all together.
    for (const [i, norm] of NORMS.entries()) {
      if ((i + step++) % 3) continue;
      const data = DATA[name](40, i + 1);
      const columns = i % 2 > 0;
      const shape = columns ? [20, 2] : [2, 20];
      const grouping = over([columns ? 0 : 1], norm === "none" || i % 3 > 0);
      checkWith({ shape, grouping, norm, pair, data, storage: "float32", eps: i % 2 ? 0 : 1e-5 }, FRACTIONS);
    }
  });
});

describe("constant tensors: the deviation is 0 and nothing else", () => {
  test.each(PAIRS)("$label", (pair) => {
    for (const [i, value] of [0.1, 1, -3, 1e-3, 1000.5, 2 ** -20].entries()) {
      const n = [1, 3, 7, 32, 100, 1000][i];
      for (const norm of NORMS) {
        if ((typeof norm === "object" && "topk" in norm && norm.topk > n) || step++ % 3) continue;
        const data = new Float32Array(2 * n).fill(value);
        const { actual } = check({ shape: [2, n], grouping: over([1]), norm, pair, data, storage: STORAGES[step % 2] });
        // Null where the sum overflowed.
        const { maxRel } = stageOf(actual, "centre").total;
        expect(maxRel ?? 0).toBe(0);
      }
    }
  });
});

test("the mean of very many", () => {
  const data = gaussian(200_000, 3, 100, 1);
  const arithmetic = { compute: "float16", accumulate: "float32", order: "pairwise" } as const;
  const mean = stageOf(diagnose(data, { arithmetic, norm: "l1", remedies: false }), "mean");
  // The sum of float32 values of one exponent, in whole numbers of their units.
  const exact = data.reduce((sum, value) => sum + BigInt(value * 2 ** 24), 0n);
  const float16 = (value: number) => Math.round(value * 16) / 16;
  const real = Number((exact << 20n) / 200_000n) / 2 ** 44;
  expect(mean.total.maxAbs).toBeCloseTo(Math.abs(float16(real) - real), 12);
});
