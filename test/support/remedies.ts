/** What remedies of a diagnosis are for the oracle. */

import type { Remedy } from "../../src/diagnosis/result.js";
import type { ArithmeticInUse } from "../../src/numerics/arithmetic.js";
import type { FormatName, FormatSpec } from "../../src/numerics/format.js";
import type { Arithmetic } from "../oracle/arithmetic.js";
import { scaledGroups } from "../oracle/remedies.js";
import type { Work } from "../oracle/work.js";
import { ORACLES } from "./formats.js";

const formatOf = (format: FormatName | FormatSpec) => (typeof format === "string" ? ORACLES[format] : format);

/** An arithmetic in the oracle's words. */
export function oracleArithmetic({ compute, accumulate, statistics, ...others }: ArithmeticInUse): Arithmetic {
  const sums = accumulate === "exact" ? accumulate : formatOf(accumulate);
  const apart = statistics && { statistics: formatOf(statistics) };
  return { compute: formatOf(compute), accumulate: sums, ...apart, ...others };
}

/** The work that a remedy stands for, and the one whose exact output is the aim: of another norm it is that norm's. */
export function remedied(work: Work, remedy: Remedy): { changed: Work; reference: Work } {
  const { arithmetic, scale = 1, groupScale, eps = work.eps, norm, centrings, change } = remedy;
  if (groupScale !== undefined) {
    const found = scaledGroups(work);
    if (found?.to !== groupScale) throw new RangeError(`groups are scaled to ${found?.to}, not to ${groupScale}`);
    return { changed: found.work, reference: work };
  }
  const scaled = (from: ArrayLike<number>) => Float64Array.from(from, (value) => value * scale);
  const { given } = work;
  const changed: Work = {
    ...work,
    eps,
    ...(change.includes("store in") && { stored: work.arithmetic.compute }),
    ...(arithmetic && { arithmetic: oracleArithmetic(arithmetic) }),
    values: scaled(work.values),
    ...(given && { given: { mean: scaled(given.mean), deviation: scaled(given.deviation) } }),
    ...(norm && { norm: norm as Work["norm"] }),
    ...(centrings && { centrings }),
  };
  return { changed, reference: norm ? { ...work, norm: changed.norm, eps } : work };
}
