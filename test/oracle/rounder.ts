/** Rounding to a format as quickly as plain JavaScript can, for simulations of whole tensors; and its events. */
import type { Format } from "./formats.js";
import { sumError } from "./reals.js";

const value64 = new Float64Array(1);
const words = new Uint32Array(value64.buffer);
/** Which of the two words has the sign and the exponent. */
const TOP = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - TOP;

/**
 * A float64 moved to the neighbour with an odd last bit when it is even and the exact result differs by `error`, so
 * that it can be rounded again to fewer bits as if it were exact.
 */
export function toOdd(value: number, error: number): number {
  if (error === 0 || !Number.isFinite(value)) return value;
  value64[0] = value;
  if (words[LOW] & 1) return value;
  // The bits of a float64 are ordered by size: one up when the error points away from zero, one down otherwise.
  if (error > 0 === value > 0) words[LOW]++;
  else if (words[LOW]-- === 0) words[TOP]--;
  return value64[0];
}

/** RN_F and the limits of F. */
export class Rounder {
  readonly #emin: number;
  readonly #precision: number;
  readonly #flush: boolean;
  readonly #overflowed: number;
  /** Sizes up to here stay finite. */
  readonly #limit: number;
  /** The smallest normal value. */
  readonly least: number;

  constructor(readonly format: Format) {
    const { precision, emin, max, overflow, subnormals } = format;
    this.#emin = emin;
    this.#precision = precision;
    this.#flush = !subnormals;
    this.least = 2 ** emin;
    this.#overflowed = overflow === "infinity" ? Infinity : overflow === "nan" ? NaN : max;
    value64[0] = max;
    const unit = 2 ** (((words[TOP] >>> 20) & 0x7ff) - 1023 - precision + 1);
    // The middle between the largest value and what would be the next: a tie goes to the even one of the two.
    const middle = max + unit / 2;
    this.#limit = (max / unit) % 2 === 0 ? middle : middle * (1 - 2 ** -53);
  }

  /** Whether a float64 rounds beyond the largest value. */
  beyond(value: number): boolean {
    return Math.abs(value) > this.#limit;
  }

  round(value: number): number {
    const size = Math.abs(value);
    if (!(size > 0)) return value;
    if (size > this.#limit) return value < 0 ? -this.#overflowed : this.#overflowed;
    value64[0] = size;
    const exponent = Math.max((words[TOP] >>> 20) - 1023, this.#emin);
    // Next to 1.5 * 2^(52 + e - p + 1) the float64 themselves are 2^(e - p + 1) apart.
    words[LOW] = 0;
    words[TOP] = ((exponent - this.#precision + 53 + 1023) << 20) | 0x80000;
    const magic = value64[0];
    const rounded = size + magic - magic;
    if (this.#flush && rounded < this.least) return value < 0 ? -0 : 0;
    return value < 0 ? -rounded : rounded;
  }

  /** RN_F(a + b) for operands of any formats. */
  add(a: number, b: number): number {
    const sum = a + b;
    return this.round(toOdd(sum, sumError(a, b, sum)));
  }
}
