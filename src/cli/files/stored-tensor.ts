// A tensor in a file: what it is, where it is, and its elements.

import { quote } from "../terminal/printable.js";
import { BLOCK, type Blocks, type Bytes } from "./bytes.js";
import {
  countElements,
  decode,
  ELEMENT_BYTES,
  type Elements,
  MAX_DIMENSIONS,
  type StoredType,
  type Tally,
} from "./elements.js";
import type { ZipEntry } from "./packed.js";
import { contentOf } from "./zip-entry.js";

/** A tensor in a file. Plain data, so that another thread can read it. */
export interface StoredTensor {
  /** Its name in the file; that of a .npy file is the file's, without folder and extension. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** The elements in the file. */
  readonly stored: StoredType;
  /** The elements when they have been read: float16 stays, everything else becomes float32. */
  readonly dtype: "float16" | "float32";
  /** Bytes of the elements in the file, before compression. */
  readonly bytes: number;
  readonly bigEndian: boolean;
  /** In the file the first axis is the contiguous one. */
  readonly fortran: boolean;
  /** Where the elements begin, in the file or in an entry of it. */
  readonly start: number;
  readonly entry?: ZipEntry;
}

/** A tensor that has been read, row-major. */
export interface ReadTensor<E extends Elements = Elements> extends Tally {
  /** float16 bits in a Uint16Array. */
  readonly data: E;
}

export const dtypeOf = (stored: StoredType): StoredTensor["dtype"] => (stored === "float16" ? "float16" : "float32");

/** Bytes of the elements when they have been read. */
export const residentBytes = ({ dtype, size }: StoredTensor): number => size * ELEMENT_BYTES[dtype];

const allocate = ({ dtype }: StoredTensor, n: number): Elements =>
  dtype === "float16" ? new Uint16Array(n) : new Float32Array(n);

/** Elements [first, first + length) of every `period` of a tensor, row-major. */
export interface Stretches {
  readonly first: number;
  readonly length: number;
  readonly period: number;
}

/**
 * All elements of a tensor, row-major, or some stretches behind each other. What conversion changes is counted once where
 * stretches that follow each other are read apart.
 *
 * @param target Is filled: an array of the tensor's `dtype` and as many elements. Default: a fresh one for all.
 */
export async function readTensor<E extends Elements = Elements>(
  source: Bytes,
  tensor: StoredTensor,
  target?: E,
  stretches?: Stretches,
): Promise<ReadTensor<E>> {
  const tally = { rounded: 0, overflowed: 0 };
  let data: Elements;
  try {
    data = target ?? allocate(tensor, tensor.size);
  } catch (error) {
    throw source.fail(`tensor ${quote(tensor.name)} of ${tensor.bytes} bytes does not fit into memory`, {
      cause: error,
    });
  }
  if (scattered(tensor)) {
    const first = stretches?.first ?? 0;
    const apart = stretches && stretches.period < tensor.size ? stretches : undefined;
    await gather(source, tensor, data, apart ? 0 : first, first ? { rounded: 0, overflowed: 0 } : tally, apart);
  } else if (isAsRead(tensor, stretches)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const size = ELEMENT_BYTES[tensor.stored];
    const { first, length, period } = stretches ?? { first: 0, length: tensor.size, period: tensor.size };
    for (let at = first, filled = 0; at < tensor.size; at += period, filled += length) {
      await source.fill(bytes.subarray(size * filled, size * (filled + length)), tensor.start + size * at);
    }
  } else {
    let at = 0;
    for await (const elements of elementsOf(source, tensor, tally, stretches)) {
      data.set(elements, at);
      at += elements.length;
    }
  }
  return { data: data as E, ...tally };
}

/** Whether elements go from the file to their place as they are, without a block in between. */
const isAsRead = ({ entry, stored, dtype, bigEndian }: StoredTensor, stretches?: Stretches): boolean =>
  !entry && stored === dtype && !bigEndian && !(stretches && isShort(stretches, stored));

/** Whether the order in the file is another one than the row-major one. */
const scattered = ({ fortran, shape, size }: StoredTensor): boolean =>
  fortran && size > 0 && shape.filter((length) => length > 1).length > 1;

/** Bytes of a stretch from which on it is read by itself. */
const WORTHWHILE = 2 ** 16;

const isShort = ({ length }: Stretches, stored: StoredType): boolean => length * ELEMENT_BYTES[stored] < WORTHWHILE;

function bytesOf(source: Bytes, { start, bytes, entry, stored }: StoredTensor, stretches?: Stretches): Blocks {
  const all = (): Blocks => (entry ? behind(contentOf(source, entry), start) : source.blocks(start, bytes));
  if (!stretches) return all();
  const size = ELEMENT_BYTES[stored];
  const [first, length, period] = [stretches.first * size, stretches.length * size, stretches.period * size];
  return entry || isShort(stretches, stored)
    ? stretchesOf(all(), first, length, period)
    : stretchesIn(source, start, start + bytes, first, length, period);
}

/** Bytes [first, first + length) of every `period` of the file from `start` to `end`. */
async function* stretchesIn(
  source: Bytes,
  start: number,
  end: number,
  first: number,
  length: number,
  period: number,
): Blocks {
  for (let at = start; at < end; at += period) yield* source.blocks(at + first, length);
}

/** The same of blocks. */
async function* stretchesOf(blocks: Blocks, first: number, length: number, period: number): Blocks {
  let begin = 0; // of the block
  for await (const block of blocks) {
    const end = begin + block.length;
    let filled = 0;
    for (let at = begin - (begin % period) + first; at < end; at += period) {
      const from = Math.max(at, begin) - begin;
      const to = Math.min(at + length, end) - begin;
      if (to <= from) continue;
      block.copyWithin(filled, from, to);
      filled += to - from;
    }
    begin = end;
    if (filled) yield block.subarray(0, filled);
  }
}

/** The blocks without the first bytes. */
async function* behind(blocks: Blocks, bytes: number): Blocks {
  let skip = bytes;
  for await (const block of blocks) {
    if (skip < block.length) yield block.subarray(skip);
    skip = Math.max(0, skip - block.length);
  }
}

/** The elements in the order of the file, or some stretches of them. */
async function* elementsOf(
  source: Bytes,
  tensor: StoredTensor,
  tally: Tally,
  stretches?: Stretches,
): AsyncGenerator<Elements> {
  const { stored, bigEndian } = tensor;
  const size = ELEMENT_BYTES[stored];
  let gap: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  for await (const block of bytesOf(source, tensor, stretches)) {
    if (!filled && block.length % size === 0 && block.byteOffset % 8 === 0) {
      yield decode(block, stored, bigEndian, tally);
      continue;
    }
    // blocks that do not end with an element, or are not aligned, are put together anew
    gap ??= new Uint8Array(BLOCK);
    for (let taken = 0; taken < block.length; ) {
      const part = block.subarray(taken, taken + gap.length - filled);
      gap.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < gap.length) continue;
      yield decode(gap, stored, bigEndian, tally);
      filled = 0;
    }
  }
  if (gap && filled) yield decode(gap.subarray(0, filled), stored, bigEndian, tally);
}

/**
 * Fills `target` with the row-major elements from `from` on, of a tensor whose first axis is the contiguous one.
 *
 * The file is a sequence of lines along the first axis. Neighbours on a line are `step` apart in row-major order, and a
 * line begins at the sum of its other indices times their strides.
 */
async function gather(
  source: Bytes,
  tensor: StoredTensor,
  target: Elements,
  from: number,
  tally: Tally,
  stretches?: Stretches,
): Promise<void> {
  const { shape, size } = tensor;
  const length = shape[0];
  const step = size / length;
  const strides = shape.map((_, axis) => countElements(shape.slice(axis + 1)) as number);
  const index = new Array<number>(Math.min(shape.length, MAX_DIMENSIONS)).fill(0);
  let begin = -from; // where the line begins in `target`
  let i = 0; // position on the line
  for await (const elements of elementsOf(source, tensor, tally)) {
    for (let taken = 0; taken < elements.length; ) {
      const n = Math.min(length - i, elements.length - taken);
      const first = Math.max(i, Math.ceil(-begin / step));
      const last = Math.min(i + n, Math.ceil((target.length - begin) / step));
      if (stretches) {
        for (let k = i; k < i + n; k++) {
          const at = (begin + k * step) % stretches.period;
          const rest = at - stretches.first;
          if (rest < 0 || rest >= stretches.length) continue;
          const before = (begin + k * step - at) / stretches.period;
          target[before * stretches.length + rest] = elements[taken + k - i];
        }
      } else for (let k = first; k < last; k++) target[begin + k * step] = elements[taken + k - i];
      taken += n;
      i += n;
      if (i < length) continue;
      i = 0;
      for (let axis = 1; axis < shape.length; axis++) {
        begin += strides[axis];
        if (++index[axis] < shape[axis]) break;
        begin -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
  }
}
