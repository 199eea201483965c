// A model's diagnosis as tables.

import { TITLES, VERDICTS } from "../../diagnosis/words.js";
import type { LayerKernel, ModelDiagnosis, ModelLayer } from "../../onnx/index.js";
import type { Cell, Column } from "../../text/page.js";
import { brief, fixed, integer } from "../../text/words.js";
import { printable } from "../terminal/printable.js";
import type { Section } from "../terminal/section.js";
import { decisive, effectSentences, kernelNames, shownNames, summaryOf, worstFirst } from "./view.js";

const verdictCell = ({ verdict }: LayerKernel): Cell => ({ text: verdict, style: VERDICTS[verdict] });

/** Change of the model's outputs: the largest. */
function effectCell({ effect }: LayerKernel): string {
  if (!effect?.length) return "-";
  const sizes = effect.map(({ maxAbs }) => maxAbs);
  return sizes.includes(null) ? "NaN/inf" : brief(Math.max(...(sizes as number[])));
}

/** So that the four kinds have room in 80 columns. */
const SHORT: Readonly<Record<string, string>> = { "float32 statistics": "f32 statistics" };

/** Columns of the table of layers, the kernels first to last between them. */
export function layerColumns(model: ModelDiagnosis): Column[] {
  return [
    { title: "layer", left: true },
    ...kernelNames(model).map((name) => ({ title: SHORT[name] ?? name, left: true })),
    { title: "max |x|", shed: 4 },
    { title: "headroom", shed: 3 },
    { title: "effect", shed: 2 },
    { title: "operator", left: true, shed: 1 },
  ];
}

export function layerCells(model: ModelDiagnosis, layer: ModelLayer): (Cell | string)[] {
  const { kernels, maxAbs, operator } = layer;
  const kernel = kernels[decisive(model)];
  return [...kernels.map(verdictCell), brief(maxAbs), fixed(kernel.headroom, 1), effectCell(kernel), operator];
}

/** What to do about a layer. */
export const remedyWords = ({ remedy, tensor }: ModelLayer): string | undefined =>
  remedy && `${remedy.change}${remedy.scale === undefined ? "" : `, x being ${tensor}`}`;

const REASONS = 20;
const RANGES = 12;
const KEPT = 12;

/** Tensors that the format cannot hold. */
export function rangeSection({ ranges, format }: ModelDiagnosis): Section {
  return {
    title: `Tensors that ${format} cannot hold`,
    columns: [
      { title: "tensor", left: true },
      { title: "max |x|" },
      { title: "overflow" },
      { title: "underflow", shed: 2 },
      { title: "made by", left: true, shed: 1 },
    ],
    rows: ranges.map(({ tensor, node, maxAbs, overflow, underflow }) => [
      tensor,
      brief(maxAbs),
      integer(overflow),
      integer(underflow),
      node,
    ]),
    names: true,
  };
}

/** Names of the nodes to keep, in a sentence. */
export function keepSentence(model: ModelDiagnosis): string {
  const names = kernelNames(model);
  const name = names[decisive(model)];
  const nodes = model.keep[name];
  if (!nodes.length) return "Keep nothing in float32.";
  const shown = nodes.slice(0, KEPT).map((node) => printable(node, 400));
  const more = nodes.length - shown.length;
  return `Keep in float32: ${shown.join(", ")}${more ? ` and ${more} more, which --keep and --json have` : ""}.`;
}

export function modelSections(model: ModelDiagnosis): Section[] {
  const placed = worstFirst(model);
  const at = decisive(model);
  const { names, note } = shownNames(model);
  const bad = placed.filter(({ layer }) => layer.kernels[at].verdict !== "ok");
  const reasons = bad.slice(0, REASONS).flatMap(({ layer }) => {
    const remedy = remedyWords(layer);
    return [
      `${layer.name}: ${layer.kernels[at].reason}`,
      ...(remedy ? [`${layer.name}: what helps most: ${remedy}`] : []),
    ];
  });
  const more = bad.length - REASONS;
  const sections: Section[] = [
    {
      title: summaryOf(model),
      columns: layerColumns(model),
      rows: placed.map(({ layer, depth }) => [names[depth], ...layerCells(model, layer)]),
      names: true,
      notes: [
        ...(note ? [note] : []),
        ...reasons,
        ...(more > 0 ? [`and ${more} more; --json has all.`] : []),
        ...(model.layers.length ? [keepSentence(model)] : []),
        ...effectSentences(model),
        ...model.notReached.slice(0, REASONS).map(({ name, why }) => `Not reached: ${name} ${why}.`),
        ...model.notes,
      ],
    },
  ];
  if (model.ranges.length) {
    const { rows, ...rest } = rangeSection(model);
    const left = rows.length - RANGES;
    sections.push({
      ...rest,
      rows: rows.slice(0, RANGES),
      notes: left > 0 ? [`and ${left} more; --json has all.`] : [],
    });
  }
  return sections;
}

/** Of a layer, kernel by kernel. */
export function kernelSection({ kernels }: ModelLayer): Section {
  return {
    title: "By kernel",
    columns: [
      { title: "kernel", left: true },
      { title: "verdict", left: true },
      { title: TITLES.sqnr },
      { title: TITLES.specials },
      { title: TITLES.median },
      { title: TITLES.worst },
      { title: "headroom" },
      { title: "effect" },
    ],
    rows: kernels.map((kernel) => [
      kernel.name,
      verdictCell(kernel),
      fixed(kernel.error.sqnrDb, 1),
      integer(kernel.error.mismatchedSpecials),
      fixed(kernel.error.p50Ulp, 2),
      fixed(kernel.error.maxUlp === null ? null : Math.abs(kernel.error.maxUlp), 1),
      fixed(kernel.headroom, 1),
      effectCell(kernel),
    ]),
  };
}
