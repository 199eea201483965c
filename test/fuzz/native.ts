/** Native arithmetic in float64, for values of any magnitude, and how far from it float32 may be. */

import { expect } from "vitest";
import { compensatedSum } from "../oracle/compensated.js";
import * as oracle from "../oracle/emulated.js";
import { FLOAT16, roundTo } from "../oracle/formats.js";

/** Beyond these, what is between data and result may leave float64's range in the references. */
const LEAST = 1e-30;
const MOST = 1e30;

export const inRange = (scale: number): boolean => scale > LEAST && scale < MOST;
export const allFinite = (values: readonly number[]): boolean => values.every(Number.isFinite);

export interface Statistics {
  readonly mean: number;
  readonly d: readonly number[];
  /** The deviation, or the norm of a vector. */
  readonly deviation: number;
  /** What d is divided by. */
  readonly scale: number;
}

/** @param vector The norm of a vector, uncentred and without eps. */
export function statistics(
  norm: oracle.Norm,
  x: readonly number[],
  centred: boolean,
  eps: number,
  vector = false,
): Statistics {
  const n = vector ? 1 : x.length;
  const constant = vector ? 1 : oracle.paperConstant(norm, x.length);
  const mean = centred ? compensatedSum(x) / x.length : 0;
  const d = x.map((value) => value - mean);
  const sizes = d.map(Math.abs);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0) || 1;
  const power = norm === "l2" ? 2 : oracle.isPower(norm) ? oracle.powerOf(norm) : 0;
  let deviation: number;
  if (power) deviation = most * (compensatedSum(sizes.map((size) => (size / most) ** power)) / n) ** (1 / power);
  else if (norm === "l1") deviation = compensatedSum(sizes) / n;
  else if (norm === "range") deviation = x.reduce((a, b) => Math.max(a, b)) - x.reduce((a, b) => Math.min(a, b));
  else {
    const k = oracle.isTop(norm) ? norm.topk : 1;
    deviation = compensatedSum(sizes.sort((a, b) => b - a).slice(0, k)) / k;
  }
  // eps under the root, which |d|^p need not be in the range of float64 for
  const scale = constant * (power ? rooted(deviation, eps, power) : deviation) + (power ? 0 : eps);
  return { mean, d, deviation: constant * deviation, scale };
}

/** (deviation^p + eps)^(1/p). */
function rooted(deviation: number, eps: number, p: number): number {
  const other = eps ** (1 / p);
  const most = Math.max(deviation, other);
  return most && most * ((deviation / most) ** p + (other / most) ** p) ** (1 / p);
}

/** Fails unless a result is within a bound of the exact one; a float16 is rounded once more, and what is near infinity may be that. */
export function expectWithin(found: number, exact: number, bound: number, half: boolean, what: string): void {
  const most = half ? bound + Math.abs(exact) * 2 ** -11 + 2 ** -25 : bound;
  if (Math.abs(found - exact) <= most) return;
  const limit = half ? 65504 : 3.4e38;
  if (Math.abs(exact) + most >= limit && (Math.abs(found) >= limit || Math.abs(exact) >= limit)) return;
  if (half && roundTo(FLOAT16, exact) === found) return;
  expect.fail(`${what} is ${found} instead of ${exact}, ${Math.abs(found - exact)} away and not ${most}`);
}
