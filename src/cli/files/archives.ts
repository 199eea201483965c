// Zip archives by what Node has: yauzl reads the directory of an archive (and that of ZIP64) and checks it, zlib inflates.

import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import yauzl from "yauzl";
import type { Fail } from "../terminal/errors.js";
import { printable } from "../terminal/printable.js";
import { BLOCK, type Blocks, type Bytes } from "./bytes.js";
import type { Packed } from "./packed.js";

export { crc32 } from "node:zlib";

export async function directory(source: Bytes): Promise<Packed[]> {
  const files: Packed[] = [];
  let zip: yauzl.ZipFile | undefined;
  try {
    zip = await yauzl.fromRandomAccessReaderPromise(new Reader(source), source.size, {
      autoClose: false,
      decodeStrings: false, // it would refuse names that are no paths; nothing here becomes one
    });
    zip.on("error", () => {}); // also comes as a rejection
    for await (const entry of zip.eachEntry()) {
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const { generalPurposeBitFlag, extraFields } = entry;
      const raw = entry.fileName as unknown as Buffer;
      if (entry.uncompressedSize > Number.MAX_SAFE_INTEGER) throw new Error("an impossible length");
      files.push({
        name: yauzl.getFileNameLowLevel(generalPurposeBitFlag, raw, extraFields, true),
        index: files.length,
        method: entry.compressionMethod,
        encrypted: entry.isEncrypted(),
        start: entry.relativeOffsetOfLocalHeader,
        data: fileDataStart,
        compressed: entry.compressedSize,
        size: entry.uncompressedSize,
        crc: entry.crc32,
      });
    }
    return files;
  } catch (error) {
    const { message } = error as Error;
    if (/^end of central directory/i.test(message)) {
      throw source.fail("is truncated: a zip archive without its end, as of a download that was broken off", {
        cause: error,
      });
    }
    throw source.fail(`is no zip archive that can be read: ${printable(message, 120)}`, { cause: error });
  } finally {
    zip?.close();
  }
}

/** Reads for yauzl, within the bounds of the file. */
class Reader extends yauzl.RandomAccessReader {
  constructor(private readonly source: Bytes) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (!(position >= 0 && position + length <= this.source.size)) {
      callback(new Error(`${length} bytes at ${position} are outside of the file`));
      return;
    }
    this.source.read(buffer.subarray(offset, offset + length), position).then(() => callback(null, length), callback);
  }

  /** The source stays open. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

export async function* inflate(packed: Blocks, size: number, fail: Fail): Blocks {
  const stream = createInflateRaw({ chunkSize: Math.min(Math.max(size, 1024), BLOCK / 4) });
  // zlib works on a block while the next one is read
  const copies = async function* () {
    for await (const block of packed) yield block.slice();
  };
  const feeding = pipeline(copies, stream).catch(() => {}); // the loop below gets the error
  try {
    yield* stream as AsyncIterable<Uint8Array<ArrayBuffer>>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith("Z_") ? fail(`cannot be inflated: ${printable(message)}`, { cause: error }) : error;
  } finally {
    stream.destroy();
    await feeding;
  }
}
