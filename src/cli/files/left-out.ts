// What is left out of the tensors of files, and why, in words.

import { few, printable, quote } from "../terminal/printable.js";

/** What is in a file and cannot be read, with its type. */
export interface Skipped {
  readonly name: string;
  readonly type: string;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Kinds of reasons that a line has, and names of each. */
const KINDS = 4;
const NAMES = 3;

/** Why a tensor cannot be read. */
export function reasonOf({ type }: Skipped): string {
  if (type === NO_ARRAY || type === NOT_IN_INDEX) return type;
  const hint = /^[<>=|]?[Vu][12]$/.test(type) ? ", which --as may name" : "";
  return `of type ${quote(type)}${hint}`;
}

/** In the place of types. */
export const NO_ARRAY = "no .npy file";
export const NOT_IN_INDEX = "not in the index";

/** Names by their reason, a few of each. */
export function byReason(left: readonly LeftOut[]): { reason: string; names: string }[] {
  const kinds = new Map<string, string[]>();
  for (const { name, reason } of left) {
    const names = kinds.get(reason) ?? [];
    names.push(name);
    kinds.set(reason, names);
  }
  return [...kinds].map(([reason, names]) => ({ reason: printable(reason, 200), names: few(names, NAMES) }));
}

/** All reasons in a line that does not grow with the tensors. */
export function reasonsLine(left: readonly LeftOut[]): string {
  const kinds = byReason(left);
  const shown = kinds.slice(0, KINDS).map(({ reason, names }) => `${names} (${reason})`);
  const more = kinds.length - shown.length;
  return shown.join("; ") + (more ? `; and ${more} other reasons` : "");
}
