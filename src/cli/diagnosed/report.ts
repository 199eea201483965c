// The report of a diagnosis, from what was computed for it.

import { brief } from "../../text/words.js";
import type { FigureData } from "../report/figure-data.js";
import { few, printable } from "../terminal/printable.js";
import type { Section } from "../terminal/section.js";
import { diagnosisPage, type ShownTensor } from "./page.js";
import { type DiagnosedTensor, labelled } from "./result.js";
import { assumption, diagnosisNotes, groupsWords, normsTable, otherNotes, titleOf } from "./sections.js";
import type { SigmaSweep } from "./sweeps.js";

/** A tensor with what its figures show. */
export interface Drawn {
  readonly tensor: DiagnosedTensor;
  readonly figures: FigureData;
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
 * @param sweeps Of sweepsOf().
 */
export function diagnoseReport(drawn: readonly Drawn[], summary: Section, sweeps: readonly SigmaSweep[]): string {
  const files = [...new Set(drawn.map(({ tensor }) => tensor.file))];
  const [first] = drawn;
  return diagnosisPage({
    files: drawn.length === 1 ? titleOf(first.tensor) : few(files, 3),
    tensors: drawn.map((one) => shownOf(one, files.length)),
    summary,
    sweeps: new Map(sweeps.map((sweep) => [sweep.n, sweep])),
  });
}
