/**
 * Formats with the exponents of float32, computed in its lanes: single operations where both round, against the oracle. Each is
 * what a layer makes of one number.
 */
import { describe, expect, test } from "vitest";
import { batchNorm, type Format, format, lpNormalize, mean, round } from "../../src/index.js";
import { add, divide, divideSum, multiply } from "../oracle/arithmetic.js";
import { exactSum } from "../oracle/exact.js";
import { BFLOAT16, FLOAT32, makeFormat, roundTo, TFLOAT32 } from "../oracle/formats.js";
import { randomBits, uniform } from "../support/random.js";

const FORMATS: { name: string; asked: Format; oracle: ReturnType<typeof makeFormat> }[] = [
  { name: "bfloat16", asked: "bfloat16", oracle: BFLOAT16 },
  { name: "tfloat32", asked: "tfloat32", oracle: TFLOAT32 },
  { name: "2 digits", asked: format({ precision: 2, emin: -126, emax: 127 }), oracle: makeFormat(2, -126, 127) },
  { name: "9 digits", asked: format({ precision: 9, emin: -126, emax: 127 }), oracle: makeFormat(9, -126, 127) },
];

const N = 1 << 11;

/** Random floats of a precision with exponents in [low, high), among them zeros, infinities, NaN and the smallest numbers. */
function numbers(n: number, precision: number, seed: number, low: number, high: number): Float32Array {
  const next = randomBits(seed);
  const real = uniform(seed);
  const x = new Uint32Array(n);
  const kept = -1 << (24 - precision);
  const specials = [
    0,
    1 << 31,
    0x7f800000,
    0xff800000,
    0x7fc00000,
    1 << (24 - precision),
    0x00800000,
    0x7f800000 + kept,
  ];
  for (let i = 0; i < n; i++) {
    const exponent = Math.floor(low + real() * (high - low)) + 127;
    x[i] = (next() & 0x807fffff & kept) | (exponent << 23);
    if (i % 61 === 0) x[i] = specials[(i / 61) % specials.length];
  }
  return new Float32Array(x.buffer);
}

/** One number for each channel of [2, n]: number i of x and, below it, another. */
const rows = (x: Float32Array, more: Float32Array) => ({
  data: Float32Array.from([...x, ...more]),
  shape: [2, x.length],
});

describe.each(FORMATS)("$name", ({ asked, oracle }) => {
  const arithmetic = asked;
  const { precision } = oracle;
  const kept = new Float32Array(N).fill(1);
  const none = new Float32Array(N);

  // the exponents of products are about -126, where float32 rounds them first; then about 127; then any
  test.each([
    [-76, -64, -76, -50],
    [40, 80, 40, 80],
    [-126, 128, -126, 128],
    [-127, -126, -20, 20],
  ])("products of exponents from %d to %d and from %d to %d", (a, b, c, d) => {
    const [x, y, w] = [numbers(N, precision, 1, a, b), numbers(N, precision, 2, a, b), numbers(N, precision, 3, c, d)];
    const given = { mean: none, deviation: kept, eps: 0, norm: "l1", arithmetic } as const;
    const got = batchNorm(rows(x, y), { ...given, weight: w }).data as Float32Array;
    expect(got).toEqual(
      Float32Array.from({ length: 2 * N }, (_, i) => multiply(oracle, i < N ? x[i] : y[i - N], w[i % N])),
    );
  });

  // below 2^-126 float32 rounds to multiples of 2^-149: those that it takes half way, where the product is not
  test("products that float32 moves half way, of 9 digits and more", () => {
    const x: number[] = [];
    const w: number[] = [];
    for (let a = 2 ** (precision - 1); a < 2 ** precision; a++) {
      for (let b = a; b < 2 ** precision; b++) {
        for (let s = 1; s < 2 * precision - 1; s++) {
          const half = 2 ** (s + 23 - precision);
          const off = Math.abs(((a * b) % (2 * half)) - half);
          if (a * b < half || off === 0 || off > 2 ** (s - 1)) continue;
          x.push(a * 2 ** -90);
          w.push(b * 2 ** (-59 - s));
        }
      }
    }
    expect(x.length > 0).toBe(precision > 8);
    if (x.length === 0) return;
    const ones = new Float32Array(x.length).fill(1);
    const given = { mean: new Float32Array(x.length), deviation: ones, eps: 0, norm: "l1", arithmetic } as const;
    const data = { data: Float32Array.from(x), shape: [1, x.length] };
    const got = batchNorm(data, { ...given, weight: Float32Array.from(w) }).data as Float32Array;
    expect(got).toEqual(Float32Array.from(x, (v, i) => multiply(oracle, v, w[i])));
    // rounding twice is another function
    expect(got).not.toEqual(Float32Array.from(x, (v, i) => roundTo(oracle, Math.fround(v * w[i]))));
  });

  test.each([
    [-127, -100],
    [100, 128],
    [-8, 8],
  ])("sums of exponents from %d to %d", (a, b) => {
    const [x, y, m] = [numbers(N, precision, 4, a, b), numbers(N, precision, 5, a, b), numbers(N, precision, 6, a, b)];
    const got = batchNorm(rows(x, y), { mean: m, deviation: kept, eps: 0, norm: "l1", arithmetic })
      .data as Float32Array;
    expect(got).toEqual(
      Float32Array.from({ length: 2 * N }, (_, i) => add(oracle, i < N ? x[i] : y[i - N], -m[i % N])),
    );
  });

  test.each([
    [-126, -100, -8, 24],
    [-40, 0, 60, 128],
  ])("quotients of exponents from %d to %d by some from %d to %d", (a, b, c, d) => {
    const finite = (x: Float32Array) => x.map((v) => (Number.isFinite(v) ? v : 1));
    const x = finite(numbers(N, precision, 7, a, b));
    const y = finite(numbers(N, precision, 8, c, d)).map((v, i) => Math.max(Math.abs(v), Math.abs(x[i])) || 1);
    const got = lpNormalize(rows(x, y), { norm: "linf", axis: 0, arithmetic }).data as Float32Array;
    expect(got).toEqual(
      Float32Array.from({ length: 2 * N }, (_, i) => divide(oracle, i < N ? x[i] : y[i - N], y[i % N])),
    );
  });

  test("NaN of every payload stays NaN, of its sign", () => {
    const bits = Uint32Array.of(0x7fffffff, 0xffffffff, 0x7f800001, 0xff800001, 0x7fc00000, 0xffc00000, 0x7fbfffff);
    const x = new Float32Array(8);
    new Uint32Array(x.buffer).set(bits);
    const got = round(x, asked).data as Float32Array;
    expect([...got]).toEqual([...new Array(7).fill(Number.NaN), 0]);
    expect([...new Uint32Array(got.buffer, got.byteOffset, 7)].map((b) => b >>> 31)).toEqual([0, 1, 0, 1, 0, 1, 0]);
  });
});

describe("exact sums", () => {
  // the sum in float64, then as a fixed-point number, then from one to the other within a group
  const spreads: [string, number, number][] = [
    ["of like numbers", -3, 3],
    ["of numbers too far apart for float64", -60, 60],
    ["of all exponents", -127, 121],
    ["of the smallest numbers", -127, -124],
    ["of the largest", 110, 121],
  ];
  const mixed = (n: number) => {
    const far = numbers(n, 24, 9, -90, 90);
    return numbers(n, 24, 10, -4, 4).map((v, i) => ((i >> 7) % 3 === 1 ? far[i] : v));
  };
  const shapes = [1, 3, 4, 31, 128, 129, 1000, 5000];

  test.each([...spreads, ["of both", 0, 0] as [string, number, number]])("%s", (name, low, high) => {
    for (const n of shapes) {
      const rowsOf = 5;
      const all = (name === "of both" ? mixed(rowsOf * n) : numbers(rowsOf * n, 24, n, low, high)).map((v) =>
        Number.isFinite(v) && Math.abs(v) < 2 ** 121 ? v : -0,
      );
      const arithmetic = { compute: "float32", accumulate: "exact" } as const;
      const across = mean({ data: all, shape: [rowsOf, n] }, { axes: [1], arithmetic }).data as Float32Array;
      const turned = Float32Array.from(
        { length: all.length },
        (_, i) => all[(i % rowsOf) * n + Math.floor(i / rowsOf)],
      );
      const down = mean({ data: turned, shape: [n, rowsOf] }, { axes: [0], arithmetic }).data as Float32Array;
      const wanted = Float32Array.from({ length: rowsOf }, (_, i) => {
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
});
