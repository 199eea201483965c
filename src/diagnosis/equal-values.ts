// What becomes of a group of equal values, which eps is for: its deviation is 0, and S is made of eps alone.

import type { Numerics } from "../numerics/arithmetic.js";
import type { FormatSpec } from "../numerics/format.js";
import { epsPowerGiven, epsPowerOf, type NormSpec } from "../numerics/norm.js";

/** A number of at least 0, rounded to a format. */
export function rounded(value: number, { precision, emin, max, overflow, subnormals }: FormatSpec): number {
  const unit = 2 ** (Math.max(Math.floor(Math.log2(value)), emin) - precision + 1);
  // infinity has no unit
  const steps = unit < Infinity ? Math.round(value / unit) : Infinity;
  // halves go up there, to even here
  const result = (steps - value / unit === 0.5 ? steps - (steps % 2) : steps) * unit;
  if (result > max) return overflow === "infinity" ? Infinity : overflow === "nan" ? Number.NaN : max;
  return !subnormals && result < 2 ** emin ? 0 : result;
}

/** S of a group of equal values: factor · eps^(1 / power). */
export interface EpsRule {
  readonly power: number;
  readonly factor: number;
}

/**
 * @param factor Of the norm: Lp alone adds eps before it is multiplied by this.
 * @param given Whether deviations are given: the rule is that of a deviation of 0, and Lp adds eps to it.
 */
export const epsRule = (norm: NormSpec, factor: number, given: boolean): EpsRule =>
  given ? { power: epsPowerGiven(norm), factor: 1 } : { power: epsPowerOf(norm), factor: norm.power ? factor : 1 };

/** eps along with x · 2^exponent; none stays none, however large a power of 2^exponent is. */
export const scaledEps = (eps: number, exponent: number, power: number): number => eps && eps * 2 ** (exponent * power);

/** The format that 1 / S is computed in, and that which it goes to. */
type Formats = Pick<Numerics, "statistics" | "compute">;

/** Whether 1 / S of a group of equal values is a number, every operation rounded. */
export function survives(eps: number, { statistics, compute }: Formats, { power, factor }: EpsRule): boolean {
  const rn = (value: number): number => rounded(value, statistics);
  const root = power === 1 ? rn(eps) : rn(rn(eps) ** (1 / power));
  return rounded(rn(1 / (factor === 1 ? root : rn(root * rn(factor)))), compute) < Infinity;
}

/** The least number of the format of the statistics that survives; undefined if none does. */
export function leastEps(formats: Formats, rule: EpsRule): number | undefined {
  const { precision, emin, emax, subnormals } = formats.statistics;
  const fine = (eps: number): boolean => survives(eps, formats, rule);
  let exponent = subnormals ? emin - precision + 1 : emin;
  while (!fine(2 ** exponent)) if (++exponent > emax) return undefined;
  // between this power of two and the one before it
  const unit = 2 ** (Math.max(exponent - 1, emin) - precision + 1);
  let high = 2 ** exponent / unit;
  for (let low = high / 2; high - low > 1; ) {
    const middle = Math.floor((low + high) / 2);
    if (fine(middle * unit)) high = middle;
    else low = middle;
  }
  return high * unit;
}
