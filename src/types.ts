/// <reference lib="esnext.disposable" preserve="true" />
import type { FormatSpec } from "./numerics/format.js";
import type { Tensor } from "./tensor/tensor.js";

/** How the elements of a tensor are stored. float16 travels as bits in a Uint16Array, or in a native Float16Array. */
export type DType = "float32" | "float16";

/** The engine's own Float16Array, or `never` where the types do not know it. */
export type Float16 = typeof globalThis extends { Float16Array: { prototype: infer T } } ? T : never;

/** Element data. A Uint16Array holds float16 bits. */
export type Data = Float32Array | Uint16Array | Float16;

/** Typed array with a shape, row-major. */
export interface Shaped<D extends Data = Data> {
  readonly data: D;
  readonly shape: readonly number[];
  readonly dtype?: DType | undefined;
}

/** A tensor as onnxruntime gives and takes it. */
export interface OrtLike {
  readonly data: unknown;
  readonly dims: readonly number[];
  readonly type: string;
}

/** Tensors outside of kernel memory. A bare typed array has one dimension. */
export type Plain = Data | Shaped | OrtLike;

/** What is accepted wherever a tensor is. */
export type TensorLike = Plain | Tensor;

/** A result outside of kernel memory: fresh data with its shape. */
export interface Dense<D extends Data = Data> {
  data: D;
  shape: number[];
  dtype: DType;
}

/** What can be filled by a function: it is written to and returned. */
export type Out = Data | { readonly data: unknown } | Tensor;

/** Numbers, nested one level for each dimension. */
export type Nested = number | readonly Nested[];

/**
 * A norm over the n elements of a group.
 *
 * | norm | as a vector norm | as a deviation (the paper's S without eps), d = x - mean |
 * |---|---|---|
 * | `"l1"` | Σ\|x\| | √(π/2) · mean \|d\| |
 * | `"l2"` | √Σx² | √(mean d²) |
 * | `"linf"` | max \|x\| | C(n) · max \|d\| |
 * | `"range"` | max x - min x | 0.35 · C(n) · (max d - min d) |
 * | `{ topk: k }` | mean of the k largest \|x\|, 1 <= k <= n | C(n) · mean of the k largest \|d\| |
 * | `{ lp: p }` | (Σ\|x\|^p)^(1/p), p >= 1 | c_p · (mean \|d\|^p)^(1/p); `unscaled: true` leaves c_p out, as the paper's code does |
 */
export type Norm = "l1" | "l2" | "linf" | "range" | { readonly topk: number } | LpNorm;

export interface LpNorm {
  readonly lp: number;
  readonly unscaled?: boolean | undefined;
}

/** A norm to normalize by; `"none"` only subtracts the mean (S = 1). */
export type Normalizer = Norm | "none";

export type FormatName = "float32" | "float16" | "bfloat16" | "tfloat32" | "float8_e5m2" | "float8_e4m3fn";
export type Format = FormatName | FormatSpec;

/** Order of the additions of an emulated sum: see the chapter on numerics. */
export type Order = "sequential" | "lanes" | "pairwise";

/**
 * Emulated arithmetic: every operation rounded to `compute`, sums to `accumulate` (default: `compute`) in the given
 * order (default "lanes"); "exact" sums exactly and rounds once. A bare format computes and accumulates in it.
 */
export type Arithmetic =
  | Format
  | {
      readonly compute: Format;
      readonly accumulate?: Format | "exact" | undefined;
      readonly order?: Order | undefined;
    };

/** How a value between two neighbours of the grid is rounded. */
export type RoundingMode = "nearest-even" | "toward-zero" | "up" | "down" | "odd" | "stochastic";
