import type { FormatName, FormatSpec } from "../../index.js";
import { FORMATS } from "../../numerics/format.js";

export const specOf = (format: FormatName | FormatSpec): FormatSpec =>
  typeof format === "string" ? FORMATS[format] : format;

/** Distance of two neighbouring numbers of a format in the binade of a value. */
export function spacing({ precision, emin }: FormatSpec, value: number): number {
  const exponent = value ? Math.floor(Math.log2(Math.abs(value))) : emin;
  return 2 ** (Math.max(exponent, emin) - precision + 1);
}
