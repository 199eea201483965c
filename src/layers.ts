// What has the layers alone: tensors, conversions, reductions and layers, and what their options are made of. The package
// exports it as it is, and everything else beside it (index.ts).

export { empty, memory, tensor } from "./conversion/create.js";
export { type ConvertOptions, fromFloat16, toFloat16 } from "./conversion/float16.js";
export { type RoundOptions, round } from "./conversion/round.js";
export {
  type BatchNormOptions,
  batchNorm,
  type GroupNormOptions,
  groupNorm,
  type InstanceNormOptions,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type RmsNormOptions,
  rmsNorm,
} from "./layers/layers.js";
export type { NormalizationOptions } from "./layers/normalize.js";
export { trelu } from "./layers/trelu.js";
export {
  type BoundedWeightNormOptions,
  boundedWeightNorm,
  type LpNormalizeOptions,
  lpNormalize,
  type WeightNormOptions,
  weightNorm,
} from "./layers/weights.js";
export type { Arithmetic, ArithmeticInUse, Order } from "./numerics/arithmetic.js";
export type { Format, FormatName, RoundingMode } from "./numerics/format.js";
export {
  bfloat16,
  type FormatSpec,
  float8_e4m3fn,
  float8_e5m2,
  float16,
  float32,
  format,
  type Overflow,
  tfloat32,
} from "./numerics/format.js";
export type { LpNorm, Norm, Normalizer } from "./numerics/norm.js";
export {
  type MeanOptions,
  mean,
  type NormOptions,
  norm,
  type Reduction,
  type Statistics,
  type StatisticsOptions,
  statistics,
} from "./statistics/reduce.js";
export type {
  Dense,
  Nested,
  OrtLike,
  Out,
  OutputOptions,
  Plain,
  Shaped,
  TensorLike,
  Transform,
  TransformBy,
} from "./tensor/forms.js";
export type { Data, DType, Float16 } from "./tensor/storage.js";
export { Tensor } from "./tensor/tensor.js";
export { tidy } from "./tensor/tidy.js";
