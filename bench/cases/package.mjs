/** What is not measured against a loop: calls on few elements, the first result of a process, the size of a bundle. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import Benchmark from "benchmark";
import { build } from "esbuild";
import { batchNorm, empty, layerNorm, norm, tensor } from "../../dist/index.js";
import { first } from "../harness/case.mjs";
import { normal } from "../harness/data.mjs";
import { median, use } from "../harness/harness.mjs";

/**
 * @typedef {import("../harness/case.mjs").Figure} Figure
 * @typedef {import("../harness/harness.mjs").Effort} Effort
 */

/** @returns {Figure[]} */
export function packageFigures() {
  return [...shortCalls(), ...firstResults(), bundleSize()];
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

/**
 * A process of its own for each: import, then batch norm.
 * @returns {Figure[]}
 */
function firstResults() {
  const script = fileURLToPath(new URL("../first-result.mjs", import.meta.url));
  /** @typedef {"import" | "call" | "total"} Part */
  /** @type {(id: string, what: string, part: Part, atMost?: number) => Figure} */
  const figure = (id, what, part, atMost) => ({
    id,
    row: "first result",
    what,
    unit: "ms",
    atMost,
    async measure(effort) {
      const runs = Array.from({ length: Math.ceil(effort.rounds / 3) + 1 }, () => {
        const child = spawnSync(process.execPath, [script], { encoding: "utf8" });
        if (child.status !== 0) throw new Error(`first-result.mjs failed: ${child.stderr}`);
        return /** @type {Record<Part, number>} */ (JSON.parse(child.stdout));
      });
      return { value: median(runs.slice(1).map((run) => run[part])) }; // the first one may read from the disk
    },
  });
  return [
    figure("first-result", "after import: batch norm", "call", 8),
    figure("first-result/import", "import and batch norm", "total"),
  ];
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
