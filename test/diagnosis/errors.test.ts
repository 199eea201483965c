// errorsBetween(): every number against the plain way.

import { describe, test } from "vitest";
import { errorsBetween } from "../../src/diagnosis/errors.js";
import { bfloat16, type FormatSpec, float8_e4m3fn, float16, float32, tensor } from "../../src/index.js";
import { operand } from "../../src/tensor/operand.js";
import { judge } from "../oracle/errors.js";
import { numbers } from "../support/compare.js";
import { expectStatistics } from "../support/error-statistics.js";
import { SPECIALS } from "../support/floats.js";
import { gaussian, randomBits, uniform, wide } from "../support/random.js";

function check(c: Float32Array | Uint16Array, v: Float32Array | Uint16Array, unit: FormatSpec): void {
  const [computed, exact] = [c, v].map((data) => ({ high: numbers(data) }));
  const wanted = judge(computed, exact, unit).statistics;
  expectStatistics(errorsBetween(operand("c", c), operand("v", v), unit), wanted);
  const [a, b] = [tensor(c), tensor(v)];
  expectStatistics(errorsBetween(operand("c", a), operand("v", b), unit), wanted);
  a.dispose();
  b.dispose();
}

const noisy = (v: Float32Array, seed: number, size: number): Float32Array => {
  const next = uniform(seed);
  return v.map((x) => x * (1 + size * (next() - 0.5)));
};

describe("errorsBetween", () => {
  test.each([1, 2, 3, 4, 5, 31, 999, 1000, 1001, 4096, 4097, 70_001])("%i numbers", (n) => {
    const v = gaussian(n, n);
    check(noisy(v, n + 1, 1e-3), v, float16);
    check(noisy(v, n + 1, 1e-6), v, float32);
  });

  test.each([float16, bfloat16, float8_e4m3fn, float32])("exponents of all sizes, $precision bits", (unit) => {
    const v = wide(20_000, 1, -149, 127);
    check(noisy(v, 2, 1e-2), v, unit);
    check(v.slice().reverse(), v, unit);
  });

  test("bits of any kind, float16 against float32 and the other way round", () => {
    const bits = randomBits(3);
    const any = () => new Float32Array(Uint32Array.from({ length: 9_999 }, bits).buffer);
    const halves = () => Uint16Array.from({ length: 9_999 }, bits);
    check(any(), any(), float32);
    check(halves(), any(), float16);
    check(any(), halves(), float16);
    check(halves(), halves(), bfloat16);
  });

  test("specials", () => {
    const c = Float32Array.from({ length: SPECIALS.length ** 2 }, (_, i) => SPECIALS[i % SPECIALS.length]);
    const v = Float32Array.from(c, (_, i) => SPECIALS[Math.floor(i / SPECIALS.length)]);
    check(c, v, float16);
    check(Float32Array.of(Number.NaN), Float32Array.of(Number.NaN), float16);
    check(Float32Array.of(Number.NaN, 1), Float32Array.of(Number.POSITIVE_INFINITY, 1), float16);
    check(new Float32Array(5000).fill(Number.NaN), new Float32Array(5000), float16);
  });

  test("equal numbers, zeros, nothing", () => {
    const v = gaussian(5000, 5);
    check(v, v, float16);
    check(new Float32Array(5000), v, float16);
    check(new Float32Array(9), new Float32Array(9), float16);
    check(new Float32Array(0), new Float32Array(0), float16);
  });

  test("few different errors: the quantiles among equals, the first of the worst", () => {
    const v = new Float32Array(30_000).fill(1);
    const next = randomBits(6);
    check(
      v.map((x) => x + ((next() % 5) - 2) / 1024),
      v,
      float16,
    );
    check(
      v.map((x, i) => (i < 15_000 ? x : x + 2 ** -11)),
      v,
      float16,
    );
  });
});
