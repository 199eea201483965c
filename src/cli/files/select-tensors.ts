// Which of the tensors in a file.

import { UsageError } from "../terminal/errors.js";
import { few, printable, quote } from "../terminal/printable.js";
import { isGlob, matchesGlob } from "./glob.js";
import type { StoredTensor } from "./stored-tensor.js";
import type { TensorFile } from "./tensor-file.js";

/** Names that a message lists. */
const LISTED = 8;

/** Those that a pattern stands for: of its name, or that it matches. */
function matching<T extends { readonly name: string }>(pattern: string, all: readonly T[]): T[] {
  const glob = isGlob(pattern);
  return all.filter(({ name }) => name === pattern || (glob && matchesGlob(pattern, name)));
}

/**
 * The tensors that a pattern matches, in the order of the file; without patterns all of them.
 *
 * @throws {UsageError} for a pattern that matches none, with what there is.
 */
export function selectTensors(
  { tensors, skipped }: Pick<TensorFile, "tensors" | "skipped">,
  patterns: readonly string[] | undefined,
  label: string,
): StoredTensor[] {
  if (!patterns) return [...tensors];
  const chosen = new Set<StoredTensor>();
  for (const pattern of new Set(patterns)) {
    const found = matching(pattern, tensors);
    for (const tensor of found) chosen.add(tensor);
    if (found.length) continue;
    const [other] = matching(pattern, skipped);
    const names = tensors.map(({ name }) => name);
    const instead = other
      ? `: ${quote(other.name)} is ${quote(other.type)}`
      : names.length
        ? `, it has ${few(names, LISTED)}`
        : "";
    throw new UsageError(`${printable(label, 1024)} has no float tensor ${quote(pattern)}${instead}`);
  }
  return tensors.filter((tensor) => chosen.has(tensor));
}
