// A view as the query of an address, and back. What is as it is at first is left out; what an address has and no view can be is
// as it is at first, too: addresses come from anywhere.

import type { FormatName, LayerName } from "halfnorm";
import { ACCUMULATES, FORMATS, integer, list, norms, number, ORDERS, oneOf } from "../../src/cli/terminal/values.js";
import { LAYERS } from "../../src/diagnosis/words.js";
import { type Normalizer, named } from "../../src/numerics/norm.js";
import { SAMPLES, type SampleName } from "./samples.js";
import { type Before, DISTRIBUTIONS, type Distribution, FIRST_VIEW, type Made, RANGES, type View } from "./view.js";

/** A norm as options and addresses have it: "l2", "top10". */
export function normText(norm: Normalizer): string {
  const [name, value] = named(norm);
  if (name === "topk") return `top${value}`;
  return name === "lp" ? `lp${value}` : name;
}

export const normsText = (all: readonly Normalizer[]): string => all.map(normText).join(",");

const LAYER_NAMES = Object.keys(LAYERS) as LayerName[];
const BEFORE: readonly Before[] = ["nothing", "centre", "scale groups"];
const SOURCES = ["sample", "made", "file"] as const;
const MOST_DIMENSIONS = 8;
const MOST_NORMS = 12;

/** Each field of a view as text, and from text that is not to be trusted. */
interface Field<T> {
  text(value: T): string;
  value(text: string, key: string): T;
}

const word = <T extends string>(known: readonly T[]): Field<T> => ({
  text: (value) => value,
  value: (text, key) => oneOf(key, text, known),
});

const decimal = ([low, high]: readonly [number, number]): Field<number> => ({
  text: String,
  value: (text, key) => number(key, text, low, high),
});

const whole = (low: number, high: number): Field<number> => ({
  text: String,
  value: (text, key) => integer(key, text, low, high),
});

const flag: Field<boolean> = { text: (value) => (value ? "1" : "0"), value: (text) => text === "1" };

const maybe = <T>({ text, value }: Field<T>): Field<T | undefined> => ({
  text: (given) => (given === undefined ? "" : text(given)),
  value,
});

const axis = whole(-MOST_DIMENSIONS, MOST_DIMENSIONS - 1);

const FIELDS: { readonly [Key in Exclude<keyof View, "made" | "norm">]: Field<View[Key]> } = {
  source: word(SOURCES),
  sample: word(Object.keys(SAMPLES) as SampleName[]),
  tensor: { text: (value) => value, value: (text) => text.slice(0, 1000) },
  layer: word(["auto", ...LAYER_NAMES, "axes"]),
  axis: maybe(axis),
  groups: whole(1, 2 ** 31 - 1),
  axes: {
    text: (value) => value.join(","),
    value: (text, key) =>
      list(key, text)
        .slice(0, MOST_DIMENSIONS)
        .map((each) => axis.value(each, key)),
  },
  centred: flag,
  norms: { text: normsText, value: (text, key) => norms(key, text).slice(0, MOST_NORMS) },
  format: word(FORMATS),
  accumulate: maybe(word(ACCUMULATES as readonly (FormatName | "exact")[])),
  order: word(ORDERS),
  statistics: flag,
  eps: maybe(decimal([0, 1e30])),
  scale: whole(-126, 126),
  before: word(BEFORE),
};

const MADE: { readonly [Key in keyof Made]: Field<Made[Key]> } = {
  distribution: word(Object.keys(DISTRIBUTIONS) as Distribution[]),
  sigma: decimal(RANGES.sigma),
  mean: decimal(RANGES.mean),
  outlier: decimal(RANGES.outlier),
  n: whole(...RANGES.n),
};

function write<T extends object>(
  fields: { readonly [Key in keyof T]?: Field<T[Key]> },
  value: T,
  usual: T,
  to: URLSearchParams,
) {
  for (const key of Object.keys(fields) as (keyof T & string)[]) {
    const text = fields[key]?.text(value[key]) ?? "";
    if (text !== fields[key]?.text(usual[key])) to.set(key, text);
  }
}

function read<T extends object>(
  fields: { readonly [Key in keyof T]?: Field<T[Key]> },
  usual: T,
  from: URLSearchParams,
): T {
  const result = { ...usual };
  for (const key of Object.keys(fields) as (keyof T & string)[]) {
    const text = from.get(key);
    if (text === null) continue;
    try {
      const value = fields[key]?.value(text, key);
      if (value !== undefined) result[key] = value;
    } catch {
      // as it is at first
    }
  }
  return result;
}

/** "?format=bfloat16"; "" for the first view. */
export function addressOf(view: View): string {
  const query = new URLSearchParams();
  write<View>(FIELDS, view, FIRST_VIEW, query);
  if (view.source === "made") write(MADE, view.made, FIRST_VIEW.made, query);
  else if (view.source === "file") query.delete("sample");
  if (normText(view.norm) !== normText(view.norms[0])) query.set("norm", normText(view.norm));
  const text = query.toString().replaceAll("%2C", ",");
  return text && `?${text}`;
}

export function viewOf(address: string): View {
  const query = new URLSearchParams(address);
  const view = read<View>(FIELDS, FIRST_VIEW, query);
  const chosen = query.get("norm");
  const norm = view.norms.find((each) => normText(each) === chosen) ?? view.norms[0];
  return { ...view, norm, made: read(MADE, FIRST_VIEW.made, query) };
}
