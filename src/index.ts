export { empty, memory, tensor } from "./conversion/create.js";
export { type ConvertOptions, fromFloat16, toFloat16 } from "./conversion/float16.js";
export { type RoundOptions, round } from "./conversion/round.js";
export { COMPARISON_SCHEMA, type CompareOptions, type Comparison, compare } from "./diagnosis/compare.js";
export { formatComparison } from "./diagnosis/comparison-text.js";
export { diagnose } from "./diagnosis/diagnose.js";
export { formatDiagnosis } from "./diagnosis/diagnosis-text.js";
export type { DiagnoseOptions } from "./diagnosis/question.js";
export * from "./diagnosis/result.js";
export type { Tolerances } from "./diagnosis/tolerances.js";
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
export { type Halfnorm, type LoadOptions, load } from "./load.js";
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
export { type KernelDetails, type KernelSource, kernelDetails } from "./numerics/kernel-details.js";
export { type KernelArithmetic, type KernelKind, type KernelName, kernels } from "./numerics/kernels.js";
export type { LpNorm, Norm, Normalizer } from "./numerics/norm.js";
export {
  type PartialJson,
  type PartialOptions,
  type PartialResult,
  type PartialResultOptions,
  PartialStatistics,
  partial,
} from "./statistics/partial.js";
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
export type { TextOptions } from "./text/page.js";
export {
  BatchNorm,
  type BatchNormParameters,
  type BatchNormSettings,
  type BatchNormState,
} from "./training/batch-norm.js";
export { type Folded, type FoldFunction, type FoldLayer, type FoldOptions, foldBatchNorm } from "./training/fold.js";
export type {
  Backward,
  BackwardBy,
  GradientOptions,
  GradientOut,
  Gradients,
  GradientsIn,
  SavedStatistics,
} from "./training/gradient.js";
export {
  type BatchNormBackwardOptions,
  batchNormBackward,
  type GroupNormBackwardOptions,
  groupNormBackward,
  type InstanceNormBackwardOptions,
  instanceNormBackward,
  type LayerNormBackwardOptions,
  layerNormBackward,
  type RmsNormBackwardOptions,
  rmsNormBackward,
} from "./training/layer-gradients.js";
export {
  type ChannelOptions,
  type CorrectionOptions,
  channelNorms,
  correctedLearningRate,
  effectiveStepSize,
  normSchedule,
  type RescaleOptions,
  rescaleToNorms,
} from "./training/learning-rate.js";
export {
  type BoundedWeightBackward,
  type BoundedWeightNormBackwardOptions,
  boundedWeightNormBackward,
  type WeightBackward,
  type WeightGradientOut,
  type WeightGradients,
  type WeightNormBackwardOptions,
  weightNormBackward,
} from "./training/weight-gradients.js";
