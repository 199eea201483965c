import {
  bfloat16,
  type FormatName,
  type FormatSpec,
  float8_e4m3fn,
  float8_e5m2,
  float16,
  float32,
  tfloat32,
} from "../../index.js";

const NAMED: Readonly<Record<FormatName, FormatSpec>> = {
  float32,
  float16,
  bfloat16,
  tfloat32,
  float8_e5m2,
  float8_e4m3fn,
};

export const specOf = (format: FormatName | FormatSpec): FormatSpec =>
  typeof format === "string" ? NAMED[format] : format;

/** Distance of two neighbouring numbers of a format in the binade of a value. */
export function spacing({ precision, emin }: FormatSpec, value: number): number {
  const exponent = value ? Math.floor(Math.log2(Math.abs(value))) : emin;
  return 2 ** (Math.max(exponent, emin) - precision + 1);
}
