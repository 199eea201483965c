/** What a peer has to offer to be compared. */

/**
 * @typedef {"l1" | "l2" | "linf" | "batchNorm" | "layerNorm" | "rmsNorm" | "layerNormHalf"} Operation
 *
 * @typedef {object} Problem
 * @property {Operation} operation
 * @property {readonly number[]} shape
 * @property {Float32Array<ArrayBuffer>} x
 * @property {Uint16Array} halves x as float16
 * @property {Float32Array<ArrayBuffer>} weight empty for reductions
 * @property {Float32Array<ArrayBuffer>} bias
 * @property {number} eps
 *
 * @typedef {object} Solution
 * @property {import("../harness/harness.mjs").Run} run
 * @property {() => ArrayLike<number> | Promise<ArrayLike<number>>} result in the order of the problem's x
 * @property {() => void | Promise<void>} [dispose]
 *
 * @typedef {object} Peer
 * @property {string} name with the version
 * @property {string} data where its data lives during the timing
 * @property {(problem: Problem) => Promise<Solution | undefined>} solve undefined when it has no way to
 */

import { readFileSync } from "node:fs";

/** Of norms, as NumPy has it. */
export const ORDER = { l1: 1, l2: 2, linf: Number.POSITIVE_INFINITY };

/**
 * The installed version of a package in this folder.
 * @param {string} name
 */
export function versionOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`;
}
