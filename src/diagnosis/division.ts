// How the groups of a tensor are divided: into parts, whose statistics are found one by one and joined in their order, and
// parts among those who work on them. What a part is depends on the tensor alone, and so no bit of the result on who does it.

import type { Walk } from "../plan/walk.js";

/** Some of the split dimension of a walk. */
export interface Range {
  readonly first: number;
  readonly length: number;
}

/** Elements of a part, about: a few of them are worth a thread of their own. */
const PART = 2 ** 18;

/** Groups that are computed side by side fill up a part. */
const SIDE_BY_SIDE = 64;

/** All parts, in the order of their groups; one where all of the tensor is one group, or less than two parts. */
export function partsOf({ whole, elements }: Walk): Range[] {
  let length = elements < 2 * PART ? whole : Math.max(1, Math.round((PART * whole) / elements));
  if (length < whole && length > SIDE_BY_SIDE) length -= length % SIDE_BY_SIDE;
  const parts: Range[] = [];
  for (let first = 0; first < whole; first += length) parts.push({ first, length: Math.min(length, whole - first) });
  return parts;
}

/** The parts of number `rank` of `size` who share them, neighbours. */
export function partsFor(parts: readonly Range[], rank: number, size: number): Range[] {
  const from = (number: number): number => Math.floor((parts.length * number) / size);
  return parts.slice(from(rank), from(rank + 1));
}

/** All of some neighbours. */
export function rangeOf(parts: readonly Range[]): Range {
  const [{ first }] = parts;
  return { first, length: parts.reduce((sum, { length }) => sum + length, 0) };
}

/** The walk over a range, as a tensor of its own. */
export function walkOver(walk: Walk, { length }: Range): Walk {
  const { sizes, split, whole } = walk;
  if (length === whole) return walk;
  return {
    ...walk,
    sizes: sizes.map((size, i) => (i === split ? length : size)),
    elements: (walk.elements / whole) * length,
    groups: (walk.groups / whole) * length,
    whole: length,
  };
}
