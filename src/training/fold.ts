// Batch norm folded into the layer before it.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { checkAxis, checkNumber, checkOptions, isObject, wrong } from "../checks/arguments.js";
import { engine } from "../engine/engine.js";
import { DEFAULT_EPS, UNBOUNDED } from "../numerics/constants.js";
import { checkNorm, type Normalizer, type NormSpec, scaleOf } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import type { Dense, Plain, TensorLike } from "../tensor/forms.js";
import { finish, type Operand, operand, parameter, required, settle, target } from "../tensor/operand.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** A convolution or a dense layer. */
export interface FoldLayer<T extends TensorLike = TensorLike> {
  /** Weights, with the output channels along `axis` of the options. */
  readonly weight: T;
  /** One for each output channel. Default: none, which is zeros. */
  readonly bias?: TensorLike | undefined;
}

/** Batch norm at inference, in the words of `batchNorm()`; each tensor has one value for each output channel. */
export interface FoldOptions {
  /** Means of the channels. */
  mean: TensorLike;
  /** May be left out for "none". */
  deviation?: TensorLike | undefined;
  /** Default: "l2". */
  norm?: Normalizer | undefined;
  /** Default: 1e-5. */
  eps?: number | undefined;
  /** γ of the channels. Default: ones. */
  weight?: TensorLike | undefined;
  /** β of the channels. Default: zeros. */
  bias?: TensorLike | undefined;
  /**
   * The axis of the output channels in the weight of the layer, negative from the end. Default: 0, as in PyTorch and
   * ONNX; -1 for TensorFlow.
   */
  axis?: number | undefined;
}

/** Weight and bias of a layer that does the normalization behind it as well, in the shapes that they had. */
export interface Folded<T> {
  /** float32, of the shape that the weight of the layer had. */
  weight: T;
  /** float32, one for each output channel. */
  bias: T;
}

/** Tensors give tensors, plain arrays give plain arrays. */
export interface FoldFunction {
  (layer: FoldLayer<Tensor>, options: FoldOptions): Folded<Tensor>;
  (layer: FoldLayer<Plain>, options: FoldOptions): Folded<Dense<Float32Array>>;
  (layer: FoldLayer, options: FoldOptions): Folded<Tensor> | Folded<Dense<Float32Array>>;
}

const LAYER_KEYS = ["weight", "bias"];
const OPTION_KEYS = ["mean", "deviation", "norm", "eps", "weight", "bias", "axis"];

/** 1 / S of every channel, S from the deviation and eps by the rule of the norm. */
function inverses(norm: NormSpec, deviation: Float32Array | undefined, eps: number, channels: number): Float64Array {
  const result = new Float64Array(channels).fill(1);
  if (norm.name === "none") return result;
  for (let c = 0; c < channels; c++) {
    const d = (deviation as Float32Array)[c];
    const scale = scaleOf(norm, d, eps);
    if (!(d >= 0 && scale > 0 && scale < Infinity)) {
      throw wrong(`deviation[${c}]`, 'finite and at least 0, above 0 if "eps" is 0', d, "number");
    }
    result[c] = 1 / scale;
  }
  return result;
}

/** Puts values in the place of a result. */
function deliver(to: Operand, values: Float32Array): Tensor | Dense<Float32Array> {
  settle(to);
  if (to.address) engine().heap.f32.set(values, to.address / 4);
  else if (!to.tensor) to.array = values;
  return finish(to) as Tensor | Dense<Float32Array>;
}

/**
 * Folds batch norm, at inference, into the convolution or dense layer before it: the layer with the new weight and bias
 * gives what layer and batch norm give one after the other. weight · γ / S and (bias - mean) · γ / S + β, computed in
 * float64 and rounded once to float32, with S as in {@link batchNorm}.
 *
 * A result lives where the weight of the layer lives.
 *
 * @see torch.nn.utils.fusion.fuse_conv_bn_weights, which takes the variance in place of the deviation.
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for a wrong value or shape, an S of 0, or when memory cannot grow.
 */
export const foldBatchNorm = ((layer: FoldLayer, options: FoldOptions) => {
  if (!isObject(layer)) throw wrong("layer", "an object", layer);
  const { weight: w, bias: b } = checkOptions(layer, LAYER_KEYS);
  if (!isObject(options)) throw wrong("options", "an object", options);
  const o = checkOptions(options, OPTION_KEYS);
  const weight = operand("layer.weight", w);
  const { shape } = weight;
  const axis = checkAxis("axis", o.axis, shape.length, 0);
  const channels = shape[axis];
  const norm = checkNorm(o.norm, UNBOUNDED, true);
  const { eps = DEFAULT_EPS } = o;
  checkNumber("eps", eps, 0);
  const values = (name: string, from: TensorLike | undefined): Float32Array | undefined => {
    const checked = parameter(name, from, channels);
    return checked && valuesOf(checked);
  };
  const old = values("layer.bias", b);
  const mean = valuesOf(required("mean", o.mean, channels));
  const { deviation: given } = o;
  const needed = norm.name !== "none" || given !== undefined;
  const deviation = needed ? valuesOf(required("deviation", given as TensorLike, channels)) : undefined;
  const gamma = values("weight", o.weight);
  const beta = values("bias", o.bias);
  const factors = inverses(norm, deviation, eps, channels);
  const bias = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    if (gamma) factors[c] *= gamma[c];
    bias[c] = ((old ? old[c] : 0) - mean[c]) * factors[c] + (beta ? beta[c] : 0);
  }
  const folded = valuesOf(weight);
  const inner = sizeOf(shape, axis + 1);
  for (let i = 0; i < folded.length; ) {
    for (let c = 0; c < channels; c++) {
      for (const end = i + inner; i < end; i++) folded[i] *= factors[c];
    }
  }
  const made = deliver(target(undefined, shape, weight.size, STORAGE_FLOAT32, weight), folded);
  try {
    return { weight: made, bias: deliver(target(undefined, [channels], channels, STORAGE_FLOAT32, weight), bias) };
  } catch (error) {
    if ("dispose" in made) made.dispose();
    throw error;
  }
}) as FoldFunction;
