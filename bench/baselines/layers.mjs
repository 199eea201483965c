/**
 * The layers as JavaScript loops: statistics in two passes with float64 accumulators (reductions.mjs), then one pass that
 * writes the output, four elements at a time. Results go to the array they are given.
 */

import { INDEX, sum, sumSquares, sumSquaresAbout, UNROLLED } from "./reductions.mjs";

/**
 * y = x·scale + shift on from..to.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} from
 * @param {number} to
 * @param {number} scale
 * @param {number} shift
 */
function affine(x, y, from, to, scale, shift) {
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    y[j] = x[j] * scale + shift;
    y[j + 1] = x[j + 1] * scale + shift;
    y[j + 2] = x[j + 2] * scale + shift;
    y[j + 3] = x[j + 3] * scale + shift;
  }
  for (let i = start + n; i < to; i++) y[i] = x[i] * scale + shift;
}

/**
 * Batch norm of a tensor of shape [batch, channels, plane], per channel.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} batch
 * @param {number} channels
 * @param {number} plane
 * @param {Float32Array} weight
 * @param {Float32Array} bias
 * @param {number} eps
 */
export function batchNorm(x, y, batch, channels, plane, weight, bias, eps) {
  const count = batch * plane;
  const step = channels * plane;
  const end = batch * step;
  for (let c = 0; c < channels; c++) {
    const start = c * plane;
    let total = 0;
    for (let p = start; p < end; p += step) total += sum(x, p, p + plane);
    const mean = total / count;
    let squares = 0;
    for (let p = start; p < end; p += step) squares += sumSquaresAbout(x, p, p + plane, mean);
    const scale = weight[c] / Math.sqrt(squares / count + eps);
    const shift = bias[c] - mean * scale;
    for (let p = start; p < end; p += step) affine(x, y, p, p + plane, scale, shift);
  }
  return y;
}

/**
 * Layer norm of each row of a tensor of shape [rows, columns].
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} weight
 * @param {Float32Array} bias
 * @param {number} eps
 */
export function layerNorm(x, y, rows, columns, weight, bias, eps) {
  const n = columns & UNROLLED;
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    const to = from + columns;
    const start = from & INDEX;
    const mean = sum(x, from, to) / columns;
    const scale = 1 / Math.sqrt(sumSquaresAbout(x, from, to, mean) / columns + eps);
    for (let i = 0; i < n; i += 4) {
      const j = start + i;
      y[j] = (x[j] - mean) * scale * weight[i] + bias[i];
      y[j + 1] = (x[j + 1] - mean) * scale * weight[i + 1] + bias[i + 1];
      y[j + 2] = (x[j + 2] - mean) * scale * weight[i + 2] + bias[i + 2];
      y[j + 3] = (x[j + 3] - mean) * scale * weight[i + 3] + bias[i + 3];
    }
    for (let i = n; i < columns; i++) y[from + i] = (x[from + i] - mean) * scale * weight[i] + bias[i];
  }
  return y;
}

/**
 * RMS norm of each row of a tensor of shape [rows, columns].
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} weight
 * @param {number} eps
 */
export function rmsNorm(x, y, rows, columns, weight, eps) {
  const n = columns & UNROLLED;
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    const to = from + columns;
    const start = from & INDEX;
    const scale = 1 / Math.sqrt(sumSquares(x, from, to) / columns + eps);
    for (let i = 0; i < n; i += 4) {
      const j = start + i;
      y[j] = x[j] * scale * weight[i];
      y[j + 1] = x[j + 1] * scale * weight[i + 1];
      y[j + 2] = x[j + 2] * scale * weight[i + 2];
      y[j + 3] = x[j + 3] * scale * weight[i + 3];
    }
    for (let i = n; i < columns; i++) y[from + i] = x[from + i] * scale * weight[i];
  }
  return y;
}

/**
 * Weight norm of each row of a tensor of shape [rows, columns]: w = v·g/‖v‖₂.
 * @param {Float32Array} v
 * @param {Float32Array} w
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} g
 */
export function weightNorm(v, w, rows, columns, g) {
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    const to = from + columns;
    affine(v, w, from, to, g[r] / Math.sqrt(sumSquares(v, from, to)), 0);
  }
  return w;
}
