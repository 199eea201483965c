// One power of two for each group, which takes all of them to the same binade, and an eps for each along with it.

import { comparedBy, epsPowerOf, powerOf } from "../numerics/norm.js";
import { rounded, scaledEps } from "./equal-values.js";
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
  /** Rounded to the format of the statistics. */
  readonly eps: Float32Array;
  /** The least of all, as it is. */
  readonly least: number;
}

/** @param safe The eps that is taken in place of one that is too small. */
export function groupScaleOf(
  subject: Subject,
  { nan, infinite }: InputCounts,
  safe: (eps: number) => number,
): GroupScale | undefined {
  const { x, walk, share, norm, eps, numerics } = subject;
  const target = targetOf(subject);
  const power = epsPowerOf(norm);
  const root = eps ** (1 / power);
  const largest = largestOf(x, walk, nan + infinite > 0);
  const exponents = new Float64Array(walk.groups);
  const every = new Float32Array(walk.groups);
  const raised = new Map<number, number>();
  let lowest = Infinity;
  for (let i = 0; i < walk.groups; i++) {
    const size = Math.max(largest[i], root);
    const exponent = size ? target - Math.floor(Math.log2(size)) : 0;
    let own = raised.get(exponent);
    if (own === undefined) {
      const each = safe(scaledEps(eps, exponent, power));
      lowest = Math.min(lowest, each);
      own = rounded(each, numerics.statistics);
      raised.set(exponent, own);
    }
    exponents[i] = exponent;
    every[i] = own;
  }
  const mine = [Math.min(...raised.keys()), -Math.max(...raised.keys()), lowest];
  const [low, high, least] = share.company.exchange(mine, (all) =>
    all.reduce((a, b) => a.map((value, i) => Math.min(value, b[i]))),
  );
  return low === -high ? undefined : { to: 2 ** target, exponents, eps: every, least };
}
