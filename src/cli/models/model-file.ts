// The file of a model, and files beside it that have its tensors.

import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { foreign } from "../files/foreign.js";
import { latin1 } from "../files/latin1.js";
import { NPY_MAGIC } from "../files/npy.js";
import { looksLikeSafetensors } from "../files/safetensors.js";
import { Source } from "../files/source.js";
import { FileError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { systemError } from "../terminal/system-errors.js";

/** The most that a message of Protocol Buffers may have. */
const MOST = 2 ** 31 - 1;

/** What a file is whose name is wrong: tensors, as diagnose takes them. */
function tensorsIn(bytes: Uint8Array): string | undefined {
  const magic = latin1(bytes.subarray(0, 8));
  if (magic.startsWith(NPY_MAGIC)) return ".npy";
  if (magic.startsWith("PK\x03\x04")) return ".npz";
  return looksLikeSafetensors(bytes, bytes.length) ? ".safetensors" : undefined;
}

/** @throws {FileError} */
export async function readModelFile(path: string): Promise<Uint8Array> {
  const source = await Source.open(path);
  try {
    if (source.size > MOST) {
      throw source.fail(`has ${source.size} bytes: a model of more than 2 GB keeps its tensors in files beside it`);
    }
    const bytes = new Uint8Array(source.size);
    await source.read(bytes, 0);
    const other = foreign(bytes.subarray(0, 512));
    if (other) throw source.fail(other);
    const format = tensorsIn(bytes);
    if (format) throw source.fail(`has tensors, and no model, in it: give it a name that ends with ${format}`);
    return bytes;
  } finally {
    await source.close();
  }
}

/**
 * What reads tensors that are in files beside a model.
 *
 * @throws {FileError} for names that leave its folder, links followed.
 */
export function externalReader(
  model: string,
): (location: string, offset: number, length: number | undefined) => Uint8Array {
  const folder = realpathSync(dirname(model));
  return (location, offset, length) => {
    const fail = (problem: string): FileError => new FileError(model, `names the file ${quote(location)}, ${problem}`);
    if (!location || isAbsolute(location) || /^[a-z]:|\\|\0/i.test(location))
      throw fail("which is no name of a file beside it");
    let descriptor: number | undefined;
    try {
      const path = realpathSync(join(folder, location));
      if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw fail("which leaves its folder");
      descriptor = openSync(path, "r");
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw fail("which is no regular file");
      const size = length ?? stats.size - offset;
      if (
        !(
          Number.isSafeInteger(offset) &&
          Number.isSafeInteger(size) &&
          offset >= 0 &&
          size >= 0 &&
          offset + size <= stats.size
        )
      ) {
        throw fail(`of ${stats.size} bytes, for ${length ?? "all"} at ${offset}`);
      }
      const bytes = new Uint8Array(size);
      for (let done = 0; done < size; ) {
        const n = readSync(descriptor, bytes, done, size - done, offset + done);
        if (!n) throw fail("which has become shorter while it was read");
        done += n;
      }
      return bytes;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") throw fail("which is not there");
      throw systemError(model, error);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };
}
