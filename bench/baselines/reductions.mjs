/**
 * What the reductions are measured against: JavaScript loops as a careful author writes them, unrolled four times, with
 * four float64 accumulators. Four were the fastest of 1, 4 and 8 on Node 20 (0.40 to 0.45 ns per element for the sums,
 * 8 came to 0.47 to 0.50). Each works on x[from..to), so that the layers can use them on a row or a segment.
 *
 * V8 compiles a loop while its first call still runs, before it has seen what follows the loop; such code is thrown away
 * at the loop's end and the function can stay slow for long. primeBaselines() in prime.mjs runs everything on short
 * inputs first, so that no baseline is measured in that state.
 */

/** Masks that change nothing: they tell V8 that no index leaves the 32-bit integers, which takes a third off the time. */
export const INDEX = 0x3fffffff;
/** The same for a count, of whole groups of four. */
export const UNROLLED = 0x3ffffffc;

/**
 * Σ x.
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 */
export function sum(x, from, to) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    a += x[j];
    b += x[j + 1];
    c += x[j + 2];
    d += x[j + 3];
  }
  for (let i = start + n; i < to; i++) a += x[i];
  return a + b + (c + d);
}

/**
 * Σ |x|.
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 */
export function sumAbs(x, from, to) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    a += Math.abs(x[j]);
    b += Math.abs(x[j + 1]);
    c += Math.abs(x[j + 2]);
    d += Math.abs(x[j + 3]);
  }
  for (let i = start + n; i < to; i++) a += Math.abs(x[i]);
  return a + b + (c + d);
}

/**
 * Σ x².
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 */
export function sumSquares(x, from, to) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const p = x[j];
    const q = x[j + 1];
    const r = x[j + 2];
    const s = x[j + 3];
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = start + n; i < to; i++) a += x[i] * x[i];
  return a + b + (c + d);
}

/**
 * max |x|. A comparison is faster than Math.max (0.56 against 0.71 ns per element), though it overlooks NaN.
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 */
export function maxAbs(x, from, to) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const p = Math.abs(x[j]);
    const q = Math.abs(x[j + 1]);
    const r = Math.abs(x[j + 2]);
    const s = Math.abs(x[j + 3]);
    if (p > a) a = p;
    if (q > b) b = q;
    if (r > c) c = r;
    if (s > d) d = s;
  }
  for (let i = start + n; i < to; i++) {
    const p = Math.abs(x[i]);
    if (p > a) a = p;
  }
  return Math.max(a, b, c, d);
}

/**
 * Σ (x - mean)².
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 * @param {number} mean
 */
export function sumSquaresAbout(x, from, to, mean) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    const p = x[j] - mean;
    const q = x[j + 1] - mean;
    const r = x[j + 2] - mean;
    const s = x[j + 3] - mean;
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = start + n; i < to; i++) {
    const p = x[i] - mean;
    a += p * p;
  }
  return a + b + (c + d);
}

/**
 * Σ |x - mean|.
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} to
 * @param {number} mean
 */
export function sumAbsAbout(x, from, to, mean) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const start = from & INDEX;
  const n = (to - from) & UNROLLED;
  for (let i = 0; i < n; i += 4) {
    const j = start + i;
    a += Math.abs(x[j] - mean);
    b += Math.abs(x[j + 1] - mean);
    c += Math.abs(x[j + 2] - mean);
    d += Math.abs(x[j + 3] - mean);
  }
  for (let i = start + n; i < to; i++) a += Math.abs(x[i] - mean);
  return a + b + (c + d);
}

/**
 * The L2 deviation: root of the mean squared distance from the mean, in two passes.
 * @param {Float32Array} x
 */
export function deviationL2(x) {
  const n = x.length;
  const mean = sum(x, 0, n) / n;
  return Math.sqrt(sumSquaresAbout(x, 0, n, mean) / n);
}

const C1 = Math.sqrt(Math.PI / 2);

/**
 * The L1 deviation: √(π/2) times the mean distance from the mean, in two passes.
 * @param {Float32Array} x
 */
export function deviationL1(x) {
  const n = x.length;
  const mean = sum(x, 0, n) / n;
  return (C1 * sumAbsAbout(x, 0, n, mean)) / n;
}

/**
 * The mean of the k largest |x|: a threshold that few elements pass, insertion for those that do.
 * @param {Float32Array} x
 * @param {number} k at most x.length
 */
export function topMean(x, k) {
  const best = new Float64Array(k).fill(-1);
  const n = x.length;
  let threshold = -1;
  let i = 0;
  for (const end = n - 3; i < end; i += 4) {
    const p = Math.abs(x[i]);
    const q = Math.abs(x[i + 1]);
    const r = Math.abs(x[i + 2]);
    const s = Math.abs(x[i + 3]);
    if (p > threshold) threshold = insert(best, p);
    if (q > threshold) threshold = insert(best, q);
    if (r > threshold) threshold = insert(best, r);
    if (s > threshold) threshold = insert(best, s);
  }
  for (; i < n; i++) {
    const p = Math.abs(x[i]);
    if (p > threshold) threshold = insert(best, p);
  }
  let total = 0;
  for (let j = 0; j < k; j++) total += best[j];
  return total / k;
}

/**
 * Drops the smallest of an ascending list for a larger value; the new smallest.
 * @param {Float64Array} best
 * @param {number} value
 */
function insert(best, value) {
  const last = best.length - 1;
  let j = 0;
  while (j < last && best[j + 1] < value) {
    best[j] = best[j + 1];
    j++;
  }
  best[j] = value;
  return best[0];
}
