/**
 * Number formats by their definition: rounding of a float64 to the grid of a format in every mode, and the bits
 * of float16. Written to be obviously right; shares nothing with src/ or assembly/.
 */

/** What a finite value beyond the largest one becomes, and what an infinity becomes in a format without one. */
type Overflow = "infinity" | "nan" | "saturate";
export type Mode = "nearest-even" | "toward-zero" | "up" | "down" | "odd";

export interface Format {
  /** Bits of the significand with the hidden one, at most 24. */
  readonly precision: number;
  /** Exponents of the smallest normal value, 2^emin, and of the largest binade. */
  readonly emin: number;
  readonly emax: number;
  /** Largest finite value. */
  readonly max: number;
  readonly overflow: Overflow;
  /** False when results below 2^emin are flushed to zero. */
  readonly subnormals: boolean;
}

/** A format whose largest value is the usual one, all bits of the significand set. */
export function makeFormat(precision: number, emin: number, emax: number, more: Partial<Format> = {}): Format {
  const max = (2 - 2 ** (1 - precision)) * 2 ** emax;
  return { precision, emin, emax, max, overflow: "infinity", subnormals: true, ...more };
}

export const FLOAT32 = makeFormat(24, -126, 127);
export const FLOAT16 = makeFormat(11, -14, 15);
export const BFLOAT16 = makeFormat(8, -126, 127);
export const TFLOAT32 = makeFormat(11, -126, 127);
export const FLOAT8_E5M2 = makeFormat(3, -14, 15);
/** The code of 480 is NaN, so 448 is the largest. */
export const FLOAT8_E4M3FN = makeFormat(4, -6, 8, { max: 448, overflow: "nan" });
export const FLOAT8_E4M3FN_SATURATE = makeFormat(4, -6, 8, { max: 448, overflow: "saturate" });

const word = new DataView(new ArrayBuffer(8));

/** The binade of a finite nonzero float64: the e with 2^e <= |v| < 2^(e+1). */
export function exponentOf(value: number): number {
  word.setFloat64(0, value);
  const biased = (word.getUint32(0) >>> 20) & 0x7ff;
  // A subnormal float64 has no hidden bit: scale it into the normal range first.
  return biased === 0 ? exponentOf(value * 2 ** 60) - 60 : biased - 1023;
}

/** The powers of two among float64, from 2^-1074 on: they are asked for with every rounding. */
const POWERS = Float64Array.from({ length: 1074 + 1024 }, (_, i) => 2 ** (i - 1074));
export const powerOfTwo = (e: number): number => POWERS[e + 1074] ?? 2 ** e;

/** The distance of neighbouring values of the format at `value`, subnormals included. */
export function spacing(format: Format, value: number): number {
  const exponent = value === 0 ? format.emin : Math.max(exponentOf(value), format.emin);
  return powerOfTwo(exponent - format.precision + 1);
}

/** What becomes of a value beyond the largest finite one, by the format's rule. */
function overflowed(format: Format, sign: number): number {
  if (format.overflow === "nan") return Number.NaN;
  return sign * (format.overflow === "saturate" ? format.max : Number.POSITIVE_INFINITY);
}

/** The two neighbours of |value| on the format's grid with unbounded exponent, and where between them it lies. */
export function neighbours(format: Format, value: number): { below: number; above: number; fraction: number } {
  const size = Math.abs(value);
  const quantum = spacing(format, size);
  // Division by a power of two is exact, and so is the subtraction of the floor.
  const steps = size / quantum;
  const floor = Math.floor(steps);
  return { below: floor * quantum, above: (floor + 1) * quantum, fraction: steps - floor };
}

/** A finite float64 rounded to the format, in any of the deterministic modes. */
export function roundTo(format: Format, value: number, mode: Mode = "nearest-even"): number {
  if (Number.isNaN(value) || value === 0) return value;
  const sign = value < 0 ? -1 : 1;
  if (!Number.isFinite(value)) return overflowed(format, sign);
  // as neighbours() has it, without an object for every rounding
  const quantum = spacing(format, sign * value);
  const steps = (sign * value) / quantum;
  const floor = Math.floor(steps);
  const fraction = steps - floor;
  const odd = floor % 2 === 1;
  let away: boolean;
  if (fraction === 0) away = false;
  else if (mode === "nearest-even") away = fraction > 0.5 || (fraction === 0.5 && odd);
  else if (mode === "odd") away = !odd;
  else if (mode === "up") away = sign > 0;
  else if (mode === "down") away = sign < 0;
  else away = false;
  return finish(format, sign, (away ? floor + 1 : floor) * quantum, mode);
}

/** Applies the ends of the format's range to a magnitude already on the grid of unbounded exponent. */
function finish(format: Format, sign: number, magnitude: number, mode: Mode): number {
  if (!format.subnormals && magnitude < powerOfTwo(format.emin)) return sign * 0;
  if (magnitude <= format.max) return sign * magnitude;
  // A mode that points back to zero here cannot pass the largest value.
  const inward =
    mode === "toward-zero" || mode === "odd" || (mode === "up" && sign < 0) || (mode === "down" && sign > 0);
  return inward ? sign * format.max : overflowed(format, sign);
}

// --- float16 bits -----------------------------------------------------------------------------------

/** The value of a float16 from its bits: sign, five bits of exponent, ten of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The values of all halves, by their bits. */
export const HALVES: Float64Array = Float64Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));

/** The bits of a value on the float16 grid; NaN gives 0x7e00. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  const exponent = exponentOf(size);
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

/** The bits of any number rounded to float16, nearest even; NaN gives 0x7e00. */
export function toHalfBits(value: number): number {
  return halfBits(roundTo(FLOAT16, value));
}
