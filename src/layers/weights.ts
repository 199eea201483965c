// Vectors divided by their norms: lpNormalize, weight norm and bounded weight norm.

import * as at from "../abi/plan.js";
import { checkAxis, checkNumber, checkOptions } from "../checks/arguments.js";
import { type Arithmetic, checkArithmetic } from "../numerics/arithmetic.js";
import { checkNorm, type Norm } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import { fill, run } from "../plan/run.js";
import { planWalk } from "../plan/walk.js";
import type { Dense, Out, OutputOptions, TensorLike, Transform, TransformBy } from "../tensor/forms.js";
import { checkOverlap, finish, type Operand, operand, parameter, required, target } from "../tensor/operand.js";
import { checkDType } from "../tensor/storage.js";
import { boundedGains, type Gains, givenGains, runWithRest } from "./gains.js";

/** Of `lpNormalize()`. */
export interface LpNormalizeOptions extends OutputOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
  /** The axis along which the vectors lie, negative from the end. Default: -1. */
  axis?: number | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

/** Of `boundedWeightNorm()`. */
export interface BoundedWeightNormOptions extends OutputOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
  /** The axis of the output channels, negative from the end. Default: 0. */
  axis?: number | undefined;
  /** One learnable factor per output channel, or none. */
  g?: TensorLike | undefined;
  /**
   * The bound, a finite number of at least 0. Without `g` the norm of every channel, by default ‖v‖_F / √N, N the
   * number of channels; with `g` the L2 norm of all factors, by default ‖g‖₂.
   */
  rho?: number | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

/** Of `weightNorm()`. */
export interface WeightNormOptions extends Omit<BoundedWeightNormOptions, "g" | "rho"> {
  /** The norm of each output channel. */
  g: TensorLike;
}

const VECTOR_KEYS = ["norm", "axis", "arithmetic", "dtype", "out"];
const WEIGHT_KEYS = /* @__PURE__ */ ["g"].concat(VECTOR_KEYS);
const BOUNDED_KEYS = /* @__PURE__ */ ["rho"].concat(WEIGHT_KEYS);

/** All axes but one. */
export const except = (shape: readonly number[], axis: number): number => ((1 << shape.length) - 1) ^ (1 << axis);

/**
 * x divided by the norms of its vectors, and multiplied by their gains.
 *
 * @param axis Of the gains.
 * @param g What `out` must not overlap.
 * @param gainsOf Makes the gains, when everything is checked.
 */
function scaleBy(
  name: string,
  x: Operand,
  o: OutputOptions & { norm?: Norm | undefined; arithmetic?: Arithmetic | undefined },
  axis: number,
  g?: Operand,
  gainsOf?: (emulated: boolean) => Gains,
): Out | Dense {
  const walk = planWalk(x.shape, gainsOf ? except(x.shape, axis) : 1 << axis, 0);
  const norm = checkNorm(o.norm, walk.count, false);
  const numerics = checkArithmetic(o.arithmetic);
  const y = target(o.out, x.shape, x.size, checkDType("dtype", o.dtype), x);
  checkOverlap(y, name, x, true);
  checkOverlap(y, "g", g);
  if (x.size) {
    const task = at.TASK_NORM | at.TASK_TOTAL | at.TASK_APPLY;
    const job = new Job(x, walk, task, norm, numerics);
    const made = gainsOf?.(!!numerics);
    job.scale = made ? at.SCALE_GAIN : at.SCALE_DIVIDE;
    job.y = y;
    job.gain = made?.gains;
    runWithRest(job, run, axis, made?.rest);
  } else fill(y, 0);
  return finish(y);
}

/**
 * Divides the vectors along `axis` of x, of at least one dimension, by their norms: see {@link Norm}. A vector of zeros stays as
 * it is, as ONNX has it; there is no eps. The result is in the shape of x.
 *
 * @see ONNX LpNormalization, torch.nn.functional.normalize (which divides by 1e-12 where the norm is less).
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const lpNormalize = ((x: TensorLike, options?: LpNormalizeOptions) => {
  const o = checkOptions(options, VECTOR_KEYS);
  const input = operand("x", x);
  const axis = checkAxis("axis", o.axis, input.shape.length, -1);
  return scaleBy("x", input, o, axis);
}) as Transform<LpNormalizeOptions>;

/**
 * Weight norm: w = g · v / ‖v‖ for every output channel of v, the norm over all other axes; g one per output channel, w in the
 * shape of v. A channel of norm 0 becomes NaN.
 *
 * @see torch.nn.utils.parametrizations.weight_norm; Salimans and Kingma, arXiv 1602.07868. The norms: Hoffer et al., arXiv
 * 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const weightNorm = ((v: TensorLike, options: WeightNormOptions) => {
  const o = checkOptions(options, WEIGHT_KEYS);
  const input = operand("v", v);
  const axis = checkAxis("axis", o.axis, input.shape.length, 0);
  const g = required("g", o.g, input.shape[axis]);
  return scaleBy("v", input, o, axis, g, (emulated) => givenGains(g, emulated));
}) as TransformBy<WeightNormOptions>;

/**
 * Bounded weight norm: w_i = ρ · v_i / ‖v_i‖ for every output channel i; with `g`, w_i = (ρ / ‖g‖₂) · g_i · v_i / ‖v_i‖,
 * and all zeros when g is; in the shape of v. In training, ρ is fixed: give the initial ‖v‖_F / √N or ‖g‖₂ at every step.
 *
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814; with `g`, their published code.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const boundedWeightNorm = ((v: TensorLike, options?: BoundedWeightNormOptions) => {
  const o = checkOptions(options, BOUNDED_KEYS);
  const input = operand("v", v);
  const axis = checkAxis("axis", o.axis, input.shape.length, 0);
  const channels = input.shape[axis];
  const { rho } = o;
  if (rho !== undefined) checkNumber("rho", rho, 0);
  const g = parameter("g", o.g, channels);
  return scaleBy("v", input, o, axis, g, (emulated) =>
    g && rho === undefined ? givenGains(g, emulated) : boundedGains(input, channels, g, rho, emulated),
  );
}) as Transform<BoundedWeightNormOptions>;
