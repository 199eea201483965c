// A file of tensors on this machine.

import { type Contents, contentsOf } from "./contents.js";
import type { Elements, ReadAs } from "./elements.js";
import type { Input } from "./input.js";
import type { Skipped } from "./left-out.js";
import { type Identity, Source } from "./source.js";
import { type ReadTensor, readTensor, type StoredTensor } from "./stored-tensor.js";

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
    private readonly contents: Contents,
  ) {}

  get format(): Contents["format"] {
    return this.contents.format;
  }

  /** In the order of the file. */
  get tensors(): readonly StoredTensor[] {
    return this.contents.tensors;
  }

  /** What else is in it and cannot be read, with its type. */
  get skipped(): readonly Skipped[] {
    return this.contents.skipped;
  }

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
      return new TensorFile(source, await contentsOf(source, label, as));
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  get identity(): Identity {
    return this.source.identity;
  }

  /** Of one of `tensors`: see readTensor(). */
  read<E extends Elements = Elements>(tensor: StoredTensor, target?: E): Promise<ReadTensor<E>> {
    return readTensor(this.source, tensor, target);
  }

  close(): Promise<void> {
    return this.source.close();
  }
}
