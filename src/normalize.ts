// What batch, layer, instance, group and RMS norm have in common.

import { checkBoolean, checkNumber } from "./check.js";
import { deviationFactor } from "./constants.js";
import { checkArithmetic } from "./formats.js";
import { NORM_NONE, TASK_APPLY, TASK_CENTRE, TASK_GIVEN, TASK_NORM } from "./layout.js";
import { checkNorm } from "./norms.js";
import { checkDType, checkOverlap, finish, type Operand, parameter, target } from "./operand.js";
import { Job } from "./plan.js";
import { fill, run } from "./run.js";
import { planWalk } from "./shape.js";
import type { Tensor } from "./tensor.js";
import type { Arithmetic, Dense, DType, Normalizer, Out, Plain, Shaped, TensorLike } from "./types.js";

/** Options of everything that gives a tensor of the input's shape. */
export interface OutputOptions {
  /** Of the result. Default: that of `out`, else that of the input. */
  dtype?: DType | undefined;
  /** Filled with the result and returned. It may be exactly the input; an overlap in part is refused. */
  out?: Out | undefined;
}

export interface NormalizationOptions extends OutputOptions {
  /** Default: "l2". */
  norm?: Normalizer | undefined;
  /** Factors of the normalized values. Default: none. */
  weight?: TensorLike | undefined;
  /** Added to the weighted values. Default: none. */
  bias?: TensorLike | undefined;
  /** Keeps the scale above 0: √(variance + eps) for L2, deviation + eps for the others. Default: 1e-5. */
  eps?: number | undefined;
  /** Constants that make the deviation of normal data its standard deviation, in place of the paper's C(n). */
  calibrated?: boolean | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

/** A tensor of the input's shape: resident for a Tensor, else fresh data, or `out`. */
export interface Transform<Options extends OutputOptions> {
  <Y extends Out>(x: TensorLike, options: Options & { out: Y }): Y;
  (x: Tensor, options?: Options): Tensor;
  (x: Float32Array | Shaped<Float32Array>, options?: Options & { dtype?: "float32" | undefined }): Dense<Float32Array>;
  (x: Plain, options?: Options): Dense;
  (x: TensorLike, options?: Options): Tensor | Dense;
}

/** A Transform with options that must be given. */
export interface TransformBy<Options extends OutputOptions> {
  <Y extends Out>(x: TensorLike, options: Options & { out: Y }): Y;
  (x: Tensor, options: Options): Tensor;
  (x: Float32Array | Shaped<Float32Array>, options: Options & { dtype?: "float32" | undefined }): Dense<Float32Array>;
  (x: Plain, options: Options): Dense;
  (x: TensorLike, options: Options): Tensor | Dense;
}

export const NORMALIZATION_KEYS = ["norm", "weight", "bias", "eps", "calibrated", "arithmetic", "dtype", "out"];

/**
 * @param shape Dimensions of x, which may be split further than its own.
 * @param reduced Set of axes, as bits, that a group extends over.
 * @param weighted Set of axes, as bits, that weight and bias extend over.
 * @param parameters Elements of weight and bias.
 */
export function normalize(
  x: Operand,
  o: NormalizationOptions,
  shape: readonly number[],
  reduced: number,
  weighted: number,
  parameters: number,
  centred: boolean,
  mean?: Operand,
  deviation?: Operand,
): Out | Dense {
  const walk = planWalk(shape, reduced, weighted);
  const norm = checkNorm(o.norm, deviation ? 2 ** 53 : walk.count, centred);
  const eps = o.eps === undefined ? 1e-5 : checkNumber("eps", o.eps, 0);
  const calibrated = checkBoolean("calibrated", o.calibrated);
  const factor = deviation ? 1 : deviationFactor(norm, walk.count, calibrated);
  const numerics = checkArithmetic(o.arithmetic);
  const weight = parameter("weight", o.weight, parameters);
  const bias = parameter("bias", o.bias, parameters);
  const y = target(o.out, x.shape, x.size, checkDType("dtype", o.dtype), x);
  checkOverlap(y, "x", x, true);
  checkOverlap(y, "weight", weight);
  checkOverlap(y, "bias", bias);
  checkOverlap(y, "mean", mean);
  checkOverlap(y, "deviation", deviation);
  const task = deviation
    ? TASK_GIVEN | TASK_APPLY
    : (centred ? TASK_CENTRE : 0) | (norm.kind === NORM_NONE ? 0 : TASK_NORM) | TASK_APPLY;
  if (x.size) {
    const job = new Job(x, walk, task, norm, numerics);
    job.eps = eps;
    job.factor = factor;
    job.y = y;
    job.weight = weight;
    job.bias = bias;
    job.mean = mean;
    job.deviation = deviation;
    run(job);
  } else fill(y, 0);
  return finish(y);
}
