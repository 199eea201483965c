// The report of a sweep.

import { integer, normWords } from "../../text/words.js";
import { page } from "../report/html.js";
import { type Figure, sigmaFigure } from "../report/plots.js";
import { summationTitle, sweepSections } from "./sections.js";
import type { SweepResult } from "./sweep.js";

/** The usable ranges of each norm, for each number of elements. */
function figures({ options, ranges }: SweepResult): Figure[] {
  const { compute, counts, sigma } = options;
  return counts.map((n) =>
    sigmaFigure(
      `Usable σ in ${compute}, n = ${integer(n)}`,
      ranges
        .filter((one) => one.n === n)
        .map((one) => ({ label: `${normWords(one.norm)}, ${summationTitle(one, compute)}`, usable: one.usable })),
      sigma,
    ),
  );
}

export function sweepPage(result: SweepResult): string {
  const { compute, tolerance } = result.options;
  const text = `Which σ of normal data each norm can take in ${compute}, with an error of the output of at most ${100 * tolerance} %.`;
  return page(`halfnorm sweep: ${compute}`, [{ text }], [...figures(result), ...sweepSections(result)]);
}
