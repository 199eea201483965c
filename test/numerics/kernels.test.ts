/** Kernels of runtimes by name: what they are is what they say, and what they say is whole. */

import { describe, expect, it, test } from "vitest";
import {
  type Arithmetic,
  fromFloat16,
  type KernelKind,
  type KernelName,
  kernelDetails,
  kernels,
  layerNorm,
  rmsNorm,
  round,
  toFloat16,
} from "../../src/index.js";
import { KERNEL_KINDS } from "../../src/numerics/kernels.js";
import { normal } from "../../src/random.js";

const NAMES = Object.keys(kernels) as KernelName[];

const KINDS: Record<KernelKind, Arithmetic> = {
  "float16 sums": { compute: "float16" },
  "float32 sums": { compute: "float16", accumulate: "float32" },
  "float32 statistics": { compute: "float16", statistics: "float32" },
  float32: { compute: "float32" },
};

/** Those that are more than their kind, all of it written out. */
const OWN: Partial<Record<KernelName, Arithmetic>> = {
  ...Object.fromEntries(
    [
      "LayerNormalization",
      "SimplifiedLayerNormalization",
      "SkipLayerNormalization",
      "SkipSimplifiedLayerNormalization",
    ].map((operator) => [
      `onnxruntime-web/webgpu ${operator}`,
      { compute: "float16", accumulate: "float32", order: { lanes: 64 }, statistics: "float32", tail: "steps" },
    ]),
  ),
  ...Object.fromEntries(
    ["webgpu", "jsep"].map((from) => [
      `onnxruntime-web/${from} InstanceNormalization`,
      { compute: "float16", accumulate: "float32", order: { lanes: 256 }, statistics: "float32", tail: "folded" },
    ]),
  ),
  "onnxruntime-web/webgpu ReduceMean": { compute: "float16", order: { lanes: 64 }, count: "rounded" },
  "onnxruntime-web/webgpu ReduceMean to one value": { compute: "float16", order: { lanes: 256 }, count: "rounded" },
  "onnxruntime-web/jsep LayerNormalization": { compute: "float32", order: { lanes: 4 } },
  "onnxruntime-web/jsep SkipLayerNormalization": { compute: "float16", statistics: "float32", order: { lanes: 4 } },
  "onnxruntime-web/wasm": { compute: "float32", order: "sequential" },
  "onnxruntime/cpu": { compute: "float32", order: "sequential" },
  "ncnn/arm LayerNorm": { compute: "float32", order: { lanes: 4 } },
  "ncnn/vulkan Reduction": { compute: "float16", order: { lanes: 256 } },
  "xnnpack mean": { compute: "float16", accumulate: "float32", order: { lanes: 16 } },
};

const shape = [3, 1000];
const x = { data: toFloat16(Float32Array.from(normal(3, 3000), (z) => 0.3 + 4 * z)), shape };
const weight = Float32Array.from(normal(4, 1000));
const bias = Float32Array.from(normal(5, 1000));

describe.each(NAMES)("%s", (name) => {
  it("computes what its arithmetic written out does", () => {
    const arithmetic = OWN[name] ?? KINDS[kernelDetails[name].kind];
    for (const layer of [layerNorm, rmsNorm]) {
      const options = { weight, bias, dtype: "float16" } as const;
      const got = layer(x, { ...options, arithmetic: kernels[name] }).data;
      expect(got).toEqual(layer(x, { ...options, arithmetic }).data);
      expect(fromFloat16(got as Uint16Array).every(Number.isFinite)).toBe(true);
    }
  });

  it("says whose it is, of which kind, and what it leaves out", () => {
    const { runtime, operator, kind, notModelled, source } = kernelDetails[name];
    expect([runtime, operator].filter((part) => part !== null).join(" ") || kind).toBe(name);
    expect(new Set(notModelled).size).toBe(notModelled.length);
    expect(source === null).toBe(runtime === null);
    if (source) expect(source.version).toMatch(/^([0-9a-f]{7,8}|\d{4}-\d\d([-/]\d\d)?)$/);
    // a runtime's is never known to the last bit
    expect(notModelled.length > 0).toBe(runtime !== null || kind === "float32");
    expect(notModelled.some((what) => what.includes("stored in float16"))).toBe(kind === "float32");
    const { compute, accumulate = compute, statistics = compute } = kernels[name];
    const expected = {
      "float16 sums": ["float16", "float16", "float16"],
      "float32 sums": ["float16", "float32", "float16"],
      "float32 statistics": ["float16", "float16", "float32"],
      float32: ["float32", "float32", "float32"],
    };
    expect([compute, accumulate, statistics]).toEqual(expected[kind]);
  });
});

test("the kinds are kernels of their own name", () => {
  expect(KERNEL_KINDS.map((kind) => kernelDetails[kind].kind)).toEqual(KERNEL_KINDS);
  expect(KERNEL_KINDS.map((kind) => kernels[kind])).toEqual(KERNEL_KINDS.map((kind) => KINDS[kind]));
});

test("nobody changes a kernel for others", () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" || (Object.isFrozen(value) && (value === null || Object.values(value).every(frozen)));
  expect(frozen(kernels)).toBe(true);
  expect(frozen(kernelDetails)).toBe(true);
  expect(Object.keys(kernelDetails)).toEqual(NAMES);
});

test("what is in float32 is rounded once, as it is stored", () => {
  const stored = layerNorm(x, { arithmetic: kernels.float32, dtype: "float16" });
  const whole = layerNorm(x, { arithmetic: kernels.float32, dtype: "float32" });
  expect(fromFloat16(stored.data as Uint16Array)).toEqual(round(whole, "float16").data);
});
