/** Rounding to the grid of a format. */

import { describe, expect, test } from "vitest";
import { round } from "../../src/index.js";
import type { RoundingMode } from "../../src/numerics/format.js";
import { type Mode, neighbours, roundTo } from "../oracle/formats.js";
import { dataOf, expectBits } from "../support/compare.js";
import { boundaries, SPECIALS, strided } from "../support/floats.js";
import { CUSTOM, FORMATS, MORE_FORMATS, WITHOUT_ONE } from "../support/formats.js";
import { gaussian } from "../support/random.js";

const MODES: readonly Mode[] = ["nearest-even", "toward-zero", "up", "down", "odd"];

const formats = [...FORMATS, ...MORE_FORMATS, ...WITHOUT_ONE];
describe.each(formats)("$label", ({ asked, oracle, label }) => {
  // The larger grids are too many values to take every boundary.
  const binades = oracle.emax - oracle.emin + 3;
  const every = Math.ceil((binades * 2 ** oracle.precision) / 10_007);
  const samples = {
    "a sample of all float32 values": strided(99_991, 3),
    boundaries: boundaries(oracle, every),
    specials: SPECIALS,
  };

  test.each(MODES)("%s", (mode) => {
    for (const [name, values] of Object.entries(samples)) {
      const expected = Float64Array.from(values, (value) => roundTo(oracle, value, mode));
      expectBits(round(values, asked, { mode }), expected, `${name}, ${label}, ${mode}`);
    }
  });

  test("nearest-even is the default, and a rounded value stays", () => {
    const values = samples["a sample of all float32 values"];
    const once = dataOf(round(values, asked));
    expectBits(
      once,
      Float64Array.from(values, (value) => roundTo(oracle, value)),
      label,
    );
    for (const mode of [...MODES, "stochastic"] as RoundingMode[]) {
      const finite = Float32Array.from(once).filter(Number.isFinite);
      expectBits(round(finite, asked, { mode }), finite, `again, ${mode}`);
    }
  });

  test("stochastic gives one of the two neighbours", () => {
    const values = samples["a sample of all float32 values"];
    const found = dataOf(round(values, asked, { mode: "stochastic", seed: 7 }));
    const wrong: string[] = [];
    for (let i = 0; i < values.length && wrong.length < 5; i++) {
      const [low, high] = (["down", "up"] as const).map((mode) => roundTo(oracle, values[i], mode));
      const nearest = roundTo(oracle, values[i]);
      const outside = Math.abs(values[i]) > oracle.max || !oracle.subnormals;
      const allowed = outside ? [low, high, nearest] : [low, high];
      if (
        !allowed.some(
          (value) =>
            Object.is(value, found[i]) || value === found[i] || (Number.isNaN(value) && Number.isNaN(found[i])),
        )
      ) {
        wrong.push(`${values[i]} gives ${found[i]}, not ${low} or ${high}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

test("stochastic goes up as often as the value is near the upper neighbour", () => {
  const n = 40_000;
  for (const { asked, oracle, label } of [...FORMATS, CUSTOM]) {
    for (const [value, seed] of [
      [1.0001, 1],
      [1.3137, 2],
      [-0.71113, 3],
      [2.9999, 4],
      [oracle.max * 0.9871, 5],
      [2 ** oracle.emin * 0.3333, 6],
    ]) {
      const single = Math.fround(value);
      const { below, fraction } = neighbours(oracle, single);
      const found = dataOf(round(new Float32Array(n).fill(single), asked, { mode: "stochastic", seed }));
      let away = 0;
      for (let i = 0; i < n; i++) if (Math.abs(found[i]) !== below) away++;
      // Five standard deviations of a binomial count; never more than certain.
      const deviation = Math.sqrt(n * fraction * (1 - fraction));
      expect(Math.abs(away - n * fraction), `${label}, ${single}`).toBeLessThanOrEqual(5 * deviation + 1);
    }
  }
});

test("stochastic depends on the seed and on nothing else", () => {
  const values = gaussian(5000, 1);
  const options = (seed: number) => ({ mode: "stochastic", seed }) as const;
  const first = dataOf(round(values, "float16", options(1)));
  expect(dataOf(round(values, "float16", options(1)))).toEqual(first);
  expect(dataOf(round(values, "float16", options(2)))).not.toEqual(first);
  // Neighbouring elements and neighbouring seeds are independent: no correlation beyond five standard deviations.
  const up = (seed: number) => {
    const found = dataOf(round(new Float32Array(40_000).fill(1 + 2 ** -11), "float16", options(seed)));
    return Array.from(found as ArrayLike<number>, (value) => (value > 1 ? 1 : -1) as number);
  };
  for (const seed of [0, 1, 2, 1000]) {
    const a = up(seed);
    const b = up(seed + 1);
    for (const shift of [1, 2, 3, 4, 8, 16]) {
      const inner = a.reduce((sum, value, i) => sum + value * a[(i + shift) % a.length], 0);
      expect(Math.abs(inner), `shift ${shift}`).toBeLessThan(5 * Math.sqrt(a.length));
    }
    expect(Math.abs(a.reduce((sum, value, i) => sum + value * b[i], 0))).toBeLessThan(5 * Math.sqrt(a.length));
  }
});

test("the mean of stochastic results is unbiased", () => {
  const values = gaussian(200_000, 5);
  for (const format of ["float8_e5m2", "float8_e4m3fn", "bfloat16"] as const) {
    const found = dataOf(round(values, format, { mode: "stochastic", seed: 3 }));
    let bias = 0;
    for (let i = 0; i < values.length; i++) bias += found[i] - values[i];
    expect(Math.abs(bias / values.length)).toBeLessThan(5e-4);
  }
});
