/** Every function on every distribution, and what is beyond its budget. */

import { budgetOf } from "./budgets.js";
import { DISTRIBUTIONS, type Distribution, LENGTHS } from "./distributions.js";
import { Collected, type Errors, summary } from "./errors.js";
import { GRADIENTS } from "./gradients.js";
import { NORMALIZATIONS } from "./layers.js";
import type { Measured } from "./measured.js";
import { ELEMENTWISE, REDUCTIONS } from "./reductions.js";

export const FUNCTIONS: Readonly<Record<string, readonly Measured[]>> = {
  Reductions: REDUCTIONS,
  Normalizations: NORMALIZATIONS,
  Gradients: GRADIENTS,
  "Conversions and activation": ELEMENTWISE,
};

export const NAMES = Object.keys(DISTRIBUTIONS) as Distribution[];

/** One function: on each distribution, and on all of them. */
export interface Row {
  readonly name: string;
  readonly all: Errors;
  readonly on: Readonly<Partial<Record<Distribution, Errors>>>;
  /** What is beyond its budget, in sentences. */
  readonly beyond: readonly string[];
}

/** Undefined where nothing of it was asked for. */
export function measure({ name, lengths = LENGTHS, compare }: Measured, only: RegExp, seed: number): Row | undefined {
  const on: Partial<Record<Distribution, Errors>> = {};
  const lists: (readonly number[])[] = [];
  const beyond: string[] = [];
  for (const distribution of NAMES) {
    if (!only.test(`${name}/${distribution}`)) continue;
    const collected = new Collected();
    for (const n of lengths) {
      for (const compared of compare(DISTRIBUTIONS[distribution](n, seed + n), seed)) collected.add(compared);
    }
    const errors = summary([collected.errors]);
    if (!errors) continue;
    on[distribution] = errors;
    lists.push(collected.errors);
    const budget = budgetOf(name, distribution);
    if (!(errors.largest <= budget)) {
      beyond.push(`${name} on ${distribution}: ${errors.largest.toPrecision(3)} ulp, the budget is ${budget}`);
    }
  }
  const all = summary(lists);
  return all && { name, all, on, beyond };
}
