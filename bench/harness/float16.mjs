/** float16 in JavaScript: bits to bits with integer operations, and sums through a table of all 65,536 values. */

/**
 * float32 bits to float16 bits, nearest, ties to even.
 * @param {Uint32Array} from
 * @param {Uint16Array} to
 */
export function encode(from, to) {
  const n = from.length;
  for (let i = 0; i < n; i++) {
    const bits = from[i];
    const sign = (bits >>> 16) & 0x8000;
    const size = bits & 0x7fffffff;
    if (size >= 0x47800000) {
      // 65536 and above, infinity, NaN (kept, made quiet)
      to[i] = sign | (size > 0x7f800000 ? 0x7e00 | ((size >>> 13) & 0x3ff) : 0x7c00);
    } else if (size >= 0x38800000) {
      // normal: change the exponent's offset, round the 13 bits that go; a carry may reach the exponent, as it should
      to[i] = sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
    } else if (size >= 0x33000000) {
      // subnormal: the significand with its hidden bit, shifted and rounded
      const shift = 126 - (size >>> 23);
      const m = (size & 0x7fffff) | 0x800000;
      to[i] = sign | ((m + (1 << (shift - 1)) - 1 + ((m >>> shift) & 1)) >>> shift);
    } else {
      to[i] = sign;
    }
  }
  return to;
}

/**
 * float16 bits to float32 bits.
 * @param {Uint16Array} from
 * @param {Uint32Array} to
 */
export function decode(from, to) {
  const n = from.length;
  for (let i = 0; i < n; i++) {
    const bits = from[i];
    const size = bits & 0x7fff;
    let word = 0;
    if (size >= 0x400 && size < 0x7c00) {
      word = (size << 13) + 0x38000000;
    } else if (size >= 0x7c00) {
      word = 0x7f800000 | ((size & 0x3ff) << 13);
    } else if (size !== 0) {
      // subnormal: shift the leading bit to where the hidden one is
      const up = Math.clz32(size) - 21;
      word = ((113 - up) << 23) | ((size << (13 + up)) & 0x7fffff);
    }
    to[i] = ((bits & 0x8000) << 16) | word;
  }
  return to;
}

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
/** The value of every float16, by its bits. */
export const table = new Float32Array(65536);
decode(all, new Uint32Array(table.buffer));

/**
 * The values of float16 bits.
 * @param {Uint16Array} bits
 */
export const floats = (bits) => Float32Array.from(bits, (half) => table[half]);

/**
 * Σ |x| over float16 bits, four float64 accumulators.
 * @param {Uint16Array} bits
 */
export function sumAbsTable(bits) {
  const values = table;
  const n = bits.length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const end = n - 3; i < end; i += 4) {
    a += Math.abs(values[bits[i]]);
    b += Math.abs(values[bits[i + 1]]);
    c += Math.abs(values[bits[i + 2]]);
    d += Math.abs(values[bits[i + 3]]);
  }
  for (; i < n; i++) a += Math.abs(values[bits[i]]);
  return a + b + (c + d);
}
