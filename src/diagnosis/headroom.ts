// How far the stages are from the ends of their formats, and the power of two that a tensor is best scaled by.

import { TAIL_STEPS } from "../abi/plan.js";
import { comparedBy } from "../numerics/norm.js";
import { type InputCounts, inspect } from "./input.js";
import type { Subject } from "./normalization.js";
import type { StageName } from "./result.js";
import type { Traced } from "./trace.js";

/** Of the smallest float32, where counts of exponents begin. */
export const LEAST_EXPONENT = -149;

/** The largest exact magnitude of a stage, over all groups. */
export interface Level {
  readonly at: StageName;
  /** Its logarithm to base 2. */
  readonly log: number;
  /** Binades from there to the largest finite number of the format that holds it. */
  readonly binades: number;
  /** Scaling the tensor by 2^k scales it by 2^(power · k). */
  readonly power: number;
}

/** Exponents of 2 within which float64 is trusted with terms and their sums; those of Lp may be beyond. */
const TRUSTED = 960;
const isTrusted = (value: number): boolean => Math.abs(Math.log2(value)) < TRUSTED;

/** log2 of the largest term and of the largest sum of an Lp norm, by the distances that they are made of. */
function logsOfPowers(subject: Subject, { largest }: Pick<Traced, "largest">, input: InputCounts): [number, number] {
  const { norm, walk } = subject;
  const { power } = norm;
  const term = power * Math.log2(largest.centre ?? input.absMax ?? 0);
  const binades = Math.log2(walk.count);
  // where eps is most of S, it says little of the sum
  const sum = power * Math.log2((largest.deviation ?? 0) / subject.factorOf(norm)) + binades;
  return [term, Math.min(Math.max(sum, term), term + binades)];
}

/** Those of all stages with anything but zeros and infinities. */
export function levelsOf(subject: Subject, { largest }: Pick<Traced, "largest">, input: InputCounts): Level[] {
  const { compute, accumulate, statistics, tail } = subject.numerics;
  const { norm, power, given } = subject;
  const levels: Level[] = [];
  const add = (
    at: StageName,
    value: number | null | undefined,
    by: number,
    max = statistics.max,
    log?: number,
  ): void => {
    if (!value || value === Infinity) return;
    if (log === undefined || isTrusted(value)) {
      levels.push({ at, log: Math.log2(value), binades: Math.log2(max / value), power: by });
    } else levels.push({ at, log, binades: Math.log2(max) - log, power: by });
  };
  const [term, sum] = norm.power && !given ? logsOfPowers(subject, { largest }, input) : [];
  add("input", input.absMax, 1, compute.max);
  add("mean", largest.total, 1, (given ? statistics : accumulate).max);
  add("roundedMean", largest.roundedMean, 1, compute.max);
  const again = tail === TAIL_STEPS;
  if (!(given && again)) add("centre", largest.centre, 1);
  add("term", largest.term, power, statistics.max, term);
  // what is only compared is not accumulated
  add("sum", largest.sum, power, (comparedBy(norm) ? statistics : accumulate).max, sum);
  add("deviation", largest.deviation, 1);
  // what the root is taken of, where it is no sum
  if (given && power > 1) add("deviation", (largest.deviation ?? 0) ** power, power);
  add("reciprocal", largest.reciprocal, -1);
  add("roundedReciprocal", largest.roundedReciprocal, -1, compute.max);
  add("slope", largest.slope, norm.name === "none" ? 0 : -1, compute.max);
  add("shift", largest.shift, norm.name === "none" ? 1 : 0, compute.max);
  // x - mean, from the mean that was rounded
  if (again) add("output", largest.centre, 1, compute.max);
  add("output", largest.output, norm.name === "none" ? 1 : 0, compute.max);
  return levels;
}

/** The exponent of the smallest element that is not zero. */
export const smallestIn = ({ exponents }: InputCounts): number =>
  exponents.findIndex((count) => count > 0) + LEAST_EXPONENT;

/** Binades that stay free when a tensor is scaled, for the rounding errors: a quarter is 19 %. */
export const SPARE = 0.25;

/**
 * The exponent of the power of two to scale a tensor by: no stage is to overflow, and within that as few of the elements
 * and their terms as can be are to be subnormal. The least change that does it; 0 where nothing is to be gained.
 */
export function bestExponent(subject: Subject, levels: readonly Level[], input: InputCounts): number {
  if (!input.absMax) return 0;
  const { compute, statistics } = subject.numerics;
  const { emin } = compute;
  const { power, deviation } = subject;
  const range = Math.log2(statistics.max) - SPARE;
  let most = 126;
  let least = -126;
  for (const { at, log, binades, power: by } of levels) {
    if (by > 0) most = Math.min(most, (binades - SPARE) / by);
    else if (by < 0) least = Math.max(least, SPARE - binades);
    // what its root is taken of; and the least reciprocal is to be normal
    if (at === "deviation" && by === 1) most = Math.min(most, range / power - log, -emin - log);
  }
  const smallest = smallestIn(input);
  const squared = Math.ceil(emin / power);
  const normal = statistics === compute ? squared : Math.max(emin, Math.ceil(statistics.emin / power));
  // what is squared is the deviation that is given, or x
  const scales = deviation && inspect(deviation).absMin;
  const wanted = deviation
    ? [emin - smallest, scales ? squared - Math.floor(Math.log2(scales)) : 0]
    : [normal - smallest];
  const needed = Math.max(0, ...wanted);
  return Math.floor(Math.min(Math.max(needed, Math.ceil(least)), most));
}
