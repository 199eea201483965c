// Plots of what was diagnosed, as SVG text. Colours come from the page (html.ts), so that they follow light and dark.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Diagnosis, type ErrorStatistics, STAGES, type StageName } from "../../index.js";
import { columnsOf } from "../../text/page.js";
import { brief, integer } from "../../text/words.js";
import type { Section } from "../terminal/sections.js";
import { endsInWords, type SigmaRange } from "./sigma-range.js";

/** A picture, what it says to those who do not see it, and the numbers behind it. */
export interface Figure {
  readonly title: string;
  /** In a sentence. */
  readonly summary: string;
  /** SVG, before it the legend where there is one. */
  readonly markup: string;
  readonly data: Section;
}

/** One way to compute, as the plots name it. */
export interface Labelled {
  readonly label: string;
  readonly diagnosis: Diagnosis;
}

/** The range of a format in binades. */
export interface Binades {
  readonly name: string;
  readonly precision: number;
  readonly emin: number;
  readonly emax: number;
}

const WIDTH = 920;
/** Of a character of a label, in pixels. */
const CHARACTER = 7.5;
/** Colours of series, which the page defines; there are as many as it defines. */
export const SERIES = 8;
const colours = Array.from({ length: SERIES }, (_, i) => `var(--series-${i})`);

/** A fresh document for each plot: they number their classes within one. */
function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const plot = Plot.plot({
    width: WIDTH,
    height: 260,
    marginLeft: 56,
    style: { fontSize: "13px", background: "transparent" },
    ...options,
    document,
  });
  // the figure around it speaks for it
  for (const svg of [plot, ...plot.querySelectorAll("svg")]) svg.setAttribute("aria-hidden", "true");
  return plot.outerHTML;
}

const power = (exponent: number): string => `2^${exponent}`;

/** The binades that the data are in, against those of a format. */
export function exponentFigure(input: Diagnosis["input"], format: Binades): Figure {
  const { name, precision, emin, emax } = format;
  const least = emin - precision + 1;
  const bins = input.exponentHistogram.map(({ exponent, count }) => ({ exponent, count }));
  const part = (test: (exponent: number) => boolean): number =>
    bins.reduce((sum, bin) => (test(bin.exponent) ? sum + bin.count : sum), 0);
  const above = part((exponent) => exponent > emax);
  const subnormal = part((exponent) => exponent < emin && exponent >= least);
  const below = part((exponent) => exponent < least);
  const places = [
    { at: least, text: `least ${power(least)}` },
    { at: emin, text: `normal ${power(emin)}` },
    { at: emax + 1, text: `beyond ${power(emax + 1)}` },
  ];
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const markup = draw({
    x: { label: "binary exponent of |x| →", tickFormat: (value: number) => String(value), grid: false },
    y: { type: "sqrt", label: "↑ elements (square root)", grid: true, domain: [0, most], tickFormat: "~s" },
    marginTop: 40,
    marginRight: 60,
    marks: [
      Plot.rect([{ x1: least, x2: emax + 1, y1: 0, y2: most }], {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "currentColor",
        fillOpacity: 0.06,
      }),
      Plot.rectY(bins, {
        x1: (bin) => bin.exponent,
        x2: (bin) => bin.exponent + 1,
        y: "count",
        fill: colours[0],
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.ruleX(places, { x: "at", stroke: "currentColor", strokeDasharray: "4 3", strokeOpacity: 0.7 }),
      Plot.text(places, { x: "at", text: "text", frameAnchor: "top", dy: -14, textAnchor: "middle" }),
      Plot.ruleY([0]),
    ],
  });
  const rows = bins.map((bin) => [power(bin.exponent), integer(bin.count)]);
  return {
    title: `Magnitudes of the data against the range of ${name}`,
    summary:
      `Of ${integer(input.count)} elements, ${integer(above)} are beyond the range of ${name}, ` +
      `${integer(subnormal)} are where it is subnormal and has fewer digits, ${integer(below)} are below its least number, ` +
      `and ${integer(input.zero)} are zero.`,
    markup,
    data: {
      title: "Elements by binade",
      columns: columnsOf(["from |x| =", "elements"]),
      rows,
    },
  };
}

/** Below this an error does not show in the plot. */
const LEAST_ULP = 1e-3;

const totalOf = (diagnosis: Diagnosis, name: StageName): ErrorStatistics | undefined =>
  diagnosis.stages.find((stage) => stage.name === name)?.total;

/** The error that has come together at each stage. */
export function stagesFigure(results: readonly Labelled[]): Figure {
  const points = results.flatMap(({ label, diagnosis }) =>
    STAGES.flatMap((stage) => {
      const total = totalOf(diagnosis, stage);
      const lost = total !== undefined && total.rmsUlp === null && total.mismatchedSpecials > 0;
      return total ? [{ label, stage, ulp: total.rmsUlp, lost }] : [];
    }),
  );
  const finite = points.filter(({ ulp }) => ulp !== null).map((point) => ({ ...point, ulp: shown(point.ulp) }));
  const most = Math.max(10, ...finite.map(({ ulp }) => ulp));
  const lost = points.filter((point) => point.lost).map((point) => ({ ...point, ulp: most * 4 }));
  const labels = results.map(({ label }) => label);
  const markup = draw({
    x: { domain: STAGES.filter((stage) => points.some((point) => point.stage === stage)), label: "stage →" },
    y: {
      type: "log",
      label: "↑ rms error in ulp",
      grid: true,
      domain: [LEAST_ULP, lost.length ? most * 6 : most * 1.5],
      ticks: 6,
      tickFormat: "~g",
    },
    color: { domain: labels, range: colours.slice(0, labels.length), legend: true },
    marks: [
      Plot.ruleY([0.5], { strokeDasharray: "4 3", strokeOpacity: 0.7 }),
      Plot.lineY(finite, { x: "stage", y: "ulp", stroke: "label", z: "label", marker: "dot" }),
      Plot.text(lost, { x: "stage", y: "ulp", text: () => "lost", fill: "label", dodge: "middle" } as Plot.TextOptions),
    ],
  });
  const rows = STAGES.filter((stage) => points.some((point) => point.stage === stage)).map((stage) => [
    stage,
    ...results.map(({ diagnosis }) => {
      const total = totalOf(diagnosis, stage);
      if (!total) return "-";
      return total.mismatchedSpecials
        ? `${brief(total.rmsUlp)}, ${integer(total.mismatchedSpecials)} lost`
        : brief(total.rmsUlp);
    }),
  ]);
  const worst = (diagnosis: Diagnosis): string => {
    const { mismatchedSpecials, rmsUlp } = diagnosis.error;
    return mismatchedSpecials ? `${integer(mismatchedSpecials)} values lost` : `${brief(rmsUlp)} ulp`;
  };
  return {
    title: "Error by stage",
    summary: `Root mean square error of the output: ${results.map((one) => `${one.label} ${worst(one.diagnosis)}`).join(", ")}. The dashed line is half an ulp, which a single rounding may cost; "lost" are values that became infinite or NaN.`,
    markup,
    data: {
      title: "Root mean square error in ulp, against the exact value from the original data",
      columns: columnsOf(["stage", ...labels]),
      rows,
    },
  };
}

const shown = (ulp: number | null): number => Math.max(ulp ?? LEAST_ULP, LEAST_ULP);

/** The error of a partial sum. */
export interface PartialError {
  /** Terms so far. */
  readonly index: number;
  /** With its sign; null where the sum is lost. */
  readonly ulp: number | null;
}

/** How the error of the sum grows, in the group where it ends up greatest. */
export function alongFigure(series: readonly { label: string; points: readonly PartialError[] }[]): Figure {
  const labels = series.map(({ label }) => label);
  const points = series.flatMap(({ label, points }) =>
    points.flatMap(({ index, ulp }) => (ulp === null ? [] : [{ label, index, ulp }])),
  );
  const markup = draw({
    x: { label: "terms added →", tickFormat: "~s" },
    y: { type: "symlog", constant: 0.5, label: "↑ error of the partial sum in ulp", grid: true, ticks: 6 },
    color: { domain: labels, range: colours.slice(0, labels.length), legend: true },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.7 }),
      Plot.lineY(points, { x: "index", y: "ulp", stroke: "label", z: "label" }),
    ],
  });
  const indices = [...new Set(series.flatMap((one) => one.points.map(({ index }) => index)))].sort((a, b) => a - b);
  const ends = series.map(({ label, points }) => {
    const last = points.at(-1);
    return `${label} ${last === undefined || last.ulp === null ? "lost" : `${brief(last.ulp)} ulp`}`;
  });
  return {
    title: "Error along the reduction",
    summary: `Error of the sum of the terms as it grows, in the group where it ends greatest; at the end: ${ends.join(", ")}.`,
    markup,
    data: {
      title: "Error of the partial sums in ulp",
      columns: columnsOf(["terms", ...labels]),
      rows: indices.map((index) => [
        integer(index),
        ...series.map(({ points }) => {
          const point = points.find((one) => one.index === index);
          return point ? (point.ulp === null ? "lost" : brief(point.ulp)) : "-";
        }),
      ]),
    },
  };
}

/** The σ of normal data that a way of computing is good for. */
export interface UsableSigma {
  readonly label: string;
  readonly usable: SigmaRange | null;
}

/**
 * Ranges of σ as bars.
 *
 * @param sigma What was swept.
 * @param mark The σ of the data at hand.
 */
export function sigmaFigure(
  title: string,
  ranges: readonly UsableSigma[],
  sigma: readonly [number, number],
  mark?: number | undefined,
): Figure {
  const bars = ranges.flatMap(({ label, usable }) =>
    usable ? [{ label, from: usable.from ?? sigma[0], to: usable.to ?? sigma[1] }] : [],
  );
  const inside = mark !== undefined && mark >= sigma[0] && mark <= sigma[1] ? [mark] : [];
  const markup = draw({
    height: 60 + 30 * ranges.length,
    marginLeft: 16 + CHARACTER * Math.max(...ranges.map(({ label }) => label.length)),
    marginTop: inside.length ? 30 : 10,
    marginBottom: 40,
    x: { type: "log", domain: [...sigma], label: "σ →", grid: true, tickFormat: "~g" },
    y: { domain: ranges.map(({ label }) => label), label: null },
    marks: [
      Plot.barX(bars, { x1: "from", x2: "to", y: "label", fill: colours[0], insetTop: 5, insetBottom: 5, rx: 2 }),
      Plot.ruleX(inside, { stroke: "var(--mark)", strokeWidth: 2 }),
      Plot.text(inside, { x: (d) => d, text: (d) => `this data: ${brief(d)}`, frameAnchor: "top", dy: -14 }),
    ],
  });
  const rows = ranges.map(({ label, usable }) => [
    label,
    ...(usable ? endsInWords(usable, sigma) : ["nowhere", "nowhere"]),
  ]);
  return {
    title,
    summary:
      "Each bar is the σ of normal data with which the output stays usable." +
      (inside.length ? ` The line is the σ of this data, ${brief(inside[0])}.` : ""),
    markup,
    data: { title: "Usable σ", columns: columnsOf(["sums in", "from", "to"]), rows },
  };
}
