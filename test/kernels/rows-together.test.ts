/**
 * Groups that lie nearer to each other than their segments do are walked together. What comes out is what
 * comes out of them one by one: to the bit, but that sums of moments begin anew with each segment (in float64: no more than a last
 * digit of a result that is not rounded yet).
 */

import { describe, expect, test } from "vitest";
import * as at from "../../src/abi/plan.js";
import { gaussian } from "../support/random.js";
import { bitsAt, place, runRows, scratch, startPlan } from "../support/rows-plan.js";

/** Sizes of [kept, reduced, kept, reduced]: panels that end at a line, or not; segments as short as there are and as long. */
const SHAPES = [
  [1, 28, 37, 1025],
  [3, 5, 71, 1000],
  [1, 600, 60, 32],
  [2, 4, 9, 16_000],
  [2, 3, 40, 16],
  [1, 8, 1100, 49],
  [3, 17, 5, 95],
  [1, 17, 90, 95],
] as const;

const NORMS: Record<string, number> = {
  none: at.NORM_NONE,
  l1: at.NORM_L1,
  l2: at.NORM_L2,
  linf: at.NORM_LINF,
  range: at.NORM_RANGE,
  "top-5": at.NORM_TOP,
  "l1.5": at.NORM_POWER,
};

/** Groups of all kinds side by side: what one needs changes no other. */
const GROUPS: ((n: number) => Float32Array)[] = [
  (n) => gaussian(n, 1),
  (n) => gaussian(n, 2, 1e4),
  (n) => gaussian(n, 3, 0, 1e30),
  (n) => gaussian(n, 4, 0, 1e-30),
  (n) => new Float32Array(n).fill(3),
  (n) => gaussian(n, 5).fill(Number.NaN, n - 1),
  (n) => gaussian(n, 6).fill(Number.NEGATIVE_INFINITY, 0, 1),
  (n) => gaussian(n, 7).map((value, i) => (i ? value : 1e6)),
  (n) => new Float32Array(n).fill(-0),
];

interface Weights {
  /** From parameter to parameter over the four levels. */
  readonly steps: readonly [number, number, number, number];
  readonly size: number;
}

const SOME = gaussian(4099, 8);

/** n numbers, of which few are drawn. */
const parameters = (n: number, first: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => SOME[(i + first) % SOME.length]);

function tensorOf([outer, segments, inner, length]: readonly number[]): Float32Array {
  const x = new Float32Array(outer * segments * inner * length);
  for (let g = 0; g < outer * inner; g++) {
    const group = GROUPS[g % GROUPS.length](segments * length);
    for (let s = 0; s < segments; s++) {
      const row = (Math.floor(g / inner) * segments + s) * inner + (g % inner);
      x.set(group.subarray(s * length, (s + 1) * length), row * length);
    }
  }
  return x;
}

/**
 * Output, means and deviations, or raw statistics in the place of both. Where the innermost kept level has one group, as with `alone`, groups are walked one by one.
 */
function run(x: Float32Array, shape: readonly number[], task: number, norm: number, weights: Weights, alone: boolean) {
  const [outer, segments, inner, length] = shape;
  startPlan();
  const groups = outer * inner;
  const raw = (task & at.TASK_RAW) !== 0;
  const [input, results] = [place(x), place(new Float32Array(x.length + 2 * groups))];
  const [w, b] = [place(parameters(weights.size, 0)), place(parameters(weights.size, 1000))];
  runRows(
    [
      [at.TASK, task],
      [at.NORM, norm],
      [at.TOP, 5],
      [at.SCRATCH, scratch(at.TOP_SCRATCH + 5 * at.TOP_SCRATCH_PER_K)],
      [at.SCALE, at.SCALE_NORMALIZE],
      [at.INPUT, input],
      [at.OUTPUT, results],
      [at.WEIGHT, weights.size ? w : 0],
      [at.BIAS, weights.size ? b : 0],
      [at.WEIGHT_STEP, weights.steps[3]],
      [at.MEAN, raw ? 0 : results + 4 * x.length],
      [at.DEVIATION, results + 4 * (raw ? x.length : x.length + groups)],
      [at.LAYOUT, at.LAYOUT_ROWS],
      [at.LENGTH, length],
      [at.KEPT_RANK, alone ? 3 : 2],
      [at.KEPT_TOTAL, groups],
      [at.KEPT_COUNT, [outer, inner, 1]],
      [at.KEPT_STRIDE, [segments * inner * length, length, length]],
      [at.KEPT_WEIGHT, [weights.steps[0], weights.steps[2], 0]],
      [at.REDUCED_RANK, 1],
      [at.REDUCED_TOTAL, segments],
      [at.REDUCED_COUNT, segments],
      [at.REDUCED_STRIDE, inner * length],
      [at.REDUCED_WEIGHT, weights.steps[1]],
    ],
    [
      [at.COUNT, segments * length],
      [at.EPS, 1e-5],
      [at.CONSTANT, 1.25],
      [at.POWER, 1.5],
    ],
  );
  return bitsAt(results, x.length + 2 * groups);
}

describe.each(SHAPES)("[%i, %i, %i, %i]", (...shape) => {
  const [outer, segments, inner, length] = shape;
  const x = tensorOf(shape);
  const weightings: Record<string, Weights> = {
    none: { steps: [0, 0, 0, 0], size: 0 },
    "one a group": { steps: [inner, 0, 1, 0], size: outer * inner },
    "one a segment": { steps: [0, inner, 1, 0], size: segments * inner },
    "one an element": { steps: [0, inner * length, length, 1], size: segments * inner * length },
  };

  test.each(Object.keys(NORMS))("%s", (name) => {
    const norm = NORMS[name];
    const scaled = norm ? at.TASK_NORM : 0;
    for (const [how, weights] of Object.entries(weightings)) {
      for (const centre of [0, at.TASK_CENTRE]) {
        if (name === "l1.5" && how !== "none") continue;
        const task = centre | scaled | at.TASK_APPLY;
        const together = run(x, shape, task, norm, weights, false);
        const alone = run(x, shape, task, norm, weights, true);
        expect(together.equals(alone), `weights: ${how}, centred: ${centre > 0}`).toBe(true);
      }
    }
  });

  test.each(["none", "l1", "l2", "linf"])("raw statistics of %s", (name) => {
    const norm = NORMS[name];
    const task = at.TASK_RAW | (norm ? at.TASK_NORM : at.TASK_CENTRE);
    const together = run(x, shape, task, norm, weightings.none, false);
    expect(together.equals(run(x, shape, task, norm, weightings.none, true))).toBe(true);
  });
});
