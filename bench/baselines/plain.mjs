/**
 * What a call on a single row is measured against: the loop that anyone would write, one element after the other, with one
 * float64 accumulator. (That of reductions.mjs, unrolled four times, takes half to three quarters of the time.)
 */

/**
 * RMS norm of one row.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {Float32Array} weight
 * @param {number} eps
 */
export function rmsNormRow(x, y, weight, eps) {
  const n = x.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[i] * x[i];
  const scale = 1 / Math.sqrt(sum / n + eps);
  for (let i = 0; i < n; i++) y[i] = x[i] * scale * weight[i];
  return y;
}

/**
 * Layer norm of one row.
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {Float32Array} weight
 * @param {Float32Array} bias
 * @param {number} eps
 */
export function layerNormRow(x, y, weight, bias, eps) {
  const n = x.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const d = x[i] - mean;
    squares += d * d;
  }
  const scale = 1 / Math.sqrt(squares / n + eps);
  for (let i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  return y;
}

/**
 * √Σx².
 * @param {Float32Array} x
 */
export function length(x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}
