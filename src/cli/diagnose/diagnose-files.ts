// The normalization of the tensors of files in a low precision, diagnosed norm by norm.

import { VERDICTS } from "../../diagnosis/words.js";
import type { Arithmetic, Diagnosis, Norm, Verdict } from "../../index.js";
import type { StoredType, Tally } from "../files/elements.js";
import { checkNames, inputOf } from "../files/input.js";
import { selectTensors } from "../files/select-tensors.js";
import { residentBytes, type StoredTensor } from "../files/stored-tensor.js";
import { type Place, TensorFile } from "../files/tensor-file.js";
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
  readonly norms: readonly Norm[];
  /** What a group is. Default: by the number of dimensions. */
  readonly grouping: Grouping | undefined;
  readonly arithmetic: Arithmetic;
  readonly eps: number | undefined;
  readonly remedies: boolean;
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
const groupingOf = ({ shape }: StoredTensor): Grouping => ({ layer: shape.length > 3 ? "batch" : "layer" });

/** Memory that a diagnosis takes: the tensor, then errors or remedies in float32. */
const costOf = ({ tensor }: Place): number => residentBytes(tensor) + 4 * tensor.size;

async function candidatesOf({ files, tensors }: DiagnoseOptions, skipped: SkippedTensor[]): Promise<readonly Place[]> {
  checkNames(files);
  const candidates: Place[] = [];
  for (const name of files) {
    const input = await inputOf(name);
    const file = await TensorFile.open(input.path, input.label);
    await file.close();
    const { identity } = file;
    const skip = (name: string, reason: string): unknown => skipped.push({ file: input.label, name, reason });
    for (const tensor of selectTensors(file, tensors, input.label)) {
      if (tensor.size || tensors) candidates.push({ ...input, identity, tensor });
      else skip(tensor.name, "without elements");
    }
    if (!tensors) for (const { name, type } of file.skipped) skip(name, `of type ${quote(type)}`);
  }
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

/** @throws {UsageError | FileError} also for a tensor that cannot be diagnosed, if it was asked for or is the only one. */
export async function diagnoseFiles(options: DiagnoseOptions, listener: Listener): Promise<DiagnoseResult> {
  const skipped: SkippedTensor[] = [];
  const candidates = await candidatesOf(options, skipped);
  if (!candidates.length) throw new UsageError(`${options.files[0]} has no float tensor`);
  const { norms, arithmetic, eps, remedies, jobs, tensors } = options;
  // what is done, in millionths
  const shared = new SharedArrayBuffer(4);
  const work = candidates.reduce((sum, { tensor }) => sum + tensor.size + 1, 0) * norms.length;
  const tasks = candidates.map(
    (place): DiagnoseTask => ({
      place,
      norms,
      figures: options.figures,
      options: { ...(options.grouping ?? groupingOf(place.tensor)), arithmetic, eps, remedies },
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
      if (tensors || candidates.length === 1) throw new FileError(file, `tensor ${quote(name)}: ${reason}`);
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
    const [{ file, name, reason }] = skipped;
    throw new FileError(file, `tensor ${quote(name)}: ${reason}`);
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
