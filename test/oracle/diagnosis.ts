/**
 * The diagnosis of a normalization, operation by operation: errors of every stage, events and attribution, by their
 * definitions; what it says about the whole is in summary.ts. With pairs of float64 for real numbers (the default) it is also what the
 * package's diagnosis would be in plain JavaScript; with fractions it is exact, for small tensors.
 */
import { isTop } from "./emulated.js";
import { type Errors, type Judged, judge, type Numbers } from "./errors.js";
import type { Format } from "./formats.js";
import { PAIRS, Pair, type Real, type Reals, sumOf } from "./reals.js";
import { Rounder } from "./rounder.js";
import { type Event, Log, type Place, Steps } from "./steps.js";
import { largest, Traced } from "./traced.js";
import { type Truth, truth, unrounded } from "./truth.js";
import { formatOf, type StageName, stagesOf, summedOf, type Work } from "./work.js";

/** Where the error of one sum or mean comes from; the parts add up to the total. */
export interface Attribution {
  readonly group: number;
  /** Of a mean: rounding of the data. */
  readonly input?: number;
  /** Of a sum: errors of its terms. */
  readonly terms?: number;
  /** Rounding of the additions. */
  readonly accumulation: number;
  /** Of a mean: rounding of the quotient. */
  readonly final?: number;
  readonly total: number;
}

interface Stage {
  readonly name: StageName;
  readonly format: Format;
  /** Rounding in this stage, what it was given taken as exact. */
  readonly own: Judged;
  /** Against the exact result from the original data. */
  readonly total: Judged;
  readonly events: Readonly<Record<Event, number>>;
  readonly firsts: Readonly<Partial<Record<Event, Place>>>;
  readonly attribution?: Attribution;
  /** What was computed, and the exact results from the data: elements by position, groups by number. */
  readonly computed: Numbers;
  readonly exact: Numbers;
}

export interface Diagnosis<R extends Real<R>> {
  readonly stages: readonly Stage[];
  readonly error: Errors;
  /** What was computed, and what should have been. */
  readonly traced: Traced<R>;
  readonly truth: Truth;
}

export function diagnose<R extends Real<R> = Pair>(work: Work, reals = PAIRS as unknown as Reals<R>): Diagnosis<R> {
  const traced = new Traced(work, reals);
  const exact = truth(reals, work);
  const own = unrounded(traced);
  const stages = stagesOf(work).map((name): Stage => {
    const { high, low, log } = traced.stage(name);
    const computed = { high, low };
    const [real, given] = [exact.stages, own].map((found) => found.get(name) as Numbers);
    const format = formatOf(work, name);
    const total = judge(computed, real, format);
    const { worstIndex } = total.statistics;
    const attribution = worstIndex === null ? undefined : attribute(traced, exact, name, worstIndex);
    return {
      name,
      format,
      own: judge(computed, given, format),
      total,
      events: log.events,
      firsts: log.firsts,
      ...(attribution && { attribution }),
      computed,
      exact: real,
    };
  });
  const error = stages[stages.length - 1].total.statistics;
  return { stages, error, traced, truth: exact };
}

/** What is left after subtracting the mean, in the arithmetic of a work. */
function centredBy({ weight: _, bias: __, centrings: ___, ...work }: Work): Float64Array {
  return new Traced({ ...work, norm: "none" }, PAIRS).stage("output").high;
}

/** The error of the outputs of one normalization against the exact outputs of another, in units of a format. */
export function judgeOutput(variant: Work, reference: Truth, unit: Format): Judged {
  const { stored, values } = variant;
  const rounder = stored && new Rounder(stored);
  const read = rounder ? { ...variant, values: Float64Array.from(values, (value) => rounder.round(value)) } : variant;
  const centred = read.centrings === 2 ? { ...read, values: centredBy(read) } : read;
  const computed = new Traced(centred, PAIRS).stage("output");
  const output = rounder ? { high: Float64Array.from(computed.high, (value) => rounder.round(value)) } : computed;
  return judge(output, reference.stages.get("output") as Numbers, unit);
}

/** Its statistics alone. */
export function errorOf(variant: Work, reference: Truth, unit: Format): Errors {
  return judgeOutput(variant, reference, unit).statistics;
}

/** The error of a group's mean, or of the sum of its terms, by where it comes from. Nothing for a sum that is none, or not finite. */
export function attribute<R extends Real<R>>(
  traced: Traced<R>,
  exact: Truth,
  name: StageName,
  group: number,
): Attribution | undefined {
  const { work, reals } = traced;
  const { norm, arithmetic } = work;
  if (work.given) return undefined;
  const isMean = name === "mean";
  if (!isMean && (name !== "sum" || norm === "none" || summedOf(norm, 1) === 0)) return undefined;
  const { high: given } = traced.stage(isMean ? "input" : "term");
  const elements = Float64Array.from(work.groups[group], (position) => given[position]);
  const terms = !isMean && norm !== "none" && isTop(norm) ? largest(elements, norm.topk) : elements;
  const value = ({ high, low }: Numbers) => reals.of(high[group]).plus(reals.of(low?.[group] ?? 0));
  const result = value(traced.stage(name));
  const real = value(exact.stages.get(name) as Numbers);
  const total = result.minus(real).high;

  const sum = sumOf(reals, Array.from(terms, reals.of));
  let gathered = new Pair(0, 0);
  let computed = sum;
  if (arithmetic.accumulate !== "exact") {
    const steps = new Steps(arithmetic.accumulate, new Log());
    const add = (error: Pair) => {
      gathered = gathered.plus(error);
    };
    computed = reals.of(steps.sum(arithmetic.order, terms, false, add));
  }
  const n = reals.of(elements.length);
  const parts = isMean
    ? {
        input: sum.over(n).minus(real).high,
        accumulation: gathered.over(Pair.of(elements.length)).high,
        final: result.minus(computed.over(n)).high,
      }
    : { terms: sum.minus(real).high, accumulation: gathered.high };
  // A format that saturates makes a finite sum of infinite terms.
  return Object.values(parts).every(Number.isFinite) ? { group, ...parts, total } : undefined;
}
