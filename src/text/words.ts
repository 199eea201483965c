// Numbers and names for sentences.

import type { FormatName, FormatSpec } from "../numerics/format.js";
import type { Normalizer } from "../numerics/norm.js";

/** 1234567 as 1,234,567. */
export const integer = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

const exponential = (value: number, digits: number): string =>
  value
    .toExponential(digits - 1)
    .replace(/(\.\d*?)0*e\+?/, "$1e")
    .replace(".e", "e");

/** A few significant digits, without an exponent from 0.001 to a million. */
export function brief(value: number | null, digits = 3): string {
  if (value === null) return "-";
  const size = Math.abs(value);
  if (size >= 1e6 || (size < 1e-3 && size > 0)) return exponential(value, digits);
  return size >= 10 ** digits ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
}

/** With its sign, whatever it is. */
export const signed = (value: number): string => `${value < 0 ? "" : "+"}${brief(value)}`;

/** Decimals as in a table; nothing is -0. */
export function fixed(value: number | null, decimals: number): string {
  if (value === null) return "-";
  return Math.abs(value) < 1e6 ? value.toFixed(decimals).replace(/^-(?=[0.]*$)/, "") : exponential(value, 3);
}

/** A share of a whole; never 0 % of something, nor 100 % of less than all. */
export function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  const rounded = Number(share.toPrecision(share < 99 ? 2 : 3));
  if (part > 0 && share < 0.1) return "less than 0.1 %";
  return `${part < whole ? Math.min(rounded, 99.9) : rounded} %`;
}

export const formatWords = (format: FormatName | FormatSpec): string =>
  typeof format === "string" ? format : `a format of ${format.precision} digits`;

export function normWords(norm: Normalizer): string {
  if (norm === "none") return "centring";
  if (typeof norm === "string") return { l1: "L1", l2: "L2", linf: "L∞", range: "range" }[norm];
  return "topk" in norm ? `top-${norm.topk}` : `L${brief(norm.lp)}`;
}

/** Terms of the norm, and what is made of all of them. */
export function termWords(norm: Normalizer): { term: string; terms: string; sum: string } {
  if (norm === "l2") return { term: "square", terms: "squares", sum: "the sum of squares" };
  if (norm === "linf") return { term: "|d|", terms: "|d|", sum: "the largest |d|" };
  if (norm === "range") return { term: "|d|", terms: "|d|", sum: "max d - min d" };
  if (typeof norm === "object" && "lp" in norm) {
    const term = `|d|^${brief(norm.lp)}`;
    return { term, terms: term, sum: `the sum of ${term}` };
  }
  const of = typeof norm === "object" ? `the ${norm.topk} largest |d|` : "|d|";
  return { term: "|d|", terms: "|d|", sum: `the sum of ${of}` };
}
