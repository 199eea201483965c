// Writes the plan of a kernel call into memory.

import * as at from "../abi/plan.js";
import type { Engine } from "../engine/engine.js";
import type { Numerics } from "../numerics/arithmetic.js";
import type { NormSpec } from "../numerics/norm.js";
import type { Operand } from "../tensor/operand.js";
import type { Walk } from "./walk.js";

/**
 * What a planned kernel is to do, and with what.
 *
 * A class, and not an object literal: numbers that are whole in one call and not in the next would make V8 give up on
 * the literal, which then cost 1.5 µs a call (measured, Node 20).
 */
export class Job {
  /** One of the SCALE constants. */
  scale = at.SCALE_NORMALIZE;
  eps = 0;
  /** Factor from the raw statistic to the deviation. */
  factor = 1;
  /** The output, with TASK_APPLY. */
  y: Operand | undefined = undefined;
  weight: Operand | undefined = undefined;
  bias: Operand | undefined = undefined;
  gain: Operand | undefined = undefined;
  /** Statistics are read with TASK_GIVEN, otherwise written. */
  mean: Operand | undefined = undefined;
  deviation: Operand | undefined = undefined;

  /**
   * @param task A sum of the TASK constants.
   * @param numerics undefined: native arithmetic.
   */
  constructor(
    readonly x: Operand,
    readonly walk: Walk,
    readonly task: number,
    readonly norm: NormSpec,
    readonly numerics: Numerics | undefined,
  ) {}
}

/** Scratch space of the top-k norm. After native rows() the k largest |x| of the last group are at its start. */
export const topScratchBytes = (top: number): number => at.TOP_SCRATCH + top * at.TOP_SCRATCH_PER_K;

/** The part that stays the same for all blocks of a call. */
export function writeJob(engine: Engine, job: Job): void {
  const { i32, f64 } = engine.heap;
  const { norm, numerics } = job;
  i32[at.TASK >> 2] = job.task;
  i32[at.NORM >> 2] = norm.kind;
  i32[at.TOP >> 2] = norm.top;
  i32[at.SCALE >> 2] = job.scale;
  f64[at.EPS >> 3] = job.eps;
  f64[at.CONSTANT >> 3] = job.factor;
  f64[at.POWER >> 3] = norm.power;
  if (numerics) {
    i32[at.ORDER >> 2] = numerics.order;
    i32[at.EXACT >> 2] = +numerics.exact;
    engine.setFormat(at.FORMAT_COMPUTE, numerics.compute);
    engine.setFormat(at.FORMAT_ACCUMULATE, numerics.accumulate);
  }
}

/** From the fields of the kept part of a walk to those of the reduced part, in 32-bit integers; ranks and totals touch. */
const REDUCED = (at.REDUCED_COUNT - at.KEPT_COUNT) >> 2;

/** The walk over a block that has `share` of the split dimension of a walk, and all of the others. */
export function writeWalk(i32: Int32Array, f64: Float64Array, walk: Walk, share: number): void {
  const { sizes, kept, weights, split } = walk;
  const last = sizes.length - 1;
  let stride = (walk.elements / walk.whole) * share;
  i32[at.KEPT_RANK >> 2] = i32[at.REDUCED_RANK >> 2] = 0;
  i32[at.KEPT_TOTAL >> 2] = i32[at.REDUCED_TOTAL >> 2] = 1;
  for (let i = 0; i < last; i++) {
    const size = i === split ? share : sizes[i];
    const reduced = kept[i] ? 0 : 1;
    const level = i32[(at.KEPT_RANK >> 2) + reduced]++ + reduced * REDUCED;
    i32[(at.KEPT_TOTAL >> 2) + reduced] *= size;
    i32[(at.KEPT_COUNT >> 2) + level] = size;
    i32[(at.KEPT_STRIDE >> 2) + level] = stride /= size;
    i32[(at.KEPT_WEIGHT >> 2) + level] = weights[i];
  }
  i32[at.LAYOUT >> 2] = kept[last] ? at.LAYOUT_COLUMNS : at.LAYOUT_ROWS;
  i32[at.LENGTH >> 2] = stride;
  i32[at.WEIGHT_STEP >> 2] = weights[last];
  f64[at.COUNT >> 3] = walk.count;
}
