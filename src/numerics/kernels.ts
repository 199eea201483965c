// Arithmetics of the kernels that runtimes normalize float16 tensors with, by name. What each is, what of it is not modelled
// and where it is from: kernel-details.ts, apart, so that nobody carries the words for the numbers.

import type { Order } from "./arithmetic.js";
import type { FormatName } from "./format.js";

/** An arithmetic as an object, whose fields can be taken over: `{ ...kernels[name], order: "sequential" }`. */
export interface KernelArithmetic {
  /** What elements, and results of operations, are rounded to. */
  readonly compute: FormatName;
  /** What sums are rounded to after every addition. Absent: the format of the statistics. */
  readonly accumulate?: FormatName;
  /** In which order sums are taken. Absent: "lanes". */
  readonly order?: Order;
  /** Format of mean, S and 1 / S. Absent: the compute format. */
  readonly statistics?: FormatName;
  /** "folded": x · a + b, with slope and shift rounded. Absent: (x - mean) · (1 / S), step by step. */
  readonly tail?: "folded";
  /** "rounded": n is rounded to the compute format before it is divided by. Absent: it is exact. */
  readonly count?: "rounded";
}

/** In a function, so that no bundle has it that does not use it. */
function table() {
  /** Every operation and every sum in float16. */
  const float16Sums = { compute: "float16" } as const satisfies KernelArithmetic;
  /** Operations in float16, sums in float32. */
  const float32Sums = { compute: "float16", accumulate: "float32" } as const satisfies KernelArithmetic;
  /** Mean, deviation and 1 / S in float32, rounded; from x - mean on in float16. */
  const float32Statistics = { compute: "float16", statistics: "float32" } as const satisfies KernelArithmetic;
  /** Everything in float32, stored in float16. */
  const float32 = { compute: "float32" } as const satisfies KernelArithmetic;

  const serial = { ...float32, order: "sequential" } as const satisfies KernelArithmetic;
  const webgpuLayer = { ...float32Statistics, order: { lanes: 64 } } as const satisfies KernelArithmetic;
  const jsepLayer = { ...float32, order: { lanes: 4 } } as const satisfies KernelArithmetic;
  const jsepSkip = { ...float32Statistics, order: { lanes: 4 } } as const satisfies KernelArithmetic;
  const folded = { ...float32Statistics, order: { lanes: 256 }, tail: "folded" } as const satisfies KernelArithmetic;

  return {
    "float16 sums": float16Sums,
    "float32 sums": float32Sums,
    "float32 statistics": float32Statistics,
    float32,

    "onnxruntime-web/webgpu LayerNormalization": webgpuLayer,
    "onnxruntime-web/webgpu SimplifiedLayerNormalization": webgpuLayer,
    "onnxruntime-web/webgpu SkipLayerNormalization": webgpuLayer,
    "onnxruntime-web/webgpu SkipSimplifiedLayerNormalization": webgpuLayer,
    "onnxruntime-web/webgpu InstanceNormalization": folded,
    "onnxruntime-web/webgpu ReduceMean": { ...float16Sums, order: { lanes: 64 }, count: "rounded" },
    "onnxruntime-web/webgpu ReduceMean to one value": { ...float16Sums, order: { lanes: 256 }, count: "rounded" },

    "onnxruntime-web/jsep LayerNormalization": jsepLayer,
    "onnxruntime-web/jsep SkipLayerNormalization": jsepSkip,
    "onnxruntime-web/jsep InstanceNormalization": folded,
    "onnxruntime-web/jsep ReduceMean": { ...float32Sums, order: { lanes: 32 } },

    "onnxruntime-web/wasm": serial,
    "onnxruntime/cpu": serial,
    "onnxruntime/cuda LayerNormalization": float32,
    "onnxruntime/cuda SimplifiedLayerNormalization": float32,
    "onnxruntime/cuda SkipLayerNormalization": float16Sums,
    "onnxruntime/cuda ReduceMean": float32Sums,

    "pytorch/cuda LayerNorm": float32,
    "pytorch/cuda mean": float32Sums,
    "pytorch/mps LayerNorm": float32,
    "pytorch/mps RMSNorm": float32,
    "pytorch/mps mean": float32Sums,
    "apex FusedLayerNorm": float32,

    "mlx fast.layer_norm": float32,
    "mlx fast.rms_norm": float32,
    "mlx InstanceNorm": float32,
    "mlx mean": float16Sums,
    "tvm layer_norm": float32,
    "candle/cuda layer_norm": float32,
    "candle/metal layer_norm": float32Statistics,
    "ggml norm": float32,

    "tensorrt INormalizationLayer": float32,
    "tensorrt skipLayerNorm": float16Sums,
    "openvino MVN": float32Statistics,
    "openvino RMS": float32,
    "xnnpack mean": { ...float32Sums, order: { lanes: 16 } },
    "tflite/gpu mean": float32Sums,
    "mnn LayerNorm": float32,
    "ncnn/arm LayerNorm": { ...float32, order: { lanes: 4 } },
    "ncnn/vulkan Reduction": { ...float16Sums, order: { lanes: 256 } },
  } as const satisfies Record<string, KernelArithmetic>;
}

/** What `kernels` has: the four kinds, and kernels of runtimes as "runtime operator". */
export type KernelName = keyof ReturnType<typeof table>;

function frozen(): Readonly<Record<KernelName, KernelArithmetic>> {
  const all = table();
  for (const kernel of Object.values<KernelArithmetic>(all)) {
    Object.freeze(kernel.order);
    Object.freeze(kernel);
  }
  return Object.freeze(all);
}

/**
 * Arithmetics by name, of the four kinds of kernels that there are and of runtimes' own, named by runtime and operator:
 * `layerNorm(x, { arithmetic: kernels["onnxruntime-web/webgpu LayerNormalization"] })`. They follow the order of the sums as far
 * as it can be told; `kernelDetails` says what of each kernel is not modelled.
 *
 * Where everything is in float32, tensors are stored in float16 all the same: give the data in float16, and `dtype: "float16"`.
 */
export const kernels = /* @__PURE__ */ frozen();

/** The four kinds, from the one that loses most. */
export const KERNEL_KINDS = ["float16 sums", "float32 sums", "float32 statistics", "float32"] as const;
/** The four kinds of kernels, from every operation in float16 to every one in float32. */
export type KernelKind = (typeof KERNEL_KINDS)[number];
