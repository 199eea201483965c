// Small asserting helpers: every message names the argument, what was expected and what came.

/** What came, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.slice(0, 9).map(describe).join(", ")}${value.length > 9 ? ", ..." : ""}]`;
  // the class of built-in objects
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value)) return `${tag}(${(value as Uint8Array).length ?? value.byteLength})`;
  return tag === "Object" ? `{ ${Object.keys(value).slice(0, 9).join(", ")} }` : tag;
}

export function typeError(name: string, expected: string, got: unknown): TypeError {
  return new TypeError(`"${name}" must be ${expected}, got ${describe(got)}`);
}

export function rangeError(name: string, expected: string, got: unknown): RangeError {
  return new RangeError(`"${name}" must be ${expected}, got ${describe(got)}`);
}

export function checkInteger(name: string, value: unknown, low: number, high: number): number {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  throw (typeof value === "number" ? rangeError : typeError)(name, `an integer in [${low}, ${high}]`, value);
}

/** A finite number, at least `low`. */
export function checkNumber(name: string, value: unknown, low: number): number {
  if (typeof value === "number" && value >= low && value < Infinity) return value;
  throw (typeof value === "number" ? rangeError : typeError)(name, `a finite number of at least ${low}`, value);
}

/** `fallback` for undefined. */
export function checkBoolean(name: string, value: unknown, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value === "boolean") return value;
  throw typeError(name, "true or false", value);
}

const NONE = Object.freeze({});

/** The options of a function; a key that the function does not know is most often a typo. */
export function checkOptions<T extends object>(options: T | undefined, known: readonly string[]): Readonly<T> {
  if (options === undefined) return NONE as T;
  if (typeof options !== "object" || options === null) throw typeError("options", "an object", options);
  for (const key in options) {
    if (!known.includes(key)) throw new TypeError(`unknown option "${key}", known are ${known.join(", ")}`);
  }
  return options;
}

/** The axis from the front. */
export function checkAxis(name: string, axis: unknown, rank: number): number {
  if (!rank) throw rangeError("x", `a tensor with at least one dimension to have an "${name}"`, []);
  const checked = checkInteger(name, axis, -rank, rank - 1);
  return checked < 0 ? checked + rank : checked;
}

/** Axes as a set of bits; all of them for undefined. */
export function checkAxes(axes: unknown, rank: number): number {
  if (axes === undefined) return (1 << rank) - 1;
  if (typeof axes === "number") return 1 << checkAxis("axes", axes, rank);
  if (!Array.isArray(axes)) throw typeError("axes", "an array of integers", axes);
  let set = 0;
  for (const axis of axes) {
    const bit = 1 << checkAxis("axes", axis, rank);
    if (set & bit) throw rangeError("axes", "without repetition", axes);
    set |= bit;
  }
  return set;
}
