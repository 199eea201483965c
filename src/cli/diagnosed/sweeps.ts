// Which σ the norms can take in the arithmetic of a diagnosis, for groups as large as those of the data.

import { type ArithmeticInUse, type KernelKind, kernels as kernelsByName, type Norm } from "../../index.js";
import { normWords } from "../../text/words.js";
import type { UsableSigma } from "../report/plots.js";
import { rangesOf, type Way } from "../report/usable-ranges.js";
import type { DiagnosedTensor } from "./result.js";

export interface SweepOptions {
  readonly norms: readonly Norm[];
  readonly arithmetic: ArithmeticInUse;
  /** Kinds of kernels in the place of the arithmetic, for one norm. */
  readonly kernels?: readonly KernelKind[] | undefined;
}

/** σ that each norm can take in the arithmetic, for groups of the size of the data's. */
export interface SigmaSweep {
  readonly n: number;
  readonly sigma: readonly [number, number];
  readonly ranges: readonly UsableSigma[];
}

const SIGMA = [1e-5, 1e4] as const;
const TOLERANCE = 0.25;
/** Sizes of groups whose usable σ is looked for: the most, and the largest. */
const MOST_SIZES = 6;
const LARGEST = 2 ** 16;

const topOf = (norm: Norm): number => (typeof norm === "object" && "topk" in norm ? norm.topk : 1);

/** @param told Is told of each norm that is done, and may wait. */
export async function sweepOf(
  n: number,
  { norms, arithmetic, kernels }: SweepOptions,
  told: () => Promise<void>,
): Promise<SigmaSweep> {
  const ways: (readonly [{ readonly kernel: KernelKind | undefined }, Way])[] = kernels
    ? kernels.map((kernel) => [{ kernel }, { arithmetic: kernelsByName[kernel], storage: "float16" }])
    : [[{ kernel: undefined }, { arithmetic }]];
  const ranges = await rangesOf(
    { norms: norms.filter((norm) => topOf(norm) <= n), counts: [n], sigma: SIGMA, tolerance: TOLERANCE, seed: 1 },
    ways,
    told,
  );
  return {
    n,
    sigma: SIGMA,
    ranges: ranges.map(({ norm, usable, kernel }) => ({ label: kernel ?? normWords(norm), usable })),
  };
}

/**
 * Of the sizes of groups that there are.
 *
 * @param told Is told the part that is done, and may wait.
 */
export async function sweepsOf(
  tensors: readonly DiagnosedTensor[],
  options: SweepOptions,
  told: (done: number) => Promise<void>,
): Promise<SigmaSweep[]> {
  // statistics that are given take any data
  const own = tensors.filter(({ diagnoses: [{ subject }] }) => !subject.given);
  const all = new Set(own.map(({ diagnoses: [{ input }] }) => input.groupSize));
  const sizes = [...all].filter((n) => n > 1 && n <= LARGEST).slice(0, MOST_SIZES);
  const sweeps: SigmaSweep[] = [];
  for (const n of sizes) sweeps.push(await sweepOf(n, options, () => told(sweeps.length / sizes.length)));
  return sweeps;
}
