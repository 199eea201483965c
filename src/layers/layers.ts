// Batch, layer, instance, group and RMS norm.

import { OUTPUT } from "../abi/plan.js";
import { checkAxis, checkOptions } from "../checks/arguments.js";
import type { Norm } from "../numerics/norm.js";
import { type Call, callOf, keep, repeat, usual } from "../plan/repeat.js";
import { run } from "../plan/run.js";
import type { Dense, Out, TensorLike, Transform, TransformBy } from "../tensor/forms.js";
import { finish, type Operand, operand } from "../tensor/operand.js";
import { groupAxes, instanceAxes, type LayerAxes, lastAxes } from "./axes.js";
import { jobOf, NORMALIZATION_KEYS, type NormalizationOptions, normalize } from "./normalize.js";

/** Of `layerNorm()`. */
export interface LayerNormOptions extends NormalizationOptions {
  /** The first of the normalized axes, which go on to the last; negative from the end. Default: -1. */
  axis?: number | undefined;
}

/** Of `rmsNorm()`. */
export interface RmsNormOptions extends LayerNormOptions {
  /** Default: "l2". */
  norm?: Norm | undefined;
}

/** Of `instanceNorm()`. */
export interface InstanceNormOptions extends NormalizationOptions {
  /** The axis of the channels, negative from the end; not 0, which is the batch. Default: 1. */
  axis?: number | undefined;
}

/** Of `groupNorm()`. */
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
 * Layer norm of x, of at least one dimension, over `axis` and all axes behind it: (x - mean) / S · weight + bias, weight and
 * bias in the shape of the normalized axes, the result in the shape of x. S is √(variance + eps) for L2, with n in the
 * denominator of the variance, and deviation + eps for the other norms: see {@link Norm}.
 *
 * @see ONNX LayerNormalization, torch.nn.functional.layer_norm; Ba, Kiros and Hinton, arXiv 1607.06450. The norms: Hoffer et al.,
 * arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const layerNorm = ((x: TensorLike, options?: LayerNormOptions) =>
  normalizeLast(x, options, true)) as Transform<LayerNormOptions>;

/**
 * Layer norm without centring: x / S · weight + bias, S of x itself, √(mean x² + eps) for L2. Shapes as in
 * {@link layerNorm}.
 *
 * @see ONNX RMSNormalization, torch.nn.functional.rms_norm (whose default eps is another one); Zhang and Sennrich, arXiv
 * 1910.07467. The norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const rmsNorm = ((x: TensorLike, options?: RmsNormOptions) =>
  normalizeLast(x, options, false)) as Transform<RmsNormOptions>;

/**
 * Normalizes every channel of every sample (axis 0) of x, of shape [N, C, ...], over the remaining axes, as
 * {@link batchNorm} does it to the whole batch; weight and bias one per channel, the result in the shape of x.
 *
 * @see ONNX InstanceNormalization, torch.nn.functional.instance_norm; Ulyanov, Vedaldi and Lempitsky, arXiv 1607.08022. The
 * norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const instanceNorm = ((x: TensorLike, options?: InstanceNormOptions) => {
  const o = checkOptions(options, KEYS);
  const input = operand("x", x);
  return over(input, o, instanceAxes(input, o.axis));
}) as Transform<InstanceNormOptions>;

/**
 * Normalizes `groups` groups of channels of every sample (axis 0) of x, of shape [N, C, ...], each over its channels and
 * the remaining axes; weight and bias one per channel, the result in the shape of x.
 *
 * @see ONNX GroupNormalization from opset 21 on, torch.nn.functional.group_norm; Wu and He, arXiv 1803.08494. The norms: Hoffer
 * et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const groupNorm = ((x: TensorLike, options: GroupNormOptions) => {
  const o = checkOptions(options, GROUP_KEYS);
  const input = operand("x", x);
  return over(input, o, groupAxes(input, o.axis, o.groups));
}) as TransformBy<GroupNormOptions>;

/** Of `batchNorm()`. */
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
 * Normalizes every channel of x, of shape [N, C, ...] where `axis` says nothing else, over all other axes: (x - mean) / S ·
 * weight + bias, weight and bias one per channel, the result in the shape of x. S is √(variance + eps) for L2, with n in the
 * denominator of the variance, deviation + eps for the other norms (see {@link Norm}), and 1 for "none". With `mean` and
 * `deviation` given, they are applied: inference.
 *
 * @see ONNX BatchNormalization, torch.nn.functional.batch_norm; Ioffe and Szegedy, arXiv 1502.03167. The norms: Hoffer et al.,
 * arXiv 1803.01814; "none": Salimans and Kingma, arXiv 1602.07868.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
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
