// What partial statistics are made of: for every group a few float64 that can be merged with those of other elements.

import type { NormSpec } from "../numerics/norm.js";
import { GATHERED, type Gathered, type Groups } from "./gathered.js";

const NONE: Float32Array = /* @__PURE__ */ new Float32Array(0);

export class PartialState implements Groups {
  /** What the norm keeps of a group. */
  readonly gathered: Gathered;
  readonly counts: Float64Array;
  /** Sum of the elements, and what rounding took from it (Knuth's TwoSum): signed sums cancel. */
  readonly sums: Float64Array;
  readonly rests: Float64Array;
  readonly totals: Float64Array;
  readonly highs: Float64Array;
  readonly lows: Float64Array;
  readonly largest: Float32Array[];

  constructor(
    readonly norm: NormSpec,
    readonly groups: number,
  ) {
    this.gathered = GATHERED[norm.name];
    const { lists } = this.gathered;
    const lengthOf = (list: (typeof lists)[number]): number => (lists.includes(list) ? groups : 0);
    this.counts = new Float64Array(groups);
    this.sums = new Float64Array(groups);
    this.rests = new Float64Array(groups);
    this.totals = new Float64Array(lengthOf("totals"));
    this.highs = new Float64Array(lengthOf("highs")).fill(-Infinity);
    this.lows = new Float64Array(lengthOf("lows")).fill(Infinity);
    this.largest = new Array(lengthOf("largest")).fill(NONE);
  }

  mean(j: number): number {
    return (this.sums[j] + this.rests[j]) / this.counts[j];
  }

  /**
   * The norm of x - centre, or with `mean` the statistic that a deviation is a multiple of: the same, but for sums that
   * are means then. L1, top-k and Lp know the one centre that they were gathered about.
   */
  size(j: number, centre: number, mean: boolean): number {
    return this.gathered.size(this, j, centre, mean ? this.counts[j] : 1);
  }

  /** Adds the first `width` groups of another state to those from number `at` on. */
  merge(other: PartialState, at: number, width: number): void {
    for (let i = 0; i < width; i++) {
      if (!other.counts[i]) continue;
      const j = at + i;
      this.gathered.merge(this, j, other, i);
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
}
