/**
 * Gradients as JavaScript loops: statistics as in layers.mjs, then one pass for the sums of dy and of dy·(x - mean),
 * with two float64 accumulators each, and one that writes dx, four elements at a time. Results go to the arrays they are
 * given.
 */

import { INDEX, sum, sumAbsAbout, sumSquaresAbout, UNROLLED } from "./reductions.mjs";

/** What the last sums were: of dy, of dy·(x - mean), and of the signs of x - mean. */
const found = { dy: 0, product: 0, signs: 0 };

/**
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {number} from
 * @param {number} to
 * @param {number} mean
 */
function sums(x, dy, from, to, mean) {
  let a = 0;
  let b = 0;
  let p = 0;
  let q = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const g0 = dy[j];
    const g1 = dy[j + 1];
    const g2 = dy[j + 2];
    const g3 = dy[j + 3];
    a += g0;
    p += g0 * (x[j] - mean);
    b += g1;
    q += g1 * (x[j + 1] - mean);
    a += g2;
    p += g2 * (x[j + 2] - mean);
    b += g3;
    q += g3 * (x[j + 3] - mean);
  }
  for (let i = start + n; i < to; i++) {
    a += dy[i];
    p += dy[i] * (x[i] - mean);
  }
  found.dy += a + b;
  found.product += p + q;
}

/**
 * The same, and the signs; 0 at the mean.
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {number} from
 * @param {number} to
 * @param {number} mean
 */
function sumsAndSigns(x, dy, from, to, mean) {
  let a = 0;
  let b = 0;
  let p = 0;
  let q = 0;
  let signs = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const g0 = dy[j];
    const g1 = dy[j + 1];
    const g2 = dy[j + 2];
    const g3 = dy[j + 3];
    const d0 = x[j] - mean;
    const d1 = x[j + 1] - mean;
    const d2 = x[j + 2] - mean;
    const d3 = x[j + 3] - mean;
    a += g0;
    p += g0 * d0;
    b += g1;
    q += g1 * d1;
    a += g2;
    p += g2 * d2;
    b += g3;
    q += g3 * d3;
    signs += +(d0 > 0) - +(d0 < 0) + +(d1 > 0) - +(d1 < 0) + +(d2 > 0) - +(d2 < 0) + +(d3 > 0) - +(d3 < 0);
  }
  for (let i = start + n; i < to; i++) {
    const d = x[i] - mean;
    a += dy[i];
    p += dy[i] * d;
    signs += +(d > 0) - +(d < 0);
  }
  found.dy += a + b;
  found.product += p + q;
  found.signs += signs;
}

/**
 * dx = dy·gain - (x·slope + shift) on from..to.
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 * @param {number} from
 * @param {number} to
 * @param {number} gain
 * @param {number} slope
 * @param {number} shift
 */
function output(x, dy, dx, from, to, gain, slope, shift) {
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    dx[j] = dy[j] * gain - (x[j] * slope + shift);
    dx[j + 1] = dy[j + 1] * gain - (x[j + 1] * slope + shift);
    dx[j + 2] = dy[j + 2] * gain - (x[j + 2] * slope + shift);
    dx[j + 3] = dy[j + 3] * gain - (x[j + 3] * slope + shift);
  }
  for (let i = start + n; i < to; i++) dx[i] = dy[i] * gain - (x[i] * slope + shift);
}

/**
 * dx = dy·gain - one of three terms, by the side of the mean, on from..to.
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 * @param {number} from
 * @param {number} to
 * @param {number} mean
 * @param {number} gain
 * @param {number} slope
 * @param {number} shift
 */
function outputBySide(x, dy, dx, from, to, mean, gain, slope, shift) {
  const above = shift + slope;
  const below = shift - slope;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const x0 = x[j];
    const x1 = x[j + 1];
    const x2 = x[j + 2];
    const x3 = x[j + 3];
    dx[j] = dy[j] * gain - (x0 > mean ? above : x0 < mean ? below : shift);
    dx[j + 1] = dy[j + 1] * gain - (x1 > mean ? above : x1 < mean ? below : shift);
    dx[j + 2] = dy[j + 2] * gain - (x2 > mean ? above : x2 < mean ? below : shift);
    dx[j + 3] = dy[j + 3] * gain - (x3 > mean ? above : x3 < mean ? below : shift);
  }
  for (let i = start + n; i < to; i++) dx[i] = dy[i] * gain - (x[i] > mean ? above : x[i] < mean ? below : shift);
}

/**
 * Gradient of batch norm by L2 of a tensor of shape [batch, channels, plane].
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 * @param {Float32Array} dweight
 * @param {Float32Array} dbias
 * @param {number} batch
 * @param {number} channels
 * @param {number} plane
 * @param {Float32Array} weight
 * @param {number} eps
 */
export function batchNormL2(x, dy, dx, dweight, dbias, batch, channels, plane, weight, eps) {
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
    const inverse = 1 / Math.sqrt(squares / count + eps);
    found.dy = 0;
    found.product = 0;
    for (let p = start; p < end; p += step) sums(x, dy, p, p + plane, mean);
    dbias[c] = found.dy;
    dweight[c] = found.product * inverse;
    const gain = weight[c] * inverse;
    const slope = (gain * inverse * inverse * found.product) / count;
    const shift = (gain * found.dy) / count - mean * slope;
    for (let p = start; p < end; p += step) output(x, dy, dx, p, p + plane, gain, slope, shift);
  }
  return dx;
}

/**
 * The same by L1.
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 * @param {Float32Array} dweight
 * @param {Float32Array} dbias
 * @param {number} batch
 * @param {number} channels
 * @param {number} plane
 * @param {Float32Array} weight
 * @param {number} eps
 */
export function batchNormL1(x, dy, dx, dweight, dbias, batch, channels, plane, weight, eps) {
  const count = batch * plane;
  const step = channels * plane;
  const end = batch * step;
  const c1 = Math.sqrt(Math.PI / 2);
  for (let c = 0; c < channels; c++) {
    const start = c * plane;
    let total = 0;
    for (let p = start; p < end; p += step) total += sum(x, p, p + plane);
    const mean = total / count;
    let sizes = 0;
    for (let p = start; p < end; p += step) sizes += sumAbsAbout(x, p, p + plane, mean);
    const inverse = 1 / ((c1 * sizes) / count + eps);
    found.dy = 0;
    found.product = 0;
    found.signs = 0;
    for (let p = start; p < end; p += step) sumsAndSigns(x, dy, p, p + plane, mean);
    dbias[c] = found.dy;
    dweight[c] = found.product * inverse;
    const gain = weight[c] * inverse;
    const slope = (gain * inverse * c1 * found.product) / count;
    const shift = (gain * found.dy) / count - (slope * found.signs) / count;
    for (let p = start; p < end; p += step) outputBySide(x, dy, dx, p, p + plane, mean, gain, slope, shift);
  }
  return dx;
}

/**
 * Gradient of layer norm by L2 of each row of a tensor of shape [rows, columns]; the sums for the weights, one per column,
 * are float64 arrays.
 * @param {Float32Array} x
 * @param {Float32Array} dy
 * @param {Float32Array} dx
 * @param {Float64Array} dweight
 * @param {Float64Array} dbias
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} weight
 * @param {number} eps
 */
export function layerNormL2(x, dy, dx, dweight, dbias, rows, columns, weight, eps) {
  dweight.fill(0);
  dbias.fill(0);
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    const to = from + columns;
    const start = from & INDEX;
    const mean = sum(x, from, to) / columns;
    const inverse = 1 / Math.sqrt(sumSquaresAbout(x, from, to, mean) / columns + eps);
    let a = 0;
    let p = 0;
    for (let i = 0; i < columns; i++) {
      const g = dy[start + i] * weight[i];
      a += g;
      p += g * (x[start + i] - mean);
    }
    const slope = (inverse * p) / columns;
    const shift = a / columns;
    for (let i = 0; i < columns; i++) {
      const j = start + i;
      const y = (x[j] - mean) * inverse;
      dweight[i] += dy[j] * y;
      dbias[i] += dy[j];
      dx[j] = (dy[j] * weight[i] - shift - y * slope) * inverse;
    }
  }
  return dx;
}
