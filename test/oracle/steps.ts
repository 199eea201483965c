/** Rounded operations one at a time, with the events of a stage: counts, and the first of each. */
import type { Order } from "./arithmetic.js";
import type { Format } from "./formats.js";
import { power, root } from "./power.js";
import { Pair, productError, type Real, sumError } from "./reals.js";
import { Rounder, toOdd } from "./rounder.js";

export const EVENTS = ["overflow", "underflow", "subnormal", "stagnation", "invalid"] as const;
export type Event = (typeof EVENTS)[number];

export interface Place {
  readonly group: number;
  /** Position of the element in its group; null where the operation belongs to no element. */
  readonly index: number | null;
}

type Add = (a: number, b: number) => number;

/** What happened in a stage. */
export class Log {
  readonly events: Record<Event, number> = { overflow: 0, underflow: 0, subnormal: 0, stagnation: 0, invalid: 0 };
  readonly firsts: Partial<Record<Event, Place>> = {};
  /** Of the operation that comes next. */
  group = 0;
  index: number | null = null;

  note(event: Event): void {
    this.events[event]++;
    const { group, index } = this;
    const first = this.firsts[event];
    // Groups come in order, elements need not; what belongs to no element comes after all of them.
    const earlier = first && first.group === group && (index ?? Infinity) < (first.index ?? Infinity);
    if (!first || earlier) this.firsts[event] = { group, index };
  }
}

/** Operations rounded to one format, written to a log. */
export class Steps {
  readonly #rounder: Rounder;
  readonly #least: number;
  readonly #max: number;

  constructor(
    readonly format: Format,
    readonly log: Log,
  ) {
    this.#rounder = new Rounder(format);
    this.#least = this.#rounder.least;
    this.#max = format.max;
  }

  /** The result of an operation: `real` rounded. A NaN operand is neither finite nor worth a note. */
  #finish(real: number, finite: boolean, nan: boolean): number {
    const result = this.#rounder.round(real);
    const size = Math.abs(result);
    if (size >= this.#least && size < this.#max) return result;
    this.#note(real, result, finite, nan);
    return result;
  }

  #note(real: number, result: number, finite: boolean, nan: boolean): void {
    const { log } = this;
    if (finite && this.#rounder.beyond(real)) log.note("overflow");
    else if (Number.isNaN(result) && !nan) log.note("invalid");
    if (real !== 0 && result === 0) log.note("underflow");
    if (result !== 0 && Math.abs(result) < this.#least) log.note("subnormal");
  }

  #operation(real: number, a: number, b: number): number {
    return this.#finish(real, Number.isFinite(a) && Number.isFinite(b), Number.isNaN(a) || Number.isNaN(b));
  }

  /** RN(a). */
  convert(a: number): number {
    return this.#operation(a, a, a);
  }

  /** RN(a + b). */
  add(a: number, b: number): number {
    return this.subtract(a, -b);
  }

  /** RN(a + b) in a sum, where it matters when one of the two has no effect. */
  accumulate(a: number, b: number): number {
    const result = this.subtract(a, -b);
    if ((result === a || result === b) && a !== 0 && b !== 0 && Number.isFinite(a) && Number.isFinite(b)) {
      this.log.note("stagnation");
    }
    return result;
  }

  /** RN(a - b). */
  subtract(a: number, b: number): number {
    const sum = a - b;
    return this.#operation(toOdd(sum, sumError(a, -b, sum)), a, b);
  }

  /** RN(a * b); the float64 product of two significands of 24 bits is exact. */
  multiply(a: number, b: number): number {
    return this.#operation(a * b, a, b);
  }

  /** RN(a / b), b an integer of up to 53 bits or a number of a format. */
  divide(a: number, b: number): number {
    const quotient = a / b;
    if (quotient === 0 || !Number.isFinite(quotient)) return this.#operation(quotient, a, b);
    const product = quotient * b;
    const rest = a - product - productError(quotient, b, product);
    return this.#operation(toOdd(quotient, b < 0 ? -rest : rest), a, b);
  }

  /** RN(a / n) of an exact sum. */
  divideReal<R extends Real<R>>(a: R, n: R): number {
    const { high, low } = a.over(n);
    return this.#operation(toOdd(high, low), a.high, n.high);
  }

  squareRoot(a: number): number {
    return this.#operation(Math.sqrt(a), a, a);
  }

  /** RN(a^p). */
  power(a: number, p: number): number {
    // what float64 does not hold is no 0
    return this.#between(a ** p || (a && Number.MIN_VALUE), power(this.format, a, p), a);
  }

  /** RN(a^(1/p)). */
  root(a: number, p: number): number {
    return this.#between(a ** (1 / p), root(this.format, a, p), a);
  }

  /** A result that was decided elsewhere. */
  #between(near: number, result: number, a: number): number {
    if (!(Math.abs(result) >= this.#least && Math.abs(result) < this.#max)) {
      this.#note(near, result, Number.isFinite(a), Number.isNaN(a));
    }
    return result;
  }

  /**
   * The sum of terms in an order, from +0, every addition rounded. Events are of the element that is added.
   * @param sorted Terms are not in the order of the elements: their events belong to none.
   * @param step Told the rounding error of every addition: result - (a + b).
   */
  sum(order: Order, terms: ArrayLike<number>, sorted = false, step?: (error: Pair) => void): number {
    const add = (a: number, b: number) => {
      const result = this.accumulate(a, b);
      step?.(Pair.of(result).minus(Pair.sum(a, b)));
      return result;
    };
    if (order === "pairwise") return this.#tree(add, terms, sorted, 0, Math.ceil(terms.length / 128));
    if (typeof order === "object") return this.#lanes(add, terms, sorted, 0, terms.length, order.lanes);
    if (order === "lanes") return this.#lanes(add, terms, sorted, 0, terms.length);
    let sum = 0;
    for (let i = 0; i < terms.length; i++) {
      this.log.index = sorted ? null : i;
      sum = add(sum, terms[i]);
    }
    this.log.index = null;
    return sum;
  }

  /** w accumulators, lane j takes the terms with index congruent to j, then the lanes are halved until one is left. */
  #lanes(add: Add, terms: ArrayLike<number>, sorted: boolean, from: number, to: number, w = 32): number {
    const lanes = new Float64Array(w);
    for (let i = from; i < to; i++) {
      this.log.index = sorted ? null : i;
      lanes[i % w] = add(lanes[i % w], terms[i]);
    }
    this.log.index = null;
    for (let width = w / 2; width >= 1; width /= 2) {
      for (let j = 0; j < width; j++) lanes[j] = add(lanes[j], lanes[j + width]);
    }
    return lanes[0];
  }

  /** Blocks [from, to) of 128 in lanes order, added in a tree that is split at the largest power of two below their number. */
  #tree(add: Add, terms: ArrayLike<number>, sorted: boolean, from: number, to: number): number {
    if (from === to) return 0;
    if (to === from + 1) return this.#lanes(add, terms, sorted, from * 128, Math.min(to * 128, terms.length));
    let split = 1;
    while (split * 2 < to - from) split *= 2;
    const left = this.#tree(add, terms, sorted, from, from + split);
    const right = this.#tree(add, terms, sorted, from + split, to);
    return add(left, right);
  }
}
