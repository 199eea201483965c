// The verdict in a sentence, and why; the norms side by side.

import type { Diagnosis } from "halfnorm";
import type { DiagnosedTensor } from "../../src/cli/diagnosed/result.js";
import { diagnosisNotes, groupsWords, normsTable } from "../../src/cli/diagnosed/sections.js";
import { arithmeticWords, LAYERS } from "../../src/diagnosis/words.js";
import { normWords } from "../../src/text/words.js";
import { normText } from "../shared/address.js";
import type { About } from "../shared/messages.js";
import type { View } from "../shared/view.js";
import { byId, fillTable, make, type ShownRow } from "./dom.js";

/** What is known so far. */
export interface Found {
  readonly about: About | undefined;
  /** By the place of the norm in the view. */
  readonly diagnoses: readonly (Diagnosis | undefined)[];
  readonly refused: readonly (string | undefined)[];
  /** In the place of a verdict. */
  readonly instead: readonly [what: string, why: string];
}

const sentence = (text: string): string => {
  const ends = /[.!?]$/.test(text) ? text : `${text}.`;
  return ends.charAt(0).toUpperCase() + ends.slice(1);
};

/** "L2 layer norm fails silently in float16". */
function verdictWords({ subject, verdict, absorbedOverflow, error }: Diagnosis): string {
  const what = `${normWords(subject.norm)} ${subject.layer ? LAYERS[subject.layer] : subject.centred ? "normalization" : "weight norm"}`;
  const { compute } = subject.arithmetic;
  const format = typeof compute === "string" ? compute : "this format";
  const silently = absorbedOverflow > 0 && !error.mismatchedSpecials ? " silently" : "";
  const verb = { ok: "is safe", degraded: "loses digits", failed: `fails${silently}` }[verdict];
  return `${what} ${verb} in ${format}`;
}

function tensorOf(about: About, diagnoses: readonly Diagnosis[]): DiagnosedTensor {
  const { file, name, stored, assumed } = about;
  return { file, name, stored, assumed, rounded: 0, overflowed: 0, diagnoses, refused: [] };
}

/** @param choose Is told of the norm that a user wants to see. */
export function showVerdict(
  view: View,
  { about, diagnoses, refused, instead }: Found,
  choose: (at: number) => void,
): void {
  const chosen = view.norms.findIndex((norm) => normText(norm) === normText(view.norm));
  const diagnosis = diagnoses[chosen];
  if (diagnosis) {
    byId("verdict").textContent = sentence(verdictWords(diagnosis));
    byId("reason").textContent = sentence(diagnosis.reason);
  } else if (refused[chosen] !== undefined) {
    byId("verdict").textContent = `${normWords(view.norm)} cannot be asked of this tensor.`;
    byId("reason").textContent = sentence(refused[chosen]);
  } else {
    [byId("verdict").textContent, byId("reason").textContent] = instead;
  }
  byId("verdict").dataset.verdict = diagnosis ? diagnosis.verdict : "";
  if (!about) return;
  const known = diagnoses.filter((each) => each !== undefined);
  const [any] = known;
  byId("about").textContent = any
    ? `${about.file}: ${groupsWords(tensorOf(about, [any]))}, in ${arithmeticWords(any.subject)}`
    : `${about.file}: ${about.stored} [${about.shape.join(", ")}]`;
  const { columns } = normsTable(tensorOf(about, known));
  const rows = view.norms.map((norm, at): ShownRow => {
    const button = make(
      "button",
      { type: "button", className: "row", title: `Look at ${normWords(norm)}` },
      normWords(norm),
    );
    button.setAttribute("aria-pressed", String(at === chosen));
    button.addEventListener("click", () => choose(at));
    const one = diagnoses[at];
    if (!one) {
      const why = refused[at] === undefined ? "…" : "not possible";
      return [button, { text: why, style: "dim" }, ...columns.slice(2).map(() => "")];
    }
    const [cells] = normsTable(tensorOf(about, [one])).rows;
    return [button, ...cells.slice(1)];
  });
  const focused = document.activeElement?.closest("#norms-table button")?.textContent;
  fillTable(byId("norms-table"), columns, rows, chosen);
  for (const button of document.querySelectorAll<HTMLElement>("#norms-table button")) {
    if (button.textContent === focused) button.focus();
  }
  const notes = [
    ...(known.length ? diagnosisNotes(tensorOf(about, known)) : []),
    ...view.norms.flatMap((norm, at) => (refused[at] === undefined ? [] : [`${normWords(norm)}: ${refused[at]}.`])),
    ...about.notes,
  ];
  byId("notes").replaceChildren(...notes.map((note) => make("p", {}, note)));
}
