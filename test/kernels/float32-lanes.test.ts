/**
 * Formats with the exponents of float32, computed in its lanes: single operations where both round, against the oracle. Each is
 * what a layer makes of one number.
 */
import { describe, expect, test } from "vitest";
import { batchNorm, lpNormalize, round } from "../../src/index.js";
import { add, divide, multiply } from "../oracle/arithmetic.js";
import { roundTo } from "../oracle/formats.js";
import { ofExponents } from "../support/floats.js";
import { BFLOAT16, customFormat, type FormatPair, TFLOAT32 } from "../support/formats.js";

const FORMATS: readonly FormatPair[] = [
  BFLOAT16,
  TFLOAT32,
  customFormat("2 digits", { precision: 2, emin: -126, emax: 127 }),
  customFormat("9 digits", { precision: 9, emin: -126, emax: 127 }),
];

const N = 1 << 11;

/** One number for each channel of [2, n]: number i of x and, below it, another. */
const rows = (x: Float32Array, more: Float32Array) => ({
  data: Float32Array.from([...x, ...more]),
  shape: [2, x.length],
});

describe.each(FORMATS)("$label", ({ asked: arithmetic, oracle }) => {
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
    const [x, y, w] = [
      ofExponents(N, precision, 1, a, b),
      ofExponents(N, precision, 2, a, b),
      ofExponents(N, precision, 3, c, d),
    ];
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
    const [x, y, m] = [
      ofExponents(N, precision, 4, a, b),
      ofExponents(N, precision, 5, a, b),
      ofExponents(N, precision, 6, a, b),
    ];
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
    const x = finite(ofExponents(N, precision, 7, a, b));
    const y = finite(ofExponents(N, precision, 8, c, d)).map((v, i) => Math.max(Math.abs(v), Math.abs(x[i])) || 1);
    const got = lpNormalize(rows(x, y), { norm: "linf", axis: 0, arithmetic }).data as Float32Array;
    expect(got).toEqual(
      Float32Array.from({ length: 2 * N }, (_, i) => divide(oracle, i < N ? x[i] : y[i - N], y[i % N])),
    );
  });

  test("NaN of every payload stays NaN, of its sign", () => {
    const bits = Uint32Array.of(0x7fffffff, 0xffffffff, 0x7f800001, 0xff800001, 0x7fc00000, 0xffc00000, 0x7fbfffff);
    const x = new Float32Array(8);
    new Uint32Array(x.buffer).set(bits);
    const got = round(x, arithmetic).data as Float32Array;
    expect([...got]).toEqual([...new Array(7).fill(Number.NaN), 0]);
    expect([...new Uint32Array(got.buffer, got.byteOffset, 7)].map((b) => b >>> 31)).toEqual([0, 1, 0, 1, 0, 1, 0]);
  });
});
