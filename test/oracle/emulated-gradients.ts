/** The rules of emulated gradients for one group of elements, one rounded operation at a time. */
import { type Arithmetic, add, counted, divide, divideSum, multiply, roundSum, subtract, sum } from "./arithmetic.js";
import {
  centred,
  isPower,
  isTop,
  mean,
  paperConstant,
  powerOf,
  type Recipe,
  scale,
  scaleFromDeviation,
  vectorNorm,
} from "./emulated.js";
import { roundTo } from "./formats.js";
import { farthest } from "./gradients.js";
import { power, root } from "./power.js";

export interface EmulatedRule extends Omit<Recipe, "norm"> {
  readonly norm: Recipe["norm"] | "none";
  readonly eps: number;
  /** Whether the mean is subtracted. */
  readonly centred: boolean;
  /** The norm of a vector, without eps. */
  readonly total?: boolean;
  /** Of the group, where they were saved. */
  readonly saved?: { readonly mean: number; readonly deviation: number };
}

export interface EmulatedGroup {
  readonly dx: number[];
  /** RN(dy y): the products whose sum dweight is. */
  readonly terms: number[];
}

/** C(n) or what else stands between statistic and deviation. */
function constantOf({ norm, total, constant }: EmulatedRule, n: number): number {
  return total || norm === "none" ? 1 : (constant ?? paperConstant(norm, n));
}

/** S as it follows from the deviation of the group, which was saved: of a power, eps goes under its root. */
function scaleOfSaved(rule: EmulatedRule, recipe: Recipe, given: number, n: number): number {
  const { norm } = recipe;
  if (!isPower(norm)) return scaleFromDeviation(recipe, given, rule.eps);
  const format = rule.arithmetic.compute;
  const p = powerOf(norm);
  const constant = roundTo(format, constantOf(rule, n));
  const raw = power(format, divide(format, roundTo(format, given), constant), p);
  return multiply(format, root(format, add(format, raw, roundTo(format, rule.eps)), p), constant);
}

/** What each element counts as: 1, -1 or 0. */
function signsOf(norm: EmulatedRule["norm"], d: readonly number[]): number[] {
  if (norm === "l1") return d.map((value) => Math.sign(value) + 0);
  const signs: number[] = new Array(d.length).fill(0);
  if (norm === "range") {
    signs[d.indexOf(Math.max(...d))] += 1;
    signs[d.indexOf(Math.min(...d))] -= 1;
    return signs;
  }
  const k = isTop(norm) ? norm.topk : 1;
  for (const i of farthest(d, k)) signs[i] = Math.sign(d[i]);
  return signs;
}

/** Gradients of elements x that were rounded to the format, for the upstream gradients dy, rounded as well. */
export function emulatedGradient(
  rule: EmulatedRule,
  x: readonly number[],
  dy: readonly number[],
  weight?: (i: number) => number,
): EmulatedGroup {
  const { norm, arithmetic, eps, total, saved } = rule;
  const format = arithmetic.compute;
  const n = x.length;
  const rn = (value: number) => roundTo(format, value);
  const middle = saved ? rn(saved.mean) : mean(arithmetic, x);
  const d = rule.centred ? centred(arithmetic, x, middle) : [...x];
  let y = d;
  let inverse = 1;
  if (norm !== "none") {
    const recipe: Recipe = { ...rule, norm };
    const found = () => (total ? vectorNorm(recipe, x) : scale(recipe, d, eps));
    const s = saved ? scaleOfSaved(rule, recipe, saved.deviation, n) : found();
    inverse = divide(format, 1, s);
    y = d.map((value) => multiply(format, value, inverse));
  }
  const g = weight ? dy.map((value, i) => multiply(format, value, rn(weight(i)))) : [...dy];
  const divisor = counted(arithmetic, n);
  const overMean = (terms: readonly number[]) => divideSum(format, sum(arithmetic, terms), divisor);
  const m = rule.centred ? overMean(g) : 0;
  const e = rule.centred ? g.map((value) => subtract(format, value, m)) : g;
  const terms = dy.map((value, i) => multiply(format, value, y[i]));
  if (norm === "none") return { dx: e, terms };

  const products = g.map((value, i) => multiply(format, value, y[i]));
  const a = total ? roundSum(format, sum(arithmetic, products)) : overMean(products);
  const constant = constantOf(rule, n);
  let p: number[];
  let q = 0;
  if (norm === "l2") {
    p = y.map((value) => multiply(format, a, value));
  } else if (isPower(norm)) {
    const lp = powerOf(norm);
    const b = multiply(format, a, rn(constant ** lp));
    const powers = y.map((value) => (value === 0 ? 0 : Math.sign(value) * power(format, Math.abs(value), lp - 1)));
    p = powers.map((value) => multiply(format, b, value));
    if (rule.centred) q = multiply(format, b, overMean(powers));
  } else {
    const b = multiply(format, a, rn(constant));
    const over = total ? 1 : divisor;
    const k = norm === "l1" ? over : isTop(norm) ? norm.topk : 1;
    const size = rn((b * over) / k);
    const signs = signsOf(norm, d);
    p = signs.map((sign) => (sign === 0 ? 0 : sign * size));
    const count = signs.reduce((left, sign) => left + sign, 0);
    if (rule.centred) q = multiply(format, b, divideSum(format, count, k));
  }
  const centring = rule.centred && norm !== "l2";
  const dx = e.map((value, i) => {
    // RN(q - p); without means nothing but p is taken off
    const off = centring ? subtract(format, q, p[i]) : -p[i];
    return multiply(format, add(format, value, off), inverse);
  });
  return { dx, terms };
}

/** RN(sum) of terms in their order: dweight of the products, dbias of dy. */
export function emulatedSum(arithmetic: Arithmetic, terms: readonly number[]): number {
  return roundSum(arithmetic.compute, sum(arithmetic, terms));
}
