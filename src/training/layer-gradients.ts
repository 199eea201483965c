// Gradients of batch, layer, instance, group and RMS norm.

import { checkOptions } from "../checks/arguments.js";
import { batchAxes, groupAxes, instanceAxes, type LayerAxes, lastAxes } from "../layers/axes.js";
import type { Norm } from "../numerics/norm.js";
import type { Dense, Out, TensorLike } from "../tensor/forms.js";
import { type Operand, operand } from "../tensor/operand.js";
import {
  type Backward,
  type BackwardBy,
  GRADIENT_KEYS,
  type GradientOptions,
  type Gradients,
  gradients,
  type SavedStatistics,
} from "./gradient.js";

/** Of `batchNormBackward()`. */
export interface BatchNormBackwardOptions extends GradientOptions, SavedStatistics {
  /** The axis of the channels, negative from the end. Default: 1. */
  axis?: number | undefined;
}

/** Of `layerNormBackward()`. */
export interface LayerNormBackwardOptions extends GradientOptions, SavedStatistics {
  /** The first of the normalized axes, which go on to the last; negative from the end. Default: -1. */
  axis?: number | undefined;
}

/** Of `rmsNormBackward()`. */
export interface RmsNormBackwardOptions extends GradientOptions, Omit<SavedStatistics, "mean"> {
  /** The first of the normalized axes, which go on to the last; negative from the end. Default: -1. */
  axis?: number | undefined;
  /** Default: "l2". */
  norm?: Norm | undefined;
}

/** Of `instanceNormBackward()`. */
export interface InstanceNormBackwardOptions extends GradientOptions, SavedStatistics {
  /** The axis of the channels, negative from the end; not 0, which is the batch. Default: 1. */
  axis?: number | undefined;
}

/** Of `groupNormBackward()`. */
export interface GroupNormBackwardOptions extends InstanceNormBackwardOptions {
  /** Number of groups that the channels are divided into, in order. Divides the number of channels. */
  groups: number;
}

const KEYS = /* @__PURE__ */ ["axis"].concat(GRADIENT_KEYS);
const RMS_KEYS = /* @__PURE__ */ KEYS.filter((key) => key !== "mean");
const GROUP_KEYS = /* @__PURE__ */ ["groups"].concat(KEYS);

/** With a weight for each channel. */
function byChannel(
  dy: TensorLike,
  x: TensorLike,
  o: GradientOptions & SavedStatistics,
  axesOf: (x: Operand) => LayerAxes,
): Gradients<Out | Dense> {
  const input = operand("x", x);
  const axes = axesOf(input);
  return gradients(dy, input, o, axes, [axes.parameters]);
}

/** With a weight for each normalized element. */
function byElement(
  dy: TensorLike,
  x: TensorLike,
  o: LayerNormBackwardOptions,
  centred: boolean,
): Gradients<Out | Dense> {
  const input = operand("x", x);
  const axes = lastAxes(input, o.axis);
  const shape = input.shape.filter((_, axis) => (axes.weighted >> axis) & 1);
  return gradients(dy, input, o, axes, shape, centred);
}

/**
 * The gradient of `batchNorm` in training, where mean and deviation are those of `x`:
 *
 * dx_i = (g_i - mean(g) - A · (w_i - mean(w))) / S, with g = dy · weight, A = Σ g · y, w_i = ∂S / ∂d_i; dweight = Σ dy · y,
 * dbias = Σ dy. For w_i by norm see {@link Norm}; with "none", w_i = 0 and S = 1. dx in the shape of x, dweight and dbias one
 * per channel.
 *
 * dx and dweight of a channel whose S is 0 are NaN, as its normalized values are.
 *
 * @param dy The gradient with respect to the output of the layer, of the shape of x.
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814; for L2 Ioffe and Szegedy, arXiv 1502.03167.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const batchNormBackward = ((dy: TensorLike, x: TensorLike, options?: BatchNormBackwardOptions) => {
  const o = checkOptions(options, KEYS);
  return byChannel(dy, x, o, (input) => batchAxes(input, o.axis));
}) as Backward<BatchNormBackwardOptions>;

/**
 * The gradient of `layerNorm`, as that of {@link batchNormBackward}; dweight and dbias in the shape of the normalized axes.
 *
 * @param dy The gradient with respect to the output of the layer, of the shape of x.
 * @see {@link layerNorm}.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const layerNormBackward = ((dy: TensorLike, x: TensorLike, options?: LayerNormBackwardOptions) =>
  byElement(dy, x, checkOptions(options, KEYS), true)) as Backward<LayerNormBackwardOptions>;

/**
 * The gradient of `rmsNorm`: dx_i = (g_i - A · w_i) / S, with d = x in the table of {@link Norm}; dweight and
 * dbias in the shape of the normalized axes.
 *
 * @param dy The gradient with respect to the output of the layer, of the shape of x.
 * @see {@link rmsNorm}.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const rmsNormBackward = ((dy: TensorLike, x: TensorLike, options?: RmsNormBackwardOptions) =>
  byElement(dy, x, checkOptions(options, RMS_KEYS), false)) as Backward<RmsNormBackwardOptions>;

/**
 * The gradient of `instanceNorm`, as that of {@link batchNormBackward}; `mean` and `deviation` one per channel of each
 * sample.
 *
 * @param dy The gradient with respect to the output of the layer, of the shape of x.
 * @see {@link instanceNorm}.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const instanceNormBackward = ((dy: TensorLike, x: TensorLike, options?: InstanceNormBackwardOptions) => {
  const o = checkOptions(options, KEYS);
  return byChannel(dy, x, o, (input) => instanceAxes(input, o.axis));
}) as Backward<InstanceNormBackwardOptions>;

/**
 * The gradient of `groupNorm`, as that of {@link batchNormBackward}; `mean` and `deviation` one per group of each sample,
 * dweight and dbias one per channel.
 *
 * @param dy The gradient with respect to the output of the layer, of the shape of x.
 * @see {@link groupNorm}.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const groupNormBackward = ((dy: TensorLike, x: TensorLike, options: GroupNormBackwardOptions) => {
  const o = checkOptions(options, GROUP_KEYS);
  return byChannel(dy, x, o, (input) => groupAxes(input, o.axis, o.groups));
}) as BackwardBy<GroupNormBackwardOptions>;
