/** numpy-ts, which computes in WebAssembly. Its arrays stay in its memory. */

import * as np from "numpy-ts";
import { ORDER, versionOf } from "./peer.mjs";

/** @typedef {import("./peer.mjs").Problem} Problem */

/** @returns {Promise<import("./peer.mjs").Peer>} */
export async function open() {
  return { name: versionOf("numpy-ts"), data: "resident", solve };
}

/**
 * @param {Problem} problem
 * @returns {Promise<import("./peer.mjs").Solution | undefined>}
 */
async function solve({ operation, shape, x, weight, bias, eps }) {
  const half = operation === "layerNormHalf";
  if (half && !np.hasFloat16) return undefined; // it then keeps float16 as float32
  const type = half ? "float16" : "float32";
  /** @type {{ dispose(): void }[]} */
  let held = [];
  /**
   * @template {{ dispose(): void }} T
   * @param {T} array
   */
  const hold = (array) => {
    held.push(array);
    return array;
  };
  /** @param {Float32Array} data */
  const made = (data) => np.array(/** @type {any} */ (data), type);
  const input = made(x).reshape(...shape);
  const parameters = operation === "batchNorm" ? [1, weight.length, 1, 1] : [weight.length];
  const w = weight.length ? made(weight).reshape(...parameters) : undefined;
  const b = bias.length ? made(bias).reshape(...parameters) : undefined;
  if (operation === "l1" || operation === "l2" || operation === "linf") {
    const order = ORDER[operation];
    const run = () => Number(np.linalg.norm(input, order));
    return { run, result: () => [run()] };
  }
  const layer = () => {
    const axis = operation === "batchNorm" ? [0, 2, 3] : -1;
    const centred = operation === "rmsNorm" ? input : hold(np.subtract(input, hold(mean(input, axis))));
    const square = hold(np.multiply(centred, centred));
    const scale = hold(np.sqrt(hold(np.add(hold(mean(square, axis)), eps))));
    const unit = hold(np.divide(centred, scale));
    const weighted = hold(np.multiply(unit, /** @type {any} */ (w)));
    return operation === "rmsNorm" ? weighted : hold(np.add(weighted, /** @type {any} */ (b)));
  };
  const free = () => {
    for (const array of held) array.dispose();
    held = [];
  };
  return {
    run: () => {
      layer();
      free();
    },
    result: () => {
      const values = Float32Array.from(/** @type {any} */ (layer().data));
      free();
      return values;
    },
    dispose: () => {
      for (const array of [input, w, b]) array?.dispose();
    },
  };
}

/**
 * @param {any} x
 * @param {number | number[]} axis
 */
function mean(x, axis) {
  return /** @type {np.NDArray} */ (np.mean(x, /** @type {any} */ (axis), true));
}
