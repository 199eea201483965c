/** The default eps: 1e-5, and in emulated arithmetic never so little that a group of equal values comes out as NaN. */
import { describe, expect, test } from "vitest";
import {
  type Arithmetic,
  BatchNorm,
  batchNorm,
  diagnose,
  type FormatSpec,
  float8_e4m3fn,
  float16,
  format,
  layerNorm,
  layerNormBackward,
  type Norm,
  rmsNorm,
} from "../../src/index.js";
import { FORMATS } from "../../src/numerics/format.js";
import { isPower, powerOf } from "../oracle/emulated.js";
import { Rounder } from "../oracle/rounder.js";
import { everyNorm } from "../support/cases.js";

const NORMS = everyNorm([2], [1, 1.5, 3]);
const SPECS: Record<string, FormatSpec> = {
  ...FORMATS,
  "float8_e4m3fn, saturating": format({ ...float8_e4m3fn, overflow: "saturate" }),
  "float16 without subnormals": format({ ...float16, subnormals: false }),
  "float16 with NaN for overflow": format({ ...float16, overflow: "nan" }),
  "of few exponents": format({ precision: 9, emin: -30, emax: 4 }),
  "of fewer": format({ precision: 3, emin: -2, emax: 4 }),
  "with a largest number of its own": format({ precision: 5, emin: -122, emax: 2, max: 5.25, overflow: "nan" }),
  "with one that is a power of two": format({ precision: 4, emin: -9, emax: 3, max: 8, overflow: "nan" }),
};
const EQUAL = { data: new Float32Array(8).fill(0.75), shape: [2, 4] };

/** The least number of the grid that leaves a row of equal values finite, found by going through the grid. */
function leastOf(spec: FormatSpec, norm: Norm): number {
  const unit = 2 ** (spec.subnormals ? spec.emin - spec.precision + 1 : spec.emin);
  const rounder = new Rounder(spec);
  const fine = (eps: number): boolean =>
    layerNorm(EQUAL, { norm, eps, arithmetic: spec }).data.every((value) => value === 0);
  for (let eps = unit; eps <= spec.max; ) {
    if (fine(eps)) return eps;
    let step = unit;
    while (rounder.round(eps + step) === eps) step *= 2;
    eps = rounder.round(eps + step);
  }
  return Number.NaN;
}

describe.each(Object.entries(SPECS))("%s", (_, spec) => {
  test.each(NORMS.map((norm) => [JSON.stringify(norm), norm] as const))("%s", (_name, norm) => {
    const options = { norm, arithmetic: spec };
    expect([...layerNorm(EQUAL, options).data]).toEqual(new Array(8).fill(0));
    expect([...batchNorm(EQUAL, { ...options, axis: 0 }).data]).toEqual(new Array(8).fill(0));
    const { dx } = layerNormBackward(EQUAL, EQUAL, options);
    expect(dx.data.every(Number.isFinite)).toBe(true);
    const { eps } = diagnose(EQUAL, { ...options, layer: "layer" }).subject;
    if (eps === 1e-5) return; // which was taken above
    const least = Math.max(1e-5, leastOf(spec, norm));
    // roots are rounded as well, which costs some units
    const power = isPower(norm) ? powerOf(norm) : norm === "l2" && 2;
    if (power) expect(eps / least).toBeLessThan((1 + 2 ** (4 - spec.precision)) ** power);
    else expect(eps).toBe(least);
    expect(eps).toBeGreaterThanOrEqual(least);
  });
});

test("that of float16 is 257 · 2^-24 where S is the deviation plus eps", () => {
  const epsOf = (norm: Norm, arithmetic: Arithmetic = "float16") =>
    diagnose(EQUAL, { norm, arithmetic, layer: "layer" }).subject.eps;
  for (const norm of ["l1", "linf", "range", { topk: 2 }] as const) expect(epsOf(norm)).toBe(257 * 2 ** -24);
  expect(epsOf("l2")).toBe(1e-5);
  expect(epsOf("l1", "bfloat16")).toBe(1e-5);
  expect(epsOf("l1", { compute: "float32", accumulate: "float16" })).toBe(1e-5);
});

test("a given eps is obeyed", () => {
  expect([...layerNorm(EQUAL, { norm: "l1", eps: 1e-5, arithmetic: "float16" }).data]).toEqual(
    new Array(8).fill(Number.NaN),
  );
});

test("a dead channel leaves training and inference finite", () => {
  for (const norm of NORMS) {
    const layer = new BatchNorm({ channels: 4, norm, arithmetic: "float16" });
    const batch = { data: Float32Array.from({ length: 32 }, (_, i) => (i % 4 ? Math.cos(i) : 3)), shape: [8, 4] };
    const y = layer.train(batch);
    expect(y.data.every(Number.isFinite)).toBe(true);
    expect(layer.backward(y).dx.data.every(Number.isFinite)).toBe(true);
    layer.runningDeviation.fill(0);
    layer.runningMean.fill(3);
    const dead = { data: new Float32Array(8).fill(3), shape: [2, 4] };
    expect(layer.infer(dead).data.every(Number.isFinite)).toBe(true);
  }
});

test("uncentred zeros stay zeros", () => {
  const zeros = { data: new Float32Array(8), shape: [2, 4] };
  for (const norm of NORMS) expect([...rmsNorm(zeros, { norm, arithmetic: "float16" }).data]).toEqual([...zeros.data]);
});
