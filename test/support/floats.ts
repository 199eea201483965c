/** float32 values by their bits: samples of all 2^32, and the surroundings of a format's rounding boundaries. */
import { type Format, neighbours } from "../oracle/formats.js";
import { randomBits, uniform } from "./random.js";

/** Every step-th of the 2^32 float32 values, NaNs among them. */
export function strided(step: number, from = 0): Float32Array {
  const bits = Uint32Array.from({ length: Math.floor((2 ** 32 - 1 - from) / step) + 1 }, (_, i) => from + i * step);
  return new Float32Array(bits.buffer);
}

/**
 * For every `every`-th value of the format, and a little beyond its range: the value, the middle to the next one, and
 * the float32 values next to both, with both signs.
 */
export function boundaries(format: Format, every = 1): Float32Array {
  const list: number[] = [];
  const word = new Float32Array(1);
  const wordBits = new Uint32Array(word.buffer);
  const around = (value: number) => {
    word[0] = value;
    const bits = wordBits[0];
    for (const near of [bits - 1, bits, bits + 1]) if (near >= 0 && near <= 0x7f800000) list.push(near, near + 2 ** 31);
  };
  const limit = Math.min(format.max * 4, 3.4028234663852886e38);
  for (let value = 0; value <= limit; ) {
    const { above } = neighbours(format, value);
    around(value);
    around((value + above) / 2);
    // Some steps on; in the next binade the grid is coarser, so back onto it.
    value = neighbours(format, value + every * (above - value)).below;
  }
  return new Float32Array(Uint32Array.from(list).buffer);
}

export const SPECIALS = Float32Array.of(
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** -149,
  -(2 ** -149),
  3.4028234663852886e38,
  -3.4028234663852886e38,
);

/** Random floats of a precision with exponents in [low, high), among them zeros, infinities, NaN and the smallest numbers. */
export function ofExponents(n: number, precision: number, seed: number, low: number, high: number): Float32Array {
  const next = randomBits(seed);
  const real = uniform(seed);
  const x = new Uint32Array(n);
  const kept = -1 << (24 - precision);
  const specials = [
    0,
    1 << 31,
    0x7f800000,
    0xff800000,
    0x7fc00000,
    1 << (24 - precision),
    0x00800000,
    0x7f800000 + kept,
  ];
  for (let i = 0; i < n; i++) {
    const exponent = Math.floor(low + real() * (high - low)) + 127;
    x[i] = (next() & 0x807fffff & kept) | (exponent << 23);
    if (i % 61 === 0) x[i] = specials[(i / 61) % specials.length];
  }
  return new Float32Array(x.buffer);
}
