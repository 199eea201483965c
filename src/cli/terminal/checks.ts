// Checks that can be asked for, and what the exit code says of them.

import type { ErrorStatistics } from "../../index.js";

/** Exit codes. */
export const FINE = 0;
export const CHECK_FAILED = 1;
export const BAD_USAGE = 2;

/** Whether errors are within a tolerance, in ulp, with no NaN and no infinity in one of the tensors alone. Without one, all are. */
export const isWithin = (tolerance: number | undefined, { maxUlp, mismatchedSpecials }: ErrorStatistics): boolean =>
  tolerance === undefined || (Math.abs(maxUlp ?? 0) <= tolerance && mismatchedSpecials === 0);
