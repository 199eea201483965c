// The picture of a sum as it grows: in the format and exact.

import * as Plot from "@observablehq/plot";
import { BELOW, colourOf, countTick, draw, type Figure, tickOf } from "../../src/cli/report/figure.js";
import { columnsOf } from "../../src/text/page.js";
import { brief, integer, percent } from "../../src/text/words.js";
import type { NoSum, RunningSum } from "../shared/messages.js";

const TITLE = "The sum as it grows";
/** Rows of the numbers. */
const ROWS = 24;
/** How much of what is beyond the format is shown, in its largest number. */
const BEYOND = 2;
/** Growth of the exact sum below which standing still is nothing to be noticed. */
const NOTICED = 0.01;

/** The first point from which on the sum stands still, though the exact one grows on; undefined if it never does. */
function stillFrom({ exact, computed }: RunningSum): number | undefined {
  const end = computed.length - 1;
  let from = end;
  while (from > 0 && computed[from - 1] === computed[end]) from--;
  const grown = Math.abs(exact[end] - exact[from]);
  return Number.isFinite(computed[end]) && from < end && grown > NOTICED * Math.abs(exact[end]) ? from : undefined;
}

function summaryOf(running: RunningSum): string {
  const { what, format, index, exact, computed, n } = running;
  const lost = computed.findIndex((value) => !Number.isFinite(value));
  const head = what.charAt(0).toUpperCase() + what.slice(1);
  if (lost >= 0) return `${head} overflows in ${format} within ${integer(index[lost])} of ${integer(n)} terms.`;
  const still = stillFrom(running);
  const [got, right] = [computed[computed.length - 1], exact[exact.length - 1]];
  if (still !== undefined)
    return `${head} stands still at ${brief(got)} from term ${integer(index[still])} on; ${brief(right)} is right.`;
  const off = Math.abs(got - right);
  if (!off) return `${head} is right: ${brief(right)}.`;
  return `${head} comes to ${brief(got, 4)}; ${brief(right, 4)} is right, ${percent(off, Math.abs(right) || off)} off.`;
}

/** What the lines are. */
const legend = (format: string): string => {
  const line = (colour: number, dashes: string) =>
    `<svg class="key" viewBox="0 0 24 12" aria-hidden="true"><path d="M0 6H24" stroke="${colourOf(colour)}" stroke-width="3" stroke-dasharray="${dashes}"/></svg>`;
  return `<ul class="legend"><li>${line(0, "none")} ${format}</li><li>${line(6, "6 4")} exact</li></ul>`;
};

const TERM = {
  term: TITLE,
  text: "The terms of one group added one after the other, as often as the picture has room for: exactly, which is the dashed line, and in the format and order that were asked for. Where the line becomes level while the dashed one climbs, terms are too small to change the sum: it stagnates. A cross is where it overflows; the rule across is the largest number of the format.",
} as const;

export function runningFigure(running: RunningSum | NoSum): Figure {
  if ("why" in running) {
    const data = { title: TITLE, columns: columnsOf(["terms"]), rows: [] };
    return { title: TITLE, summary: running.why, markup: "", data, terms: [TERM] };
  }
  const { index, exact, computed, n, limit, format, group } = running;
  const points = index.map((at, i) => ({ at, exact: exact[i], computed: computed[i] }));
  const finite = points.filter((point) => Number.isFinite(point.computed));
  const lost = points.find((point) => !Number.isFinite(point.computed));
  const values = [0, ...exact, ...finite.map((point) => point.computed)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const marks = high > limit / 50 ? [limit] : [];
  // beyond the format, the exact sum leaves the picture
  const top = Math.min(Math.max(high, ...marks), BEYOND * limit) * 1.04 || 1;
  const markup = draw(TITLE, "Terms added from left to right, their sum up: exactly, and in the format.", {
    marginTop: 22,
    marginLeft: 54,
    x: { domain: [0, n], label: "terms added", ...BELOW, tickFormat: countTick, ticks: 5 },
    y: {
      domain: [low * 1.04, top],
      label: "sum",
      labelArrow: "none",
      labelOffset: 50,
      grid: true,
      ticks: 4,
      tickFormat: tickOf,
    },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.7 }),
      Plot.ruleY(marks, { stroke: "var(--mark)", strokeDasharray: "2 3" }),
      Plot.lineY(points, {
        x: "at",
        y: "exact",
        clip: true,
        stroke: colourOf(6),
        strokeDasharray: "5 4",
        strokeOpacity: 0.8,
      }),
      Plot.lineY(finite, { x: "at", y: "computed", stroke: colourOf(0), strokeWidth: 2 }),
      Plot.dot(lost ? [lost] : [], {
        x: "at",
        y: () => Math.min(limit, top),
        symbol: "times",
        stroke: "var(--bad)",
        strokeWidth: 2,
        r: 6,
      }),
    ],
  });
  const step = Math.max(1, Math.ceil(points.length / ROWS));
  const rows = points.filter((_, i) => i % step === step - 1 || i === points.length - 1);
  return {
    title: TITLE,
    summary: summaryOf(running),
    markup: legend(format) + markup,
    data: {
      title: `Partial sums of group ${group}`,
      columns: columnsOf(["terms", format, "exact"]),
      rows: rows.map((point) => [
        integer(point.at),
        Number.isFinite(point.computed) ? brief(point.computed, 6) : "lost",
        brief(point.exact, 6),
      ]),
    },
    terms: [TERM],
  };
}
