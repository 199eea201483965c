// The report of a diagnosis: its tables, and figures for which more is computed.

import { type ArithmeticInUse, type KernelKind, kernels as kernelsByName, type Norm } from "../../index.js";
import { brief, normWords } from "../../text/words.js";
import type { FigureData } from "../report/figure-data.js";
import { rangesOf, type Way } from "../report/usable-ranges.js";
import { few, printable } from "../terminal/printable.js";
import type { Section } from "../terminal/sections.js";
import { diagnosisPage, type ShownTensor, type SigmaSweep } from "./page.js";
import { type DiagnosedTensor, labelled } from "./result.js";
import { assumption, diagnosisNotes, groupsWords, normsTable, otherNotes, titleOf } from "./sections.js";

/** A tensor with what its figures show. */
export interface Drawn {
  readonly tensor: DiagnosedTensor;
  readonly figures: FigureData;
}

export interface ReportOptions {
  readonly norms: readonly Norm[];
  readonly arithmetic: ArithmeticInUse;
  /** Kinds of kernels in the place of the arithmetic, for one norm. */
  readonly kernels?: readonly KernelKind[] | undefined;
}

const SIGMA = [1e-5, 1e4] as const;
const TOLERANCE = 0.25;
/** Sizes of groups whose usable σ is looked for: the most, and the largest. */
const MOST_SIZES = 6;
const LARGEST = 2 ** 16;

const topOf = (norm: Norm): number => (typeof norm === "object" && "topk" in norm ? norm.topk : 1);

async function sweepOf(
  n: number,
  { norms, arithmetic, kernels }: ReportOptions,
  told: () => Promise<void>,
): Promise<SigmaSweep> {
  const ways: (readonly [{ readonly kernel: KernelKind | undefined }, Way])[] = kernels
    ? kernels.map((kernel) => [{ kernel }, { arithmetic: kernelsByName[kernel], storage: "float16" }])
    : [[{ kernel: undefined }, { arithmetic }]];
  const ranges = await rangesOf(
    { norms: norms.filter((norm) => topOf(norm) <= n), counts: [n], sigma: SIGMA, tolerance: TOLERANCE, seed: 1 },
    ways,
    told,
  );
  return {
    n,
    sigma: SIGMA,
    ranges: ranges.map(({ norm, usable, kernel }) => ({ label: kernel ?? normWords(norm), usable })),
  };
}

/** What tensors are called: by their names alone where there is but one file, which the page names. */
function nameOf(tensor: DiagnosedTensor, files: number): string {
  return files > 1 ? titleOf(tensor) : printable(tensor.name, 500);
}

function shownOf({ tensor, figures }: Drawn, files: number): ShownTensor {
  const results = labelled(tensor);
  const along = figures.along.map((points, i) => ({ label: results[i].label, points }));
  const { sigma } = figures;
  const assumed = assumption(tensor);
  const words = groupsWords(tensor) + (assumed ? " (assumed)" : "");
  return {
    name: nameOf(tensor, files),
    about: sigma === undefined ? words : `${words}, σ ${brief(sigma)}`,
    results,
    table: {
      title: tensor.kernels ? "The kinds of kernels side by side" : "The norms side by side",
      ...normsTable(tensor),
    },
    notes: [...diagnosisNotes(tensor), ...otherNotes(tensor)],
    terms: assumed ? [{ term: `Assumed: ${tensor.assumed}`, text: assumed }] : [],
    along: along.filter(({ points }) => points.length > 0),
    sigma,
  };
}

/**
 * @param summary Of all tensors, with what was left out.
 * @param told Is told the part that is done, and may wait.
 */
export async function diagnoseReport(
  drawn: readonly Drawn[],
  summary: Section,
  options: ReportOptions,
  told: (done: number) => Promise<void>,
): Promise<string> {
  // statistics that are given take any data
  const own = drawn.filter(({ tensor }) => !tensor.diagnoses[0].subject.given);
  const all = new Set(own.map(({ tensor }) => tensor.diagnoses[0].input.groupSize));
  const sizes = [...all].filter((n) => n > 1 && n <= LARGEST).slice(0, MOST_SIZES);
  const sweeps = new Map<number, SigmaSweep>();
  for (const n of sizes) sweeps.set(n, await sweepOf(n, options, () => told(sweeps.size / sizes.length)));
  const files = [...new Set(drawn.map(({ tensor }) => tensor.file))];
  const [first] = drawn;
  return diagnosisPage({
    files: drawn.length === 1 ? titleOf(first.tensor) : few(files, 3),
    tensors: drawn.map((one) => shownOf(one, files.length)),
    summary,
    sweeps,
  });
}
