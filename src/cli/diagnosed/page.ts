// The report of a diagnosis: what each norm does to each tensor.

import { arithmeticWords, gainCell, gainOf, TITLES, VERDICTS } from "../../diagnosis/words.js";
import type { ErrorStatistics, FormatName, FormatSpec, Remedy, Verdict } from "../../index.js";
import { type Cell, columnsOf } from "../../text/page.js";
import { brief, formatWords, integer } from "../../text/words.js";
import type { Term } from "../report/figure.js";
import {
  anchorOf,
  type Block,
  type Entry,
  type Findings,
  type Part,
  page,
  type Report,
  type Table,
} from "../report/html.js";
import {
  alongFigure,
  type Binades,
  exponentFigure,
  type Labelled,
  type PartialError,
  sigmaFigure,
  stagesFigure,
} from "../report/plots.js";
import { specOf } from "../report/spacing.js";
import type { Section } from "../terminal/section.js";
import { gathered } from "./sections.js";
import type { SigmaSweep } from "./sweeps.js";

/** One tensor, and what was found for each norm. */
export interface ShownTensor {
  readonly name: string;
  /** Its elements, the layer and the groups. */
  readonly about: string;
  readonly results: readonly Labelled[];
  /** The norms side by side. */
  readonly table: Section;
  /** What else there is to say of it. */
  readonly notes: readonly string[];
  /** What is explained of it. */
  readonly terms: readonly Term[];
  /** Errors of partial sums, of the norms that sum. */
  readonly along: readonly { readonly label: string; readonly points: readonly PartialError[] }[];
  /** Standard deviation of the data, to be marked among the usable ones. */
  readonly sigma?: number | undefined;
}

/** Tensors that have a part of their own, the worst ones: pages that show all of many thousands cannot be opened. */
const MOST_SHOWN = 200;

const WORST_FIRST = (Object.keys(VERDICTS) as Verdict[]).reverse();

function binades(format: FormatName | FormatSpec): Binades {
  const { precision, emin, emax } = specOf(format);
  return { name: formatWords(format), precision, emin, emax };
}

const labelsOf = (results: readonly Labelled[], verdict: Verdict): string[] =>
  results.filter(({ diagnosis }) => diagnosis.verdict === verdict).map(({ label }) => label);

const worstOf = ({ results }: ShownTensor): Verdict =>
  WORST_FIRST.find((verdict) => labelsOf(results, verdict).length) ?? "ok";

/** Which norms come to which verdict; of many tensors, how many come to which with the norm that is worst for them. */
function leadOf(tensors: readonly ShownTensor[]): Cell[] {
  if (!tensors.length) return [{ text: "There is no tensor in it." }];
  if (tensors.length === 1) {
    return WORST_FIRST.flatMap((verdict) => {
      const labels = labelsOf(tensors[0].results, verdict);
      return labels.length ? [{ text: `${verdict}: ${labels.join(", ")}.`, style: VERDICTS[verdict] }] : [];
    });
  }
  const found = WORST_FIRST.flatMap((verdict) => {
    const many = tensors.filter((tensor) => worstOf(tensor) === verdict).length;
    return many ? [{ text: `${verdict}: ${integer(many)}.`, style: VERDICTS[verdict] }] : [];
  });
  const several = tensors.some(({ results }) => results.length > 1);
  return [{ text: `${integer(tensors.length)} tensors${several ? ", by their worst norms" : ""}.` }, ...found];
}

/** A tensor and its place in the files. */
interface Placed {
  readonly tensor: ShownTensor;
  readonly anchor: string;
}

/** Those with the most norms of the worst verdict first, else as in the files. */
function worstFirst(tensors: readonly ShownTensor[]): Placed[] {
  const keyed = tensors.map((tensor, i) => ({
    tensor,
    anchor: anchorOf("tensor", i + 1, tensor.name),
    counts: WORST_FIRST.map((verdict) => labelsOf(tensor.results, verdict).length),
  }));
  const differing = (a: readonly number[], b: readonly number[]): number => {
    // with no norm but ok ones, it does not matter of how many
    for (let i = 0; i < a.length - 1; i++) if (a[i] !== b[i]) return b[i] - a[i];
    return 0;
  };
  return keyed.sort((a, b) => differing(a.counts, b.counts));
}

/** Every tensor with its verdicts. */
function listing(placed: readonly Placed[]): Table {
  const labels = [...new Set(placed.flatMap(({ tensor }) => tensor.results.map(({ label }) => label)))];
  const shown = Math.min(placed.length, MOST_SHOWN);
  return {
    title: "Tensors, the worst first",
    columns: [{ title: "tensor", left: true }, ...labels.map((title) => ({ title }))],
    rows: placed.map(({ tensor, anchor }, i): (Entry | string)[] => [
      i < shown ? { text: tensor.name, to: anchor } : tensor.name,
      ...labels.map((label) => {
        const verdict = tensor.results.find((one) => one.label === label)?.diagnosis.verdict;
        return verdict ? { text: verdict, style: VERDICTS[verdict] } : "-";
      }),
    ]),
    notes: shown < placed.length ? [`The first ${integer(shown)} are shown below; --tensor names others.`] : [],
  };
}

const MOST_REMEDIES = 5;

function remedyRow(label: string, remedy: Remedy, found: ErrorStatistics): string[] {
  const { change, error } = remedy;
  const { rmsUlp, sqnrDb, mismatchedSpecials } = error;
  return [label, change, brief(rmsUlp), brief(sqnrDb), gainCell(remedy, found), integer(mismatchedSpecials)];
}

/** What would help the norms that are not ok. */
function remedies(results: readonly Labelled[]): Table[] {
  const rows = results
    .filter(({ diagnosis }) => diagnosis.verdict !== "ok")
    .flatMap(({ label, diagnosis }) =>
      diagnosis.remedies
        .filter((remedy) => gainOf(remedy, diagnosis.error) > 0)
        .slice(0, MOST_REMEDIES)
        .map((remedy) => remedyRow(label, remedy, diagnosis.error)),
    );
  if (!rows.length) return [];
  const columns = columnsOf(["norm", "change", TITLES.rms, TITLES.sqnr, TITLES.gain, TITLES.specials], 2);
  return [{ title: "What helps, each tried on this data", columns, rows }];
}

function reasons({ results, notes }: ShownTensor): Findings {
  const why = WORST_FIRST.flatMap((verdict) => {
    const those = results.filter(({ diagnosis }) => diagnosis.verdict === verdict);
    return gathered(those.map(({ label, diagnosis }) => [diagnosis.reason, label])).map(([text, labels]) => ({
      about: labels.join(", "),
      verdict: { text: verdict, style: VERDICTS[verdict] },
      why: text,
    }));
  });
  return { title: "Verdicts", findings: why, notes };
}

/** Of the table of norms. */
const COLUMNS: Term = {
  term: "Columns",
  text: "Errors are those of the output against exact values: SQNR is the signal to the noise of the roundings, 6 dB for each bit; NaN/inf are values that are so and should not be; ulp are units of the format's spacing at the value. Overflow, underflow and stagnant, which are additions that changed nothing, are counts of operations. Headroom is in binades, doublings up to the first overflow.",
};

function tensorBlocks(tensor: ShownTensor): Block[] {
  const { results, table, along, terms } = tensor;
  const [{ diagnosis }] = results;
  const { input, subject } = diagnosis;
  const blocks: Block[] = [reasons(tensor), { ...table, terms: [COLUMNS, ...terms] }, ...remedies(results)];
  if (!input.count) return blocks;
  blocks.push(exponentFigure(input, binades(subject.arithmetic.compute)), stagesFigure(results));
  if (along.length) blocks.push(alongFigure(along));
  return blocks;
}

const sizeOf = ({ results }: ShownTensor): number => results[0].diagnosis.input.groupSize;

/** Once for each size of a group, with all tensors that have it. */
function usable(tensors: readonly ShownTensor[], sweeps: ReadonlyMap<number, SigmaSweep>): Part[] {
  const figures = [...sweeps].map(([n, { ranges, sigma }]) => {
    const marks = tensors.flatMap((tensor) =>
      sizeOf(tensor) === n && tensor.sigma !== undefined ? [tensor.sigma] : [],
    );
    return sigmaFigure({ title: `Groups of ${integer(n)}`, ranges, sigma, marks });
  });
  if (!figures.length) return [];
  return [{ anchor: "sigma", heading: "Which σ the norms can take", blocks: figures }];
}

/** The arithmetic and eps, each with the norms or kernels that it is of, where it is not that of all. */
function arithmeticOf({ results }: ShownTensor): string {
  const subjects = results.map(({ label, diagnosis }) => ({ label, ...diagnosis.subject }));
  const said = (texts: (readonly [string, string])[]): string => {
    const each = gathered(texts);
    return each.map(([text, labels]) => (each.length > 1 ? `${text} for ${labels.join(", ")}` : text)).join("; ");
  };
  const how = said(subjects.map(({ label, ...subject }) => [`in ${arithmeticWords(subject)}`, label]));
  const eps = said(subjects.map(({ label, eps }) => [`eps ${brief(eps, 4)}`, label]));
  return `I${how.slice(1)}; ${eps}.`;
}

export interface ShownDiagnosis {
  readonly files: string;
  readonly tensors: readonly ShownTensor[];
  /** How many tensors came out how, norm by norm; what was left out. */
  readonly summary: Section;
  /** By the elements of a group. */
  readonly sweeps: ReadonlyMap<number, SigmaSweep>;
}

function onePage(
  head: Pick<Report, "command" | "subject" | "lead">,
  { tensors: [tensor], summary, sweeps }: ShownDiagnosis,
): string {
  const parts = summary.notes?.length
    ? [{ anchor: "left-out", heading: "Left out", blocks: [{ words: summary.notes }] }]
    : [];
  if (!tensor) return page({ ...head, parts });
  const about = `${tensor.about}. ${arithmeticOf(tensor)}`;
  return page({ ...head, about, blocks: tensorBlocks(tensor), parts: [...usable([tensor], sweeps), ...parts] });
}

export function diagnosisPage(shown: ShownDiagnosis): string {
  const { files, tensors, summary, sweeps } = shown;
  const head = { command: "halfnorm diagnose", subject: files, lead: leadOf(tensors) };
  if (tensors.length <= 1) return onePage(head, shown);
  const [first, ...others] = tensors;
  const common = first.notes.filter((note) => others.every(({ notes }) => notes.includes(note)));
  const placed = worstFirst(tensors);
  const overview: Part = {
    anchor: "overview",
    heading: "Overview",
    blocks: [{ ...summary, title: "Verdicts by norm" }, { words: common }, listing(placed)],
  };
  // said once, where it is the same for all of them
  const arithmetics = new Set(tensors.map(arithmeticOf));
  const [arithmetic] = arithmetics;
  const parts = placed.slice(0, MOST_SHOWN).map(
    ({ tensor, anchor }): Part => ({
      anchor,
      heading: tensor.name,
      about: arithmetics.size > 1 ? `${tensor.about}. ${arithmeticOf(tensor)}` : `${tensor.about}.`,
      linked: true,
      blocks: tensorBlocks({ ...tensor, notes: tensor.notes.filter((note) => !common.includes(note)) }),
    }),
  );
  const about = arithmetics.size > 1 ? undefined : arithmetic;
  return page({ ...head, about, parts: [overview, ...parts, ...usable(tensors, sweeps)] });
}
