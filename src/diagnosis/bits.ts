// What an error leaves of the digits of a format, and what that comes to.

import { brief } from "../text/words.js";
import type { Diagnosis, ErrorStatistics } from "./result.js";

export type Judgement = Pick<Diagnosis, "verdict" | "reason">;

/**
 * The bits that are left of a tensor as a whole: its SQNR by 6.02 dB. All of the format's without any error; none where
 * there is nothing but error, because every exact value is 0.
 */
function bitsLeft({ sqnrDb, maxAbs }: ErrorStatistics, precision: number): number {
  if (sqnrDb === null) return maxAbs ? 0 : precision;
  const bit = 20 * Math.log10(2); // in dB
  return Math.min(Math.max(sqnrDb / bit, 0), precision);
}

/** With fewer bits than these, of a format with `precision` bits, an output is no longer fine, and no longer usable. */
const leastBits = (precision: number): { fine: number; usable: number } => ({
  fine: Math.max(precision - 3, precision / 2 + 0.5),
  usable: Math.min(3, precision / 2),
});

/** What an error without NaN and infinities comes to, in a format of so many bits. */
export function verdictOfError(error: ErrorStatistics, precision: number, name: string): Judgement {
  const bits = bitsLeft(error, precision);
  const least = leastBits(precision);
  const snr = error.sqnrDb === null ? "" : ` (SQNR ${brief(error.sqnrDb)} dB)`;
  const kept =
    error.sqnrDb === null && error.maxAbs
      ? `the exact output is 0 everywhere, and this one is up to ${brief(error.maxAbs)}`
      : error.maxAbs
        ? `the output keeps ${brief(bits)} of the ${precision} bits of ${name}${snr}`
        : "the output is exact";
  return { verdict: bits < least.usable ? "failed" : bits < least.fine ? "degraded" : "ok", reason: kept };
}
