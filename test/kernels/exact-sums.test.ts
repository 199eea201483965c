/** Exact sums: in float64 while it holds them, then as a fixed-point number, and from one to the other within a group. */

import { expect, test } from "vitest";
import { mean } from "../../src/index.js";
import { divideSum } from "../oracle/arithmetic.js";
import { exactSum } from "../oracle/exact.js";
import { FLOAT32 } from "../oracle/formats.js";
import { ofExponents } from "../support/floats.js";

const ROWS = 5;
const LENGTHS = [1, 3, 4, 31, 128, 129, 1000, 5000];

const of = (low: number, high: number) => (size: number, seed: number) => ofExponents(size, 24, seed, low, high);
const NUMBERS: Record<string, (size: number, seed: number) => Float32Array> = {
  "of like numbers": of(-3, 3),
  "of numbers too far apart for float64": of(-60, 60),
  "of all exponents": of(-127, 121),
  "of the smallest numbers": of(-127, -124),
  "of the largest": of(110, 121),
  "of like numbers, and some too far apart": (size) => {
    const far = of(-90, 90)(size, 9);
    return of(-4, 4)(size, 10).map((v, i) => ((i >> 7) % 3 === 1 ? far[i] : v));
  },
};

test.each(Object.entries(NUMBERS))("%s", (_, numbers) => {
  for (const n of LENGTHS) {
    const all = numbers(ROWS * n, n).map((v) => (Number.isFinite(v) && Math.abs(v) < 2 ** 121 ? v : -0));
    const arithmetic = { compute: "float32", accumulate: "exact" } as const;
    const across = mean({ data: all, shape: [ROWS, n] }, { axes: [1], arithmetic }).data as Float32Array;
    const turned = Float32Array.from({ length: all.length }, (_, i) => all[(i % ROWS) * n + Math.floor(i / ROWS)]);
    const down = mean({ data: turned, shape: [n, ROWS] }, { axes: [0], arithmetic }).data as Float32Array;
    const wanted = Float32Array.from({ length: ROWS }, (_, i) => {
      return divideSum(FLOAT32, exactSum(all.subarray(i * n, (i + 1) * n)), n);
    });
    expect(across).toEqual(wanted);
    expect(down).toEqual(wanted);
  }
});

test("of infinities and NaN at every place", () => {
  const arithmetic = { compute: "bfloat16", accumulate: "exact" } as const;
  for (let i = 0; i < 70; i++) {
    const x = new Float32Array(70).fill(3);
    const sum = (v: number, w?: number) => {
      x[i] = v;
      if (w !== undefined) x[(i + 7) % 70] = w;
      return mean(x, { arithmetic }).data[0];
    };
    expect(sum(Number.NaN)).toBeNaN();
    expect(sum(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(sum(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(sum(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBeNaN();
  }
});
