// Which of the tensors in a file.

import { UsageError } from "../terminal/errors.js";
import { few, printable, quote } from "../terminal/printable.js";
import { isGlob, matchesGlob } from "./glob.js";
import { type LeftOut, reasonOf, reasonsLine } from "./left-out.js";
import type { Listing } from "./places.js";
import type { Place } from "./tensor-file.js";

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
export function selectTensors({ label, places, skipped }: Listing, patterns: readonly string[] | undefined): Place[] {
  if (!patterns) return [...places];
  const chosen = new Set<Place>();
  for (const pattern of new Set(patterns)) {
    const found = matching(pattern, places);
    for (const place of found) chosen.add(place);
    if (found.length) continue;
    const [other] = matching(pattern, skipped);
    const names = places.map(({ name }) => name);
    const there = names.length ? `, it has ${few(names, LISTED)}` : "";
    const instead = other ? `: ${quote(other.name)} is ${quote(other.type)}` : there;
    throw new UsageError(`${printable(label, 1024)} has no float tensor ${quote(pattern)}${instead}`);
  }
  return places.filter((place) => chosen.has(place));
}

/** What reasons of integers and booleans begin with: those of NumPy and of safetensors. */
const INTEGERS = /^of type "(?:[<>=|]?[iub]\d|[IU]\d|BOOL)/;

/** Why files have nothing that can be read. */
export function noTensor(listings: readonly Listing[], left: readonly LeftOut[]): string {
  const labels = few(
    listings.map(({ label }) => label),
    3,
  );
  const integers = left.some(({ reason }) => INTEGERS.test(reason));
  const hint = integers ? '; what is to be taken for floats has to be saved so: x.astype("float32")' : "";
  return `${labels} has no float tensor${left.length ? `: ${reasonsLine(left)}${hint}` : ""}`;
}

/** What cannot be read. */
export const leftOut = ({ skipped }: Listing): LeftOut[] =>
  skipped.map((one) => ({ name: one.name, reason: reasonOf(one) }));
