// Numbers of tensors as onnxruntime gives them.

import { fromFloat16 } from "../index.js";
import type { OrtTensor } from "./runtime.js";

/** float16 comes as bits, or where there is a Float16Array as one. */
function fromHalves(data: unknown): Float32Array {
  const { buffer, byteOffset, length } = data as Uint16Array;
  return fromFloat16(new Uint16Array(buffer as ArrayBuffer, byteOffset, length));
}

/** Elements in float32; undefined for what are no numbers of a floating type. float64 is rounded. */
export function floatsOf({ type, data }: OrtTensor): Float32Array | undefined {
  if (type === "float32") return data as Float32Array;
  if (type === "float16") return fromHalves(data);
  return type === "float64" ? Float32Array.from(data as Float64Array) : undefined;
}

/** Elements of any numeric type; undefined for strings. */
export function numbersOf(tensor: OrtTensor): ArrayLike<number> | undefined {
  const floats = floatsOf(tensor);
  if (floats || tensor.type === "string") return floats;
  const { data } = tensor;
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data as BigInt64Array, Number)
    : (data as ArrayLike<number>);
}

/** Bytes of the elements; 0 for strings. */
export const bytesOf = ({ data }: OrtTensor): number => (data as { byteLength?: number }).byteLength ?? 0;
