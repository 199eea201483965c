// What a worker thread does: one tensor at a time, read into kernel memory where it is worked on.

import {
  type Arithmetic,
  type Comparison,
  compare,
  type Diagnosis,
  diagnose,
  empty,
  type FormatName,
  type LayerName,
  type Norm,
  type Tensor,
} from "../../index.js";
import type { Tally } from "../files/elements.js";
import { Source } from "../files/source.js";
import { readTensor } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import type { FigureData } from "../report/figure-data.js";
import { FileError, quote } from "../terminal/errors.js";

/** What reading changed. */
export interface Loaded extends Tally {
  readonly tensor: Tensor;
}

export interface CompareTask {
  readonly kind: "compare";
  readonly actual: Place;
  readonly expected: Place;
  readonly format: FormatName | undefined;
}

export interface Compared {
  readonly comparison: Comparison;
  /** What reading changed of the actual and of the expected tensor. */
  readonly actual: Tally;
  readonly expected: Tally;
}

/** What is normalized together: as a layer has it, or along axes. */
export type Grouping =
  | { readonly layer: LayerName; readonly axis?: number | undefined; readonly groups?: number | undefined }
  | { readonly axes: readonly number[]; readonly centred?: boolean | undefined };

export interface DiagnoseTask {
  readonly kind: "diagnose";
  readonly place: Place;
  readonly norms: readonly Norm[];
  readonly options: Grouping & {
    readonly arithmetic: Arithmetic;
    readonly eps: number | undefined;
    readonly remedies: boolean;
  };
  /** Whether figures will be drawn. */
  readonly figures: boolean;
  /** A 32-bit integer that grows by `step` with every norm that is done. */
  readonly progress: { readonly shared: SharedArrayBuffer; readonly step: number };
}

export interface Diagnosed extends Tally {
  readonly diagnoses: readonly Diagnosis[];
  /** Norms and layers that this tensor does not have, such as top-10 of 8 elements. */
  readonly refused: readonly { readonly norm: Norm; readonly reason: string }[];
  /** If asked for. */
  readonly figures: FigureData | undefined;
}

export type Task = CompareTask | DiagnoseTask;

/** A result, or why there is none, in one line: errors lose their class between threads. */
export type Outcome<T> = { readonly result: T } | { readonly problem: string };

/** Reads a tensor straight into kernel memory. */
async function load({ path, label, identity, tensor: stored }: Place): Promise<Loaded> {
  const source = await Source.open(path, label, identity);
  try {
    const tensor = empty(stored.shape, stored.dtype);
    const { rounded, overflowed } = await readTensor(source, stored, tensor.data as Float32Array | Uint16Array);
    return { tensor, rounded, overflowed };
  } finally {
    await source.close();
  }
}

const tally = ({ rounded, overflowed }: Tally): Tally => ({ rounded, overflowed });

async function runCompare({ actual, expected, format }: CompareTask): Promise<Compared> {
  const a = await load(actual);
  const e = await load(expected);
  try {
    const comparison = compare(a.tensor, e.tensor, { format });
    return { comparison, actual: tally(a), expected: tally(e) };
  } finally {
    a.tensor.dispose();
    e.tensor.dispose();
  }
}

async function runDiagnose({ place, norms, options, figures, progress }: DiagnoseTask): Promise<Diagnosed> {
  const { tensor, ...changed } = await load(place);
  const diagnoses: Diagnosis[] = [];
  const refused: { norm: Norm; reason: string }[] = [];
  try {
    for (const norm of norms) {
      try {
        diagnoses.push(diagnose(tensor, { ...options, norm }));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused.push({ norm, reason: error.message });
      }
      Atomics.add(new Int32Array(progress.shared), 0, progress.step);
    }
    const { figureData } = figures ? await import("../report/figure-data.js") : {};
    return { diagnoses, refused, ...changed, figures: figureData?.(tensor, diagnoses) };
  } finally {
    tensor.dispose();
  }
}

export default async function work(task: Task): Promise<Outcome<Compared | Diagnosed>> {
  try {
    return { result: task.kind === "compare" ? await runCompare(task) : await runDiagnose(task) };
  } catch (error) {
    if (error instanceof FileError) return { problem: error.message };
    // a tensor that is too large, or of another shape
    if (error instanceof RangeError) {
      const { label, tensor } = task.kind === "compare" ? task.actual : task.place;
      return { problem: new FileError(label, `tensor ${quote(tensor.name)}: ${error.message}`).message };
    }
    throw error;
  }
}
