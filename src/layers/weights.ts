import * as at from "../abi/plan.js";
import { checkAxis, checkNumber, checkOptions } from "../checks/arguments.js";
import { type Arithmetic, checkArithmetic } from "../numerics/arithmetic.js";
import { checkNorm, type Norm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import { Job } from "../plan/plan.js";
import { fill, run } from "../plan/run.js";
import { planWalk } from "../plan/walk.js";
import { norm as normOf } from "../statistics/reduce.js";
import type { Dense, Out, OutputOptions, TensorLike, Transform, TransformBy } from "../tensor/forms.js";
import { checkOverlap, finish, Operand, operand, parameter, target } from "../tensor/operand.js";
import { checkDType } from "../tensor/storage.js";

export interface LpNormalizeOptions extends OutputOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
  /** The axis along which the vectors lie, negative from the end. Default: -1. */
  axis?: number | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

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

export interface WeightNormOptions extends Omit<BoundedWeightNormOptions, "g" | "rho"> {
  /** The norm of each output channel. */
  g: TensorLike;
}

const VECTOR_KEYS = ["norm", "axis", "arithmetic", "dtype", "out"];
const WEIGHT_KEYS = /* @__PURE__ */ ["g"].concat(VECTOR_KEYS);
const BOUNDED_KEYS = /* @__PURE__ */ ["rho"].concat(WEIGHT_KEYS);

/**
 * x divided by the norms of its vectors, and multiplied by their gains.
 *
 * @param g What `out` must not overlap.
 * @param gainOf The gains, made when everything is checked. Default: g.
 */
function scaleBy(
  name: string,
  x: Operand,
  o: OutputOptions & { norm?: Norm | undefined; arithmetic?: Arithmetic | undefined },
  reduced: number,
  scale: number,
  g?: Operand,
  gainOf?: () => Operand,
): Out | Dense {
  const walk = planWalk(x.shape, reduced, 0);
  const norm = checkNorm(o.norm, walk.count, false);
  const numerics = checkArithmetic(o.arithmetic);
  const y = target(o.out, x.shape, x.size, checkDType("dtype", o.dtype), x);
  checkOverlap(y, name, x, true);
  checkOverlap(y, "g", g);
  if (x.size) {
    const task = at.TASK_NORM | at.TASK_TOTAL | at.TASK_APPLY;
    const job = new Job(x, walk, task, norm, numerics);
    job.scale = scale;
    job.y = y;
    job.gain = gainOf ? gainOf() : g;
    run(job);
  } else fill(y, 0);
  return finish(y);
}

/**
 * Divides the vectors along `axis` by their norms, as ONNX LpNormalization does. A vector of zeros stays as it is.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const lpNormalize = ((x: TensorLike, options?: LpNormalizeOptions) => {
  const o = checkOptions(options, VECTOR_KEYS);
  const input = operand("x", x);
  const axis = checkAxis("axis", o.axis, input.shape.length, -1);
  return scaleBy("x", input, o, 1 << axis, at.SCALE_DIVIDE);
}) as Transform<LpNormalizeOptions>;

/** What bounded weight norm multiplies v_i / ‖v_i‖ by: ρ for all channels, or ρ / ‖g‖₂ · g_i; 0 when all of g is. */
export function boundedGains(
  v: TensorLike,
  channels: number,
  g: Operand | undefined,
  rho: number | undefined,
): Operand {
  const array = new Float32Array(channels);
  if (g) {
    const values = valuesOf(g);
    let sum = 0;
    for (const value of values) sum += value * value;
    const length = Math.sqrt(sum);
    const scale = sum ? (rho ?? length) / length : 0;
    for (let i = 0; i < channels; i++) array[i] = values[i] * scale;
  } else if (rho === undefined) {
    normOf(v, { out: array.subarray(0, 1) });
    array.fill(array[0] / Math.sqrt(channels));
  } else array.fill(rho);
  return new Operand(array, 0, [channels], channels, at.STORAGE_FLOAT32);
}

/** All axes but one. */
export const except = (shape: readonly number[], axis: number): number => ((1 << shape.length) - 1) ^ (1 << axis);

/**
 * Weight norm: w = g · v / ‖v‖ for every output channel, the norm over all other axes.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const weightNorm = ((v: TensorLike, options: WeightNormOptions) => {
  const o = checkOptions(options, WEIGHT_KEYS);
  const input = operand("v", v);
  const axis = checkAxis("axis", o.axis, input.shape.length, 0);
  const g = parameter("g", o.g, input.shape[axis]) ?? operand("g", o.g);
  return scaleBy("v", input, o, except(input.shape, axis), at.SCALE_GAIN, g);
}) as TransformBy<WeightNormOptions>;

/**
 * Bounded weight norm: w_i = ρ · v_i / ‖v_i‖ for every output channel i; with `g`, w_i = (ρ / ‖g‖₂) · g_i · v_i / ‖v_i‖,
 * and all zeros when g is. In training, ρ is fixed: give the initial ‖v‖_F / √N or ‖g‖₂ at every step.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const boundedWeightNorm = ((v: TensorLike, options?: BoundedWeightNormOptions) => {
  const o = checkOptions(options, BOUNDED_KEYS);
  const input = operand("v", v);
  const axis = checkAxis("axis", o.axis, input.shape.length, 0);
  const channels = input.shape[axis];
  const rho = o.rho === undefined ? undefined : checkNumber("rho", o.rho, 0);
  const g = parameter("g", o.g, channels);
  const direct = g && rho === undefined;
  const gains = direct ? undefined : () => boundedGains(v, channels, g, rho);
  return scaleBy("v", input, o, except(input.shape, axis), at.SCALE_GAIN, g, gains);
}) as Transform<BoundedWeightNormOptions>;
