// Tensors of a file, of any of the formats.

import { type Fail, quote } from "../terminal/errors.js";
import {
  countElements,
  decode,
  ELEMENT_BYTES,
  type Elements,
  MAX_DIMENSIONS,
  type StoredType,
  type Tally,
} from "./elements.js";
import { NPY_HEAD, NPY_MAGIC, parseNpyHeader } from "./npy.js";
import { looksLikeSafetensors, readSafetensors } from "./safetensors.js";
import { BLOCK, Source } from "./source.js";

/** A tensor in a file. */
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
}

/** A tensor that has been read, row-major. */
export interface ReadTensor<E extends Elements = Elements> extends Tally {
  /** float16 bits in a Uint16Array. */
  readonly data: E;
}

/** What makes elements of bytes. */
interface Entry extends StoredTensor {
  readonly bigEndian: boolean;
  /** In the file the first axis is the contiguous one. */
  readonly fortran: boolean;
  /** The bytes of the elements, in blocks of any length. */
  blocks(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Elements that are gathered at a time from a tensor in Fortran order, each time reading all of it. */
const GATHERED = 2 ** 24;

/** A file that has been opened; its tensors have been checked, apart from the elements. */
export class TensorFile {
  private constructor(
    private readonly source: Source,
    readonly format: "npy" | "npz" | "safetensors",
    /** In the order of the file. */
    readonly tensors: readonly StoredTensor[],
    /** What else is in it and cannot be read, with its type. */
    readonly skipped: readonly { readonly name: string; readonly type: string }[],
    private readonly fail: Fail,
  ) {}

  /**
   * Opens a .npy, .npz or .safetensors file, told apart by what it begins with.
   *
   * @param label What messages call the file. Default: its path.
   * @throws {FileError} for everything that is wrong with it.
   */
  static async open(path: string, label = path): Promise<TensorFile> {
    const source = await Source.open(path, label);
    try {
      return await TensorFile.from(source, label);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  private static async from(source: Source, label: string): Promise<TensorFile> {
    const { fail, size } = source;
    const head = new Uint8Array(Math.min(size, NPY_HEAD));
    await source.read(head, 0);
    const magic = Buffer.from(head.subarray(0, 8)).toString("latin1");
    if (magic.startsWith(NPY_MAGIC)) {
      const { stored, type, start, shape, ...header } = parseNpyHeader(head, size, fail);
      if (!stored) throw fail(`has elements of type ${quote(type)}, known are f2, f4 and f8`);
      const bytes = size - start;
      const blocks = () => source.blocks(start, bytes);
      const entry = { ...header, name: stemOf(label), shape, stored, dtype: dtypeOf(stored), bytes, blocks };
      return new TensorFile(source, "npy", [entry], [], fail);
    }
    if (magic.startsWith("PK\x03\x04") || magic.startsWith("PK\x05\x06")) return TensorFile.fromNpz(source);
    if (looksLikeSafetensors(head, size) || /\.safetensors$/i.test(label)) return TensorFile.fromSafetensors(source);
    if (!size) throw fail("is empty");
    throw fail(`is no .npy, .npz or .safetensors file: it begins with ${quote(magic)}`);
  }

  private static async fromNpz(source: Source): Promise<TensorFile> {
    const { readNpz } = await import("./npz.js");
    const { entries, others } = await readNpz(source);
    const tensors: Entry[] = [];
    const skipped = others.map((name) => ({ name, type: "no .npy file" }));
    for (const { name, header, blocks } of entries) {
      const { stored, type, start, ...rest } = header;
      if (!stored) {
        skipped.push({ name, type });
        continue;
      }
      const bytes = rest.size * ELEMENT_BYTES[stored];
      tensors.push({ ...rest, name, stored, dtype: dtypeOf(stored), bytes, blocks: () => behind(blocks(), start) });
    }
    return new TensorFile(source, "npz", tensors, skipped, source.fail);
  }

  private static async fromSafetensors(source: Source): Promise<TensorFile> {
    const read = async (start: number, length: number) => {
      const bytes = new Uint8Array(length);
      await source.read(bytes, start);
      return bytes;
    };
    const tensors: Entry[] = [];
    const skipped: { name: string; type: string }[] = [];
    for (const entry of await readSafetensors(read, source.size, source.fail)) {
      const { name, type, stored, shape, size, start, end } = entry;
      if (!stored) {
        skipped.push({ name, type });
        continue;
      }
      const bytes = end - start;
      const blocks = () => source.blocks(start, bytes);
      const order = { bigEndian: false, fortran: false };
      tensors.push({ name, shape, size, stored, dtype: dtypeOf(stored), bytes, blocks, ...order });
    }
    return new TensorFile(source, "safetensors", tensors, skipped, source.fail);
  }

  /**
   * The elements of a tensor, row-major, in blocks: memory is bounded whatever the size of the tensor. A block may be
   * overwritten by the next one.
   *
   * @param tensor One of `tensors`.
   * @param tally Counts what conversion changes.
   * @param gathered Elements of a block where the file has Fortran order and has to be read anew for every block.
   */
  async *chunks(
    tensor: StoredTensor,
    tally: Tally = { rounded: 0, overflowed: 0 },
    gathered = GATHERED,
  ): AsyncGenerator<Elements> {
    const entry = tensor as Entry;
    if (!scattered(entry)) {
      yield* elementsOf(entry, tally);
      return;
    }
    const block = allocate(tensor, Math.min(gathered, tensor.size));
    for (let from = 0; from < tensor.size; from += block.length) {
      const part = block.subarray(0, tensor.size - from);
      await gather(entry, part, from, from ? { rounded: 0, overflowed: 0 } : tally);
      yield part;
    }
  }

  /**
   * All elements of a tensor, row-major.
   *
   * @param tensor One of `tensors`.
   * @param target Is filled: an array of the tensor's `dtype` and size. Default: a fresh one.
   */
  async read<E extends Elements = Elements>(tensor: StoredTensor, target?: E): Promise<ReadTensor<E>> {
    const tally = { rounded: 0, overflowed: 0 };
    let data: Elements;
    try {
      data = target ?? allocate(tensor, tensor.size);
    } catch (error) {
      throw this.fail(`tensor ${quote(tensor.name)} of ${tensor.bytes} bytes does not fit into memory`, {
        cause: error,
      });
    }
    const entry = tensor as Entry;
    if (scattered(entry)) {
      await gather(entry, data, 0, tally);
    } else {
      let at = 0;
      for await (const elements of elementsOf(entry, tally)) {
        data.set(elements, at);
        at += elements.length;
      }
    }
    return { data: data as E, ...tally };
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

const dtypeOf = (stored: StoredType): StoredTensor["dtype"] => (stored === "float16" ? "float16" : "float32");

/** The name of a file without folder and extension. */
export const stemOf = (label: string): string =>
  label.replace(/^.*[/\\](?=.)/s, "").replace(/\.np[yz]$|\.safetensors$/i, "");

const allocate = ({ dtype }: StoredTensor, n: number): Elements =>
  dtype === "float16" ? new Uint16Array(n) : new Float32Array(n);

/** Whether the order in the file is another one than the row-major one. */
const scattered = ({ fortran, shape, size }: Entry): boolean =>
  fortran && size > 0 && shape.filter((length) => length > 1).length > 1;

/** The blocks without the first bytes. */
async function* behind(blocks: AsyncGenerator<Uint8Array<ArrayBuffer>>, bytes: number) {
  let skip = bytes;
  for await (const block of blocks) {
    if (skip < block.length) yield block.subarray(skip);
    skip = Math.max(0, skip - block.length);
  }
}

/** The elements in the order of the file. */
async function* elementsOf(entry: Entry, tally: Tally): AsyncGenerator<Elements> {
  const { stored, bigEndian } = entry;
  const size = ELEMENT_BYTES[stored];
  let gap: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  for await (const block of entry.blocks()) {
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
async function gather(entry: Entry, target: Elements, from: number, tally: Tally): Promise<void> {
  const { shape, size } = entry;
  const length = shape[0];
  const step = size / length;
  const strides = shape.map((_, axis) => countElements(shape.slice(axis + 1)) as number);
  const index = new Array<number>(Math.min(shape.length, MAX_DIMENSIONS)).fill(0);
  let begin = -from; // where the line begins in `target`
  let i = 0; // position on the line
  for await (const elements of elementsOf(entry, tally)) {
    for (let taken = 0; taken < elements.length; ) {
      const n = Math.min(length - i, elements.length - taken);
      const first = Math.max(i, Math.ceil(-begin / step));
      const last = Math.min(i + n, Math.ceil((target.length - begin) / step));
      for (let k = first; k < last; k++) target[begin + k * step] = elements[taken + k - i];
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
