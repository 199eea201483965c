// The diagnoses of one tensor, in a thread of its own where that is worth it.

import { setImmediate } from "node:timers/promises";
import {
  type Arithmetic,
  type Diagnosis,
  diagnose,
  type KernelKind,
  kernels as kernelsByName,
  type LayerName,
  type Norm,
  type Remedy,
  type Tensor,
  toFloat16,
} from "../../index.js";
import { isStored, type KernelResult, kernelResult, storedResult } from "../diagnosed/kernel-results.js";
import type { Tally } from "../files/elements.js";
import type { Place } from "../files/tensor-file.js";
import type { FigureData } from "../report/figure-data.js";
import { load, worker } from "../workers/task.js";

/** What is normalized together: as a layer has it, or along axes. */
export type Grouping =
  | { readonly layer: LayerName; readonly axis?: number | undefined; readonly groups?: number | undefined }
  | { readonly axes: readonly number[]; readonly centred?: boolean | undefined };

/** Means and deviations to apply. */
export interface GivenStatistics {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

export interface DiagnoseTask {
  readonly place: Place;
  readonly norms: readonly Norm[];
  /** Kinds of kernels in the place of the arithmetic, for one norm. */
  readonly kernels: readonly KernelKind[] | undefined;
  readonly options: Grouping &
    Partial<GivenStatistics> & {
      readonly arithmetic: Arithmetic;
      readonly eps: number | undefined;
      readonly remedies: boolean | "auto";
    };
  /** Whether figures will be drawn. */
  readonly figures: boolean;
  /** A 32-bit integer that grows by `step` with every norm that is done. */
  readonly progress: { readonly shared: SharedArrayBuffer; readonly step: number };
}

export interface Diagnosed extends Tally {
  readonly diagnoses: readonly Diagnosis[];
  /** Of kernels: one for each diagnosis. */
  readonly kernels?: readonly KernelResult[];
  /** Norms and layers that this tensor does not have, such as top-10 of 8 elements. */
  readonly refused: readonly { readonly norm: Norm; readonly reason: string }[];
  /** If asked for. */
  readonly figures: FigureData | undefined;
}

/** All in float32, of the tensor as float16 stores it: kernels of that kind read and write float16. */
function diagnoseStored(tensor: Tensor, options: DiagnoseTask["options"], norm: Norm): Diagnosis {
  const stored = tensor.dtype === "float16" ? tensor : toFloat16(tensor);
  try {
    return diagnose(stored, { ...options, norm, arithmetic: kernelsByName.float32 });
  } finally {
    if (stored !== tensor) stored.dispose();
  }
}

/** Kinds of kernels side by side. What is stored is known from the remedy of the first that is just that. */
async function compareKernels(tensor: Tensor, { norms: [norm], kernels = [], options, progress }: DiagnoseTask) {
  const diagnoses: Diagnosis[] = [];
  const found: KernelResult[] = [];
  const wanted = options.remedies;
  let stored: Remedy | undefined;
  for (const name of kernels) {
    if (name === "float32") {
      const diagnosis = diagnoseStored(tensor, options, norm);
      diagnoses.push(diagnosis);
      found.push(storedResult(name, diagnosis, stored));
    } else {
      const arithmetic = kernelsByName[name];
      const diagnosis = diagnose(tensor, { ...options, norm, arithmetic, remedies: stored ? wanted : true });
      stored ??= diagnosis.remedies.find(isStored);
      const shown = wanted === true || (wanted === "auto" && diagnosis.verdict !== "ok");
      diagnoses.push(shown ? diagnosis : { ...diagnosis, remedies: [] });
      found.push(kernelResult(name, diagnosis));
    }
    Atomics.add(new Int32Array(progress.shared), 0, progress.step);
    await setImmediate(); // it may be this thread that shows it
  }
  return { diagnoses, kernels: found };
}

async function run(task: DiagnoseTask): Promise<Diagnosed> {
  const { place, norms, options, figures, progress } = task;
  const { tensor, ...changed } = await load(place);
  const diagnoses: Diagnosis[] = [];
  let kernels: readonly KernelResult[] | undefined;
  const refused: { norm: Norm; reason: string }[] = [];
  try {
    for (const norm of norms) {
      try {
        if (task.kernels) {
          const compared = await compareKernels(tensor, task);
          diagnoses.push(...compared.diagnoses);
          kernels = compared.kernels;
          continue;
        }
        diagnoses.push(diagnose(tensor, { ...options, norm }));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused.push({ norm, reason: error.message });
      }
      Atomics.add(new Int32Array(progress.shared), 0, progress.step);
      await setImmediate(); // it may be this thread that shows it
    }
    const { figureData } = figures ? await import("../report/figure-data.js") : {};
    return { diagnoses, ...(kernels && { kernels }), refused, ...changed, figures: figureData?.(tensor, diagnoses) };
  } finally {
    tensor.dispose();
  }
}

export default worker(({ place }: DiagnoseTask) => place, run);
