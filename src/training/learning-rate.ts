// The learning rate of weights that a normalization follows, and what weight decay does to it: Hoffer et al., Norm matters
// (2018), section 2. The output does not depend on the length of such weights, so only their direction ŵ = w / ‖w‖ learns:
//
//     ŵ' = ŵ - η / ‖w‖² (I - ŵ ŵᵀ) ∇L(ŵ) + O(η²)
//
// What weight decay does, keeping ‖w‖ from growing, a learning rate for every channel does as well. A channel is an output
// channel of a convolution or a dense layer; norms are L2.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { checkAxis, checkNumber, checkOptions, checkSize, isObject, wrong } from "../checks/arguments.js";
import { scale } from "../conversion/scale.js";
import { normalize } from "../layers/normalize.js";
import { except } from "../layers/weights.js";
import { MIN_NORMAL } from "../numerics/constants.js";
import { checkNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import { normsOf } from "../statistics/reduce.js";
import type { OutputOptions, TensorLike, TransformBy } from "../tensor/forms.js";
import { checkOverlap, finish, Operand, operand, target } from "../tensor/operand.js";
import { sizeOf } from "../tensor/shape.js";
import { checkDType } from "../tensor/storage.js";
import { getLength, getTag, isCutOff } from "../tensor/views.js";

const L2 = /* @__PURE__ */ checkNorm("l2", 1, false);

/** Of `channelNorms()`. */
export interface ChannelOptions {
  /** The axis of the output channels, negative from the end. Default: 0. */
  axis?: number | undefined;
}

/** Of `correctedLearningRate()`. */
export interface CorrectionOptions {
  /** The rate is changed by this factor at the most, up or down: at least 1. Default: 10. */
  limit?: number | undefined;
}

/** Of `rescaleToNorms()`. */
export interface RescaleOptions extends ChannelOptions, OutputOptions {
  /** The L2 norm that each channel is to have, finite and at least 0. */
  norms: ArrayLike<number>;
}

/** Norms, one per channel. */
function checkNorms(name: string, norms: ArrayLike<number>): Float64Array {
  const typed = getTag.call(norms) !== undefined;
  if (!typed && !Array.isArray(norms)) throw wrong(name, "an array of numbers", norms);
  const count = typed ? getLength.call(norms) : norms.length;
  if (typed && !count && isCutOff(norms)) throw wrong(name, "an array with its memory", norms);
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(checkNumber(`${name}[${i}]`, norms[i], 0));
  return Float64Array.from(values);
}

/**
 * The L2 norm of every output channel of a weight: one number for each element of `axis`.
 *
 * @see torch.linalg.vector_norm over all other dimensions.
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
 */
export function channelNorms(w: TensorLike, options?: ChannelOptions): Float32Array {
  const o = checkOptions(options, ["axis"]);
  const input = operand("w", w);
  return normsOf(input, L2, except(input.shape, checkAxis("axis", o.axis, input.shape.length, 0)));
}

/**
 * The step that the direction of each channel takes: learningRate / ‖w‖². Infinite for a channel of zeros.
 *
 * @param norms ‖w‖ of each channel.
 * @returns One for each channel.
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814, section 2.
 * @throws {TypeError} for a wrong type.
 * @throws {RangeError} for what is negative or not finite.
 */
export function effectiveStepSize(learningRate: number, norms: ArrayLike<number>): Float64Array {
  checkNumber("learningRate", learningRate, 0);
  return checkNorms("norms", norms).map((size) => learningRate / (size * size));
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
 * @returns One for each channel.
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814, section 2; the limit is this package's.
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for what is negative or not finite, or of another length.
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
  const sizes = checkNorms("norms", norms);
  const wanted = checkNorms("reference", reference);
  checkSize("reference", sizes.length, wanted.length);
  return sizes.map((size, i) => {
    const ratio = (size / wanted[i]) ** 2;
    return learningRate * (Number.isNaN(ratio) ? 1 : Math.min(Math.max(ratio, 1 / limit), limit));
  });
}

/**
 * Norms by epoch, as a run with weight decay had them: what {@link rescaleToNorms} gives to the weights after each step of
 * a run without it. In between epochs they are interpolated; after the last one they stay.
 *
 * @param recorded The norms of all channels at epoch 0, 1, 2, ...
 * @returns The norms at an epoch, which may be a fraction; it throws as this does.
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814, section 2.
 * @throws {TypeError} for a wrong type.
 * @throws {RangeError} for what is negative or not finite, of different lengths, or of no epochs.
 */
export function normSchedule(recorded: readonly ArrayLike<number>[]): (epoch: number) => Float64Array {
  if (!Array.isArray(recorded)) throw wrong("recorded", "an array of norms for each epoch", recorded);
  if (!recorded.length) throw wrong("recorded", "of at least one epoch", recorded, "object");
  const epochs = Array.from(recorded, (norms, i) => checkNorms(`recorded[${i}]`, norms));
  for (const [i, { length }] of epochs.entries()) checkSize(`recorded[${i}]`, epochs[0].length, length);
  return (epoch) => {
    const place = Math.min(checkNumber("epoch", epoch, 0), epochs.length - 1);
    const from = epochs[Math.floor(place)];
    const to = epochs[Math.ceil(place)];
    const share = place % 1;
    return from.map((value, i) => value + share * (to[i] - value));
  };
}

/** Whether float32 has a norm with all of its digits, and kernels the factor to another one. */
function isOrdinary(norm: number, wanted: number): boolean {
  const ratio = wanted / norm;
  return (
    norm === 0 || wanted === 0 || (norm >= MIN_NORMAL && wanted >= MIN_NORMAL && ratio > 2 ** -120 && ratio < 2 ** 120)
  );
}

/** The weights with other norms, in float64: for norms that are beyond float32 where the weights are not. */
function rescaled(w: Operand, axis: number, norms: Float64Array): Operand {
  const values = valuesOf(w);
  const inner = sizeOf(w.shape, axis + 1);
  const channelAt = (i: number): number => Math.floor(i / inner) % norms.length;
  const squares = new Float64Array(norms.length);
  for (let i = 0; i < values.length; i++) squares[channelAt(i)] += values[i] * values[i];
  for (let i = 0; i < values.length; i++) {
    const c = channelAt(i);
    if (squares[c] !== 0) values[i] *= norms[c] / Math.sqrt(squares[c]);
  }
  return new Operand(values, 0, w.shape, w.size, STORAGE_FLOAT32);
}

/**
 * Rescales every output channel of a weight to an L2 norm, as the norm schedule does after each step; in the shape of w. A
 * channel of zeros stays as it is.
 *
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814, section 2.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const rescaleToNorms = ((w: TensorLike, options: RescaleOptions) => {
  if (!isObject(options)) throw wrong("options", "an object", options);
  const o = checkOptions(options, ["norms", "axis", "dtype", "out"]);
  const norms = checkNorms("norms", o.norms);
  const { axis, dtype, out } = o;
  const input = operand("w", w);
  const channel = checkAxis("axis", axis, input.shape.length, 0);
  const channels = input.shape[channel];
  checkSize("norms", channels, norms.length);
  const others = except(input.shape, channel);
  const deviation = normsOf(input, L2, others);
  if (!norms.every((wanted, c) => isOrdinary(deviation[c], wanted) && wanted < 2 ** 127)) {
    const y = target(out, input.shape, input.size, checkDType("dtype", dtype), input);
    checkOverlap(y, "w", input, true);
    scale(rescaled(input, channel, norms), y, 1);
    return finish(y);
  }
  // (w - 0) / (‖w‖ + 0) · norm
  for (let i = 0; i < channels; i++) if (deviation[i] === 0) deviation[i] = 1;
  const mean = new Float32Array(channels);
  const given = { norm: "l1", eps: 0, mean, deviation, weight: Float32Array.from(norms), dtype, out } as const;
  return normalize(input, given, input.shape, others, 1 << channel, channels);
}) as TransformBy<RescaleOptions>;
