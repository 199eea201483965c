// What was diagnosed, as it comes: text, or JSON, and a report if there is to be one.

import { type Diagnosis, formatDiagnosis } from "../../index.js";
import type { ReportFile } from "../files/report-file.js";
import type { FigureData } from "../report/figure-data.js";
import { CHECK_FAILED, FINE } from "../terminal/checks.js";
import { JsonOutput, type Progress, print, textOptions } from "../terminal/output.js";
import { sectionsText } from "../terminal/sections.js";
import type { Drawn } from "./report.js";
import {
  type Checks,
  DIAGNOSE_SCHEMA,
  type DiagnosedTensor,
  nothingLeft,
  type SkippedTensor,
  Totals,
} from "./result.js";
import { summarySection, tensorSection } from "./sections.js";
import type { Shard } from "./shard.js";
import type { SweepOptions } from "./sweeps.js";

/** What was asked for. */
export interface Wanted extends Checks {
  readonly json: boolean;
  /** Whether to show every norm stage by stage. */
  readonly details: boolean;
  readonly report: ReportFile | undefined;
}

export class DiagnosedOutput {
  private readonly totals: Totals;
  private readonly json: JsonOutput | undefined;
  private readonly drawn: Drawn[] = [];

  constructor(
    private readonly wanted: Wanted,
    private readonly bar: Progress,
  ) {
    this.totals = new Totals(wanted);
    if (wanted.json) this.json = new JsonOutput();
  }

  /** Shows the next tensor; comes back when it has been taken. */
  found(tensor: DiagnosedTensor, figures: FigureData | undefined): Promise<void> {
    const { json, wanted, totals, bar } = this;
    if (!totals.tensors) this.head();
    totals.add(tensor);
    if (wanted.report && figures) this.drawn.push({ tensor, figures });
    if (json) return json.element("tensors", tensor);
    bar.end();
    const detail = (one: Diagnosis): string => `\n${formatDiagnosis(one, textOptions())}`;
    const details = wanted.details ? tensor.diagnoses.map(detail).join("") : "";
    return print(`${totals.tensors > 1 ? "\n" : ""}${sectionsText([tensorSection(tensor)])}${details}`);
  }

  private head(): void {
    const { failOn, tolerance } = this.wanted;
    void this.json?.field("schema", DIAGNOSE_SCHEMA);
    void this.json?.field("failOn", failOn ?? null);
    void this.json?.field("toleranceUlp", tolerance ?? null);
  }

  /**
   * What is to be said of all of them.
   *
   * @param shard Of a part, in which there may be nothing.
   * @returns The exit code.
   * @throws {FileError} where nothing could be diagnosed, with the reasons.
   */
  async finish(skipped: readonly SkippedTensor[], options: SweepOptions, shard?: Shard): Promise<number> {
    const { totals, wanted, json, bar } = this;
    if (!totals.tensors) {
      if (!shard && skipped.length) throw nothingLeft(skipped);
      this.head();
      await json?.field("tensors", []);
    }
    const summary = summarySection(totals, skipped, options.kernels !== undefined);
    if (wanted.report) {
      const [{ diagnoseReport }, { sweepsOf }] = await Promise.all([import("./report.js"), import("./sweeps.js")]);
      const tensors = this.drawn.map(({ tensor }) => tensor);
      const sweeps = await sweepsOf(tensors, options, (done) => bar.step(done, "usable σ"));
      wanted.report.finish(diagnoseReport(this.drawn, summary, sweeps));
    }
    bar.end();
    const { verdict, passes } = totals;
    if (json) {
      await json.fields({ skipped, verdict, passes, shard });
      await json.end();
    } else if (totals.tensors !== 1 || skipped.length) {
      await print(`${totals.tensors ? "\n" : ""}${sectionsText([summary])}`);
    }
    return passes ? FINE : CHECK_FAILED;
  }
}
