// A part of the work, done by a machine of its own: which tensors are in it, and what joins it to the other parts.

import { createHash } from "node:crypto";
import type { FigureData } from "../report/figure-data.js";
import { UsageError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { orderOf } from "../workers/waiting.js";
import type { Checks } from "./result.js";
import type { SweepOptions } from "./sweeps.js";

/** Most parts that work can be cut into. */
export const MOST_PARTS = 9999;

/** The I-th of N parts. */
export interface Part {
  readonly part: number;
  readonly parts: number;
}

/** What a tensor takes besides its elements, in elements. */
const OVERHEAD = 4096;

/** What parts were asked for, all of them the same. */
export interface PartOptions {
  readonly norms: SweepOptions["norms"];
  readonly arithmetic: SweepOptions["arithmetic"];
  readonly failOn: Checks["failOn"] | null;
  readonly toleranceUlp: number | null;
}

/** What the JSON of a part has besides that of a whole. */
export interface Shard extends Part {
  /** The same in all parts of the same work. */
  readonly digest: string;
  /** Where its tensors, and those that it left out, stand among all of them. */
  readonly positions: {
    readonly total: number;
    readonly tensors: readonly number[];
    readonly skipped: readonly number[];
  };
  readonly options: PartOptions;
  /** What a report draws of each tensor. */
  readonly figures: readonly FigureData[];
}

/** @param text "2/8". */
export function partOf(text: string): Part {
  const [, part, parts] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (part >= 1 && part <= parts) return { part, parts };
  throw new UsageError(`--shard must be I/N, the I-th of N parts with N from 1 to ${MOST_PARTS}, got ${quote(text)}`);
}

/**
 * The number of the part, from 1 on, that each tensor belongs to: the largest first, each to the part that has least. It
 * depends on their sizes and their order alone.
 */
export function ownersOf(sizes: readonly number[], parts: number): number[] {
  const loads = new Float64Array(parts);
  const found = new Array<number>(sizes.length);
  for (const i of orderOf(sizes)) {
    let least = 0;
    for (let part = 1; part < parts; part++) if (loads[part] < loads[least]) least = part;
    loads[least] += sizes[i] + OVERHEAD;
    found[i] = least + 1;
  }
  return found;
}

/** @param work Whatever parts of the same work have in common. */
export const digestOf = (work: unknown): string => createHash("sha256").update(JSON.stringify(work)).digest("hex");
