// bfloat16 at the speed of float16, where no operation can tell.

import { bfloat16, type FormatSpec, format } from "../numerics/format.js";
import { type NormName, powerOf } from "../numerics/norm.js";
import { type Level, smallestIn } from "./headroom.js";
import type { InputCounts } from "./input.js";
import type { Subject } from "./normalization.js";

/**
 * bfloat16 without its outermost binades. It is emulated in float32 lanes, bfloat16 itself in float64 (assembly/formats/round.ts:
 * NARROW and WIDE); as long as all nonzero results are within these binades, both give the same bits.
 */
export const INNER: FormatSpec = /* @__PURE__ */ format({ precision: 8, emin: -117, emax: 109 });

/** The binades that results may reach, with some to spare for rounding. */
const MOST = 100;
const LEAST = -114;

/** The norms whose terms are |d| or d², which is what is known below. */
const SAFE: readonly NormName[] = ["l1", "l2", "linf", "range", "none", "topk"];

/**
 * The format for a normalization in bfloat16: INNER if all results are known to stay within it, else bfloat16.
 *
 * What is not zero is a multiple of some power of two 2^u, since additions never make digits below those of what is added:
 *
 *     x                      at least 2^e by the exponents of the data, u = e - 7
 *     sum for the mean       u as x
 *     mean                   at least 2^(e - 7) / n, u = e - 14 - log2 n
 *     d = x - mean           u as the mean
 *     terms, their mean      at least 2^(power · u), and 1 / n of that
 *     S                      its root, times a constant of at least 1/8
 */
export function bfloat16For(subject: Subject, levels: readonly Level[], input: InputCounts): FormatSpec {
  const { walk, norm, centred, weight, bias, eps, given } = subject;
  if (given || weight || bias || !SAFE.includes(norm.name) || (eps > 0 && eps < 2 ** LEAST)) return bfloat16;
  const power = powerOf(norm);
  const binades = Math.ceil(Math.log2(walk.count));
  const x = smallestIn(input);
  const d = centred ? x - 14 - binades : x;
  const statistic = power * d - binades;
  const scale = statistic / power - 3;
  const most = levels.reduce((most, { log }) => Math.max(most, log), Math.log2(walk.count * (input.absMax ?? 0))) + 1;
  const inside = Math.min(statistic, d - most) > LEAST && Math.max(most, -scale) < MOST;
  return inside ? INNER : bfloat16;
}
