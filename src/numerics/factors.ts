// Factors from a raw statistic of n values to a deviation, in float64.

import { C1 } from "./constants.js";
import type { NormSpec } from "./norm.js";

/** The paper's factor for the largest of n deviations: ½ (1 + √(π ln 4)) / √(2 ln n), and 1 for n = 1. */
function maximumFactor(n: number): number {
  return n > 1 ? (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n)) : 1;
}

/** ln Γ(x), x > 0, to about 1e-13: Stirling's series, from 99 on. */
function logGamma(x: number): number {
  let product = 1;
  let y = x;
  while (y < 99) product *= y++;
  return (y - 0.5) * Math.log(y) - y + Math.log(Math.sqrt(2 * Math.PI) / product) + (1 / 12 - 1 / (360 * y * y)) / y;
}

/** (E|z|^p)^(-1/p) for a standard normal z; E|z|^p = 2^(p/2) Γ((p + 1)/2) / √π. */
function powerFactor(p: number): number {
  return Math.exp((0.5 * Math.log(Math.PI) - logGamma((p + 1) / 2)) / p) * Math.SQRT1_2;
}

/** Density of the standard normal. */
const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** P(0 < z < x) of a standard normal z, negative for x < 0. The terms of the series have one sign: nothing cancels. */
function between(x: number): number {
  let term = x;
  let sum = 0;
  for (let i = 3; sum + term !== sum; i += 2) {
    sum += term;
    term *= (x * x) / i;
  }
  return sum * density(x);
}

/**
 * E of the mean of the k largest of n independent |z| (`sides` 2) or z (`sides` 1), z standard normal, k < n; to about
 * 1e-9, and n · 1e-15, relative.
 *
 * With p(x) the probability to exceed x and f = -p' its density, ∫_x^∞ u f(u) du = f(x) for a normal. So by parts
 * n/k ∫ u f(u) P(at most k - 1 of the others exceed u) du is n/k ∫ f w dx / ∫ w dx, w = f p^(k - 1) (1 - p)^(n - k - 1).
 * The peak of w is near p = k/n, and as p has a beta distribution, its width is known. Simpson's rule.
 */
function expectedTop(n: number, k: number, sides: number): number {
  const steps = 2000;
  // beyond 8, n p is nothing and p is lost to rounding
  const least = sides > 1 ? 1e-15 : -8;
  let peak = least;
  for (let step = 8; step > 1e-16; step /= 2) if (sides * (0.5 - between(peak + step)) * n > k) peak += step;
  const width = Math.sqrt((k * (n - k)) / n) / n / sides / density(peak);
  const from = Math.max(peak - 9 * width, least);
  const step = (Math.min(peak + 25 * width, 8) - from) / steps;
  let sum = 0;
  let whole = 0;
  for (let i = 0; i <= steps; i++) {
    const x = from + i * step;
    const inner = sides * between(x);
    const log =
      (k - 1) * Math.log(((sides / 2 - inner) * n) / k) +
      (n - k - 1) * Math.log(((1 - sides / 2 + inner) * n) / (n - k));
    const weight = Math.exp(log) * density(x) * (i % steps ? 2 + 2 * (i % 2) : 1);
    whole += weight;
    sum += weight * density(x);
  }
  return ((n / k) * sides * sum) / whole;
}

const cache = /* @__PURE__ */ new Map<string, number>();

/** 1 / E of the statistic for n independent standard normal values: mean of the k largest |z|, or (k = 0) max z - min z. */
function calibration(n: number, k: number): number {
  if (n < 2 || k === n) return k ? C1 : 1;
  const key = `${n},${k}`;
  let value = cache.get(key);
  if (!value) {
    value = 1 / (k ? expectedTop(n, k, 2) : 2 * expectedTop(n, 1, 1));
    cache.set(key, value);
  }
  return value;
}

/**
 * Factor of a norm for groups of n elements. Those of L1, L2 and Lp are right for normal data as they are;
 * `calibrated` replaces the paper's C(n), which is not, so that E[S] is the standard deviation.
 *
 * A switch without a default, which the compiler holds to be exhaustive: a table of functions takes 40 ns longer.
 */
export function deviationFactor(norm: NormSpec, n: number, calibrated: boolean): number {
  switch (norm.name) {
    case "l1":
      return C1;
    case "l2":
    case "none":
      return 1;
    case "linf":
      return calibrated ? calibration(n, 1) : maximumFactor(n);
    case "range":
      return calibrated ? calibration(n, 0) : 0.35 * maximumFactor(n);
    case "topk":
      return calibrated ? calibration(n, norm.top) : maximumFactor(n);
    case "lp":
      return norm.unscaled ? 1 : powerFactor(norm.power);
  }
}
