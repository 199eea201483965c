// The report of a model: its layers along the depth, each with its details.

import * as Plot from "@observablehq/plot";
import { VERDICTS } from "../../diagnosis/words.js";
import type { Verdict } from "../../index.js";
import { FORMATS } from "../../numerics/format.js";
import type { ModelDiagnosis } from "../../onnx/index.js";
import { columnsOf } from "../../text/page.js";
import { brief } from "../../text/words.js";
import { BELOW, decades, draw, type Figure, tickOf } from "../report/figure.js";
import { anchorOf, type Block, type Entry, type Part, page, type Table } from "../report/html.js";
import { printable } from "../terminal/printable.js";
import { keepSentence, kernelSection, layerCells, layerColumns, rangeSection, remedyWords } from "./sections.js";
import {
  decisive,
  effectSentences,
  kernelNames,
  type Placed,
  shownNames,
  summaryOf,
  worstFirst,
  worstVerdict,
} from "./view.js";

const PAINT: Readonly<Record<Verdict, string>> = { ok: "var(--good)", degraded: "var(--warn)", failed: "var(--bad)" };
const SIGNS: Readonly<Record<Verdict, Plot.SymbolType>> = { ok: "circle", degraded: "triangle", failed: "square" };

/** A point for each layer. */
function depthFigure(
  model: ModelDiagnosis,
  title: string,
  values: readonly (number | null)[],
  more: Plot.PlotOptions,
  mark: number,
  term: string,
): Figure {
  const at = decisive(model);
  const { names } = shownNames(model);
  const points = model.layers.flatMap(({ kernels }, i) => {
    const value = values[i];
    return value === null ? [] : [{ depth: i + 1, name: printable(names[i]), value, verdict: kernels[at].verdict }];
  });
  type Point = (typeof points)[number];
  const markup = draw(
    title,
    "A sign for each normalization, from the first to the last of the model: circles are ok, triangles degraded, squares failed.",
    {
      ...more,
      x: {
        label: "normalization, in the order of the model",
        ...BELOW,
        domain: [0.5, model.layers.length + 0.5],
        ticks: Math.min(8, model.layers.length),
        tickFormat: (value: number) => (Number.isInteger(value) ? String(value) : ""),
      },
      marks: [
        Plot.ruleY([mark], { stroke: "var(--mark)", strokeDasharray: "4 3" }),
        Plot.dot(points, {
          x: "depth",
          y: "value",
          fill: (point: Point) => PAINT[point.verdict],
          symbol: (point: Point) => SIGNS[point.verdict],
          title: (point: Point) => `${point.depth}: ${point.name}`,
          r: 4,
        }),
      ],
      symbol: { type: "identity" },
    } as Plot.PlotOptions,
  );
  return {
    title,
    summary: "",
    markup,
    data: {
      title,
      columns: columnsOf(["layer", "value"]),
      rows: names.map((name, i) => [name, brief(values[i])]),
    },
    terms: [{ term: title, text: term }],
  };
}

/** What each normalization is given, and how much room it has. Each sign has its number and name. */
export function depthFigures(model: ModelDiagnosis): Figure[] {
  const at = decisive(model);
  const sizes = model.layers.map(({ maxAbs }) => maxAbs || null);
  const { max } = FORMATS[model.format as keyof typeof FORMATS];
  const known = sizes.filter((size): size is number => size !== null);
  const low = known.reduce((least, size) => Math.min(least, size), 1) / 2;
  const high = known.reduce((most, size) => Math.max(most, size), max) * 2;
  const name = kernelNames(model)[at];
  return [
    depthFigure(
      model,
      "Largest |x| along the depth",
      sizes,
      {
        y: {
          type: "log",
          domain: [low, high],
          label: "largest |x|",
          grid: true,
          ticks: decades(low, high, 5),
          tickFormat: tickOf,
        },
      },
      max,
      `The largest magnitude that each normalization is given; the line is the largest number of ${model.format}.`,
    ),
    depthFigure(
      model,
      `Headroom, ${name}`,
      model.layers.map(({ kernels }) => kernels[at].headroom),
      { y: { label: "binades", grid: true, ticks: 5, nice: true } },
      0,
      "Doublings that are left until the first stage of the normalization overflows; below the line it does.",
    ),
  ];
}

function listing(model: ModelDiagnosis, placed: readonly (Placed & { anchor: string })[]): Table {
  const { names, note } = shownNames(model);
  return {
    title: "Normalizations, the worst first",
    columns: layerColumns(model),
    rows: placed.map(({ layer, depth, anchor }): (Entry | string)[] => [
      { text: names[depth], to: anchor },
      ...layerCells(model, layer),
    ]),
    notes: [...(note ? [note] : []), keepSentence(model), ...effectSentences(model), ...model.notes],
    terms: [
      {
        term: "Kernels",
        text: `What runtimes do differently: ${model.format} sums keep every operation and every sum in ${model.format}; float32 sums accumulate in float32; float32 statistics have mean, deviation and 1 / S in float32 and the last steps in ${model.format}; float32 computes everything in float32 and stores in ${model.format}.`,
      },
      {
        term: "Effect",
        text: "The largest change of an output of the model with this layer alone replaced by what the kernel gives, against the model in float32; - where it was not tried.",
      },
    ],
  };
}

function layerPart(model: ModelDiagnosis, { layer, depth, anchor }: Placed & { anchor: string }): Part {
  const at = decisive(model);
  const remedy = remedyWords(layer);
  const { verdict, reason } = layer.kernels[at];
  const { operator, tensor, output, axes, shape, epsilon, nodes, note } = layer;
  const blocks: Block[] = [
    {
      title: "Verdict",
      findings: [{ about: kernelNames(model)[at], verdict: { text: verdict, style: VERDICTS[verdict] }, why: reason }],
      notes: [...(remedy ? [`What helps most: ${remedy}`] : []), ...(note ? [note] : [])],
    },
    kernelSection(layer),
    { words: [`Nodes: ${nodes.map((name) => name || "one without a name").join(", ")}.`] },
  ];
  return {
    anchor,
    heading: layer.name,
    about: `Normalization ${depth + 1}: ${operator} of ${tensor}, [${shape.join(", ")}] over ${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ")}, epsilon ${brief(epsilon)}, which gives ${output}.`,
    linked: true,
    blocks,
  };
}

/** Layers with a part of their own. */
const MOST_SHOWN = 200;

export function modelPage(model: ModelDiagnosis): string {
  const placed = worstFirst(model).map((one) => ({ ...one, anchor: anchorOf("layer", one.depth + 1, one.layer.name) }));
  const verdict = worstVerdict(model);
  const parts: Part[] = [];
  if (placed.length) {
    parts.push({ anchor: "overview", heading: "Overview", blocks: [...depthFigures(model), listing(model, placed)] });
  }
  if (model.ranges.length) parts.push({ anchor: "ranges", heading: "Ranges", blocks: [rangeSection(model)] });
  if (model.notReached.length) {
    parts.push({
      anchor: "not-reached",
      heading: "Not reached",
      blocks: [{ words: model.notReached.map(({ name, why }) => `${name} ${why}.`) }],
    });
  }
  parts.push(...placed.slice(0, MOST_SHOWN).map((one) => layerPart(model, one)));
  return page({
    command: "halfnorm diagnose",
    subject: model.model,
    lead: [{ text: summaryOf(model), ...(placed.length && { style: VERDICTS[verdict] }) }],
    about: `Run on ${model.runs.map(({ source }) => source).join(", ")}; for ${model.format}.`,
    parts,
  });
}
