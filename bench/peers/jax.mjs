/** jax-js on its WebAssembly backend, jit-compiled. Arrays stay in its memory; an operation consumes what it is given. */

import * as jax from "@jax-js/jax";
import { ORDER, versionOf } from "./peer.mjs";

const np = jax.numpy;

/** @typedef {import("./peer.mjs").Problem} Problem */

/** @returns {Promise<import("./peer.mjs").Peer>} */
export async function open() {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return { name: `${versionOf("@jax-js/jax")}, wasm, jit`, data: "resident", solve };
}

/**
 * @param {Problem} problem
 * @returns {Promise<import("./peer.mjs").Solution | undefined>}
 */
async function solve({ operation, shape, x, weight, bias, eps }) {
  if (operation === "layerNormHalf") return undefined; // this backend has no float16
  const input = np.array(x, { shape: [...shape] });
  if (operation === "l1" || operation === "l2" || operation === "linf") {
    const ord = ORDER[operation];
    const reduce = jax.jit((/** @type {jax.Array} */ a) => np.linalg.vectorNorm(np.ravel(a), { ord }));
    const run = () => {
      const found = reduce(input.ref);
      return found.dataSync()[0];
    };
    return { run, result: () => [run()], dispose: () => input.dispose() };
  }
  const parameters = operation === "batchNorm" ? [1, weight.length, 1, 1] : [weight.length];
  const w = np.array(weight, { shape: parameters });
  const b = np.array(bias, { shape: parameters });
  const axis = operation === "batchNorm" ? [0, 2, 3] : -1;
  const layer = jax.jit((/** @type {jax.Array} */ a, /** @type {jax.Array} */ g, /** @type {jax.Array} */ c) => {
    const centred = operation === "rmsNorm" ? a : np.subtract(a.ref, np.mean(a, axis, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), axis, { keepdims: true });
    const weighted = np.multiply(np.divide(centred, np.sqrt(np.add(variance, eps))), g);
    if (operation !== "rmsNorm") return np.add(weighted, c);
    c.dispose();
    return weighted;
  });
  const call = () => layer(input.ref, w.ref, b.ref);
  return {
    run: async () => {
      (await call().blockUntilReady()).dispose();
    },
    result: () => Float32Array.from(call().dataSync()),
    dispose: () => {
      for (const array of [input, w, b]) array.dispose();
    },
  };
}
