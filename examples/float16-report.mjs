/**
 * npm start: what float16 does to the normalization of the tensors in samples/, norm by norm, and what would help.
 *
 * Every line is a diagnosis: the layer computed with every operation rounded to float16, held against exact values stage by
 * stage. The one that is hardest to see is printed in full.
 */

import { diagnose, formatDiagnosis } from "halfnorm";
import { readNpy, readSafetensors } from "./read-tensors.mjs";

const NORMS = { L2: "l2", L1: "l1", "L∞": "linf", "top-10": { topk: 10 } };

const sample = (name) => new URL(`../samples/${name}`, import.meta.url);

/** One row for each entry of the first dimension. */
const rows = ({ data, shape: [count], dtype }) => ({ data, shape: [count, data.length / count], dtype });

const BATCH = { title: "batch norm", options: { layer: "batch" } };
const LAYER = { title: "layer norm over the features", options: { layer: "layer" } };
// as weight norm and lpNormalize do, but for a factor that is the same for all
const WEIGHT = { title: "each output channel divided by its norm", options: { layer: "rms", eps: 0 }, view: rows };
const GRADIENT = { title: "batch norm, eps 1e-12", options: { layer: "batch", eps: 1e-12 } };
const SEQUENTIAL = {
  title: "batch norm, summed one by one",
  options: { layer: "batch", arithmetic: { compute: "float16", order: "sequential" } },
};

const CASES = [
  { name: "digits-conv1-out", ...BATCH },
  { name: "digits-conv1-out", ...SEQUENTIAL },
  { name: "digits-conv3-out", ...BATCH },
  { name: "digits-conv2-grad", ...GRADIENT },
  { name: "digits-cnn", tensor: "conv3.weight", ...WEIGHT },
  { name: "transformer-ffn-weight", ...WEIGHT },
  { name: "transformer-residual", ...LAYER },
  { name: "transformer-residual-outlier", ...LAYER },
];

const decimals = (value, digits) => (value === null ? "-" : value.toFixed(digits));

const COLUMNS = [
  ["norm", -7],
  ["ulp, median", 11],
  ["99 %", 9],
  ["SQNR dB", 9],
  ["inf/NaN", 9],
  ["headroom", 10],
  ["  verdict", -11],
  ["best remedy", -34],
];
const line = (cells) =>
  cells
    .map((cell, i) => (COLUMNS[i][1] < 0 ? cell.padEnd(-COLUMNS[i][1]) : cell.padStart(COLUMNS[i][1])))
    .join("")
    .trimEnd();

/** Words in lines of at most 100 columns. */
function wrap(text, indent) {
  const lines = [indent];
  for (const word of text.split(" ")) {
    if (lines[lines.length - 1].length + word.length > 100) lines.push(indent);
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((each) => each.trimEnd()).join("\n");
}

const failures = new Map(Object.keys(NORMS).map((name) => [name, []]));

/** The remedy that gains most, if it gains a bit or mends what is infinite. */
function bestOf({ remedies: [best], error }) {
  if (!best) return "";
  if (best.error.mismatchedSpecials < error.mismatchedSpecials) return best.change;
  return best.gainDb > 6 ? `${best.change}: +${best.gainDb.toFixed(0)} dB` : "";
}

function report({ name, tensor, title, options, view = (x) => x }) {
  const file = tensor ? `${name}.safetensors` : `${name}.npy`;
  const x = view(tensor ? readSafetensors(sample(file), tensor) : readNpy(sample(file)));
  console.log(`${file}${tensor ? ` ${tensor}` : ""}, ${x.dtype} [${x.shape.join(", ")}]`);
  console.log(`${title}\n`);
  console.log(line(COLUMNS.map(([heading]) => heading)));
  for (const [label, norm] of Object.entries(NORMS)) {
    const diagnosis = diagnose(x, { arithmetic: "float16", ...options, norm });
    const { error, headroom, verdict, reason } = diagnosis;
    const numbers = [decimals(error.p50Ulp, 2), decimals(error.p99Ulp, 1), decimals(error.sqnrDb, 1)];
    const cells = [...numbers, String(error.mismatchedSpecials), decimals(headroom, 1)];
    console.log(line([label, ...cells, `  ${verdict}`, bestOf(diagnosis)]));
    if (verdict !== "ok") console.log(wrap(reason, "        "));
    if (verdict === "failed") failures.get(label).push(tensor ?? name);
  }
  console.log("");
}

console.log(`float16 against exact values: the error of the output in units of float16's last place (ulp; large where
subtracting the mean leaves almost nothing), its signal to noise ratio, and binades of headroom. Every remedy was run.
`);
for (const each of CASES) report(each);
for (const [label, names] of failures) {
  console.log(`${label.padEnd(7)} ${names.length > 0 ? `failed on ${names.join(", ")}` : "failed on none of them"}`);
}
console.log("\nThe last of the tensors, in full:\n");
const outlier = readNpy(sample("transformer-residual-outlier.npy"));
console.log(formatDiagnosis(diagnose(outlier, { arithmetic: "float16", layer: "layer", norm: "l2" })));
