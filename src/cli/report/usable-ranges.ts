// Which data each norm can take: N(0, σ²) of growing σ through a layer norm whose every operation is rounded, against the exact
// one.

import {
  type Arithmetic,
  type DType,
  type FormatName,
  fromFloat16,
  layerNorm,
  type Norm,
  type Order,
  toFloat16,
} from "../../index.js";
import { normal } from "../../random.js";
import { normWords } from "../../text/words.js";
import type { SigmaRange } from "./sigma-range.js";

/** The data, and what of them is usable. */
export interface DataOptions {
  readonly norms: readonly Norm[];
  /** Elements of a group. */
  readonly counts: readonly number[];
  /** Least and greatest σ. */
  readonly sigma: readonly [number, number];
  /** Largest relative error of the output, as root mean square, that is still usable. */
  readonly tolerance: number;
  readonly seed: number;
}

export interface RangeOptions extends DataOptions {
  readonly compute: FormatName;
  readonly accumulates: readonly (FormatName | "exact")[];
  readonly orders: readonly Order[];
}

/** How is computed. */
export interface Way {
  readonly arithmetic: Arithmetic;
  /** What data and output are stored in. Default: float32. */
  readonly storage?: DType;
}

/** What a sum is rounded to, and in what order it is taken. */
export interface Summation {
  readonly accumulate: FormatName | "exact";
  readonly order: Order;
}

export interface Range {
  readonly norm: Norm;
  readonly n: number;
  /** Where the error is at most the tolerance; null for nowhere. */
  readonly usable: SigmaRange | null;
  /** Where it is at most twice the least one; null where that is 0 or nothing is usable. */
  readonly precise: SigmaRange | null;
  /** The least error over all σ, relative, root mean square. null: never finite. */
  readonly best: number | null;
}

export type UsableRange = Range & Summation;

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
function relativeError(z: Float64Array, n: number, sigma: number, norm: Norm, { arithmetic, storage }: Way): number {
  const half = storage === "float16";
  const x = { data: Float32Array.from(z, (value) => value * sigma), shape: [z.length / n, n] };
  const exact = layerNorm(x, { norm, eps: 0 }).data as Float32Array;
  const stored = half ? { ...x, data: toFloat16(x.data) } : x;
  const { data } = layerNorm(stored, { norm, eps: 0, arithmetic, ...(storage && { dtype: storage }) });
  const got = half ? fromFloat16(data as Uint16Array) : (data as Float32Array);
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

function rangeOf(z: Float64Array, n: number, norm: Norm, way: Way, { sigma, tolerance }: DataOptions): Range {
  const [low, high] = sigma;
  const steps = Math.max(1, Math.ceil(Math.log2(high / low) * PER_OCTAVE));
  const sigmas = Array.from({ length: steps + 1 }, (_, i) => round(low * (high / low) ** (i / steps)));
  const error = (s: number): number => relativeError(z, n, s, norm, way);
  const errors = sigmas.map(error);
  const best = Math.min(...errors);
  return {
    norm,
    n,
    usable: rangeWithin(sigmas, errors, tolerance, error),
    precise: best > 0 && best <= tolerance ? rangeWithin(sigmas, errors, Math.min(2 * best, tolerance), error) : null,
    best: Number.isFinite(best) ? best : null,
  };
}

/** Tells how far it is, and may wait. */
export type Told = (done: number, what: string) => Promise<void>;

/** The usable ranges of every norm, for every number of elements and way; each is given back with the name of its way. */
export async function rangesOf<Name extends object>(
  options: DataOptions,
  ways: readonly (readonly [Name, Way])[],
  progress: Told,
): Promise<(Range & Name)[]> {
  const { norms, counts, seed } = options;
  const ranges: (Range & Name)[] = [];
  const total = counts.length * norms.length * ways.length;
  for (const n of counts) {
    const z = normal(seed, n * Math.max(LEAST_GROUPS, Math.floor(ELEMENTS / n)));
    for (const norm of norms) {
      for (const [name, way] of ways) {
        await progress(ranges.length / total, `${normWords(norm)}, n = ${n}`);
        const { usable, precise, best } = rangeOf(z, n, norm, way, options);
        ranges.push({ norm, n, ...name, usable, precise, best });
      }
    }
  }
  return ranges;
}

/** The same for every way of summation. */
export const usableRanges = (options: RangeOptions, progress: Told): Promise<UsableRange[]> =>
  rangesOf(
    options,
    summations(options).map((summation) => [summation, { arithmetic: { compute: options.compute, ...summation } }]),
    progress,
  );
