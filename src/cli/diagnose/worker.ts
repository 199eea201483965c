// The diagnoses of one tensor, in a thread of its own where that is worth it.

import { setImmediate } from "node:timers/promises";
import {
  type Arithmetic,
  type Diagnosis,
  diagnose,
  empty,
  type KernelKind,
  kernels as kernelsByName,
  type Norm,
  type Remedy,
  type Tensor,
  toFloat16,
} from "../../index.js";
import type { Grouping } from "../diagnosed/assumed.js";
import { isStored, type KernelResult, kernelResult, storedResult } from "../diagnosed/kernel-results.js";
import type { DiagnosedTensor } from "../diagnosed/result.js";
import type { Tally } from "../files/elements.js";
import { residentBytes } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import type { FigureData } from "../report/figure-data.js";
import { messageOf } from "../terminal/errors.js";
import { ALONE, type Company } from "../workers/company.js";
import { load, worker } from "../workers/task.js";
import { pieceOf } from "./pieces.js";

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

/** What is found of a tensor; what it is called and taken for is known without. */
export interface Diagnosed extends Omit<DiagnosedTensor, "file" | "name" | "stored" | "assumed"> {
  /** If asked for. */
  readonly figures: FigureData | undefined;
}

/** A tensor, or what one of a company has of it. */
interface Work {
  readonly tensor: Tensor;
  /** Of all of it. */
  readonly shape: readonly number[];
  readonly company: Company;
  /** What one diagnosis of it leaves to the next. */
  readonly kept: object;
}

/** One more norm or kernel is done. */
async function step({ rank }: Company, { shared, step }: DiagnoseTask["progress"]): Promise<void> {
  if (!rank) Atomics.add(new Int32Array(shared), 0, step);
  await setImmediate(); // it may be this thread that shows it
}

/** All in float32, of the tensor as float16 stores it: kernels of that kind read and write float16. */
function diagnoseStored(
  { tensor, shape, company, kept }: Work,
  options: DiagnoseTask["options"],
  norm: Norm,
): Diagnosis {
  const stored = tensor.dtype === "float16" ? tensor : toFloat16(tensor);
  try {
    const shared = { shape, company, ...(stored === tensor && { kept }) };
    return diagnose(stored, { ...options, norm, arithmetic: kernelsByName.float32 }, shared);
  } finally {
    if (stored !== tensor) stored.dispose();
  }
}

/** Kinds of kernels side by side. What is stored is known from the remedy of the first that is just that. */
async function compareKernels(work: Work, { norms: [norm], kernels = [], options, progress }: DiagnoseTask) {
  const { tensor, ...shared } = work;
  const { company } = work;
  const diagnoses: Diagnosis[] = [];
  const found: KernelResult[] = [];
  const wanted = options.remedies;
  let stored: Remedy | undefined;
  for (const name of kernels) {
    if (name === "float32") {
      const diagnosis = company.together(() => diagnoseStored(work, options, norm));
      diagnoses.push(diagnosis);
      found.push(storedResult(name, diagnosis, stored));
    } else {
      const asked = { ...options, norm, arithmetic: kernelsByName[name] };
      const always = !stored && kernels.includes("float32") ? isStored : undefined;
      const diagnosis = company.together(() => diagnose(tensor, asked, { ...shared, always }));
      stored ??= diagnosis.remedies.find(isStored);
      const shown = wanted === true || (wanted === "auto" && diagnosis.verdict !== "ok");
      diagnoses.push(shown ? diagnosis : { ...diagnosis, remedies: [] });
      found.push(kernelResult(name, diagnosis));
    }
    await step(company, progress);
  }
  return { diagnoses, kernels: found };
}

/** What reading changed of each piece. */
const sumOf = (all: readonly Tally[]): Tally => ({
  rounded: all.reduce((sum, { rounded }) => sum + rounded, 0),
  overflowed: all.reduce((sum, { overflowed }) => sum + overflowed, 0),
});

/** Bytes of work space that a diagnosis takes for each element, and some of groups of many. */
const WORK_SPACE = 12;

/**
 * Makes kernel memory as large as it will be, at once: whenever it grows, the engine looks for what nobody needs any more. Of what is
 * not written to, there is no memory in the machine.
 */
function reserve(bytes: number): void {
  try {
    empty([Math.ceil(bytes / 4)], "float32").dispose();
  } catch {
    // whoever needs it says so
  }
}

async function run(task: DiagnoseTask, company = ALONE): Promise<Diagnosed | undefined> {
  const { place, norms, options, figures, progress } = task;
  const { shape } = place.tensor;
  const piece = company.size > 1 ? pieceOf(shape, options, company.rank, company.size) : undefined;
  const { size } = place.tensor;
  const own = piece ? piece.length / piece.period : 1;
  reserve(own * (residentBytes(place.tensor) + WORK_SPACE * size));
  const { tensor, ...changed } = await load(place, piece);
  const diagnoses: Diagnosis[] = [];
  let kernels: readonly KernelResult[] | undefined;
  const refused: { norm: Norm; reason: string }[] = [];
  try {
    const tally = company.exchange(changed, sumOf);
    const shared = { shape, company, kept: {} };
    for (const norm of norms) {
      try {
        if (task.kernels) {
          const compared = await compareKernels({ tensor, ...shared }, task);
          diagnoses.push(...compared.diagnoses);
          kernels = compared.kernels;
          continue;
        }
        diagnoses.push(company.together(() => diagnose(tensor, { ...options, norm }, shared)));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused.push({ norm, reason: messageOf(error) });
      }
      await step(company, progress);
    }
    const { figureData } = figures ? await import("../report/figure-data.js") : {};
    const drawn = figureData && company.together(() => figureData(tensor, diagnoses, piece, company));
    // what the first says counts
    return company.rank ? undefined : { diagnoses, ...(kernels && { kernels }), refused, ...tally, figures: drawn };
  } finally {
    tensor.dispose();
  }
}

export default worker(({ place }: DiagnoseTask) => place, run);
