// What batch, layer, instance, group and RMS norm have in common.

import { TASK_APPLY, TASK_CENTRE, TASK_GIVEN, TASK_NORM } from "../abi/plan.js";
import { checkBoolean, checkNumber } from "../checks/arguments.js";
import { type Arithmetic, checkArithmetic } from "../numerics/arithmetic.js";
import { UNBOUNDED } from "../numerics/constants.js";
import { defaultEps } from "../numerics/eps.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm, type Normalizer } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import { run } from "../plan/run.js";
import { planWalk } from "../plan/walk.js";
import type { Dense, Out, OutputOptions, TensorLike } from "../tensor/forms.js";
import { checkOverlap, finish, type Operand, parameter, target } from "../tensor/operand.js";
import { checkDType } from "../tensor/storage.js";

/** Of every normalization. */
export interface NormalizationOptions extends OutputOptions {
  /** Default: "l2". */
  norm?: Normalizer | undefined;
  /** Factors of the normalized values, one per channel or, in layer and RMS norm, per normalized element. Default: none. */
  weight?: TensorLike | undefined;
  /** Added to the weighted values, in as many elements as `weight`. Default: none. */
  bias?: TensorLike | undefined;
  /**
   * Keeps the scale above 0: √(variance + eps) for L2, deviation + eps for the others. Default: 1e-5; in emulated
   * arithmetic the least number of the compute format with which 1 / S of a group of equal values is finite, where 1e-5 is
   * less than that (float16: 1.532e-5, for all norms but L2).
   */
  eps?: number | undefined;
  /**
   * Constants that make the deviation of normal data its standard deviation, in place of the paper's C(n). They take the
   * distances from the mean for independent: the deviation is 2 % low for 32 elements, 7 % for 8 ("range" is exact).
   * Default: false.
   */
  calibrated?: boolean | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

export const NORMALIZATION_KEYS = ["norm", "weight", "bias", "eps", "calibrated", "arithmetic", "dtype", "out"];

/**
 * What is to be done, checked.
 *
 * @internal
 * @param o `mean` and `deviation` are applied instead of those of x.
 * @param shape Dimensions of x, which may be split further than its own.
 * @param reduced Set of axes, as bits, that a group extends over.
 * @param weighted Set of axes, as bits, that weight and bias extend over.
 * @param parameters Elements of weight and bias.
 */
export function jobOf(
  x: Operand,
  o: NormalizationOptions & { mean?: TensorLike | undefined; deviation?: TensorLike | undefined },
  shape: readonly number[],
  reduced: number,
  weighted: number,
  parameters: number,
  centred = true,
): Job {
  const { mean, deviation } = o;
  const given = mean !== undefined;
  if (given !== (deviation !== undefined)) {
    throw new TypeError('"mean" and "deviation" must be given both or neither');
  }
  const walk = planWalk(shape, reduced, weighted);
  const norm = checkNorm(o.norm, given ? UNBOUNDED : walk.count, centred);
  const task = given ? TASK_GIVEN : (centred ? TASK_CENTRE : 0) | (norm.kind && TASK_NORM);
  const job = new Job(x, walk, task | TASK_APPLY, norm, checkArithmetic(o.arithmetic));
  const calibrated = checkBoolean("calibrated", o.calibrated);
  if (!given) job.factor = deviationFactor(norm, walk.count, calibrated);
  const { eps = defaultEps(job.numerics, norm, job.factor, given) } = o;
  job.eps = checkNumber("eps", eps, 0);
  const y = target(o.out, x.shape, x.size, checkDType("dtype", o.dtype), x);
  job.y = y;
  checkOverlap(y, "x", x, true);
  // one by one, since a loop over their names takes a tenth of the time of a small call
  job.weight = parameter("weight", o.weight, parameters);
  job.bias = parameter("bias", o.bias, parameters);
  job.mean = parameter("mean", mean, parameters);
  job.deviation = parameter("deviation", deviation, parameters);
  checkOverlap(y, "weight", job.weight);
  checkOverlap(y, "bias", job.bias);
  checkOverlap(y, "mean", job.mean);
  checkOverlap(y, "deviation", job.deviation);
  return job;
}

/**
 * Does it.
 *
 * @internal
 */
export function normalize(...all: Parameters<typeof jobOf>): Out | Dense {
  const job = jobOf(...all);
  run(job);
  return finish(job.y as Operand);
}
