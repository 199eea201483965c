// Floating-point formats: those that have a name, and others by their numbers.

import { OVERFLOW_INFINITY, OVERFLOW_NAN, OVERFLOW_SATURATE } from "../abi/plan.js";
import { checkBoolean, checkInteger, checkOptions, choose, isObject, wrong } from "../checks/arguments.js";

/** What becomes of a finite value beyond the largest: infinity, NaN, or the largest itself. */
export type Overflow = "infinity" | "nan" | "saturate";

/** A binary floating-point format. */
export interface FormatSpec {
  /** Significant bits with the hidden one, 2 to 24. */
  readonly precision: number;
  /** Exponent of the smallest normal number 2^emin. */
  readonly emin: number;
  /** Exponent of the largest binade, which holds values below 2^(emax + 1). */
  readonly emax: number;
  /** Default: "infinity". With "nan" and "saturate" the format has no infinities of its own. */
  readonly overflow: Overflow;
  /** false: results below 2^emin become zero. Default: true. */
  readonly subnormals: boolean;
  /** The largest finite value. Default: (2 - 2^(1 - precision)) · 2^emax. */
  readonly max: number;
}

const KEYS = ["precision", "emin", "emax", "overflow", "subnormals", "max"];
export const OVERFLOWS = { infinity: OVERFLOW_INFINITY, nan: OVERFLOW_NAN, saturate: OVERFLOW_SATURATE };
/** Specs that were checked before: formats are immutable. */
const known = /* @__PURE__ */ new WeakSet<object>();

/**
 * A format of your own. Everything that float32 can hold exactly is possible: precision 2 to 24,
 * emax <= 127, emin - precision + 1 >= -149.
 *
 * @see IEEE 754-2019, section 3.3; for `overflow` and `max` the OCP 8-bit Floating Point Specification (OFP8).
 * @throws {TypeError} for a field that is missing, unknown or of a wrong type.
 * @throws {RangeError} for a field that is out of range.
 */
export function format(spec: Partial<FormatSpec> & Pick<FormatSpec, "precision" | "emin" | "emax">): FormatSpec {
  if (!isObject(spec)) throw wrong("format", "an object", spec);
  if (known.has(spec)) return spec as FormatSpec;
  const o = checkOptions(spec, KEYS);
  const precision = checkInteger("precision", o.precision, 2, 24);
  const emax = checkInteger("emax", o.emax, -126, 127);
  const emin = checkInteger("emin", o.emin, precision - 150, emax);
  const { overflow = "infinity", max = (2 - 2 ** (1 - precision)) * 2 ** emax } = o;
  const infinite = choose("overflow", OVERFLOWS, overflow) === OVERFLOW_INFINITY;
  const steps = typeof max === "number" ? max / 2 ** (emax - precision + 1) : Number.NaN;
  const most = 2 ** precision - 1;
  if (!Number.isInteger(steps) || steps > most || steps <= (infinite ? most - 1 : most / 2)) {
    throw wrong("max", "a number in the largest binade, and the last one where overflow gives infinity", max, "number");
  }
  const subnormals = checkBoolean("subnormals", o.subnormals, true);
  const result = Object.freeze({ precision, emin, emax, overflow, subnormals, max });
  known.add(result);
  return result;
}

/** IEEE 754 binary32. */
export const float32: FormatSpec = /* @__PURE__ */ format({ precision: 24, emin: -126, emax: 127 });
/** IEEE 754 binary16: largest 65504, smallest normal 2^-14, smallest 2^-24. */
export const float16: FormatSpec = /* @__PURE__ */ format({ precision: 11, emin: -14, emax: 15 });
/** The upper half of float32. */
export const bfloat16: FormatSpec = /* @__PURE__ */ format({ precision: 8, emin: -126, emax: 127 });
/** NVIDIA's TensorFloat-32: precision of float16, range of float32. */
export const tfloat32: FormatSpec = /* @__PURE__ */ format({ precision: 11, emin: -126, emax: 127 });
/** OCP 8-bit E5M2: largest 57344. */
export const float8_e5m2: FormatSpec = /* @__PURE__ */ format({ precision: 3, emin: -14, emax: 15 });
/**
 * OCP 8-bit E4M3 without infinities: largest 448, beyond it NaN. For the libraries that saturate instead:
 * `format({ ...float8_e4m3fn, overflow: "saturate" })`.
 */
export const float8_e4m3fn: FormatSpec = /* @__PURE__ */ format({
  precision: 4,
  emin: -6,
  emax: 8,
  overflow: "nan",
  max: 448,
});

/** Every format that has a name. */
export const FORMATS = { float32, float16, bfloat16, tfloat32, float8_e5m2, float8_e4m3fn };

/** Another format where it has the same numbers, in the order of format(), else this one: those of an arithmetic are compared by identity. */
export const oneOf = (spec: FormatSpec, other: FormatSpec): FormatSpec =>
  other === spec || JSON.stringify(other) === JSON.stringify(spec) ? other : spec;

/** Whether float32 has numbers that a format has not. */
export const isNarrow = ({ precision, emax }: FormatSpec): boolean => precision < 24 || emax < 127;

/** A format by name or as a spec. */
export function checkFormat(name: string, value: unknown): FormatSpec {
  return isObject(value) ? format(value as FormatSpec) : choose(name, FORMATS, value);
}

/** The name of a format that has one, else its fields. */
export function nameOf(spec: FormatSpec): FormatName | FormatSpec {
  const found = (Object.keys(FORMATS) as FormatName[]).find(
    (name) => FORMATS[name].precision === spec.precision && oneOf(spec, FORMATS[name]) === FORMATS[name],
  );
  return found ?? { ...spec };
}

/** Formats that have a name. Each is exported as a constant, too. */
export type FormatName = keyof typeof FORMATS;

/** A format by name, or by its numbers, as `format()` completes them. */
export type Format = FormatName | FormatSpec;

/** How a value between two neighbours of the grid is rounded. */
export type RoundingMode = "nearest-even" | "toward-zero" | "up" | "down" | "odd" | "stochastic";
