// The tensors that are in a file of any of the formats, without their elements.

import { quote } from "../terminal/printable.js";
import type { Bytes } from "./bytes.js";
import { ELEMENT_BYTES, type ReadAs } from "./elements.js";
import { foreign } from "./foreign.js";
import { latin1 } from "./latin1.js";
import { NO_ARRAY, type Skipped } from "./left-out.js";
import { NPY_HEAD, NPY_MAGIC, parseNpyHeader } from "./npy.js";
import { looksLikeSafetensors, readSafetensors } from "./safetensors.js";
import { dtypeOf, type StoredTensor } from "./stored-tensor.js";

export interface Contents {
  readonly format: "npy" | "npz" | "safetensors";
  /** In the order of the file. */
  readonly tensors: readonly StoredTensor[];
  /** What else is in it and cannot be read, with its type. */
  readonly skipped: readonly Skipped[];
}

/**
 * The tensors of a .npy, .npz or .safetensors file, told apart by what it begins with.
 *
 * @param label What messages call the file.
 * @param as What elements are that are not taken as they are named.
 * @throws {FileError} for everything that is wrong with it.
 */
export async function contentsOf(source: Bytes, label: string, as?: ReadAs): Promise<Contents> {
  const { fail, size } = source;
  const head = new Uint8Array(Math.min(size, NPY_HEAD));
  await source.read(head, 0);
  const magic = latin1(head.subarray(0, 8));
  if (magic.startsWith(NPY_MAGIC)) {
    const { stored, type, ...rest } = parseNpyHeader(head, size, fail, as);
    const name = stemOf(label);
    if (!stored) return { format: "npy", tensors: [], skipped: [{ name, type }] };
    const tensor = { ...rest, name, stored, dtype: dtypeOf(stored), bytes: size - rest.start };
    return { format: "npy", tensors: [tensor], skipped: [] };
  }
  if (magic.startsWith("PK\x03\x04") || magic.startsWith("PK\x05\x06")) return ofNpz(source, as);
  if (looksLikeSafetensors(head, size)) return ofSafetensors(source, as);
  const other = foreign(head);
  if (other) throw fail(other);
  if (/\.safetensors$/i.test(label)) return ofSafetensors(source, as);
  if (!size) throw fail("is empty");
  throw fail(`is no .npy, .npz or .safetensors file: it begins with ${quote(magic)}`);
}

async function ofNpz(source: Bytes, as?: ReadAs): Promise<Contents> {
  const { readNpz } = await import("./npz.js");
  const { entries, others } = await readNpz(source, as);
  const tensors: StoredTensor[] = [];
  const skipped = others.map((name) => ({ name, type: NO_ARRAY }));
  for (const { name, header, entry } of entries) {
    const { stored, type, ...rest } = header;
    if (!stored) {
      skipped.push({ name, type });
      continue;
    }
    const bytes = rest.size * ELEMENT_BYTES[stored];
    tensors.push({ ...rest, name, stored, dtype: dtypeOf(stored), bytes, entry });
  }
  return { format: "npz", tensors, skipped };
}

async function ofSafetensors(source: Bytes, as?: ReadAs): Promise<Contents> {
  const read = async (start: number, length: number) => {
    const bytes = new Uint8Array(length);
    await source.read(bytes, start);
    return bytes;
  };
  const tensors: StoredTensor[] = [];
  const skipped: Skipped[] = [];
  for (const entry of await readSafetensors(read, source.size, source.fail, as)) {
    const { name, type, stored, shape, size, start, end } = entry;
    if (!stored) {
      skipped.push({ name, type });
      continue;
    }
    const order = { bigEndian: false, fortran: false };
    tensors.push({ name, shape, size, stored, dtype: dtypeOf(stored), bytes: end - start, start, ...order });
  }
  return { format: "safetensors", tensors, skipped };
}

/** The name of a file without folder and extension. */
export const stemOf = (label: string): string =>
  label.replace(/^.*[/\\](?=.)/s, "").replace(/\.np[yz]$|\.safetensors$/i, "");
