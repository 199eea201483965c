// A layer under the kinds of kernels, over all runs.

import {
  type Diagnosis,
  diagnose,
  type ErrorStatistics,
  type FormatName,
  type Remedy,
  round,
  type Verdict,
} from "../index.js";
import type { Kind } from "./kinds.js";
import type { LayerCall } from "./layer-call.js";
import type { LayerKernel, LayerRemedy } from "./result.js";

const ORDER: readonly Verdict[] = ["ok", "degraded", "failed"];

const isWorse = (a: Verdict, b: Verdict): boolean => ORDER.indexOf(a) > ORDER.indexOf(b);

/** Data as a runtime has it that stores tensors in a format. */
const stored = (data: Float32Array, format: FormatName): Float32Array =>
  round(data.slice(), format).data as Float32Array;

/** What a layer gives by a kernel, in the order of the model. */
export function emulated(call: LayerCall, { arithmetic, stored: narrow }: Kind, format: FormatName): Float32Array {
  const y = call.emulate(narrow ? stored(call.x.data, format) : call.x.data, arithmetic, format);
  return narrow ? stored(y, format) : y;
}

const larger = (a: ErrorStatistics, b: ErrorStatistics): boolean =>
  a.mismatchedSpecials - b.mismatchedSpecials > 0 ||
  (a.mismatchedSpecials === b.mismatchedSpecials && Math.abs(a.maxUlp ?? 0) > Math.abs(b.maxUlp ?? 0));

/** What was found of a layer by one kernel. */
export class KernelJudgement {
  private result: LayerKernel | undefined;
  /** What has helped in every run where something was wrong, by what it is, with its worst error. */
  private offers: ReadonlyMap<string, Remedy> | undefined;

  constructor(
    readonly kind: Kind,
    private readonly format: FormatName,
  ) {}

  /** @param remedies Whether to look for what would help. */
  add(call: LayerCall, remedies: boolean): void {
    const { arithmetic, stored: narrow } = this.kind;
    const { data, shape } = call.x;
    const x = { data: narrow ? stored(data, this.format) : data, shape };
    const found: Diagnosis = diagnose(x, { ...call.options, arithmetic, remedies: remedies ? "auto" : false });
    const { verdict, reason, error, headroom } = found;
    const before = this.result;
    if (verdict !== "ok" && remedies) this.offers = joined(this.offers, found.remedies.filter(isOffered));
    if (!before) {
      this.result = { name: this.kind.name, verdict, reason, error, headroom };
      return;
    }
    if (isWorse(verdict, before.verdict)) Object.assign(before, { verdict, reason });
    if (larger(error, before.error)) before.error = error;
    if (headroom !== null && (before.headroom === null || headroom < before.headroom)) before.headroom = headroom;
  }

  get kernel(): LayerKernel | undefined {
    return this.result;
  }

  get remedy(): LayerRemedy | undefined {
    const best = bestOf([...(this.offers?.values() ?? [])]);
    if (!best) return undefined;
    const { change, scale, eps } = best;
    return { change, ...(scale !== undefined && { scale }), ...(eps !== undefined && { eps }), verified: true };
  }
}

const quality = ({ error }: Remedy): number => error.sqnrDb ?? Infinity;

/** Those of two runs that are the same change, each with the worse error. */
function joined(before: ReadonlyMap<string, Remedy> | undefined, found: readonly Remedy[]): Map<string, Remedy> {
  const result = new Map<string, Remedy>();
  for (const remedy of found) {
    const key = JSON.stringify([remedy.change, remedy.scale, remedy.eps]);
    const other = before ? before.get(key) : remedy;
    if (other) result.set(key, quality(other) < quality(remedy) ? other : remedy);
  }
  return result;
}

/** Decibels of the output that a change of the model may be worse than one of the kernel, which users seldom have a choice of. */
const SLACK = 6;

/** The best; or one that changes the model and not the kernel, where that does about as well. */
function bestOf(remedies: readonly Remedy[]): Remedy | undefined {
  const [best, ...others] = [...remedies].sort((a, b) => (quality(a) === quality(b) ? 0 : quality(b) - quality(a)));
  return best && ([best, ...others].find((one) => !one.arithmetic && quality(one) >= quality(best) - SLACK) ?? best);
}

/** What can be done to a layer of a model that is there already: not another norm. */
const isOffered = ({ norm, error, gainDb }: Remedy): boolean =>
  norm === undefined && !error.mismatchedSpecials && (gainDb === null || gainDb > 0);
