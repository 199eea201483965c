// The report of a diagnosis: what each norm does to each tensor.

import { gainCell, LAYERS, TITLES, VERDICTS } from "../../diagnosis/words.js";
import type { Diagnosis, ErrorStatistics, FormatName, FormatSpec, Remedy, Verdict } from "../../index.js";
import { type Cell, columnsOf } from "../../text/page.js";
import { brief, formatWords, integer } from "../../text/words.js";
import { type Block, type Part, page } from "../report/html.js";
import {
  alongFigure,
  type Binades,
  exponentFigure,
  type Labelled,
  type PartialError,
  sigmaFigure,
  stagesFigure,
  type UsableSigma,
} from "../report/plots.js";
import { specOf } from "../report/spacing.js";
import type { Section } from "../terminal/sections.js";

/** One tensor, and what was found for each norm. */
export interface ShownTensor {
  readonly name: string;
  readonly results: readonly Labelled[];
  /** The norms side by side. */
  readonly table: Section;
  /** Errors of partial sums, of the norms that sum. */
  readonly along: readonly { readonly label: string; readonly points: readonly PartialError[] }[];
  /** Standard deviation of the data, to be marked among the usable ones. */
  readonly sigma?: number | undefined;
}

/** σ that each norm can take in the arithmetic, for groups of the size of the data's. */
export interface SigmaSweep {
  readonly n: number;
  readonly sigma: readonly [number, number];
  readonly ranges: readonly UsableSigma[];
}

const WORST_FIRST = (Object.keys(VERDICTS) as Verdict[]).reverse();

function binades(format: FormatName | FormatSpec): Binades {
  const { precision, emin, emax } = specOf(format);
  return { name: formatWords(format), precision, emin, emax };
}

const labelsOf = (results: readonly Labelled[], verdict: Verdict): string[] =>
  results.filter(({ diagnosis }) => diagnosis.verdict === verdict).map(({ label }) => label);

/** Which norms come to which verdict, in words of their colours. */
function verdicts(results: readonly Labelled[]): Cell[] {
  return WORST_FIRST.flatMap((verdict) => {
    const labels = labelsOf(results, verdict);
    return labels.length ? [{ text: `${verdict}: ${labels.join(", ")}.`, style: VERDICTS[verdict] }] : [];
  });
}

/** In how many tensors each norm fails. */
function leadOf(tensors: readonly ShownTensor[]): Cell[] {
  if (tensors.length === 1) {
    const [{ results }] = tensors;
    const worst = WORST_FIRST.flatMap((verdict) => results.filter(({ diagnosis }) => diagnosis.verdict === verdict))[0];
    return [...verdicts(results), ...(worst ? [{ text: `${worst.label}: ${worst.diagnosis.reason}` }] : [])];
  }
  const labels = [...new Set(tensors.flatMap(({ results }) => results.map(({ label }) => label)))];
  return labels.map((label) => {
    const found = tensors.flatMap(({ results }) => results.filter((one) => one.label === label));
    const worst = WORST_FIRST.find((verdict) => labelsOf(found, verdict).length) ?? "ok";
    const many = labelsOf(found, worst).length;
    return { text: `${label}: ${worst} in ${many} of ${found.length} tensors.`, style: VERDICTS[worst] };
  });
}

const MOST_REMEDIES = 5;

function remedyRow(remedy: Remedy, found: ErrorStatistics): string[] {
  const { change, error } = remedy;
  const { rmsUlp, sqnrDb, mismatchedSpecials } = error;
  return [change, brief(rmsUlp), brief(sqnrDb), gainCell(remedy, found), integer(mismatchedSpecials)];
}

/** What would help a norm that is not ok. */
function remedies({ label, diagnosis }: Labelled): Section[] {
  if (diagnosis.verdict === "ok" || !diagnosis.remedies.length) return [];
  return [
    {
      title: `${label}: what helps, each tried on this data`,
      columns: columnsOf(["change", TITLES.rms, TITLES.sqnr, TITLES.gain, TITLES.specials]),
      rows: diagnosis.remedies.slice(0, MOST_REMEDIES).map((remedy) => remedyRow(remedy, diagnosis.error)),
    },
  ];
}

function reasons(results: readonly Labelled[]): Section {
  return {
    title: "Why",
    columns: columnsOf(["norm", "verdict", "reason"], 3),
    rows: results.map(({ label, diagnosis: { verdict, reason, notes } }) => [
      label,
      { text: verdict, style: VERDICTS[verdict] },
      [reason, ...notes].join(" "),
    ]),
  };
}

function arithmeticOf({ subject }: Diagnosis): string {
  const { compute, accumulate, order } = subject.arithmetic;
  const sums = accumulate === "exact" ? "exact sums" : `sums in ${formatWords(accumulate)}, ${order}`;
  return `${formatWords(compute)}, ${sums}, eps ${subject.eps}`;
}

function tensorBlocks({ name, results, table, along, sigma }: ShownTensor, sweep: SigmaSweep | undefined): Block[] {
  const [{ diagnosis }] = results;
  const { input, subject } = diagnosis;
  const layer = subject.layer === null ? `over axes ${subject.axes.join(", ")}` : LAYERS[subject.layer];
  const shape = `${input.shape.join(" × ") || "a single number"}, ${input.dtype}; ${layer}: ${integer(input.groups)} groups of ${integer(input.groupSize)}; ${arithmeticOf(diagnosis)}.`;
  const heading: Part = { heading: name, text: [{ text: shape }, ...verdicts(results)] };
  const figures: Block[] = [exponentFigure(input, binades(subject.arithmetic.compute)), stagesFigure(results)];
  if (along.length) figures.push(alongFigure(along));
  if (sweep) {
    const title = `Which σ the norms can take, groups of ${integer(sweep.n)}`;
    figures.push(sigmaFigure(title, sweep.ranges, sweep.sigma, sigma));
  }
  return [heading, table, reasons(results), ...results.flatMap(remedies), ...figures];
}

/** @param sweeps By the elements of a group. */
export function diagnosisPage(
  title: string,
  tensors: readonly ShownTensor[],
  sweeps: ReadonlyMap<number, SigmaSweep>,
): string {
  const blocks = tensors.flatMap((tensor) => {
    const size = tensor.results[0].diagnosis.input.groupSize;
    return tensorBlocks(tensor, sweeps.get(size));
  });
  return page(title, leadOf(tensors), blocks);
}
