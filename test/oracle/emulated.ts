/** The rules of emulated arithmetic for one group of elements: mean, deviations, scales, outputs and vector norms. */
import {
  type Arithmetic,
  add,
  counted,
  divide,
  divideSum,
  multiply,
  ofStatistics,
  roundSum,
  type Sum,
  squareRoot,
  subtract,
  sum,
} from "./arithmetic.js";
import { C_L1, maximumConstant, powerConstant } from "./constants.js";
import { roundTo } from "./formats.js";
import { power, root } from "./power.js";

/** A norm whose terms are powers of |d|; eps is added to their mean, which then the root is taken of. */
export type PowerNorm = { readonly lp: number };

export type Norm = "l1" | "l2" | "linf" | "range" | { readonly topk: number } | PowerNorm;

export function isPower(norm: Norm | "none"): norm is PowerNorm {
  return typeof norm === "object" && "lp" in norm;
}

export function isTop(norm: Norm | "none"): norm is { readonly topk: number } {
  return typeof norm === "object" && "topk" in norm;
}

/** p of the terms |d|^p. */
export function powerOf(norm: PowerNorm): number {
  return norm.lp;
}

/** A norm in an arithmetic, with the factor between the statistic and the deviation (absent: the paper's). */
export interface Recipe {
  readonly norm: Norm;
  readonly arithmetic: Arithmetic;
  readonly constant?: number;
}

/** The paper's constant of a norm over n elements, in float64. */
export function paperConstant(norm: Norm, n: number): number {
  if (norm === "l1") return C_L1;
  if (norm === "l2") return 1;
  if (norm === "range") return 0.35 * maximumConstant(n);
  if (norm === "linf" || isTop(norm)) return maximumConstant(n);
  return powerConstant(powerOf(norm));
}

/** The elements as the arithmetic sees them. */
export function inputs(arithmetic: Arithmetic, x: ArrayLike<number>): number[] {
  return Array.from(x, (value) => roundTo(arithmetic.compute, value));
}

/** RN_F(sum / n); NaN for an empty group. */
export function mean(arithmetic: Arithmetic, x: readonly number[]): number {
  return divideSum(ofStatistics(arithmetic), sum(arithmetic, x), counted(arithmetic, x.length));
}

export function centred(arithmetic: Arithmetic, x: readonly number[], mean: number): number[] {
  return x.map((value) => subtract(ofStatistics(arithmetic), value, mean));
}

/** The k largest sizes, from the largest down; any NaN makes all of them NaN. */
function largest(sizes: readonly number[], k: number): number[] {
  if (sizes.some(Number.isNaN)) return new Array(k).fill(Number.NaN);
  return Array.from(Float64Array.from(sizes).sort().reverse().slice(0, k));
}

/** The largest, or NaN if any is. */
export function maximum(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/**
 * The statistic of d before its constant: mean |d|, the variance, max |d|, the mean of the k largest, max - min,
 * mean |d|^p. With `total` the sum takes the place of the mean.
 */
function statistic(recipe: Recipe, d: readonly number[], total: boolean): number {
  const { norm, arithmetic } = recipe;
  const format = ofStatistics(arithmetic);
  const reduce = (terms: readonly number[], over: number) => {
    const reduced: Sum = sum(arithmetic, terms);
    return total ? roundSum(format, reduced) : divideSum(format, reduced, counted(arithmetic, over));
  };
  const sizes = d.map(Math.abs);
  if (norm === "l1") return reduce(sizes, d.length);
  if (norm === "l2")
    return reduce(
      d.map((value) => multiply(format, value, value)),
      d.length,
    );
  if (norm === "linf") return maximum(sizes);
  if (norm === "range") return subtract(format, maximum(d), -maximum(d.map((value) => -value)));
  if (isTop(norm)) return divideSum(format, sum(arithmetic, largest(sizes, norm.topk)), norm.topk);
  return reduce(
    sizes.map((size) => power(format, size, powerOf(norm))),
    d.length,
  );
}

/** The statistic's root times its constant: the deviation, or S when eps was added to the statistic before. */
function finishDeviation(recipe: Recipe, raw: number, n: number): number {
  const { norm, arithmetic } = recipe;
  const format = ofStatistics(arithmetic);
  const constant = roundTo(format, recipe.constant ?? paperConstant(norm, n));
  let value = raw;
  if (norm === "l2") {
    value = squareRoot(format, raw);
    if (constant === 1) return value;
  } else if (isPower(norm)) value = root(format, raw, powerOf(norm));
  return multiply(format, value, constant);
}

/** The deviation of d, without eps. */
export function deviation(recipe: Recipe, d: readonly number[]): number {
  return finishDeviation(recipe, statistic(recipe, d, false), d.length);
}

/** The scale S of d, with eps by the rule of the norm. */
export function scale(recipe: Recipe, d: readonly number[], eps: number): number {
  const format = ofStatistics(recipe.arithmetic);
  const small = roundTo(format, eps);
  const raw = statistic(recipe, d, false);
  if (recipe.norm === "l2" || isPower(recipe.norm)) return finishDeviation(recipe, add(format, raw, small), d.length);
  return add(format, finishDeviation(recipe, raw, d.length), small);
}

/** The scale S from a given deviation: sqrt(deviation^2 + eps) for L2, deviation + eps for the others. */
export function scaleFromDeviation(recipe: Recipe, given: number, eps: number): number {
  const format = ofStatistics(recipe.arithmetic);
  const small = roundTo(format, eps);
  const known = roundTo(format, given);
  if (recipe.norm !== "l2") return add(format, known, small);
  return squareRoot(format, add(format, multiply(format, known, known), small));
}

/** y = RN(d * RN(1 / S)), then RN(y * weight) and RN(. + bias) where given. */
export function apply(
  arithmetic: Arithmetic,
  d: readonly number[],
  scale: number,
  weight?: (i: number) => number,
  bias?: (i: number) => number,
): number[] {
  const format = arithmetic.compute;
  const inverse = divide(format, 1, scale);
  return d.map((value, i) => {
    let y = multiply(format, value, inverse);
    if (weight) y = multiply(format, y, roundTo(format, weight(i)));
    if (bias) y = add(format, y, roundTo(format, bias(i)));
    return y;
  });
}

/**
 * The output of elements x (rounded to the compute format) by a mean (absent: none) and a scale in the format of the
 * statistics (absent: there is no norm): in steps with both rounded to the compute format, or folded into x · a + b.
 */
export function output(
  arithmetic: Arithmetic,
  x: readonly number[],
  mean: number | undefined,
  scale: number | undefined,
  weight?: (i: number) => number,
  bias?: (i: number) => number,
): number[] {
  const format = arithmetic.compute;
  const statistics = ofStatistics(arithmetic);
  const inverse = scale === undefined ? 1 : divide(statistics, 1, scale);
  return x.map((value, i) => {
    const w = weight && roundTo(format, weight(i));
    const b = bias && roundTo(format, bias(i));
    if (arithmetic.tail === "folded") {
      const factor = multiply(statistics, inverse, w ?? 1);
      const shift = mean === undefined ? 0 : multiply(statistics, mean, factor);
      const rest = subtract(statistics, b ?? 0, shift);
      return add(format, multiply(format, value, roundTo(format, factor)), roundTo(format, rest));
    }
    let y = mean === undefined ? value : subtract(format, value, roundTo(format, mean));
    if (scale !== undefined) y = multiply(format, y, roundTo(format, inverse));
    if (w !== undefined) y = multiply(format, y, w);
    return b === undefined ? y : add(format, y, b);
  });
}

/** The norm of a vector: sum |x|, root of the sum of squares, max |x|, mean of the k largest, max - min, (sum |x|^p)^(1/p). */
export function vectorNorm(recipe: Recipe, x: readonly number[]): number {
  if (x.length === 0) return 0;
  const { norm, arithmetic } = recipe;
  const raw = statistic(recipe, x, true);
  const format = ofStatistics(arithmetic);
  if (norm === "l2") return squareRoot(format, raw);
  return isPower(norm) ? root(format, raw, powerOf(norm)) : roundTo(format, raw);
}

/** w = RN(v * RN(g / norm)). */
export function gained(recipe: Recipe, v: readonly number[], g: number): number[] {
  const format = recipe.arithmetic.compute;
  const statistics = ofStatistics(recipe.arithmetic);
  const factor = roundTo(format, divide(statistics, roundTo(format, g), vectorNorm(recipe, v)));
  return v.map((value) => multiply(format, value, factor));
}

/** x / norm; a vector of norm zero stays as it is. */
export function divided(recipe: Recipe, x: readonly number[]): number[] {
  const format = recipe.arithmetic.compute;
  const size = vectorNorm(recipe, x);
  return x.map((value) => divide(format, value, size === 0 ? 1 : roundTo(format, size)));
}
