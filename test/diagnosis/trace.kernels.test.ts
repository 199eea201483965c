/** diagnose() of kernels as runtimes have them, stage by stage against the simulation of the oracle. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Arithmetic, diagnose, kernels as kernelsOf } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { FRACTIONS } from "../oracle/reals.js";
import { sizeOf } from "../oracle/walk.js";
import { STORAGES } from "../support/call.js";
import { normsOf } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { batch, channelsLast, check, checkWith, inGroups, instance, last, over } from "../support/diagnosed.js";
import { arithmetic, FLOAT16, FLOAT32 } from "../support/formats.js";
import { kernels } from "../support/kernels.js";
import { gaussian } from "../support/random.js";
import { stageOf } from "../support/stages.js";

const RUNS = { seed: 20260811, numRuns: 250 } as const;

test("any kernel", () => {
  fc.assert(
    fc.property(
      kernels,
      fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(127, 128, 129, 257, 1025)),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      fc.constantFrom(...KINDS),
      fc.constantFrom(...STORAGES),
      fc.nat(),
      fc.boolean(),
      fc.constantFrom(undefined, 0, 1e-3),
      (pair, n, groups, columns, data, storage, which, uncentred, eps) => {
        const norms: (Norm | "none")[] = [...normsOf(n), "none"];
        const norm = norms[which % norms.length];
        const axes = [columns ? 0 : 1];
        const grouping = over(axes, norm === "none" || !uncentred);
        check({ shape: columns ? [n, groups] : [groups, n], grouping, norm, pair, data, storage, eps });
      },
    ),
    RUNS,
  );
}, 120_000);

const LAYERS = [batch, channelsLast, instance, inGroups(2), last(1, true), last(2, true), last(1, false)];

test("a and b of x · a + b, with the weights and biases of layers", () => {
  fc.assert(
    fc.property(
      kernels,
      fc.constantFrom(...LAYERS),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(2, 4), fc.integer({ min: 1, max: 40 })),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(...KINDS),
      fc.constantFrom(...STORAGES),
      fc.nat(),
      fc.constantFrom(undefined, 0, 1e-3),
      ({ label, asked, oracle }, grouping, shape, weighted, data, storage, which, eps) => {
        const n = grouping.groups(shape)[0].elements.length;
        // a bias takes digits away from exact values, of which others have fewer
        const scaling: Norm[] = weighted & 2 ? ["l1", "l2"] : normsOf(n);
        const norms: (Norm | "none")[] = [...scaling, ...(grouping.centred ? ["none" as const] : [])];
        const pair = {
          label: `${label}, folded`,
          asked: { ...(asked as object), tail: "folded" } as typeof asked,
          oracle: { ...oracle, tail: "folded" as const },
        };
        check({ shape, grouping, norm: norms[which % norms.length], pair, data, storage, weighted, eps });
      },
    ),
    RUNS,
  );
}, 120_000);

test("additions that change nothing are counted in any number of lanes", () => {
  for (let lanes = 1; lanes <= 1024; lanes *= 2) {
    const pair = arithmetic(FLOAT16, FLOAT16, { lanes });
    for (const shape of [[1025], [1, 352], [3, 400], [400, 3]]) {
      const { actual } = check({
        shape,
        grouping: over([shape[0] === 400 ? 0 : -1]),
        norm: "l1",
        pair,
        data: gaussian(sizeOf(shape), lanes),
        storage: "float32",
      });
      if (lanes <= 2) expect(stageOf(actual, "sum").events.stagnation).toBeGreaterThan(3);
    }
  }
});

test("the mean and 1 / S have stages of their own where they are rounded once more", () => {
  const x = { data: Float32Array.from({ length: 64 }, (_, i) => 1e-6 * Math.sin(i)), shape: [2, 32] };
  const arithmetic = { compute: "float16", statistics: "float32" } as const;
  const found = diagnose(x, { layer: "layer", arithmetic, eps: 1e-12 });
  expect(found.stages.map(({ name, format }) => `${name} ${format}`)).toEqual([
    "input float16",
    "mean float32",
    "centre float32",
    "term float32",
    "sum float32",
    "deviation float32",
    "reciprocal float32",
    "roundedMean float16",
    "roundedReciprocal float16",
    "output float16",
  ]);
  expect(stageOf(found, "roundedReciprocal").events.overflow).toBe(2);
  expect(found.verdict).toBe("failed");
  expect(found.reason).toContain("2 reciprocals of the scale, rounded, overflow (first: group 0)");
});

test("1 / S, rounded, is subnormal where S is beyond 16,384", () => {
  const arithmetic = kernelsOf["float32 statistics"];
  const x = { data: Float32Array.from({ length: 128 }, (_, i) => (i % 2 ? 20000 : -20000)), shape: [4, 32] };
  const found = diagnose(x, { layer: "layer", arithmetic, remedies: false });
  expect(stageOf(found, "roundedReciprocal").events).toMatchObject({ subnormal: 4, overflow: 0 });
  // in float32 it is not
  expect(stageOf(found, "reciprocal").events).toMatchObject({ subnormal: 0, overflow: 0 });
});

test("events are counted in the format where they happen", () => {
  const x = { data: Float32Array.from({ length: 64 }, (_, i) => (i % 2 ? 300 : -300)), shape: [1, 64] };
  const overflow = (arithmetic: Arithmetic) =>
    diagnose(x, { layer: "layer", arithmetic, remedies: false })
      .stages.map(({ name, events }) => [name, events.overflow])
      .filter(([, count]) => count);
  expect(overflow(kernelsOf["float16 sums"])).toEqual([["term", 64]]);
  expect(overflow(kernelsOf["float32 sums"])).toEqual([["term", 64]]);
  expect(overflow(kernelsOf["float32 statistics"])).toEqual([]);
  // each of 32 lanes once: then it is infinite
  expect(overflow({ compute: "float16", statistics: "float32", accumulate: "float16" })).toEqual([["sum", 32]]);
});

describe("a folded tail", () => {
  const arithmetic = kernelsOf["onnxruntime-web/webgpu InstanceNormalization"];
  const shape = [2, 3, 8, 8];
  const parameters = { weight: Float32Array.of(1, 2, 0.5), bias: Float32Array.of(0, 1, 0) };
  const found = (mean: number, deviation: number, eps = 1e-5) => {
    const data = Float32Array.from(gaussian(384, 1), (z) => mean + deviation * z);
    return diagnose({ data, shape }, { layer: "instance", arithmetic, eps, ...parameters, remedies: false });
  };

  test("has a and b as stages, one for each group, or for each element that has a weight of its own", () => {
    const instance = found(0, 1);
    expect(instance.verdict).toBe("ok");
    expect(instance.stages.map(({ name, format }) => `${name} ${format}`).slice(-4)).toEqual([
      "reciprocal float32",
      "slope float16",
      "shift float16",
      "output float16",
    ]);
    expect(stageOf(instance, "slope").own.count).toBe(6);
    const x = { data: gaussian(384, 1), shape: [6, 64] };
    const layer = diagnose(x, { layer: "layer", arithmetic, weight: gaussian(64, 2), remedies: false });
    expect(stageOf(layer, "slope").own.count).toBe(384);
    expect(stageOf(layer, "shift").own.count).toBe(384);
  });

  test("rounds a and b by little more than half a unit, which float32 adds", () => {
    for (const name of ["slope", "shift"] as const) {
      expect(Math.abs(stageOf(found(3, 1), name).own.maxUlp ?? NaN)).toBeLessThan(0.51);
    }
  });

  test("of a mean beside which the deviation is small cancels what it has", () => {
    const far = found(1000, 1);
    expect(far.verdict).toBe("failed");
    expect(far.reason).toContain(": x · a + b cancels the digits that rounding x · a and b left");
    expect(far.headroomAt).toBe("shift");
  });

  test("overflows in a where the deviation is small", () => {
    const small = found(0, 1e-6, 1e-12);
    expect(small.verdict).toBe("failed");
    expect(small.reason).toContain("6 operations of a in x · a + b overflow (first: group 0)");
    expect(stageOf(small, "reciprocal").events.overflow).toBe(0);
  });

  test.each([
    ["instance norm over tiles", instance, [1, 3, 9001], 3],
    ["layer norm over tiles, by element", last(1, true), [2, 9001], 3],
    ["batch norm", batch, [4100, 3], 3],
  ] as const)("%s", (_, grouping, shape, weighted) => {
    for (const statistics of [FLOAT16, FLOAT32]) {
      const oracle = { compute: FLOAT16.oracle, statistics: statistics.oracle, accumulate: statistics.oracle };
      const pair = {
        label: `statistics in ${statistics.label}, folded`,
        asked: { compute: FLOAT16.asked, statistics: statistics.asked, tail: "folded" as const },
        oracle: { ...oracle, order: "lanes" as const, tail: "folded" as const },
      };
      check({ shape, grouping, norm: "l2", pair, data: "plain", storage: "float16", weighted });
    }
  });
});

test("b of x · a + b is exactly -1 where the mean is S, whatever 1 / S is rounded to", () => {
  const same = Float32Array.from({ length: 1000 }, (_, i) => i + 1);
  const pair = {
    label: "folded",
    asked: { compute: FLOAT16.asked, tail: "folded" as const },
    oracle: { ...arithmetic(FLOAT16).oracle, tail: "folded" as const },
  };
  const subject = { shape: [1, 1000], grouping: batch, norm: "l1", pair, data: same, storage: "float32" } as const;
  checkWith({ ...subject, eps: 0, given: { mean: same, deviation: same } }, FRACTIONS);
});
