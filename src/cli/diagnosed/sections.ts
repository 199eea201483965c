// Diagnoses as tables: the norms side by side.

import { arithmeticWords, gainOf, gainWords, LAYERS, TITLES, VERDICTS } from "../../diagnosis/words.js";
import type { Diagnosis, DiagnosisEvent } from "../../index.js";
import { type Cell, type Column, columnsOf } from "../../text/page.js";
import { fixed, integer, normWords } from "../../text/words.js";
import { stemOf } from "../files/contents.js";
import { tallyNotes } from "../files/elements.js";
import { byReason } from "../files/left-out.js";
import { printable } from "../terminal/printable.js";
import type { Section } from "../terminal/section.js";
import { type Assumed, type DiagnosedTensor, labelled, type SkippedTensor, type Totals } from "./result.js";

const events = ({ stages }: Diagnosis, event: DiagnosisEvent): string =>
  integer(stages.reduce((sum, stage) => sum + stage.events[event], 0));

/** The remedy that gains most, where one is needed and found. */
function remedyOf({ verdict, error, remedies: [best] }: Diagnosis): string {
  if (verdict === "ok" || !best || gainOf(best, error) < 1) return "";
  const { p50Ulp } = best.error;
  const gained = [p50Ulp === null ? "" : `median ${fixed(p50Ulp, 2)} ulp`, gainWords(best, error)];
  return `${best.change}: ${gained.filter(Boolean).join(", ")}`;
}

const plural = (n: number, what: string): string => `${integer(n)} ${what}${n === 1 ? "" : "s"}`;

/** "float32 [32, 64, 8, 8], batch norm, 64 groups of 2,048". */
export function groupsWords({ stored, diagnoses: [{ subject, input }] }: DiagnosedTensor): string {
  const { layer, axes, centred, given } = subject;
  const along = `${centred ? "" : "uncentred "}over ${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ") || "none"}`;
  const what = (layer ? LAYERS[layer] : along) + (given ? ", mean and deviation given" : "");
  return `${stored} [${input.shape.join(", ")}], ${what}, ${plural(input.groups, "group")} of ${integer(input.groupSize)}`;
}

/** File and tensor, once where they are the same. */
export function titleOf({ file, name }: DiagnosedTensor): string {
  const shown = printable(file, 200);
  return stemOf(file) === name ? shown : `${shown}, ${printable(name)}`;
}

/** In a sentence, by what was taken for granted. */
const ASSUMED: Readonly<Record<Assumed, string>> = {
  weight: "Taken for a weight of a checkpoint, each output channel of which has a norm of its own",
  layer: "Layer norm over the last axis is assumed",
  batch: "Batch norm of axis 1 is assumed, from four dimensions on",
};

/** What was taken for granted, if so. */
export const assumption = ({ assumed }: DiagnosedTensor): string | undefined =>
  assumed ? `${ASSUMED[assumed]}; --layer or --axes says otherwise.` : undefined;

/** What else is to be said of it, what was assumed apart. */
export function otherNotes(tensor: DiagnosedTensor): string[] {
  const { diagnoses, refused } = tensor;
  const notes = refused.map(({ norm, reason }) => `${normWords(norm)}: not diagnosed, ${reason}`);
  if (diagnoses[0]?.input.count === 0) notes.push("It has no elements: nothing can go wrong.");
  notes.push(...tallyNotes(tensor));
  return notes;
}

/** Texts, each once, with the norms that it is of. */
export function gathered(texts: readonly (readonly [text: string, norm: string])[]): [text: string, norms: string[]][] {
  const norms = new Map<string, string[]>();
  for (const [text, norm] of texts) norms.set(text, [...(norms.get(text) ?? []), norm]);
  return [...norms];
}

/** The notes of the diagnoses, each once, with the norms that it is of where those are not all. */
export function diagnosisNotes(tensor: DiagnosedTensor): string[] {
  const results = labelled(tensor);
  const all = results.flatMap(({ label, diagnosis }) => diagnosis.notes.map((note) => [note, label] as const));
  return gathered(all).map(([note, of]) => `${of.length < results.length ? `${of.join(", ")}: ` : ""}${note}.`);
}

/** What the verdict rests on stands first, and stays longest where a line has no room for all. */
const COLUMNS: readonly Column[] = [
  { title: "norm", left: true },
  { title: "verdict", left: true },
  { title: TITLES.sqnr, shed: 7 },
  { title: TITLES.specials, shed: 8 },
  { title: TITLES.median, shed: 6 },
  { title: TITLES.worst, shed: 5 },
  { title: "overflow", shed: 3 },
  { title: "underflow", shed: 2 },
  { title: "stagnant", shed: 1 },
  { title: "headroom", shed: 4 },
];

/** The norms, or the kernels, side by side. */
export function normsTable(tensor: DiagnosedTensor): Pick<Section, "columns" | "rows"> {
  const rows = labelled(tensor).map(({ label, diagnosis }): (Cell | string)[] => {
    const { verdict, error, headroom } = diagnosis;
    return [
      label,
      { text: verdict, style: VERDICTS[verdict] },
      fixed(error.sqnrDb, 1),
      integer(error.mismatchedSpecials),
      fixed(error.p50Ulp, 2),
      fixed(error.maxUlp === null ? null : Math.abs(error.maxUlp), 1),
      events(diagnosis, "overflow"),
      events(diagnosis, "underflow"),
      events(diagnosis, "stagnation"),
      headroom === null ? "-" : fixed(headroom, 1),
    ];
  });
  const [first, ...others] = COLUMNS;
  return { columns: [{ ...first, title: tensor.kernels ? "kernel" : first.title }, ...others], rows };
}

export function tensorSection(tensor: DiagnosedTensor): Section {
  const results = labelled(tensor);
  const reasons = results
    .filter(({ diagnosis }) => diagnosis.verdict !== "ok")
    .map(({ label, diagnosis }) => `${label}: ${diagnosis.reason}`);
  const remedies = results.flatMap(({ label, diagnosis }) => {
    const remedy = remedyOf(diagnosis);
    return remedy ? [`Best remedy for ${label}: ${remedy}`] : [];
  });
  const [{ subject }] = tensor.diagnoses;
  const how = tensor.kernels
    ? `${normWords(subject.norm)} by each kind of kernel, stored in float16`
    : `in ${arithmeticWords(subject)}`;
  const assumed = assumption(tensor);
  return {
    title: `${titleOf(tensor)}: ${groupsWords(tensor)}, ${how}`,
    ...normsTable(tensor),
    notes: [
      ...reasons,
      ...remedies,
      ...diagnosisNotes(tensor).map((note) => `Note: ${note}`),
      ...(assumed ? [assumed] : []),
      ...otherNotes(tensor),
    ],
  };
}

/** How many tensors came out how, norm by norm; what was left out. */
export function summarySection(
  { tensors, counts }: Totals,
  skipped: readonly SkippedTensor[],
  kernels = false,
): Section {
  return {
    title: plural(tensors, "tensor"),
    columns: columnsOf([kernels ? "kernel" : "norm", ...Object.keys(VERDICTS)]),
    rows: [...counts].map(([label, { ok, degraded, failed }]) => [label, ...[ok, degraded, failed].map(integer)]),
    notes: byReason(skipped).map(({ reason, names }) => `Not diagnosed, ${reason}: ${names}.`),
  };
}
