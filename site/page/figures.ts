// Pictures, drawn as reports have them. Plot comes with this file, which is loaded when there is something to draw.

import type { Diagnosis } from "halfnorm";
import type { SigmaSweep } from "../../src/cli/diagnosed/sweeps.js";
import type { Figure } from "../../src/cli/report/figure.js";
import { figureHtml } from "../../src/cli/report/html.js";
import { exponentFigure, type Labelled, sigmaFigure, stagesFigure } from "../../src/cli/report/plots.js";
import { specOf } from "../../src/cli/report/spacing.js";
import { integer } from "../../src/text/words.js";
import type { NoSum, RunningSum } from "../shared/messages.js";
import { byId } from "./dom.js";
import { runningFigure } from "./running-figure.js";

/** In the place of what was there; numbers that were opened stay open. */
function show(id: string, figure: Figure): void {
  const place = byId(id);
  const open = place.querySelector("details")?.open ?? false;
  place.innerHTML = figureHtml(figure, 3);
  const details = place.querySelector("details");
  if (details) details.open = open;
  place.classList.add("drawn");
  place.classList.remove("outdated");
  for (const { term, text } of figure.terms) explain(term, text);
}

const explained = new Set<string>();

/** What there is to know of pictures, each once. */
function explain(term: string, text: string): void {
  if (explained.has(term)) return;
  explained.add(term);
  const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
  dt.textContent = term;
  dd.textContent = text;
  document.querySelector("#reading dl")?.append(dt, dd);
}

export const showRunning = (running: RunningSum | NoSum): void => show("running-figure", runningFigure(running));

/** @param counted Elements that the histogram is of. */
export function showMagnitudes(
  input: Diagnosis["input"],
  counted: number,
  format: Diagnosis["subject"]["arithmetic"]["compute"],
): void {
  const { precision, emin, emax } = specOf(format);
  const name = typeof format === "string" ? format : "this format";
  const figure = exponentFigure(input, { name, precision, emin, emax });
  const summary = `The first ${integer(counted)} of ${integer(input.count)} elements; the rest is being counted.`;
  show("magnitudes-figure", counted < input.count ? { ...figure, summary } : figure);
}

export const showStages = (results: readonly Labelled[]): void => show("stages-figure", stagesFigure(results));

export function showSigma({ n, sigma, ranges }: SigmaSweep, median: number | undefined, groupSize: number): void {
  const title = `Usable σ for groups of ${integer(n)}`;
  const figure = sigmaFigure({ title, ranges, sigma, marks: median === undefined ? [] : [median] });
  const more = n < groupSize ? ` Groups of ${integer(groupSize)} can take less.` : "";
  show("sigma-figure", { ...figure, summary: figure.summary + more });
}
