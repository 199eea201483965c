/**
 * What the results should have been, in float64 with compensated sums (relative error below 1e-15, a millionth of a
 * float32 ulp), and how far off a result is.
 */

/**
 * Σ term(i) for 0 ≤ i < n, compensated (Neumaier).
 * @param {number} n
 * @param {(i: number) => number} term
 */
export function exactSum(n, term) {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < n; i++) {
    const t = term(i);
    const next = total + t;
    lost += Math.abs(total) >= Math.abs(t) ? total - next + t : t - next + total;
    total = next;
  }
  return total + lost;
}

/** @param {Float32Array} x */
export const mean = (x) => exactSum(x.length, (i) => x[i]) / x.length;

/** @param {Float32Array} x */
export const l1 = (x) => exactSum(x.length, (i) => Math.abs(x[i]));

/** @param {Float32Array} x */
export const l2 = (x) => Math.sqrt(exactSum(x.length, (i) => x[i] * x[i]));

/** @param {Float32Array} x */
export const linf = (x) => x.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

/** @param {Float32Array} x */
export function deviationL2(x) {
  const m = mean(x);
  return Math.sqrt(exactSum(x.length, (i) => (x[i] - m) ** 2) / x.length);
}

/** @param {Float32Array} x */
export function deviationL1(x) {
  const m = mean(x);
  return (Math.sqrt(Math.PI / 2) * exactSum(x.length, (i) => Math.abs(x[i] - m))) / x.length;
}

/**
 * The mean of the k largest |x|.
 * @param {Float32Array} x
 * @param {number} k
 */
export function topMean(x, k) {
  const largest = x
    .map(Math.abs)
    .sort()
    .subarray(x.length - k);
  return exactSum(k, (i) => largest[i]) / k;
}

/**
 * The deviation of one group of values about their mean, by norm; for the layers.
 * @typedef {"l1" | "l2" | "linf" | { topk: number }} LayerNorm
 * @param {Float64Array} d distances from the mean
 * @param {LayerNorm} norm
 * @param {number} eps
 */
function scaleOf(d, norm, eps) {
  const n = d.length;
  if (norm === "l2") return Math.sqrt(exactSum(n, (i) => d[i] * d[i]) / n + eps);
  if (norm === "l1") return (Math.sqrt(Math.PI / 2) * exactSum(n, (i) => Math.abs(d[i]))) / n + eps;
  const c = (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n));
  const k = norm === "linf" ? 1 : norm.topk;
  const largest = d
    .map(Math.abs)
    .sort()
    .subarray(n - k);
  return (c * exactSum(k, (i) => largest[i])) / k + eps;
}

/**
 * Normalization of groups: y = (x - mean)/S · weight + bias.
 * @param {object} layer
 * @param {Float32Array} layer.x
 * @param {number} layer.groups
 * @param {number} layer.count elements of a group
 * @param {(group: number, i: number) => number} layer.at where element i of a group stands in x
 * @param {(group: number, i: number) => number} layer.parameter where its weight and bias stand
 * @param {Float32Array} layer.weight
 * @param {Float32Array} [layer.bias]
 * @param {LayerNorm} [layer.norm]
 * @param {boolean} [layer.centre]
 * @param {number} layer.eps
 */
export function normalized({ x, groups, count, at, parameter, weight, bias, norm = "l2", centre = true, eps }) {
  const y = new Float64Array(x.length);
  const d = new Float64Array(count);
  for (let g = 0; g < groups; g++) {
    const m = centre ? exactSum(count, (i) => x[at(g, i)]) / count : 0;
    for (let i = 0; i < count; i++) d[i] = x[at(g, i)] - m;
    const scale = scaleOf(d, norm, eps);
    for (let i = 0; i < count; i++) {
      const p = parameter(g, i);
      y[at(g, i)] = (d[i] / scale) * weight[p] + (bias?.[p] ?? 0);
    }
  }
  return y;
}

/**
 * Gradient with respect to x of the L2 normalization of groups: dx = (g - mean g - y · mean g·y) / S, g = dy · weight.
 * @param {object} layer
 * @param {Float32Array} layer.x
 * @param {Float32Array} layer.dy
 * @param {number} layer.groups
 * @param {number} layer.count elements of a group
 * @param {(group: number, i: number) => number} layer.at where element i of a group stands in x
 * @param {(group: number, i: number) => number} layer.parameter where its weight stands
 * @param {Float32Array} layer.weight
 * @param {number} layer.eps
 */
export function gradient({ x, dy, groups, count, at, parameter, weight, eps }) {
  const dx = new Float64Array(x.length);
  const y = new Float64Array(count);
  const g = new Float64Array(count);
  for (let group = 0; group < groups; group++) {
    const m = exactSum(count, (i) => x[at(group, i)]) / count;
    for (let i = 0; i < count; i++) {
      y[i] = x[at(group, i)] - m;
      g[i] = dy[at(group, i)] * weight[parameter(group, i)];
    }
    const scale = scaleOf(y, "l2", eps);
    for (let i = 0; i < count; i++) y[i] /= scale;
    const g0 = exactSum(count, (i) => g[i]) / count;
    const slope = exactSum(count, (i) => g[i] * y[i]) / count;
    for (let i = 0; i < count; i++) dx[at(group, i)] = (g[i] - g0 - slope * y[i]) / scale;
  }
  return dx;
}

/**
 * Where the elements of a channel stand in a tensor [batch, channels, height, width].
 * @param {readonly number[]} shape
 */
export function channelsFirst([size, channels, height, width]) {
  const plane = height * width;
  return {
    groups: channels,
    count: size * plane,
    at: (/** @type {number} */ g, /** @type {number} */ i) =>
      (Math.floor(i / plane) * channels + g) * plane + (i % plane),
    parameter: (/** @type {number} */ g) => g,
  };
}

/**
 * Where the elements of a row stand in a tensor [rows, columns].
 * @param {readonly number[]} shape
 */
export function rows([size, columns]) {
  return {
    groups: size,
    count: columns,
    at: (/** @type {number} */ g, /** @type {number} */ i) => g * columns + i,
    parameter: (/** @type {number} */ _, /** @type {number} */ i) => i,
  };
}

/**
 * w = v·g/‖v‖₂ for each of the rows.
 * @param {Float32Array} v
 * @param {number} rows
 * @param {Float32Array} g
 */
export function weightNorm(v, rows, g) {
  const columns = v.length / rows;
  const w = new Float64Array(v.length);
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    const size = Math.sqrt(exactSum(columns, (i) => v[from + i] * v[from + i]));
    for (let i = from; i < from + columns; i++) w[i] = (v[i] * g[r]) / size;
  }
  return w;
}

/**
 * @typedef {object} Grid spacing of a format: 2^(exponent of the value, at least emin, + 1 - precision)
 * @property {number} precision bits, with the hidden one
 * @property {number} emin
 */

/** @type {Grid} */
export const FLOAT32 = { precision: 24, emin: -126 };
/** @type {Grid} */
export const FLOAT16 = { precision: 11, emin: -14 };

/**
 * The nearest float16 of every value, ties to even, by arithmetic in float64 alone.
 * @param {Float32Array} x finite
 */
export function nearestFloat16(x) {
  return Float64Array.from(x, (v) => {
    const unit = spacing(v, FLOAT16);
    const whole = 1.5 * 2 ** 52; // added and subtracted, it leaves an integer
    const rounded = (Math.abs(v) / unit + whole - whole) * unit;
    return Math.sign(v) * (rounded > 65504 ? Number.POSITIVE_INFINITY : rounded);
  });
}

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);

/**
 * @param {number} v
 * @param {Grid} grid
 */
function spacing(v, grid) {
  value[0] = v;
  const exponent = ((words[1] >>> 20) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, grid.emin) + 1 - grid.precision);
}

/**
 * Distances of results from the exact values, in units of the grid's spacing there.
 * @typedef {object} Ulp
 * @property {number} max
 * @property {number} p99 99 of 100 are no larger
 * @property {number} mean
 */

/**
 * The distances, summed up. A NaN or an infinity that is not expected counts as infinitely far.
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} exact
 * @param {Grid} grid
 * @returns {Ulp}
 */
export function ulps(actual, exact, grid) {
  if (actual.length !== exact.length) throw new RangeError(`${actual.length} results for ${exact.length} exact values`);
  const errors = Float32Array.from(exact, (e, i) => {
    const a = actual[i];
    const off = a === e || Object.is(a, e) ? 0 : Math.abs(a - e) / spacing(e, grid);
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
  }).sort();
  const n = errors.length;
  return { max: errors[n - 1], p99: errors[Math.ceil(0.99 * n) - 1], mean: errors.reduce((a, b) => a + b, 0) / n };
}
