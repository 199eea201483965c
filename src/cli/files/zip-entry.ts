// A file in a zip archive: its bytes, inflated in blocks, with the size and the checksum that the archive gives.

import type { Fail } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import type { Blocks, Bytes } from "./bytes.js";
import { STORED, type ZipEntry } from "./packed.js";

/** The error for a problem with one of the entries. */
export const failOf =
  ({ fail }: Bytes, { name }: ZipEntry): Fail =>
  (problem, options) =>
    fail(`entry ${quote(name)} ${problem}`, options);

/** All of its bytes, with the size and the checksum that the archive gives. */
export async function* contentOf(source: Bytes, entry: ZipEntry): Blocks {
  const { inflate, crc32 } = await source.archives();
  const fail = failOf(source, entry);
  const packed = source.blocks(entry.data, entry.compressed);
  const blocks = entry.method === STORED ? packed : inflate(packed, entry.size, fail);
  let size = 0;
  let crc = 0;
  for await (const block of blocks) {
    size += block.length;
    if (size > entry.size) throw fail(`has more than its ${entry.size} bytes`);
    crc = crc32(block, crc);
    yield block;
  }
  if (size < entry.size) throw fail(`has ${size} bytes in place of ${entry.size}`);
  if (crc !== entry.crc) throw fail("does not have its checksum: it is damaged");
}
