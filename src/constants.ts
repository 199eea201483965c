// Factors from a raw statistic of n values to a deviation, in float64.

import { NORM_L1, NORM_LINF, NORM_POWER, NORM_RANGE, NORM_TOP } from "./layout.js";
import type { NormSpec } from "./norms.js";

/** √(π/2): E|z| of a standard normal z is its inverse, the mean of the half-normal distribution. */
const C1 = 1.2533141373155003;

/** The paper's factor for the largest of n deviations: ½ (1 + √(π ln 4)) / √(2 ln n), and 1 for n = 1. */
export function maximumFactor(n: number): number {
  return n > 1 ? (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n)) : 1;
}

/** ln Γ(x), x > 0, to about 1e-15: Lanczos, g = 7, 9 terms (Godfrey's coefficients). */
export function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  let sum = 0.9999999999998099;
  for (let i = 0; i < 8; i++) sum += terms[i] / (x + i);
  const t = x + 6.5;
  return (x - 0.5) * Math.log(t) - t + Math.log(2.5066282746310002 * sum);
}

/** (E|z|^p)^(-1/p) for a standard normal z; E|z|^p = 2^(p/2) Γ((p + 1)/2) / √π. */
export function powerFactor(p: number): number {
  return Math.exp((0.5 * Math.log(Math.PI) - logGamma((p + 1) / 2)) / p) * Math.SQRT1_2;
}

/** Density of the standard normal. */
const density = (x: number): number => Math.exp(-0.5 * x * x) * 0.3989422804014327;

/** P(0 < z < x) for 0 <= x, by its series; without cancellation, good to x = 4. */
function centre(x: number): number {
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17 * sum; i += 2) sum += term *= (x * x) / i;
  return sum * density(x);
}

/** P(z > x) for x >= 2 by its continued fraction. */
function tail(x: number): number {
  let fraction = x;
  for (let i = 120; i > 0; i--) fraction = x + i / fraction;
  return density(x) / fraction;
}

/**
 * E of the mean of the k largest of n independent |z| (`sides` 2) or z (`sides` 1), z standard normal, k < n.
 *
 * With q(x) the probability to exceed x and f its density: f(x) = -q'(x), ∫_x^∞ u f(u) du = f(x) for a normal, so
 * n/k ∫ u f(u) P(at most k - 1 of the others exceed u) du becomes by parts n/k ∫ f(x)² Beta(q(x); k, n - k) dx.
 * Its logarithm is concave: find the peak, then what surrounds it, then Simpson's rule.
 */
function expectedTop(n: number, k: number, sides: number): number {
  const scale = logGamma(n) - logGamma(k) - logGamma(n - k) + Math.log(n / k);
  const log = (x: number): number => {
    const inner = Math.abs(x) < 2.5 ? centre(Math.abs(x)) : 0.5 - tail(Math.abs(x));
    const outer = x < 2.5 ? 0.5 - (x < 0 ? -inner : inner) : tail(x);
    const q = sides * outer;
    // 1 - q without cancellation
    const rest = sides === 2 ? 2 * inner : x < -2.5 ? tail(-x) : x < 0 ? 0.5 - inner : 1 - outer;
    return scale + 2 * Math.log(sides * density(x)) + (k - 1) * Math.log(q) + (n - k - 1) * Math.log(rest);
  };
  let low = sides === 2 ? 1e-15 : -9;
  let high = 12;
  const edge = low;
  for (let i = 0; i < 120; i++) {
    const third = (high - low) / 3;
    if (log(low + third) < log(high - third)) low += third;
    else high -= third;
  }
  const peak = (low + high) / 2;
  const border = (step: number): number => {
    let near = 0;
    let far = step;
    for (let i = 0; i < 50; i++) {
      const middle = (near + far) / 2;
      if (log(peak + middle) > log(peak) - 40) near = middle;
      else far = middle;
    }
    return peak + far;
  };
  const from = border(edge - peak);
  const step = (border(20 - peak) - from) / 600;
  let sum = 0;
  for (let i = 0; i <= 600; i++) {
    sum += Math.exp(log(from + i * step)) * (i % 600 ? 2 + 2 * (i % 2) : 1);
  }
  return (sum * step) / 3;
}

const cache = /* @__PURE__ */ new Map<string, number>();

/** 1 / E of the statistic for n independent standard normal values: mean of the k largest |z|, or (k = 0) max z - min z. */
export function calibration(n: number, k: number): number {
  if (n < 2) return k ? C1 : 1;
  if (k === n) return C1;
  const key = `${n} ${k}`;
  let value = cache.get(key);
  if (value === undefined) {
    value = 1 / (k ? expectedTop(n, k, 2) : 2 * expectedTop(n, 1, 1));
    if (cache.size > 999) cache.clear();
    cache.set(key, value);
  }
  return value;
}

/**
 * Factor of a norm for groups of n elements. Those of L1, L2 and Lp are right for normal data as they are;
 * `calibrated` replaces the paper's C(n), which is not, so that E[S] is the standard deviation.
 */
export function deviationFactor(norm: NormSpec, n: number, calibrated: boolean): number {
  switch (norm.kind) {
    case NORM_L1:
      return C1;
    case NORM_LINF:
      return calibrated ? calibration(n, 1) : maximumFactor(n);
    case NORM_TOP:
      return calibrated ? calibration(n, norm.top) : maximumFactor(n);
    case NORM_RANGE:
      return calibrated ? calibration(n, 0) : 0.35 * maximumFactor(n);
    case NORM_POWER:
      return norm.unscaled ? 1 : powerFactor(norm.power);
    default:
      return 1;
  }
}
