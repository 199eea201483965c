// The report of a diagnosis: its tables, and figures for which more is computed.

import type { FormatName, Norm, Order } from "../../index.js";
import { normWords } from "../../text/words.js";
import type { FigureData } from "../report/figure-data.js";
import { usableRanges } from "../report/usable-ranges.js";
import { few } from "../terminal/printable.js";
import { diagnosisPage, type SigmaSweep } from "./page.js";
import type { DiagnosedTensor } from "./result.js";
import { otherNotes, tensorSection, titleOf } from "./sections.js";

/** A tensor with what its figures show. */
export interface Drawn {
  readonly tensor: DiagnosedTensor;
  readonly figures: FigureData;
}

export interface ReportOptions {
  readonly norms: readonly Norm[];
  readonly arithmetic: {
    readonly compute: FormatName;
    readonly accumulate: FormatName | "exact";
    readonly order: Order;
  };
}

const SIGMA = [1e-5, 1e4] as const;
const TOLERANCE = 0.25;
/** Sizes of groups whose usable σ is looked for: the most, and the largest. */
const MOST_SIZES = 6;
const LARGEST = 2 ** 16;

const topOf = (norm: Norm): number => (typeof norm === "object" && "topk" in norm ? norm.topk : 1);

async function sweepOf(
  n: number,
  { norms, arithmetic }: ReportOptions,
  told: () => Promise<void>,
): Promise<SigmaSweep> {
  const { compute, accumulate, order } = arithmetic;
  const ranges = await usableRanges(
    {
      norms: norms.filter((norm) => topOf(norm) <= n),
      counts: [n],
      sigma: SIGMA,
      compute,
      accumulates: [accumulate],
      orders: [order],
      tolerance: TOLERANCE,
      seed: 1,
    },
    told,
  );
  return { n, sigma: SIGMA, ranges: ranges.map(({ norm, usable }) => ({ label: normWords(norm), usable })) };
}

/** @param told Is told the part that is done, and may wait. */
export async function diagnoseReport(
  drawn: readonly Drawn[],
  options: ReportOptions,
  told: (done: number) => Promise<void>,
): Promise<string> {
  const all = new Set(drawn.map(({ tensor }) => tensor.diagnoses[0].input.groupSize));
  const sizes = [...all].filter((n) => n > 1 && n <= LARGEST).slice(0, MOST_SIZES);
  const sweeps = new Map<number, SigmaSweep>();
  for (const n of sizes) sweeps.set(n, await sweepOf(n, options, () => told(sweeps.size / sizes.length)));
  const files = [...new Set(drawn.map(({ tensor }) => tensor.file))];
  return diagnosisPage(
    `halfnorm diagnose: ${few(files, 3)}`,
    drawn.map(({ tensor, figures }) => {
      const results = tensor.diagnoses.map((diagnosis) => ({ label: normWords(diagnosis.subject.norm), diagnosis }));
      const along = figures.along.map((points, i) => ({ label: results[i].label, points }));
      return {
        name: titleOf(tensor),
        results,
        // the page has a heading, and tells the reasons in a table
        table: { ...tensorSection(tensor), title: "The norms side by side", notes: otherNotes(tensor) },
        along: along.filter(({ points }) => points.length > 0),
        sigma: figures.sigma,
      };
    }),
    sweeps,
  );
}
