// Writes the plan of a kernel call into memory: nobody else does, and every call writes every field.

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
  /** One number for each group: g, or eps in the place of `eps`, which only emulated arithmetic takes. */
  gain: Operand | undefined = undefined;
  /** Statistics are read with TASK_GIVEN, otherwise written. */
  mean: Operand | undefined = undefined;
  deviation: Operand | undefined = undefined;
  /** Address of work space of the top-k norm. */
  scratch = 0;

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

/** Scratch space of the top-k norm. After native rows() over one group, its k largest |x| are at the start. */
export const topScratchBytes = (top: number): number => at.TOP_SCRATCH + top * at.TOP_SCRATCH_PER_K;

/** Where the values of an operand are, from some number of them on. */
const from = (o: Operand | undefined, first: number): number => (o ? o.place + first * 4 : 0);

/**
 * The plan of a block: of `share` elements of the split dimension of the walk from number `first` on, and all of the others.
 * The places of x and y are those of the block.
 */
export function writePlan(engine: Engine, job: Job, first: number, share: number): void {
  engine.planned = undefined;
  const { i32, f64 } = engine.heap;
  const { x, y, norm, numerics, walk } = job;
  const { sizes, kept, weights, whole } = walk;
  const last = sizes.length - 1;
  const parameter = first * walk.step;
  const group = first * (walk.groups / whole);
  let stride = (walk.elements / whole) * share;
  i32[at.KEPT_RANK >> 2] = i32[at.REDUCED_RANK >> 2] = 0;
  i32[at.TASK >> 2] = job.task;
  i32[at.NORM >> 2] = norm.kind;
  i32[at.TOP >> 2] = norm.top;
  i32[at.SCALE >> 2] = job.scale;
  i32[at.INPUT >> 2] = x.place;
  i32[at.INPUT_STORAGE >> 2] = x.storage;
  i32[at.OUTPUT >> 2] = from(y, 0);
  i32[at.OUTPUT_STORAGE >> 2] = y ? y.storage : 0;
  i32[at.WEIGHT >> 2] = from(job.weight, parameter);
  i32[at.BIAS >> 2] = from(job.bias, parameter);
  i32[at.MEAN >> 2] = from(job.mean, group);
  i32[at.DEVIATION >> 2] = from(job.deviation, group);
  i32[at.GAIN >> 2] = from(job.gain, group);
  i32[at.SCRATCH >> 2] = job.scratch;
  i32[at.KEPT_TOTAL >> 2] = i32[at.REDUCED_TOTAL >> 2] = 1;
  for (let i = 0; i < last; i++) {
    const size = i === walk.split ? share : sizes[i];
    // ranks and totals touch, and the levels of the reduced part are as those of the kept part
    const reduced = kept[i] ? 0 : 1;
    const level = i32[(at.KEPT_RANK >> 2) + reduced]++ + reduced * ((at.REDUCED_COUNT - at.KEPT_COUNT) >> 2);
    i32[(at.KEPT_TOTAL >> 2) + reduced] *= size;
    i32[(at.KEPT_COUNT >> 2) + level] = size;
    i32[(at.KEPT_STRIDE >> 2) + level] = stride /= size;
    i32[(at.KEPT_WEIGHT >> 2) + level] = weights[i];
  }
  i32[at.LAYOUT >> 2] = kept[last] ? at.LAYOUT_COLUMNS : at.LAYOUT_ROWS;
  i32[at.LENGTH >> 2] = stride;
  i32[at.WEIGHT_STEP >> 2] = weights[last];
  f64[at.COUNT >> 3] = walk.count;
  f64[at.EPS >> 3] = job.eps;
  f64[at.CONSTANT >> 3] = job.factor;
  f64[at.POWER >> 3] = norm.power;
  i32[at.ORDER >> 2] = numerics ? numerics.order : 0;
  i32[at.EXACT >> 2] = numerics ? +numerics.exact : 0;
  i32[at.TAIL >> 2] = numerics ? numerics.tail : 0;
  i32[at.COUNTED >> 2] = numerics ? +numerics.counted : 0;
  if (numerics) {
    engine.setFormat(at.FORMAT_COMPUTE, numerics.compute);
    engine.setFormat(at.FORMAT_ACCUMULATE, numerics.accumulate);
    engine.setFormat(at.FORMAT_STATISTICS, numerics.statistics);
  }
}

/** The native kernel of a walk. */
export const kernelFor = ({ kernels }: Engine, { kept }: Walk): (() => void) =>
  kept[kept.length - 1] ? kernels.columns : kernels.rows;

/** A gradient: x, weight, mean, deviation as in the layer, dx in the place of its output. */
export class GradientJob extends Job {
  /** The upstream gradient, of the shape of x. */
  declare dy: Operand;
  /** Results in float32, one element per parameter. */
  declare dweight: Operand;
  /** Not wanted by weight norm. */
  dbias: Operand | undefined = undefined;
  /** A result that follows from these. */
  other: Operand | undefined = undefined;
  /** Whose groups are the elements of one parameter, for emulated arithmetic. */
  declare parameters: Walk;
  /** Addresses of float64 sums for each parameter, of native arithmetic, and of work space. */
  weightSums = 0;
  biasSums = 0;
  work = 0;
  /** Address of a list of selected elements, and the groups that it has room for. */
  selected = 0;
  selectedGroups = 0;
  /** Products dy y, of emulated arithmetic. */
  terms = 0;
}

/** The plan of a block of a gradient: see writePlan(). */
export function writeGradient(engine: Engine, job: GradientJob, first: number, share: number): void {
  writePlan(engine, job, first, share);
  const { i32 } = engine.heap;
  const { dy, dweight, weightSums, biasSums } = job;
  const parameter = first * job.walk.step;
  i32[at.GRADIENT >> 2] = dy.place;
  i32[at.GRADIENT_STORAGE >> 2] = dy.storage;
  i32[at.WEIGHT_SUMS >> 2] = weightSums && weightSums + parameter * 8;
  i32[at.BIAS_SUMS >> 2] = biasSums && biasSums + parameter * 8;
  i32[at.PARAMETERS >> 2] = dweight.size - parameter;
  i32[at.PARAMETER_WORK >> 2] = job.work;
  i32[at.SELECTED >> 2] = job.selected;
  i32[at.SELECTED_GROUPS >> 2] = job.selectedGroups;
  i32[at.TERMS >> 2] = job.terms;
}

/** Of a tensor whose plan is written, `width` groups at an address that lie side by side, or one that is a row. */
export function turnToPanel(i32: Int32Array, source: number, width: number): void {
  i32[at.INPUT >> 2] = source;
  i32[at.KEPT_RANK >> 2] = 0;
  i32[at.KEPT_TOTAL >> 2] = 1;
  if (i32[at.LAYOUT >> 2] === at.LAYOUT_COLUMNS) i32[at.LENGTH >> 2] = width;
}

/** Of a tensor whose plan is written for a share of the split dimension: the share stays where it is, in all of the tensor. */
export function turnToPlace(i32: Int32Array, { split, whole }: Walk, share: number): void {
  for (let level = 0; level < split; level++) {
    const stride = (at.REDUCED_STRIDE >> 2) + level;
    i32[stride] = (i32[stride] / share) * whole;
  }
}

/** Another pass over the same elements. */
export function turnToPass(i32: Int32Array, task: number, norm: number, mean: number): void {
  i32[at.TASK >> 2] = task;
  i32[at.NORM >> 2] = norm;
  i32[at.MEAN >> 2] = mean;
}
