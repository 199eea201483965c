// Small asserting helpers: every message names the argument, what was expected and what came.

import { describe } from "./describe.js";

export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/**
 * A RangeError for what is of the right type, else a TypeError.
 *
 * @param type What `typeof` gives for the right type; none: no value of the type that came would do.
 */
export function wrong(name: string, expected: string, got: unknown, type?: string): Error {
  const Kind = typeof got === type ? RangeError : TypeError;
  return new Kind(`"${name}" must be ${expected}, got ${describe(got)}`);
}

/** Something has another number of elements than it must have. */
export function checkSize(name: string, size: number, got: number): void {
  if (got !== size) throw new RangeError(`"${name}" must have ${size} elements, got ${got}`);
}

/** @param what Said of the range in messages. */
export function checkInteger(name: string, value: unknown, low: number, high: number, what = ""): number {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  throw wrong(name, `an integer in [${low}, ${high}]${what}`, value, "number");
}

/** A finite number, at least `low`. */
export function checkNumber(name: string, value: unknown, low: number): number {
  if (typeof value === "number" && value >= low && value < Infinity) return value;
  throw wrong(name, `a finite number of at least ${low}`, value, "number");
}

/** `fallback` for undefined. */
export function checkBoolean(name: string, value: unknown, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

/** What stands under a name in a table. */
export function choose<T>(name: string, table: Readonly<Record<string, T>>, value: unknown): T {
  if (typeof value === "string" && Object.hasOwn(table, value)) return table[value];
  throw wrong(name, `one of ${Object.keys(table).map(describe).join(", ")}`, value, "string");
}

/** Has what Object.prototype has that loops see. */
const EMPTY = {};

/** No options. It has no prototype: what others put into Object.prototype is none. */
const NONE: object = /* @__PURE__ */ Object.setPrototypeOf({}, null);

/**
 * The options of a function; a key that the function does not know is most often a typo. What is returned may have
 * getters: read each option once.
 */
export function checkOptions<T extends object>(options: T | undefined, known: readonly string[]): Readonly<T> {
  if (options === undefined) return NONE as T;
  // lists have too many keys to look at them
  if (!isObject(options) || Symbol.iterator in options) throw wrong("options", "an object", options);
  // any script may have put something into Object.prototype
  for (const _ in EMPTY) {
    if (Object.getPrototypeOf(options)) return checkOptions(Object.setPrototypeOf({ ...options }, null), known);
  }
  for (const key in options) {
    if (!known.includes(key)) throw new TypeError(`unknown option ${describe(key)}, known are ${known.join(", ")}`);
  }
  return options;
}

/** The axis from the front; `fallback` for undefined. */
export function checkAxis(name: string, axis: unknown, rank: number, fallback?: number): number {
  if (!rank) throw wrong(name, "of a tensor with at least one dimension", [], "object");
  if (axis === undefined && fallback === rank) throw new RangeError('"x" must be of shape [N, C, ...], got [N]');
  const checked = checkInteger(name, axis === undefined ? fallback : axis, -rank, rank - 1);
  return checked < 0 ? checked + rank : checked;
}

/** Axes as a set of bits; all of them for undefined. */
export function checkAxes(axes: unknown, rank: number): number {
  if (axes === undefined) return (1 << rank) - 1;
  if (typeof axes === "number") return 1 << checkAxis("axes", axes, rank);
  if (!Array.isArray(axes)) throw wrong("axes", "an array of integers", axes);
  const count = axes.length;
  let set = 0;
  for (let i = 0; i < count; i++) {
    const bit = 1 << checkAxis("axes", axes[i], rank);
    if (set & bit) throw wrong("axes", "without repetition", axes, "object");
    set |= bit;
  }
  return set;
}
