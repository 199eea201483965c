/** Native arithmetic: float32 results as close to the exact real number as float32 allows, at any length. */
import { describe, expect, test } from "vitest";
import { mean, norm, statistics } from "../../src/index.js";
import { type Norm, paperConstant } from "../oracle/emulated.js";
import { Exact, exactAbsSum, exactMean, exactSum } from "../oracle/exact.js";
import * as real from "../oracle/real.js";
import { forms, type Plain } from "../support/call.js";
import { everyNorm, fits, show } from "../support/cases.js";
import { expectClose, numbers, SIGNED_LIMIT, toHalves } from "../support/compare.js";
import { gaussian, wide } from "../support/random.js";

const NORMS: readonly Norm[] = everyNorm([10, 1], [1.5, 3]);

const mixed = (n: number, seed: number): Float32Array => {
  const small = gaussian(n, seed);
  const large = gaussian(n, seed + 1, 0, 1e4);
  return small.map((value, i) => (i % 7 === 3 ? large[i] : i % 11 === 5 ? value * 1e-6 : value));
};

const DISTRIBUTIONS: Record<string, (n: number) => Float32Array> = {
  "N(0, 1)": (n) => gaussian(n, 11),
  "1e4 + N(0, 1)": (n) => gaussian(n, 12, 1e4),
  "1e6 + N(0, 1)": (n) => gaussian(n, 13, 1e6),
  "-1e6 + N(0, 1)": (n) => gaussian(n, 13, -1e6),
  "a mixture": (n) => mixed(n, 14),
  "a sorted sample": (n) => gaussian(n, 15).sort(),
  "equal values": (n) => new Float32Array(n).fill(0.1),
  "1e20": (n) => new Float32Array(n).fill(1e20),
  "1e-30": (n) => new Float32Array(n).fill(1e-30),
  "1e20 N(0, 1)": (n) => gaussian(n, 16, 0, 1e20),
  "1e-30 N(0, 1)": (n) => gaussian(n, 17, 0, 1e-30),
  "1e-40 N(0, 1)": (n) => gaussian(n, 18, 0, 1e-40),
  "exponents from -60 to 60": (n) => wide(n, 19, -60, 60),
  "exponents from -149 to 100": (n) => wide(n, 20, -149, 100),
};

function checkNorm(x: Plain, data: Float32Array, kind: Norm, label: string): void {
  const total = real.vectorNorm(kind, data);
  for (const found of forms(x, (t) => norm(t, { norm: kind }))) {
    expectClose(numbers(found)[0], total, `norm of ${label}`);
  }
  const deviation = real.deviation(kind, data, paperConstant(kind, data.length));
  for (const found of forms(x, (t) => statistics(t, { norm: kind }).deviation)) {
    expectClose(numbers(found)[0], deviation, `deviation of ${label}`);
  }
}

function checkAll(data: Float32Array, what: string): void {
  const x: Plain = { data, shape: [data.length] };
  checkMean(x, data, what);
  for (const kind of NORMS) {
    if (fits(kind, data.length)) checkNorm(x, data, kind, `${what}, ${show(kind)}`);
  }
}

/** The mean while sum |x| / |sum x| is below 2^20; beyond it the error stays small beside mean |x|. */
function checkMean(x: Plain, data: Float32Array, what: string): void {
  const exact = exactMean(data);
  const condition = exactAbsSum(data).toNumber() / Math.abs(exactSum(data).toNumber());
  const size = exactAbsSum(data).toNumber() / data.length;
  for (const result of forms(x, (t) => mean(t))) {
    const found = numbers(result)[0];
    if (condition < SIGNED_LIMIT) expectClose(found, exact, `mean of ${what}`);
    else expect(Math.abs(found - exact.toNumber()), `mean of ${what}`).toBeLessThanOrEqual(size * 2 ** -40 + 2 ** -149);
  }
}

describe.each(Object.entries(DISTRIBUTIONS))("%s", (name, make) => {
  test.each([1, 2, 3, 4, 5, 7, 8, 31, 33, 127, 1000, 1024, 1025, 4097, 30_000])("%i elements", (n) => {
    checkAll(make(n), `${n} of ${name}`);
  });
});

test.each(["N(0, 1)", "1e4 + N(0, 1)", "1e6 + N(0, 1)", "a mixture"])("a million of %s", (name) => {
  checkAll(DISTRIBUTIONS[name](1_000_000), name);
});

test("sixteen million copies of 0.1", () => {
  const data = new Float32Array(16_000_000).fill(0.1);
  const x = { data, shape: [data.length] };
  checkMean(x, data, "copies of 0.1");
  const tenth = Exact.of(data[0]);
  const count = Exact.of(data.length);
  const exact: [Norm, Exact][] = [
    ["l1", count.times(tenth)],
    ["l2", count.times(tenth).times(tenth).sqrt()],
    ["linf", tenth],
    [{ topk: 10 }, tenth],
    [{ lp: 3 }, Exact.of(data[0] * Math.cbrt(data.length))],
  ];
  for (const [kind, value] of exact) expectClose(numbers(norm(x, { norm: kind }))[0], value, show(kind));
  // Every deviation of equal values is zero, exactly.
  for (const kind of everyNorm([10])) {
    expect(numbers(statistics(x, { norm: kind }).deviation)[0], show(kind)).toBe(0);
  }
});

test("a large mean with a small deviation", () => {
  // The mean absolute deviation is a millionth of the mean: taken from E[x²] - E[x]² it would have no digit left.
  for (const [centre, sigma] of [
    [1e6, 0.5],
    [1e4, 1e-2],
    [-3e7, 8],
    [1, 1e-6],
  ]) {
    checkAll(gaussian(10_000, 21, centre, sigma), `${centre} + ${sigma} N(0, 1)`);
  }
});

describe("float16 storage", () => {
  test.each([1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 127, 1000, 1025, 4097, 30_000])("%i elements", (n) => {
    for (const values of [
      gaussian(n, 22),
      gaussian(n, 23, 100, 3),
      gaussian(n, 24, 0, 1e-6),
      gaussian(n, 25, 0, 2e4),
    ]) {
      const bits = toHalves(values.map((value) => Math.min(Math.max(value, -65504), 65504)));
      const data = Float32Array.from(numbers(bits));
      const x = { data: bits, shape: [n] };
      checkMean(x, data, "halves");
      for (const kind of NORMS) {
        if (fits(kind, n)) checkNorm(x, data, kind, `${n} halves, ${show(kind)}`);
      }
    }
  });
});
