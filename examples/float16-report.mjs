/**
 * npm start: what float16 does to the normalization of the tensors in samples/, norm by norm.
 *
 * Every layer is computed twice: exactly enough (native arithmetic on the data as they are) and in float16 (every
 * operation rounded). The scale is what the layer divides by, the deviation or norm of a group.
 */

import { batchNorm, layerNorm, lpNormalize, norm, round, statistics, weightNorm } from "halfnorm";
import { halfErrors, median } from "./half-error.mjs";
import { readNpy, readSafetensors } from "./read-tensors.mjs";

const NORMS = { L2: "l2", L1: "l1", "L∞": "linf", "top-10": { topk: 10 } };
const EPS = 1e-5;

/** A scale that is further off than this is worth a note. */
const TOLERANCE = 0.02;
/** Median error that is no longer called ok, in ulp. */
const DEGRADED_ULP = 4;

const sample = (name) => new URL(`../samples/${name}`, import.meta.url);

/**
 * What a layer computes. `scale` gives one value per group; element i of the tensor belongs to group
 * floor(i / inner) mod groups.
 */
const LAYERS = {
  batch: {
    title: "batch norm, eps 1e-5",
    unit: "channels",
    inner: ([, , rows, columns]) => rows * columns,
    scale: (x, options) => statistics(x, { ...options, axes: [0, 2, 3] }).deviation.data,
    run: (x, options) => batchNorm(x, { ...options, eps: EPS }),
  },
  layer: {
    title: "layer norm over the features, eps 1e-5",
    unit: "rows",
    inner: ([, features]) => features,
    scale: (x, options) => statistics(x, { ...options, axes: [1] }).deviation.data,
    run: (x, options) => layerNorm(x, { ...options, eps: EPS }),
  },
  weight: {
    title: "weight norm, g = 1",
    unit: "output channels",
    inner: ([, ...rest]) => rest.reduce((product, length) => product * length, 1),
    scale: (x, options) => norm(x, { ...options, axes: x.shape.map((_, axis) => axis).slice(1) }).data,
    run: (x, options) => weightNorm(x, { ...options, g: new Float32Array(x.shape[0]).fill(1) }),
  },
  unit: {
    title: "gradient of each image divided by its norm",
    unit: "images",
    inner: ([, elements]) => elements,
    scale: (x, options) => norm(x, { ...options, axes: [1] }).data,
    run: (x, options) => lpNormalize(x, { ...options, axis: 1 }),
  },
};

/** One row per image. */
const images = ({ data, shape: [count], dtype }) => ({ data, shape: [count, data.length / count], dtype });

const CASES = [
  { name: "digits-conv1-out", layer: "batch" },
  { name: "digits-conv1-out", layer: "batch", order: "sequential" },
  { name: "digits-conv3-out", layer: "batch" },
  { name: "digits-conv2-grad", layer: "unit", reshape: images },
  { name: "digits-cnn", tensor: "conv3.weight", layer: "weight" },
  { name: "transformer-ffn-weight", layer: "weight" },
  { name: "transformer-residual", layer: "layer" },
  { name: "transformer-residual-outlier", layer: "layer" },
];

function evaluate(x, layer, chosen, order) {
  const compute = (source, arithmetic) => {
    const options = { norm: chosen, ...(arithmetic && { arithmetic }) };
    return { scale: layer.scale(source, options), y: layer.run(source, { ...options, dtype: "float32" }).data };
  };
  const exact = compute(x);
  const half = compute(x, { compute: "float16", order });
  const exactSums = compute(x, { compute: "float16", accumulate: "exact" });
  return {
    exact,
    half,
    errors: halfErrors(half.y, exact.y),
    /** Every operation in float16 but the sums, which are exact: shows whether a fault lies in the summation. */
    exactSums,
    exactSumErrors: () => halfErrors(exactSums.y, exact.y),
    /** Only the input is rounded: the error that no arithmetic can avoid in float16. */
    roundingErrors: () => halfErrors(compute(round(x, "float16")).y, exact.y),
  };
}

/** What went wrong, in words that the numbers prove. */
function explain({ exact, half, errors, exactSums, exactSumErrors, roundingErrors }, layer, inner, isL2) {
  const groups = exact.scale.length;
  const which = (test) => Array.from(exact.scale.keys()).filter((g) => test(half.scale[g], exact.scale[g], g));
  const count = (found) => `${found.length} of ${groups} ${layer.unit}`;
  const term = isL2 ? "square" : "term";
  const notes = [];

  const overflown = which((got, want) => !Number.isFinite(got) && Number.isFinite(want));
  if (overflown.length > 0) {
    const inSum = overflown.every((g) => Number.isFinite(exactSums.scale[g]));
    const cause = inSum ? `the sum of the ${term}s overflows` : `a single ${term} overflows`;
    const zero = new Set(overflown);
    for (let i = 0; i < half.y.length; i++) if (half.y[i] !== 0) zero.delete(Math.floor(i / inner) % groups);
    const silent = zero.size === overflown.length && errors.nonFinite === 0;
    const effect = silent ? "all zeros, no infinity or NaN to see" : "their results are lost";
    notes.push(`${cause} in ${count(overflown)}: ${effect}`);
  }
  const vanished = which((got, want) => got === 0 && want > 0);
  if (vanished.length > 0) notes.push(`every ${term} underflows to 0 in ${count(vanished)}: they stay undivided`);

  const off = which((got, want) => got > 0 && Number.isFinite(got) && Math.abs(got / want - 1) > TOLERANCE);
  if (off.length > 0) {
    const ratios = off.map((g) => half.scale[g] / exact.scale[g]);
    const inSum = off.every((g) => Math.abs(exactSums.scale[g] / exact.scale[g] - 1) <= TOLERANCE);
    const cause = inSum ? "the sum stagnates" : `${term}s underflow`;
    const range = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => `${(100 * ratio).toFixed(0)} %`);
    notes.push(`${cause} in ${count(off)}: the scale is ${range.join(" to ")} of the exact one`);
  }
  if (notes.length > 0) return { verdict: overflown.length + vanished.length > 0 ? "FAILED" : "degraded", notes };
  if (errors.medianUlp <= DEGRADED_ULP) return { verdict: "ok", notes };
  const [sums, input] = [exactSumErrors().medianUlp, roundingErrors().medianUlp];
  if (sums < errors.medianUlp / 2)
    notes.push(`the sum for the mean loses digits: with exact sums the median is ${sums.toFixed(2)} ulp`);
  else if (input > errors.medianUlp / 2)
    notes.push(`rounding the input alone makes a median of ${input.toFixed(2)} ulp`);
  return { verdict: "degraded", notes };
}

function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "inf";
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
const decimals = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

const COLUMNS = [
  ["norm", -7],
  ["scale, exact", 13],
  ["float16", 10],
  ["ulp, median", 13],
  ["99 %", 9],
  ["max", 10],
  ["SQNR dB", 9],
  ["inf/NaN", 9],
  ["zeros", 7],
  ["  verdict", -10],
];
const line = (cells) =>
  cells
    .map((cell, i) => (COLUMNS[i][1] < 0 ? cell.padEnd(-COLUMNS[i][1]) : cell.padStart(COLUMNS[i][1])))
    .join("")
    .trimEnd();

const failures = new Map(Object.keys(NORMS).map((name) => [name, []]));

function report({ name, tensor, layer: kind, order = "lanes", reshape = (x) => x }) {
  const file = tensor ? `${name}.safetensors` : `${name}.npy`;
  const x = reshape(tensor ? readSafetensors(sample(file), tensor) : readNpy(sample(file)));
  const layer = LAYERS[kind];
  const summation = order === "sequential" ? "summed one by one" : "summed in 32 lanes";
  console.log(`${file}${tensor ? ` ${tensor}` : ""}, ${x.dtype} [${x.shape.join(", ")}]`);
  console.log(`${layer.title}; ${summation}\n`);
  console.log(line(COLUMNS.map(([title]) => title)));
  for (const [label, chosen] of Object.entries(NORMS)) {
    const result = evaluate(x, layer, chosen, order);
    const { verdict, notes } = explain(result, layer, layer.inner(x.shape), chosen === "l2");
    const { medianUlp, p99Ulp, maxUlp, sqnr, nonFinite, zeros } = result.errors;
    const scales = [median(result.exact.scale), median(result.half.scale)].map(number);
    const ulps = [decimals(medianUlp, 2), ...[p99Ulp, maxUlp].map((ulp) => decimals(ulp, 1))];
    const numbers = [...ulps, decimals(sqnr, 1), String(nonFinite), String(zeros)];
    console.log(line([label, ...scales, ...numbers, `  ${verdict}`]));
    for (const note of notes) console.log(`        ${note}`);
    if (verdict === "FAILED") failures.get(label).push(tensor ?? name);
  }
  console.log("");
}

console.log(`float16 against exact: the median of the scales that a layer divides by, and the error of its output
in units of float16's last place (ulp; large where subtracting the mean leaves almost nothing).
Zeros are results that are 0 and should not be.
`);
for (const each of CASES) report(each);
for (const [label, names] of failures) {
  console.log(`${label.padEnd(7)} ${names.length > 0 ? `failed on ${names.join(", ")}` : "failed on none of them"}`);
}
