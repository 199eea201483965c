/** Random diagnoses and comparisons against the oracle. */

import fc from "fast-check";
import { expect } from "vitest";
import { compare, formatComparison, formatDiagnosis } from "../../src/index.js";
import type { Arithmetic } from "../oracle/arithmetic.js";
import { judge } from "../oracle/errors.js";
import { sizeOf } from "../oracle/walk.js";
import { normsOf } from "../support/cases.js";
import { toHalves } from "../support/compare.js";
import { batch, channelsLast, check, over, type Subject } from "../support/diagnosed.js";
import { expectStatistics } from "../support/error-statistics.js";
import { FORMATS, ORACLES } from "../support/formats.js";
import { FORMS } from "./forms.js";
import { arithmetics, bitsOf, forms, inputs, ownFormats, shapes, valuesOf } from "./inputs.js";
import { fuzz } from "./runs.js";

/** An infinite sum that saturates is no infinity that anything is divided by; the oracle counts it as one. */
const forgets = ({ compute, statistics, accumulate }: Arithmetic) =>
  (statistics ?? compute).overflow === "saturate" && accumulate !== "exact" && accumulate.overflow === "infinity";

fuzz(
  "diagnoses",
  12,
  fc
    .record({
      ...inputs,
      shape: shapes.filter((shape) => sizeOf(shape) > 0 && sizeOf(shape) < 1000),
      axes: fc.nat(255),
      pair: arithmetics.filter(({ oracle }) => !forgets(oracle)),
      centred: fc.boolean(),
      eps: fc.constantFrom(0, 1e-5, 0.1),
    })
    .map(({ shape, axes: drawn, kind, half, seed, which, pair, centred, eps }): Subject => {
      const some = shape.map((_, i) => i).filter((i) => (drawn >> i) & 1);
      const axes = some.length ? some : [shape.length - 1];
      const norms = normsOf(sizeOf(axes.map((axis) => shape[axis])));
      const data = Float32Array.from(valuesOf(bitsOf(kind, seed, sizeOf(shape), half)));
      const storage = half ? "float16" : "float32";
      return { shape, grouping: over(axes, centred), norm: norms[which % norms.length], pair, data, storage, eps };
    }),
  (subject) => {
    const { actual } = check(subject);
    expect(formatDiagnosis(JSON.parse(JSON.stringify(actual)), { color: false })).toMatch(/^.* normalization/);
  },
);

fuzz(
  "diagnoses of batch norm by statistics that are given",
  24,
  fc
    .record({
      ...inputs,
      shape: shapes.filter((shape) => shape.length > 1 && sizeOf(shape) > 0 && sizeOf(shape) < 1000),
      last: fc.boolean(),
      pair: arithmetics,
      weighted: fc.nat(3),
      eps: fc.constantFrom(0, 1e-5, 0.1),
    })
    .map(({ shape, last, kind, half, seed, which, pair, weighted, eps }): Subject => {
      const grouping = last ? channelsLast : batch;
      const channels = grouping.weights?.(shape) ?? 0;
      const some = (n: number, from: number) => Float32Array.from(valuesOf(bitsOf(kind, from, n, half)));
      const given = { mean: some(channels, seed + 1), deviation: some(channels, seed + 2) };
      const norms = [...normsOf(1000), "none" as const];
      const common = { shape, grouping, norm: norms[which % norms.length], pair, weighted, eps };
      return { ...common, data: some(sizeOf(shape), seed), storage: half ? "float16" : "float32", given };
    }),
  (subject) => {
    const { actual } = check(subject);
    expect(formatDiagnosis(JSON.parse(JSON.stringify(actual)), { color: false })).toContain("mean and deviation given");
  },
);

fuzz(
  "comparisons",
  60,
  fc.record({
    ...inputs,
    other: fc.record({ form: forms, half: fc.boolean(), every: fc.integer({ min: 1, max: 5 }) }),
    format: fc.oneof(ownFormats, fc.constantFrom(...FORMATS), fc.constant(undefined)),
  }),
  ({ shape, kind, form, half, seed, other, format }) => {
    const actual = bitsOf(kind, seed, sizeOf(shape), half);
    const moved = valuesOf(actual).map((value, i) => (i % other.every ? value : value * (1 + ((i % 7) - 3) * 2 ** -9)));
    const expected = other.half ? toHalves(moved) : Float32Array.from(moved);
    const held = [FORMS[form](actual, shape), FORMS[other.form](expected, shape)];
    try {
      const found = compare(held[0].x, held[1].x, format && { format: format.asked });
      const [a, e] = [actual, expected].map((bits) => ({ high: Float64Array.from(valuesOf(bits)) }));
      expectStatistics(found, judge(a, e, format?.oracle ?? ORACLES[half ? "float16" : "float32"]).statistics);
      expect(formatComparison(JSON.parse(JSON.stringify(found)), { color: false })).toContain("assert_allclose");
    } finally {
      for (const each of held) each.dispose();
    }
  },
);
