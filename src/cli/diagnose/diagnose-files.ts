// The normalization of the tensors of files in a low precision, diagnosed norm by norm.

import { VERDICTS } from "../../diagnosis/words.js";
import type { Arithmetic, Diagnosis, Norm, Verdict } from "../../index.js";
import type { RawType, StoredType, Tally } from "../files/elements.js";
import { checkNames } from "../files/input.js";
import { reasonOf, reasonsLine } from "../files/left-out.js";
import { type Listing, placesOf } from "../files/places.js";
import { noTensor, selectTensors } from "../files/select-tensors.js";
import { residentBytes } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import type { FigureData } from "../report/figure-data.js";
import { isWithin } from "../terminal/checks.js";
import { FileError, UsageError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { runTasks } from "../workers/pool.js";
import type { Diagnosed, DiagnoseTask, Grouping } from "./worker.js";

export interface DiagnoseOptions {
  readonly files: readonly string[];
  /** Names or patterns; undefined: all tensors that can be diagnosed so. */
  readonly tensors: readonly string[] | undefined;
  /** What elements are that NumPy has no name for. */
  readonly as: RawType | undefined;
  readonly norms: readonly Norm[];
  /** What a group is. Default: by the number of dimensions. */
  readonly grouping: Grouping | undefined;
  readonly arithmetic: Arithmetic;
  readonly eps: number | undefined;
  readonly remedies: boolean | "auto";
  /** Tensors to work on at a time. Default: see cli/workers/pool.ts. */
  readonly jobs: number | undefined;
  /** Whether figures will be drawn. */
  readonly figures: boolean;
  /** The verdict from which on the check fails. */
  readonly failOn: "degraded" | "failed" | undefined;
  /** Largest error of an output that passes, in ulp. */
  readonly tolerance: number | undefined;
}

export interface DiagnosedTensor extends Tally {
  readonly file: string;
  readonly name: string;
  /** The elements in the file; `rounded` and `overflowed` count what reading float64 changed. */
  readonly stored: StoredType;
  /** In the order that was asked for. */
  readonly diagnoses: readonly Diagnosis[];
  /** Norms that this data does not have, such as top-10 of 8 elements. */
  readonly refused: readonly { readonly norm: Norm; readonly reason: string }[];
}

interface SkippedTensor {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

export interface DiagnoseResult {
  readonly schema: "halfnorm.cli.diagnose/1";
  readonly failOn: "degraded" | "failed" | null;
  readonly toleranceUlp: number | null;
  readonly tensors: readonly DiagnosedTensor[];
  /** What else is in the files, and why it was not diagnosed. */
  readonly skipped: readonly SkippedTensor[];
  /** The worst of all. */
  readonly verdict: Verdict;
  readonly passes: boolean;
}

const BEST_FIRST = Object.keys(VERDICTS) as Verdict[];
const rank = (verdict: Verdict): number => BEST_FIRST.indexOf(verdict);

/** The worst verdict. */
const worstOf = (diagnoses: readonly Diagnosis[]): Verdict =>
  BEST_FIRST[diagnoses.reduce((worst, { verdict }) => Math.max(worst, rank(verdict)), 0)];

const passes = ({ verdict, error }: Diagnosis, { failOn, tolerance }: DiagnoseOptions): boolean =>
  !(failOn && rank(verdict) >= rank(failOn)) && isWithin(tolerance, error);

/** Images and what is made of them have four dimensions, batch and channels first. */
const groupingOf = ({ tensor: { shape } }: Place): Grouping => ({ layer: shape.length > 3 ? "batch" : "layer" });

/** Memory that a diagnosis takes: the tensor, then errors or remedies in float32. */
const costOf = ({ tensor }: Place): number => residentBytes(tensor) + 4 * tensor.size;

/** What will be diagnosed; what is left out is added to `skipped`. */
async function candidatesOf({ files, tensors, as }: DiagnoseOptions, skipped: SkippedTensor[]): Promise<Place[]> {
  checkNames(files);
  const candidates: Place[] = [];
  const listings: Listing[] = [];
  for (const name of files) {
    const listing = await placesOf(name, as);
    listings.push(listing);
    for (const place of selectTensors(listing, tensors)) {
      if (place.tensor.size !== 1) candidates.push(place);
      else
        skipped.push({ file: place.label, name: place.name, reason: "one number, which nothing is normalized with" });
    }
    if (tensors) continue;
    for (const one of listing.skipped) skipped.push({ file: one.label, name: one.name, reason: reasonOf(one) });
  }
  if (!candidates.length) throw new UsageError(noTensor(listings, skipped));
  return candidates;
}

export interface Listener {
  /** Is given each tensor when it and all before it are done. */
  found(tensor: DiagnosedTensor, figures: FigureData | undefined): void;
  /** Is told the part that is done. */
  progress(done: number): void;
  /** Whether to begin another tensor. */
  goOn(): boolean;
}

/** @throws {UsageError | FileError} where nothing can be diagnosed, with the reasons. */
export async function diagnoseFiles(options: DiagnoseOptions, listener: Listener): Promise<DiagnoseResult> {
  const skipped: SkippedTensor[] = [];
  const candidates = await candidatesOf(options, skipped);
  const { norms, arithmetic, eps, remedies, jobs } = options;
  // what is done, in millionths
  const shared = new SharedArrayBuffer(4);
  const work = candidates.reduce((sum, { tensor }) => sum + tensor.size + 1, 0) * norms.length;
  const tasks = candidates.map(
    (place): DiagnoseTask => ({
      place,
      norms,
      figures: options.figures,
      options: { ...(options.grouping ?? groupingOf(place)), arithmetic, eps, remedies },
      progress: { shared, step: Math.floor((1e6 * (place.tensor.size + 1)) / work) },
    }),
  );
  const results: (DiagnosedTensor | undefined)[] = [];
  const figures: (FigureData | undefined)[] = [];
  const diagnosed: DiagnosedTensor[] = [];
  const done = (i: number, { figures: drawn, ...found }: Diagnosed): void => {
    const { label, tensor } = candidates[i];
    results[i] = { file: label, name: tensor.name, stored: tensor.stored, ...found };
    figures[i] = drawn;
    for (let next = results[at]; next; next = results[++at]) {
      const { file, name, refused, diagnoses } = next;
      if (diagnoses.length) {
        diagnosed.push(next);
        listener.found(next, figures[at]);
        continue;
      }
      const [{ reason }] = refused;
      skipped.push({ file, name, reason });
    }
  };
  let at = 0;
  const timer = setInterval(() => listener.progress(Atomics.load(new Int32Array(shared), 0) / 1e6), 100);
  const costs = candidates.map(costOf);
  const largest = candidates.reduce((most, { tensor }) => Math.max(most, tensor.bytes), 0);
  try {
    await runTasks<Diagnosed>("diagnose", tasks, { jobs, costs, largest, done, goOn: () => listener.goOn() });
  } finally {
    clearInterval(timer);
  }
  if (!diagnosed.length && skipped.length) {
    const [{ file, name, reason }, ...more] = skipped;
    throw new FileError(
      file,
      more.length ? `nothing can be diagnosed: ${reasonsLine(skipped)}` : `tensor ${quote(name)}: ${reason}`,
    );
  }
  const all = diagnosed.flatMap(({ diagnoses }) => diagnoses);
  return {
    schema: "halfnorm.cli.diagnose/1",
    failOn: options.failOn ?? null,
    toleranceUlp: options.tolerance ?? null,
    tensors: diagnosed,
    skipped,
    verdict: worstOf(all),
    passes: all.every((diagnosis) => passes(diagnosis, options)),
  };
}
