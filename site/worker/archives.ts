// Zip archives by what browsers have: zip.js reads the directory of an archive, DecompressionStream inflates.

import { BlobReader, ZipReader } from "@zip.js/zip.js/lib/zip-core-native.js";
import { BLOCK, type Blocks, type Bytes } from "../../src/cli/files/bytes.js";
import type { Packed } from "../../src/cli/files/packed.js";
import type { Fail } from "../../src/cli/terminal/errors.js";
import { printable } from "../../src/cli/terminal/printable.js";

/** What zip.js reads from. */
type WithBlob = Bytes & { readonly content: Blob };

/** Bytes of a local header before the name, and where the lengths of the name and of what is behind it are. */
const HEADER = 30;
const LENGTHS = 26;

export async function directory(source: Bytes): Promise<Packed[]> {
  const files: Packed[] = [];
  try {
    const reader = new ZipReader(new BlobReader((source as WithBlob).content));
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory) continue;
      const { filename, offset, compressedSize, uncompressedSize, compressionMethod, encrypted, signature = 0 } = entry;
      if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(compressedSize)))
        throw new Error("an impossible length");
      const header = new DataView(new ArrayBuffer(HEADER));
      await source.read(new Uint8Array(header.buffer), offset);
      const data = offset + HEADER + header.getUint16(LENGTHS, true) + header.getUint16(LENGTHS + 2, true);
      files.push({
        name: filename,
        index: files.length,
        method: compressionMethod,
        encrypted,
        start: offset,
        data,
        compressed: compressedSize,
        size: uncompressedSize,
        crc: signature,
      });
    }
    return files;
  } catch (error) {
    const { message } = error as Error;
    const ended = /end of central directory|not recognized|EOCDR/i.test(message);
    throw source.fail(
      ended
        ? "is truncated: a zip archive without its end, as of a download that was broken off"
        : `is no zip archive that can be read: ${printable(message, 120)}`,
      { cause: error },
    );
  }
}

export async function* inflate(packed: Blocks, _size: number, fail: Fail): Blocks {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const feeding = (async () => {
    const writer = writable.getWriter();
    try {
      // a block is overwritten by the next one
      for await (const block of packed) await writer.write(block.slice());
      await writer.close();
    } catch {
      // the reader below gets the error
    }
  })();
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (let at = 0; at < value.length; at += BLOCK) yield value.slice(at, at + BLOCK);
    }
  } catch (error) {
    throw fail("cannot be inflated", { cause: error });
  } finally {
    await reader.cancel().catch(() => {});
    await feeding;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** As zlib has it. */
export function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
