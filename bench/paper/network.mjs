/** A perceptron with a normalization before every ReLU, in the precision of its arrays, and its gradients. */

import { addProduct } from "./matrix.mjs";

/**
 * @typedef {import("./matrix.mjs").Reals} Reals
 *
 * @typedef {object} Normalization of the columns (units) of pre-activations [rows, units]
 * @property {(x: Reals, gain: Reals, shift: Reals) => Reals} forward
 * @property {(dy: Reals) => { dx: Reals, dgain: Reals, dshift: Reals }} backward of the last forward
 * @property {(x: Reals, gain: Reals, shift: Reals) => Reals} [infer] by running statistics
 *
 * @typedef {object} Parametrization of the weights [units, inputs] by other numbers
 * @property {(v: Reals, units: number) => Reals} forward
 * @property {(dw: Reals) => Reals} backward the gradient of v, after forward
 *
 * @typedef {object} Hidden
 * @property {Reals} v the parameters of the weights: [units, inputs]
 * @property {Reals} gain
 * @property {Reals} shift
 * @property {Normalization} normalization
 * @property {Parametrization} [parametrization] default: the weights are v
 *
 * @typedef {object} Gradients
 * @property {{ v: Reals, gain: Reals, shift: Reals }[]} hidden
 * @property {Reals} head
 * @property {Reals} offset
 *
 * @typedef {object} Network
 * @property {Hidden[]} hidden
 * @property {Reals} head [classes, units of the last hidden layer]
 * @property {Reals} offset [classes]
 */

/**
 * The numbers that are learnt, in a fixed order.
 * @param {Network | Gradients} network
 */
export function parameters({ hidden, head, offset }) {
  return [...hidden.flatMap(({ v, gain, shift }) => [v, gain, shift]), head, offset];
}

/**
 * A new array of the type of `like`.
 * @param {Reals} like
 * @param {number} length
 * @returns {Reals}
 */
const zeros = (like, length) => (like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length));

/**
 * x · wᵀ
 * @param {Reals} x [rows, inputs]
 * @param {Reals} w [units, inputs]
 * @param {number} rows
 * @param {number} units
 */
function project(x, w, rows, units) {
  const inputs = w.length / units;
  const y = zeros(w, rows * units);
  addProduct(y, x, w, [rows, units, inputs]);
  return y;
}

/**
 * The scores of the classes, [rows, classes], and what the gradients need of the way there.
 * @param {Network} network
 * @param {Reals} x [rows, inputs]
 * @param {number} rows
 * @param {boolean} [training] normalized by the statistics of this batch; otherwise by the running ones
 */
function forward({ hidden, head, offset }, x, rows, training = true) {
  /** @type {{ input: Reals, w: Reals, output: Reals }[]} */
  const passed = [];
  let input = x;
  for (const { v, gain, shift, normalization, parametrization } of hidden) {
    const units = gain.length;
    const w = parametrization ? parametrization.forward(v, units) : v;
    const normalize = training ? normalization.forward : normalization.infer;
    if (!normalize) throw new TypeError("this normalization has no running statistics");
    const output = normalize(project(input, w, rows, units), gain, shift);
    // not Math.max: a NaN stays one
    for (let i = 0; i < output.length; i++) if (output[i] < 0) output[i] = 0;
    passed.push({ input, w, output });
    input = output;
  }
  const scores = project(input, head, rows, offset.length);
  for (let i = 0; i < scores.length; i++) scores[i] += offset[i % offset.length];
  return { scores, passed, last: input };
}

/**
 * The mean cross-entropy, and the gradient of the scores times `lossScale` written over the scores.
 * @param {Reals} scores [rows, classes]
 * @param {Uint8Array} labels
 * @param {number} classes
 * @param {number} lossScale
 */
function crossEntropy(scores, labels, classes, lossScale) {
  const rows = labels.length;
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const row = scores.subarray(r * classes, (r + 1) * classes);
    const most = Math.max(...row);
    const target = row[labels[r]] - most;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(row[c] - most);
    loss += (Math.log(sum) - target) / rows;
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(row[c] - most) / sum;
      row[c] = ((probability - (c === labels[r] ? 1 : 0)) / rows) * lossScale;
    }
  }
  return loss;
}

/**
 * The mean cross-entropy of a batch and the gradients of it times `lossScale`.
 * @param {Network} network
 * @param {Reals} x [rows, inputs]
 * @param {Uint8Array} labels one per row
 * @param {number} [lossScale] a power of two that keeps gradients in the range of a small format
 * @returns {{ loss: number, gradients: Gradients }}
 */
export function gradientsOf(network, x, labels, lossScale = 1) {
  const rows = labels.length;
  const { hidden, head, offset } = network;
  const classes = offset.length;
  const { scores, passed, last } = forward(network, x, rows);
  const loss = crossEntropy(scores, labels, classes, lossScale);

  const units = head.length / classes;
  const headGradient = zeros(head, head.length);
  addProduct(headGradient, scores, last, [classes, units, rows], ["across", "across"]);
  const offsetGradient = zeros(offset, classes);
  for (let i = 0; i < scores.length; i++) offsetGradient[i % classes] += scores[i];
  let upstream = zeros(head, last.length);
  addProduct(upstream, scores, head, [rows, units, classes], ["along", "across"]);

  /** @type {Gradients["hidden"]} */
  const gradients = [];
  for (let layer = hidden.length - 1; layer >= 0; layer--) {
    const { gain, normalization, parametrization } = hidden[layer];
    const { input, w, output } = passed[layer];
    for (let i = 0; i < output.length; i++) if (output[i] === 0) upstream[i] = 0;
    const { dx, dgain, dshift } = normalization.backward(upstream);
    const inputs = w.length / gain.length;
    const dw = zeros(w, w.length);
    addProduct(dw, dx, input, [gain.length, inputs, rows], ["across", "across"]);
    gradients.unshift({ v: parametrization ? parametrization.backward(dw) : dw, gain: dgain, shift: dshift });
    if (layer === 0) break;
    upstream = zeros(w, input.length);
    addProduct(upstream, dx, w, [rows, inputs, gain.length], ["along", "across"]);
  }
  return { loss, gradients: { hidden: gradients, head: headGradient, offset: offsetGradient } };
}

/**
 * The mean cross-entropy of a batch.
 * @param {Network} network
 * @param {Reals} x
 * @param {Uint8Array} labels
 */
export function lossOf(network, x, labels) {
  return crossEntropy(forward(network, x, labels.length).scores, labels, network.offset.length, 1);
}

/**
 * The share of rows whose label has the highest score, in percent. A row with a NaN counts as wrong.
 * @param {Network} network
 * @param {Reals} x
 * @param {Uint8Array} labels
 */
export function accuracyOf(network, x, labels) {
  const classes = network.offset.length;
  const { scores } = forward(network, x, labels.length, false);
  let right = 0;
  for (let r = 0; r < labels.length; r++) {
    const row = scores.subarray(r * classes, (r + 1) * classes);
    const own = row[labels[r]];
    if (row.every((score, c) => (c === labels[r] ? score === own : score < own))) right++;
  }
  return (100 * right) / labels.length;
}

/**
 * Weights drawn from a normal distribution, every channel of expected norm 1 (variance 1 / inputs); gains 1, shifts 0.
 * @param {object} options
 * @param {readonly number[]} options.sizes inputs, hidden units, ..., classes
 * @param {() => Normalization} options.normalization
 * @param {((v: Reals, units: number) => Parametrization) | undefined} [options.parametrization]
 * @param {(n: number) => Float32Array} options.normal standard normal numbers
 * @param {boolean} [options.double] float64 instead of float32
 * @returns {Network}
 */
export function initialized({ sizes, normalization, parametrization, normal, double = false }) {
  const reals = double ? Float64Array : Float32Array;
  /** @type {(units: number, inputs: number) => Reals} */
  const weights = (units, inputs) => {
    const w = new reals(normal(units * inputs));
    for (let i = 0; i < w.length; i++) w[i] /= Math.sqrt(inputs);
    return w;
  };
  /** @type {Hidden[]} */
  const hidden = [];
  for (let i = 1; i < sizes.length - 1; i++) {
    const v = weights(sizes[i], sizes[i - 1]);
    hidden.push({
      v,
      gain: new reals(sizes[i]).fill(1),
      shift: new reals(sizes[i]),
      normalization: normalization(),
      parametrization: parametrization?.(v, sizes[i]),
    });
  }
  const [units, classes] = sizes.slice(-2);
  return { hidden, head: weights(classes, units), offset: new reals(classes) };
}
