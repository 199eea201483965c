// Diagnoses as tables: the norms side by side.

import { arithmeticWords, gainOf, gainWords, LAYERS, VERDICTS } from "../../diagnosis/words.js";
import type { Diagnosis, DiagnosisEvent } from "../../index.js";
import { type Cell, columnsOf } from "../../text/page.js";
import { fixed, integer, normWords } from "../../text/words.js";
import { byReason } from "../files/left-out.js";
import { stemOf } from "../files/tensor-file.js";
import { printable } from "../terminal/printable.js";
import type { Section } from "../terminal/sections.js";
import type { DiagnosedTensor, Outcome, SkippedTensor } from "./result.js";

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

/** "batch norm, 32 groups of 4,096, in float16, sums in 32 lanes". */
function subjectWords({ subject, input }: Diagnosis): string {
  const { layer, axes, arithmetic, centred } = subject;
  const along = `${centred ? "" : "uncentred "}over ${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ") || "none"}`;
  const what = layer ? LAYERS[layer] : along;
  return `${what}, ${plural(input.groups, "group")} of ${integer(input.groupSize)}, in ${arithmeticWords(arithmetic)}`;
}

/** File and tensor, once where they are the same. */
export function titleOf({ file, name }: DiagnosedTensor): string {
  const shown = printable(file, 200);
  return stemOf(file) === name ? shown : `${shown}, ${printable(name)}`;
}

/** What is to be said besides the reasons of the verdicts. */
export function otherNotes({ diagnoses, refused, rounded, overflowed, stored }: DiagnosedTensor): string[] {
  const notes = refused.map(({ norm, reason }) => `${normWords(norm)}: not diagnosed, ${reason}`);
  if (diagnoses[0]?.input.count === 0) notes.push("It has no elements: nothing can go wrong.");
  if (overflowed) {
    const are = overflowed === 1 ? "value of float64 is" : "values of float64 are";
    notes.push(`${integer(overflowed)} ${are} beyond float32: infinite for whatever computes in float32 or less.`);
  }
  if (rounded) notes.push(`${integer(rounded)} values of ${stored} were rounded to float32.`);
  return notes;
}

/** The notes of the diagnoses, each once, with the norms that it is of where those are not all. */
function notesOf(diagnoses: readonly Diagnosis[]): string[] {
  const norms = new Map<string, string[]>();
  for (const { subject, notes } of diagnoses) {
    for (const note of notes) norms.set(note, [...(norms.get(note) ?? []), normWords(subject.norm)]);
  }
  return [...norms].map(([note, of]) => `Note: ${of.length < diagnoses.length ? `${of.join(", ")}: ` : ""}${note}.`);
}

export function tensorSection(tensor: DiagnosedTensor): Section {
  const { stored, diagnoses } = tensor;
  const [first] = diagnoses;
  const remedies = diagnoses.map(remedyOf);
  const remedied = remedies.some((remedy) => remedy);
  const rows = diagnoses.map((diagnosis, i): (Cell | string)[] => [
    normWords(diagnosis.subject.norm),
    { text: diagnosis.verdict, style: VERDICTS[diagnosis.verdict] },
    fixed(diagnosis.error.p50Ulp, 2),
    fixed(diagnosis.error.maxUlp === null ? null : Math.abs(diagnosis.error.maxUlp), 1),
    events(diagnosis, "overflow"),
    events(diagnosis, "underflow"),
    events(diagnosis, "stagnation"),
    diagnosis.headroom === null ? "-" : fixed(diagnosis.headroom, 1),
    ...(remedied ? [remedies[i]] : []),
  ]);
  const reasons = diagnoses
    .filter(({ verdict }) => verdict !== "ok")
    .map(({ subject, reason }) => `${normWords(subject.norm)}: ${reason}`);
  return {
    title: `${titleOf(tensor)}: ${stored} [${first.input.shape.join(", ")}], ${subjectWords(first)}`,
    columns: [
      ...columnsOf(["norm", "verdict", "median", "worst ulp", "overflow", "underflow", "stagnant", "headroom"], 2),
      ...(remedied ? [{ title: "best remedy", left: true }] : []),
    ],
    rows,
    notes: [...reasons, ...notesOf(diagnoses), ...otherNotes(tensor)],
  };
}

/** How many tensors came out how, norm by norm; what was left out. */
export function summarySection({ tensors, counts }: Outcome, skipped: readonly SkippedTensor[]): Section {
  return {
    title: plural(tensors, "tensor"),
    columns: columnsOf(["norm", ...Object.keys(VERDICTS)]),
    rows: [...counts].map(([label, { ok, degraded, failed }]) => [label, ...[ok, degraded, failed].map(integer)]),
    notes: byReason(skipped).map(({ reason, names }) => `Not diagnosed, ${reason}: ${names}.`),
  };
}
