/** The usable ranges of σ, and what is left of a sum of n terms that stops growing. */

import { type Arithmetic, norm as normOf } from "../../index.js";
import { normal } from "../random.js";
import {
  type RangeOptions,
  type Summation,
  summations,
  type Told,
  type UsableRange,
  usableRanges,
} from "../report/usable-ranges.js";

export interface Stagnation extends Summation {
  readonly n: number;
  /** Σ|x| as computed, divided by the exact one, of N(0, 1). null: infinite. */
  readonly ratio: number | null;
}

export interface SweepResult {
  readonly schema: "halfnorm.cli.sweep/1";
  readonly options: RangeOptions;
  readonly ranges: readonly UsableRange[];
  readonly stagnation: readonly Stagnation[];
}

function stagnation(n: number, summation: Summation, { compute, seed }: RangeOptions): Stagnation {
  const x = { data: Float32Array.from(normal(seed, 4 * n)), shape: [4, n] };
  const sums = (arithmetic?: Arithmetic): number =>
    normOf(x, { norm: "l1", axes: [1], ...(arithmetic && { arithmetic }) }).data.reduce((sum, each) => sum + each, 0);
  const ratio = sums({ compute, ...summation }) / sums();
  return { n, ...summation, ratio: Number.isFinite(ratio) ? ratio : null };
}

/** Lengths of the sums whose stagnation is looked at, beside those that were asked for. */
const LONG = [1024, 4096, 16384, 65536];

export async function sweep(options: RangeOptions, progress: Told): Promise<SweepResult> {
  const ranges = await usableRanges(options, progress);
  const lengths = [...new Set([...options.counts, ...LONG])].sort((a, b) => a - b);
  return {
    schema: "halfnorm.cli.sweep/1",
    options,
    ranges,
    stagnation: lengths.flatMap((n) => summations(options).map((summation) => stagnation(n, summation, options))),
  };
}
