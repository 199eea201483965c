/** What is not measured against a loop: calls on few elements, the first result of a process, the size of a bundle. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import Benchmark from "benchmark";
import { build } from "esbuild";
import { batchNorm, empty, layerNorm, norm, tensor } from "../../dist/index.js";
import { first, sizeOf } from "../harness/case.mjs";
import { normal } from "../harness/data.mjs";
import { median, quantile, use } from "../harness/harness.mjs";
import { number } from "../harness/report.mjs";

/**
 * @typedef {import("../harness/case.mjs").Figure} Figure
 * @typedef {import("../harness/harness.mjs").Effort} Effort
 */

/** @returns {Figure[]} */
export function packageFigures() {
  return [...shortCalls(), ...firstResults(), manyTensors(), bundleSize()];
}

/** @returns {Figure[]} */
function shortCalls() {
  const x = tensor(normal(16));
  const row = tensor(normal(16), [1, 16]);
  const plane = tensor(normal(16), [4, 4]);
  const rowOut = empty([1, 16]);
  const planeOut = empty([4, 4]);
  const plain = normal(16);
  const l1 = /** @type {const} */ ({ norm: "l1" });
  const l1Given = { ...l1, out: empty([]) };
  const rowGiven = { out: rowOut };
  const planeGiven = { out: planeOut };
  /** @type {[string, number | undefined, () => number | void][]} */
  const calls = [
    ["L1, resident", 1.5, () => first(norm(x, l1))],
    ["L1, resident, out given", 1.5, () => norm(x, l1Given).data[0]],
    ["layer norm, resident", 1.5, () => void layerNorm(row, rowGiven)],
    ["batch norm, resident", 1.5, () => void batchNorm(plane, planeGiven)],
    ["L1, plain array", undefined, () => first(norm(plain, l1))],
  ];
  return calls.map(([what, atMost, call]) => ({
    id: `short-call/${what.replaceAll(/[^\w]+/g, "-")}`,
    row: "a call on 16 elements",
    what,
    unit: "µs/call",
    atMost,
    measure: (effort) => sampled(what, call, effort),
  }));
}

/**
 * Benchmark's own way of calling and counting, made for what takes less than a clock can see.
 * @param {string} name
 * @param {() => number | void} call
 * @param {Effort} effort
 */
async function sampled(name, call, effort) {
  const suite = new Benchmark.Suite();
  suite.add(name, () => use(call()), { maxTime: effort.rounds / 40, minSamples: effort.rounds });
  suite.run({ async: false });
  const [done] = /** @type {Benchmark[]} */ (/** @type {unknown} */ (Array.from(/** @type {any} */ (suite))));
  if (done.error) throw done.error;
  return { value: median(done.stats.sample) * 1e6, note: `± ${done.stats.rme.toFixed(1)} %` };
}

/** @returns {Figure[]} */
function firstResults() {
  const scripts = ["empty", "root", "layers"];
  /** @type {ReturnType<typeof taking> | undefined} */
  let taken;
  /** @type {(script: string, entry: string, atMost: number) => Figure} */
  const overNode = (script, entry, atMost) => ({
    id: `first-result/${script}`,
    row: "import and first result",
    what: `${entry}, over the start of Node`,
    unit: "of it",
    atMost,
    async measure(effort) {
      taken ??= taking(
        effort,
        scripts.map((each) => [`first-result/${each}.mjs`]),
      );
      const [empty, ...others] = await taken;
      const first = others[scripts.indexOf(script) - 1];
      return { ...over(first, empty, 1), note: `${number(median(first))} ms, Node alone ${number(median(empty))}` };
    },
  });
  return [overNode("root", "halfnorm", 0.25), overNode("layers", "halfnorm/layers", 0.15)];
}

/**
 * Tensors that are nothing: twice as many should take twice as long.
 * @returns {Figure}
 */
function manyTensors() {
  const shape = [4, 4];
  return {
    id: "command-line/many-tensors",
    row: "command line on small tensors",
    what: "2,000 of 16 elements, over 500",
    unit: "slowdown",
    atMost: 4.2,
    async measure(effort) {
      const folder = mkdtempSync(join(tmpdir(), "halfnorm-bench-"));
      try {
        const [few, many] = [500, 2000].map((tensors) => {
          const file = join(folder, `${tensors}.safetensors`);
          writeFileSync(file, safetensors(tensors, shape));
          return ["../dist/cli/halfnorm.js", "diagnose", file];
        });
        const rounds = Math.ceil(effort.rounds / 4);
        const [short, long] = await taking({ ...effort, rounds }, [few, many]);
        return { ...over(long, short), note: `${number(median(long))} ms and ${number(median(short))}` };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/**
 * @param {number} tensors
 * @param {readonly number[]} shape
 */
function safetensors(tensors, shape) {
  const size = sizeOf(shape);
  const data = normal(tensors * size);
  const header = Object.fromEntries(
    Array.from({ length: tensors }, (_, i) => [
      `layer${i}.activation`,
      { dtype: "F32", shape, data_offsets: [4 * i * size, 4 * (i + 1) * size] },
    ]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.from(data.buffer)]);
}

/**
 * Processes that take turns: milliseconds of each, from its start to its end. The first round may read from the disk.
 * @param {Effort} effort
 * @param {string[][]} commands a script of bench/ and its arguments
 */
async function taking(effort, commands) {
  const runs = commands.map(([script, ...rest]) => ({
    args: [fileURLToPath(new URL(`../${script}`, import.meta.url)), ...rest],
    /** @type {number[]} */
    times: [],
  }));
  for (let round = 0; round <= effort.rounds; round++) {
    for (const { args, times } of round % 2 ? runs : [...runs].reverse()) {
      const start = performance.now();
      const child = spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
      if (child.status !== 0) throw new Error(`${args.join(" ")} failed: ${child.stderr}`);
      if (round > 0) times.push(performance.now() - start);
    }
  }
  return runs.map(({ times }) => times);
}

/**
 * Times over others of the same rounds.
 * @param {number[]} times
 * @param {number[]} others
 * @param {number} [less] what is taken off
 * @returns {{ value: number, spread: [number, number] }}
 */
function over(times, others, less = 0) {
  const ratios = times.map((time, round) => time / others[round] - less);
  return { value: median(times) / median(others) - less, spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
}

/** @returns {Figure} */
function bundleSize() {
  return {
    id: "bundle-size",
    row: "browser bundle of batchNorm",
    what: "esbuild, minified, gzip",
    unit: "KB",
    atMost: 15,
    async measure() {
      const { outputFiles } = await build({
        stdin: {
          contents: 'export { batchNorm } from "./dist/index.js";',
          resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
        },
        bundle: true,
        minify: true,
        format: "esm",
        platform: "browser",
        write: false,
        logLevel: "error",
      });
      const bytes = outputFiles[0].contents;
      return {
        value: gzipSync(bytes, { level: 9 }).length / 1000,
        note: `${(bytes.length / 1000).toFixed(1)} unpacked`,
      };
    },
  };
}
