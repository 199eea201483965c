// The command line's report and its JSON, of what is shown. Loaded when somebody wants one.

import { diagnoseReport } from "../../src/cli/diagnosed/report.js";
import { DIAGNOSE_SCHEMA, type DiagnosedTensor, type DiagnoseResult, Totals } from "../../src/cli/diagnosed/result.js";
import { summarySection } from "../../src/cli/diagnosed/sections.js";
import { safeJson } from "../../src/cli/terminal/printable.js";
import type { Values } from "../shared/messages.js";

const NO_CHECKS = { failOn: undefined, tolerance: undefined };

function totalsOf(tensor: DiagnosedTensor): Totals {
  const totals = new Totals(NO_CHECKS);
  totals.add(tensor);
  return totals;
}

export function reportHtml({ tensor, figures, sweeps }: Values["figures"]): string {
  return diagnoseReport([{ tensor, figures }], summarySection(totalsOf(tensor), []), sweeps);
}

export function reportJson(tensor: DiagnosedTensor): string {
  const { verdict, passes } = totalsOf(tensor);
  const result: DiagnoseResult = {
    schema: DIAGNOSE_SCHEMA,
    failOn: null,
    toleranceUlp: null,
    tensors: [tensor],
    skipped: [],
    verdict,
    passes,
  };
  return `${safeJson(JSON.stringify(result, null, 2))}\n`;
}
