// What kinds of kernels do to a tensor, each as a runtime has it: with the output as it is stored.

import { verdictOfError } from "../../diagnosis/bits.js";
import {
  type Diagnosis,
  type ErrorStatistics,
  float16,
  type KernelKind,
  type Remedy,
  type Verdict,
} from "../../index.js";
import { integer } from "../../text/words.js";

export interface KernelResult {
  readonly name: KernelKind;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Of the output as it is stored, in ulp of float16. */
  readonly error: ErrorStatistics;
  readonly headroom: number | null;
}

export function kernelResult(name: KernelKind, { verdict, reason, error, headroom }: Diagnosis): KernelResult {
  return { name, verdict, reason, error, headroom };
}

/** Whether it is everything in float32, stored in the format. */
export const isStored = ({ arithmetic, change }: Pick<Remedy, "arithmetic" | "change">): boolean =>
  arithmetic?.compute === "float32" && change.includes("store");

/**
 * The same of a kernel that computes in float32: its output has yet to be stored, of which the diagnosis knows nothing.
 *
 * @param stored The remedy that does it; undefined where nothing was computed, for there is nothing.
 */
export function storedResult(name: KernelKind, diagnosis: Diagnosis, stored: Remedy | undefined): KernelResult {
  const result = kernelResult(name, diagnosis);
  const { input, equalSpecials } = diagnosis;
  // of data that is none, whatever the arithmetic, the diagnosis has said all there is
  if (!stored || input.finite < input.count || equalSpecials)
    return { ...result, ...(stored && { error: stored.error }) };
  const { error } = stored;
  const { mismatchedSpecials, count } = error;
  if (mismatchedSpecials) {
    const many = `${integer(mismatchedSpecials)} of ${integer(count)} outputs`;
    return { ...result, error, verdict: "failed", reason: `${many} are NaN or infinite and should not be` };
  }
  return { ...result, error, ...verdictOfError(error, float16.precision, "float16") };
}
