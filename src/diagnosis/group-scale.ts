// One power of two for each group, which takes all of them to the same binade, and an eps for each along with it.

import { comparedBy, epsPowerOf, powerOf } from "../numerics/norm.js";
import { scaledEps } from "./equal-values.js";
import { SPARE } from "./headroom.js";
import type { InputCounts } from "./input.js";
import type { Subject } from "./normalization.js";
import { largestOf } from "./scaled.js";

/**
 * The exponent t that is best: with all elements below 2^(t + 1) no sum overflows, and the reciprocal of no scale is
 * subnormal.
 */
function targetOf(subject: Subject): number {
  const { norm, numerics, walk, centred } = subject;
  const { compute, accumulate, statistics } = numerics;
  const power = powerOf(norm);
  const room = (max: number): number => Math.log2(max) - SPARE;
  // a distance from the mean may be twice as large
  const wide = +centred;
  const terms = comparedBy(norm) ? 1 : norm.top || walk.count;
  const limits = [
    (room(accumulate.max) - Math.log2(terms)) / power - wide,
    room(statistics.max) / power - wide,
    room(compute.max) - wide,
    -compute.emin - Math.log2(subject.factorOf(norm)) - wide,
    ...(centred ? [room(accumulate.max) - Math.log2(walk.count)] : []),
  ];
  return Math.floor(Math.min(...limits)) - 1;
}

/** What becomes of each group. */
export interface GroupScale {
  /** 2^t: the larger of the largest |x| of a group and of the root of eps is taken to at least this, and below twice of it. */
  readonly to: number;
  /** Of the groups of the share. */
  readonly exponents: Float64Array;
  readonly eps: Float64Array;
  /** The least of all. */
  readonly least: number;
}

/** @param safe The eps that is taken in place of one that is too small. */
export function groupScaleOf(
  subject: Subject,
  { nan, infinite }: InputCounts,
  safe: (eps: number) => number,
): GroupScale | undefined {
  const { x, walk, share, norm, eps } = subject;
  const target = targetOf(subject);
  const power = epsPowerOf(norm);
  const root = eps ** (1 / power);
  // map() is several times as fast as from() with a function
  const exponents = new Float64Array(largestOf(x, walk, nan + infinite > 0)).map((size) =>
    size || root ? target - Math.floor(Math.log2(Math.max(size, root))) : 0,
  );
  const raised = new Map<number, number>();
  for (const exponent of new Set(exponents)) raised.set(exponent, safe(scaledEps(eps, exponent, power)));
  const every = exponents.map((exponent) => raised.get(exponent) as number);
  const mine = {
    low: exponents.reduce((a, b) => Math.min(a, b)),
    high: exponents.reduce((a, b) => Math.max(a, b)),
    least: every.reduce((a, b) => Math.min(a, b)),
  };
  const { low, high, least } = share.company.exchange(mine, (all) => ({
    low: Math.min(...all.map((each) => each.low)),
    high: Math.max(...all.map((each) => each.high)),
    least: Math.min(...all.map((each) => each.least)),
  }));
  return low === high ? undefined : { to: 2 ** target, exponents, eps: every, least };
}
