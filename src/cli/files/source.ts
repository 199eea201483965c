// Bytes of a file, read at positions. The only file that reads files.

import { type FileHandle, open } from "node:fs/promises";
import { FileError } from "../terminal/errors.js";

/** Bytes that are read at a time. A multiple of 8, so that no element is torn apart. */
export const BLOCK = 2 ** 20;

/** A file that has been opened. */
export class Source {
  private constructor(
    private readonly handle: FileHandle,
    /** What messages call it. */
    private readonly label: string,
    /** Bytes when it was opened. */
    readonly size: number,
  ) {}

  /**
   * @param path A regular file; anything else has to be stored first (input.ts).
   * @throws {FileError}
   */
  static async open(path: string, label = path): Promise<Source> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path);
      const stats = await handle.stat();
      if (stats.isFile()) return new Source(handle, label, stats.size);
    } catch (error) {
      await handle?.close();
      throw systemError(label, error);
    }
    await handle.close();
    throw new FileError(label, "is not a regular file");
  }

  readonly fail = (problem: string, options?: ErrorOptions): FileError => new FileError(this.label, problem, options);

  /** Fills `target` with the bytes from a position on. */
  async read(target: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < target.length; ) {
      let bytesRead: number;
      try {
        ({ bytesRead } = await this.handle.read(target, done, target.length - done, position + done));
      } catch (error) {
        throw systemError(this.label, error);
      }
      if (!bytesRead) throw this.fail(`ends after ${position + done} bytes: it has become shorter while it was read`);
      done += bytesRead;
    }
  }

  /** The bytes of a range in blocks of BLOCK, the last one shorter. A block is overwritten by the next one. */
  async *blocks(start: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const block = new Uint8Array(Math.min(BLOCK, length));
    for (let done = 0; done < length; done += block.length) {
      const part = block.subarray(0, Math.min(block.length, length - done));
      await this.read(part, start + done);
      yield part;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

const PROBLEMS: Record<string, string> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "no such file",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENOSPC: "no space left on the device",
};

/** An error of the system as one line about a file; what is none is passed on. */
export function systemError(label: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return error;
  return new FileError(label, PROBLEMS[code] ?? `${syscall ?? "reading"} failed: ${code}`, { cause: error });
}
