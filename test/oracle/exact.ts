/**
 * Exact real arithmetic on the data: sums and sums of squares as integers times a power of two, quotients as pairs
 * of integers, and the distance of a computed result from an exact one in units in the last place.
 */
import { FLOAT32, spacing } from "./formats.js";

const word = new DataView(new ArrayBuffer(8));

/** A rational number. The denominator is positive; no common factors are removed. */
export class Exact {
  constructor(
    readonly numerator: bigint,
    readonly denominator: bigint = 1n,
  ) {}

  /** A finite float64, exactly. */
  static of(value: number): Exact {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not a real number`);
    word.setFloat64(0, value);
    const bits = word.getBigUint64(0);
    const biased = Number((bits >> 52n) & 0x7ffn);
    const fraction = bits & 0xfffffffffffffn;
    const significand = biased === 0 ? fraction : fraction | 0x10000000000000n;
    return Exact.scaled(value < 0 ? -significand : significand, Math.max(biased, 1) - 1075);
  }

  /** integer * 2^exponent. */
  static scaled(integer: bigint, exponent: number): Exact {
    return exponent >= 0 ? new Exact(integer << BigInt(exponent)) : new Exact(integer, 1n << BigInt(-exponent));
  }

  /** A float32 as a multiple of 2^-149, so that sums of many keep one denominator. */
  static float32(value: number): Exact {
    return new Exact(BigInt(value * 2 ** 149), 1n << 149n);
  }

  get sign(): number {
    return this.numerator > 0n ? 1 : this.numerator < 0n ? -1 : 0;
  }

  plus(other: Exact): Exact {
    if (this.denominator === other.denominator) return new Exact(this.numerator + other.numerator, this.denominator);
    return new Exact(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    );
  }

  minus(other: Exact): Exact {
    return this.plus(other.negated());
  }

  negated(): Exact {
    return new Exact(-this.numerator, this.denominator);
  }

  abs(): Exact {
    return this.numerator < 0n ? this.negated() : this;
  }

  times(other: Exact): Exact {
    return new Exact(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  over(other: Exact): Exact {
    const sign = other.numerator < 0n ? -1n : 1n;
    return new Exact(sign * this.numerator * other.denominator, sign * this.denominator * other.numerator);
  }

  compare(other: Exact): number {
    const difference = this.numerator * other.denominator - other.numerator * this.denominator;
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  }

  /** The square root, cut off at a relative error below 2^-120. */
  sqrt(): Exact {
    if (this.numerator < 0n) throw new RangeError("square root of a negative number");
    if (this.numerator === 0n) return this;
    // sqrt(a / b) = sqrt(a * b * 4^k) / (b * 2^k), with enough digits under the root.
    const product = this.numerator * this.denominator;
    const k = BigInt(Math.max(0, 128 - (bitLength(product) >> 1)));
    return new Exact(integerRoot(product << (2n * k)), this.denominator << k);
  }

  /**
   * The float64 next to the number, rounded to odd: when inexact, the neighbour whose last bit is set. Rounding
   * that to any format of at most 51 bits is the same as rounding the number itself once.
   */
  toOdd(): number {
    if (this.numerator === 0n) return 0;
    const negative = this.numerator < 0n;
    const top = negative ? -this.numerator : this.numerator;
    let shift = 54 - (bitLength(top) - bitLength(this.denominator));
    // The quotient is to have 53 bits; lengths alone leave 53 to 55.
    const quotient = (s: number) =>
      s >= 0 ? { of: top << BigInt(s), by: this.denominator } : { of: top, by: this.denominator << BigInt(-s) };
    while (bitLength(quotient(shift).of / quotient(shift).by) > 53) shift--;
    const { of, by } = quotient(shift);
    let digits = of / by;
    if (digits * by !== of) digits |= 1n;
    const size = scaleByPowerOfTwo(Number(digits), -shift);
    return negative ? -size : size;
  }

  /** log2 |this|, beyond the range of float64, too. */
  log2(): number {
    if (this.numerator === 0n) return -Infinity;
    const shift = bitLength(this.numerator < 0n ? -this.numerator : this.numerator) - bitLength(this.denominator);
    return shift + Math.log2(Math.abs(this.times(Exact.scaled(1n, -shift)).toNumber()));
  }

  /** Nearest float64 or its neighbour; relative error below 2^-52. */
  toNumber(): number {
    return this.toOdd();
  }
}

export const ZERO = new Exact(0n);

/** 2^exponent may be outside the range of float64 although the product is not. */
function scaleByPowerOfTwo(value: number, exponent: number): number {
  const half = exponent >> 1;
  return value * 2 ** half * 2 ** (exponent - half);
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const digits = value.toString(16);
  return 4 * (digits.length - 1) + (32 - Math.clz32(Number.parseInt(digits[0], 16)));
}

/** Floor of the square root, by Newton's method from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

const view = new Float32Array(1);
const viewBits = new Uint32Array(view.buffer);

/** Sums float32 values or their squares in one drawer per exponent; each drawer is exact for up to 2^29 elements. */
class Drawers {
  readonly #low = new Float64Array(512);
  readonly #high = new Float64Array(512);

  add(value: number): void {
    view[0] = value;
    const bits = viewBits[0];
    const biased = (bits >>> 23) & 255;
    if (biased === 255) throw new RangeError(`${value} is not a real number`);
    const significand = biased === 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000;
    const drawer = Math.max(biased, 1);
    this.#low[drawer] = this.#low[drawer] + (bits >>> 31 ? -significand : significand);
  }

  addSquare(value: number): void {
    view[0] = value;
    const bits = viewBits[0];
    const biased = (bits >>> 23) & 255;
    if (biased === 255) throw new RangeError(`${value} is not a real number`);
    const significand = biased === 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000;
    const drawer = 2 * Math.max(biased, 1);
    const square = significand * significand; // below 2^48, exact
    const high = Math.floor(square / 2 ** 24);
    this.#low[drawer] = this.#low[drawer] + (square - high * 2 ** 24);
    this.#high[drawer] = this.#high[drawer] + high;
  }

  /** The sum in units of 2^-150 (values) or 2^-300 (squares): drawer d counts 2^(d - 150) or 2^(d - 300). */
  total(): bigint {
    let sum = 0n;
    for (let d = 0; d < 512; d++) {
      const low = this.#low[d];
      const high = this.#high[d];
      if (low !== 0 || high !== 0) sum += (BigInt(low) + (BigInt(high) << 24n)) << BigInt(d);
    }
    return sum;
  }
}

/** The exact sum of float32 values. */
export function exactSum(values: Iterable<number>): Exact {
  const drawers = new Drawers();
  for (const value of values) drawers.add(value);
  return Exact.scaled(drawers.total(), -150);
}

/** The exact sum of the absolute values of float32 values. */
export function exactAbsSum(values: Iterable<number>): Exact {
  const drawers = new Drawers();
  for (const value of values) drawers.add(Math.abs(value));
  return Exact.scaled(drawers.total(), -150);
}

/** The exact sum of the squares of float32 values. */
export function exactSquareSum(values: Iterable<number>): Exact {
  const drawers = new Drawers();
  for (const value of values) drawers.addSquare(value);
  return Exact.scaled(drawers.total(), -300);
}

/** The exact mean. */
export function exactMean(values: ArrayLike<number> & Iterable<number>): Exact {
  return exactSum(values).over(new Exact(BigInt(values.length)));
}

/** The exact variance, mean (x - mean)^2, from exact sums: nothing cancels. */
export function exactVariance(values: ArrayLike<number> & Iterable<number>): Exact {
  const n = new Exact(BigInt(values.length));
  const sum = exactSum(values);
  return n.times(exactSquareSum(values)).minus(sum.times(sum)).over(n.times(n));
}

/** The exact mean absolute deviation from the mean. */
export function exactMeanAbsDeviation(values: ArrayLike<number> & Iterable<number>): Exact {
  const n = new Exact(BigInt(values.length));
  const mean = exactMean(values);
  // Rounded to odd, the mean equals a float32 only if it is that float32, so float64 decides on which side each lies.
  const near = mean.toOdd();
  const above = new Drawers();
  const below = new Drawers();
  let balance = 0;
  for (const value of values) {
    const side = Math.sign(value - near);
    if (side > 0) above.add(value);
    else if (side < 0) below.add(value);
    balance += side;
  }
  const difference = Exact.scaled(above.total() - below.total(), -150);
  return difference.minus(mean.times(new Exact(BigInt(balance)))).over(n);
}

/** The exact sizes |x - centre| of the k elements farthest from the centre, from the largest down. */
export function exactFarthest(values: ArrayLike<number> & Iterable<number>, k: number, centre: Exact = ZERO): Exact[] {
  const sorted = Float64Array.from(values).sort();
  const farthest: Exact[] = [];
  let low = 0;
  let high = sorted.length - 1;
  while (farthest.length < k) {
    const fromLow = Exact.float32(sorted[low]).minus(centre).abs();
    const fromHigh = Exact.float32(sorted[high]).minus(centre).abs();
    if (fromLow.compare(fromHigh) > 0) {
      farthest.push(fromLow);
      low++;
    } else {
      farthest.push(fromHigh);
      high--;
    }
  }
  return farthest;
}

/** The exact mean of a list of exact numbers. */
export function meanOf(list: readonly Exact[]): Exact {
  let sum = ZERO;
  for (const item of list) sum = sum.plus(item);
  return sum.over(new Exact(BigInt(list.length)));
}

/** The signed error of a float32 result in units in the last place of the exact value; infinite where only one is finite. */
export function ulpError(actual: number, exact: Exact): number {
  if (!Number.isFinite(actual)) return Number.POSITIVE_INFINITY;
  const unit = Exact.of(spacing(FLOAT32, exact.toNumber()));
  return Exact.of(actual).minus(exact).over(unit).toNumber();
}
