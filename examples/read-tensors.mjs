/** The tensors of the files in samples/, in the form that halfnorm takes: { data, shape, dtype }. */

import { readFileSync } from "node:fs";
import npy from "npyjs";

/** Element types of safetensors that are float tensors of the package. */
const SAFETENSORS = {
  F32: { dtype: "float32", array: Float32Array },
  F16: { dtype: "float16", array: Uint16Array },
};

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

/** A file as an ArrayBuffer of its own: the views below need offsets that are multiples of the element size. */
function readBuffer(url) {
  const bytes = readFileSync(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

/** A .npy file of little-endian float16 or float32 in C order. float16 stays bits. */
export function readNpy(url) {
  const { data, shape, dtype, fortranOrder } = new npy({ convertFloat16: false }).parse(readBuffer(url));
  if ((dtype !== "f2" && dtype !== "f4") || fortranOrder || data.length !== sizeOf(shape)) {
    throw new Error(`${url}: expected float16 or float32 in C order, got ${dtype} of shape [${shape}]`);
  }
  return { data, shape, dtype: dtype === "f2" ? "float16" : "float32" };
}

/** One tensor of a .safetensors file: a length in 8 bytes, a JSON header of that length, then the elements. */
export function readSafetensors(url, name) {
  const buffer = readBuffer(url);
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const entry = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)))[name];
  const type = SAFETENSORS[entry?.dtype];
  if (!type) throw new Error(`${url}: no tensor "${name}" of F32 or F16`);
  const [begin, end] = entry.data_offsets;
  const data = new type.array(buffer.slice(8 + length + begin, 8 + length + end));
  if (data.length !== sizeOf(entry.shape)) throw new Error(`${url}: "${name}" does not have the size of its shape`);
  return { data, shape: entry.shape, dtype: type.dtype };
}
