/**
 * Tensors, reductions, normalizations, training, diagnosis.
 *
 * @module halfnorm
 */

export { COMPARISON_SCHEMA, type CompareOptions, type Comparison, compare } from "./diagnosis/compare.js";
export { formatComparison } from "./diagnosis/comparison-text.js";
export { diagnose } from "./diagnosis/diagnose.js";
export { formatDiagnosis } from "./diagnosis/diagnosis-text.js";
export type { DiagnoseOptions } from "./diagnosis/question.js";
export * from "./diagnosis/result.js";
export type { Tolerances } from "./diagnosis/tolerances.js";
export * from "./layers.js";
export { type Halfnorm, type LoadOptions, load } from "./load.js";
export { type KernelDetails, type KernelSource, kernelDetails } from "./numerics/kernel-details.js";
export { type KernelArithmetic, type KernelKind, type KernelName, kernels } from "./numerics/kernels.js";
export {
  type PartialJson,
  type PartialOptions,
  type PartialResult,
  type PartialResultOptions,
  PartialStatistics,
  partial,
} from "./statistics/partial.js";
export type { TextOptions } from "./text/page.js";
export { BatchNorm } from "./training/batch-norm.js";
export type { BatchNormParameters, BatchNormSettings, BatchNormState } from "./training/batch-norm-forms.js";
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
