// A model: its normalizations along the depth, one of which is looked at. Loaded with the first model.

import type { ModelDiagnosis } from "halfnorm/onnx";
import { depthFigures, modelPage } from "../../src/cli/models/page.js";
import { keepSentence, kernelSection, layerCells, layerColumns, remedyWords } from "../../src/cli/models/sections.js";
import {
  decisive,
  effectSentences,
  kernelNames,
  shownNames,
  summaryOf,
  worstVerdict,
} from "../../src/cli/models/view.js";
import { figureHtml } from "../../src/cli/report/html.js";
import { brief } from "../../src/text/words.js";
import { byId, fillTable, make, type ShownRow } from "./dom.js";

export { modelPage };

/** The JSON of a list of nodes, as converters take it. */
export function keepJson(model: ModelDiagnosis): string {
  const nodes = model.keep[kernelNames(model)[decisive(model)]];
  return `${JSON.stringify({ node_block_list: nodes }, null, 2)}\n`;
}

/** The signs of the pictures, each with its depth from 0: their titles begin with the number of the layer. */
function signs(): (readonly [Element, number])[] {
  return [...document.querySelectorAll("#model-figures svg g title")].map((title) => [
    title.parentElement as Element,
    Number.parseInt(title.textContent ?? "", 10) - 1,
  ]);
}

/** @param choose Is told of the layer that a user wants to see, by its depth from 0. */
export function showModel(model: ModelDiagnosis, choose: (depth: number) => void): void {
  byId("model-title").textContent = summaryOf(model);
  byId("model-title").dataset.verdict = model.layers.length ? worstVerdict(model) : "";
  byId("model-about").textContent =
    `${model.model}: ${model.layers.length} normalizations, for ${model.format}; run on ${model.runs.map(({ source }) => source).join(", ")}`;
  const figures = model.layers.length ? depthFigures(model) : [];
  byId("model-figures").innerHTML = figures.map((figure) => figureHtml(figure, 3)).join("");
  for (const [sign, depth] of signs()) sign.addEventListener("click", () => choose(depth));
  const { names, note } = shownNames(model);
  const rows = model.layers.map((layer, depth): ShownRow => {
    const button = make("button", { type: "button", className: "row" }, names[depth]);
    button.addEventListener("click", () => choose(depth));
    return [button, ...layerCells(model, layer)];
  });
  fillTable(byId("layers-table"), layerColumns(model), rows);
  const notes = [
    ...(note ? [note] : []),
    ...(model.layers.length ? [keepSentence(model)] : []),
    ...effectSentences(model),
    ...model.ranges
      .slice(0, 12)
      .map(({ tensor, maxAbs }) => `${tensor} is beyond ${model.format}: up to ${brief(maxAbs)}.`),
    ...model.notReached.map(({ name, why }) => `Not reached: ${name} ${why}.`),
    ...model.notes,
  ];
  byId("model-notes").replaceChildren(...notes.map((text) => make("p", {}, text)));
}

/** @param depth From 0; undefined: none. */
export function showLayer(model: ModelDiagnosis, depth: number | undefined): void {
  const layer = depth === undefined ? undefined : model.layers[depth];
  byId("layer-view").hidden = !layer;
  document.querySelectorAll("#layers-table tbody tr").forEach((row, i) => {
    row.classList.toggle("chosen", i === depth);
    row.querySelector("button")?.setAttribute("aria-pressed", String(i === depth));
  });
  for (const [sign, at] of signs()) sign.classList.toggle("chosen", at === depth);
  if (!layer || depth === undefined) return;
  const { operator, tensor, output, axes, shape, epsilon, nodes, note, kernels } = layer;
  const kernel = kernels[decisive(model)];
  byId("layer-title").textContent = layer.name;
  byId("layer-about").textContent =
    `Normalization ${depth + 1}: ${operator} of ${tensor}, [${shape.join(", ")}] over ${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ")}, epsilon ${brief(epsilon)}, which gives ${output}.`;
  byId("layer-reason").textContent = `${kernel.verdict}: ${kernel.reason}.`;
  const remedy = remedyWords(layer);
  byId("layer-remedy").textContent = [remedy ? `What helps most: ${remedy}.` : "", note ?? ""].join(" ").trim();
  const { columns, rows } = kernelSection(layer);
  fillTable(byId("layer-table"), columns, rows);
  byId("layer-nodes").textContent = `Nodes: ${nodes.map((name) => name || "one without a name").join(", ")}.`;
}
