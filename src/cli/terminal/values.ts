// Values of options, from text.

import type { FormatName, Norm, Order } from "../../index.js";
import { normWords } from "../../text/words.js";
import { quote, UsageError } from "./errors.js";

export const FORMATS: readonly FormatName[] = [
  "float16",
  "bfloat16",
  "tfloat32",
  "float8_e5m2",
  "float8_e4m3fn",
  "float32",
];
export const ORDERS: readonly Order[] = ["lanes", "sequential", "pairwise"];
export const NORMS_HELP = "l1, l2, linf, range, top10 (any k) or lp3 (any p)";

const wrong = (option: string, expected: string, got: string): UsageError =>
  new UsageError(`--${option} must be ${expected}, got ${quote(got)}`);

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

const SIMPLE: readonly Norm[] = ["l1", "l2", "linf", "range"];

function normOf(option: string, text: string): Norm {
  const name = text.toLowerCase();
  const simple = SIMPLE.find((norm) => norm === name);
  if (simple) return simple;
  const [, topk] = /^top-?([1-9]\d{0,8})$/.exec(name) ?? [];
  if (topk) return { topk: Number(topk) };
  const [, lp] = /^lp(\d+(?:\.\d+)?)$/.exec(name) ?? [];
  if (lp && Number(lp) >= 1) return { lp: Number(lp) };
  throw wrong(option, NORMS_HELP, text);
}

/** Norms, each once. */
export function norms(option: string, text: string): Norm[] {
  const found = list(option, text).map((part) => normOf(option, part));
  if (new Set(found.map(normWords)).size < found.length) throw wrong(option, "norms without repetition", text);
  return found;
}
