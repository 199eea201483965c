/**
 * Gradients of the layers in float64, scalar, element by element: the formula of the paper with w_i = dS / dd_i written
 * out for every norm, and the layers themselves, to take differences of.
 */
import { compensatedSum } from "./compensated.js";
import { isTop, type Norm, paperConstant, powerOf } from "./emulated.js";

export interface Rule {
  readonly norm: Norm | "none";
  /** The factor from the raw statistic to the deviation. */
  readonly constant: number;
  readonly eps: number;
  /** Whether the mean is subtracted. */
  readonly centred: boolean;
  /** The norm of a vector: sums, where deviations have means over the elements. */
  readonly total?: boolean;
}

/** The paper's rule for groups of n elements. */
export function ruleOf(norm: Norm | "none", n: number, eps: number, centred = true): Rule {
  return { norm, constant: norm === "none" ? 1 : paperConstant(norm, n), eps, centred };
}

const mean = (list: ArrayLike<number>) => compensatedSum(list) / list.length;

export function centre({ centred }: Rule, x: readonly number[]): number[] {
  // in two parts, so that a large mean costs no digits
  const high = centred ? mean(x) : 0;
  const low = centred ? mean(x.map((value) => value - high)) : 0;
  return x.map((value) => value - high - low);
}

/** The numbers of the k elements with the largest |d|, the first of equal ones. */
export function farthest(d: readonly number[], k: number): number[] {
  return [...d.keys()].sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]) || i - j).slice(0, k);
}

const first = (d: readonly number[], better: (a: number, b: number) => boolean): number =>
  d.reduce((best, value, i) => (better(value, d[best]) ? i : best), 0);

/** S of the distances d. */
export function scaleOf({ norm, constant, eps, total }: Rule, d: readonly number[]): number {
  const n = total ? 1 : d.length;
  if (norm === "none") return 1;
  if (norm === "l2") return Math.sqrt((constant ** 2 * compensatedSum(d.map((value) => value * value))) / n + eps);
  if (norm === "l1") return (constant * compensatedSum(d.map(Math.abs))) / n + eps;
  if (norm === "linf") return constant * Math.max(...d.map(Math.abs)) + eps;
  if (norm === "range") return constant * (Math.max(...d) - Math.min(...d)) + eps;
  if (isTop(norm))
    return (constant * compensatedSum(farthest(d, norm.topk).map((i) => Math.abs(d[i])))) / norm.topk + eps;
  const lp = powerOf(norm);
  return constant * (compensatedSum(d.map((value) => Math.abs(value) ** lp)) / n + eps) ** (1 / lp);
}

/** w_i = dS / dd_i. */
function slopesOf(rule: Rule, d: readonly number[]): number[] {
  const { norm, constant, total } = rule;
  const n = total ? 1 : d.length;
  const w: number[] = new Array(d.length).fill(0);
  if (norm === "none") return w;
  const s = scaleOf(rule, d);
  if (norm === "l2") return d.map((value) => (constant ** 2 * value) / (n * s));
  if (norm === "l1") return d.map((value) => (constant * Math.sign(value)) / n);
  if (norm === "linf") {
    const i = farthest(d, 1)[0];
    w[i] = constant * Math.sign(d[i]);
  } else if (norm === "range") {
    w[first(d, (a, b) => a > b)] += constant;
    w[first(d, (a, b) => a < b)] -= constant;
  } else if (isTop(norm)) {
    for (const i of farthest(d, norm.topk)) w[i] = (constant * Math.sign(d[i])) / norm.topk;
  } else {
    const lp = powerOf(norm);
    return d.map((value) => (constant ** lp * Math.sign(value) * Math.abs(value) ** (lp - 1) * s ** (1 - lp)) / n);
  }
  return w;
}

export interface GroupGradient {
  /** The normalized values, before weight and bias. */
  readonly y: number[];
  readonly dx: number[];
  /** What the error of dx_i is measured against: the sum of the magnitudes of all that it is made of. */
  readonly size: number[];
}

/** dx_i = (g_i - mean g - A (w_i - mean w)) / S, A = sum g y; without the means where x is not centred. */
export function groupGradient(rule: Rule, x: readonly number[], g: readonly number[]): GroupGradient {
  const d = centre(rule, x);
  const s = scaleOf(rule, d);
  const y = d.map((value) => value / s);
  const w = slopesOf(rule, d);
  const products = g.map((value, i) => value * y[i]);
  const a = compensatedSum(products);
  const most = compensatedSum(products.map(Math.abs));
  const g0 = rule.centred ? mean(g) : 0;
  const w0 = rule.centred ? mean(w) : 0;
  const g1 = rule.centred ? mean(g.map(Math.abs)) : 0;
  return {
    y,
    dx: g.map((value, i) => (value - g0 - a * (w[i] - w0)) / s),
    size: g.map((value, i) => (Math.abs(value) + g1 + most * (Math.abs(w[i]) + Math.abs(w0))) / s),
  };
}

/** Which elements belong together, and which weight an element has. */
export interface Layout {
  readonly groups: readonly { readonly elements: readonly number[] }[];
  readonly weightOf: (position: number) => number;
  readonly weights: number;
}

export interface LayerGradient {
  readonly dx: Float64Array;
  readonly dweight: Float64Array;
  readonly dbias: Float64Array;
  /** The sums of the magnitudes of what each is made of. */
  readonly sizes: { readonly dx: Float64Array; readonly dweight: Float64Array; readonly dbias: Float64Array };
}

export function layerGradient(
  { groups, weightOf, weights }: Layout,
  ruleFor: (n: number) => Rule,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  weight?: ArrayLike<number>,
): LayerGradient {
  const dx = new Float64Array(x.length);
  const size = new Float64Array(x.length);
  const parts = Array.from({ length: weights }, () => ({ dy: [] as number[], dyY: [] as number[] }));
  for (const { elements } of groups) {
    const upstream = elements.map((position) => dy[position]);
    const g = upstream.map((value, i) => value * (weight ? weight[weightOf(elements[i])] : 1));
    const group = groupGradient(
      ruleFor(elements.length),
      elements.map((position) => x[position]),
      g,
    );
    elements.forEach((position, i) => {
      dx[position] = group.dx[i];
      size[position] = group.size[i];
      parts[weightOf(position)].dy.push(upstream[i]);
      parts[weightOf(position)].dyY.push(upstream[i] * group.y[i]);
    });
  }
  const sums = (of: (part: (typeof parts)[0]) => number[]) =>
    Float64Array.from(parts, (part) => compensatedSum(of(part)));
  return {
    dx,
    dweight: sums((part) => part.dyY),
    dbias: sums((part) => part.dy),
    sizes: { dx: size, dweight: sums((part) => part.dyY.map(Math.abs)), dbias: sums((part) => part.dy.map(Math.abs)) },
  };
}

/** The layer itself: y · weight + bias. */
export function layerOutput(
  { groups, weightOf }: Layout,
  ruleFor: (n: number) => Rule,
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  const output = new Float64Array(x.length);
  for (const { elements } of groups) {
    const rule = ruleFor(elements.length);
    const d = centre(
      rule,
      elements.map((position) => x[position]),
    );
    const s = scaleOf(rule, d);
    elements.forEach((position, i) => {
      output[position] = (d[i] / s) * weight[weightOf(position)] + bias[weightOf(position)];
    });
  }
  return output;
}

/** Central differences of a function of many numbers. */
export function differences(x: ArrayLike<number>, step: number, value: (x: Float64Array) => number): Float64Array {
  const at = Float64Array.from(x);
  return at.map((_, i) => {
    const here = at[i];
    at[i] = here + step;
    const above = value(at);
    at[i] = here - step;
    const below = value(at);
    at[i] = here;
    return (above - below) / (2 * step);
  });
}
