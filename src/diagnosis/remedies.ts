// What would help: each change of a computation is run, and its output held against exact values.

import { ORDER_PAIRWISE, ORDER_SEQUENTIAL, STORAGE_FLOAT32, TAIL_FOLDED, TAIL_SAME, TAIL_STEPS } from "../abi/plan.js";
import { KNOWN_MEANS, KNOWN_MULTIPLES, KNOWN_SCALES, KNOWN_VALUES } from "../abi/report.js";
import { roundTo } from "../conversion/round.js";
import { arithmeticOf, type Numerics } from "../numerics/arithmetic.js";
import { bfloat16, type FormatSpec, float32, isNarrow, nameOf } from "../numerics/format.js";
import { checkNorm, comparedBy, type Norm, sameNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import type { Job } from "../plan/plan.js";
import { run } from "../plan/run.js";
import { planWalk } from "../plan/walk.js";
import { type Operand, operand } from "../tensor/operand.js";
import { Tensor } from "../tensor/tensor.js";
import { brief, formatWords, normWords } from "../text/words.js";
import { Beginnings, staysIn } from "./beginnings.js";
import { leastEps, scaledEps, survives } from "./equal-values.js";
import { groupScaleOf } from "./group-scale.js";
import { bestExponent, type Level } from "./headroom.js";
import { bfloat16For } from "./inner-bfloat16.js";
import type { InputCounts } from "./input.js";
import type { Change, Subject } from "./normalization.js";
import type { ErrorStatistics, Remedy } from "./result.js";
import { multiply } from "./scaled.js";
import { areEqual, exactBytes, judge, type Kept } from "./trace.js";

/** The largest k of the top-k norm that is tried. */
const TOP = 10;

/** The most elements whose exact outputs are kept from one remedy to the next: more would leave the cache. */
const MOST_KEPT = 2 ** 20;

/** Whether exact outputs are kept. */
export const keepsExact = ({ share }: Pick<Subject, "share">): boolean => share.all.elements <= MOST_KEPT;

/** A remedy that has not been run. */
export type Suggestion = Omit<Remedy, "error" | "gainDb" | "verified" | "safeOnConstant">;

interface Trial {
  readonly what: Suggestion;
  readonly change: Change;
  /** Puts what is normalized in place of the tensor, into the memory of the output. */
  prepare?(to: Operand): void;
  /** Whether what is normalized are the elements as the compute format of the subject has them. */
  readonly ofRounded?: true;
  /** What becomes of the output. */
  finish?(y: Operand): unknown;
  /** Whether it is by another norm than that of the subject: its exact outputs are others. */
  readonly otherNorm?: true;
  /** Whether what is normalized is x - mean, rounded, in place of the tensor. */
  readonly ofDistances?: boolean;
}

/** eps, or the least number of the format that keeps 1 / S of a group of equal values finite, where that is more. */
function safeEps(eps: number, subject: Subject, norm = subject.norm): number {
  const { numerics } = subject;
  const rule = subject.epsRule(norm);
  return !eps || survives(eps, numerics, rule) ? eps : (leastEps(numerics, rule) ?? eps);
}

/** ", eps to 1.532e-5", where it is another one. */
const epsWords = (eps: number, was: number): string => (eps === was ? "" : `, eps to ${brief(eps, 4)}`);

/**
 * What changes the arithmetic of the sums, that of the statistics, or all of it.
 *
 * @param wide What to emulate bfloat16 with.
 */
function arithmetics(subject: Subject, wide: FormatSpec): Trial[] {
  const { numerics, norm, centred, walk, given } = subject;
  const { compute, accumulate, exact, order, statistics, tail } = numerics;
  const trials: Trial[] = [];
  const add = (words: string, change: Partial<Numerics>, as = change): void => {
    const arithmetic = arithmeticOf({ ...numerics, ...change });
    trials.push({ what: { change: words, arithmetic }, change: { numerics: { ...numerics, ...as } } });
  };
  const sums = !given && walk.count > 1 && (centred || !comparedBy(norm));
  if (sums && !exact && isNarrow(accumulate)) add("accumulate in float32", { accumulate: float32 });
  // up to 128 elements, pairwise is lanes
  if (sums && !exact && order !== ORDER_PAIRWISE && (walk.count > 128 || order === ORDER_SEQUENTIAL))
    add("add pairwise", { order: ORDER_PAIRWISE });
  const folded = tail === TAIL_FOLDED;
  const apart = { statistics: float32, tail: folded ? TAIL_FOLDED : TAIL_STEPS };
  if (isNarrow(statistics) && given && norm.name !== "none") {
    // once for each channel, at no cost
    add("take 1 / S in float32", { ...apart, ...(accumulate === statistics && { accumulate: float32 }) });
  }
  // the mean of one element is as it is
  if (isNarrow(statistics) && !given && (walk.count > 1 || !centred)) {
    add("statistics in float32", { accumulate: float32, ...apart });
  }
  if (folded) add("subtract and multiply in steps", { tail: statistics === compute ? TAIL_SAME : TAIL_STEPS });
  if (compute.emax < 127) {
    const all = (format: FormatSpec) => ({
      compute: format,
      ...(statistics === compute && { statistics: format }),
      ...(accumulate === compute && { accumulate: format }),
    });
    add("compute in bfloat16", all(bfloat16), all(wide));
  }
  return trials;
}

const SINGLE = {
  compute: float32,
  statistics: float32,
  accumulate: float32,
  exact: false,
  tail: TAIL_SAME,
  counted: false,
};

/** All operations in float32, what is read and written in the format, as kernels do it that fuse a layer. */
function stored({ numerics }: Subject): Trial[] {
  const { compute } = numerics;
  if (!isNarrow(compute)) return [];
  const wide: Numerics = { ...numerics, ...SINGLE };
  return [
    {
      what: { change: `compute in float32, store in ${formatWords(nameOf(compute))}`, arithmetic: arithmeticOf(wide) },
      change: { numerics: wide },
      ofRounded: true,
      finish: (y) => roundTo(compute, y, y),
    },
  ];
}

/** eps raised, where a group of equal values comes out as NaN with it. */
function raised(subject: Subject): Trial[] {
  const eps = safeEps(subject.eps, subject);
  return eps === subject.eps ? [] : [{ what: { change: `raise eps to ${brief(eps, 4)}`, eps }, change: { eps } }];
}

/** Other norms than that of the subject. Where the output is made of the distances of the statistics, these are all that they need. */
function norms(subject: Subject): Trial[] {
  const { centred, numerics } = subject;
  const { count } = subject.walk;
  const ofDistances = centred && numerics.tail === TAIL_SAME;
  const choices: Norm[] = ["l1", "l2", "linf", { topk: Math.min(TOP, count) }];
  // norms whose S is made of eps alike need the same
  const known = new Map<string, number>();
  return choices.flatMap((norm): Trial[] => {
    const other = checkNorm(norm, count, false);
    if (sameNorm(other, subject.norm)) return [];
    const { power, factor } = subject.epsRule(other);
    const key = `${power} ${factor}`;
    const eps = known.get(key) ?? safeEps(subject.eps, subject, other);
    known.set(key, eps);
    const words = `normalize by ${normWords(norm)}${epsWords(eps, subject.eps)}`;
    const what = { change: words, norm, ...(eps !== subject.eps && { eps }) };
    return [{ what, change: { norm: other, eps }, otherNorm: true, ofDistances }];
  });
}

/** Subtracts the mean, and from what is left its mean: the two together have twice the digits. */
const TWICE: Trial = {
  what: { change: "subtract the mean twice", centrings: 2 },
  change: {},
  ofDistances: true,
};

/** x · 2^exponent, and statistics that are given along with it; but no eps is infinite. */
function scaled(subject: Subject, exponent: number): Trial[] {
  const factor = 2 ** exponent;
  const { given, mean, deviation, norm } = subject;
  // beside the mean of the terms for L2 and Lp, or the square that is given, beside the deviation for the others
  const eps = safeEps(scaledEps(subject.eps, exponent, subject.epsRule(norm).power), subject);
  if (eps === Infinity) return [];
  const along = (name: string, from: Operand | undefined): Operand | undefined =>
    from &&
    operand(
      name,
      valuesOf(from).map((value) => value * factor),
    );
  const what = given ? "x, mean and deviation" : "x";
  return [
    {
      what: { change: `scale ${what} by 2^${exponent}${epsWords(eps, subject.eps)}`, scale: factor, eps },
      change: { eps, ...(given && { mean: along("mean", mean), deviation: along("deviation", deviation) }) },
      prepare: (y) => multiply(subject.x, planWalk([subject.x.size], 1, 0), Float64Array.of(exponent), y),
    },
  ];
}

/** Every group by a power of two of its own. */
function scaledByGroups(subject: Subject, input: InputCounts): Trial[] {
  const scales = groupScaleOf(subject, input, (eps) => safeEps(eps, subject));
  if (!scales) return [];
  const eps = scales.least;
  return [
    {
      what: { change: "scale each group, eps along with it", groupScale: scales.to, eps },
      change: { eps, epsOfGroups: scales.eps },
      prepare: (y) => multiply(subject.x, subject.walk, scales.exponents, y),
    },
  ];
}

/** Where no SQNR is: everything exact, or noise only. */
const quality = ({ sqnrDb, maxAbs }: ErrorStatistics): number => sqnrDb ?? (maxAbs ? -Infinity : Infinity);

/** What a trial comes to, with what it begins with. */
function jobOf(
  subject: Subject,
  { change, prepare, ofRounded, ofDistances, otherNorm }: Trial,
  begun: Beginnings,
): Job {
  const { y } = begun;
  prepare?.(y);
  if (prepare) return subject.job(change, y, y);
  const numerics = change.numerics ?? subject.numerics;
  const rounded = staysIn(subject, numerics);
  // not by a spread: see remediesOf()
  if (ofDistances && (begun.shares || !otherNorm)) {
    const centred = otherNorm ? { centred: false as const } : {};
    return subject.job(Object.assign({ rounded }, change, centred), y, begun.distances());
  }
  if (ofRounded || (begun.rounds && rounded && numerics.compute === subject.numerics.compute)) {
    return subject.job(Object.assign({ rounded }, change), y, begun.rounded());
  }
  return subject.job(change, y);
}

/**
 * Runs every change that applies and is wanted.
 *
 * @param error Of the output as it is.
 * @param records What trace() knows of the groups.
 * @param kept What it has kept.
 */
export function remediesOf(
  subject: Subject,
  levels: readonly Level[],
  input: InputCounts,
  error: ErrorStatistics,
  records: number,
  wanted: (remedy: Suggestion) => boolean,
  kept?: Kept,
): Remedy[] {
  const { x, norm, numerics, centred, given } = subject;
  const trials = arithmetics(subject, bfloat16For(subject, levels, input));
  if (centred && !given && subject.walk.count > 1) trials.push(TWICE);
  trials.push(...stored(subject));
  if (norm.name !== "none") {
    trials.push(...raised(subject));
    const exponent = bestExponent(subject, levels, input);
    if (exponent) trials.push(...scaled(subject, exponent));
    // by its own deviations, no other norm is the same layer
    if (!given) {
      if (input.absMax) trials.push(...scaledByGroups(subject, input));
      trials.push(...norms(subject));
    }
  }
  const chosen = trials.filter(({ what }) => wanted(what));
  const keeps = !kept && keepsExact(subject) && chosen.filter(({ otherNorm }) => !otherNorm).length > 1;
  const shares = chosen.length > 1 && keepsExact(subject);
  const size = Beginnings.room(x.size, shares);
  const tensor = Tensor.make([size], size, STORAGE_FLOAT32);
  let exact: Tensor | undefined;
  try {
    const room = exactBytes(subject.share.walk) / 4;
    exact = keeps ? Tensor.make([room], room, STORAGE_FLOAT32) : undefined;
    const values = kept?.values ?? exact?.address ?? 0;
    let known = kept ? KNOWN_VALUES : KNOWN_SCALES;
    // with weights or biases of the elements, outputs by another norm are no multiples
    const scalable = norm.name !== "none" && !subject.weight && !subject.bias;
    const asked = subject.job();
    const begun = new Beginnings(subject, tensor.address as number, shares);
    const { y } = begun;
    const remedies = chosen.map((trial): Remedy => {
      const { what, change, finish, otherNorm } = trial;
      const job = jobOf(subject, trial, begun);
      run(job);
      finish?.(y);
      // as a power of two leaves it, where nothing overflows and nothing is subnormal
      const same = kept?.outputs && !otherNorm && areEqual(y.address, kept.outputs, subject.walk);
      const multiples = known === KNOWN_VALUES && scalable;
      // of another norm, only the mean is the same
      const knows = !otherNorm ? known : multiples ? KNOWN_MULTIPLES : KNOWN_MEANS;
      const exactly = otherNorm ? subject.job(change) : asked;
      const found = same
        ? { ...error }
        : judge(exactly, y.address, numerics.compute, records, knows, subject.share, values);
      if (values && !otherNorm) known = KNOWN_VALUES;
      const gain = found.sqnrDb === null || error.sqnrDb === null ? null : found.sqnrDb - error.sqnrDb;
      const { norm: by, eps } = job;
      const safeOnConstant = by.name === "none" || survives(eps, job.numerics as Numerics, subject.epsRule(by));
      // a literal that begins with a spread takes 2 µs for each property behind it
      return Object.assign({}, what, { error: found, gainDb: gain, verified: true as const, safeOnConstant });
    });
    return remedies.sort(
      ({ error: a }, { error: b }) => a.mismatchedSpecials - b.mismatchedSpecials || compare(quality(b), quality(a)),
    );
  } finally {
    exact?.dispose();
    tensor.dispose();
  }
}

/** As a - b, infinities of one sign being equal. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
