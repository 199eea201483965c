// Names and numbers of a diagnosis, for sentences.

import { isObject } from "../checks/arguments.js";
import type { Order, OrderName } from "../numerics/arithmetic.js";

import type { Style } from "../text/page.js";
import { fixed, formatWords, integer } from "../text/words.js";
import type {
  DiagnosisEvent,
  DiagnosisSubject,
  ErrorStatistics,
  EventPlace,
  LayerName,
  Remedy,
  Verdict,
} from "./result.js";

export const LAYERS: Readonly<Record<LayerName, string>> = {
  batch: "batch norm",
  layer: "layer norm",
  instance: "instance norm",
  group: "group norm",
  rms: "RMS norm",
};

/** The default first. */
export const ORDERS: Readonly<Record<OrderName, string>> = {
  lanes: "in 32 lanes",
  sequential: "one by one",
  pairwise: "pairwise",
};

/** From best to worst, as they are painted. */
export const VERDICTS: Readonly<Record<Verdict, Style>> = { ok: "green", degraded: "yellow", failed: "red" };

/** Titles of columns, the same in all tables. Errors are in units of the last place, headroom is in binades. */
export const TITLES = {
  sqnr: "SQNR dB",
  gain: "gain dB",
  specials: "NaN/inf",
  median: "median ulp",
  p99: "99 % ulp",
  worst: "worst ulp",
  rms: "rms ulp",
} as const;

export const orderWords = (order: Order): string => (isObject(order) ? `in ${order.lanes} lanes` : ORDERS[order]);

/**
 * "float16, sums in float32 one by one", "float16, statistics in float32, sums in 64 lanes, output as x · a + b, n rounded";
 * without sums, where the statistics are given.
 */
export function arithmeticWords({ arithmetic, given }: Pick<DiagnosisSubject, "arithmetic" | "given">): string {
  const { compute, accumulate, order, statistics = compute, tail, count } = arithmetic;
  const format = formatWords(compute);
  const own = formatWords(statistics);
  const other = accumulate === "exact" ? own : formatWords(accumulate);
  const sums = accumulate === "exact" ? "exact" : `${other === own ? "" : `in ${other} `}${orderWords(order)}`;
  return [
    format,
    own !== format && `${given ? "1 / S" : "statistics"} in ${own}`,
    !given && `sums ${sums}`,
    tail && "output as x · a + b",
    !given && count && "n rounded",
  ]
    .filter(Boolean)
    .join(", ");
}

export const ulp = (value: number | null): string => fixed(value, 2);

export const placeWords = ({ group, index }: EventPlace): string =>
  `group ${group}${index === null ? "" : `, element ${index}`}`;

/** Of one, and of many. */
export const EVENT_VERBS: Readonly<Record<DiagnosisEvent, readonly [string, string]>> = {
  overflow: ["overflows", "overflow"],
  invalid: ["gives NaN", "give NaN"],
  underflow: ["becomes 0", "become 0"],
  stagnation: ["changes nothing", "change nothing"],
  subnormal: ["is subnormal", "are subnormal"],
};

/**
 * What a remedy gains in dB, of the output with this error: Infinity where NaN and infinities go away, or where there was
 * nothing but noise.
 */
export function gainOf({ error, gainDb }: Remedy, found: ErrorStatistics): number {
  if (error.mismatchedSpecials !== found.mismatchedSpecials) {
    return error.mismatchedSpecials < found.mismatchedSpecials ? Infinity : -Infinity;
  }
  return gainDb ?? (found.sqnrDb === null && found.maxAbs && error.sqnrDb !== null ? Infinity : 0);
}

/** "+66.3", in dB; "+∞" where nothing measures what is gained. */
export function gainCell(remedy: Remedy, found: ErrorStatistics): string {
  const { gainDb } = remedy;
  if (gainDb !== null) return `${gainDb < 0 ? "" : "+"}${fixed(gainDb, 1)}`;
  return gainOf(remedy, found) === Infinity ? "+∞" : "-";
}

/** "+66.3 dB", or what else there is to gain. */
export function gainWords(remedy: Remedy, found: ErrorStatistics): string {
  const left = remedy.error.mismatchedSpecials;
  if (left < found.mismatchedSpecials)
    return left ? `${integer(found.mismatchedSpecials - left)} NaN/inf fewer` : "no NaN/inf left";
  return remedy.gainDb === null ? "" : `${gainCell(remedy, found)} dB`;
}
