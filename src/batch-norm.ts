import { checkAxis, checkOptions } from "./checks/arguments.js";
import { NORMALIZATION_KEYS, type NormalizationOptions, normalize, type Transform } from "./layers/normalize.js";
import { operand } from "./tensor/operand.js";
import type { TensorLike } from "./types.js";

export interface BatchNormOptions extends NormalizationOptions {
  /** The axis of the channels, negative from the end. Default: 1. */
  axis?: number | undefined;
  /** Means and deviations to apply, one per channel, as in inference: both or neither. Default: those of the batch. */
  mean?: TensorLike | undefined;
  deviation?: TensorLike | undefined;
}

const KEYS = /* @__PURE__ */ ["axis", "mean", "deviation"].concat(NORMALIZATION_KEYS);

/**
 * Normalizes every channel over all other axes: (x - mean) / S · weight + bias, weight and bias one per channel.
 * S is √(variance + eps) for L2, deviation + eps for the other norms, (see {@link Norm}), and 1 for "none". With
 * `mean` and `deviation` given, they are applied: inference.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const batchNorm = ((x: TensorLike, options?: BatchNormOptions) => {
  const o = checkOptions(options, KEYS);
  const input = operand("x", x);
  const { shape } = input;
  const axis = checkAxis("axis", o.axis ?? 1, shape.length);
  const channel = 1 << axis;
  const others = ((1 << shape.length) - 1) ^ channel;
  return normalize(input, o, shape, others, channel, shape[axis]);
}) as Transform<BatchNormOptions>;
