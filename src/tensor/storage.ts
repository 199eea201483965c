// How the elements of a tensor are stored.

import { STORAGE_FLOAT16, STORAGE_FLOAT32 } from "../abi/plan.js";
import { choose } from "../checks/arguments.js";

export const DTYPES: Record<DType, number> = { float32: STORAGE_FLOAT32, float16: STORAGE_FLOAT16 };

/** By the tags of typed arrays. */
export const STORAGES: Record<string, number> = {
  Float32Array: STORAGE_FLOAT32,
  Uint16Array: STORAGE_FLOAT16,
  Float16Array: STORAGE_FLOAT16,
};

/** Bytes of an element. */
export const bytesOf = (storage: number): number => (storage ? 2 : 4);
export const dtypeOf = (storage: number): DType => (storage ? "float16" : "float32");

/** The class of arrays of a storage. */
export const arrayOf = (storage: number): Float32ArrayConstructor | Uint16ArrayConstructor =>
  storage ? Uint16Array : Float32Array;

/** STORAGE constant of a dtype, undefined for undefined. */
export function checkDType(name: string, dtype: unknown): number | undefined {
  return dtype === undefined ? dtype : choose(name, DTYPES, dtype);
}

/** How the elements of a tensor are stored. float16 travels as bits in a Uint16Array, or in a native Float16Array. */
export type DType = "float32" | "float16";

/** The engine's own Float16Array, or `never` where the types do not know it. */
export type Float16 = typeof globalThis extends { Float16Array: { prototype: infer T } } ? T : never;

/** Element data. A Uint16Array holds float16 bits. */
export type Data = Float32Array | Uint16Array | Float16;
