// The format of safetensors, https://github.com/huggingface/safetensors#format
//
//   header length   header, a JSON object of `name: { dtype, shape, data_offsets: [begin, end] }`   elements
//   8 bytes
//
// The offsets are relative to the end of the header. As the reference implementation has it: the tensors cover the rest of
// the file without gaps and without overlap, no name comes twice, the header has at most 100 MB.
//
// The readers for JavaScript (that of @huggingface/hub among them) check none of this: hence our own.

import type { Fail } from "../terminal/errors.js";
import { printable, quote } from "../terminal/printable.js";
import {
  countElements,
  ELEMENT_BYTES,
  type IntegerType,
  MAX_DIMENSIONS,
  type ReadAs,
  type StoredType,
} from "./elements.js";
import { Scanner } from "./scanner.js";

const MAX_HEADER = 100_000_000;

const TYPES: Record<string, StoredType> = {
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
  F8_E4M3: "float8_e4m3fn",
  F8_E5M2: "float8_e5m2",
};

const INTEGERS: Record<string, IntegerType> = {
  BOOL: "bool",
  I8: "int8",
  I16: "int16",
  I32: "int32",
  I64: "int64",
  U8: "uint8",
  U16: "uint16",
  U32: "uint32",
  U64: "uint64",
};

export interface SafetensorsEntry {
  readonly name: string;
  /** The type as the file has it. */
  readonly type: string;
  /** undefined for elements that are no floats of 2, 4 or 8 bytes. */
  readonly stored: StoredType | undefined;
  readonly shape: readonly number[];
  readonly size: number;
  /** Where the elements begin and end in the file. */
  readonly start: number;
  readonly end: number;
}

/** Whether a file may begin so. */
export function looksLikeSafetensors(head: Uint8Array, total: number): boolean {
  return head.length > 8 && head[8] === 0x7b && headerLength(head) <= total - 8;
}

function headerLength(head: Uint8Array): number {
  return Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
}

/** Reads `length` bytes from `start`. */
type ReadBytes = (start: number, length: number) => Promise<Uint8Array>;

/** @param total Bytes of the file. */
export async function readSafetensors(
  read: ReadBytes,
  total: number,
  fail: Fail,
  { integers }: ReadAs = {},
): Promise<SafetensorsEntry[]> {
  if (total < 8) throw fail("is truncated: a .safetensors file begins with 8 bytes of length");
  const length = headerLength(await read(0, 8));
  if (length > total - 8) throw fail(`is truncated: a header of ${length} bytes in a file of ${total}`);
  if (length > MAX_HEADER) throw fail(`has a header of ${length} bytes, more than ${MAX_HEADER}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await read(8, length));
  } catch (error) {
    if (error instanceof TypeError) throw fail("has a malformed header: it is not UTF-8");
    throw error;
  }
  const types = integers ? { ...TYPES, ...INTEGERS } : TYPES;
  const entries = parseHeader(new Scanner(text, fail), 8 + length, types, fail);
  checkCover(entries, 8 + length, total, fail);
  return entries;
}

/** Types that are read, by what the file calls them. */
type Types = Readonly<Record<string, StoredType>>;

function parseHeader(text: Scanner, base: number, types: Types, fail: Fail): SafetensorsEntry[] {
  const entries = new Map<string, SafetensorsEntry>();
  let metadata = false;
  members(text, () => {
    const name = text.string();
    text.expect(":");
    if (name === "__metadata__" && !metadata) {
      metadata = true;
      members(text, () => {
        text.string();
        text.expect(":");
        text.string();
      });
    } else if (name !== "__metadata__" && !entries.has(name)) {
      entries.set(name, parseEntry(text, name, base, types, fail));
    } else {
      throw fail(`has two tensors ${quote(name)}`);
    }
  });
  text.end();
  return [...entries.values()];
}

/** The members of an object, each read by `member`. */
function members(text: Scanner, member: () => void): void {
  text.expect("{");
  if (text.accept("}")) return;
  do member();
  while (text.accept(","));
  text.expect("}");
}

function parseEntry(text: Scanner, name: string, base: number, types: Types, fail: Fail): SafetensorsEntry {
  const tensorFail: Fail = (problem) => fail(`tensor ${quote(name)} ${problem}`);
  let type: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  members(text, () => {
    const key = text.string();
    text.expect(":");
    if (key === "dtype" && type === undefined) type = text.string();
    else if (key === "shape" && !shape) shape = jsonIntegers(text, MAX_DIMENSIONS);
    else if (key === "data_offsets" && !offsets) offsets = jsonIntegers(text, 2);
    else throw tensorFail(`has an unknown or repeated field ${quote(key)}`);
  });
  if (type === undefined || !shape || offsets?.length !== 2) {
    throw tensorFail("has no dtype, shape or pair of data_offsets");
  }
  const [begin, end] = offsets;
  const size = countElements(shape);
  if (end < begin || size === undefined) {
    throw tensorFail(`has impossible offsets or lengths: [${offsets.join(", ")}], shape [${shape.join(", ")}]`);
  }
  const stored = Object.hasOwn(types, type) ? types[type] : undefined;
  if (stored && size * ELEMENT_BYTES[stored] !== end - begin) {
    throw tensorFail(`has ${end - begin} bytes for shape [${shape.join(", ")}] of ${printable(type)}`);
  }
  return { name, type, stored, shape, size, start: base + begin, end: base + end };
}

function jsonIntegers(text: Scanner, most: number): number[] {
  text.expect("[");
  const { values, trailingComma } = text.integers("]", most);
  if (trailingComma) throw text.wrong("an integer before the end of the list");
  return values;
}

/** Every byte behind the header belongs to one tensor. */
function checkCover(entries: readonly SafetensorsEntry[], from: number, to: number, fail: Fail): void {
  let at = from;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== at) {
      const problem = start < at ? "overlaps another one" : `leaves a gap of ${start - at} bytes before it`;
      throw fail(`tensor ${quote(name)} ${problem}`);
    }
    at = end;
  }
  if (at > to) throw fail(`is truncated: its tensors end at ${at} bytes, the file at ${to}`);
  if (at < to) throw fail(`has ${to - at} bytes that belong to no tensor`);
}
