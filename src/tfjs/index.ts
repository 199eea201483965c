/**
 * Layers for TensorFlow.js. Everything that reaches the engine comes from ../index.js, which stays a file of its own in the
 * package, so that there is one engine.
 *
 * @module halfnorm/tfjs
 */

import type { layers } from "@tensorflow/tfjs-layers";
import { BatchNormalization, type BatchNormalizationArgs } from "./batch-normalization.js";
import type { LayerArgs } from "./config.js";
import {
  LayerNormalization,
  type LayerNormalizationArgs,
  RmsNormalization,
  type RmsNormalizationArgs,
} from "./layer-normalization.js";
import { TRelu } from "./trelu.js";
import {
  BoundedWeightNormalization,
  type BoundedWeightNormalizationArgs,
  WeightNormalization,
  type WeightNormalizationArgs,
} from "./weight-normalization.js";

export type {
  BatchNormalizationArgs,
  BoundedWeightNormalizationArgs,
  LayerNormalizationArgs,
  RmsNormalizationArgs,
  WeightNormalizationArgs,
};

/**
 * Batch normalization by any norm: tf.layers.batchNormalization with `norm`, `calibrated` and `arithmetic`. In training it
 * normalizes by the batch, and moving averages of mean and deviation follow; in inference it normalizes by these.
 *
 * @see tf.layers.batchNormalization; the norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown argument.
 * @throws {RangeError} for a wrong value.
 */
export const batchNormalization = (args?: BatchNormalizationArgs): layers.Layer => new BatchNormalization(args);

/**
 * Layer normalization by any norm: tf.layers.layerNormalization with `norm`, `calibrated` and `arithmetic`.
 *
 * @see tf.layers.layerNormalization; the norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown argument.
 * @throws {RangeError} for a wrong value.
 */
export const layerNormalization = (args?: LayerNormalizationArgs): layers.Layer => new LayerNormalization(args);

/**
 * Layer normalization without centring and without beta: x / S · gamma, S of x itself.
 *
 * @see keras.layers.RMSNormalization; Zhang and Sennrich, arXiv 1910.07467.
 * @throws {TypeError} for a wrong type or an unknown argument.
 * @throws {RangeError} for a wrong value.
 */
export const rmsNormalization = (args?: RmsNormalizationArgs): layers.Layer => new RmsNormalization(args);

/**
 * A layer whose kernel is g · v / ‖v‖ for every output channel: v is the kernel that it has, and g, the norms of the
 * initial one, are added to its weights.
 *
 * @see Salimans and Kingma, arXiv 1602.07868.
 * @throws {TypeError} for a wrong type or an unknown argument.
 * @throws {RangeError} for a wrong value.
 */
export const weightNormalization = (args: WeightNormalizationArgs): layers.Layer => new WeightNormalization(args);

/**
 * A layer whose kernel is ρ · v / ‖v‖ for every output channel: v is the kernel that it has, and ρ, which is not trained, is
 * saved with its weights. With `learnable`, the kernel is (ρ / ‖g‖₂) · g · v / ‖v‖, and g is trained.
 *
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown argument.
 * @throws {RangeError} for a wrong value.
 */
export const boundedWeightNormalization = (args: BoundedWeightNormalizationArgs): layers.Layer =>
  new BoundedWeightNormalization(args);

/**
 * The paper's activation: relu(x) shifted and scaled so that it has mean 0 and variance 1 on N(0, 1).
 *
 * @see The published code of Hoffer et al., *Norm matters*, arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown argument.
 */
export const trelu = (args?: LayerArgs): layers.Layer => new TRelu(args);
