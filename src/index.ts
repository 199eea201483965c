export { type BatchNormOptions, batchNorm } from "./batch-norm.js";
export { empty, memory, tensor } from "./conversion/create.js";
export {
  type ConvertOptions,
  fromFloat16,
  type RoundOptions,
  round,
  toFloat16,
  trelu,
} from "./conversion/float16.js";
export { COMPARISON_SCHEMA, type CompareOptions, type Comparison, compare } from "./diagnosis/compare.js";
export { type DiagnoseOptions, diagnose } from "./diagnosis/diagnose.js";
export { formatComparison, formatDiagnosis, type TextOptions } from "./diagnosis/diagnosis-text.js";
export * from "./diagnosis/result.js";
export type { Tolerances } from "./diagnosis/tolerances.js";
export {
  type GroupNormOptions,
  groupNorm,
  type InstanceNormOptions,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type RmsNormOptions,
  rmsNorm,
} from "./layers/layers.js";
export type { NormalizationOptions, OutputOptions, Transform, TransformBy } from "./layers/normalize.js";
export {
  type BoundedWeightNormOptions,
  boundedWeightNorm,
  type LpNormalizeOptions,
  lpNormalize,
  type WeightNormOptions,
  weightNorm,
} from "./layers/weights.js";
export { type Halfnorm, type LoadOptions, load } from "./load.js";
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
export { Tensor } from "./tensor/tensor.js";
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
export type * from "./types.js";
