/** The tensors in samples/. */
import { readFileSync } from "node:fs";
import npy from "npyjs";

export interface Sample {
  readonly data: Float32Array | Uint16Array;
  readonly shape: number[];
}

/** A .npy file; float16 stays bits. */
export function sample(name: string): Sample {
  const bytes = readFileSync(new URL(`../../samples/${name}.npy`, import.meta.url));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { data, shape } = new npy({ convertFloat16: false }).parse(buffer);
  return { data: data as Float32Array | Uint16Array, shape };
}
