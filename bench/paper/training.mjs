/** Training of the perceptron on one division of the images, by stochastic gradient descent. */

import { channelNorms, correctedLearningRate, normSchedule, rescaleToNorms } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { random } from "../harness/harness.mjs";
import { CLASSES, divided, PIXELS, shuffled } from "./dataset.mjs";
import { kernelBatchNorm, kernelBoundedWeights } from "./kernels.mjs";
import { accuracyOf, gradientsOf, initialized, parameters } from "./network.mjs";
import { mean } from "./summary.mjs";

/**
 * @typedef {object} Setting
 * @property {number} seed of the division, the first weights, the order of the images and the label noise
 * @property {number} epochs
 * @property {import("./plain-norms.mjs").Normalizer} norm
 * @property {import("../../dist/index.js").Arithmetic} [arithmetic] of the normalization, forward and backward
 * @property {number} [eps] default: 1e-5
 * @property {number} [factor] of the scale S; default: 1
 * @property {number} [batch] default: 128
 * @property {number} [rate] default: 0.1
 * @property {number} [momentum] default: 0.9
 * @property {number} [decay] weight decay of the normalized weights; default: 0
 * @property {number} [headDecay] weight decay of the last layer; default: 0
 * @property {number} [labelNoise] share of wrong labels; default: 0
 * @property {boolean} [bounded] bounded weight norm
 * @property {number} [weightScale] of the normalized weights, their rate scaled by its square; default: 1
 * @property {number} [inputScale] of the images; default: 1
 * @property {number} [lossScale] default: 1
 * @property {"rates" | "norms"} [follow] takes effective rates, or norms of channels, from the reference
 *
 * @typedef {object} Outcome
 * @property {number[]} loss mean over the batches of each epoch
 * @property {number[]} accuracy on the test part after each epoch, in percent
 * @property {Float32Array[]} norms L2 norms of the channels of the normalized weights before the first epoch and after
 *   each
 */

const HIDDEN = 64;
/** Corrected rates stay within this factor of the rate: no limit in practice. */
const LIMIT = 1e6;

/**
 * @param {import("./dataset.mjs").Dataset} dataset
 * @param {Setting} setting
 * @param {readonly Float32Array[]} [reference] the norms to follow
 * @returns {Outcome}
 */
export function train(dataset, setting, reference) {
  const { seed, epochs, norm, arithmetic, eps = 1e-5, factor, batch = 128, weightScale = 1, inputScale = 1 } = setting;
  const { training, test } = divided(dataset, random(4 * seed), setting.labelNoise);
  for (const { x } of [training, test]) for (let i = 0; i < x.length; i++) x[i] *= inputScale;
  let draw = 4 * seed + 1;
  const network = initialized({
    sizes: [PIXELS, HIDDEN, CLASSES],
    normalization: () => kernelBatchNorm({ norm, eps, arithmetic, factor }),
    parametrization: setting.bounded ? kernelBoundedWeights : undefined,
    normal: (n) => normal(n, draw++),
  });
  const weights = normalizedWeights(network);
  for (let i = 0; i < weights.data.length; i++) weights.data[i] *= weightScale;

  const descend = descent(network, setting);
  const normsAt = reference && normSchedule(reference);
  const next = random(4 * seed + 3);
  /** @type {Outcome} */
  const outcome = { loss: [], accuracy: [], norms: [channelNorms(weights)] };
  const steps = Math.floor(training.labels.length / batch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const losses = [];
    for (const { x, labels } of batches(training, batch, next)) {
      const { loss, gradients } = gradientsOf(network, x, labels, setting.lossScale);
      losses.push(loss);
      descend(gradients, normsAt?.(epoch + losses.length / steps));
    }
    outcome.loss.push(mean(losses));
    outcome.accuracy.push(accuracyOf(network, test.x, test.labels));
    outcome.norms.push(channelNorms(weights));
  }
  return outcome;
}

/**
 * The weights that a normalization follows.
 * @param {import("./network.mjs").Network} network
 */
function normalizedWeights({ hidden: [{ v }] }) {
  return { data: /** @type {Float32Array} */ (v), shape: [HIDDEN, v.length / HIDDEN] };
}

/**
 * Whole batches in random order.
 * @param {import("./dataset.mjs").Part} part
 * @param {number} size
 * @param {() => number} next
 */
function* batches({ x, labels }, size, next) {
  const order = shuffled(labels.length, next);
  for (let from = 0; from + size <= order.length; from += size) {
    const rows = order.subarray(from, from + size);
    const images = new Float32Array(size * PIXELS);
    for (const [to, row] of rows.entries()) images.set(x.subarray(row * PIXELS, (row + 1) * PIXELS), to * PIXELS);
    yield { x: images, labels: Uint8Array.from(rows, (row) => labels[row]) };
  }
}

/**
 * Steps of the network: velocity = momentum · velocity + gradient + decay · value, value -= rate · velocity.
 * @param {import("./network.mjs").Network} network
 * @param {Setting} setting
 */
function descent(network, setting) {
  const { rate = 0.1, momentum = 0.9, decay = 0, headDecay = 0, weightScale = 1, lossScale = 1, follow } = setting;
  const values = parameters(network);
  const velocities = values.map((value) => new Float32Array(value.length));
  const weights = normalizedWeights(network);
  const columns = weights.shape[1];
  const hiddenRate = rate * weightScale ** 2;

  /**
   * @param {import("./network.mjs").Gradients} gradients
   * @param {Float64Array} [norms] those of the reference after its step
   */
  return (gradients, norms) => {
    const rates =
      follow === "rates" && norms
        ? correctedLearningRate(hiddenRate, channelNorms(weights), norms, { limit: LIMIT })
        : new Float64Array(HIDDEN).fill(hiddenRate);
    for (const [p, gradient] of parameters(gradients).entries()) {
      const value = values[p];
      const velocity = velocities[p];
      const normalized = value === weights.data;
      const pull = normalized ? decay / weightScale ** 2 : value === network.head ? headDecay : 0;
      for (let i = 0; i < value.length; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i] / lossScale + pull * value[i];
        value[i] -= (normalized ? rates[Math.floor(i / columns)] : rate) * velocity[i];
      }
    }
    if (follow === "norms" && norms) rescaleToNorms(weights, { norms, out: weights.data });
  };
}
