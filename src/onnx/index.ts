/**
 * Models in ONNX: which of their normalizations float16 breaks, and which nodes to keep in float32.
 *
 * @module halfnorm/onnx
 */

export { diagnoseModel } from "./diagnose-model.js";
export type { ModelInput, ModelInputs } from "./inputs.js";
export type { DiagnoseModelOptions } from "./options.js";
export { ModelError } from "./proto.js";
export * from "./result.js";
export type { OrtData, OrtRuntime, OrtSession, OrtTensor } from "./runtime.js";
export type { RuntimeName } from "./runtimes.js";
