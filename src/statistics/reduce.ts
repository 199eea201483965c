// Reductions: norms, means, and statistics of groups.

import { DEVIATION, MEAN, STORAGE_FLOAT32, TASK_CENTRE, TASK_NORM, TASK_TOTAL } from "../abi/plan.js";
import { checkAxes, checkBoolean, checkOptions } from "../checks/arguments.js";
import { type Arithmetic, checkArithmetic } from "../numerics/arithmetic.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm, MEAN_ONLY, type Norm, type NormSpec } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import { type Call, callOf, keep, repeat, usual } from "../plan/repeat.js";
import { fill, fillAll, run } from "../plan/run.js";
import { streamed, streams } from "../plan/run-streamed.js";
import { planWalk, type Walk } from "../plan/walk.js";
import type { Dense, Out, Plain, TensorLike } from "../tensor/forms.js";
import { checkOverlap, finish, type Operand, operand, target } from "../tensor/operand.js";
import { checkResults, keptShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** Of `mean()`: axes, and the arithmetic that sums are taken in. */
export interface MeanOptions {
  /** Axes to reduce, negative ones from the end. Default: all of them. */
  axes?: number | readonly number[] | undefined;
  /** Keep the reduced axes with length 1. Default: false. */
  keepDims?: boolean | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
  /** Filled with the result, float32, and returned. Must not overlap `x`. */
  out?: Out | undefined;
}

/** Of `norm()`. */
export interface NormOptions extends MeanOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
}

/** Of `statistics()`. */
export interface StatisticsOptions extends Omit<NormOptions, "out"> {
  /**
   * Constants that make the deviation of normal data its standard deviation, in place of the paper's C(n). They take the
   * distances from the mean for independent: the deviation is 2 % low for 32 elements, 7 % for 8 ("range" is exact).
   * Default: false.
   */
  calibrated?: boolean | undefined;
}

/** float32 in the shape of the axes that are kept: resident for a Tensor, else fresh data, or `out`. */
export interface Reduction<Options> {
  <Y extends Out>(x: TensorLike, options: Options & { out: Y }): Y;
  (x: Tensor, options?: Options): Tensor;
  (x: Plain, options?: Options): Dense<Float32Array>;
  (x: TensorLike, options?: Options): Tensor | Dense<Float32Array>;
}

/** Statistics of each group. */
export interface Statistics<T> {
  /** Mean of each group. */
  mean: T;
  /** The paper's S without eps. */
  deviation: T;
  /** Elements of a group. */
  count: number;
}

export interface StatisticsFunction {
  (x: Tensor, options?: StatisticsOptions): Statistics<Tensor>;
  (x: Plain, options?: StatisticsOptions): Statistics<Dense<Float32Array>>;
  (x: TensorLike, options?: StatisticsOptions): Statistics<Tensor> | Statistics<Dense<Float32Array>>;
}

const MEAN_KEYS = ["axes", "keepDims", "arithmetic", "out"];
const NORM_KEYS = /* @__PURE__ */ ["norm"].concat(MEAN_KEYS);
const STATISTICS_KEYS = ["norm", "axes", "keepDims", "calibrated", "arithmetic"];

/** The walk and the result of a reduction. */
function reduction(x: Operand, o: MeanOptions): { walk: Walk; to: Operand } {
  const reduced = checkAxes(o.axes, x.shape.length);
  const walk = planWalk(x.shape, reduced, 0);
  const shape = keptShape(x.shape, reduced, checkBoolean("keepDims", o.keepDims));
  checkResults("x", walk.groups);
  const to = target(o.out, shape, walk.groups, STORAGE_FLOAT32, x);
  checkOverlap(to, "x", x);
  return { walk, to };
}

/** @param call Kept when it is made. */
function reduce(
  x: Operand,
  o: MeanOptions,
  walk: Walk,
  to: Operand,
  task: number,
  norm: NormSpec,
  call?: Call,
): unknown {
  const numerics = checkArithmetic(o.arithmetic);
  const centred = task === TASK_CENTRE;
  if (!walk.elements) fill(to, centred ? Number.NaN : 0);
  else if (!numerics && walk.groups === 1 && streams(x, norm)) {
    fill(to, streamed(x, norm));
  } else {
    const job = new Job(x, walk, task, norm, numerics);
    if (centred) job.mean = to;
    else job.deviation = to;
    run(job);
    if (call) keep(call, job, to, [centred ? MEAN : DEVIATION]);
  }
  return finish(to);
}

/** The norms of the groups of a tensor, as norm() gives them: plain data, wherever the tensor is. */
export function normsOf(x: Operand, norm: NormSpec, reduced: number): Float32Array {
  const walk = planWalk(x.shape, reduced, 0);
  checkResults(x.name.split(".")[0], walk.groups);
  const to = target(undefined, [walk.groups], walk.groups, STORAGE_FLOAT32, x);
  to.like = false;
  reduce(x, {}, walk, to, TASK_NORM | TASK_TOTAL, norm);
  return to.array as Float32Array;
}

function normInFull(x: Operand, o: NormOptions, call?: Call): unknown {
  const { walk, to } = reduction(x, o);
  return reduce(x, o, walk, to, TASK_NORM | TASK_TOTAL, checkNorm(o.norm, walk.count, false), call);
}

function meanInFull(x: Operand, o: MeanOptions, call?: Call): unknown {
  const { walk, to } = reduction(x, o);
  return reduce(x, o, walk, to, TASK_CENTRE, MEAN_ONLY, call);
}

function statisticsInFull(x: Operand, o: StatisticsOptions, call?: Call): unknown {
  const { walk, to } = reduction(x, o);
  const norm = checkNorm(o.norm, walk.count, false);
  const factor = deviationFactor(norm, walk.count, checkBoolean("calibrated", o.calibrated));
  const numerics = checkArithmetic(o.arithmetic);
  const deviation = target(undefined, to.shape, to.size, STORAGE_FLOAT32, x);
  if (walk.elements) {
    const job = new Job(x, walk, TASK_CENTRE | TASK_NORM, norm, numerics);
    job.factor = factor;
    job.mean = to;
    job.deviation = deviation;
    run(job);
    if (call) keep(call, job, to, [MEAN, DEVIATION]);
  } else {
    fillAll([to, deviation], Number.NaN);
  }
  return [finish(to), finish(deviation), walk.count];
}

type AnyOptions = NormOptions & StatisticsOptions;

/** Of a call like one before no more than has to be. */
function again(
  name: string,
  x: TensorLike,
  o: AnyOptions,
  inFull: (x: Operand, o: AnyOptions, call?: Call) => unknown,
): unknown {
  const from = usual(x);
  if (!from) return inFull(operand("x", x), o);
  const { norm, axes, keepDims, calibrated, arithmetic, out } = o;
  const usually = arithmetic === undefined && (calibrated === undefined || calibrated === false);
  const call = usually ? callOf(name, norm, axes, keepDims) : undefined;
  const result = call && repeat(call, from, out);
  return result ?? inFull(operand("x", x), { norm, axes, keepDims, calibrated, arithmetic, out }, call);
}

/**
 * The norm of the vectors along `axes`, uncentred: see {@link Norm}. Several axes are one vector, and never a matrix. float32 in
 * the shape of the axes that are kept, [] where there are none; that of an empty vector is 0.
 *
 * @see torch.linalg.vector_norm, numpy.linalg.vector_norm, ONNX ReduceL1 and ReduceL2.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const norm = ((x: TensorLike, options?: NormOptions) => {
  return again("norm", x, checkOptions(options, NORM_KEYS), normInFull);
}) as Reduction<NormOptions>;

/**
 * The mean along `axes`: float32 in the shape of the axes that are kept, [] where there are none; NaN for no elements.
 *
 * @see numpy.mean, torch.mean, ONNX ReduceMean.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const mean = ((x: TensorLike, options?: MeanOptions) => {
  return again("mean", x, checkOptions(options, MEAN_KEYS), meanInFull);
}) as Reduction<MeanOptions>;

/**
 * Mean and deviation along `axes`, the deviation by the norm: see {@link Norm}. That by L2 is the standard deviation with n in
 * the denominator. float32 in the shape of the axes that are kept, [] where there are none; NaN for no elements.
 *
 * @see For L2: numpy.mean and numpy.std, torch.std with correction=0. For the other norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
 */
export const statistics = ((x: TensorLike, options?: StatisticsOptions) => {
  const found = again("statistics", x, checkOptions(options, STATISTICS_KEYS), statisticsInFull);
  const [mean, deviation, count] = found as [Tensor, Tensor, number];
  return { mean, deviation, count };
}) as StatisticsFunction;
