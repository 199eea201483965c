// What is shown of a model's diagnosis, as text and as HTML: which kernel counts, the layers by how bad they are, sentences.

import { VERDICTS } from "../../diagnosis/words.js";
import type { Verdict } from "../../index.js";
import type { ModelDiagnosis, ModelLayer } from "../../onnx/index.js";
import { few, printable } from "../terminal/printable.js";

const ORDER = Object.keys(VERDICTS) as Verdict[];
const badness = (verdict: Verdict): number => ORDER.indexOf(verdict);

/** Names of the kernels in their order, that of a runtime last, by the runtime's. */
export const kernelNames = ({ keep }: ModelDiagnosis): string[] => Object.keys(keep);

/** The kernel that checks and the list go by: that of the runtime, or the one that loses most. */
export function decisive(model: ModelDiagnosis): number {
  return model.runtime === null ? 0 : kernelNames(model).indexOf(model.runtime);
}

/** The worst verdict by the decisive kernel. */
export function worstVerdict(model: ModelDiagnosis): Verdict {
  const at = decisive(model);
  return model.layers.reduce<Verdict>((worst, { kernels }) => {
    const { verdict } = kernels[at];
    return badness(verdict) > badness(worst) ? verdict : worst;
  }, "ok");
}

/** A layer and its place in the model. */
export interface Placed {
  readonly layer: ModelLayer;
  /** From 0. */
  readonly depth: number;
}

/** The worst first: by the decisive kernel, then by the others, else as in the model. */
export function worstFirst(model: ModelDiagnosis): Placed[] {
  const at = decisive(model);
  const key = ({ kernels }: ModelLayer): number =>
    badness(kernels[at].verdict) * 100 + kernels.reduce((sum, { verdict }) => sum + badness(verdict), 0);
  return model.layers.map((layer, depth) => ({ layer, depth })).sort((a, b) => key(b.layer) - key(a.layer));
}

/** Names that are longer do not stand beside the verdicts. */
const LONG_NAME = 32;

/** The longest start of all texts. */
const commonStart = (texts: readonly string[]): string =>
  texts.reduce((common, text) => {
    let n = 0;
    while (n < common.length && common[n] === text[n]) n++;
    return common.slice(0, n);
  });

/** Long names of layers without the folders that all of them begin and end with, and a sentence that says so. */
export function shownNames({ layers }: ModelDiagnosis): { names: string[]; note: string | undefined } {
  const names = layers.map(({ name }) => name);
  if (names.length < 2 || names.every(({ length }) => length <= LONG_NAME)) return { names, note: undefined };
  const sign = names.some((name) => name.includes("/")) ? "/" : ".";
  const start = commonStart(names);
  const before = start.slice(0, start.lastIndexOf(sign) + 1);
  const mirrored = commonStart(names.map((name) => [...name.slice(before.length)].reverse().join("")));
  const end = [...mirrored].reverse().join("");
  const at = end.indexOf(sign);
  const behind = at < 0 ? "" : end.slice(at);
  const shown = names.map((name) => name.slice(before.length, name.length - behind.length));
  // a name that is all folders of the others would be none
  if (!(before || behind) || shown.some((name) => !name)) return { names, note: undefined };
  const ends = [...(before ? [`${printable(before)} before`] : []), ...(behind ? [`${printable(behind)} behind`] : [])];
  return { names: shown, note: `Names in the table are without ${ends.join(" and ")} them.` };
}

const counted = ({ layers }: ModelDiagnosis, i: number, verdict: Verdict): number =>
  layers.filter(({ kernels }) => kernels[i].verdict === verdict).length;

/** "with float16 sums", "in float32", "on onnxruntime-cpu". */
function whereWords({ runtime }: ModelDiagnosis, name: string): string {
  if (name === runtime) return `on ${name}`;
  return / (?:sums|statistics)$/.test(name) ? `with ${name}` : `in ${name}`;
}

/** The result in a sentence or two. */
export function summaryOf(model: ModelDiagnosis): string {
  const { layers, keep } = model;
  if (!layers.length) return "No normalization was diagnosed.";
  const names = kernelNames(model);
  const at = decisive(model);
  const name = names[at];
  const failed = counted(model, at, "failed");
  const degraded = counted(model, at, "degraded");
  const where = whereWords(model, name);
  const of = `of ${layers.length} normalization${layers.length === 1 ? "" : "s"}`;
  if (!failed) {
    const note = degraded ? ` (${degraded} lose${degraded === 1 ? "s" : ""} digits)` : "";
    return `None ${of} fails ${where}${note}: keep nothing in float32.`;
  }
  const nodes = keep[name].length;
  const better = names.findIndex((_, i) => i !== at && i < 4 && !counted(model, i, "failed"));
  const other = better < 0 ? "" : `, none ${whereWords(model, names[better])}`;
  const list = nodes
    ? `keep ${nodes === 1 ? "its node" : `${failed === 1 ? "its" : "their"} ${nodes} nodes`} in float32`
    : "their nodes have no names to be kept by";
  const or = better < 0 ? "" : `, or run kernels that are better`;
  return `${failed} ${of} fail${failed === 1 ? "s" : ""} ${where}${other}; ${list}${or}.`;
}

/** What becomes of the outputs, as a sentence of each kernel. */
export function effectSentences(model: ModelDiagnosis): string[] {
  const { effect } = model;
  if (!effect) return [];
  return Object.entries(effect).map(([name, found]) => {
    const worst = found.map(
      ({ output, maxAbs, changedArgmax }) =>
        `output ${output} by ${maxAbs === null ? "NaN or infinity" : maxAbs.toPrecision(3)}${changedArgmax ? `, ${changedArgmax} greatest elements are others` : ""}`,
    );
    return `All layers ${whereWords(model, name)}: changes ${few(worst, 3)}.`;
  });
}
