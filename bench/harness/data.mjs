/** Inputs, the same in every run. */

import { encode } from "./float16.mjs";
import { random } from "./harness.mjs";

/**
 * n numbers of the normal distribution (Box and Muller).
 * @param {number} n
 * @param {number} [seed]
 * @param {number} [deviation]
 * @param {number} [mean]
 */
export function normal(n, seed = 1, deviation = 1, mean = 0) {
  const next = random(seed);
  const x = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    x[i] = mean + radius * Math.cos(angle);
    if (i + 1 < n) x[i + 1] = mean + radius * Math.sin(angle);
  }
  return x;
}

/**
 * n numbers spread evenly over [low, high).
 * @param {number} n
 * @param {number} low
 * @param {number} high
 * @param {number} [seed]
 */
export function uniform(n, low, high, seed = 1) {
  const next = random(seed);
  return Float32Array.from({ length: n }, () => low + (high - low) * next());
}

/**
 * 1, 2, ... n, scaled to end at 1.
 * @param {number} n
 */
export function ascending(n) {
  return Float32Array.from({ length: n }, (_, i) => (i + 1) / n);
}

/**
 * n float32 values that are all subnormal, and not zero, as float16.
 * @param {number} n
 * @param {number} [seed]
 */
export function subnormal(n, seed = 1) {
  const next = random(seed);
  return Float32Array.from({ length: n }, () => (next() < 0.5 ? -1 : 1) * (6e-8 + 6.09e-5 * next()));
}

/**
 * float16 bits of float32 values.
 * @param {Float32Array} x
 */
export function halves(x) {
  return encode(new Uint32Array(x.buffer, x.byteOffset, x.length), new Uint16Array(x.length));
}
