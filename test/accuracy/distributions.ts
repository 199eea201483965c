/** What accuracy is measured on: distributions by name, and lengths. */

import { floats, normal, trueNormal, uniform, wide } from "../support/random.js";

export const DISTRIBUTIONS = {
  normal: (n, seed) => floats(n, trueNormal(seed)),
  lognormal: (n, seed) => {
    const next = trueNormal(seed);
    return floats(n, () => Math.exp(2 * next()));
  },
  Cauchy: (n, seed) => {
    const next = uniform(seed);
    return floats(n, () => Math.tan(Math.PI * (next() - 0.5)));
  },
  "1e4 + normal": (n, seed) => {
    const next = trueNormal(seed);
    return floats(n, () => 1e4 + next());
  },
  // all below 2^-126: whole multiples of the least float32
  subnormal: (n, seed) => {
    const next = normal(seed);
    return floats(n, () => 1e-39 * next());
  },
  integers: (n, seed) => {
    const next = uniform(seed);
    return floats(n, () => Math.floor(201 * next()) - 100);
  },
  sorted: (n, seed) => floats(n, trueNormal(seed)).sort(),
  // one in a hundred a thousand times as large, as in the residual stream of a transformer
  outliers: (n, seed) => {
    const [next, which] = [trueNormal(seed), uniform(seed + 1)];
    return floats(n, () => next() * (which() < 0.01 ? 1000 : 1));
  },
  "2^-40 to 2^40": (n, seed) => wide(n, seed, -40, 40),
} as const satisfies Record<string, (n: number, seed: number) => Float32Array>;

export type Distribution = keyof typeof DISTRIBUTIONS;

export const LENGTHS: readonly number[] = [1, 7, 64, 768, 4096, 100_000];
