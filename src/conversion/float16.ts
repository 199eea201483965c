// float32 to float16, and back.

import * as at from "../abi/plan.js";
import { checkOptions, wrong } from "../checks/arguments.js";
import { elementwise } from "../plan/run-elementwise.js";
import type { Dense, OrtLike, Out, Shaped, TensorLike } from "../tensor/forms.js";
import { checkOverlap, operand, target } from "../tensor/operand.js";
import type { Float16 } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";

/** Of `toFloat16()` and `fromFloat16()`. */
export interface ConvertOptions {
  /** Filled with the result and returned. Must not overlap `x`. */
  out?: Out | undefined;
}

const CONVERT_KEYS = ["out"];

/** A bare typed array gives a bare typed array. */
function convert(x: TensorLike, options: ConvertOptions | undefined, storage: number): unknown {
  const o = checkOptions(options, CONVERT_KEYS);
  const input = operand("x", x);
  if (input.storage === storage) {
    throw wrong("x", storage ? "a float32 tensor" : "a float16 tensor (bits in a Uint16Array, or a Float16Array)", x);
  }
  const { out } = o;
  const y = target(out, input.shape, input.size, storage, input);
  checkOverlap(y, "x", input);
  const result = elementwise(input, y, true);
  return ArrayBuffer.isView(x) && !out ? (result as Dense).data : result;
}

export interface ToFloat16 {
  <Y extends Out>(x: TensorLike, options: { out: Y }): Y;
  (x: Float32Array, options?: ConvertOptions): Uint16Array;
  (x: Tensor, options?: ConvertOptions): Tensor;
  (x: Shaped<Float32Array> | OrtLike, options?: ConvertOptions): Dense<Uint16Array>;
}

/**
 * float32 to float16, to nearest, ties to even. A Float32Array gives a Uint16Array of bits, a shaped array a shaped
 * array, a Tensor a Tensor.
 *
 * @see IEEE 754-2019, convertFormat; numpy's astype("float16"), torch.Tensor.half, ONNX Cast.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const toFloat16 = ((x: TensorLike, options?: ConvertOptions) =>
  convert(x, options, at.STORAGE_FLOAT16)) as ToFloat16;

export interface FromFloat16 {
  <Y extends Out>(x: TensorLike, options: { out: Y }): Y;
  (x: Uint16Array | Float16, options?: ConvertOptions): Float32Array;
  (x: Tensor, options?: ConvertOptions): Tensor;
  (x: Shaped<Uint16Array | Float16> | OrtLike, options?: ConvertOptions): Dense<Float32Array>;
}

/**
 * float16 to float32, exactly. A Uint16Array of bits or a Float16Array gives a Float32Array, a shaped array a shaped
 * array, a Tensor a Tensor.
 *
 * @see IEEE 754-2019, convertFormat; numpy's astype("float32"), torch.Tensor.float, ONNX Cast.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const fromFloat16 = ((x: TensorLike, options?: ConvertOptions) =>
  convert(x, options, at.STORAGE_FLOAT32)) as FromFloat16;
