// Which kernel a runtime has for an operator, as far as their sources tell (docs/kernels.md).

import type { KernelName } from "../numerics/kernels.js";
import type { Normalization } from "./normalization.js";

interface RuntimeRow {
  /** By operator; "*" is for all others that are one node. */
  readonly operators: Readonly<Record<string, KernelName>>;
  /** For what is written out in small operators and is not fused. */
  readonly decomposed: KernelName;
  /** From which version of the operators a layer norm that is written out is fused to one node by default; Infinity: never. */
  readonly fusedFrom: number;
  /** What decides which kernel it is. */
  readonly decides: string;
}

const FUSION =
  "onnxruntime fuses a layer norm that is written out from opset 17 on, below that at its second level of optimization only; with optimization disabled it stays as it is";

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
  fusedFrom: Infinity,
  decides: `${FUSION}. For WebGPU it does so only in versions with pull request 32294, so written out layers are judged as they are`,
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
  fusedFrom: 17,
  decides: FUSION,
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
  fusedFrom: 17,
  decides: FUSION,
};

const everything = (kernel: KernelName, decides: string): RuntimeRow => ({
  operators: { "*": kernel },
  decomposed: kernel,
  fusedFrom: 17,
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
    fusedFrom: 17,
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
    fusedFrom: 0,
    decides: "OpenVINO fuses what is written out to MVN or RMS where it recognizes it",
  },
  xnnpack: {
    operators: { "*": "xnnpack mean" },
    decomposed: "xnnpack mean",
    fusedFrom: Infinity,
    decides: "XNNPACK has no layer norm of its own: everything is written out",
  },
  mnn: everything("mnn LayerNorm", "MNN computes its layer norm in float32"),
} as const satisfies Record<string, RuntimeRow>;

export type RuntimeName = keyof typeof RUNTIMES;

export const RUNTIME_NAMES = Object.keys(RUNTIMES) as RuntimeName[];

/** What decides which kernel a runtime takes, in a sentence. */
export const decidesOf = (runtime: RuntimeName): string => RUNTIMES[runtime].decides;

/** The operator that a written out group is fused to. */
const FUSED: Readonly<Record<string, string>> = {
  "decomposed LayerNorm": "LayerNormalization",
  "decomposed RMSNorm": "SimplifiedLayerNormalization",
};

/** The kernel of a runtime for a layer. @param opset The version of ONNX's own operators. */
export function kernelOf(runtime: RuntimeName, { operator }: Normalization, opset: number): KernelName {
  const { operators, decomposed, fusedFrom }: RuntimeRow = RUNTIMES[runtime];
  const written = operator.startsWith("decomposed");
  const name = written && opset >= fusedFrom ? FUSED[operator] : operator;
  if (name === undefined || (written && name === operator)) return decomposed;
  return operators[name] ?? operators["*"];
}
