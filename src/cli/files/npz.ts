// The format of numpy.savez: a zip archive of .npy files, whose elements are read in blocks.

import { quote } from "../terminal/printable.js";
import type { Blocks, Bytes } from "./bytes.js";
import type { ReadAs } from "./elements.js";
import { PYTORCH } from "./foreign.js";
import { NPY_HEAD, type NpyHeader, parseNpyHeader } from "./npy.js";
import { DEFLATED, STORED, type ZipEntry } from "./packed.js";
import { contentOf, failOf } from "./zip-entry.js";

/** Nothing that is deflated is smaller than this part of it. */
const MAX_DEFLATION = 1032;

/** A .npy file in the archive. */
export interface NpzEntry {
  /** Without its extension. */
  readonly name: string;
  readonly header: NpyHeader;
  readonly entry: ZipEntry;
}

/** @returns The .npy files of the archive, and the names of its other files. */
export async function readNpz(source: Bytes, as?: ReadAs): Promise<{ entries: NpzEntry[]; others: string[] }> {
  const { fail } = source;
  const { directory } = await source.archives();
  const files = await directory(source);
  if (files.some(({ name }) => /(^|[/])data\.pkl$/.test(name))) throw fail(PYTORCH);
  const entries: NpzEntry[] = [];
  const others: string[] = [];
  const names = new Set<string>();
  let at = 0;
  for (const file of files.sort((a, b) => a.start - b.start)) {
    if (names.has(file.name)) throw fail(`has two entries ${quote(file.name)}`);
    names.add(file.name);
    if (file.start < at) throw fail(`entry ${quote(file.name)} overlaps another one`);
    at = file.data + file.compressed;
  }
  for (const file of files.sort((a, b) => a.index - b.index)) {
    if (!file.name.endsWith(".npy")) {
      others.push(file.name);
      continue;
    }
    const entryFail = failOf(source, file);
    if (file.encrypted) throw entryFail("is encrypted");
    if (file.method !== STORED && file.method !== DEFLATED) {
      throw entryFail(`is compressed by method ${file.method}, known are 0 (stored) and 8 (deflated)`);
    }
    if (file.size > file.compressed * (file.method === STORED ? 1 : MAX_DEFLATION)) {
      throw entryFail(`cannot have ${file.size} bytes in ${file.compressed} compressed ones`);
    }
    const header = parseNpyHeader(await head(contentOf(source, file), file.size), file.size, entryFail, as);
    const { name, method, data, compressed, size, crc } = file;
    entries.push({ name: name.slice(0, -".npy".length), header, entry: { name, method, data, compressed, size, crc } });
  }
  return { entries, others };
}

/** @param size Bytes of all blocks. */
async function head(blocks: Blocks, size: number): Promise<Uint8Array> {
  const result = new Uint8Array(Math.min(NPY_HEAD, size));
  let length = 0;
  for await (const block of blocks) {
    const part = block.subarray(0, result.length - length);
    result.set(part, length);
    length += part.length;
    if (length === NPY_HEAD) break; // a shorter entry is read to its end, with its checksum
  }
  return result.subarray(0, length);
}
