// What is kept of the elements of a group by each norm: how it is taken from the kernels, merged with that of other
// elements, and what it comes to.

import { NORM_RANGE } from "../abi/plan.js";
import type { NormName, NormSpec } from "../numerics/norm.js";

/** What a pass of a kernel has left of the groups of a panel, by their numbers in it. */
export interface Accumulators {
  /** Elements of a group. */
  readonly count: number;
  /** The sum of the terms, taken of distances that were multiplied by a scale. */
  total(j: number): number;
  scale(j: number): number;
  /** How far the mean is from what distances were taken from. */
  rest(j: number): number;
  /** The greatest and the least element. */
  high(j: number): number;
  low(j: number): number;
  /** The k largest distances, in descending order. */
  largest(j: number, k: number): Float32Array;
}

/** What has been gathered of some groups. Lists that the norm does not fill are empty. */
export interface Groups {
  readonly norm: NormSpec;
  /** Elements seen of each group. Only while a chunk is added these differ from group to group. */
  readonly counts: Float64Array;
  mean(j: number): number;
  /** What the terms add up to. */
  readonly totals: Float64Array;
  /** Greatest and least element. */
  readonly highs: Float64Array;
  readonly lows: Float64Array;
  /** The k largest |x - centre|, or all while there are fewer, in descending order. */
  readonly largest: Float32Array[];
}

export interface Gathered {
  /** Lists that have an element for each group. */
  readonly lists: readonly ("totals" | "highs" | "lows" | "largest")[];
  /**
   * What distances are taken from: the centre that was given, which therefore has to be known beforehand; the mean; or
   * none, and it is as good about any centre afterwards.
   */
  readonly about: "centre" | "mean" | "nothing";
  /** The norm whose pass leaves what is to be taken, where it is another. */
  readonly pass?: number;
  take(state: Groups, j: number, from: Accumulators): void;
  /** Adds group i of another state, which has elements, to group j. */
  merge(state: Groups, j: number, other: Groups, i: number): void;
  /** The norm of x - centre; with `over` elements in place of 1, the statistic that a deviation is a multiple of. */
  size(state: Groups, j: number, centre: number, over: number): number;
}

const nothing = (): void => {};

/** A sum of terms, merged by addition. */
const sum = (size: (total: number, over: number) => number): Gathered => ({
  lists: ["totals"],
  about: "centre",
  take(state, j, from) {
    state.totals[j] = from.total(j);
  },
  merge({ totals }, j, other, i) {
    totals[j] += other.totals[i];
  },
  size: ({ totals }, j, _centre, over) => size(totals[j], over),
});

/** The greatest and the least element, without any rounding. */
const extremes = (size: (high: number, low: number, centre: number) => number): Gathered => ({
  lists: ["highs", "lows"],
  about: "nothing",
  pass: NORM_RANGE,
  take(state, j, from) {
    state.highs[j] = from.high(j);
    state.lows[j] = from.low(j);
  },
  merge({ highs, lows }, j, other, i) {
    highs[j] = Math.max(highs[j], other.highs[i]);
    lows[j] = Math.min(lows[j], other.lows[i]);
  },
  size: ({ counts, highs, lows }, j, centre, over) => (counts[j] ? size(highs[j], lows[j], centre) : 0 / over),
});

/** Σ(x - mean)². */
const SQUARES: Gathered = {
  lists: ["totals"],
  about: "mean",
  // from Σ(x - centre)², the centre being the mean rounded to float32: little cancels
  take({ totals }, j, from) {
    const squares = from.total(j);
    const rest = from.rest(j);
    totals[j] = Number.isFinite(squares) ? Math.max(0, squares - from.count * rest * rest) : squares;
  },
  /**
   * Chan, Golub and LeVeque, Algorithms for computing the sample variance (1983): the squares about both means, and those
   * of the means about the common one. Infinity and NaN stay what they are: they stand for elements that are not finite.
   */
  merge(state, j, other, i) {
    const m = state.counts[j];
    const n = other.counts[i];
    let total = state.totals[j] + other.totals[i];
    if (m && Number.isFinite(total)) {
      const step = other.mean(i) - state.mean(j);
      total += step * step * ((m / (m + n)) * n);
    }
    state.totals[j] = total;
  },
  size(state, j, centre, over) {
    const total = state.totals[j];
    // an infinity among the elements has an infinite norm, but no distance from its mean
    if (!Number.isFinite(total)) return Number.isFinite(centre) ? Math.sqrt(total) : Number.NaN;
    const n = state.counts[j];
    const step = n ? state.mean(j) - centre : 0;
    return Math.sqrt((total + n * step * step) / over);
  },
};

/** The k largest |x - centre|, or all while there are fewer. */
const LARGEST: Gathered = {
  lists: ["largest"],
  about: "centre",
  take({ largest, norm }, j, from) {
    largest[j] = from.largest(j, Math.min(norm.top, from.count));
  },
  merge({ largest, norm }, j, other, i) {
    largest[j] = largestOf(largest[j], other.largest[i], norm.top);
  },
  size: ({ largest, norm }, j) => largest[j].reduce((total, value) => total + value, 0) / norm.top,
};

/** (Σ|x - centre|^p)^(1/p). */
const POWERS: Gathered = {
  lists: ["totals"],
  about: "centre",
  take({ totals, norm }, j, from) {
    totals[j] = from.total(j) ** (1 / norm.power) / from.scale(j);
  },
  merge({ totals, norm }, j, other, i) {
    totals[j] = powerSum(totals[j], other.totals[i], norm.power);
  },
  size: ({ totals, norm }, j, _centre, over) => totals[j] / over ** (1 / norm.power),
};

/** For the mean alone. */
const NOTHING: Gathered = { lists: [], about: "nothing", take: nothing, merge: nothing, size: () => Number.NaN };

export const GATHERED: Readonly<Record<NormName, Gathered>> = {
  l1: /* @__PURE__ */ sum((total, over) => total / over),
  l2: SQUARES,
  linf: /* @__PURE__ */ extremes((high, low, centre) => Math.max(high - centre, centre - low)),
  range: /* @__PURE__ */ extremes((high, low) => high - low),
  none: NOTHING,
  topk: LARGEST,
  lp: POWERS,
};

/** (a^p + b^p)^(1/p) without leaving the range of a and b. */
function powerSum(a: number, b: number, p: number): number {
  const most = Math.max(a, b);
  if (!(most > 0 && most < Infinity)) return most;
  return most * (1 + (Math.min(a, b) / most) ** p) ** (1 / p);
}

/** The k largest of two lists of magnitudes, each in descending order; NaN is the greatest. */
function largestOf(a: Float32Array, b: Float32Array, k: number): Float32Array {
  if (!a.length) return b.slice(0, k);
  // of a stream soon nothing is among the largest any more
  if (a.length === k && !(b[0] > a[k - 1] || Number.isNaN(b[0]))) return a;
  const result = new Float32Array(Math.min(k, a.length + b.length));
  for (let i = 0, j = 0; i + j < result.length; ) {
    const first = j === b.length || (i < a.length && !(b[j] > a[i]) && !Number.isNaN(b[j]));
    result[i + j] = first ? a[i++] : b[j++];
  }
  return result;
}
