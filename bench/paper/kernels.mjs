/** The layers of the package, as the network takes them. */

import { BatchNorm, boundedWeightNorm, boundedWeightNormBackward } from "../../dist/index.js";
import { dot } from "./matrix.mjs";

/**
 * @typedef {import("./network.mjs").Normalization} Normalization
 * @typedef {import("./network.mjs").Parametrization} Parametrization
 * @typedef {import("./matrix.mjs").Reals} Reals
 */

/** Of the running statistics. */
const MOMENTUM = 0.1;

/**
 * A tensor of rows. What the package computes with, and gives, is float32 here.
 * @param {unknown} data
 * @param {number} columns
 */
function rowsOf(data, columns) {
  const single = /** @type {Float32Array} */ (data);
  return { data: single, shape: [single.length / columns, columns] };
}

/**
 * Batch norm over the rows, with running statistics for inference, which begin with those of the first batch.
 * @param {object} options
 * @param {import("./plain-norms.mjs").Normalizer} options.norm
 * @param {number} options.eps
 * @param {import("../../dist/index.js").Arithmetic} [options.arithmetic]
 * @param {number} [options.factor] another factor of the scale S; default: 1
 * @returns {Normalization}
 */
export function kernelBatchNorm({ norm, eps, arithmetic, factor = 1 }) {
  /** @type {BatchNorm | undefined} */
  let layer;

  /**
   * The layer with these parameters.
   * @param {Reals} gain
   * @param {Reals} shift
   */
  function withParameters(gain, shift) {
    layer ??= new BatchNorm({ channels: gain.length, norm, eps, arithmetic });
    layer.momentum = layer.numBatches ? MOMENTUM : 1;
    layer.weight = Float32Array.from(gain, (v) => v / factor);
    layer.bias = Float32Array.from(shift);
    return layer;
  }

  return {
    forward(x, gain, shift) {
      return rowsOf(withParameters(gain, shift).train(rowsOf(x, gain.length)).data, gain.length).data;
    },
    backward(dy) {
      if (!layer) throw new Error("backward() needs a forward() before it");
      const { dx, dweight, dbias } = layer.backward(rowsOf(dy, layer.channels));
      const gain = /** @type {Float32Array} */ (dweight.data);
      return {
        dx: /** @type {Float32Array} */ (dx.data),
        dgain: factor === 1 ? gain : gain.map((v) => v / factor),
        dshift: /** @type {Float32Array} */ (dbias.data),
      };
    },
    infer: (x, gain, shift) => rowsOf(withParameters(gain, shift).infer(rowsOf(x, gain.length)).data, gain.length).data,
  };
}

/**
 * Bounded weight norm by L2, every channel of the norm that the channels have on average now.
 * @param {Reals} initial [units, inputs]
 * @param {number} units
 * @returns {Parametrization}
 */
export function kernelBoundedWeights(initial, units) {
  const rho = Math.sqrt(dot(initial, initial) / units);
  const columns = initial.length / units;
  /** @type {ReturnType<typeof rowsOf>} */
  let v;
  return {
    forward(parameters) {
      v = rowsOf(parameters, columns);
      return boundedWeightNorm(v, { rho }).data;
    },
    backward: (dw) => boundedWeightNormBackward(rowsOf(dw, columns), v, { rho }).dv.data,
  };
}
