/**
 * Emulated arithmetic, one rounded operation at a time, and sums in every order. Scalar code over plain arrays.
 *
 * Operands have at most 24 significant bits. The float64 product of two such numbers is exact. Their float64 quotient
 * and square root, rounded again to 24 bits or fewer, equal the real result rounded once, because 53 >= 2 * 24 + 2;
 * subnormal results only have fewer bits. A sum of two numbers of one format is innocuous in the same way, but
 * terms and accumulator may have different formats, so sums carry the sign of their float64 error (round to odd).
 */
import { Exact, exactSum } from "./exact.js";
import { type Format, roundTo } from "./formats.js";
import { sumError } from "./reals.js";
import { toOdd } from "./rounder.js";

export type Order = "sequential" | "lanes" | "pairwise" | { readonly lanes: number };
export const ORDERS: readonly ("sequential" | "lanes" | "pairwise")[] = ["sequential", "lanes", "pairwise"];

export interface Arithmetic {
  readonly compute: Format;
  readonly accumulate: Format | "exact";
  readonly order: Order;
  /** Of mean, distances, terms, deviation, S and 1 / S; absent: `compute`. */
  readonly statistics?: Format;
  readonly tail?: "steps" | "folded";
  readonly count?: "exact" | "rounded";
}

/** What everything up to 1 / S is rounded to. */
export const ofStatistics = (arithmetic: Arithmetic): Format => arithmetic.statistics ?? arithmetic.compute;

/** n as sums are divided by it. */
export const counted = (arithmetic: Arithmetic, n: number): number =>
  arithmetic.count === "rounded" ? roundTo(arithmetic.compute, n) : n;

/** RN_F(a + b), rounded once whatever the formats of a and b. */
export function add(format: Format, a: number, b: number): number {
  const sum = a + b;
  if (!Number.isFinite(sum) || sum === 0) return roundTo(format, sum);
  // The error of a float64 addition is itself a float64.
  return roundTo(format, toOdd(sum, sumError(a, b, sum)));
}

export function subtract(format: Format, a: number, b: number): number {
  return add(format, a, -b);
}

export function multiply(format: Format, a: number, b: number): number {
  return roundTo(format, a * b);
}

export function divide(format: Format, a: number, b: number): number {
  return roundTo(format, a / b);
}

export function squareRoot(format: Format, a: number): number {
  return roundTo(format, Math.sqrt(a));
}

/** A sum: a number of the accumulate format, or the exact real sum. Not finite sums are always numbers. */
export type Sum = number | Exact;

/** The sum of terms in an order, every addition rounded; or the exact sum. */
export function sum(arithmetic: Arithmetic, terms: readonly number[]): Sum {
  if (arithmetic.accumulate === "exact") {
    // Terms that are not finite decide the sum as in IEEE 754, in any order.
    let plain = 0;
    for (const term of terms) plain += Number.isFinite(term) ? 0 : term;
    return plain === 0 ? exactSum(terms) : plain;
  }
  const format = arithmetic.accumulate;
  if (arithmetic.order === "sequential") return sequentialSum(format, terms);
  if (arithmetic.order === "pairwise") return pairwiseSum(format, terms);
  return lanesSum(format, terms, arithmetic.order === "lanes" ? 32 : arithmetic.order.lanes);
}

function sequentialSum(format: Format, terms: readonly number[]): number {
  let total = 0;
  for (const term of terms) total = add(format, total, term);
  return total;
}

/** w accumulators, lane j takes the terms with index congruent to j, then the lanes are halved until one is left. */
function lanesSum(format: Format, terms: readonly number[], w = 32): number {
  const lanes: number[] = new Array(w).fill(0);
  for (let i = 0; i < terms.length; i++) {
    lanes[i % w] = add(format, lanes[i % w], terms[i]);
  }
  for (let width = w / 2; width >= 1; width /= 2) {
    for (let j = 0; j < width; j++) lanes[j] = add(format, lanes[j], lanes[j + width]);
  }
  return lanes[0];
}

/** Blocks of 128 in lanes order, their sums by a binary tree split at the largest power of two below their number. */
function pairwiseSum(format: Format, terms: readonly number[]): number {
  const blocks: number[] = [];
  for (let start = 0; start < terms.length; start += 128) {
    blocks.push(lanesSum(format, terms.slice(start, start + 128)));
  }
  return blocks.length === 0 ? 0 : treeSum(format, blocks);
}

function treeSum(format: Format, blocks: readonly number[]): number {
  if (blocks.length === 1) return blocks[0];
  let split = 1;
  while (split * 2 < blocks.length) split *= 2;
  return add(format, treeSum(format, blocks.slice(0, split)), treeSum(format, blocks.slice(split)));
}

/** RN_F(sum): a sum that is itself the result. */
export function roundSum(format: Format, total: Sum): number {
  return roundTo(format, total instanceof Exact ? total.toOdd() : total);
}

/** RN_F(sum / n), n an exact integer that may have more bits than any format, or what a format made of one. */
export function divideSum(format: Format, total: Sum, n: number): number {
  if (!Number.isFinite(n)) return roundTo(format, (total instanceof Exact ? total.toOdd() : total) / n);
  if (!(total instanceof Exact) && (!Number.isFinite(total) || total === 0)) return roundTo(format, total / n);
  const real = total instanceof Exact ? total : Exact.of(total);
  return roundTo(format, real.over(new Exact(BigInt(n))).toOdd());
}
