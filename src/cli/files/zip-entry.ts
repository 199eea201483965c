// A file in a zip archive: its bytes, inflated in blocks, with the size and the checksum that the archive gives.

import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import type { Fail } from "../terminal/errors.js";
import { printable, quote } from "../terminal/printable.js";
import { BLOCK, type Blocks, type Source } from "./source.js";

export const STORED = 0;
export const DEFLATED = 8;

/** What the directory of the archive says of it. Plain data, so that another thread can read it. */
export interface ZipEntry {
  readonly name: string;
  /** STORED or DEFLATED. */
  readonly method: number;
  /** Where its bytes begin in the file, and how many they are there. */
  readonly data: number;
  readonly compressed: number;
  /** Bytes before compression, and their checksum. */
  readonly size: number;
  readonly crc: number;
}

/** The error for a problem with one of the entries. */
export const failOf =
  ({ fail }: Source, { name }: ZipEntry): Fail =>
  (problem, options) =>
    fail(`entry ${quote(name)} ${problem}`, options);

/** All of its bytes. */
export function contentOf(source: Source, entry: ZipEntry): Blocks {
  const fail = failOf(source, entry);
  const packed = source.blocks(entry.data, entry.compressed);
  return checked(entry.method === STORED ? packed : inflated(packed, entry.size, fail), entry, fail);
}

async function* inflated(packed: Blocks, size: number, fail: Fail): Blocks {
  const inflate = createInflateRaw({ chunkSize: Math.min(Math.max(size, 1024), BLOCK / 4) });
  // zlib works on a block while the next one is read
  const copies = async function* () {
    for await (const block of packed) yield block.slice();
  };
  const feeding = pipeline(copies, inflate).catch(() => {}); // the loop below gets the error
  try {
    yield* inflate as AsyncIterable<Uint8Array<ArrayBuffer>>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith("Z_") ? fail(`cannot be inflated: ${printable(message)}`, { cause: error }) : error;
  } finally {
    inflate.destroy();
    await feeding;
  }
}

/** The blocks, with the size and the checksum that the archive gives. */
async function* checked(blocks: Blocks, { size: expected, crc: checksum }: ZipEntry, fail: Fail): Blocks {
  let size = 0;
  let crc = 0;
  for await (const block of blocks) {
    size += block.length;
    if (size > expected) throw fail(`has more than its ${expected} bytes`);
    crc = crc32(block, crc);
    yield block;
  }
  if (size < expected) throw fail(`has ${size} bytes in place of ${expected}`);
  if (crc !== checksum) throw fail("does not have its checksum: it is damaged");
}
