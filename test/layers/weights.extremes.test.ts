/** Weights and norms where float32 does not hold what lies between them and the result. */

import { describe, expect, test } from "vitest";
import {
  boundedWeightNorm,
  boundedWeightNormBackward,
  fromFloat16,
  rescaleToNorms,
  tensor,
  toFloat16,
  weightNorm,
  weightNormBackward,
} from "../../src/index.js";
import { gaussian } from "../support/random.js";

const CHANNELS = 5;
const FAN = 40;
const shape = [CHANNELS, FAN];
const directions = gaussian(CHANNELS * FAN, 3);
const weights = (factor: number) => Float32Array.from(directions, (value) => value * factor);
const length = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
const channel = (values: Float32Array, c: number) => values.subarray(c * FAN, (c + 1) * FAN);

/** v_i / ‖v_i‖ times a gain for each channel, in float64. */
const scaled = (v: Float32Array, gains: readonly number[]) =>
  Float64Array.from(v, (value, i) => {
    const c = Math.floor(i / FAN);
    return (value / length(channel(v, c))) * gains[c];
  });

function expectClose(found: ArrayLike<number>, expected: Float64Array, relative = 2 ** -21): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) {
    const wanted = Math.fround(expected[i]);
    // a unit of the subnormal numbers, too
    const most = Math.abs(wanted) * relative + 2 ** -149;
    if (!(Math.abs(found[i] - wanted) <= most)) expect(`element ${i}: ${found[i]}`).toBe(`element ${i}: ${wanted}`);
  }
}

const FACTORS = [1, 1e30, 3e37, 1e-30, 1e-38, 1e-41];

describe.each(FACTORS)("weights of about %d", (factor) => {
  const v = weights(factor);
  const x = { data: v, shape };
  const all = length(v);

  test.each([1e-44, 1e-38, 1, 1e38, 1e39, 2e39])("rescaleToNorms to %d", (norm) => {
    const norms = Array.from({ length: CHANNELS }, (_, c) => norm * (1 + c / 8));
    const expected = scaled(v, norms);
    expectClose(rescaleToNorms(x, { norms }).data, expected);
    using resident = tensor(x);
    expect(rescaleToNorms(resident, { norms, out: resident })).toBe(resident);
    expectClose(resident.data, expected);
  });

  test.each([1e-44, 1e-38, 1, 1e38, 1e39, 2e39])("boundedWeightNorm with rho %d", (rho) => {
    const expected = scaled(v, new Array(CHANNELS).fill(rho));
    expectClose(boundedWeightNorm(x, { rho }).data, expected);
    const g = Float32Array.of(1, 2, -3, 4, 0);
    const share = rho / length(g);
    expectClose(
      boundedWeightNorm(x, { rho, g }).data as Float32Array,
      scaled(
        v,
        [...g].map((gain) => gain * share),
      ),
    );
    using resident = tensor(x);
    using y = boundedWeightNorm(resident, { rho });
    expectClose(y.data, expected);
  });

  test("boundedWeightNorm without rho", () => {
    const expected = scaled(v, new Array(CHANNELS).fill(all / Math.sqrt(CHANNELS)));
    expectClose(boundedWeightNorm(x).data, expected);
  });

  test("gains beyond what their squares are", () => {
    for (const size of [1e-40, 1e-25, 1e25, 1e38]) {
      const g = Float32Array.of(size, 2 * size, 3 * size, size, size);
      const gains = [...g].map((gain) => gain / length(g));
      expectClose(boundedWeightNorm(x, { rho: 1, g }).data, scaled(v, gains));
    }
  });

  test("weightNorm by gains of all sizes", () => {
    const g = Float32Array.of(3e38, 1e-44, -1e20, 1e-30, 0);
    expectClose(weightNorm(x, { g }).data, scaled(v, [...g]));
    using resident = tensor(g);
    const out = new Float32Array(v.length);
    expect(weightNorm(x, { g: resident, out })).toBe(out);
    expectClose(out, scaled(v, [...g]));
    // linear in the gains
    const dw = { data: Float32Array.from(gaussian(v.length, 5), (value) => value * factor), shape };
    const ones = weightNormBackward(dw, x, { g: new Float32Array(CHANNELS).fill(1) });
    const { dv, dg } = weightNormBackward(dw, x, { g });
    expect(dg).toEqual(ones.dg);
    expectClose(
      dv.data,
      Float64Array.from(ones.dv.data, (value, i) => value * g[Math.floor(i / FAN)]),
      // what is left of a difference
      2 ** -18,
    );
  });

  test.each([1, 1e38, 1e39, 2e39])("boundedWeightNormBackward with rho %d", (rho) => {
    // of size factor, so that the gradient is of size rho
    const dw = { data: Float32Array.from(gaussian(CHANNELS * FAN, 4), (value) => value * factor * 0.25), shape };
    const { dv } = boundedWeightNormBackward(dw, x, { rho });
    const expected = Float64Array.from(v, (value, i) => {
      const c = Math.floor(i / FAN);
      const own = channel(v, c);
      const norm = length(own);
      const along = channel(dw.data, c).reduce((sum, each, j) => sum + (each / norm) * (own[j] / norm), 0);
      return rho * (dw.data[i] / norm - (value / norm) * along);
    });
    // differences of what is rounded to float32 at that size
    const most = Math.max(...expected.map(Math.abs));
    for (let i = 0; i < v.length; i++) expect(Math.abs(dv.data[i] - expected[i])).toBeLessThan(most * 1e-3);
  });
});

test("weights of zeros stay zeros", () => {
  const x = { data: new Float32Array(8), shape: [2, 4] };
  expect(rescaleToNorms(x, { norms: [1e39, 1] }).data).toEqual(x.data);
});

test("an infinity among float16 weights, wherever they are", () => {
  const x = { data: Uint16Array.of(0x3c00, 0x7c00, 0x4000, 0x4400), shape: [2, 2] };
  const expected = Float32Array.of(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  using resident = tensor(x);
  using y = boundedWeightNorm(resident, { dtype: "float32" });
  expect(y.data).toEqual(expected);
  expect(boundedWeightNorm(x, { dtype: "float32" }).data).toEqual(expected);
});

test("float16 weights to norms that only float32 holds, and back", () => {
  const v = fromFloat16(toFloat16(weights(1)));
  const x = { data: toFloat16(v), shape };
  const norms = new Array<number>(CHANNELS).fill(1e39);
  expectClose(rescaleToNorms(x, { norms, dtype: "float32" }).data, scaled(v, norms));
  expectClose(boundedWeightNorm(x, { rho: 1e39, dtype: "float32" }).data, scaled(v, norms));
});
