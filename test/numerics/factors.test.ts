/** The constants between a statistic and the deviation of normal data: the paper's, and calibrated ones. */

import { describe, expect, test } from "vitest";
import { batchNorm, layerNorm, rmsNorm, statistics } from "../../src/index.js";
import type { Norm } from "../../src/numerics/norm.js";
import { maximumConstant, powerConstant } from "../oracle/constants.js";
import { everyNorm, show } from "../support/cases.js";
import { numbers } from "../support/compare.js";
import { floats, gaussian, trueNormal } from "../support/random.js";

const STEP = 1 / 512;
const END = 13;
const DENSITY = Array.from(
  { length: 2 * (END / STEP) + 1 },
  (_, i) => Math.exp(-((i * STEP) ** 2) / 8) / Math.sqrt(2 * Math.PI),
);

/** P(z > x) for x = 0, STEP, ... END, by Simpson's rule from the tail inwards. */
const TAIL = (() => {
  const tail = new Float64Array(END / STEP + 1);
  for (let i = tail.length - 2; i >= 0; i--) {
    tail[i] = tail[i + 1] + (STEP / 6) * (DENSITY[2 * i] + 4 * DENSITY[2 * i + 1] + DENSITY[2 * i + 2]);
  }
  return tail;
})();

/** Trapezoidal rule over the grid of TAIL. */
function integrate(f: (tail: number) => number): number {
  let sum = (f(TAIL[0]) + f(TAIL[TAIL.length - 1])) / 2;
  for (let i = 1; i < TAIL.length - 1; i++) sum += f(TAIL[i]);
  return sum * STEP;
}

/** E min(N, k), N the number among n that are a success with probability q: what the k largest hold beyond a point. */
function expectedCapped(n: number, k: number, q: number): number {
  if (q === 0) return 0;
  if (q >= 1) return Math.min(n, k);
  let term = Math.exp(n * Math.log1p(-q)); // P(N = 0)
  let expected = 0;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    expected += 1 - below;
    term *= ((n - i) / (i + 1)) * (q / (1 - q));
  }
  return expected;
}

/** E of the mean of the k largest of n independent |z|: the integral of E min(N(x), k) / k over x. */
const expectedTop = (n: number, k: number) => integrate((tail) => expectedCapped(n, k, 2 * tail) / k);

/** E(max z - min z) = the integral of 1 - P(z < x)^n - P(z > x)^n over all x. */
const expectedRange = (n: number) =>
  2 * integrate((tail) => -Math.expm1(n * Math.log1p(-tail)) - (tail ? Math.exp(n * Math.log(tail)) : 0));

/** The factor that was applied, from data with mean 0 and a known statistic. */
function factor(n: number, norm: Norm, calibrated?: boolean): number {
  // k ones and as many minus ones among zeros: mean 0, range 2, any largest |d| is 1
  const half = typeof norm === "object" && "topk" in norm ? Math.ceil(norm.topk / 2) : 1;
  const data = Float32Array.from({ length: n }, (_, i) => (i < half ? 1 : i < 2 * half ? -1 : 0));
  const found = numbers(statistics(data, { norm, calibrated }).deviation)[0];
  return norm === "range" ? found / 2 : found;
}

const SIZES = [8, 32, 128, 1024, 12_544, 1_000_000];

describe("the paper's constants", () => {
  test.each(SIZES)("n = %i", (n) => {
    expect(factor(n, "linf") / maximumConstant(n)).toBeCloseTo(1, 6);
    expect(factor(n, { topk: 4 }) / maximumConstant(n)).toBeCloseTo(1, 6);
    expect(factor(n, "range") / (0.35 * maximumConstant(n))).toBeCloseTo(1, 6);
  });

  test("of L1 and Lp", () => {
    // data whose sizes are all 1: any mean of powers is 1
    const data = Float32Array.from({ length: 100 }, (_, i) => (i % 2 ? 1 : -1));
    const found = (norm: Norm) => numbers(statistics(data, { norm }).deviation)[0];
    expect(found("l1") / Math.sqrt(Math.PI / 2)).toBeCloseTo(1, 6);
    expect(found("l2")).toBe(1);
    for (const lp of [1, 1.25, 1.5, 2, 3, 4, 7.5, 20, 100]) {
      expect(found({ lp }) / powerConstant(lp), `p = ${lp}`).toBeCloseTo(1, 6);
      expect(found({ lp, unscaled: true }), `p = ${lp}, unscaled`).toBe(1);
    }
    const one = (norm: Norm) => numbers(statistics(Float32Array.of(3), { norm }).deviation)[0];
    for (const norm of everyNorm([1])) expect(one(norm), show(norm)).toBe(0);
  });

  test("are off by what the documentation says", () => {
    const means: [number, Norm, number][] = [
      [32, "linf", 1.38],
      [1024, "linf", 1.43],
      [12_544, "linf", 1.45],
      [32, { topk: 10 }, 0.89],
      [128, { topk: 10 }, 1.06],
      [1024, { topk: 10 }, 1.2],
      [12_544, { topk: 10 }, 1.28],
    ];
    for (const [n, norm, expected] of means) {
      const k = norm === "linf" ? 1 : 10;
      expect(Math.abs(maximumConstant(n) * expectedTop(n, k) - expected)).toBeLessThan(0.01);
    }
  });
});

describe("calibrated constants", () => {
  test.each(SIZES)("n = %i, by quadrature", (n) => {
    expect(factor(n, "linf", true) * expectedTop(n, 1)).toBeCloseTo(1, 6);
    expect(factor(n, "range", true) * expectedRange(n)).toBeCloseTo(1, 6);
    for (const k of [2, 4, 8, 32, 100]) {
      if (k < n && n > 2 * Math.ceil(k / 2)) {
        expect(factor(n, { topk: k }, true) * expectedTop(n, k), `k = ${k}`).toBeCloseTo(1, 6);
      }
    }
  });

  test("all elements are the L1 norm", () => {
    expect(factor(8, { topk: 8 }, true)).toBeCloseTo(Math.sqrt(Math.PI / 2), 6);
  });

  test.each([32, 128, 1024])("n = %i: the mean deviation of normal data is the standard deviation", (n) => {
    const rows = Math.floor(2_000_000 / n);
    const x = { data: floats(rows * n, trueNormal(n)), shape: [rows, n] };
    for (const norm of everyNorm([10], [1.5, 3])) {
      const deviations = numbers(statistics(x, { norm, axes: [1], calibrated: true }).deviation);
      const mean = deviations.reduce((a, b) => a + b) / rows;
      const spread = Math.sqrt(deviations.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
      // Taking the mean of the group away costs 1/(2n), the root of L2 and Lp as much again: constants are for large n.
      const small = 1.3 / n;
      expect(Math.abs(mean - 1), JSON.stringify(norm)).toBeLessThan(4 * (spread / Math.sqrt(rows)) + small);
    }
  });

  test("coefficients of variation are in the paper's order", () => {
    const [n, rows] = [1024, 2000];
    const x = { data: floats(rows * n, trueNormal(5)), shape: [rows, n] };
    const variation = (norm: Norm) => {
      const deviations = numbers(statistics(x, { norm, axes: [1] }).deviation);
      const mean = deviations.reduce((a, b) => a + b) / rows;
      return Math.sqrt(deviations.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows) / mean;
    };
    expect(variation("l2")).toBeCloseTo(0.022, 2);
    expect(variation("l1")).toBeCloseTo(0.024, 2);
    expect(variation({ topk: 10 })).toBeCloseTo(0.047, 2);
    expect(variation("linf")).toBeCloseTo(0.097, 2);
    expect(variation("l2")).toBeLessThan(variation("l1"));
  });

  test("layers take them too", () => {
    const x = { data: gaussian(6 * 50, 1), shape: [6, 50] };
    for (const norm of ["linf", "range", { topk: 10 }] as Norm[]) {
      const ratio = factor(50, norm, true) / factor(50, norm);
      for (const layer of [layerNorm, rmsNorm]) {
        const plain = numbers(layer(x, { norm, eps: 0 }));
        const calibrated = numbers(layer(x, { norm, eps: 0, calibrated: true }));
        calibrated.forEach((value, i) => {
          expect(Math.abs(value * ratio - plain[i])).toBeLessThan(1e-5);
        });
      }
      const columns = { data: x.data, shape: [50, 6] };
      const plain = numbers(batchNorm(columns, { norm, eps: 0 }));
      const calibrated = numbers(batchNorm(columns, { norm, eps: 0, calibrated: true }));
      calibrated.forEach((value, i) => {
        expect(Math.abs(value * ratio - plain[i])).toBeLessThan(1e-5);
      });
    }
  });
});
