export { type BatchNormOptions, batchNorm } from "./batch-norm.js";
export {
  BatchNorm,
  type BatchNormParameters,
  type BatchNormSettings,
  type BatchNormState,
} from "./batch-norm-state.js";
export { COMPARISON_SCHEMA, type CompareOptions, type Comparison, compare } from "./compare.js";
export {
  type ConvertOptions,
  fromFloat16,
  type RoundOptions,
  round,
  toFloat16,
  trelu,
} from "./convert.js";
export { empty, memory, tensor } from "./create.js";
export { type DiagnoseOptions, diagnose } from "./diagnose.js";
export * from "./diagnosis.js";
export { type Folded, type FoldFunction, type FoldLayer, type FoldOptions, foldBatchNorm } from "./fold.js";
export { formatComparison, formatDiagnosis, type TextOptions } from "./format-diagnosis.js";
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
} from "./formats.js";
export type {
  Backward,
  BackwardBy,
  GradientOptions,
  GradientOut,
  Gradients,
  GradientsIn,
  SavedStatistics,
} from "./gradient-checks.js";
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
} from "./gradients.js";
export {
  type GroupNormOptions,
  groupNorm,
  type InstanceNormOptions,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type RmsNormOptions,
  rmsNorm,
} from "./layers.js";
export {
  type ChannelOptions,
  type CorrectionOptions,
  channelNorms,
  correctedLearningRate,
  effectiveStepSize,
  normSchedule,
  type RescaleOptions,
  rescaleToNorms,
} from "./learning-rate.js";
export { type Halfnorm, type LoadOptions, load } from "./load.js";
export type { NormalizationOptions, OutputOptions, Transform, TransformBy } from "./normalize.js";
export {
  type PartialJson,
  type PartialOptions,
  type PartialResult,
  type PartialResultOptions,
  PartialStatistics,
  partial,
} from "./partial.js";
export {
  type MeanOptions,
  mean,
  type NormOptions,
  norm,
  type Reduction,
  type Statistics,
  type StatisticsOptions,
  statistics,
} from "./reduce.js";
export { Tensor } from "./tensor.js";
export type { Tolerances } from "./tolerances.js";
export type * from "./types.js";
export {
  type BoundedWeightBackward,
  type BoundedWeightNormBackwardOptions,
  boundedWeightNormBackward,
  type WeightBackward,
  type WeightGradientOut,
  type WeightGradients,
  type WeightNormBackwardOptions,
  weightNormBackward,
} from "./weight-gradients.js";
export {
  type BoundedWeightNormOptions,
  boundedWeightNorm,
  type LpNormalizeOptions,
  lpNormalize,
  type WeightNormOptions,
  weightNorm,
} from "./weights.js";
