// How large the elements of a tensor are, binade by binade, before anything else is known of it.

import type { Diagnosis } from "halfnorm";
import { fromFloat16 } from "halfnorm";

const FRACTION = 2 ** 23;
const BIAS = 127;
/** Bits of infinity; those of NaN are greater. */
const INFINITE = 0x7f800000;

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0];

/** floor(log2) of a subnormal number of float32, from its bits. */
const subnormalExponent = (bits: number): number => 31 - Math.clz32(bits) - 149;

/**
 * @param count Elements of the whole, of which `data` is the beginning.
 * @param groups Of the whole.
 */
export function magnitudesOf(
  data: Float32Array | Uint16Array,
  shape: readonly number[],
  count: number,
  groups: number,
): Diagnosis["input"] {
  const x = data instanceof Float32Array ? data : fromFloat16(data);
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const counts = new Float64Array(256);
  const below = new Map<number, number>();
  let zero = 0;
  let nan = 0;
  // of the same sign, bits are in the order of the numbers
  let most = 0;
  let least = INFINITE;
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i] & 0x7fffffff;
    counts[size >>> 23]++;
    if (size < FRACTION) {
      if (!size) {
        zero++;
        continue;
      }
      below.set(subnormalExponent(size), (below.get(subnormalExponent(size)) ?? 0) + 1);
    } else if (size >= INFINITE) {
      if (size > INFINITE) nan++;
      continue;
    }
    if (size > most) most = size;
    if (size < least) least = size;
  }
  const share = x.length ? count / x.length : 1;
  const whole = (part: number): number => Math.round(part * share);
  const histogram = [...below].map(([exponent, of]) => ({ exponent, count: whole(of) }));
  for (let i = 1; i < 255; i++) if (counts[i]) histogram.push({ exponent: i - BIAS, count: whole(counts[i]) });
  const infinite = counts[255] - nan;
  return {
    shape: [...shape],
    dtype: data instanceof Float32Array ? "float32" : "float16",
    count,
    groups,
    groupSize: groups ? count / groups : 0,
    finite: count - whole(nan) - whole(infinite),
    subnormal: 0,
    zero: whole(zero),
    nan: whole(nan),
    infinite: whole(infinite),
    absMin: most ? floatOf(least) : null,
    absMax: most ? floatOf(most) : null,
    exponentHistogram: histogram.sort((a, b) => a.exponent - b.exponent),
  };
}
