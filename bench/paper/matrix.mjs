/** Matrix products over row-major arrays of float32 or float64, the same code for both. */

/**
 * @typedef {Float32Array | Float64Array} Reals
 */

/** Copies of the operands, kept for the next product. */
let left = new Float64Array(0);
let right = new Float64Array(0);

/**
 * c += a · bᵀ, for c [m, n], a [m, k] and b [n, k]; where `stored` says "across", the operand is stored as its
 * transpose. Sums in float64, rounded once to the type of c.
 *
 * Both operands are copied to float64 with k innermost, their rows filled up to whole tiles; then eight sums run side by
 * side. Loops over float32 spend their time on conversions.
 * @param {Reals} c
 * @param {Reals} a
 * @param {Reals} b
 * @param {[m: number, n: number, k: number]} size
 * @param {["along" | "across", "along" | "across"]} [stored]
 */
export function addProduct(c, a, b, [m, n, k], [ofA, ofB] = ["along", "along"]) {
  const rows = m + (m % 2);
  const columns = n + (-n & 3);
  if (left.length < rows * k) left = new Float64Array(rows * k);
  if (right.length < columns * k) right = new Float64Array(columns * k);
  copy(left, a, m, k, ofA);
  copy(right, b, n, k, ofB);
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < columns; j += 4) tile(c, left, right, m, n, k, i, j);
  }
}

/**
 * c += a · bᵀ for two rows and four columns.
 * @param {Reals} c
 * @param {Float64Array} a
 * @param {Float64Array} b
 * @param {number} m
 * @param {number} n
 * @param {number} k
 * @param {number} i
 * @param {number} j
 */
function tile(c, a, b, m, n, k, i, j) {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let a0 = i * k;
  let a1 = a0 + k;
  let b0 = j * k;
  let b1 = b0 + k;
  let b2 = b1 + k;
  let b3 = b2 + k;
  for (const end = a1; a0 < end; a0++, a1++, b0++, b1++, b2++, b3++) {
    const u = a[a0];
    const v = a[a1];
    const p = b[b0];
    const q = b[b1];
    const r = b[b2];
    const s = b[b3];
    s00 += u * p;
    s01 += u * q;
    s02 += u * r;
    s03 += u * s;
    s10 += v * p;
    s11 += v * q;
    s12 += v * r;
    s13 += v * s;
  }
  const to = i * n + j;
  const width = n - j;
  c[to] += s00;
  if (width > 1) c[to + 1] += s01;
  if (width > 2) c[to + 2] += s02;
  if (width > 3) c[to + 3] += s03;
  if (i + 1 === m) return;
  c[to + n] += s10;
  if (width > 1) c[to + n + 1] += s11;
  if (width > 2) c[to + n + 2] += s12;
  if (width > 3) c[to + n + 3] += s13;
}

/**
 * @param {Float64Array} to [rows, k], and more
 * @param {Reals} from
 * @param {number} rows
 * @param {number} k
 * @param {"along" | "across"} stored
 */
function copy(to, from, rows, k, stored) {
  if (stored === "along") to.set(from);
  else for (let j = 0; j < k; j++) for (let i = 0; i < rows; i++) to[i * k + j] = from[j * rows + i];
}

/**
 * Σ a_i · b_i in float64, over `n` elements from `from`.
 * @param {Reals} a
 * @param {Reals} b
 * @param {number} [from]
 * @param {number} [n]
 */
export function dot(a, b, from = 0, n = a.length) {
  let sum = 0;
  for (let i = from; i < from + n; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * The largest |a_i|; NaN does not count.
 * @param {Reals} a
 */
export function largest(a) {
  let most = 0;
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i]) > most) most = Math.abs(a[i]);
  return most;
}

/**
 * The L2 norm of each row.
 * @param {Reals} a [rows, columns]
 * @param {number} rows
 */
export function rowNorms(a, rows) {
  const columns = a.length / rows;
  return Float64Array.from({ length: rows }, (_, i) => Math.sqrt(dot(a, a, i * columns, columns)));
}
