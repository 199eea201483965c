/**
 * npm run bench:peers: the same operations in other libraries, speed and error, taking turns in one process. Each peer
 * keeps its data where it likes; halfnorm is shown both ways. Where a library has no function for an operation, it is
 * composed of those it has.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { batchNorm, empty, layerNorm, norm, rmsNorm, tensor } from "../../dist/index.js";
import * as layers from "../baselines/layers.mjs";
import { primeBaselines } from "../baselines/prime.mjs";
import * as loops from "../baselines/reductions.mjs";
import { EPS, sizeOf, taken, times } from "../harness/case.mjs";
import { halves, normal, uniform } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";
import { floats, table } from "../harness/float16.mjs";
import { interleave, median, sinkValue } from "../harness/harness.mjs";
import { readOptions, refuse, SHARED_USAGE } from "../harness/options.mjs";
import { line, machine, number, titles, ulp, warning } from "../harness/report.mjs";

/**
 * @typedef {import("./peer.mjs").Problem} Problem
 * @typedef {import("./peer.mjs").Peer} Peer
 * @typedef {import("./peer.mjs").Solution} Solution
 *
 * @typedef {object} Line
 * @property {string} operation
 * @property {string} shape
 * @property {string} name
 * @property {string} data
 * @property {number} [time] ns per element
 * @property {number} [relative] to the first line of the operation with data in the same place
 * @property {import("../harness/exact.mjs").Ulp} [error]
 */

const NAMES = {
  l1: "L1",
  l2: "L2",
  linf: "L∞",
  batchNorm: "batch norm",
  layerNorm: "layer norm",
  rmsNorm: "RMS norm",
  layerNormHalf: "layer norm of float16",
};

/** @type {[Problem["operation"], number[]][]} */
const PROBLEMS = [
  ["l1", [30_000]],
  ["l1", [1_000_000]],
  ["l2", [30_000]],
  ["l2", [1_000_000]],
  ["linf", [30_000]],
  ["linf", [1_000_000]],
  ["batchNorm", [8, 256, 14, 14]],
  ["batchNorm", [32, 64, 56, 56]],
  ["layerNorm", [512, 768]],
  ["layerNorm", [128, 4096]],
  ["rmsNorm", [512, 768]],
  ["layerNormHalf", [512, 768]],
  ...[256, 768, 4096].flatMap(
    (n) =>
      /** @type {[Problem["operation"], number[]][]} */ ([
        ["rmsNorm", [1, n]],
        ["layerNorm", [1, n]],
      ]),
  ),
];

/**
 * @param {Problem["operation"]} operation
 * @param {number[]} shape
 * @returns {Problem}
 */
function problemOf(operation, shape) {
  const size = sizeOf(shape);
  const parameters = shape.length === 1 ? 0 : shape[1];
  const x = normal(size, 1, 1, shape.length === 1 ? 0 : 0.5);
  const bits = halves(x);
  return {
    operation,
    shape,
    // what the float16 operation is given, so that all errors are about the same numbers
    x: operation === "layerNormHalf" ? floats(bits) : x,
    halves: bits,
    weight: uniform(parameters, 0.5, 1.5, 2).map((v) => Math.round(v * 512) / 512),
    bias: uniform(parameters, -0.5, 0.5, 3).map((v) => Math.round(v * 1024) / 1024),
    eps: EPS,
  };
}

/**
 * The exact result.
 * @param {Problem} problem
 */
function exactly({ operation, shape, x, weight, bias, eps }) {
  if (operation === "l1") return [exact.l1(x)];
  if (operation === "l2") return [exact.l2(x)];
  if (operation === "linf") return [exact.linf(x)];
  const walk = operation === "batchNorm" ? exact.channelsFirst(shape) : exact.rows(shape);
  return exact.normalized({
    x,
    weight,
    bias: operation === "rmsNorm" ? undefined : bias,
    centre: operation !== "rmsNorm",
    eps,
    ...walk,
  });
}

/**
 * halfnorm with resident tensors, whose results are fresh ones, or go to one that is given.
 * @param {boolean} given
 * @returns {Peer}
 */
const residentPeer = (given) => ({
  name: given ? "halfnorm, out given" : "halfnorm",
  data: "resident",
  async solve({ operation, shape, x, halves: bits, weight, bias }) {
    const input = tensor(operation === "layerNormHalf" ? bits : x, shape);
    const w = weight.length ? tensor(weight) : undefined;
    const b = bias.length ? tensor(bias) : undefined;
    const out = given ? empty(w ? shape : [], input.dtype) : undefined;
    const call = () => ours(operation, input, w, b, out);
    return {
      run: out ? () => void call() : () => void call().dispose(),
      result: () => (out ? valuesOf({ data: call().data }) : valuesOf(call())),
      dispose: () => {
        for (const held of [input, w, b, out]) held?.dispose();
      },
    };
  },
});

/**
 * halfnorm with plain arrays.
 * @param {boolean} given
 * @returns {Peer}
 */
const copiedPeer = (given) => ({
  name: given ? "halfnorm, out given" : "halfnorm",
  data: "copied",
  async solve({ operation, shape, x, halves: bits, weight, bias }) {
    const data = operation === "layerNormHalf" ? bits : x;
    const input = { data, shape };
    const size = weight.length ? x.length : 1;
    const y = data instanceof Uint16Array ? new Uint16Array(size) : new Float32Array(size);
    const out = given ? { data: y, shape: weight.length ? shape : [] } : undefined;
    const call = () => ours(operation, input, weight, bias, out);
    return { run: () => call().data[0], result: () => valuesOf(call()) };
  },
});

const resident = residentPeer(false);
const copied = copiedPeer(false);

/**
 * @param {Problem["operation"]} operation
 * @param {any} x
 * @param {any} weight
 * @param {any} bias
 * @param {any} [out]
 * @returns {any}
 */
function ours(operation, x, weight, bias, out) {
  if (operation === "batchNorm") return batchNorm(x, { weight, bias, eps: EPS, out });
  if (operation === "rmsNorm") return rmsNorm(x, { weight, eps: EPS, out });
  if (operation === "l1" || operation === "l2" || operation === "linf") return norm(x, { norm: operation, out });
  return layerNorm(x, { weight, bias, eps: EPS, out });
}

/** @param {{ data: ArrayLike<number> }} result */
function valuesOf(result) {
  const half = result.data instanceof Uint16Array;
  const values = taken(result);
  return half ? values.map((bits) => table[bits]) : values;
}

/** @type {Peer} */
const loop = {
  name: "loop in JavaScript",
  data: "array",
  async solve({ operation, shape, x, weight, bias, eps }) {
    const y = new Float32Array(x.length);
    const [a, b, ...rest] = shape;
    const plane = rest.reduce((p, q) => p * q, 1);
    /** @type {Record<string, () => number>} */
    const calls = {
      l1: () => loops.sumAbs(x, 0, x.length),
      l2: () => Math.sqrt(loops.sumSquares(x, 0, x.length)),
      linf: () => loops.maxAbs(x, 0, x.length),
      batchNorm: () => layers.batchNorm(x, y, a, b, plane, weight, bias, eps)[0],
      layerNorm: () => layers.layerNorm(x, y, a, b, weight, bias, eps)[0],
      rmsNorm: () => layers.rmsNorm(x, y, a, b, weight, eps)[0],
    };
    const run = calls[operation];
    if (!run) return undefined;
    const result = () => {
      const value = run();
      return weight.length ? y : [value];
    };
    return { run, result };
  },
};

const USAGE = `usage: npm run bench:peers -- [options]

${SHARED_USAGE}\
  --install        the other libraries first, as npm run bench:peers has it
`;

const { effort, only, json, values } = readOptions(USAGE, ["install"]);
const chosen = PROBLEMS.filter(([operation, shape]) => only.test(`${operation}/${shape.join("x")}`));
if (chosen.length === 0) refuse(`nothing matches --only ${only.source}`, USAGE);

/** @type {import("../harness/report.mjs").Column<Line>[]} */
const COLUMNS = [
  { title: "", width: 22, text: ({ operation }) => operation },
  { title: "", width: 12, text: ({ shape }) => shape },
  { title: "", width: 32, text: ({ name }) => name },
  { title: "data", width: 9, text: ({ data }) => data },
  { title: "ns/element", width: 10, right: true, text: ({ time }) => (time === undefined ? "-" : number(time)) },
  {
    title: "time",
    width: 9,
    right: true,
    text: ({ relative }) => (relative === undefined ? "" : `${number(relative)}×`),
  },
  { title: "ulp: max p99 mean", width: 0, text: ({ error }) => ulp(error) },
];

const about = machine();
const busy = warning();
if (busy) process.stderr.write(`${busy}\n`);
const peers = [resident, residentPeer(true), copied, copiedPeer(true), loop];
if (values.install) {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  execFileSync("npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"], {
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
}
for (const { open } of [
  await import("./onnxruntime-web.mjs"),
  await import("./onnxruntime-node.mjs"),
  await import("./tensorflow.mjs"),
  await import("./numpy.mjs"),
  await import("./jax.mjs"),
]) {
  peers.push(await open());
}
if (!json) {
  console.log(`${about.cpu}, ${about.cores} cores, ${about.platform}, Node ${about.node}, V8 ${about.v8}`);
  console.log(`medians of ${effort.rounds} rounds, contenders taking turns in random order; ulp against exact values`);
  console.log("time: against halfnorm, with resident data unless the peer copies its data at every call\n");
  console.log(titles(COLUMNS));
}
primeBaselines();
/** @type {Line[]} */
const lines = [];
for (const [operation, shape] of chosen) {
  for (const found of await compare(problemOf(operation, shape))) {
    lines.push(found);
    if (!json) console.log(line(COLUMNS, found));
  }
  if (!json) console.log();
}
if (json) console.log(JSON.stringify({ schema: "halfnorm.bench.peers/1", machine: about, effort, lines }, null, 2));
else console.log(`(checksum ${sinkValue()})`);

/**
 * @param {Problem} problem
 * @returns {Promise<Line[]>}
 */
async function compare(problem) {
  /** @type {Map<string, Solution>} */
  const solutions = new Map();
  const key = (/** @type {Peer} */ { name, data }) => `${name} ${data}`;
  for (const peer of peers) {
    const solution = await peer.solve(problem);
    if (solution) solutions.set(key(peer), solution);
  }
  const timings = await interleave(new Map([...solutions].map(([name, { run }]) => [name, run])), effort);
  const correct = exactly(problem);
  const grid = problem.operation === "layerNormHalf" ? exact.FLOAT16 : exact.FLOAT32;
  /** @type {Line[]} */
  const found = [];
  for (const peer of peers) {
    const { name, data } = peer;
    const solution = solutions.get(key(peer));
    const line = { operation: NAMES[problem.operation], shape: times(problem.shape), name, data };
    if (!solution) {
      found.push(line);
      continue;
    }
    const own = /** @type {import("../harness/harness.mjs").Timing} */ (timings.get(key(peer))).samples;
    const reference = /** @type {import("../harness/harness.mjs").Timing} */ (
      timings.get(key(data === "copied" ? copied : resident))
    );
    found.push({
      ...line,
      time: (median(own) * 1e6) / problem.x.length,
      relative: median(own.slice(0, reference.samples.length).map((time, round) => time / reference.samples[round])),
      error: exact.ulps(await solution.result(), correct, grid),
    });
  }
  for (const { dispose } of solutions.values()) await dispose?.();
  return found;
}
