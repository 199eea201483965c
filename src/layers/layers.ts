import { OUTPUT } from "../abi/plan.js";
import { checkAxis, checkOptions } from "../checks/arguments.js";
import type { Norm } from "../numerics/norm.js";
import { type Call, callOf, keep, repeat, usual } from "../plan/repeat.js";
import { run } from "../plan/run.js";
import type { Dense, Out, TensorLike, Transform, TransformBy } from "../tensor/forms.js";
import { finish, type Operand, operand } from "../tensor/operand.js";
import { groupAxes, instanceAxes, type LayerAxes, lastAxes } from "./axes.js";
import { jobOf, NORMALIZATION_KEYS, type NormalizationOptions, normalize } from "./normalize.js";

export interface LayerNormOptions extends NormalizationOptions {
  /** The first of the normalized axes, which go on to the last; negative from the end. Default: -1. */
  axis?: number | undefined;
}

export interface RmsNormOptions extends LayerNormOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
}

export interface InstanceNormOptions extends NormalizationOptions {
  /** The axis of the channels, negative from the end; not 0, which is the batch. Default: 1. */
  axis?: number | undefined;
}

export interface GroupNormOptions extends InstanceNormOptions {
  /** Number of groups that the channels are divided into, in order. Divides the number of channels. */
  groups: number;
}

const KEYS = /* @__PURE__ */ ["axis"].concat(NORMALIZATION_KEYS);
const GROUP_KEYS = /* @__PURE__ */ ["groups"].concat(KEYS);

/** Where layers have their result. */
const FIELDS = [OUTPUT];

function over(x: Operand, o: NormalizationOptions, axes: LayerAxes): Out | Dense {
  return normalize(x, o, axes.shape, axes.reduced, axes.weighted, axes.parameters);
}

/** @param call Kept when it is made. */
function last(x: Operand, o: LayerNormOptions, centred: boolean, call?: Call): Out | Dense {
  const { shape, reduced, weighted, parameters } = lastAxes(x, o.axis);
  const job = jobOf(x, o, shape, reduced, weighted, parameters, centred);
  run(job);
  const y = job.y as Operand;
  if (call) keep(call, job, y, FIELDS, parameters);
  return finish(y);
}

function normalizeLast(x: TensorLike, options: LayerNormOptions | undefined, centred: boolean): Out | Dense {
  const o = checkOptions(options, KEYS);
  const from = usual(x);
  if (!from) return last(operand("x", x), o, centred);
  const { axis, norm, weight, bias, eps, calibrated, arithmetic, dtype, out } = o;
  const native = arithmetic === undefined && dtype === undefined;
  const call = native ? callOf(centred ? "layer" : "rms", norm, axis, calibrated, eps) : undefined;
  const again = call && repeat(call, from, out, weight, bias);
  if (again) return again as Out | Dense;
  // each is read once; and nothing is left to what may be in Object.prototype. No spread: V8 makes a new class of such an
  // object at every call, which takes 20 µs
  const mean = undefined;
  const deviation = undefined;
  const read = { axis, norm, weight, bias, eps, calibrated, arithmetic, dtype, out, mean, deviation };
  return last(operand("x", x), read, centred, call);
}

/**
 * Normalizes over `axis` and all axes behind it, as ONNX does: (x - mean) / S · weight + bias, weight and bias in
 * the shape of the normalized axes. S is √(variance + eps) for L2, deviation + eps for the other norms.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const layerNorm = ((x: TensorLike, options?: LayerNormOptions) =>
  normalizeLast(x, options, true)) as Transform<LayerNormOptions>;

/**
 * Layer norm without centring: x / S · weight + bias, S of x itself, √(mean x² + eps) for L2.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const rmsNorm = ((x: TensorLike, options?: RmsNormOptions) =>
  normalizeLast(x, options, false)) as Transform<RmsNormOptions>;

/**
 * Normalizes every channel of every sample (axis 0) over the remaining axes; weight and bias one per channel.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const instanceNorm = ((x: TensorLike, options?: InstanceNormOptions) => {
  const o = checkOptions(options, KEYS);
  const input = operand("x", x);
  return over(input, o, instanceAxes(input, o.axis));
}) as Transform<InstanceNormOptions>;

/**
 * Normalizes `groups` groups of channels of every sample (axis 0), each over its channels and the remaining axes;
 * weight and bias one per channel.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const groupNorm = ((x: TensorLike, options: GroupNormOptions) => {
  const o = checkOptions(options, GROUP_KEYS);
  const input = operand("x", x);
  return over(input, o, groupAxes(input, o.axis, o.groups));
}) as TransformBy<GroupNormOptions>;

export interface BatchNormOptions extends NormalizationOptions {
  /** The axis of the channels, negative from the end. Default: 1. */
  axis?: number | undefined;
  /** Means and deviations to apply, one per channel, as in inference: both or neither. Default: those of the batch. */
  mean?: TensorLike | undefined;
  /** Deviations S to divide by, without eps, one per channel: see `mean`. */
  deviation?: TensorLike | undefined;
}

const BATCH_KEYS = /* @__PURE__ */ ["axis", "mean", "deviation"].concat(NORMALIZATION_KEYS);

/**
 * Normalizes every channel over all other axes: (x - mean) / S · weight + bias, weight and bias one per channel.
 * S is √(variance + eps) for L2, deviation + eps for the other norms, (see {@link Norm}), and 1 for "none". With
 * `mean` and `deviation` given, they are applied: inference.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const batchNorm = ((x: TensorLike, options?: BatchNormOptions) => {
  const o = checkOptions(options, BATCH_KEYS);
  const input = operand("x", x);
  const { shape } = input;
  const axis = checkAxis("axis", o.axis, shape.length, 1);
  const channel = 1 << axis;
  const others = ((1 << shape.length) - 1) ^ channel;
  return normalize(input, o, shape, others, channel, shape[axis]);
}) as Transform<BatchNormOptions>;
