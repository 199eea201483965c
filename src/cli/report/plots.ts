// Plots of what was diagnosed.

import * as Plot from "@observablehq/plot";
import { type Diagnosis, type ErrorStatistics, STAGES, type StageName } from "../../index.js";
import { columnsOf } from "../../text/page.js";
import { brief, integer } from "../../text/words.js";
import type { Section } from "../terminal/section.js";
import {
  BELOW,
  CHARACTER,
  colourOf,
  countTick,
  decades,
  draw,
  type Figure,
  legend,
  signedDecades,
  symbolOf,
  tickOf,
  WIDTH,
} from "./figure.js";
import { endsInWords, type SigmaRange } from "./sigma-range.js";

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

const power = (exponent: number): string => `2^${exponent}`;

/** Of a count that is not 0: "3 are NaN". */
const are = (count: number, what: string): string[] =>
  count ? [`${integer(count)} ${count === 1 ? "is" : "are"} ${what}`] : [];

const listed = (parts: readonly string[]): string =>
  parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join("");

const DASHED = { stroke: "currentColor", strokeDasharray: "4 3", strokeOpacity: 0.7 } as const;

/** The binades that the data are in, against those of a format. */
export function exponentFigure(input: Diagnosis["input"], format: Binades): Figure {
  const { name, precision, emin, emax } = format;
  const least = emin - precision + 1;
  const zoneOf = (exponent: number): "beyond" | "normal" | "subnormal" | "below" => {
    if (exponent > emax) return "beyond";
    if (exponent >= emin) return "normal";
    return exponent >= least ? "subnormal" : "below";
  };
  const bins = input.exponentHistogram.map(({ exponent, count }) => ({ exponent, count, zone: zoneOf(exponent) }));
  const inZone = (zone: string): number => bins.reduce((sum, bin) => (bin.zone === zone ? sum + bin.count : sum), 0);
  const others = [
    ...are(inZone("beyond"), `beyond the range of ${name}`),
    ...are(inZone("subnormal"), "where it is subnormal and has fewer digits"),
    ...are(inZone("below"), "below its least number"),
    ...are(input.zero, "zero"),
    ...are(input.nan, "NaN"),
    ...are(input.infinite, "infinite"),
  ];
  const title = `Magnitudes of the data against the range of ${name}`;
  const places = [
    { at: least, text: `least ${power(least)}` },
    { at: emin, text: `normal ${power(emin)}` },
    { at: emax + 1, text: `beyond ${power(emax + 1)}` },
  ];
  const exponents = bins.map(({ exponent }) => exponent);
  const domain = [Math.min(least, ...exponents) - 1, Math.max(emax + 1, ...exponents.map((each) => each + 1)) + 1];
  const middle = (domain[0] + domain[1]) / 2;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const fills = { beyond: "var(--bad)", normal: colourOf(0), subnormal: "var(--warn)", below: "var(--bad)" };
  const markup = draw(title, "A bar for each binade of |x|, as high as the square root of the elements in it.", {
    x: { domain, label: "binary exponent of |x|", ...BELOW, tickFormat: (value: number) => String(value), ticks: 6 },
    y: {
      type: "sqrt",
      label: "elements, square root",
      labelArrow: "none",
      labelOffset: 44,
      grid: true,
      domain: [0, most],
      ticks: 3,
      tickFormat: countTick,
    },
    height: 280,
    marginTop: 76,
    marks: [
      Plot.rect([{ x1: least, x2: emax + 1, y1: 0, y2: most }], {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "var(--zone)",
      }),
      Plot.rectY(bins, {
        x1: (bin) => bin.exponent,
        x2: (bin) => bin.exponent + 1,
        y: "count",
        fill: (bin) => fills[bin.zone as keyof typeof fills],
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      // each has a line of its own above the frame: formats may be as narrow as they like
      ...places.flatMap(({ at, text }, i) => {
        const up = 14 * (places.length - i) + 3;
        return [
          Plot.ruleX([at], { ...DASHED, insetTop: -up }),
          Plot.text([at], {
            x: (each: number) => each,
            text: () => text,
            frameAnchor: "top",
            textAnchor: at > middle ? "end" : "start",
            dx: at > middle ? -4 : 4,
            dy: -up,
          }),
        ];
      }),
      Plot.ruleY([0]),
    ],
  });
  return {
    title,
    summary: others.length
      ? `Of ${integer(input.count)} elements, ${listed(others)}.`
      : `All ${integer(input.count)} elements are where ${name} is normal.`,
    markup,
    data: {
      title: "Elements by binade",
      columns: columnsOf(["from |x| =", "elements"]),
      rows: bins.map((bin) => [power(bin.exponent), integer(bin.count)]),
    },
    terms: [
      {
        term: "Magnitudes",
        text: "A bar for each binade, the numbers from one power of two to the next, as high as the square root of the elements in it. The shaded range is that of the format: from its least number on, with all of its digits from where it is normal.",
      },
    ],
  };
}

/** Below this an error does not show in the plot. */
const LEAST_ULP = 1e-3;

const totalOf = (diagnosis: Diagnosis, name: StageName): ErrorStatistics | undefined =>
  diagnosis.stages.find((stage) => stage.name === name)?.total;

interface StagePoint {
  readonly stage: StageName;
  readonly ulp: number;
  /** Nothing is left to measure. */
  readonly lost: boolean;
}

function stagePoints(diagnosis: Diagnosis): StagePoint[] {
  return STAGES.flatMap((stage) => {
    const total = totalOf(diagnosis, stage);
    if (!total) return [];
    const lost = total.rmsUlp === null && total.mismatchedSpecials > 0;
    return [{ stage, ulp: Math.max(total.rmsUlp ?? LEAST_ULP, LEAST_ULP), lost }];
  });
}

/** Between the crosses of series that are lost, beside the frame. */
const CROSS = 13;

/** The error that has come together at each stage. */
export function stagesFigure(results: readonly Labelled[]): Figure {
  const labels = results.map(({ label }) => label);
  const series = results.map(({ diagnosis }) => stagePoints(diagnosis));
  const stages = STAGES.filter((stage) => series.some((points) => points.some((point) => point.stage === stage)));
  const finite = series.map((points) => points.filter(({ lost }) => !lost));
  const losing = series.flatMap((points, i) => (points.some(({ lost }) => lost) ? [i] : []));
  const most = Math.max(10, ...finite.flat().map(({ ulp }) => ulp)) * 1.5;
  const title = "Error by stage";
  const markup = draw(title, "Stages from top to bottom, the error of each norm across, by its logarithm.", {
    height: 40 + 26 * stages.length + 46,
    marginTop: losing.length ? 24 : 10,
    marginLeft: 80,
    marginRight: losing.length ? Math.max(36, 14 + CROSS * losing.length) : 16,
    x: {
      type: "log",
      label: "rms error in ulp",
      ...BELOW,
      grid: true,
      domain: [LEAST_ULP, most],
      ticks: decades(LEAST_ULP, most, 5),
      tickFormat: (value: number) => (value === LEAST_ULP ? `≤${tickOf(value)}` : tickOf(value)),
    },
    y: { type: "point", domain: [...stages], label: null },
    marks: [
      Plot.ruleX([0.5], DASHED),
      ...finite.flatMap((points, i) => [
        Plot.line(points, { x: "ulp", y: "stage", stroke: colourOf(i) }),
        Plot.dot(points, { x: "ulp", y: "stage", fill: colourOf(i), symbol: symbolOf(i), r: 4 }),
      ]),
      ...losing.map((i, place) =>
        Plot.dot(
          series[i].filter(({ lost }) => lost),
          { y: "stage", frameAnchor: "right", dx: 14 + CROSS * place, stroke: colourOf(i), symbol: "times", r: 4 },
        ),
      ),
      Plot.text(losing.length ? ["lost"] : [], { frameAnchor: "top-right", textAnchor: "start", dx: 7, dy: -16 }),
    ],
  });
  const rows = stages.map((stage) => [
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
    title,
    summary: `Of the output: ${results.map((one) => `${one.label} ${worst(one.diagnosis)}`).join(", ")}.`,
    markup: legend(labels) + markup,
    data: {
      title: "Root mean square error in ulp, against the exact value from the original data",
      columns: columnsOf(["stage", ...labels]),
      rows,
    },
    terms: [
      {
        term: title,
        text: "The root mean square error that has come together when a stage is done, in ulp of its format. The dashed line is half an ulp, which a single rounding may cost. A cross is where all values became infinite or NaN, and are lost.",
      },
    ],
  };
}

/** The error of a partial sum. */
export interface PartialError {
  /** Terms so far. */
  readonly index: number;
  /** With its sign; null where the sum is lost. */
  readonly ulp: number | null;
}

/** Points from one symbol on a curve to the next. */
const SPARSE = 8;

/** How the error of the sum grows, in the group where it ends up greatest. */
export function alongFigure(series: readonly { label: string; points: readonly PartialError[] }[]): Figure {
  const labels = series.map(({ label }) => label);
  const curves = series.map(({ points }) => points.flatMap(({ index, ulp }) => (ulp === null ? [] : [{ index, ulp }])));
  const ulps = curves.flat().map(({ ulp }) => ulp);
  const [low, high] = [Math.min(-1, ...ulps), Math.max(1, ...ulps)];
  const last = Math.max(1, ...series.flatMap(({ points }) => points.map(({ index }) => index)));
  const title = "Error along the reduction";
  const description =
    "Terms added from left to right, the error of their sum up and down, by its logarithm beyond one ulp.";
  const markup = draw(title, description, {
    marginTop: 30,
    x: { domain: [0, last], label: "terms added", ...BELOW, tickFormat: countTick, ticks: 5 },
    y: {
      type: "symlog",
      constant: 0.5,
      domain: [low, high],
      label: "error in ulp",
      labelArrow: "none",
      labelOffset: 44,
      grid: true,
      ticks: signedDecades(low, high),
      tickFormat: tickOf,
    },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.7 }),
      ...curves.flatMap((points, i) => {
        const marked = points.filter((_, at) => at % SPARSE === i % SPARSE || at === points.length - 1);
        return [
          Plot.lineY(points, { x: "index", y: "ulp", stroke: colourOf(i) }),
          Plot.dot(marked, { x: "index", y: "ulp", fill: colourOf(i), symbol: symbolOf(i), r: 3.5 }),
        ];
      }),
    ],
  });
  const indices = [...new Set(series.flatMap((one) => one.points.map(({ index }) => index)))].sort((a, b) => a - b);
  const ends = series.map(({ label, points }) => {
    const end = points.at(-1);
    return `${label} ${end === undefined || end.ulp === null ? "lost" : `${brief(end.ulp)} ulp`}`;
  });
  return {
    title,
    summary: `At the end: ${ends.join(", ")}.`,
    markup: legend(labels) + markup,
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
    terms: [
      {
        term: title,
        text: "The error of the sum of the terms as it grows, in the group where it ends greatest, in ulp of the format that is summed in. A curve that ends before the others is where the sum is lost.",
      },
    ],
  };
}

/** The σ of normal data that a way of computing is good for. */
export interface UsableSigma {
  readonly label: string;
  readonly usable: SigmaRange | null;
}

export interface SigmaOptions {
  readonly title: string;
  readonly ranges: readonly UsableSigma[];
  /** What was swept. */
  readonly sigma: readonly [number, number];
  /** The σ of the data at hand, of each tensor. */
  readonly marks?: readonly number[];
  /** The numbers. Default: both ends of each bar. */
  readonly data?: Section;
}

/** What marks say of the data. */
function marksInWords(marks: readonly number[]): string {
  if (!marks.length) return "";
  if (marks.length === 1) return `The σ of this data is ${brief(marks[0])}.`;
  return `The σ of these ${integer(marks.length)} tensors are from ${brief(Math.min(...marks))} to ${brief(Math.max(...marks))}.`;
}

/** Ranges of σ as bars. */
export function sigmaFigure({ title, ranges, sigma, marks = [], data }: SigmaOptions): Figure {
  const [low, high] = sigma;
  const bars = ranges.flatMap(({ label, usable }) =>
    usable ? [{ label, from: usable.from ?? low, to: usable.to ?? high }] : [],
  );
  const inside = marks.filter((mark) => mark >= low && mark <= high);
  const marginLeft = Math.min(WIDTH / 2, 16 + CHARACTER * Math.max(...ranges.map(({ label }) => label.length)));
  const markup = draw(title, "A bar for each way to compute, from the least to the greatest σ that it can take.", {
    height: 60 + 24 * ranges.length,
    marginLeft,
    marginRight: 20,
    marginTop: 12,
    x: {
      type: "log",
      domain: [low, high],
      label: "σ",
      ...BELOW,
      grid: true,
      ticks: decades(low, high, 5),
      tickFormat: tickOf,
    },
    y: { domain: ranges.map(({ label }) => label), label: null },
    marks: [
      Plot.barX(bars, { x1: "from", x2: "to", y: "label", fill: colourOf(0), insetTop: 4, insetBottom: 4, rx: 2 }),
      Plot.ruleX(inside, { stroke: "var(--mark)", strokeWidth: inside.length > 1 ? 1 : 2 }),
    ],
  });
  const rows = ranges.map(({ label, usable }) => [
    label,
    ...(usable ? endsInWords(usable, sigma) : ["nowhere", "nowhere"]),
  ]);
  return {
    title,
    summary: marksInWords(marks),
    markup,
    data: data ?? { title: "Usable σ", columns: columnsOf(["", "from", "to"]), rows },
    terms: [
      {
        term: "Usable σ",
        text: `A bar is the σ of normal data with which the output stays usable; a norm without a bar can take none.${marks.length ? " Lines across the bars are the σ of the data, the median over its groups." : ""}`,
      },
    ],
  };
}
