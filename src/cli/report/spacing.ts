// The spacing of a format.

import type { FormatName, FormatSpec } from "../../index.js";
import { FORMATS } from "../../numerics/format.js";

export const specOf = (format: FormatName | FormatSpec): FormatSpec =>
  typeof format === "string" ? FORMATS[format] : format;

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

/** floor(log2 |value|) of a normal number. */
function exponentOf(value: number): number {
  number[0] = value;
  return ((words[1] >>> 20) & 0x7ff) - 1023;
}

/** Distance of two neighbouring numbers of a format in the binade of a value, of the last one for what is beyond. */
export function spacing({ precision, emin, emax }: FormatSpec, value: number): number {
  return 2 ** (Math.max(Math.min(exponentOf(value), emax), emin) - precision + 1);
}
