// Values of options, from text.

import { ORDERS as IN_WORDS } from "../../diagnosis/words.js";
import type { FormatName, Norm } from "../../index.js";
import type { OrderName } from "../../numerics/arithmetic.js";
import { FORMATS as NAMED_FORMATS } from "../../numerics/format.js";
import { NAMED, type Normalizer, type NormName } from "../../numerics/norm.js";
import { normWords } from "../../text/words.js";
import { UsageError } from "./errors.js";
import { quote } from "./printable.js";

const [exact, ...emulated] = Object.keys(NAMED_FORMATS) as FormatName[];
/** float32 last, where little is to be seen. */
export const FORMATS: readonly FormatName[] = [...emulated, exact];
export const ORDERS = Object.keys(IN_WORDS) as OrderName[];

const NAMES = Object.keys(NAMED) as (keyof typeof NAMED)[];

/** Norms that are named with a number: an example, how it is written, and the norm if it may have that number. */
const NUMBERED: Readonly<
  Record<
    Exclude<NormName, string & Normalizer>,
    { example: string; pattern: RegExp; norm: (number: number) => Norm | undefined }
  >
> = {
  topk: { example: "top10 (any k)", pattern: /^top-?([1-9]\d{0,8})$/, norm: (topk) => ({ topk }) },
  lp: { example: "lp3 (any p)", pattern: /^lp(\d+(?:\.\d+)?)$/, norm: (lp) => (lp >= 1 ? { lp } : undefined) },
};
const examples = Object.values(NUMBERED).map(({ example }) => example);
export const NORMS_HELP = `${[...NAMES, ...examples.slice(0, -1)].join(", ")} or ${examples[examples.length - 1]}`;

/** Norms that say most beside each other. */
export const USUAL_NORMS = "l2,l1,linf,top10,range";
/** What sums can be rounded to. */
export const ACCUMULATES = [...FORMATS, "exact"] as const;

const wrong = (option: string, expected: string, got: string): UsageError =>
  new UsageError(`--${option} must be ${expected}, got ${quote(got)}`);

/** What an option comes to, if it is given. */
export const optional = <T>(text: string | undefined, value: (text: string) => T): T | undefined =>
  text === undefined ? undefined : value(text);

/** The parts of a list with commas. */
export function list(option: string, text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw wrong(option, "a list with commas", text);
  return parts;
}

export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw wrong(option, `one of ${known.join(", ")}`, text);
  return found;
}

/** A decimal number. */
export function number(option: string, text: string, low: number, high = Number.MAX_VALUE): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  const range = high === Number.MAX_VALUE ? `of at least ${low}` : `from ${low} to ${high}`;
  throw wrong(option, `a number ${range}`, text);
}

export function integer(option: string, text: string, low: number, high: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw wrong(option, `an integer from ${low} to ${high}`, text);
}

function normOf(option: string, text: string): Norm {
  const name = text.toLowerCase();
  const named = NAMES.find((norm) => norm === name);
  if (named) return named;
  for (const { pattern, norm } of Object.values(NUMBERED)) {
    const [, number] = pattern.exec(name) ?? [];
    const found = number && norm(Number(number));
    if (found) return found;
  }
  throw wrong(option, NORMS_HELP, text);
}

/** Norms, each once. */
export function norms(option: string, text: string): Norm[] {
  const found = list(option, text).map((part) => normOf(option, part));
  if (new Set(found.map(normWords)).size < found.length) throw wrong(option, "norms without repetition", text);
  return found;
}
