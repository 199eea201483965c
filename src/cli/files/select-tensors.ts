// Which of the tensors in a file.

import { UsageError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import type { StoredTensor } from "./stored-tensor.js";
import type { TensorFile } from "./tensor-file.js";

/** A pattern of a name: * stands for any signs, ? for one. */
function matcher(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (sign) => ({ "*": ".*", "?": "." })[sign] ?? `\\${sign}`);
  const expression = new RegExp(`^${source}$`, "su");
  return (name) => name === pattern || expression.test(name);
}

/**
 * The tensors that a pattern matches, in the order of the file; without patterns all of them.
 *
 * @throws {UsageError} for a pattern that matches none.
 */
export function selectTensors(
  { tensors, skipped }: Pick<TensorFile, "tensors" | "skipped">,
  patterns: readonly string[] | undefined,
  label: string,
): StoredTensor[] {
  if (!patterns) return [...tensors];
  const chosen = new Set<StoredTensor>();
  for (const pattern of patterns) {
    const matches = matcher(pattern);
    const found = tensors.filter(({ name }) => matches(name));
    for (const tensor of found) chosen.add(tensor);
    if (found.length) continue;
    const other = skipped.find(({ name }) => matches(name));
    const reason = other ? `: ${quote(other.name)} is ${quote(other.type)}` : "";
    throw new UsageError(`${label} has no float tensor ${quote(pattern)}${reason}`);
  }
  return tensors.filter((tensor) => chosen.has(tensor));
}
