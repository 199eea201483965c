/** diagnose() of kernels as runtimes have them, stage by stage against the simulation of the oracle. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnose } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { STORAGES } from "../support/call.js";
import { normsOf } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { check, over } from "../support/diagnosed.js";
import { kernels } from "../support/kernels.js";

const RUNS = { seed: 20260811, numRuns: 250 } as const;

test("any kernel", () => {
  fc.assert(
    fc.property(
      kernels.filter(({ asked }) => typeof asked === "object" && !("tail" in asked && asked.tail === "folded")),
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

test("the mean and 1 / S have stages of their own where they are rounded once more", () => {
  const x = { data: Float32Array.from({ length: 64 }, (_, i) => 1e-6 * Math.sin(i)), shape: [2, 32] };
  const arithmetic = { compute: "float16", statistics: "float32" } as const;
  const { stages, verdict, reason } = diagnose(x, { layer: "layer", arithmetic, eps: 1e-12 });
  expect(stages.map(({ name, format }) => `${name} ${format}`)).toEqual([
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
  expect(stages.find(({ name }) => name === "roundedReciprocal")?.events.overflow).toBe(2);
  expect(verdict).toBe("failed");
  expect(reason).toContain("2 reciprocals of the scale, rounded, overflow (first: group 0)");
});
