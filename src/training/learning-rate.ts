// The learning rate of weights that a normalization follows, and what weight decay does to it: Hoffer et al., Norm matters
// (2018), section 2. The output does not depend on the length of such weights, so only their direction ŵ = w / ‖w‖ learns:
//
//     ŵ' = ŵ - η / ‖w‖² (I - ŵ ŵᵀ) ∇L(ŵ) + O(η²)
//
// What weight decay does, keeping ‖w‖ from growing, a learning rate for every channel does as well. A channel is an output
// channel of a convolution or a dense layer; norms are L2.

import { checkAxis, checkNumber, checkOptions, checkSize, isObject, wrong } from "../checks/arguments.js";
import { batchNorm } from "../layers/layers.js";
import { norm } from "../statistics/reduce.js";
import type { OutputOptions, TensorLike, TransformBy } from "../tensor/forms.js";
import { operand } from "../tensor/operand.js";

export interface ChannelOptions {
  /** The axis of the output channels, negative from the end. Default: 0. */
  axis?: number | undefined;
}

export interface CorrectionOptions {
  /** The rate is changed by this factor at the most, up or down: at least 1. Default: 10. */
  limit?: number | undefined;
}

export interface RescaleOptions extends ChannelOptions, OutputOptions {
  /** The norm that each channel is to have. */
  norms: ArrayLike<number>;
}

/** Norms, one per channel. */
function checkNorms(name: string, norms: ArrayLike<number>): ArrayLike<number> {
  if (!Array.isArray(norms) && !(ArrayBuffer.isView(norms) && "length" in norms)) {
    throw wrong(name, "an array of numbers", norms);
  }
  for (let i = 0; i < norms.length; i++) checkNumber(`${name}[${i}]`, norms[i], 0);
  return norms;
}

/**
 * The L2 norm of every output channel of a weight.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value.
 */
export function channelNorms(w: TensorLike, options?: ChannelOptions): Float32Array {
  const o = checkOptions(options, ["axis"]);
  const { shape } = operand("w", w);
  const axis = checkAxis("axis", o.axis, shape.length, 0);
  const out = new Float32Array(shape[axis]);
  return norm(w, { axes: [...shape.keys()].filter((each) => each !== axis), out });
}

/**
 * The step that the direction of each channel takes: learningRate / ‖w‖². Infinite for a channel of zeros.
 *
 * @param norms ‖w‖ of each channel.
 * @throws {TypeError} for a wrong type, {RangeError} for what is negative or not finite.
 */
export function effectiveStepSize(learningRate: number, norms: ArrayLike<number>): Float64Array {
  checkNumber("learningRate", learningRate, 0);
  return Float64Array.from(checkNorms("norms", norms), (size) => learningRate / (size * size));
}

/**
 * The learning rate of each channel that gives, without weight decay, the effective step size of a run with it:
 * learningRate · ‖w‖² / ‖w_WD‖².
 *
 * Larger rates make longer weights, and these larger rates. So the ratio is kept within 1 / limit and limit; a channel
 * that is zero in both runs has the ratio 1.
 *
 * @param norms ‖w‖ of each channel.
 * @param reference ‖w_WD‖ of each channel at the same step of the run with weight decay.
 * @throws {TypeError} for a wrong type, {RangeError} for what is negative or not finite, or of another length.
 */
export function correctedLearningRate(
  learningRate: number,
  norms: ArrayLike<number>,
  reference: ArrayLike<number>,
  options?: CorrectionOptions,
): Float64Array {
  const o = checkOptions(options, ["limit"]);
  checkNumber("learningRate", learningRate, 0);
  const limit = o.limit === undefined ? 10 : checkNumber("limit", o.limit, 1);
  checkNorms("norms", norms);
  checkSize("reference", norms.length, checkNorms("reference", reference).length);
  return Float64Array.from(norms, (size, i) => {
    const ratio = (size / reference[i]) ** 2;
    return learningRate * (Number.isNaN(ratio) ? 1 : Math.min(Math.max(ratio, 1 / limit), limit));
  });
}

/**
 * Norms by epoch, as a run with weight decay had them: what {@link rescaleToNorms} gives to the weights after each step of
 * a run without it. In between epochs they are interpolated; after the last one they stay.
 *
 * @param recorded The norms of all channels at epoch 0, 1, 2, ...
 * @returns The norms at an epoch, which may be a fraction.
 * @throws {TypeError} for a wrong type, {RangeError} for what is negative or not finite, or of different lengths.
 */
export function normSchedule(recorded: readonly ArrayLike<number>[]): (epoch: number) => Float64Array {
  if (!Array.isArray(recorded)) throw wrong("recorded", "an array of norms for each epoch", recorded);
  if (!recorded.length) throw wrong("recorded", "of at least one epoch", recorded, "object");
  const epochs = recorded.map((norms, i) => Float64Array.from(checkNorms(`recorded[${i}]`, norms)));
  for (const [i, { length }] of epochs.entries()) checkSize(`recorded[${i}]`, epochs[0].length, length);
  return (epoch) => {
    const place = Math.min(checkNumber("epoch", epoch, 0), epochs.length - 1);
    const from = epochs[Math.floor(place)];
    const to = epochs[Math.ceil(place)];
    const share = place % 1;
    return from.map((value, i) => value + share * (to[i] - value));
  };
}

/**
 * Rescales every output channel of a weight to a norm, as the norm schedule does after each step. A channel of zeros stays
 * as it is.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const rescaleToNorms = ((w: TensorLike, options: RescaleOptions) => {
  if (!isObject(options)) throw wrong("options", "an object", options);
  const { norms, axis, dtype, out } = checkOptions(options, ["norms", "axis", "dtype", "out"]);
  const weight = Float32Array.from(checkNorms("norms", norms));
  const deviation = channelNorms(w, { axis });
  checkSize("norms", deviation.length, weight.length);
  const mean = new Float32Array(deviation.length);
  // (w - 0) / (‖w‖ + 0) · norm
  for (let i = 0; i < deviation.length; i++) deviation[i] ||= 1;
  const given = { norm: "l1", eps: 0, mean, deviation, weight } as const;
  return batchNorm(w, { ...given, axis: axis === undefined ? 0 : axis, dtype, out });
}) as TransformBy<RescaleOptions>;
