// Factors from a raw statistic of n values to a deviation, in float64.

import { NORM_L1, NORM_LINF, NORM_POWER, NORM_RANGE, NORM_TOP } from "./layout.js";
import type { NormSpec } from "./norms.js";

/** √(π/2): E|z| of a standard normal z is its inverse, the mean of the half-normal distribution. */
const C1 = 1.2533141373155003;

/** The paper's factor for the largest of n deviations: ½ (1 + √(π ln 4)) / √(2 ln n), and 1 for n = 1. */
export function maximumFactor(n: number): number {
  return n > 1 ? (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n)) : 1;
}

/** ln Γ(x), x > 0, to about 1e-15: Stirling's series, from 20 on. */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  while (y < 20) product *= y++;
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z / 1680))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** (E|z|^p)^(-1/p) for a standard normal z; E|z|^p = 2^(p/2) Γ((p + 1)/2) / √π. */
export function powerFactor(p: number): number {
  return Math.exp((0.5 * Math.log(Math.PI) - logGamma((p + 1) / 2)) / p) * Math.SQRT1_2;
}

/** Density of the standard normal. */
const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** P(0 < z < x) of a standard normal z, x >= 0. The terms of the series have one sign: nothing cancels. */
function between(x: number): number {
  let term = x;
  let sum = 0;
  for (let i = 3; term > 1e-17 * sum; i += 2) {
    sum += term;
    term *= (x * x) / i;
  }
  return sum * density(x);
}

/**
 * E of the mean of the k largest of n independent |z| (`sides` 2) or z (`sides` 1), z standard normal, k < n; to about
 * n · 1e-16 relative.
 *
 * With q(x) the probability to exceed x and f its density: f(x) = -q'(x), ∫_x^∞ u f(u) du = f(x) for a normal, so
 * n/k ∫ u f(u) P(at most k - 1 of the others exceed u) du becomes by parts n/k ∫ f(x)² Beta(q(x); k, n - k) dx.
 * Its logarithm is concave: find the peak, then where it has fallen by 40, then Simpson's rule.
 */
function expectedTop(n: number, k: number, sides: number): number {
  const scale = logGamma(n) - logGamma(k) - logGamma(n - k) + Math.log(n / k);
  const log = (x: number): number => {
    const inner = between(Math.abs(x));
    const q = Math.max(x < 0 ? 0.5 + inner : 0.5 - inner, 1e-17);
    // 1 - q without cancellation where it is small
    const rest = sides > 1 ? 2 * inner : Math.max(x < 0 ? 0.5 - inner : 0.5 + inner, 1e-17);
    return scale + 2 * Math.log(sides * density(x)) + (k - 1) * Math.log(sides * q) + (n - k - 1) * Math.log(rest);
  };
  const least = sides > 1 ? 1e-15 : -9;
  let low = least;
  let high = 9;
  for (let i = 0; i < 120; i++) {
    const third = (high - low) / 3;
    if (log(low + third) < log(high - third)) low += third;
    else high -= third;
  }
  const floor = log(low) - 40;
  let left = 1e-12;
  while (low - left > least && log(low - left) > floor) left *= 1.1;
  let right = 1e-12;
  while (log(low + right) > floor) right *= 1.1;
  const from = Math.max(low - left, least);
  const step = (low + right - from) / 600;
  let sum = 0;
  for (let i = 0; i <= 600; i++) sum += Math.exp(log(from + i * step)) * (i % 600 ? 2 + 2 * (i % 2) : 1);
  return (sum * step) / 3;
}

const cache = /* @__PURE__ */ new Map<string, number>();

/** 1 / E of the statistic for n independent standard normal values: mean of the k largest |z|, or (k = 0) max z - min z. */
export function calibration(n: number, k: number): number {
  if (n < 2) return k ? C1 : 1;
  if (k === n) return C1;
  const key = `${n},${k}`;
  let value = cache.get(key);
  if (value === undefined) {
    value = 1 / (k ? expectedTop(n, k, 2) : 2 * expectedTop(n, 1, 1));
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
