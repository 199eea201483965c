// Bytes of a file, read at positions. The only file that reads files. Calls wait for the system: a promise for each of many
// small reads takes thirty times as long, and what reads much does so in a thread of its own.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FileError } from "../terminal/errors.js";
import { systemError } from "../terminal/system-errors.js";
import { type Archives, Bytes } from "./bytes.js";

/** The descriptor of standard input. */
export const STDIN = 0;

/** What tells a file from another one in its place, and from what it was before it was written to. */
export interface Identity {
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A file that has been opened. */
export class Source extends Bytes {
  private constructor(
    private readonly descriptor: number,
    label: string,
    /** When it was opened. */
    readonly identity: Identity,
  ) {
    super(label);
  }

  /**
   * @param path A regular file; anything else has to be stored first (input.ts).
   * @param expected What it was when it was opened before: what is known of its content has to be true still.
   * @throws {FileError}
   */
  static async open(path: string, label = path, expected?: Identity): Promise<Source> {
    let descriptor: number | undefined;
    let problem = "is not a regular file";
    try {
      descriptor = openSync(path, "r");
      const stats = fstatSync(descriptor);
      if (stats.isFile()) {
        const { size, mtimeMs, ino } = stats;
        const same = !expected || (size === expected.size && mtimeMs === expected.mtimeMs && ino === expected.ino);
        if (same) return new Source(descriptor, label, { size, mtimeMs, ino });
        problem = "has been changed while it was read";
      }
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw systemError(label, error);
    }
    closeSync(descriptor);
    throw new FileError(label, problem);
  }

  /** Bytes when it was opened. */
  get size(): number {
    return this.identity.size;
  }

  async archives(): Promise<Archives> {
    return import("./archives.js");
  }

  async read(target: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < target.length; ) {
      let bytesRead: number;
      try {
        bytesRead = readSync(this.descriptor, target, done, target.length - done, position + done);
      } catch (error) {
        throw systemError(this.label, error);
      }
      if (!bytesRead) throw this.fail(`ends after ${position + done} bytes: it has become shorter while it was read`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}
