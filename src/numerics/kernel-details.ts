// What the kernels of kernels.ts are: whose, of which kind, what of them is not modelled, and where that was read.

import type { KernelKind, KernelName } from "./kernels.js";

/** Where the arithmetic of a runtime's kernel was read, and what of it is not modelled. */
export interface KernelDetails {
  /** null: a kind, which many runtimes have kernels of. */
  readonly runtime: string | null;
  /** What the runtime calls it; null for all that it has, and for kinds. */
  readonly operator: string | null;
  /** Where the runtime takes it not always: when. */
  readonly when: string | null;
  /** Which of the four kinds it is of. Its own arithmetic is in `kernels`. */
  readonly kind: KernelKind;
  /** What the kernel does otherwise than the arithmetic: where there is anything, bits may differ from the runtime's. */
  readonly notModelled: readonly string[];
  /** Where it was read; null for kinds. */
  readonly source: KernelSource | null;
}

/** A file of a runtime, at the commit at which it was read. */
export interface KernelSource {
  /** Owner and name on GitHub, or an address. */
  readonly repository: string;
  /** Path in it, or what was read there. */
  readonly file: string;
  /** A commit, or the date of what was read. */
  readonly version: string;
}

/** What a kernel's name, "runtime operator", does not say. */
type Row = Omit<KernelDetails, "runtime" | "operator">;

/** In a function, so that no bundle has it that does not use it. */
function table() {
  const STORAGE = 'tensors are stored in float16: give the data in float16, and dtype "float16" for the output';
  const SKIP = "what is normalized is the sum with the skipped input, rounded to float16: give that";
  const ONE_PASS = "the variance is E[x²] - E[x]²";
  const WELFORD = "mean and variance are Welford's, those of several threads merged";
  const DIVIDED = "each term is divided by n before it is added, so that sums stay in range that overflow here";
  const CHUNKS = "each thread adds a contiguous chunk, not every 64th element";
  const VECTORS = "lanes are four for each thread, added last and in another order";
  const FOUR = "the four lanes are added in another order";
  const ORDER = "the order of the sums";
  const QUOTIENT = "a decomposed graph divides by S where this multiplies by 1 / S";
  const WEIGHTS = "weight and bias are applied in float16, after the normalized value has been rounded to it";
  const WGSL = "fused multiply-add, subnormals and overflow are up to the device";
  const FUSED = "the compiler may fuse products and sums";
  const TIMES = "the mean is the sum times 1 / n, rounded, not the sum by n";
  const MIXED = "fused multiply-add in float32: x · (1 / S) - mean · (1 / S), then · weight + bias";
  const CLOSED = "the kernel is closed: this is what the file says of it";

  const READ = "2026-11-28";
  const ORT = "microsoft/onnxruntime";
  const NATIVE = "onnxruntime/core/providers/webgpu";
  const JSEP = "js/web/lib/wasm/jsep/webgpu/ops";
  const TORCH = "aten/src/ATen/native";
  const INTEL = "src/plugins/intel_gpu/src/kernel_selector/cl_kernels";

  const kind = (name: KernelKind, ...notModelled: string[]): Row => ({
    when: null,
    kind: name,
    notModelled,
    source: null,
  });
  const kernel = (
    kind: KernelKind,
    [repository, file, version]: readonly [string, string, string],
    ...notModelled: string[]
  ): Row => ({ when: null, kind, notModelled, source: { repository, file, version } });
  const where = (when: string, row: Row): Row => ({ ...row, when });

  const layer = [ORT, `${NATIVE}/nn/layer_norm.cc`, "007a78e7"] as const;
  const skip = [ORT, "onnxruntime/contrib_ops/webgpu/bert/skip_layer_norm.cc", READ] as const;
  const reduction = [ORT, `${NATIVE}/reduction/reduction_ops.cc`, "7dc1cd04"] as const;
  const cudaLayer = [ORT, "onnxruntime/core/providers/cuda/nn/layer_norm_impl.cu", "0d89e5d1"] as const;
  const cpu = [ORT, "onnxruntime/core/providers/cpu/nn/layer_norm_impl.cc", READ] as const;
  const cpuLeft = [ONE_PASS, "reductions of decomposed graphs add in vectors", FUSED, STORAGE];

  return {
    "float16 sums": kind("float16 sums"),
    "float32 sums": kind("float32 sums"),
    "float32 statistics": kind("float32 statistics"),
    float32: kind("float32", STORAGE),

    "onnxruntime-web/webgpu LayerNormalization": kernel(
      "float32 statistics",
      layer,
      `${ONE_PASS} before PR 28743`,
      CHUNKS,
      WGSL,
    ),
    "onnxruntime-web/webgpu SimplifiedLayerNormalization": kernel("float32 statistics", layer, CHUNKS, WGSL),
    "onnxruntime-web/webgpu SkipLayerNormalization": kernel("float32 statistics", skip, SKIP, ONE_PASS, CHUNKS, WGSL),
    "onnxruntime-web/webgpu SkipSimplifiedLayerNormalization": kernel("float32 statistics", skip, SKIP, CHUNKS, WGSL),
    "onnxruntime-web/webgpu InstanceNormalization": kernel(
      "float32 statistics",
      [ORT, `${NATIVE}/nn/instance_norm.cc`, "0f72de77"],
      ONE_PASS,
      VECTORS,
      "one channel of one image is added by 64 threads",
      WGSL,
    ),
    "onnxruntime-web/webgpu ReduceMean": kernel("float16 sums", reduction, QUOTIENT, WGSL),
    "onnxruntime-web/webgpu ReduceMean to one value": kernel("float16 sums", reduction, QUOTIENT, WGSL),

    "onnxruntime-web/jsep LayerNormalization": kernel(
      "float32",
      [ORT, `${JSEP}/layer-norm.ts`, "fabfdc0e"],
      ONE_PASS,
      FOUR,
      WGSL,
      STORAGE,
    ),
    "onnxruntime-web/jsep SkipLayerNormalization": kernel(
      "float32 statistics",
      [ORT, `${JSEP}/skip-layer-norm.ts`, "130fed8a"],
      SKIP,
      ONE_PASS,
      FOUR,
      WGSL,
    ),
    "onnxruntime-web/jsep InstanceNormalization": kernel(
      "float32 statistics",
      [ORT, `${JSEP}/instance-norm.ts`, READ],
      ONE_PASS,
      VECTORS,
      WGSL,
    ),
    "onnxruntime-web/jsep ReduceMean": kernel("float32 sums", [ORT, `${JSEP}/reduce.ts`, READ], QUOTIENT, WGSL),

    "onnxruntime-web/wasm": kernel("float32", cpu, ...cpuLeft),
    "onnxruntime/cpu": kernel("float32", cpu, ...cpuLeft),
    "onnxruntime/cuda LayerNormalization": kernel("float32", cudaLayer, WELFORD, FUSED, STORAGE),
    "onnxruntime/cuda SimplifiedLayerNormalization": kernel("float32", cudaLayer, ORDER, FUSED, STORAGE),
    "onnxruntime/cuda SkipLayerNormalization": where(
      "up to 1.24, before PR 28682",
      kernel(
        "float16 sums",
        [ORT, "onnxruntime/contrib_ops/cuda/bert/skip_layer_norm_impl.cu", "02ce7d40"],
        SKIP,
        ONE_PASS,
        DIVIDED,
        ORDER,
        FUSED,
      ),
    ),
    "onnxruntime/cuda ReduceMean": kernel(
      "float32 sums",
      [ORT, "onnxruntime/core/providers/cuda/reduction/reduction_functions.cu", READ],
      QUOTIENT,
      ORDER,
      FUSED,
    ),

    "pytorch/cuda LayerNorm": kernel(
      "float32",
      ["pytorch/pytorch", `${TORCH}/cuda/layer_norm_kernel.cu`, "0005c538"],
      WELFORD,
      FUSED,
      STORAGE,
    ),
    "pytorch/cuda mean": kernel(
      "float32 sums",
      ["pytorch/pytorch", `${TORCH}/cuda/ReduceMomentKernel.cu`, READ],
      QUOTIENT,
      ORDER,
      FUSED,
    ),
    "pytorch/mps LayerNorm": kernel(
      "float32",
      ["pytorch/pytorch", `${TORCH}/mps/kernels/LayerNorm.metal`, "0cb0ff50"],
      ONE_PASS,
      "a variance below 1e-6 is 0",
      ORDER,
      FUSED,
      STORAGE,
    ),
    "pytorch/mps RMSNorm": kernel(
      "float32",
      ["pytorch/pytorch", `${TORCH}/mps/kernels/RMSNorm.metal`, "56aaaecf"],
      WEIGHTS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "pytorch/mps mean": kernel(
      "float32 sums",
      ["pytorch/pytorch", `${TORCH}/mps/operations/ReduceOps.mm`, "00a8867a"],
      QUOTIENT,
      CLOSED,
    ),
    "apex FusedLayerNorm": kernel(
      "float32",
      ["NVIDIA/apex", "csrc/layer_norm_cuda_kernel.cu", "0028c903"],
      WEIGHTS,
      WELFORD,
      FUSED,
      STORAGE,
    ),

    "mlx fast.layer_norm": kernel(
      "float32",
      ["ml-explore/mlx", "mlx/backend/metal/kernels/layer_norm.metal", "846d1762"],
      `${ONE_PASS} in older versions (29221fa2)`,
      WEIGHTS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "mlx fast.rms_norm": kernel(
      "float32",
      ["ml-explore/mlx", "mlx/backend/metal/kernels/rms_norm.metal", "846d1762"],
      WEIGHTS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "mlx InstanceNorm": kernel(
      "float32",
      ["ml-explore/mlx", "python/mlx/nn/layers/normalization.py", "846d1762"],
      WEIGHTS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "mlx mean": kernel(
      "float16 sums",
      ["ml-explore/mlx", "mlx/backend/metal/kernels/reduce.metal", "846d1762"],
      QUOTIENT,
      TIMES,
      ORDER,
      FUSED,
    ),
    "tvm layer_norm": kernel(
      "float32",
      ["apache/tvm", "include/tvm/topi/nn/layer_norm.h", "04993b3a"],
      WEIGHTS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "candle/cuda layer_norm": kernel(
      "float32",
      ["huggingface/candle", "candle-kernels/src/reduce.cu", "2a13b0f3"],
      ONE_PASS,
      ORDER,
      FUSED,
      STORAGE,
    ),
    "candle/metal layer_norm": kernel(
      "float32 statistics",
      ["huggingface/candle", "candle-metal-kernels/src/metal_src/reduce.metal", "2a13b0f3"],
      WELFORD,
      FUSED,
    ),
    "ggml norm": kernel(
      "float32",
      ["ggml-org/llama.cpp", "ggml/src/ggml-cuda/norm.cu", "0129866a"],
      ONE_PASS,
      ORDER,
      FUSED,
      STORAGE,
    ),

    "tensorrt INormalizationLayer": where(
      "unless it is set to another precision",
      kernel("float32", ["NVIDIA/TensorRT", "include/NvInfer.h", "a892d22"], CLOSED, STORAGE),
    ),
    "tensorrt skipLayerNorm": kernel(
      "float16 sums",
      ["NVIDIA/TensorRT", "plugin/skipLayerNormPlugin/skipLayerNormKernel.cu", "1637a26e"],
      SKIP,
      ONE_PASS,
      "eps is 2^-10 for rows of 768 and 1,024, and 0 for all others",
      "weights are applied before 1 / S",
      DIVIDED,
      ORDER,
      FUSED,
    ),
    "openvino MVN": kernel(
      "float32 statistics",
      ["openvinotoolkit/openvino", `${INTEL}/mvn_gpu_bfyx_opt.cl`, READ],
      ORDER,
      FUSED,
    ),
    "openvino RMS": kernel(
      "float32",
      ["openvinotoolkit/openvino", `${INTEL}/rms_gpu_bfyx_opt.cl`, "06fbd18a"],
      "1 / S is the device's native_rsqrt",
      ORDER,
      FUSED,
      STORAGE,
    ),
    "xnnpack mean": kernel("float32 sums", ["google/XNNPACK", "src/subgraph.c", "75db3c0"], QUOTIENT, FUSED),
    "tflite/gpu mean": kernel(
      "float32 sums",
      ["tensorflow/tensorflow", "tensorflow/lite/delegates/gpu/common/tasks/reduce.cc", "09860328"],
      QUOTIENT,
      TIMES,
      ORDER,
      FUSED,
    ),
    "mnn LayerNorm": kernel(
      "float32",
      ["alibaba/MNN", "source/backend/cpu/CPULayerNorm.cpp", "03033705"],
      "of MNNNorm, which it calls, nothing was read but that it is in float32",
      ORDER,
      FUSED,
      STORAGE,
    ),
    "ncnn/arm LayerNorm": kernel(
      "float32",
      ["Tencent/ncnn", "src/layer/arm/layernorm_arm_asimdhp.cpp", "2a125c75"],
      "what is beyond a multiple of four is added last",
      MIXED,
      STORAGE,
    ),
    "ncnn/vulkan Reduction": where(
      "with fp16 arithmetic",
      kernel(
        "float16 sums",
        ["Tencent/ncnn", "src/layer/vulkan/shader/reduction.comp", "098c8140"],
        QUOTIENT,
        TIMES,
        FUSED,
      ),
    ),
  } satisfies Record<KernelName, Row>;
}

function frozen(): Readonly<Record<KernelName, KernelDetails>> {
  const all = Object.entries<Row>(table()).map(([name, row]) => {
    const [runtime, ...operator] = row.source ? name.split(" ") : [null];
    Object.freeze(row.notModelled);
    Object.freeze(row.source);
    return [name, Object.freeze({ runtime, operator: operator.join(" ") || null, ...row })];
  });
  return Object.freeze(Object.fromEntries(all));
}

/** Of each of `kernels`: operator, runtime, kind, what of it is not modelled, and its source. */
export const kernelDetails = /* @__PURE__ */ frozen();
