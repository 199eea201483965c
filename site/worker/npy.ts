// A tensor as a .npy file, of what the view has made of it.

import type { View } from "../shared/view.js";
import { load } from "./data.js";
import { preparedOf, questionOf } from "./question.js";

const ALIGNMENT = 64;

/** Version 1.0: little-endian, in C order. */
function npyBytes(data: Float32Array | Uint16Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const type = data instanceof Float32Array ? "<f4" : "<f2";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + header.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const text = `\x93NUMPY\x01\0${String.fromCharCode(length & 255, length >> 8)}${header.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(text.length + data.byteLength);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), text.length);
  return bytes;
}

/** What a tensor is called as a file. */
const fileName = (name: string): string => `${name.replace(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 80) || "tensor"}.npy`;

export async function npy(view: View, file: File | undefined) {
  const loaded = await load(view, file);
  const { data, shape } = preparedOf(view, loaded, questionOf(view, loaded));
  return { name: fileName(loaded.name), bytes: npyBytes(data, shape) };
}
