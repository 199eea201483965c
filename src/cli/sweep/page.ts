// The report of a sweep.

import { integer, normWords } from "../../text/words.js";
import type { Figure } from "../report/figure.js";
import { anchorOf, type Part, page } from "../report/html.js";
import { sigmaFigure } from "../report/plots.js";
import {
  kernelSection,
  percent,
  preciseSection,
  stagnationSection,
  summationTitle,
  usableSection,
} from "./sections.js";
import type { SweepResult } from "./sweep.js";

/** The usable ranges of each norm, as bars and in numbers. */
function figure(result: SweepResult, n: number): Figure {
  const { options, ranges } = result;
  const shown = ranges
    .filter((one) => one.n === n)
    .map((one) => ({ label: `${normWords(one.norm)}, ${summationTitle(one, options.compute)}`, usable: one.usable }));
  const data = usableSection(result, n);
  return sigmaFigure({ title: data.title, ranges: shown, sigma: options.sigma, data });
}

export function sweepPage(result: SweepResult): string {
  const { options, ranges, kernels, stagnation: sums } = result;
  const { compute, tolerance, counts } = options;
  const subject = ranges.length ? compute : "kernels of runtimes";
  const lead = `Which σ of normal data each norm can take in ${subject}, with an error of the output of at most ${percent(tolerance)}.`;
  const parts = counts.map(
    (n, i): Part => ({
      anchor: anchorOf("n", i + 1, String(n)),
      heading: `Groups of ${integer(n)}`,
      blocks: [
        ...(ranges.length ? [figure(result, n), preciseSection(result, n)] : []),
        ...(kernels.length ? [kernelSection(result, n)] : []),
      ],
    }),
  );
  const stagnation: Part = { anchor: "stagnation", heading: "Long sums", blocks: [stagnationSection(result)] };
  return page({
    command: "halfnorm sweep",
    subject,
    lead: [{ text: lead }],
    parts: sums.length ? [...parts, stagnation] : parts,
  });
}
