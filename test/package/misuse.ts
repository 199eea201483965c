/**
 * What the types refuse: wrong uses of every function and class of every entry, by its name. `x` and `t` are a shaped array and a
 * resident tensor, `wrong` is a string.
 */
export const MISUSE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  halfnorm: {
    BatchNorm: ["new BatchNorm({})", 'new BatchNorm({ channels: "4" })', 'new BatchNorm({ channels: 4, norm: "l3" })'],
    PartialStatistics: ["new PartialStatistics('l4')", "new PartialStatistics('l2').add(wrong)"],
    Tensor: ["t.shape = [1]", "t.dtype = 'float32'"],
    batchNorm: ["batchNorm(wrong)", "batchNorm(x, { axes: [0] })", "batchNorm(x, { out: [] })"],
    batchNormBackward: ["batchNormBackward(x)", "batchNormBackward(x, x, { groups: 2 })"],
    boundedWeightNorm: ["boundedWeightNorm(wrong)", "boundedWeightNorm(x, { rho: wrong })"],
    boundedWeightNormBackward: ["boundedWeightNormBackward(x)", "boundedWeightNormBackward(x, x, { rho: wrong })"],
    channelNorms: ["channelNorms(wrong)", "channelNorms(x, { axes: 0 })"],
    compare: ["compare(x)", "compare(x, x, { unit: 'float128' })"],
    correctedLearningRate: ["correctedLearningRate(0.1, [1])", "correctedLearningRate(wrong, [1], [1])"],
    diagnose: ["diagnose(x, { layer: 'layer' })", "diagnose(x, { layer: 'dense', arithmetic: 'float16' })"],
    effectiveStepSize: ["effectiveStepSize(0.1)", "effectiveStepSize(wrong, [1])"],
    empty: ["empty(4)", "empty([4], 'int8')"],
    foldBatchNorm: ["foldBatchNorm({ weight: x })", "foldBatchNorm({ weight: x }, { deviation: x })"],
    format: ["format({ precision: 5 })", "format('float16')"],
    formatComparison: ["formatComparison(x)"],
    formatDiagnosis: ["formatDiagnosis(x)"],
    fromFloat16: ["fromFloat16(wrong)", "fromFloat16(new Float32Array(1))"],
    groupNorm: ["groupNorm(x)", "groupNorm(x, {})", "groupNorm(x, { groups: wrong })"],
    groupNormBackward: ["groupNormBackward(x, x)", "groupNormBackward(x, x, {})"],
    instanceNorm: ["instanceNorm(wrong)", "instanceNorm(x, { groups: 2 })"],
    instanceNormBackward: ["instanceNormBackward(x)", "instanceNormBackward(x, x, { eps: wrong })"],
    layerNorm: [
      "layerNorm(wrong)",
      "layerNorm(x, { arithmetic: 'float15' })",
      "layerNorm(x, { norm: { topk: wrong } })",
    ],
    layerNormBackward: ["layerNormBackward(x)", "layerNormBackward(x, x, { out: x })"],
    load: ["load({ module: wrong })", "load({ bytes: [0] })"],
    lpNormalize: ["lpNormalize(wrong)", "lpNormalize(x, { norm: 'none' })"],
    mean: ["mean(wrong)", "mean(x, { norm: 'l1' })"],
    memory: ["memory(1)", "memory().pages"],
    norm: ["norm(wrong)", "norm(x, { norm: 'l3' })", "norm(x, { axis: 0 })"],
    normSchedule: ["normSchedule([1, 2])", "normSchedule([[1]])(wrong)"],
    partial: ["partial('l3')", "partial('l2', { keepDims: true })"],
    rescaleToNorms: ["rescaleToNorms(x)", "rescaleToNorms(x, {})"],
    rmsNorm: ["rmsNorm(wrong)", "rmsNorm(x, { norm: 'none' })"],
    rmsNormBackward: ["rmsNormBackward(x)", "rmsNormBackward(x, x, { norm: 'none' })"],
    round: ["round(x)", "round(x, 'float17')", "round(x, 'bfloat16', { mode: 'nearest' })"],
    statistics: ["statistics(wrong)", "statistics(x, { out: x })"],
    tensor: ["tensor(wrong)", "tensor(x, 4)", "tensor(x, [4], 'int8')"],
    tidy: ["tidy()", "tidy(wrong)"],
    toFloat16: ["toFloat16(wrong)", "toFloat16(new Uint16Array(1))"],
    trelu: ["trelu(wrong)", "trelu(x, { norm: 'l1' })"],
    weightNorm: ["weightNorm(x)", "weightNorm(x, {})"],
    weightNormBackward: ["weightNormBackward(x, x)", "weightNormBackward(x, x, {})"],
  },
  "halfnorm/load": {
    load: ["load({ module: wrong })", "load({ url: 4 })", "load({ maxBytes: wrong })"],
  },
  "halfnorm/onnx": {
    ModelError: ["new ModelError(wrong, wrong, wrong, wrong)"],
    diagnoseModel: ["diagnoseModel(wrong, 4)", "diagnoseModel(new Uint8Array(1), { norm: 'l1' })"],
  },
  "halfnorm/tfjs": {
    batchNormalization: [
      "batchNormalization({ norm: 'l3' })",
      "batchNormalization({ movingVarianceInitializer: 'ones' })",
    ],
    boundedWeightNormalization: ["boundedWeightNormalization()", "boundedWeightNormalization({ norm: 'l1' })"],
    layerNormalization: ["layerNormalization({ norm: 'l3' })", "layerNormalization({ axis: 'all' })"],
    rmsNormalization: ["rmsNormalization({ norm: 'none' })", "rmsNormalization({ center: true })"],
    trelu: ["trelu({ units: 4 })"],
    weightNormalization: ["weightNormalization()", "weightNormalization({ norm: 'l1' })"],
  },
};

/** The same as a script that compiles where each line is refused. */
export function misuseOf(entry: string): string {
  const uses = Object.values(MISUSE[entry]).flat();
  return `
    import { ${Object.keys(MISUSE[entry]).join(", ")} } from "${entry}";
    declare const wrong: string;
    declare const t: import("halfnorm").Tensor;
    const x = { data: new Float32Array(4), shape: [2, 2] };
    ${uses.map((use) => `// @ts-expect-error\n    ${use};`).join("\n    ")}
    export { x, t, wrong };
  `;
}
