/** TensorFlow.js on its WebAssembly backend. Inputs stay in its memory; results of reductions are read back. */

import * as tf from "@tensorflow/tfjs";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { versionOf } from "./peer.mjs";

/** @typedef {import("./peer.mjs").Problem} Problem */

/** @returns {Promise<import("./peer.mjs").Peer>} */
export async function open() {
  setThreadsCount(1);
  tf.env().set("IS_TEST", true); // no advice on the console
  if (!(await tf.setBackend("wasm"))) throw new Error("the WebAssembly backend of TensorFlow.js did not start");
  await tf.ready();
  return { name: `${versionOf("@tensorflow/tfjs")}, wasm`, data: "resident", solve };
}

const ORDER = { l1: 1, l2: "euclidean", linf: Number.POSITIVE_INFINITY };

/**
 * @param {Problem} problem
 * @returns {Promise<import("./peer.mjs").Solution | undefined>}
 */
async function solve({ operation, shape, x, weight, bias, eps }) {
  if (operation === "layerNormHalf") return undefined;
  const channelsLast = operation === "batchNorm"; // the layout that its batch norm works on
  const flat = tf.tensor(x, [...shape]);
  const input = channelsLast ? tf.transpose(flat, [0, 2, 3, 1]) : flat;
  const w = tf.tensor1d(weight);
  const b = tf.tensor1d(bias);
  const dispose = () => tf.dispose([flat, input, w, b]);
  if (operation === "l1" || operation === "l2" || operation === "linf") {
    const order = /** @type {any} */ (ORDER[operation]);
    const run = () => {
      const found = tf.tidy(() => tf.norm(input, order));
      const [value] = found.dataSync();
      found.dispose();
      return value;
    };
    return { run, result: () => [run()], dispose };
  }
  const layer = () =>
    tf.tidy(() => {
      if (operation === "rmsNorm") {
        const scale = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), eps));
        return tf.mul(tf.mul(input, scale), w);
      }
      if (operation === "batchNorm") {
        const { mean, variance } = tf.moments(input, [0, 1, 2]);
        return tf.batchNorm(
          /** @type {tf.Tensor4D} */ (input),
          /** @type {tf.Tensor1D} */ (mean),
          /** @type {tf.Tensor1D} */ (variance),
          b,
          w,
          eps,
        );
      }
      const { mean, variance } = tf.moments(input, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, eps))), w), b);
    });
  return {
    run: () => layer().dispose(),
    result: () => tf.tidy(() => (channelsLast ? tf.transpose(layer(), [0, 3, 1, 2]) : layer()).dataSync()),
    dispose,
  };
}
