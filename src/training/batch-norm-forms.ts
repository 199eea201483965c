// What a BatchNorm is made from, and what it comes to as data: at inference, and as JSON.

import type { JsonNumber } from "../checks/saved-state.js";
import type { Arithmetic } from "../numerics/arithmetic.js";
import type { Normalizer } from "../numerics/norm.js";
import type { TensorLike } from "../tensor/forms.js";

/** Of `new BatchNorm()`: what is fixed for as long as the layer is trained. */
export interface BatchNormSettings {
  /** Number of channels, at least 1. */
  channels: number;
  /** Default: "l2". */
  norm?: Normalizer | undefined;
  /** The axis of the channels, negative from the end. Default: 1. */
  axis?: number | undefined;
  /** Default: as in the layers. */
  eps?: number | undefined;
  /**
   * Share of the batch in the running statistics, in [0, 1], as in PyTorch; null takes the average of all batches.
   * Default: 0.1.
   */
  momentum?: number | null | undefined;
  /** Whether there are a weight and a bias to be learnt. Default: true. */
  affine?: boolean | undefined;
  /** Initial weights, copied, one per channel. Default: ones. */
  weight?: TensorLike | undefined;
  /** Initial biases, copied, one per channel. Default: zeros. */
  bias?: TensorLike | undefined;
  /** See `batchNorm()`. */
  calibrated?: boolean | undefined;
  /**
   * Ghost top-k, for the norms { topk } only: training divides by an average over the batches, in which the latest has the
   * share 1 - ghost; `true` is the paper's 0.75. Default: none.
   */
  ghost?: number | boolean | undefined;
  /** Emulate this arithmetic. Default: native arithmetic, as close to exact as float32 allows. */
  arithmetic?: Arithmetic | undefined;
}

/** Batch norm at inference, as `batchNorm()` and `foldBatchNorm()` take it. */
export interface BatchNormParameters {
  /** The norm that was trained by. */
  norm: Normalizer;
  /** What is added: under the root for L2, to S for the other norms. */
  eps: number;
  /** Running means, one per channel: those of the layer, not copied. */
  mean: Float32Array;
  /** Running S without eps, one per channel, not copied. */
  deviation: Float32Array;
  /** One per channel, not copied; undefined where none is learnt. */
  weight: Float32Array | undefined;
  /** One per channel, not copied; undefined where none is learnt. */
  bias: Float32Array | undefined;
}

/** All that a BatchNorm is, as JSON. */
export interface BatchNormState {
  /** Name of this form: it changes with its meaning. */
  schema: "halfnorm.batchnorm/1";
  /** Number of channels. */
  channels: number;
  /** The norm that is divided by. */
  norm: Normalizer;
  /** The axis of the channels. */
  axis: number;
  /** What is added: under the root for L2, to S for the other norms. */
  eps: number;
  /** Share of the latest batch in the running statistics; null: the average of all. */
  momentum: number | null;
  /** See `batchNorm()`. */
  calibrated: boolean;
  /** Share of the average so far in what training divides by; null: none. */
  ghost: number | null;
  /** The arithmetic that is emulated; null: native. */
  arithmetic: Arithmetic | null;
  /** Batches that were trained on. */
  numBatches: number;
  /** Running means, one per channel. */
  runningMean: JsonNumber[];
  /** Running S without eps, one per channel. */
  runningDeviation: JsonNumber[];
  /** null where there is none. */
  ghostDeviation: JsonNumber[] | null;
  /** Learnt weights, one per channel; null where there are none. */
  weight: JsonNumber[] | null;
  /** Learnt biases, one per channel; null where there are none. */
  bias: JsonNumber[] | null;
}
