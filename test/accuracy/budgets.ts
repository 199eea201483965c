/**
 * What each function is held to, in ulp as errors.ts measures them, on every distribution and from any seed: some above the
 * largest of many seeds. 0.51 is one rounding of what is exact to float64.
 */

import type { Distribution } from "./distributions.js";

/** One for all distributions, and those that are held to another one. */
type Budget = number | ({ readonly all: number } & Partial<Record<Distribution, number>>);

/** By function, then by what follows its name: a norm, or what else is special about the call. */
const BUDGETS: Readonly<Record<string, Budget | Readonly<Record<string, Budget>>>> = {
  // sums of whole numbers below 2^24 are exact
  norm: { l1: { all: 1.5, integers: 0 }, l2: 1.5, linf: 0, range: 0.51, "top-10": 0.51, "l1.5": 0.51, l3: 0.51 },
  mean: 0.51,
  statistics: { l1: 1.5, l2: 1.5, linf: 0.51, range: 0.51, "top-10": 1.5, "l1.5": 0.51, l3: 0.51 },
  partial: 2,
  channelNorms: 1.5,
  // float64
  learning: { rates: 0.001 },
  batchNorm: { "l2, mean and deviation given": 2.5, others: 4 },
  layerNorm: { "l2 of float16": 0.51, others: 4 },
  instanceNorm: { others: 4 },
  groupNorm: { others: 4 },
  rmsNorm: { others: 2.5 },
  foldBatchNorm: 0.51,
  weightNorm: { others: 3 },
  boundedWeightNorm: { others: 3 },
  lpNormalize: { others: 3 },
  rescaleToNorms: { others: 4 },
  // powers are float64 throughout
  batchNormBackward: { "l1.5": 0.51, l3: 0.51, others: 3 },
  instanceNormBackward: { "l1.5": 0.51, l3: 0.51, others: 3 },
  groupNormBackward: { "l1.5": 0.51, l3: 0.51, others: 3 },
  layerNormBackward: { others: 4 },
  rmsNormBackward: { others: 4 },
  weightNormBackward: { "l1.5": 0.51, l3: 0.51, others: 3 },
  boundedWeightNormBackward: { "l1.5": 0.51, l3: 0.51, others: 3 },
  toFloat16: 0,
  fromFloat16: 0,
  round: { others: 0 },
  trelu: 2,
};

const isBudget = (entry: object | number): entry is Budget => typeof entry === "number" || "all" in entry;

function entryOf(name: string): Budget {
  // every bit of emulated arithmetic is given
  if (name.endsWith(" in float16")) return 0;
  const [called, ...rest] = name.split(" ");
  const entry = BUDGETS[called];
  if (entry === undefined) throw new Error(`no budget for ${name}`);
  if (isBudget(entry)) return entry;
  const own = entry[rest.join(" ")] ?? entry.others;
  if (own === undefined) throw new Error(`no budget for ${name}`);
  return own;
}

export function budgetOf(name: string, distribution: Distribution): number {
  const entry = entryOf(name);
  return typeof entry === "number" ? entry : (entry[distribution] ?? entry.all);
}

export function highestBudget(name: string): number {
  const entry = entryOf(name);
  return typeof entry === "number" ? entry : Math.max(...Object.values(entry));
}
