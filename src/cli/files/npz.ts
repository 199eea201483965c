// The format of numpy.savez: a zip archive of .npy files. yauzl reads the directory of the archive (and that of ZIP64) and
// checks it; the elements are read here, in blocks.

import yauzl from "yauzl";
import { printable, quote } from "../terminal/printable.js";
import type { ReadAs } from "./elements.js";
import { PYTORCH } from "./foreign.js";
import { NPY_HEAD, type NpyHeader, parseNpyHeader } from "./npy.js";
import type { Blocks, Source } from "./source.js";
import { contentOf, DEFLATED, failOf, STORED, type ZipEntry } from "./zip-entry.js";

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
export async function readNpz(source: Source, as?: ReadAs): Promise<{ entries: NpzEntry[]; others: string[] }> {
  const { fail } = source;
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

/** A file in the archive, whatever it is. */
interface Packed extends ZipEntry {
  readonly index: number;
  readonly encrypted: boolean;
  /** Where its local header begins. */
  readonly start: number;
}

async function directory(source: Source): Promise<Packed[]> {
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
  constructor(private readonly source: Source) {
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
