// What is known of the tensors of files that were diagnosed, and what all of them come to.

import { VERDICTS } from "../../diagnosis/words.js";
import type { Diagnosis, Norm, Verdict } from "../../index.js";
import { normWords } from "../../text/words.js";
import type { StoredType, Tally } from "../files/elements.js";
import { reasonsLine } from "../files/left-out.js";
import type { Labelled } from "../report/plots.js";
import { isWithin } from "../terminal/checks.js";
import { FileError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import type { KernelResult } from "./kernel-results.js";

export const DIAGNOSE_SCHEMA = "halfnorm.cli.diagnose/1";

/** What a tensor was taken for, where nobody said what is normalized. */
export const ASSUMPTIONS = ["weight", "layer", "batch"] as const;
export type Assumed = (typeof ASSUMPTIONS)[number];

export interface DiagnosedTensor extends Tally {
  readonly file: string;
  readonly name: string;
  /** The elements in the file; `rounded` and `overflowed` count what reading float64 changed. */
  readonly stored: StoredType;
  readonly assumed: Assumed | null;
  /** In the order that was asked for. */
  readonly diagnoses: readonly Diagnosis[];
  /** Where they are of kinds of kernels in place of norms: what each comes to with what it stores. */
  readonly kernels?: readonly KernelResult[];
  /** Norms that this data does not have, such as top-10 of 8 elements. */
  readonly refused: readonly { readonly norm: Norm; readonly reason: string }[];
}

export interface SkippedTensor {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

/** The JSON of a diagnosis of files; that of a part has more besides. */
export interface DiagnoseResult {
  readonly schema: typeof DIAGNOSE_SCHEMA;
  readonly failOn: FailOn | null;
  readonly toleranceUlp: number | null;
  readonly tensors: readonly DiagnosedTensor[];
  /** What else is in the files, and why it was not diagnosed. */
  readonly skipped: readonly SkippedTensor[];
  /** The worst of all. */
  readonly verdict: Verdict;
  readonly passes: boolean;
}

/** From which verdict on a check fails. */
export const FAIL_ON = ["degraded", "failed"] as const;
type FailOn = (typeof FAIL_ON)[number];

export interface Checks {
  /** The verdict from which on the check fails. */
  readonly failOn: FailOn | undefined;
  /** Largest error of an output that passes, in ulp. */
  readonly tolerance: number | undefined;
}

const BEST_FIRST = Object.keys(VERDICTS) as Verdict[];
const rank = (verdict: Verdict): number => BEST_FIRST.indexOf(verdict);

/** A diagnosis, and what tells it from the others of its tensor: its norm, or the kind of its kernel, with what that comes to. */
export const labelled = ({ diagnoses, kernels }: DiagnosedTensor): Labelled[] =>
  diagnoses.map((diagnosis, i) => {
    if (!kernels) return { label: normWords(diagnosis.subject.norm), diagnosis };
    const { name, ...result } = kernels[i];
    return { label: name, diagnosis: { ...diagnosis, ...result } };
  });

/** What all tensors come to, as they come. */
export class Totals {
  /** How many there were. */
  tensors = 0;
  /** The worst of all. */
  verdict: Verdict = BEST_FIRST[0];
  passes = true;
  /** Verdicts of each norm, or kernel. */
  readonly counts = new Map<string, Record<Verdict, number>>();

  constructor(private readonly checks: Checks) {}

  add(tensor: DiagnosedTensor): void {
    this.tensors++;
    for (const { label, diagnosis } of labelled(tensor)) {
      const { verdict, error, equalSpecials } = diagnosis;
      const { failOn, tolerance } = this.checks;
      const row = this.counts.get(label) ?? { ok: 0, degraded: 0, failed: 0 };
      row[verdict]++;
      this.counts.set(label, row);
      if (rank(verdict) > rank(this.verdict)) this.verdict = verdict;
      this.passes &&= !(failOn && rank(verdict) >= rank(failOn)) && isWithin(tolerance, error);
      // no NaN is within a tolerance, whoever is to blame for it
      this.passes &&= tolerance === undefined || !equalSpecials;
    }
  }
}

/** Why nothing can be diagnosed. */
export function nothingLeft(skipped: readonly SkippedTensor[]): FileError {
  const [{ file, name, reason }, ...more] = skipped;
  const problem = more.length
    ? `nothing can be diagnosed: ${reasonsLine(skipped)}`
    : `tensor ${quote(name)}: ${reason}`;
  return new FileError(file, problem);
}
