/** Rows that lie in one stretch have a way of their own in the kernel: its results are those of the way for any layout, to the bit. */

import { describe, expect, test } from "vitest";
import * as at from "../../src/abi/plan.js";
import { gaussian } from "../support/random.js";
import { bitsAt, place, runRows, startPlan } from "../support/rows-plan.js";

const GUARD = 12345;
const EPS = 1e-5;

interface Call {
  readonly task: number;
  readonly norm: number;
  readonly weight: boolean;
  readonly bias: boolean;
  /** From the weight of an element to that of the next: 0 for one a row. */
  readonly step: number;
  /** Levels of the kept part of the walk. */
  readonly levels: number;
}

/** Output, means and deviations of [rows, n]; `together`: as the one segment of groups that are walked together. */
function run(
  x: Float32Array,
  rows: number,
  n: number,
  { task, norm, weight, bias, step, levels }: Call,
  together: boolean,
): Buffer {
  const outer = rows % 2 ? 1 : 2;
  const inner = rows / outer;
  startPlan();
  const input = place(x);
  const [w, b] = [place(gaussian(n, 2)), place(gaussian(n, 3))];
  const results = place(new Float32Array(rows * n + 2 * rows).fill(GUARD));
  runRows(
    [
      [at.TASK, task],
      [at.NORM, norm],
      [at.SCALE, at.SCALE_NORMALIZE],
      [at.INPUT, input],
      [at.OUTPUT, results],
      [at.WEIGHT, weight ? w : 0],
      [at.BIAS, bias ? b : 0],
      [at.WEIGHT_STEP, step],
      [at.MEAN, results + 4 * rows * n],
      [at.DEVIATION, results + 4 * (rows * n + rows)],
      [at.LAYOUT, at.LAYOUT_ROWS],
      [at.LENGTH, n],
      [at.KEPT_RANK, levels],
      [at.KEPT_TOTAL, rows],
      [at.KEPT_COUNT, levels === 1 ? [rows] : [outer, inner]],
      [at.KEPT_STRIDE, levels === 1 ? [n] : [inner * n, n]],
      [at.KEPT_WEIGHT, step ? [0, 0] : levels === 1 ? [1] : [inner, 1]],
      [at.REDUCED_RANK, together ? 1 : 0],
      [at.REDUCED_TOTAL, 1],
      [at.REDUCED_COUNT, 1],
      [at.REDUCED_STRIDE, 2 * rows * n],
    ],
    [
      [at.COUNT, n],
      [at.EPS, EPS],
      [at.CONSTANT, 1.25],
    ],
  );
  return bitsAt(results, rows * n + 2 * rows);
}

const DATA: Record<string, (n: number) => Float32Array> = {
  normal: (n) => gaussian(n, 1),
  "far from 0": (n) => gaussian(n, 1, 1e4),
  "squares beyond float32": (n) => gaussian(n, 1, 0, 1e30),
  "squares below float32": (n) => gaussian(n, 1, 0, 1e-30),
  subnormal: (n) => gaussian(n, 1, 0, 1e-42),
  "all equal": (n) => new Float32Array(n).fill(3),
  zeros: (n) => new Float32Array(n).fill(-0),
  "a NaN": (n) => gaussian(n, 1).fill(Number.NaN, n - 1),
  "an infinity": (n) => gaussian(n, 1).fill(Number.NEGATIVE_INFINITY, 0, 1),
};
const NORMS = { none: at.NORM_NONE, l1: at.NORM_L1, l2: at.NORM_L2, linf: at.NORM_LINF };
const LENGTHS = [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 64, 129, 768, 1023, 1024, 1025, 4097];

describe.each(Object.entries(NORMS))("%s", (_, norm) => {
  const scaled = norm ? at.TASK_NORM : 0;
  const tasks = [0, at.TASK_CENTRE].flatMap((centre) => [
    centre | scaled | at.TASK_APPLY,
    centre | scaled,
    centre | scaled | (norm ? at.TASK_TOTAL : 0),
  ]);

  test.each(Object.entries(DATA))("%s", (_, data) => {
    for (const n of LENGTHS) {
      for (const rows of n < 200 ? [1, 3, 4] : [2, 3]) {
        const x = data(rows * n);
        for (const [i, task] of tasks.entries()) {
          const bias = (n + i) % 3 > 0;
          const call = { task, norm, weight: (n + i) % 2 > 0, bias, step: rows % 2, levels: 1 + ((n + i) % 2) };
          // to the bit, and quicker than element by element
          expect(
            run(x, rows, n, call, false).equals(run(x, rows, n, call, true)),
            `${n}, ${JSON.stringify(call)}`,
          ).toBe(true);
        }
      }
    }
  });

  test("where only the mean is asked for, no deviation is written", () => {
    const n = 8;
    const found = new Float32Array(
      run(gaussian(n, 1), 1, n, { task: at.TASK_CENTRE, norm, weight: false, bias: false, step: 1, levels: 1 }, false)
        .buffer,
    );
    expect([...found.subarray(0, n), found[n + 1]]).toEqual(new Array(n + 1).fill(GUARD));
    expect(found[n]).not.toBe(GUARD);
  });
});
