/**
 * Batch norm by every norm of the paper and its gradient, in plain JavaScript and float64, straight from the formulas:
 * y = d / S with d = x - mean, and dx = (g - mean g - A (w - mean w)) / S with A = Σ g y and w = ∂S/∂d.
 */

/**
 * @typedef {import("./matrix.mjs").Reals} Reals
 * @typedef {import("./network.mjs").Normalization} Normalization
 *
 * The norms of the paper, whatever others the package has.
 * @typedef {Extract<import("../../dist/index.js").Norm, "l1" | "l2" | "linf" | "range" | object>} Norm
 * @typedef {Norm | "none"} Normalizer
 */

/**
 * The paper's factor for the largest of n deviations.
 * @param {number} n
 */
export const maximumFactor = (n) => (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n));

const L1_FACTOR = Math.sqrt(Math.PI / 2);

/** (E|z|^p)^(-1/p) of a normal z, for the p that are used here. */
const POWER_FACTORS = new Map([
  [1.5, (2 ** 0.75 * 0.9064024770554771 * Math.PI ** -0.5) ** (-1 / 1.5)], // Γ(5/4)
  [3, (2 * Math.sqrt(2 / Math.PI)) ** (-1 / 3)],
  [4, 3 ** -0.25],
]);

/** @param {number} p */
function powerFactor(p) {
  const factor = POWER_FACTORS.get(p);
  if (factor === undefined)
    throw new RangeError(`"p" must be one of ${[...POWER_FACTORS.keys()].join(", ")}, got ${p}`);
  return factor;
}

/**
 * Indices of the k largest |d|, the lowest of equals first.
 * @param {Float64Array} d
 * @param {number} k
 */
function largest(d, k) {
  return [...d.keys()].sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]) || i - j).slice(0, k);
}

/**
 * The scale S of deviations d, and ∂S/∂d in `slope`.
 * @param {Float64Array} d
 * @param {Normalizer} norm
 * @param {number} eps
 * @param {Float64Array} slope
 */
function scaleOf(d, norm, eps, slope) {
  const n = d.length;
  slope.fill(0);
  if (norm === "none") return 1;
  if (norm === "l2") {
    const scale = Math.sqrt(d.reduce((sum, v) => sum + v * v, 0) / n + eps);
    for (let i = 0; i < n; i++) slope[i] = d[i] / (n * scale);
    return scale;
  }
  if (norm === "l1") {
    for (let i = 0; i < n; i++) slope[i] = (L1_FACTOR * Math.sign(d[i])) / n;
    return (L1_FACTOR * d.reduce((sum, v) => sum + Math.abs(v), 0)) / n + eps;
  }
  if (norm === "range") {
    const factor = 0.35 * maximumFactor(n);
    const high = d.indexOf(Math.max(...d));
    const low = d.indexOf(Math.min(...d));
    slope[high] += factor;
    slope[low] -= factor;
    return factor * (d[high] - d[low]) + eps;
  }
  if (norm !== "linf" && "lp" in norm) {
    const { lp: p } = norm;
    const factor = powerFactor(p);
    const scale = factor * (d.reduce((sum, v) => sum + Math.abs(v) ** p, 0) / n + eps) ** (1 / p);
    for (let i = 0; i < n; i++) {
      slope[i] = (factor ** p * Math.sign(d[i]) * Math.abs(d[i]) ** (p - 1) * scale ** (1 - p)) / n;
    }
    return scale;
  }
  const k = norm === "linf" ? 1 : norm.topk;
  const factor = maximumFactor(n) / k;
  let sum = 0;
  for (const i of largest(d, k)) {
    slope[i] = factor * Math.sign(d[i]);
    sum += Math.abs(d[i]);
  }
  return factor * sum + eps;
}

/**
 * @param {Normalizer} norm
 * @param {number} [eps]
 * @returns {Normalization}
 */
export function plainBatchNorm(norm, eps = 0) {
  /** @type {{ y: Float64Array, slope: Float64Array, scales: Float64Array, gain: Reals, rows: number }} */
  let saved;
  return {
    forward(x, gain, shift) {
      const columns = gain.length;
      const rows = x.length / columns;
      const out = x.slice();
      const y = new Float64Array(x.length);
      const slopes = new Float64Array(x.length);
      const scales = new Float64Array(columns);
      const d = new Float64Array(rows);
      const slope = new Float64Array(rows);
      for (let c = 0; c < columns; c++) {
        let mean = 0;
        for (let r = 0; r < rows; r++) mean += x[r * columns + c] / rows;
        for (let r = 0; r < rows; r++) d[r] = x[r * columns + c] - mean;
        scales[c] = scaleOf(d, norm, eps, slope);
        for (let r = 0, at = c; r < rows; r++, at += columns) {
          y[at] = d[r] / scales[c];
          slopes[at] = slope[r];
          out[at] = y[at] * gain[c] + shift[c];
        }
      }
      saved = { y, slope: slopes, scales, gain, rows };
      return out;
    },
    backward(dy) {
      const { y, slope, scales, gain, rows } = saved;
      const columns = gain.length;
      const dx = dy.slice();
      const dgain = gain.slice();
      const dshift = gain.slice();
      for (let c = 0; c < columns; c++) {
        let upstream = 0;
        let along = 0;
        let slopes = 0;
        for (let r = 0, at = c; r < rows; r++, at += columns) {
          upstream += dy[at];
          along += dy[at] * y[at];
          slopes += slope[at];
        }
        dgain[c] = along;
        dshift[c] = upstream;
        for (let r = 0, at = c; r < rows; r++, at += columns) {
          const common = dy[at] - upstream / rows - along * (slope[at] - slopes / rows);
          dx[at] = (gain[c] * common) / scales[c];
        }
      }
      return { dx, dgain, dshift };
    },
  };
}
