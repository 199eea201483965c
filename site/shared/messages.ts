// What the page and its workers tell each other.

import type { Diagnosis } from "halfnorm";
import type { ModelDiagnosis } from "halfnorm/onnx";
import type { Assumed, DiagnosedTensor } from "../../src/cli/diagnosed/result.js";
import type { SigmaSweep } from "../../src/cli/diagnosed/sweeps.js";
import type { FigureData } from "../../src/cli/report/figure-data.js";
import type { View } from "./view.js";

/** What a worker is asked for. */
export type Work =
  /** What can be shown at once. */
  | { readonly kind: "first"; readonly view: View; readonly file: File | undefined; readonly group: number }
  /** Everything else about it. */
  | { readonly kind: "rest"; readonly view: View; readonly file: File | undefined }
  /** What figures of a report need besides. */
  | { readonly kind: "figures"; readonly view: View; readonly file: File | undefined }
  /** The tensor as a .npy file. */
  | { readonly kind: "npy"; readonly view: View; readonly file: File | undefined }
  /** Names of the tensors in a file. */
  | { readonly kind: "contents"; readonly view: View; readonly file: File | undefined }
  | { readonly kind: "model"; readonly file: File; readonly inputs: File | undefined; readonly runtime: string };

export interface Request {
  readonly id: number;
  /** undefined: what went on before is given up. */
  readonly work?: Work;
}

/** The tensor that is shown. */
export interface About {
  readonly file: string;
  readonly name: string;
  readonly stored: DiagnosedTensor["stored"];
  readonly shape: readonly number[];
  readonly assumed: Assumed | null;
  readonly groups: number;
  readonly groupSize: number;
  /** What else is to be said of it. */
  readonly notes: readonly string[];
}

/** The sum of a group as it grows, in the format and exact. */
export interface RunningSum {
  /** What is added. */
  readonly what: string;
  readonly group: number;
  readonly n: number;
  /** Terms so far, at each point. */
  readonly index: readonly number[];
  readonly exact: readonly number[];
  /** Infinite or NaN where the sum is lost. */
  readonly computed: readonly number[];
  /** The largest number of the format that is summed in, and its name. */
  readonly limit: number;
  readonly format: string;
}

/** Why there is none. */
export interface NoSum {
  readonly why: string;
}

/** Parts of an answer, in any order. */
export type Part =
  | { readonly part: "about"; readonly about: About }
  /** `counted`: the elements from the front that the histogram is of, scaled to all. */
  | { readonly part: "magnitudes"; readonly input: Diagnosis["input"]; readonly counted: number }
  | { readonly part: "running"; readonly running: RunningSum | NoSum }
  /** Of one of the norms; again with remedies. */
  | { readonly part: "diagnosis"; readonly at: number; readonly diagnosis: Diagnosis }
  | { readonly part: "refused"; readonly at: number; readonly reason: string }
  | { readonly part: "sigma"; readonly sweep: SigmaSweep; readonly median: number | undefined };

/** The last of an answer, by what was asked for. */
export interface Values {
  readonly first: null;
  readonly rest: DiagnosedTensor;
  readonly figures: { readonly tensor: DiagnosedTensor; readonly figures: FigureData; readonly sweeps: SigmaSweep[] };
  readonly npy: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly contents: { readonly tensors: readonly string[]; readonly skipped: readonly string[] };
  readonly model: ModelDiagnosis;
}

export type Reply = { readonly id: number } & (
  | { readonly part: Part }
  /** What went on before is done or given up. */
  | { readonly begun: true }
  /** From 0 to 1. */
  | { readonly progress: number }
  | { readonly value: Values[keyof Values] }
  /** What is wrong, in a sentence. */
  | { readonly problem: string }
);
