// Tensors of a file, of any of the formats.

import { quote } from "../terminal/printable.js";
import { ELEMENT_BYTES, type Elements, type ReadAs, type Tally } from "./elements.js";
import { foreign } from "./foreign.js";
import type { Input } from "./input.js";
import { NO_ARRAY, type Skipped } from "./left-out.js";
import { NPY_HEAD, NPY_MAGIC, parseNpyHeader } from "./npy.js";
import { looksLikeSafetensors, readSafetensors } from "./safetensors.js";
import { type Identity, Source } from "./source.js";
import { chunksOf, dtypeOf, type ReadTensor, readTensor, type StoredTensor } from "./stored-tensor.js";

/** A tensor, and the file that it is in: what it takes to read it in another thread. */
export interface Place extends Input {
  /** Of the tensor. */
  readonly name: string;
  /** The file as it was when its tensors were found. */
  readonly identity: Identity;
  readonly tensor: StoredTensor;
}

/** A file that has been opened; its tensors have been checked, apart from the elements. */
export class TensorFile {
  private constructor(
    private readonly source: Source,
    readonly format: "npy" | "npz" | "safetensors",
    /** In the order of the file. */
    readonly tensors: readonly StoredTensor[],
    /** What else is in it and cannot be read, with its type. */
    readonly skipped: readonly Skipped[],
  ) {}

  /**
   * Opens a .npy, .npz or .safetensors file, told apart by what it begins with.
   *
   * @param label What messages call the file. Default: its path.
   * @param as What elements are that are not taken as they are named.
   * @throws {FileError} for everything that is wrong with it.
   */
  static async open(path: string, label = path, as?: ReadAs): Promise<TensorFile> {
    const source = await Source.open(path, label);
    try {
      return await TensorFile.from(source, label, as);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  private static async from(source: Source, label: string, as?: ReadAs): Promise<TensorFile> {
    const { fail, size } = source;
    const head = new Uint8Array(Math.min(size, NPY_HEAD));
    await source.read(head, 0);
    const magic = Buffer.from(head.subarray(0, 8)).toString("latin1");
    if (magic.startsWith(NPY_MAGIC)) {
      const { stored, type, ...rest } = parseNpyHeader(head, size, fail, as);
      const name = stemOf(label);
      if (!stored) return new TensorFile(source, "npy", [], [{ name, type }]);
      const tensor = { ...rest, name, stored, dtype: dtypeOf(stored), bytes: size - rest.start };
      return new TensorFile(source, "npy", [tensor], []);
    }
    if (magic.startsWith("PK\x03\x04") || magic.startsWith("PK\x05\x06")) return TensorFile.fromNpz(source, as);
    if (looksLikeSafetensors(head, size)) return TensorFile.fromSafetensors(source, as);
    const other = foreign(head);
    if (other) throw fail(other);
    if (/\.safetensors$/i.test(label)) return TensorFile.fromSafetensors(source, as);
    if (!size) throw fail("is empty");
    throw fail(`is no .npy, .npz or .safetensors file: it begins with ${quote(magic)}`);
  }

  private static async fromNpz(source: Source, as?: ReadAs): Promise<TensorFile> {
    const { readNpz } = await import("./npz.js");
    const { entries, others } = await readNpz(source, as);
    const tensors: StoredTensor[] = [];
    const skipped = others.map((name) => ({ name, type: NO_ARRAY }));
    for (const { name, header, entry } of entries) {
      const { stored, type, ...rest } = header;
      if (!stored) {
        skipped.push({ name, type });
        continue;
      }
      const bytes = rest.size * ELEMENT_BYTES[stored];
      tensors.push({ ...rest, name, stored, dtype: dtypeOf(stored), bytes, entry });
    }
    return new TensorFile(source, "npz", tensors, skipped);
  }

  private static async fromSafetensors(source: Source, as?: ReadAs): Promise<TensorFile> {
    const read = async (start: number, length: number) => {
      const bytes = new Uint8Array(length);
      await source.read(bytes, start);
      return bytes;
    };
    const tensors: StoredTensor[] = [];
    const skipped: Skipped[] = [];
    for (const entry of await readSafetensors(read, source.size, source.fail, as)) {
      const { name, type, stored, shape, size, start, end } = entry;
      if (!stored) {
        skipped.push({ name, type });
        continue;
      }
      const order = { bigEndian: false, fortran: false };
      tensors.push({ name, shape, size, stored, dtype: dtypeOf(stored), bytes: end - start, start, ...order });
    }
    return new TensorFile(source, "safetensors", tensors, skipped);
  }

  get identity(): Identity {
    return this.source.identity;
  }

  /** Of one of `tensors`: see chunksOf(). */
  chunks(tensor: StoredTensor, tally?: Tally, gathered?: number): AsyncGenerator<Elements> {
    return chunksOf(this.source, tensor, tally, gathered);
  }

  /** Of one of `tensors`: see readTensor(). */
  read<E extends Elements = Elements>(tensor: StoredTensor, target?: E): Promise<ReadTensor<E>> {
    return readTensor(this.source, tensor, target);
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

/** The name of a file without folder and extension. */
export const stemOf = (label: string): string =>
  label.replace(/^.*[/\\](?=.)/s, "").replace(/\.np[yz]$|\.safetensors$/i, "");
