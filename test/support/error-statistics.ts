/** Statistics of errors beside those of the oracle where both are of the same numbers, which leaves nothing to rounding but sums. */

import { expect } from "vitest";
import type { ErrorStatistics } from "../../src/diagnosis/result.js";

/** These are of numbers added in another order. */
const SUMS: readonly (keyof ErrorStatistics)[] = ["meanUlp", "rmsUlp", "sqnrDb", "cosine"];

/** Fails unless statistics are those that are wanted. */
export function expectStatistics(found: ErrorStatistics, wanted: ErrorStatistics): void {
  for (const key of Object.keys(wanted) as (keyof ErrorStatistics)[]) {
    const [a, b] = [found[key], wanted[key]];
    if (a === null || b === null || !SUMS.includes(key)) expect(a, key).toBe(b);
    else expect(Math.abs(a - b), key).toBeLessThanOrEqual(1e-12 * (Math.abs(b) + (wanted.rmsUlp ?? 0)));
  }
}
