/** The usable ranges of σ, and what is left of a sum of n terms that stops growing. */

import { type Arithmetic, type KernelName, kernels as kernelsByName, norm as normOf } from "../../index.js";
import { normal } from "../../random.js";
import {
  type Range,
  type RangeOptions,
  rangesOf,
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

export interface SweepOptions extends RangeOptions {
  readonly kernels: readonly KernelName[];
}

interface KernelRange extends Range {
  readonly kernel: KernelName;
}

export interface SweepResult {
  readonly schema: "halfnorm.cli.sweep/1";
  readonly options: SweepOptions;
  readonly ranges: readonly UsableRange[];
  /** Of kernels of runtimes, whose data and output are stored in float16. */
  readonly kernels: readonly KernelRange[];
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

export async function sweep(options: SweepOptions, progress: Told): Promise<SweepResult> {
  const { kernels, counts } = options;
  const all = kernels.length + summations(options).length;
  const part = summations(options).length / all;
  const ranges = await usableRanges(options, (done, what) => progress(done * part, what));
  const kernelRanges = await rangesOf(
    options,
    kernels.map((kernel) => [{ kernel }, { arithmetic: kernelsByName[kernel], storage: "float16" }]),
    (done, what) => progress(part + done * (1 - part), what),
  );
  const lengths = [...new Set([...counts, ...LONG])].sort((a, b) => a - b);
  return {
    schema: "halfnorm.cli.sweep/1",
    options,
    ranges,
    kernels: kernelRanges,
    stagnation: lengths.flatMap((n) => summations(options).map((summation) => stagnation(n, summation, options))),
  };
}
