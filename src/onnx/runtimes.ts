// Which kernel a runtime has for an operator, as far as their sources tell (docs/kernels.md).

import type { KernelName } from "../numerics/kernels.js";
import type { Normalization } from "./normalization.js";

interface RuntimeRow {
  /** By operator; "*" is for all others that are one node. */
  readonly operators: Readonly<Record<string, KernelName>>;
  /** For what is written out in small operators and is not fused. */
  readonly decomposed: KernelName;
  /**
   * From which version of ONNX's operators what is written out becomes one node by default; Infinity: never. For onnxruntime that is
   * optimizer/graph_transformer_utils.cc (001290de): LayerNormFusion at the first level for all, at the second for CPU and CUDA;
   * SimplifiedLayerNormFusion at the second for these alone.
   */
  readonly fused: { readonly layerNorm: number; readonly rmsNorm: number };
  /** What decides which kernel it is. */
  readonly decides: string;
}

const ALWAYS = 0;
const NEVER = Infinity;

const FUSION = "onnxruntime fuses a layer norm that is written out with Pow, Div, a weight and a bias from opset 17 on";
const OPTIMIZED = "with optimization disabled it stays as it is";

const WEBGPU: RuntimeRow = {
  operators: {
    LayerNormalization: "onnxruntime-web/webgpu LayerNormalization",
    SimplifiedLayerNormalization: "onnxruntime-web/webgpu SimplifiedLayerNormalization",
    RMSNormalization: "onnxruntime-web/webgpu SimplifiedLayerNormalization",
    SkipLayerNormalization: "onnxruntime-web/webgpu SkipLayerNormalization",
    SkipSimplifiedLayerNormalization: "onnxruntime-web/webgpu SkipSimplifiedLayerNormalization",
    InstanceNormalization: "onnxruntime-web/webgpu InstanceNormalization",
    "*": "onnxruntime-web/webgpu ReduceMean",
  },
  decomposed: "onnxruntime-web/webgpu ReduceMean",
  fused: { layerNorm: 17, rmsNorm: NEVER },
  decides: `${FUSION}, below that for WebGPU only in versions with pull request 32294, which are not assumed here, and an RMS norm never; ${OPTIMIZED}`,
};

const JSEP: RuntimeRow = {
  operators: {
    LayerNormalization: "onnxruntime-web/jsep LayerNormalization",
    SimplifiedLayerNormalization: "onnxruntime-web/jsep LayerNormalization",
    RMSNormalization: "onnxruntime-web/jsep LayerNormalization",
    SkipLayerNormalization: "onnxruntime-web/jsep SkipLayerNormalization",
    SkipSimplifiedLayerNormalization: "onnxruntime-web/jsep SkipLayerNormalization",
    InstanceNormalization: "onnxruntime-web/jsep InstanceNormalization",
    "*": "onnxruntime-web/jsep ReduceMean",
  },
  decomposed: "onnxruntime-web/jsep ReduceMean",
  fused: { layerNorm: 17, rmsNorm: NEVER },
  decides: `${FUSION}, below that it does not for JSEP, and an RMS norm never; ${OPTIMIZED}`,
};

const CUDA: RuntimeRow = {
  operators: {
    LayerNormalization: "onnxruntime/cuda LayerNormalization",
    SimplifiedLayerNormalization: "onnxruntime/cuda SimplifiedLayerNormalization",
    RMSNormalization: "onnxruntime/cuda SimplifiedLayerNormalization",
    SkipLayerNormalization: "onnxruntime/cuda SkipLayerNormalization",
    SkipSimplifiedLayerNormalization: "onnxruntime/cuda SkipLayerNormalization",
    "*": "onnxruntime/cuda ReduceMean",
  },
  decomposed: "onnxruntime/cuda ReduceMean",
  fused: { layerNorm: ALWAYS, rmsNorm: ALWAYS },
  decides: `${FUSION} at its first level of optimization, below that and an RMS norm at the second; ${OPTIMIZED}`,
};

const everything = (kernel: KernelName, decides: string): RuntimeRow => ({
  operators: { "*": kernel },
  decomposed: kernel,
  fused: { layerNorm: ALWAYS, rmsNorm: ALWAYS },
  decides,
});

const RUNTIMES = {
  "onnxruntime-web-webgpu": WEBGPU,
  "onnxruntime-web-jsep": JSEP,
  "onnxruntime-web-wasm": everything(
    "onnxruntime-web/wasm",
    "onnxruntime has no float16 kernels there: it casts to float32 and back, written out layers too",
  ),
  "onnxruntime-cpu": everything(
    "onnxruntime/cpu",
    "onnxruntime has no float16 kernels there: it casts to float32 and back, written out layers too",
  ),
  "onnxruntime-cuda": CUDA,
  tensorrt: {
    operators: {
      SkipLayerNormalization: "tensorrt skipLayerNorm",
      "*": "tensorrt INormalizationLayer",
    },
    decomposed: "float16 sums",
    fused: { layerNorm: NEVER, rmsNorm: NEVER },
    decides:
      "TensorRT runs a normalization that is one operator in float32 by default; one that is written out runs in the precision of its layers",
  },
  openvino: {
    operators: {
      SimplifiedLayerNormalization: "openvino RMS",
      RMSNormalization: "openvino RMS",
      SkipSimplifiedLayerNormalization: "openvino RMS",
      "*": "openvino MVN",
    },
    decomposed: "openvino MVN",
    fused: { layerNorm: ALWAYS, rmsNorm: ALWAYS },
    decides: "OpenVINO fuses what is written out to MVN or RMS where it recognizes it",
  },
  xnnpack: {
    operators: { "*": "xnnpack mean" },
    decomposed: "xnnpack mean",
    fused: { layerNorm: NEVER, rmsNorm: NEVER },
    decides: "XNNPACK has no layer norm of its own: everything is written out",
  },
  mnn: everything("mnn LayerNorm", "MNN computes its layer norm in float32"),
} as const satisfies Record<string, RuntimeRow>;

/** Runtimes whose kernels a model can be diagnosed for. */
export type RuntimeName = keyof typeof RUNTIMES;

export const RUNTIME_NAMES = Object.keys(RUNTIMES) as RuntimeName[];

/** What decides which kernel a runtime takes, in a sentence. */
export const decidesOf = (runtime: RuntimeName): string => RUNTIMES[runtime].decides;

/** The operator that a written out group is fused to, which wants its weight, and a layer norm its bias. */
function fusedTo(
  { fused }: RuntimeRow,
  { operator, weight, bias }: Normalization,
  opset: number,
): "LayerNormalization" | "SimplifiedLayerNormalization" | undefined {
  if (weight === undefined) return undefined;
  if (operator === "decomposed RMSNorm") return opset >= fused.rmsNorm ? "SimplifiedLayerNormalization" : undefined;
  const whole = operator === "decomposed LayerNorm" && bias !== undefined && opset >= fused.layerNorm;
  return whole ? "LayerNormalization" : undefined;
}

/** The kernel of a runtime for a layer. @param opset The version of ONNX's own operators. */
export function kernelOf(runtime: RuntimeName, layer: Normalization, opset: number): KernelName {
  const row: RuntimeRow = RUNTIMES[runtime];
  const written = layer.operator.startsWith("decomposed");
  const operator = written ? fusedTo(row, layer, opset) : layer.operator;
  return operator === undefined ? row.decomposed : (row.operators[operator] ?? row.operators["*"]);
}
