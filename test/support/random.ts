/** Seeded random data: the same numbers on every machine and every run. */

import { sizeOf } from "../oracle/walk.js";

/** Uniform numbers in [0, 1) with 32 bits (xoshiro128**, state filled by splitmix32). */
export function uniform(seed: number): () => number {
  const bits = randomBits(seed);
  return () => bits() / 2 ** 32;
}

/** Uniform 32-bit unsigned integers. */
export function randomBits(seed: number): () => number {
  let filler = seed >>> 0;
  const fill = () => {
    filler = (filler + 0x9e3779b9) >>> 0;
    let z = filler;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
}

/**
 * Standard normal numbers as sums of uniform ones: the same bits on every engine, which logarithms and cosines do
 * not promise. Twelve uniform numbers less six have mean 0, variance 1 and no tail beyond six.
 */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += next();
    return sum;
  };
}

/** Standard normal numbers with their tails (Marsaglia's polar method), for statistics that depend on them. */
export function trueNormal(seed: number): () => number {
  const next = uniform(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * next() - 1;
      const v = 2 * next() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const size = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * size;
      return u * size;
    }
  };
}

/** n float32 values of a distribution. */
export function floats(n: number, next: () => number): Float32Array {
  return Float32Array.from({ length: n }, next);
}

/** n float32 values mean + sigma * z. */
export function gaussian(n: number, seed: number, mean = 0, sigma = 1): Float32Array {
  const next = normal(seed);
  return floats(n, () => mean + sigma * next());
}

/** A tensor of standard normal values. */
export const gaussianTensor = (shape: readonly number[], seed = 1) => ({ data: gaussian(sizeOf(shape), seed), shape });

/** float32 values with random signs and exponents from 2^low to 2^high: nothing like a distribution of data. */
export function wide(n: number, seed: number, low: number, high: number): Float32Array {
  const next = uniform(seed);
  return floats(n, () => (next() < 0.5 ? -1 : 1) * (1 + next()) * 2 ** Math.floor(low + (high - low) * next()));
}

export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const next = uniform(seed);
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
