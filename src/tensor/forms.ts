/// <reference lib="esnext.disposable" preserve="true" />
// The forms in which tensors come and go.

import type { Data, DType } from "./storage.js";
import type { Tensor } from "./tensor.js";

/** Options of everything that gives a tensor of the input's shape. */
export interface OutputOptions {
  /** Of the result. Default: that of `out`, else that of the input. */
  dtype?: DType | undefined;
  /** Filled with the result and returned. It may be exactly the input; an overlap in part is refused. */
  out?: Out | undefined;
}

/** A tensor of the input's shape: resident for a Tensor, else fresh data, or `out`. */
export interface Transform<Options extends OutputOptions> {
  <Y extends Out>(x: TensorLike, options: Options & { out: Y }): Y;
  (x: Tensor, options?: Options): Tensor;
  (x: Float32Array | Shaped<Float32Array>, options?: Options & { dtype?: "float32" | undefined }): Dense<Float32Array>;
  (x: Plain, options?: Options): Dense;
  (x: TensorLike, options?: Options): Tensor | Dense;
}

/** A Transform with options that must be given. */
export interface TransformBy<Options extends OutputOptions> {
  <Y extends Out>(x: TensorLike, options: Options & { out: Y }): Y;
  (x: Tensor, options: Options): Tensor;
  (x: Float32Array | Shaped<Float32Array>, options: Options & { dtype?: "float32" | undefined }): Dense<Float32Array>;
  (x: Plain, options: Options): Dense;
  (x: TensorLike, options: Options): Tensor | Dense;
}

/** Typed array with a shape, row-major. */
export interface Shaped<D extends Data = Data> {
  /** Elements, row-major; a Uint16Array holds float16 bits. */
  readonly data: D;
  /** One length for each dimension; their product is the length of the data. */
  readonly shape: readonly number[];
  /** Where it is given, it has to be that of the data. */
  readonly dtype?: DType | undefined;
}

/** A tensor as onnxruntime gives and takes it. */
export interface OrtLike {
  /** Elements, row-major: float32, or float16 as bits or as a Float16Array. */
  readonly data: unknown;
  /** One length for each dimension. */
  readonly dims: readonly number[];
  /** "float32" or "float16". */
  readonly type: string;
}

/** Tensors outside of kernel memory. A bare typed array has one dimension. */
export type Plain = Data | Shaped | OrtLike;

/** What is accepted wherever a tensor is. */
export type TensorLike = Plain | Tensor;

/** A result outside of kernel memory: fresh data with its shape. */
export interface Dense<D extends Data = Data> {
  /** Elements, row-major; float16 as bits. */
  data: D;
  /** One length for each dimension. */
  shape: number[];
  /** How the elements are stored. */
  dtype: DType;
}

/** What can be filled by a function: it is written to and returned. */
export type Out =
  | Data
  | {
      /** Elements, as `Shaped` and `OrtLike` have them. */
      readonly data: unknown;
    }
  | Tensor;

/** Numbers, nested one level for each dimension. */
export type Nested = number | readonly Nested[];
