// What would help, each with its gain and a button that applies it.

import type { Diagnosis, Remedy } from "halfnorm";
import { gainCell, TITLES } from "../../src/diagnosis/words.js";
import type { OrderName } from "../../src/numerics/arithmetic.js";
import { columnsOf } from "../../src/text/page.js";
import { fixed, integer, normWords } from "../../src/text/words.js";
import { normText } from "../shared/address.js";
import type { View } from "../shared/view.js";
import { byId, fillTable, make, type ShownRow } from "./dom.js";

/** The view in which a remedy is applied; undefined where no view can have it. */
function appliedTo(view: View, remedy: Remedy): View | undefined {
  const { arithmetic, scale, groupScale, eps, norm, centrings } = remedy;
  let result: View = { ...view, ...(eps !== undefined && { eps }) };
  if (norm) {
    const known = view.norms.find((each) => normText(each) === normText(norm));
    result = { ...result, norm: known ?? norm, norms: known ? view.norms : [...view.norms, norm] };
  }
  if (arithmetic) {
    const { compute, accumulate, order, statistics, tail, count } = arithmetic;
    const wide = statistics !== undefined;
    if (typeof compute !== "string" || typeof accumulate !== "string" || typeof order !== "string") return undefined;
    if (tail || count || (wide && statistics !== "float32")) return undefined;
    const own = accumulate === (wide ? "float32" : compute);
    result = {
      ...result,
      format: compute,
      accumulate: own ? undefined : accumulate,
      order: order as OrderName,
      statistics: wide,
    };
  }
  if (scale !== undefined) result = { ...result, scale: view.scale + Math.log2(scale) };
  if (groupScale !== undefined) result = { ...result, before: "scale groups" };
  if (centrings) result = { ...result, before: "centre" };
  return result;
}

export function showRemedies(
  view: View,
  diagnosis: Diagnosis | undefined,
  pending: boolean,
  apply: (view: View) => void,
): void {
  const remedies = diagnosis?.remedies ?? [];
  const columns = columnsOf(["change", "", TITLES.gain, TITLES.sqnr, TITLES.specials, TITLES.median, TITLES.p99], 2);
  const rows = remedies.map((remedy): ShownRow => {
    const { change, error } = remedy;
    const next = appliedTo(view, remedy);
    const button = make("button", { type: "button" }, "Apply");
    button.setAttribute("aria-label", `Apply: ${change}`);
    button.addEventListener("click", () => next && apply(next));
    return [
      change,
      next ? button : "",
      gainCell(remedy, (diagnosis as Diagnosis).error),
      fixed(error.sqnrDb, 1),
      integer(error.mismatchedSpecials),
      fixed(error.p50Ulp, 2),
      fixed(error.p99Ulp, 2),
    ];
  });
  byId("remedies-scroll").hidden = !rows.length;
  byId("remedies-about").textContent = remediesWords(view, diagnosis, pending);
  fillTable(byId("remedies-table"), columns, rows);
}

function remediesWords(view: View, diagnosis: Diagnosis | undefined, pending: boolean): string {
  const what = normWords(view.norm);
  if (!diagnosis) return "";
  if (diagnosis.remedies.length) return `Each was run on this data, by ${what}; what gains most comes first.`;
  if (diagnosis.verdict === "ok") return `${what} needs no help here.`;
  return pending ? "Remedies are being tried …" : "Nothing that was tried helps: it is the data.";
}
