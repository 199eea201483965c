/** What is diagnosed: a normalization of a tensor, and the stages that it goes through. */
import { type Arithmetic, ofStatistics } from "./arithmetic.js";
import { isPower, isTop, type Norm, paperConstant, powerOf } from "./emulated.js";
import type { Format } from "./formats.js";

export interface Work {
  /** The tensor as it is stored, in row-major order. */
  readonly values: ArrayLike<number>;
  /** Positions of the elements of each group. */
  readonly groups: readonly ArrayLike<number>[];
  readonly norm: Norm | "none";
  readonly arithmetic: Arithmetic;
  readonly centred: boolean;
  readonly eps: number;
  /** Factor between the statistic and the deviation; absent: the paper's. */
  readonly constant?: number;
  /** One for each element of the tensor. */
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
  /** Applied in the place of those of the data: one mean and one deviation for each group. */
  readonly given?: { readonly mean: ArrayLike<number>; readonly deviation: ArrayLike<number> };
  /** 2: the mean of what is left after subtracting the mean is subtracted as well. */
  readonly centrings?: 2;
  /** In place of eps, one for each group. */
  readonly groupEps?: ArrayLike<number>;
  /** What is read and written are numbers of this format, whatever the arithmetic. */
  readonly stored?: Format;
}

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

export const isFolded = ({ arithmetic }: Work): boolean => arithmetic.tail === "folded";

/** Whether the mean and 1 / S are rounded to the compute format, each by itself. */
export const isApart = (work: Work): boolean =>
  !isFolded(work) && ofStatistics(work.arithmetic) !== work.arithmetic.compute;

/** Whether x - mean is computed in the format of the statistics: where a mean is given, for the output in steps alone. */
export const takesDistances = (work: Work): boolean =>
  work.centred && !(work.given && (isFolded(work) || isApart(work)));

export function stagesOf(work: Work): StageName[] {
  const { centred, norm, given } = work;
  const apart = isApart(work);
  const rounding: StageName[] = [
    ...(apart && centred ? (["roundedMean"] as const) : []),
    ...(apart && norm !== "none" ? (["roundedReciprocal"] as const) : []),
  ];
  const centring: StageName[] = centred ? ["mean", ...(takesDistances(work) ? (["centre"] as const) : [])] : [];
  const sums: StageName[] = given ? [] : ["term", "sum"];
  const scaling: StageName[] = norm === "none" ? [] : [...sums, "deviation", "reciprocal"];
  const factors: StageName[] = isFolded(work) ? ["slope", "shift"] : [];
  return ["input", ...centring, ...scaling, ...rounding, ...factors, "output"];
}

/** Whether elements of a group have weights or biases of their own. */
function isWeightedWithin({ groups, weight, bias }: Work): boolean {
  return [weight, bias].some((values) =>
    groups.some((at) => values && Array.from(at).some((position) => values[position] !== values[at[0]])),
  );
}

/** Stages with a value for each element; the others have one for each group. */
export function isElementwise(work: Work, stage: StageName): boolean {
  if (stage === "slope" || stage === "shift") return isWeightedWithin(work);
  return stage === "input" || stage === "centre" || stage === "term" || stage === "output";
}

/** The exponent of the terms |d|^p. */
export function termPower(norm: Norm): number {
  if (norm === "l2") return 2;
  return isPower(norm) ? powerOf(norm) : 1;
}

/** Of n terms, how many are summed: the largest ones of a top-k norm, none where terms are only compared. */
export function summedOf(norm: Norm, n: number): number {
  if (norm === "linf" || norm === "range") return 0;
  return isTop(norm) ? norm.topk : n;
}

/** Whether eps is added to the mean of the terms, under the root, or to the deviation. */
export function isUnderRoot(norm: Norm): boolean {
  return norm === "l2" || isPower(norm);
}

/** The factor between the statistic and the deviation of groups of n elements. */
export function constantOf({ constant, norm }: Work, n: number): number {
  return constant ?? (norm === "none" ? 1 : paperConstant(norm, n));
}

/** Stages in the compute format; the others are in that of the statistics. */
export const isComputed = (stage: StageName): boolean =>
  ["input", "roundedMean", "roundedReciprocal", "slope", "shift", "output"].includes(stage);

/** The format in whose units a stage is measured. Exact sums are no numbers of a format: the compute format. */
export function formatOf({ norm, arithmetic }: Work, stage: StageName): Format {
  const { compute, accumulate } = arithmetic;
  if (isComputed(stage)) return compute;
  const statistics = ofStatistics(arithmetic);
  if (stage !== "sum" || norm === "none" || summedOf(norm, 1) === 0 || accumulate === "exact") return statistics;
  return accumulate;
}
