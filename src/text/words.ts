// Numbers and names for sentences.

import type { FormatName, FormatSpec } from "../numerics/format.js";
import { type Normalizer, type NormName, named } from "../numerics/norm.js";

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

interface NormWords {
  readonly name: string;
  /** A term of the norm, and several. */
  readonly term: string;
  readonly terms: string;
  /** What is made of all of them. */
  readonly sum: string;
}

const words = (name: string, sum: string, term = "|d|", terms = term): NormWords => ({ name, term, terms, sum });

/** By the number that a norm has. */
const WORDS: Readonly<Record<NormName, (number: number) => NormWords>> = {
  l1: () => words("L1", "the sum of |d|"),
  l2: () => words("L2", "the sum of squares", "square", "squares"),
  linf: () => words("L∞", "the largest |d|"),
  range: () => words("range", "max d - min d"),
  none: () => words("centring", "the sum of |d|"),
  topk: (k) => words(`top-${k}`, `the sum of the ${k} largest |d|`),
  lp: (p) => words(`L${brief(p)}`, `the sum of |d|^${brief(p)}`, `|d|^${brief(p)}`),
};

function wordsOf(norm: Normalizer): NormWords {
  const [name, number] = named(norm);
  return WORDS[name](number);
}

export const normWords = (norm: Normalizer): string => wordsOf(norm).name;

/** Terms of the norm, and what is made of all of them. */
export const termWords = (norm: Normalizer): Omit<NormWords, "name"> => wordsOf(norm);
