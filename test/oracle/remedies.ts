/** What a diagnosis tries, by its definition: changes of a normalization, and what their outputs are held against. */
import { ofStatistics } from "./arithmetic.js";
import { type Diagnosis, errorOf } from "./diagnosis.js";
import { isTop } from "./emulated.js";
import type { Errors } from "./errors.js";
import { BFLOAT16, FLOAT32, type Format } from "./formats.js";
import { PAIRS, type Real } from "./reals.js";
import { Rounder } from "./rounder.js";
import { scaledEps } from "./summary.js";
import { type Truth, truth } from "./truth.js";
import { constantOf, isUnderRoot, summedOf, termPower, type Work } from "./work.js";

export interface Trial {
  readonly label: string;
  readonly work: Work;
  /** The exact output of this is the aim. */
  readonly reference: Work;
}

/** Whether 1 / S of a group of equal values is a number: S is what the rules of the norm make of eps and a deviation of 0. */
export function survives(work: Work, eps: number): boolean {
  const { norm, arithmetic, groups, given } = work;
  if (norm === "none") return true;
  const rounder = new Rounder(ofStatistics(arithmetic));
  const rn = (value: number) => rounder.round(value);
  let scale = rn(eps);
  if (norm === "l2") scale = rn(Math.sqrt(scale));
  else if (isUnderRoot(norm) && !given) {
    const factor = rn(constantOf(work, groups[0].length));
    scale = rn(scale ** (1 / termPower(norm)));
    if (factor !== 1) scale = rn(scale * factor);
  }
  return new Rounder(arithmetic.compute).round(rn(1 / scale)) < Infinity;
}

/** eps, or where a group of equal values comes out as NaN with it, the least number of the grid with which it does not. */
export function safeEps(work: Work, eps = work.eps): number {
  const format = ofStatistics(work.arithmetic);
  if (eps === 0 || survives(work, eps)) return eps;
  const rounder = new Rounder(format);
  // two numbers of the format: one that is not enough, and one that is
  let low = 0;
  let high = format.subnormals ? 2 ** (format.emin - format.precision + 1) : 2 ** format.emin;
  while (!survives(work, high)) {
    low = high;
    high *= 2;
    if (high > format.max) return eps;
  }
  for (let middle = rounder.round((low + high) / 2); middle > low && middle < high; ) {
    if (survives(work, middle)) high = middle;
    else low = middle;
    middle = rounder.round((low + high) / 2);
  }
  return high;
}

/** A work with its tensor multiplied by 2^exponent, and eps so that the exact result is the same, if that is safe. */
export function scaledBy(work: Work, exponent: number): Work {
  const factor = 2 ** exponent;
  const scaled = (from: ArrayLike<number>) => Float64Array.from(from, (value) => value * factor);
  const { mean, deviation } = work.given ?? {};
  const given = mean && deviation && { mean: scaled(mean), deviation: scaled(deviation) };
  return { ...work, values: scaled(work.values), ...(given && { given }), eps: safeEps(work, scaledEps(work, factor)) };
}

/** The exponent of the binade that groups are best scaled to: no sum of elements below twice of it overflows. */
function targetOf(work: Work): number {
  const { norm, arithmetic, centred, groups } = work;
  const n = groups[0].length;
  const { compute, accumulate } = arithmetic;
  const statistics = ofStatistics(arithmetic);
  const summed = accumulate === "exact" ? statistics : accumulate;
  const by = norm === "none" ? "l1" : norm;
  const power = termPower(by);
  const doubled = centred ? 1 : 0;
  const [sums, terms, most] = [summed, statistics, compute].map(({ max }) => Math.log2(max) - 0.25);
  let highest = (sums - Math.log2(summedOf(by, n) || 1)) / power - doubled;
  highest = Math.min(highest, terms / power - doubled, most - doubled);
  highest = Math.min(highest, -compute.emin - Math.log2(constantOf(work, n)) - doubled);
  if (centred) highest = Math.min(highest, sums - Math.log2(n));
  return Math.floor(highest) - 1;
}

/** A work whose groups are each multiplied by a power of two, the eps of each along; nothing if that is the same for all. */
export function scaledGroups(work: Work): { readonly work: Work; readonly to: number } | undefined {
  const { values, groups, eps } = work;
  const target = targetOf(work);
  const scaled = Float64Array.from(values);
  const groupEps: number[] = [];
  const exponents = new Set<number>();
  for (const at of groups) {
    const sizes = Array.from(at, (position) => Math.abs(values[position])).filter(Number.isFinite);
    const size = Math.max(isUnderRoot(work.norm as "l1") ? eps ** (1 / termPower(work.norm as "l1")) : eps, ...sizes);
    const exponent = size > 0 ? target - Math.floor(Math.log2(size)) : 0;
    for (const position of Array.from(at)) scaled[position] = Math.fround(values[position] * 2 ** exponent);
    groupEps.push(safeEps(work, scaledEps(work, 2 ** exponent)));
    exponents.add(exponent);
  }
  if (exponents.size < 2) return undefined;
  return { work: { ...work, values: scaled, groupEps, eps: Math.min(...groupEps) }, to: 2 ** target };
}

/** @param exponent Of the power of two to scale by; 0: none. */
export function trialsOf(work: Work, exponent = 0): Trial[] {
  const { arithmetic, norm, centred, groups, given } = work;
  const { compute, accumulate, order, tail } = arithmetic;
  const statistics = ofStatistics(arithmetic);
  const n = groups[0].length;
  const trials: Trial[] = [];
  const isWide = ({ precision, emax }: Format) => precision === 24 && emax === 127;
  const change = (label: string, changed: Partial<Work>, reference = work) =>
    trials.push({ label, work: { ...work, ...changed }, reference });
  const sums = !given && n > 1 && (centred || (norm !== "none" && summedOf(norm, n) > 0));
  if (sums && accumulate !== "exact") {
    if (!isWide(accumulate)) change("float32 sums", { arithmetic: { ...arithmetic, accumulate: FLOAT32 } });
    // Up to one block, pairwise is lanes.
    if (order === "sequential" || (order !== "pairwise" && n > 128))
      change("pairwise", { arithmetic: { ...arithmetic, order: "pairwise" } });
  }
  if (given && norm !== "none" && !isWide(statistics))
    change("float32 statistics", { arithmetic: { ...arithmetic, statistics: FLOAT32 } });
  if (!isWide(statistics) && !given && (n > 1 || !centred)) {
    const sums = accumulate === "exact" ? accumulate : FLOAT32;
    change("float32 statistics", { arithmetic: { ...arithmetic, statistics: FLOAT32, accumulate: sums } });
  }
  if (tail === "folded") change("steps", { arithmetic: { ...arithmetic, tail: "steps" } });
  if (compute.emax < 127) {
    const along = accumulate === compute ? BFLOAT16 : accumulate;
    const apart = statistics === compute ? BFLOAT16 : statistics;
    change("bfloat16", { arithmetic: { ...arithmetic, compute: BFLOAT16, statistics: apart, accumulate: along } });
  }
  if (centred && n > 1 && !given) change("2 centrings", { centrings: 2 });
  if (compute.precision < 24 || compute.emax < 127) {
    const wide = { compute: FLOAT32, accumulate: FLOAT32, order };
    change("stored", { arithmetic: wide, stored: compute });
  }
  if (norm === "none") return trials;
  const eps = safeEps(work);
  if (eps !== work.eps) change("eps", { eps });
  const times = scaledBy(work, exponent);
  if (exponent !== 0 && times.eps < Infinity) trials.push({ label: "scale", work: times, reference: work });
  if (given) return trials;
  const scaled = work.values.length && Array.from(work.values).some((value) => value && Number.isFinite(value));
  const groupwise = scaled ? scaledGroups(work) : undefined;
  if (groupwise) trials.push({ label: "groups", work: groupwise.work, reference: work });
  for (const other of ["l1", "l2", "linf", { topk: Math.min(10, n) }] as const) {
    const same = typeof other === "string" ? other === norm : isTop(norm) && norm.topk === other.topk;
    const by = { ...work, norm: other };
    const changed = { ...by, eps: safeEps(by) };
    if (!same) change(JSON.stringify(other), changed, changed);
  }
  return trials;
}

/** All that is tried, with its error in units of the compute format. */
export function remedies<R extends Real<R>>(diagnosis: Diagnosis<R>, exponent = 0): { label: string; error: Errors }[] {
  const { work } = diagnosis.traced;
  const known = new Map<Work, Truth>([[work, diagnosis.truth]]);
  return trialsOf(work, exponent).map(({ label, work: changed, reference }) => {
    const real = known.get(reference) ?? truth(PAIRS, reference);
    known.set(reference, real);
    return { label, error: errorOf(changed, real, work.arithmetic.compute) };
  });
}
