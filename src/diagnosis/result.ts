// What a diagnosis is: plain data, the same after JSON.parse(JSON.stringify(it)).

import type { ArithmeticInUse } from "../numerics/arithmetic.js";
import type { FormatName, FormatSpec } from "../numerics/format.js";
import type { Norm, Normalizer } from "../numerics/norm.js";
import type { DType } from "../tensor/storage.js";

/** Name of the form of a {@link Diagnosis}. It changes when something in it changes its meaning or goes away. */
export const DIAGNOSIS_SCHEMA = "halfnorm.diagnosis/1";

/**
 * How far computed values are from exact ones, over pairs of a computed c, a number of some format, and an exact v, a
 * real number held to 2^-50 relative or better.
 *
 * A pair of two NaN or of the same infinity agrees and counts no further. Any other pair with a NaN or an infinity is a
 * mismatch and counts no further, a finite v beyond the format's range with an infinite c among them. All others are the
 * ordinary pairs, with the error e = (c - v) / ulp(v): ulp(v) is the spacing of the format in the binade of the exact
 * value, 2^(max(min(floor(log2 |v|), emax), emin) - p + 1).
 *
 * Where a number would not be finite, or there is no ordinary pair, it is null.
 */
export interface ErrorStatistics {
  /** Pairs of all kinds. */
  count: number;
  /** The e of greatest size with its sign, of the first such pair. */
  maxUlp: number | null;
  /** Mean of e with its sign: the bias. */
  meanUlp: number | null;
  /** Root of the mean of e². */
  rmsUlp: number | null;
  /** Quantiles of |e|, the ceil(q · m)-th smallest of all m, each rounded to float32; none is sampled or interpolated. */
  p50Ulp: number | null;
  /** |e| of 99 % of the pairs is at most this: see p50Ulp. */
  p99Ulp: number | null;
  /** |e| of 99.9 % of the pairs is at most this: see p50Ulp. */
  p999Ulp: number | null;
  /** Where maxUlp is: the row-major index of the element in the tensor, or the number of the group. */
  worstIndex: number | null;
  /** Greatest |c - v|. */
  maxAbs: number | null;
  /** Greatest |c - v| / |v| over v other than 0. */
  maxRel: number | null;
  /** Signal to quantization noise, 10 log10(Σv² / Σ(c - v)²), in dB; 6.02 dB are one bit. null without any error. */
  sqnrDb: number | null;
  /** Σcv / √(Σc² Σv²). */
  cosine: number | null;
  /** -log2(maxRel), from 0 to 53: the bits that every value keeps. 0 with mismatched specials. */
  significantBits: number | null;
  /** Pairs where one is NaN or infinite and the other is not the same. */
  mismatchedSpecials: number;
}

/**
 * What can happen to a single operation, each of which is an addition, subtraction, product, quotient, root or the
 * rounding of the input; not the rounding of the constants eps, weight and bias.
 *
 * - `overflow`: finite operands, and the rounded result left the range of the format (infinity, or what the format has
 *   in its place)
 * - `underflow`: a nonzero exact result became zero
 * - `subnormal`: a nonzero result below 2^emin, where there are fewer digits
 * - `stagnation`: an addition of a nonzero number that left the other one, nonzero as well, unchanged
 * - `invalid`: NaN from operands that are not NaN
 */
export type DiagnosisEvent = "overflow" | "underflow" | "subnormal" | "stagnation" | "invalid";

/** All of them, in the order of tables. */
export const EVENTS: readonly DiagnosisEvent[] = ["overflow", "underflow", "subnormal", "stagnation", "invalid"];

/** Where an operation belongs. */
export interface EventPlace {
  /** Number of the group, row-major over the axes that are kept. */
  group: number;
  /** Position of the element in its group; null for operations of no element, such as those that merge partial sums. */
  index: number | null;
}

/**
 * The stages of a normalization in their order. `mean` and `centre` are only there with centring, `term` to `reciprocal`
 * only with another norm than "none". With d = x - mean:
 *
 * | stage | one value per | what it gives |
 * |---|---|---|
 * | `input` | element | x rounded to the compute format |
 * | `mean` | group | the mean |
 * | `centre` | element | d |
 * | `term` | element | d² for L2, \|d\|^p for Lp, \|d\| for the others |
 * | `sum` | group | the sum of the terms (of the k largest); the largest for L∞; max d - min d for the range |
 * | `deviation` | group | S: quotient, root, constant and eps, which is what is divided by |
 * | `reciprocal` | group | 1 / S |
 * | `roundedMean`, `roundedReciprocal` | group | with statistics in another format: the mean and 1 / S, rounded to the compute format |
 * | `slope`, `shift` | group or element | with a folded tail, in place of these: a = weight / S and b = bias - mean · weight / S, rounded to the compute format; of each element where those of a group have weights of their own |
 * | `output` | element | d · (1 / S), times weight, plus bias; x · a + b |
 *
 * With statistics that are given there are no `term` and no `sum`. `mean` is the one given, rounded to the format of the
 * statistics; `deviation` is S, of the deviation rounded to it: √(deviation² + eps) for L2, deviation + eps for the others,
 * every operation rounded and counted. `centre` is only there where x - mean is what goes to the output: with the statistics in the
 * compute format and a tail in steps.
 */
export type StageName =
  | "input"
  | "mean"
  | "centre"
  | "term"
  | "sum"
  | "deviation"
  | "reciprocal"
  | "roundedMean"
  | "roundedReciprocal"
  | "slope"
  | "shift"
  | "output";

/** The stages of a normalization, in the order in which they are computed. */
export const STAGES: readonly StageName[] = [
  "input",
  "mean",
  "centre",
  "term",
  "sum",
  "deviation",
  "reciprocal",
  "roundedMean",
  "roundedReciprocal",
  "slope",
  "shift",
  "output",
];

/**
 * The error of the mean or of the sum, of the group where it is greatest, divided among its causes. The parts make up
 * the total with nothing left over: the rounding error of every addition is a number, and they were added up.
 */
export interface Attribution {
  /** Number of the group. */
  group: number;
  /** Of the mean: what rounding the input brought in, Σ(x rounded - x) / n. */
  input?: number;
  /** Of the sum: what was wrong with the terms before they were added, Σ(term - exact term). */
  terms?: number;
  /** What the additions lost or gained, for the mean divided by n. */
  accumulation: number;
  /** Of the mean: the rounding of the quotient. */
  final?: number;
  /** Computed minus exact. */
  total: number;
}

/** One stage of the computation. */
export interface Stage {
  /** Which stage it is. */
  name: StageName;
  /** Whose spacing is the ulp: the compute format, for the stage `sum` the one that is accumulated in. */
  format: FormatName | FormatSpec;
  /** What was rounded here: against the exact result of the same inputs. */
  own: ErrorStatistics;
  /** What has come together up to here: against the exact result from the original data. */
  total: ErrorStatistics;
  /** Counts of single operations, over all groups. */
  events: Record<DiagnosisEvent, number>;
  /** The first of each event that occurred: the lowest group, and in it the lowest index, null behind all others. */
  firsts: Partial<Record<DiagnosisEvent, EventPlace>>;
  /** The first of all events. */
  first?: EventPlace & {
    /** Which it is. */
    event: DiagnosisEvent;
  };
  /** Of the stages `mean` and `sum`, where a sum is taken and a group is finite. */
  attribution?: Attribution;
}

/** Elements of a tensor whose magnitude is from 2^exponent to below 2^(exponent + 1). */
export interface ExponentCount {
  /** floor(log2 |x|). */
  exponent: number;
  /** Number of such elements. */
  count: number;
}

/** What the data are, before any arithmetic. */
export interface InputSummary {
  /** Of the tensor, one length for each dimension. */
  shape: number[];
  /** How the elements are stored. */
  dtype: DType;
  /** Elements. */
  count: number;
  /** Groups that are normalized each by itself. */
  groups: number;
  /** Elements of one group, the n of its mean; 0 without groups. */
  groupSize: number;
  /** Elements that are neither NaN nor infinite. */
  finite: number;
  /** Elements below the least normal magnitude of their dtype: 2^-126 for float32, 2^-14 for float16. */
  subnormal: number;
  /** Elements that are zero, of either sign. */
  zero: number;
  /** Elements that are NaN. */
  nan: number;
  /** Elements that are infinite, of either sign. */
  infinite: number;
  /** The least magnitude of the finite elements that is not zero; null for none. */
  absMin: number | null;
  /** The greatest magnitude of the finite elements; null for none. */
  absMax: number | null;
  /** Nonzero finite elements by binade, ascending, without empty binades. */
  exponentHistogram: ExponentCount[];
}

/** A layer, by its function without the `Norm`. */
export type LayerName = "batch" | "layer" | "instance" | "group" | "rms";

/** What was diagnosed: the options with nothing left out. */
export interface DiagnosisSubject {
  /** The norm that is divided by. */
  norm: Normalizer;
  /** The arithmetic that was emulated. */
  arithmetic: ArithmeticInUse;
  /** null: by axes. */
  layer: LayerName | null;
  /** Axes that a group extends over, from the front; of group norm, the axis of the channels in part. */
  axes: number[];
  /** Number of groups of channels, of group norm. */
  groups?: number;
  /** Whether the mean is subtracted. */
  centred: boolean;
  /** Mean and deviation were given, as in inference; absent: they are those of the data. */
  given?: true;
  /** Whether there was a weight. */
  weight: boolean;
  /** Whether there was a bias. */
  bias: boolean;
  /** What was added: under the root for L2, to S for the other norms. */
  eps: number;
  /** Whether the constants of the norm make S the standard deviation of normal data, in place of the paper's C(n). */
  calibrated: boolean;
}

/**
 * Rounding error analysis of the sum of the terms, or of the mean's where the norm is "none": Higham 2002, chapter 4. Where
 * statistics are given there is no sum: 0 terms, bounds of 0, and nothing measured.
 */
export interface SumBound {
  /** Terms of one sum. */
  terms: number;
  /** Rounded additions that a term passes through, at most: the order decides. */
  depth: number;
  /** depth · u / (1 - depth · u) relative to Σ|term|, u = 2^-p of the accumulate format: never exceeded. null from 1/u on. */
  worst: number | null;
  /** √depth · u: what roundings that are independent of each other come to. */
  probable: number;
  /** The largest relative error of the sums of this data, their terms taken as given; null for no sum to measure. */
  measured: number | null;
}

/** A change of the computation, and the error that it was found to leave when it was run on this data. */
export interface Remedy {
  /** In words. */
  change: string;
  /** What to pass as `arithmetic`. */
  arithmetic?: ArithmeticInUse;
  /**
   * A power of two to multiply the tensor by, and mean and deviation where they are given; `eps` is then the one to pass, so that the exact result is the same, or the
   * least that is safe for groups of equal values.
   */
  scale?: number;
  /**
   * A power of two: each group is multiplied by the one that takes its largest |x|, or eps^(1 / p) where that is more, to at
   * least this and below twice of it. Its eps is multiplied by the p-th power of the same, and is at least `eps`; p is 2 for
   * L2, that of the norm for Lp, else 1.
   */
  groupScale?: number;
  /** What to pass as `eps`, where it is another one. */
  eps?: number;
  /** What to pass as `norm`. */
  norm?: Norm;
  /** 2: the mean of what is left after subtracting the mean is subtracted once more. */
  centrings?: 2;
  /**
   * Of the output, in ulp of the compute format that was diagnosed, whatever the change, so that all can be compared.
   * With another norm: against that norm's own exact output.
   */
  error: ErrorStatistics;
  /** Its sqnrDb less that of the diagnosed computation; null where one of them is null. */
  gainDb: number | null;
  /** It was run; nothing here is an estimate. */
  verified: true;
  /**
   * Whether a group of equal values, or one whose given deviation is 0, comes out finite: whether 1 / S of eps alone is a number
   * of the format.
   */
  safeOnConstant: boolean;
}

/** "degraded": the output lacks digits that the format has room for; "failed": it is wrong. */
export type Verdict = "ok" | "degraded" | "failed";

/** What an arithmetic does to a normalization of some data. Plain data: JSON.stringify() loses nothing of it. */
export interface Diagnosis {
  /** Name of this form: it changes with its meaning. */
  schema: typeof DIAGNOSIS_SCHEMA;
  /** What was diagnosed. */
  subject: DiagnosisSubject;
  /** What the data are. */
  input: InputSummary;
  /** The stages that there are, in the order of computation. */
  stages: Stage[];
  /** Of the output: `total` of the last stage. */
  error: ErrorStatistics;
  /**
   * Outputs that are NaN, or the same infinity, in exact arithmetic, too; absent for none. They come of data, parameters and
   * given statistics that are no numbers, and of groups of equal values with an eps of 0.
   */
  equalSpecials?: number;
  /**
   * Groups of finite data where something infinite was divided by, and all outputs are finite: x / ∞ is 0, and no NaN
   * and no infinity tells of it.
   */
  absorbedOverflow: number;
  /**
   * Binades between the largest exact magnitude of any stage and the largest finite number of the format that holds it;
   * negative when it is beyond. null where there is nothing but zeros.
   */
  headroom: number | null;
  /**
   * Which stage that is; `mean` and `sum` are the sums themselves. Where statistics are given, `mean` is the mean, and `deviation`
   * by L2 the square that the root is taken of, if that is the one. With statistics in another format and a tail in steps, `output`
   * has the differences from the rounded mean in it.
   */
  headroomAt: StageName | null;
  /** Σ|x| / |Σx| of the sums for the mean, over the groups: what cancels. 1 if not centred, null if infinite, or given. */
  condition: {
    /** Of the group that cancels most. */
    max: number | null;
    /** Half of the groups have no more. */
    median: number | null;
  };
  /** What is known beforehand of the error of a sum, beside what it was. */
  bound: SumBound;
  /** Sorted: fewest mismatched specials, then the greatest gain, first. */
  remedies: Remedy[];
  /** What becomes of the output. */
  verdict: Verdict;
  /** Why, in words with the numbers. */
  reason: string;
  /** What else is worth knowing, each in a sentence. */
  notes: string[];
}
