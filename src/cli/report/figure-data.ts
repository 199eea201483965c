// What figures show of a tensor beside its diagnoses: how the error of a sum grows, and how large the data are.

import type { Company } from "../../diagnosis/company.js";
import {
  type Diagnosis,
  type DiagnosisSubject,
  fromFloat16,
  mean,
  type Normalizer,
  norm as normOf,
  round,
  type Stage,
  type StageName,
  statistics,
  type Tensor,
} from "../../index.js";
import { UNBOUNDED } from "../../numerics/constants.js";
import { checkNorm, powerOf, selectedBy } from "../../numerics/norm.js";
import type { PartialError } from "./plots.js";
import { spacing, specOf } from "./spacing.js";

export interface FigureData {
  /** Errors of partial sums, for each diagnosis; none where nothing is summed. */
  readonly along: readonly (readonly PartialError[])[];
  /** The median over the groups of the standard deviation. */
  readonly sigma: number | undefined;
}

/** Points of a curve, and the most terms of a sum that is taken anew for each of them. */
const POINTS = 48;
const MOST_TERMS = 2 ** 21;

/** Places of the elements of a group: `axes` are those that it extends over, groups are numbered over the others. */
function placesOf(shape: readonly number[], axes: readonly number[], group: number): Uint32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  let rest = group;
  let base = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    base += (rest % shape[axis]) * strides[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  let places = Uint32Array.of(base);
  for (const axis of axes) {
    const next = new Uint32Array(places.length * shape[axis]);
    for (let i = 0; i < next.length; i++) {
      next[i] = places[Math.floor(i / shape[axis])] + (i % shape[axis]) * strides[axis];
    }
    places = next;
  }
  return places;
}

/** Elements of a group in float32. */
export function groupOf(tensor: Tensor, axes: readonly number[], group: number): Float32Array {
  const { data, shape } = tensor;
  const places = placesOf(shape, axes, group);
  if (data instanceof Float32Array) return Float32Array.from(places, (place) => data[place]);
  return fromFloat16(Uint16Array.from(places, (place) => data[place]));
}

/** The terms that are summed, as the arithmetic has them, and exact. */
export function termsOf(
  x: Float32Array,
  { arithmetic, centred }: Pick<DiagnosisSubject, "arithmetic" | "centred">,
  power: number,
): [Float32Array, Float64Array] {
  const { compute, statistics = compute } = arithmetic;
  const about = centred ? mean(x, { arithmetic }).data[0] : 0;
  let sum = 0;
  for (let i = 0; centred && i < x.length; i++) sum += x[i];
  const exactAbout = centred ? sum / x.length : 0;
  // what is rounded to float32 before is rounded to fewer digits just the same
  const rounded = (values: Float32Array): Float32Array => round(values, statistics).data;
  let sizes = new Float32Array(round(x, compute).data);
  if (centred) {
    for (let i = 0; i < sizes.length; i++) sizes[i] -= about;
    sizes = new Float32Array(rounded(sizes));
  }
  const exact = new Float64Array(x.length);
  // loops: functions for each of a million elements take a third of a second
  for (let i = 0; i < x.length; i++) {
    sizes[i] = raised(Math.abs(sizes[i]), power);
    exact[i] = raised(Math.abs(x[i] - exactAbout), power);
  }
  return [power === 1 ? sizes : rounded(sizes), exact];
}

const raised = (size: number, power: number): number =>
  power === 1 ? size : power === 2 ? size * size : size ** power;

/** Of |d| in the terms, where those of all elements are added. */
export function termPowerOf(normalizer: Normalizer): number | undefined {
  const norm = checkNorm(normalizer, UNBOUNDED, true);
  return norm.name === "none" || selectedBy(norm) ? undefined : powerOf(norm);
}

/** What one of a company has: some groups, neighbours, in axes of its own. */
interface Piece {
  readonly axes: readonly number[];
  readonly group: number;
  readonly groups: number;
}

/**
 * Errors of the partial sums in the group where the sum is furthest off, or in the first one where it overflows, in ulp of
 * the format that is summed in.
 */
export function partialErrors(tensor: Tensor, diagnosis: Diagnosis, piece?: Piece): PartialError[] {
  const { subject, input, stages } = diagnosis;
  const { compute, accumulate, order, statistics = compute } = subject.arithmetic;
  const stage = (wanted: StageName): Stage | undefined => stages.find(({ name }) => name === wanted);
  const lost = stage("term")?.firsts.overflow ?? stage("sum")?.firsts.overflow;
  const number = lost?.group ?? stage("sum")?.attribution?.group;
  const group = number === undefined ? undefined : number - (piece?.group ?? 0);
  // another one has it
  if (group === undefined || group < 0 || group >= (piece?.groups ?? Infinity)) return [];
  const power = termPowerOf(subject.norm);
  const n = input.groupSize;
  if (power === undefined || subject.groups || accumulate === "exact" || n > MOST_TERMS) return [];
  const format = specOf(accumulate);
  // terms are given in the format that is summed in
  const grid = subject.centred || power !== 1 ? statistics : compute;
  if (format.precision < specOf(grid).precision) return [];
  const [terms, exact] = termsOf(groupOf(tensor, piece?.axes ?? subject.axes, group), subject, power);
  const points: PartialError[] = [];
  let sum = 0;
  for (let point = 1, at = 0; point <= POINTS; point++) {
    const index = Math.ceil((n * point) / POINTS);
    if (index === at) continue;
    while (at < index) sum += exact[at++];
    const arithmetic = { compute: accumulate, accumulate, order };
    const computed = normOf(terms.subarray(0, index), { norm: "l1", arithmetic }).data[0];
    const ulp = (computed - sum) / spacing(format, sum);
    points.push({ index, ulp: Number.isFinite(ulp) ? ulp : null });
  }
  return points;
}

/** The standard deviations of groups. */
export function deviationsOf(tensor: Tensor, axes: readonly number[]): Float32Array {
  const { mean: means, deviation } = statistics(tensor, { axes });
  const copy = deviation.slice() as Float32Array;
  means.dispose();
  deviation.dispose();
  return copy;
}

/** The median over the groups of the standard deviation. */
export function sigmaOf(all: readonly Float32Array[]): number | undefined {
  const finite = all.map((deviations) => deviations.filter(Number.isFinite));
  const sorted = new Float32Array(finite.reduce((sum, { length }) => sum + length, 0));
  finite.reduce((at, each) => {
    sorted.set(each, at);
    return at + each.length;
  }, 0);
  return sorted.sort()[sorted.length >> 1];
}

/** @param piece That the tensor is of the one that was diagnosed. Default: all. */
export function figureData(
  tensor: Tensor,
  diagnoses: readonly Diagnosis[],
  piece: Piece | undefined,
  company: Company,
): FigureData {
  const axes = diagnoses.length ? (piece?.axes ?? diagnoses[0].subject.axes) : undefined;
  return {
    along: company.exchange(
      diagnoses.map((diagnosis) => partialErrors(tensor, diagnosis, piece)),
      (all) => diagnoses.map((_, i) => all.find((found) => found[i].length)?.[i] ?? []),
    ),
    sigma: axes && company.exchange(deviationsOf(tensor, axes), sigmaOf),
  };
}
