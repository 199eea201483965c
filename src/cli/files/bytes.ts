// Bytes that are read at positions, wherever they are: of a file on this machine (source.ts), or of one that a page was given.

import { type Fail, FileError } from "../terminal/errors.js";
import type { Packed } from "./packed.js";

/** Bytes that are read at a time. A multiple of 8, so that no element is torn apart. */
export const BLOCK = 2 ** 20;

/** Bytes in order. A block may be overwritten by the next one. */
export type Blocks = AsyncGenerator<Uint8Array<ArrayBuffer>>;

/** What reads archives: Node's (archives.ts), or a page's. */
export interface Archives {
  /** What is in an archive, as its directory says, which has been checked. */
  directory(source: Bytes): Promise<Packed[]>;
  /** @param size Bytes that there will be, if the archive is right. */
  inflate(packed: Blocks, size: number, fail: Fail): Blocks;
  crc32(bytes: Uint8Array, before: number): number;
}

export abstract class Bytes {
  /** @param label What messages call them. */
  constructor(protected readonly label: string) {}

  /** How many there are. */
  abstract readonly size: number;

  /** Fills `target` with the bytes from a position on. */
  abstract read(target: Uint8Array, position: number): Promise<void>;

  /** What reads archives here. */
  abstract archives(): Promise<Archives>;

  readonly fail = (problem: string, options?: ErrorOptions): FileError => new FileError(this.label, problem, options);

  /** Fills `target` with the bytes from a position on, of which no more are asked for at a time than are in a block. */
  async fill(target: Uint8Array, start: number): Promise<void> {
    this.checkRange(start, target.length);
    for (let done = 0; done < target.length; done += BLOCK) {
      await this.read(target.subarray(done, done + BLOCK), start + done);
    }
  }

  /** The bytes of a range in blocks of BLOCK, the last one shorter. A block is overwritten by the next one. */
  async *blocks(start: number, length: number): Blocks {
    this.checkRange(start, length);
    const block = new Uint8Array(Math.min(BLOCK, length));
    for (let done = 0; done < length; done += block.length) {
      const part = block.subarray(0, Math.min(block.length, length - done));
      await this.read(part, start + done);
      yield part;
    }
  }

  private checkRange(start: number, length: number): void {
    if (start >= 0 && length >= 0 && start + length <= this.size) return;
    throw this.fail(`has ${this.size} bytes: ${length} at ${start} are outside of it`);
  }
}
