// The eps that is taken where none is given.

import type { Numerics } from "./arithmetic.js";
import { DEFAULT_EPS } from "./constants.js";
import { epsPowerGiven, type NormSpec } from "./norm.js";

/**
 * 1e-5, or if that is more the least number of the compute format with which 1 / S of a group of equal values is finite:
 * S is factor · eps^(1 / power) there. In float16 that is 257 · 2^-24 for all norms but L2. Native arithmetic always
 * takes 1e-5.
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
  const { precision, emin, max, overflow, subnormals } = numerics.compute;
  const own = given ? 0 : norm.power;
  // the root and the product of Lp are rounded, too
  const slack = own ? (1 + 2 ** (3 - precision)) / factor : 1;
  const exact = overflow === "saturate" ? 0 : (slack / max) ** (own || epsPowerGiven(norm));
  const unit = 2 ** (Math.max(Math.floor(Math.log2(exact)), emin) - precision + 1);
  return Math.max(usual, Math.ceil(exact / unit) * unit, subnormals ? unit : 2 ** emin);
}
