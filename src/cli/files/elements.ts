// Elements as files store them, and as the package takes them.

/** Element types that can be read, with their bytes. */
export const ELEMENT_BYTES = { float16: 2, bfloat16: 2, float32: 4, float64: 8 } as const;
export type StoredType = keyof typeof ELEMENT_BYTES;

/** Most dimensions of a tensor in a file, as in NumPy. */
export const MAX_DIMENSIONS = 64;

/** Bits of float16, or float32 for every other type. */
export type Elements = Float32Array | Uint16Array;

/** What conversion changed. */
export interface Tally {
  /** float64 values that float32 cannot hold: they were rounded to nearest, ties to even. */
  rounded: number;
  /** Those of them that were finite and are infinite now. */
  overflowed: number;
}

/** Number of elements; undefined where that, or a product of some of the lengths, is beyond 2^53 - 1. */
export function countElements(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const length of shape) product *= length || 1;
  if (!Number.isSafeInteger(product)) return undefined;
  return shape.includes(0) ? 0 : product;
}

/**
 * Decodes whole elements. The result may be a view of `bytes`, which may be overwritten.
 *
 * @param bytes At an offset in their buffer that is a multiple of 8.
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, type: StoredType, bigEndian: boolean, tally: Tally): Elements {
  const n = bytes.length / ELEMENT_BYTES[type];
  if (bigEndian) swap(bytes, ELEMENT_BYTES[type]);
  const view = <T>(Kind: new (buffer: ArrayBuffer, offset: number, length: number) => T): T =>
    new Kind(bytes.buffer, bytes.byteOffset, n);
  if (type === "float16") return view(Uint16Array);
  if (type === "float32") return view(Float32Array);
  const result = new Float32Array(n);
  if (type === "bfloat16") {
    const bits = new Uint32Array(result.buffer);
    const upper = view(Uint16Array);
    for (let i = 0; i < n; i++) bits[i] = upper[i] << 16;
  } else {
    const wide = view(Float64Array);
    for (let i = 0; i < n; i++) {
      const value = wide[i];
      result[i] = value;
      if (result[i] === value || Number.isNaN(value)) continue;
      tally.rounded++;
      if (!Number.isFinite(result[i])) tally.overflowed++;
    }
  }
  return result;
}

function swap(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}
