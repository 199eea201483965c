// The eps that is taken where none is given.

import type { Numerics } from "./arithmetic.js";
import { DEFAULT_EPS } from "./constants.js";
import type { FormatSpec } from "./format.js";
import { epsPowerGiven, type NormSpec } from "./norm.js";

/**
 * 1e-5, or if that is more the least number of the format of the statistics with which 1 / S of a group of equal values is
 * finite, in that and in the compute format: S is factor · eps^(1 / power) there. In float16 that is 257 · 2^-24 for all
 * norms but L2. Native arithmetic always takes 1e-5.
 *
 * @param factor Of the norm. Only Lp adds eps before it is multiplied by this.
 * @param given Whether the deviation is given: then Lp adds eps to that.
 * @param usual In the place of 1e-5.
 */
export function defaultEps(
  numerics: Numerics | undefined,
  norm: NormSpec,
  factor: number,
  given = false,
  usual = DEFAULT_EPS,
): number {
  if (!numerics) return usual;
  const own = given ? 0 : norm.power;
  const root = epsPowerGiven(norm);
  const { compute, statistics } = numerics;
  const { precision, emin, subnormals } = statistics;
  // the root and the product of Lp are rounded, too, and so is 1 / S where it goes to another format
  const slack = own || statistics !== compute ? 1 + 2 ** (3 - precision) : 1;
  // what is less than half a unit beyond the largest number is rounded to that; the root of L2 is rounded before
  const most = (format: FormatSpec): number =>
    format.overflow === "saturate" ? Infinity : format.max + (2 - root) * 2 ** (format.emax - format.precision);
  const exact = (slack / (own ? factor : 1) / Math.min(most(compute), most(statistics))) ** (own || root);
  const unit = 2 ** (Math.max(Math.floor(Math.log2(exact)), emin) - precision + 1);
  return Math.max(usual, Math.ceil(exact / unit) * unit, subnormals ? unit : 2 ** emin);
}
