// The diagnoses of one tensor, in a thread of its own where that is worth it.

import { setImmediate } from "node:timers/promises";
import { type Arithmetic, type Diagnosis, diagnose, type LayerName, type Norm } from "../../index.js";
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
  /** Norms and layers that this tensor does not have, such as top-10 of 8 elements. */
  readonly refused: readonly { readonly norm: Norm; readonly reason: string }[];
  /** If asked for. */
  readonly figures: FigureData | undefined;
}

async function run({ place, norms, options, figures, progress }: DiagnoseTask): Promise<Diagnosed> {
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
      await setImmediate(); // it may be this thread that shows it
    }
    const { figureData } = figures ? await import("../report/figure-data.js") : {};
    return { diagnoses, refused, ...changed, figures: figureData?.(tensor, diagnoses) };
  } finally {
    tensor.dispose();
  }
}

export default worker(({ place }: DiagnoseTask) => place, run);
