// The format of numpy.save, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//   \x93NUMPY  major minor  header length        header, a Python dictionary       elements
//   6 bytes    1     1      2 (version 1) or 4   "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"
//
// npyjs, the reader for JavaScript that is kept best, takes big-endian elements for little-endian ones, does not check
// lengths, and needs the whole file in memory: hence our own.

import type { Fail } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import {
  countElements,
  ELEMENT_BYTES,
  type IntegerType,
  MAX_DIMENSIONS,
  type ReadAs,
  type StoredType,
} from "./elements.js";
import { latin1 } from "./latin1.js";
import { Scanner } from "./scanner.js";

export const NPY_MAGIC = "\x93NUMPY";
/** The longest header of version 1. Those of simple types are far shorter in any version. */
const MAX_HEADER = 65535;
/** Bytes from which every header can be told. */
export const NPY_HEAD = 12 + MAX_HEADER;

const TYPES: Record<string, StoredType> = { f2: "float16", f4: "float32", f8: "float64" };

const INTEGERS: Record<string, IntegerType> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
};

/** Types that stand for others, with their bytes. */
const RAW: Record<string, number> = { V1: 1, V2: 2, u1: 1, u2: 2 };

export interface NpyHeader {
  /** undefined for elements that are no floats of 2, 4 or 8 bytes; then the other fields say nothing. */
  readonly stored: StoredType | undefined;
  /** The type as the file has it, of any kind. */
  readonly type: string;
  readonly bigEndian: boolean;
  /** The first axis is the one that is contiguous. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly size: number;
  /** Where the elements begin. */
  readonly start: number;
}

/**
 * @param head The first NPY_HEAD bytes, or all when there are fewer.
 * @param total Bytes in all: the elements have to end there.
 * @param as What elements are that are not taken as they are named.
 */
export function parseNpyHeader(
  head: Uint8Array,
  total: number,
  fail: Fail,
  { raw: as, integers }: ReadAs = {},
): NpyHeader {
  const latin = (from: number, to: number): string => latin1(head.subarray(from, to));
  if (latin(0, 6) !== NPY_MAGIC) throw fail("is no .npy file");
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const major = head[6];
  if (!(major >= 1 && major <= 3 && head[7] === 0)) {
    throw fail(head.length < 8 ? "is truncated" : `has version ${major}.${head[7]} of .npy, known are 1.0, 2.0, 3.0`);
  }
  const before = major === 1 ? 10 : 12;
  if (head.length < before) throw fail("is truncated in its header");
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (before + length > total) throw fail(`is truncated: a header of ${length} bytes in a file of ${total}`);
  if (length > MAX_HEADER) throw fail(`has a header of ${length} bytes, more than ${MAX_HEADER}`);
  const start = before + length;
  const { type, fortran, shape } = parseDictionary(new Scanner(latin(before, start), fail), fail);

  const [, order, kind] = /^([<>=|]?)([a-zA-Z]\d*)$/.exec(type) ?? [];
  const raw = as && RAW[kind] === ELEMENT_BYTES[as] ? as : undefined;
  const known = kind !== undefined && (order !== "|" || kind.endsWith("1"));
  const stored = raw ?? (known ? (TYPES[kind] ?? (integers ? INTEGERS[kind] : undefined)) : undefined);
  if (!stored) return { stored, type, bigEndian: false, fortran, shape, size: 0, start };
  const size = countElements(shape);
  const bytes = (size ?? Number.NaN) * ELEMENT_BYTES[stored];
  const has = total - start;
  if (bytes !== has) {
    const problem = has < bytes ? "is truncated" : "has more bytes than elements";
    throw fail(`${problem}: shape (${shape.join(", ")}) of ${type} against ${has} bytes`);
  }
  return { stored, type, bigEndian: order === ">", fortran, shape, size: size as number, start };
}

/** Keys in any order, each once; strings without escapes. */
function parseDictionary(text: Scanner, fail: Fail): { type: string; fortran: boolean; shape: number[] } {
  let type: string | undefined;
  let fortran: boolean | undefined;
  let shape: number[] | undefined;
  text.expect("{");
  while (!text.accept("}")) {
    const key = pythonString(text);
    text.expect(":");
    if (key === "descr" && type === undefined) {
      if (text.peek() === "[") return { type: "a structured type", fortran: false, shape: [] };
      type = pythonString(text);
    } else if (key === "fortran_order" && fortran === undefined) {
      fortran = text.accept("True");
      if (!fortran) text.expect("False");
    } else if (key === "shape" && shape === undefined) {
      shape = pythonTuple(text);
    } else {
      throw fail(`has a malformed header: unknown or repeated key ${quote(key)}`);
    }
    if (text.accept(",")) continue;
    text.expect("}");
    break;
  }
  text.end();
  if (type === undefined || fortran === undefined || shape === undefined) {
    throw fail("has a malformed header: descr, fortran_order or shape is missing");
  }
  return { type, fortran, shape };
}

function pythonString(text: Scanner): string {
  const mark = text.accept("'") ? "'" : '"';
  if (mark === '"' && !text.accept(mark)) throw text.wrong("a string");
  const found = text.until(mark);
  if (found === undefined || found.includes("\\")) throw text.wrong("a string without escapes");
  return found;
}

/** The integers of Python 2 may end with L. A tuple of one needs its comma, "(3,)": "(3)" is a number. */
function pythonTuple(text: Scanner): number[] {
  text.expect("(");
  const { values, trailingComma } = text.integers(")", MAX_DIMENSIONS, "L");
  if (values.length === 1 && !trailingComma) throw text.wrong("a tuple in place of a number");
  return values;
}
