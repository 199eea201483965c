/**
 * Powers and roots rounded once to a format. Math.pow decides wherever its error cannot matter; next to a boundary
 * between two results (products that are exact ties occur at p = 1.5, 3 and the like) whole numbers are compared.
 */
import { Exact } from "./exact.js";
import { type Format, neighbours, roundTo } from "./formats.js";

/** Above the error of Math.pow (below one unit in the last place), far below the spacing of any format. */
const DOUBT = 2 ** -49;

/** RN_F(base^p) for base >= 0 and p >= 1. */
export function power(format: Format, base: number, p: number): number {
  return decide(format, base ** p, (boundary) => comparePower(Exact.of(base), p, Exact.of(boundary)));
}

/** RN_F(base^(1/p)) for base >= 0 and p >= 1. */
export function root(format: Format, base: number, p: number): number {
  // base^(1/p) > boundary exactly when base > boundary^p.
  return decide(format, base ** (1 / p), (boundary) => -comparePower(Exact.of(boundary), p, Exact.of(base)));
}

/** Rounds an approximation; `compare` tells on which side of a boundary the real value lies. */
function decide(format: Format, near: number, compare: (boundary: number) => number): number {
  if (!Number.isFinite(near) || near === 0) return roundTo(format, near);
  const low = roundTo(format, near * (1 - DOUBT));
  if (Object.is(low, roundTo(format, near * (1 + DOUBT)))) return low;
  const { below, above } = neighbours(format, near);
  const boundary = (below + above) / 2;
  return roundTo(format, boundary * (1 + DOUBT * compare(boundary)));
}

/** The sign of base^p - other, for p = a / 2^k with small a and k. */
function comparePower(base: Exact, p: number, other: Exact): number {
  let numerator = p;
  let denominator = 1;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2;
  }
  if (denominator > 16 || numerator > 256) throw new RangeError(`no exact comparison for p = ${p}`);
  return wholePower(base, numerator).compare(wholePower(other, denominator));
}

function wholePower(base: Exact, exponent: number): Exact {
  return new Exact(base.numerator ** BigInt(exponent), base.denominator ** BigInt(exponent));
}
