// What partial statistics are made of: for every group a few float64 that can be merged with those of other elements.

import { NORM_L1, NORM_L2, NORM_LINF, NORM_POWER, NORM_RANGE, NORM_TOP } from "../abi/plan.js";
import type { NormSpec } from "../numerics/norm.js";

const NONE: Float32Array = /* @__PURE__ */ new Float32Array(0);

export class PartialState {
  /** Elements seen of each group. Only while a chunk is added these differ from group to group. */
  readonly counts: Float64Array;
  /** Sum of the elements, and what rounding took from it (Knuth's TwoSum): signed sums cancel. */
  readonly sums: Float64Array;
  readonly rests: Float64Array;
  /** Σ|x - centre| for L1, Σ(x - mean)² for L2, (Σ|x - centre|^p)^(1/p) for Lp. */
  readonly totals: Float64Array;
  /** Greatest and least element, for L∞ and range. */
  readonly highs: Float64Array;
  readonly lows: Float64Array;
  /** The k largest |x - centre|, or all while there are fewer, in descending order. */
  readonly largest: Float32Array[];

  constructor(
    readonly norm: NormSpec,
    readonly groups: number,
  ) {
    const { kind } = norm;
    const extremes = kind === NORM_LINF || kind === NORM_RANGE ? groups : 0;
    this.counts = new Float64Array(groups);
    this.sums = new Float64Array(groups);
    this.rests = new Float64Array(groups);
    this.totals = new Float64Array(kind === NORM_L1 || kind === NORM_L2 || kind === NORM_POWER ? groups : 0);
    this.highs = new Float64Array(extremes).fill(-Infinity);
    this.lows = new Float64Array(extremes).fill(Infinity);
    this.largest = kind === NORM_TOP ? new Array(groups).fill(NONE) : [];
  }

  mean(j: number): number {
    return (this.sums[j] + this.rests[j]) / this.counts[j];
  }

  /**
   * The norm of x - centre, or with `mean` the statistic that a deviation is a multiple of: the same, but for sums that
   * are means then. L1, top-k and Lp know the one centre that they were gathered about.
   */
  size(j: number, centre: number, mean: boolean): number {
    const { kind, top, power } = this.norm;
    const n = this.counts[j];
    const over = mean ? n : 1;
    if (kind === NORM_L1) return this.totals[j] / over;
    if (kind === NORM_POWER) return this.totals[j] / over ** (1 / power);
    if (kind === NORM_TOP) return this.largest[j].reduce((sum, value) => sum + value, 0) / top;
    if (kind === NORM_RANGE) return n ? this.highs[j] - this.lows[j] : 0 / over;
    if (kind === NORM_LINF) return n ? Math.max(this.highs[j] - centre, centre - this.lows[j]) : 0 / over;
    const total = this.totals[j];
    // an infinity among the elements has an infinite norm, but no distance from its mean
    if (!Number.isFinite(total)) return Number.isFinite(centre) ? Math.sqrt(total) : Number.NaN;
    const step = n ? this.mean(j) - centre : 0;
    return Math.sqrt((total + n * step * step) / over);
  }

  /** Adds the first `width` groups of another state to those from number `at` on. */
  merge(other: PartialState, at: number, width: number): void {
    const { kind, top, power } = this.norm;
    for (let i = 0; i < width; i++) {
      if (!other.counts[i]) continue;
      const j = at + i;
      if (kind === NORM_L1) this.totals[j] += other.totals[i];
      else if (kind === NORM_L2) this.mergeSquares(other, j, i);
      else if (kind === NORM_POWER) this.totals[j] = powerSum(this.totals[j], other.totals[i], power);
      else if (kind === NORM_TOP) this.largest[j] = largestOf(this.largest[j], other.largest[i], top);
      else if (this.highs.length) {
        this.highs[j] = Math.max(this.highs[j], other.highs[i]);
        this.lows[j] = Math.min(this.lows[j], other.lows[i]);
      }
      this.mergeSum(j, other.sums[i], other.rests[i]);
      this.counts[j] += other.counts[i];
    }
  }

  private mergeSum(j: number, sum: number, rest: number): void {
    const a = this.sums[j];
    const total = a + sum;
    const back = total - a;
    const lost = a - (total - back) + (sum - back);
    this.sums[j] = total;
    this.rests[j] = Number.isFinite(total) ? this.rests[j] + rest + lost : 0;
  }

  /**
   * Chan, Golub and LeVeque, Algorithms for computing the sample variance (1983): the squares about both means, and those
   * of the means about the common one. Infinity and NaN stay what they are: they stand for elements that are not finite.
   */
  private mergeSquares(other: PartialState, j: number, i: number): void {
    const m = this.counts[j];
    const n = other.counts[i];
    let total = this.totals[j] + other.totals[i];
    if (m && Number.isFinite(total)) {
      const step = other.mean(i) - this.mean(j);
      total += step * step * ((m / (m + n)) * n);
    }
    this.totals[j] = total;
  }
}

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
