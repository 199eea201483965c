/** What a process holds on to, after the garbage collector has come, and whether it becomes more. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memory } from "../../dist/index.js";
import { median } from "../harness/harness.mjs";

/**
 * @typedef {object} Sample
 * @property {number} calls made so far
 * @property {number} seconds since the start
 * @property {number} wasm bytes of the kernels' memory
 * @property {number} used bytes of it
 * @property {number} tensors
 * @property {number} heap bytes of JavaScript's heap
 * @property {number} external bytes outside of it that objects hold: array buffers, WebAssembly code
 * @property {number} resident bytes of the process in memory
 */

setFlagsFromString("--expose-gc");
const collect = /** @type {() => void} */ (runInNewContext("gc"));

/**
 * @param {number} calls
 * @param {number} seconds
 * @returns {Promise<Sample>}
 */
export async function sample(calls, seconds) {
  // finalizers run between turns of the event loop, and what they let go is collected after them
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((done) => setTimeout(done, 5));
  }
  const { bytes, used, tensors } = memory();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { calls, seconds, wasm: bytes, used, tensors, heap: heapUsed, external, resident: rss };
}

/** How much more each may be in the last quarter than in the second one: the share of it, and bytes. */
const ALLOWED = /** @type {const} */ ({
  wasm: [0, 0],
  used: [0, 0],
  tensors: [0, 0],
  heap: [0.02, 2 ** 19],
  external: [0.02, 2 ** 19],
  resident: [0.05, 2 ** 24],
});

/**
 * What has grown, in sentences; none when memory is as it was. Medians of the second quarter and of the last: in the first
 * one, code is compiled and caches are filled.
 * @param {readonly Sample[]} samples
 */
export function growth(samples) {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  return Object.entries(ALLOWED).flatMap(([key, [share, bytes]]) => {
    const of = (/** @type {readonly Sample[]} */ part) => median(part.map((each) => each[/** @type {"heap"} */ (key)]));
    const [before, after] = [of(early), of(late)];
    return after > before * (1 + share) + bytes ? [`${key} grew from ${before} to ${after}`] : [];
  });
}
