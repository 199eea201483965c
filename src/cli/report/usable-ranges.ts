/**
 * Which data each norm can take: N(0, σ²) of growing σ through a layer norm whose every operation is rounded, against the
 * exact one.
 */

import { type Arithmetic, type FormatName, layerNorm, type Norm } from "../../index.js";
import type { Order } from "../../numerics/arithmetic.js";
import { normWords } from "../../text/words.js";
import { normal } from "../random.js";
import type { SigmaRange } from "./sigma-range.js";

export interface RangeOptions {
  readonly norms: readonly Norm[];
  /** Elements of a group. */
  readonly counts: readonly number[];
  /** Least and greatest σ. */
  readonly sigma: readonly [number, number];
  readonly compute: FormatName;
  readonly accumulates: readonly (FormatName | "exact")[];
  readonly orders: readonly Order[];
  /** Largest relative error of the output, as root mean square, that is still usable. */
  readonly tolerance: number;
  readonly seed: number;
}

/** What a sum is rounded to, and in what order it is taken. */
export interface Summation {
  readonly accumulate: FormatName | "exact";
  readonly order: Order;
}

export interface UsableRange extends Summation {
  readonly norm: Norm;
  readonly n: number;
  /** Where the error is at most the tolerance; null for nowhere. */
  readonly usable: SigmaRange | null;
  /** Where it is at most twice the least one; null where that is 0 or nothing is usable. */
  readonly precise: SigmaRange | null;
  /** The least error over all σ, relative, root mean square. null: never finite. */
  readonly best: number | null;
}

/** Elements of all groups together. */
const ELEMENTS = 2 ** 14;
/** Least number of groups: one draw says little. */
const LEAST_GROUPS = 8;
/** Values of σ for each factor of 2 before the ends are narrowed down, and halvings of the step then. */
const PER_OCTAVE = 2;
const HALVINGS = 4;

/** Sums in another format than that of the arithmetic are taken in the first order only: where they are wider it matters little. */
export function summations({ compute, accumulates, orders }: RangeOptions): Summation[] {
  return accumulates.flatMap((accumulate) =>
    (accumulate === compute ? orders : orders.slice(0, 1)).map((order) => ({ accumulate, order })),
  );
}

/** Root mean square of the error of the output, relative to that of the exact output; infinite where it is not finite. */
function relativeError(z: Float64Array, n: number, sigma: number, norm: Norm, arithmetic: Arithmetic): number {
  const x = { data: Float32Array.from(z, (value) => value * sigma), shape: [z.length / n, n] };
  const exact = layerNorm(x, { norm, eps: 0 }).data as Float32Array;
  const got = layerNorm(x, { norm, eps: 0, arithmetic }).data as Float32Array;
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < exact.length; i++) {
    signal += exact[i] * exact[i];
    noise += (got[i] - exact[i]) * (got[i] - exact[i]);
  }
  const error = Math.sqrt(noise / signal);
  return Number.isFinite(error) ? error : Infinity;
}

/** Four digits, the same on every engine. */
const round = (sigma: number): number => Number(sigma.toPrecision(4));

/** Where `error` is at most `limit`, around the best of the values swept. */
function rangeWithin(
  sigmas: number[],
  errors: number[],
  limit: number,
  error: (s: number) => number,
): SigmaRange | null {
  const best = errors.indexOf(Math.min(...errors));
  if (!(errors[best] <= limit)) return null;
  const end = (step: number): number | null => {
    let i = best;
    while (errors[i + step] <= limit) i += step;
    if (sigmas[i + step] === undefined) return null;
    let [inside, outside] = [sigmas[i], sigmas[i + step]];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = round(Math.sqrt(inside * outside));
      if (error(middle) <= limit) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { from: end(-1), to: end(1) };
}

function usableRange(z: Float64Array, n: number, norm: Norm, summation: Summation, options: RangeOptions): UsableRange {
  const { compute, sigma, tolerance } = options;
  const [low, high] = sigma;
  const steps = Math.max(1, Math.ceil(Math.log2(high / low) * PER_OCTAVE));
  const sigmas = Array.from({ length: steps + 1 }, (_, i) => round(low * (high / low) ** (i / steps)));
  const error = (s: number): number => relativeError(z, n, s, norm, { compute, ...summation });
  const errors = sigmas.map(error);
  const best = Math.min(...errors);
  return {
    norm,
    n,
    ...summation,
    usable: rangeWithin(sigmas, errors, tolerance, error),
    precise: best > 0 && best <= tolerance ? rangeWithin(sigmas, errors, Math.min(2 * best, tolerance), error) : null,
    best: Number.isFinite(best) ? best : null,
  };
}

/** Tells how far it is, and may wait. */
export type Told = (done: number, what: string) => Promise<void>;

/** The usable ranges of every norm, for every number of elements and way of summation. */
export async function usableRanges(options: RangeOptions, progress: Told): Promise<UsableRange[]> {
  const { norms, counts, seed } = options;
  const all = summations(options);
  const ranges: UsableRange[] = [];
  const total = counts.length * norms.length * all.length;
  for (const n of counts) {
    const z = normal(seed, n * Math.max(LEAST_GROUPS, Math.floor(ELEMENTS / n)));
    for (const norm of norms) {
      for (const summation of all) {
        await progress(ranges.length / total, `${normWords(norm)}, n = ${n}`);
        ranges.push(usableRange(z, n, norm, summation, options));
      }
    }
  }
  return ranges;
}
