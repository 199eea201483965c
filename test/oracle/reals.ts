/**
 * Real numbers in two forms with one interface: pairs of float64 (fast, relative error of an operation below 2^-100)
 * and fractions of BigInt (exact but for roots and powers that are no fractions). Infinities and NaN follow IEEE 754.
 */
import { Exact } from "./exact.js";

/** A number of the system R. Operations do not change their operands. */
export interface Real<R> {
  plus(other: R): R;
  minus(other: R): R;
  times(other: R): R;
  over(other: R): R;
  abs(): R;
  sqrt(): R;
  /** this^p for this >= 0, p > 0. */
  power(p: number): R;
  /** this^(1/p) for this >= 0, p > 0. */
  root(p: number): R;
  /** Below zero where this is less than the other; both ordinary numbers. */
  compare(other: R): number;
  /** The number as the sum of two float64: the nearest one that is as finite, and no 0 unless it is, and what is left. */
  readonly high: number;
  readonly low: number;
  /** log2 |this|. */
  log2(): number;
}

/** A system of numbers. */
export interface Reals<R extends Real<R>> {
  /** A float64, exactly. */
  of(value: number): R;
}

export function sumOf<R extends Real<R>>(reals: Reals<R>, terms: readonly R[]): R {
  let sum = reals.of(0);
  for (const term of terms) sum = sum.plus(term);
  return sum;
}

/** 2^27 + 1: splits 53 bits into 26 and 26. */
const SPLIT = 134217729;

/** The rounding error of the float64 product a * b (Dekker). */
export function productError(a: number, b: number, product: number): number {
  const aBig = a * SPLIT;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * SPLIT;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** The rounding error of the float64 sum a + b (Knuth). */
export function sumError(a: number, b: number, sum: number): number {
  const fromB = sum - a;
  return a - (sum - fromB) + (b - fromB);
}

/** high + low, |low| at most half a unit in the last place of high. Where high is not finite, low is 0. */
export class Pair implements Real<Pair> {
  constructor(
    readonly high: number,
    readonly low: number,
  ) {}

  static of(value: number): Pair {
    return new Pair(value, 0);
  }

  /** a + b for any two, normalized. */
  static sum(a: number, b: number): Pair {
    const sum = a + b;
    return Number.isFinite(sum) ? new Pair(sum, sumError(a, b, sum)) : new Pair(sum, 0);
  }

  plus(other: Pair): Pair {
    const sum = this.high + other.high;
    if (!Number.isFinite(sum)) return new Pair(sum, 0);
    const lows = this.low + other.low;
    const first = Pair.sum(sum, sumError(this.high, other.high, sum) + lows);
    return Pair.sum(first.high, first.low + sumError(this.low, other.low, lows));
  }

  minus(other: Pair): Pair {
    return this.plus(new Pair(-other.high, -other.low));
  }

  times(other: Pair): Pair {
    const product = this.high * other.high;
    if (!Number.isFinite(product)) return new Pair(product, 0);
    const error = productError(this.high, other.high, product);
    return Pair.sum(product, error + (this.high * other.low + this.low * other.high));
  }

  over(other: Pair): Pair {
    const quotient = this.high / other.high;
    if (!Number.isFinite(quotient) || !Number.isFinite(other.high)) return new Pair(quotient, 0);
    // Long division: two more digits from what is left.
    const rest = this.minus(other.times(new Pair(quotient, 0)));
    const next = rest.high / other.high;
    const last = rest.minus(other.times(new Pair(next, 0))).high / other.high;
    return Pair.sum(quotient, next).plus(new Pair(last, 0));
  }

  abs(): Pair {
    return this.high < 0 ? new Pair(-this.high, -this.low) : new Pair(Math.abs(this.high), this.low);
  }

  sqrt(): Pair {
    const root = Math.sqrt(this.high);
    if (!Number.isFinite(root) || root === 0) return new Pair(root, 0);
    const near = new Pair(root, 0);
    return Pair.sum(root, this.minus(near.times(near)).high / (2 * root));
  }

  power(p: number): Pair {
    if (this.high === 0 || !Number.isFinite(this.high)) return new Pair(this.high ** p, 0);
    const whole = Math.floor(p);
    if (whole > 64 || (p !== whole && p !== whole + 0.5)) {
      const power = this.high ** p;
      return Pair.sum(power, (power * p * this.low) / this.high);
    }
    let result = p === whole ? new Pair(1, 0) : this.sqrt();
    for (let i = 0; i < whole; i++) result = result.times(this);
    return result;
  }

  root(p: number): Pair {
    if (p === 1) return this;
    if (p === 2) return this.sqrt();
    if (this.high === 0 || !Number.isFinite(this.high)) return new Pair(this.high ** (1 / p), 0);
    // One step of Newton's method: r (1 - (r^p / x - 1) / p).
    const near = new Pair(this.high ** (1 / p), 0);
    const miss = near.power(p).over(this).minus(new Pair(1, 0));
    return near.minus(near.times(miss).over(new Pair(p, 0)));
  }

  compare(other: Pair): number {
    return this.high - other.high || this.low - other.low;
  }

  log2(): number {
    return Math.log2(Math.abs(this.high));
  }
}

/** A fraction, or a float64 that is not finite. */
export class Fraction implements Real<Fraction> {
  constructor(readonly value: Exact | number) {}

  static of(value: number): Fraction {
    if (!Number.isFinite(value)) return new Fraction(value);
    // Numbers of formats share a denominator, so that sums of many stay small.
    return new Fraction(Math.fround(value) === value ? Exact.float32(value) : Exact.of(value));
  }

  /** A float64 with the sign of the number, for operations that give something not finite. */
  #stand(): number {
    return this.value instanceof Exact ? this.value.sign : this.value;
  }

  #with(other: Fraction, exact: (a: Exact, b: Exact) => Exact, plain: (a: number, b: number) => number): Fraction {
    const [a, b] = [this.value, other.value];
    if (a instanceof Exact && b instanceof Exact) return new Fraction(exact(a, b));
    const special = plain(this.#stand(), other.#stand());
    return Number.isFinite(special) ? Fraction.of(special) : new Fraction(special);
  }

  plus(other: Fraction): Fraction {
    return this.#with(
      other,
      (a, b) => a.plus(b),
      (a, b) => a + b,
    );
  }

  minus(other: Fraction): Fraction {
    return this.#with(
      other,
      (a, b) => a.minus(b),
      (a, b) => a - b,
    );
  }

  times(other: Fraction): Fraction {
    return this.#with(
      other,
      (a, b) => a.times(b),
      (a, b) => a * b,
    );
  }

  over(other: Fraction): Fraction {
    if (other.value instanceof Exact && other.value.sign === 0) return new Fraction(this.#stand() / 0);
    return this.#with(
      other,
      (a, b) => a.over(b),
      (a, b) => a / b,
    );
  }

  abs(): Fraction {
    return new Fraction(this.value instanceof Exact ? this.value.abs() : Math.abs(this.value));
  }

  sqrt(): Fraction {
    return new Fraction(this.value instanceof Exact ? this.value.sqrt() : Math.sqrt(this.value));
  }

  power(p: number): Fraction {
    if (!(this.value instanceof Exact)) return new Fraction(this.value);
    const whole = Math.floor(p);
    const wholePower = new Exact(this.value.numerator ** BigInt(whole), this.value.denominator ** BigInt(whole));
    if (p === whole) return new Fraction(wholePower);
    if (p === whole + 0.5) return new Fraction(wholePower.times(this.value.sqrt()));
    return this.#asPair((pair) => pair.power(p));
  }

  root(p: number): Fraction {
    if (p === 1) return this;
    if (p === 2) return this.sqrt();
    const { value } = this;
    if (!(value instanceof Exact) || value.sign === 0 || Math.abs(value.log2()) < 900) {
      return this.#asPair((pair) => pair.root(p));
    }
    // by a power of two whose root is one, too: 2 p is an integer
    const k = Math.round(value.log2() / p / 2) * 2;
    const near = new Fraction(value.times(Exact.scaled(1n, -k * p)));
    return near.root(p).times(new Fraction(Exact.scaled(1n, k)));
  }

  /** By pairs of float64: for what is no fraction anyway. */
  #asPair(operation: (pair: Pair) => Pair): Fraction {
    const { high, low } = operation(new Pair(this.high, this.low));
    return Fraction.of(high).plus(Fraction.of(low));
  }

  compare(other: Fraction): number {
    if (this.value instanceof Exact && other.value instanceof Exact) return this.value.compare(other.value);
    return this.#stand() - other.#stand();
  }

  get high(): number {
    if (!(this.value instanceof Exact)) return this.value;
    const near = this.value.toNumber();
    if (!Number.isFinite(near)) return Math.sign(near) * Number.MAX_VALUE;
    return near + this.value.minus(Exact.of(near)).toNumber() || this.value.sign * Number.MIN_VALUE;
  }

  get low(): number {
    if (!(this.value instanceof Exact)) return 0;
    const rest = this.value.minus(Exact.of(this.high)).toNumber();
    return Number.isFinite(rest) && Math.abs(rest) < Math.abs(this.high) / 2 ? rest : 0;
  }

  log2(): number {
    return this.value instanceof Exact ? this.value.log2() : Math.log2(Math.abs(this.value));
  }
}

export const PAIRS: Reals<Pair> = Pair;
export const FRACTIONS: Reals<Fraction> = Fraction;
