// The index of a checkpoint in several files: { "weight_map": { name of tensor: name of file } }, beside these files.

import type { Fail } from "../terminal/errors.js";
import { few, quote } from "../terminal/printable.js";

/** Bytes of an index; that of a checkpoint with a million tensors has as many. */
export const MAX_INDEX = 100_000_000;

/** Whether a file may be one. */
export const looksLikeIndex = (head: Uint8Array, label: string): boolean => {
  const text = Buffer.from(head).toString("latin1");
  return /^\s*\{/.test(text) && (/\.index\.json$/i.test(label) || text.includes('"weight_map"'));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a name stays in the folder of the index, on every system. */
const stays = (name: string): boolean =>
  !/[\\:\0]/.test(name) && name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** @returns The tensors of each file, in the order of the index. */
export function parseIndex(bytes: Uint8Array, fail: Fail): Map<string, Set<string>> {
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw fail("is no index of a checkpoint that can be read: it is no JSON", { cause: error });
  }
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map)) throw fail('is no index of a checkpoint: it has no object "weight_map"');
  const files = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string") throw fail(`has no name of a file for tensor ${quote(tensor)}`);
    if (!stays(file)) throw fail(`has the file ${quote(file)} for tensor ${quote(tensor)}: it is not in its folder`);
    const tensors = files.get(file) ?? new Set();
    files.set(file, tensors.add(tensor));
  }
  if (!files.size) throw fail("is the index of a checkpoint without tensors");
  return files;
}

/** @throws {FileError} for tensors that the index has and the file has not. */
export function checkShard(names: ReadonlySet<string>, expected: ReadonlySet<string>, file: string, fail: Fail): void {
  const missing = [...expected].filter((name) => !names.has(name));
  if (missing.length) throw fail(`is to have ${few(missing, 3)} in ${quote(file)}, which are not there`);
}
