// Elements as files store them, and as the package takes them.

import { integer } from "../../text/words.js";

/** Element types that can be read, with their bytes. */
export const ELEMENT_BYTES = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
} as const;
export type StoredType = keyof typeof ELEMENT_BYTES;

/** Those that only models are given: nothing normalizes them. */
const INTEGERS = {
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;
export type IntegerType = keyof typeof INTEGERS;

export const isInteger = (type: StoredType): type is IntegerType => Object.hasOwn(INTEGERS, type);

/** Those that others store as bytes or integers without a name. */
export const RAW_TYPES = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float16"] as const;
export type RawType = (typeof RAW_TYPES)[number];

/** What is read that floats of NumPy and of safetensors are not. */
export interface ReadAs {
  /** What elements are that NumPy has no name for. */
  readonly raw?: RawType | undefined;
  /** Whether integers and booleans are tensors, too. */
  readonly integers?: boolean | undefined;
}

/** Most dimensions of a tensor in a file, as in NumPy. */
export const MAX_DIMENSIONS = 64;

/** Bits of float16, or float32 for every other type. */
export type Elements = Float32Array | Uint16Array;

/** What conversion changed. */
export interface Tally {
  /** Values of float64, or integers, that float32 cannot hold: they were rounded to nearest, ties to even. */
  rounded: number;
  /** Those of them that were finite and are infinite now. */
  overflowed: number;
}

/** The same in words, for notes. */
export function tallyNotes({ rounded, overflowed }: Tally): string[] {
  const notes: string[] = [];
  if (overflowed) {
    const are = overflowed === 1 ? "value of float64 is" : "values of float64 are";
    notes.push(`${integer(overflowed)} ${are} beyond float32: infinite for whatever computes in float32 or less.`);
  }
  if (rounded) notes.push(`${integer(rounded)} values of float64 were rounded to float32.`);
  return notes;
}

/** Number of elements; undefined where that, or a product of some of the lengths, is beyond 2^53 - 1. */
export function countElements(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const length of shape) product *= length || 1;
  if (!Number.isSafeInteger(product)) return undefined;
  return shape.includes(0) ? 0 : product;
}

/** The values of a format of 8 bits. */
function valuesOf(mantissa: number, bias: number, special: (value: number, code: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const code = byte & 0x7f;
    const exponent = code >> mantissa;
    const fraction = (code % 2 ** mantissa) / 2 ** mantissa;
    const value = exponent ? (1 + fraction) * 2 ** (exponent - bias) : fraction * 2 ** (1 - bias);
    return (byte & 0x80 ? -1 : 1) * special(value, code);
  });
}

const EIGHT_BITS = {
  // no infinities; one NaN of each sign
  float8_e4m3fn: valuesOf(3, 7, (value, code) => (code === 0x7f ? Number.NaN : value)),
  float8_e5m2: valuesOf(2, 15, (value, code) => (code < 0x7c ? value : code === 0x7c ? Infinity : Number.NaN)),
};

/**
 * Decodes whole elements. The result may be a view of `bytes`, which may be overwritten.
 *
 * @param bytes At an offset in their buffer that is a multiple of 8.
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, type: StoredType, bigEndian: boolean, tally: Tally): Elements {
  const n = bytes.length / ELEMENT_BYTES[type];
  if (bigEndian && ELEMENT_BYTES[type] > 1) swap(bytes, ELEMENT_BYTES[type]);
  const view = <T>(Kind: new (buffer: ArrayBuffer, offset: number, length: number) => T): T =>
    new Kind(bytes.buffer, bytes.byteOffset, n);
  if (type === "float16") return view(Uint16Array);
  if (type === "float32") return view(Float32Array);
  const result = new Float32Array(n);
  if (type === "bfloat16") {
    const bits = new Uint32Array(result.buffer);
    const upper = view(Uint16Array);
    for (let i = 0; i < n; i++) bits[i] = upper[i] << 16;
  } else if (type === "float8_e4m3fn" || type === "float8_e5m2") {
    const table = EIGHT_BITS[type];
    for (let i = 0; i < n; i++) result[i] = table[bytes[i]];
  } else {
    const Kind = (isInteger(type) ? INTEGERS[type] : Float64Array) as Float64ArrayConstructor;
    const wide: ArrayLike<number | bigint> = view(Kind);
    for (let i = 0; i < n; i++) {
      const value = Number(wide[i]);
      result[i] = value;
      const exact = typeof wide[i] !== "bigint" || BigInt(value) === wide[i];
      if ((result[i] === value && exact) || Number.isNaN(value)) continue;
      tally.rounded++;
      if (!Number.isFinite(result[i])) tally.overflowed++;
    }
  }
  return result;
}

function swap(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  for (let from = 0; from < bytes.length; from += size) {
    for (let low = from, high = from + size - 1; low < high; low++, high--) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}
