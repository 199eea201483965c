// Exact values of a tile, in float64 lanes, and exact sums of them.
//
// A tile holds element by element, as tiles of float32 do (orders.ts): v[i * padded + j] for group j of the bundle. What
// belongs to the groups stands in lanes of 32 float64, of a single group in the first four alike.

import { NORM, NORM_L2, NORM_POWER, POWER } from "../src/layout";
import { padded, width } from "./bundle";
import { power } from "./power";
import { highPair, lowPair } from "./vectors";

/** Bytes of the lanes of a statistic. */
export const REAL_LANES: usize = 256;
/** Lanes of a sum of a single group. */
const CHAINS: i32 = 8;

/** A value of group j; of a single group in four lanes. */
export function setReal(lanes: usize, j: i32, x: f64): void {
  store<f64>(lanes + ((<usize>j) << 3), x);
  if (padded > 1) return;
  store<f64>(lanes, x, 8);
  store<f64>(lanes, x, 16);
  store<f64>(lanes, x, 24);
}

export function realOf(lanes: usize, j: i32): f64 {
  return load<f64>(lanes + ((<usize>j) << 3));
}

/** Vectors of four elements in a row of a tile, for n elements of each group: one row of a single group. */
function vectorsOf(n: i32): i32 {
  return padded == 1 ? (n + 3) >> 2 : padded >> 2;
}

function rowsOf(n: i32): i32 {
  return padded == 1 ? 1 : n;
}

/** v = x, for n elements of each group. */
export function widen(x: usize, v: usize, n: i32): void {
  for (let i = (n * padded + 3) >> 2; i > 0; i--) {
    const lanes = v128.load(x);
    v128.store(v, lowPair(lanes), 0);
    v128.store(v, highPair(lanes), 16);
    x += 16;
    v += 32;
  }
}

/** v = (x - high) - low: x - high is exact near the mean, so no digit is lost. */
export function distances(x: usize, high: usize, low: usize, v: usize, n: i32): void {
  const step: usize = padded == 1 ? 0 : 32;
  const vectors = vectorsOf(n);
  for (let row = rowsOf(n); row > 0; row--) {
    let at: usize = 0;
    for (let i = vectors; i > 0; i--) {
      const lanes = v128.load(x);
      const a = f64x2.sub(lowPair(lanes), v128.load(high + at, 0));
      const b = f64x2.sub(highPair(lanes), v128.load(high + at, 16));
      v128.store(v, f64x2.sub(a, v128.load(low + at, 0)), 0);
      v128.store(v, f64x2.sub(b, v128.load(low + at, 16)), 16);
      x += 16;
      v += 32;
      at += step;
    }
  }
}

/** What is done to two real operands. */
interface RealOperation {
  of(a: v128, b: v128): v128;
}

export class Plus implements RealOperation {
  of(a: v128, b: v128): v128 {
    return f64x2.add(a, b);
  }
}

export class Times implements RealOperation {
  of(a: v128, b: v128): v128 {
    return f64x2.mul(a, b);
  }
}

export class Over implements RealOperation {
  of(a: v128, b: v128): v128 {
    return f64x2.div(a, b);
  }
}

/** v = v (operation) the value of each group. */
export function acrossReals<O extends RealOperation>(v: usize, values: usize, n: i32): void {
  const operation = changetype<O>(0);
  const step: usize = padded == 1 ? 0 : 32;
  const vectors = vectorsOf(n);
  for (let row = rowsOf(n); row > 0; row--) {
    let at: usize = 0;
    for (let i = vectors; i > 0; i--) {
      v128.store(v, operation.of(v128.load(v, 0), v128.load(values + at, 0)), 0);
      v128.store(v, operation.of(v128.load(v, 16), v128.load(values + at, 16)), 16);
      v += 32;
      at += step;
    }
  }
}

/** v = v (operation) w, w in float32, for n elements of each group. */
export function withReals<O extends RealOperation>(v: usize, w: usize, n: i32): void {
  const operation = changetype<O>(0);
  for (let i = (n * padded + 3) >> 2; i > 0; i--) {
    const lanes = v128.load(w);
    v128.store(v, operation.of(v128.load(v, 0), lowPair(lanes)), 0);
    v128.store(v, operation.of(v128.load(v, 16), highPair(lanes)), 16);
    v += 32;
    w += 16;
  }
}

/** v = the term of distance v: d², |d|^p or |d| by the norm. */
export function realTerms(v: usize, n: i32): void {
  const norm = load<i32>(NORM);
  const end = v + ((<usize>(n * padded + 3) & ~3) << 3);
  if (norm == NORM_POWER) {
    const p = load<f64>(POWER);
    for (; v < end; v += 8) store<f64>(v, power(abs(load<f64>(v)), p));
    return;
  }
  const sign = i64x2.splat(i64.MAX_VALUE);
  for (; v < end; v += 16) {
    const d = v128.load(v);
    v128.store(v, norm == NORM_L2 ? f64x2.mul(d, d) : v128.and(d, sign));
  }
}

/** Zeroes what belongs to no group of n elements of each at v, float64, and x, float32. */
export function clearRest(x: usize, v: usize, n: i32): void {
  if (padded == 1) {
    for (let i: usize = n; i & 3; i++) {
      store<f32>(x + (i << 2), 0);
      store<f64>(v + (i << 3), 0);
    }
    return;
  }
  if (width == padded) return;
  for (let i = 0; i < n; i++) {
    for (let j = width; j < padded; j++) {
      const at = <usize>(i * padded + j);
      store<f32>(x + (at << 2), 0);
      store<f64>(v + (at << 3), 0);
    }
  }
}

// --- sums -------------------------------------------------------------------------------------------------
//
// A sum and what its additions rounded away: hi + lo is the sum to twice the digits of float64. Infinities and NaN are
// those of hi alone.

/** The lanes of lo behind those of hi. */
export const LOW: usize = REAL_LANES;
/** Bytes of the sums of all groups. */
export const SUMS_BYTES: usize = 2 * REAL_LANES;

export function startReals(sums: usize): void {
  memory.fill(sums, 0, SUMS_BYTES);
}

/** Adds n elements of each group. What follows them in the tile is zeroed. */
export function addReals(sums: usize, v: usize, n: i32): void {
  const lanes = padded == 1 ? CHAINS : padded;
  let rows = n;
  if (padded == 1) {
    for (let i = n; i & (CHAINS - 1); i++) store<f64>(v + ((<usize>i) << 3), 0);
    rows = (n + CHAINS - 1) / CHAINS;
  }
  const pitch = (<usize>lanes) << 3;
  for (let at: usize = 0; at < pitch; at += 32) {
    let highA = v128.load(sums + at, 0);
    let highB = v128.load(sums + at, 16);
    let lowA = v128.load(sums + at, LOW);
    let lowB = v128.load(sums + at, LOW + 16);
    let p = v + at;
    for (let i = rows; i > 0; i--) {
      // Knuth's error of an addition
      const a = v128.load(p, 0);
      const b = v128.load(p, 16);
      const sumA = f64x2.add(highA, a);
      const sumB = f64x2.add(highB, b);
      const partA = f64x2.sub(sumA, highA);
      const partB = f64x2.sub(sumB, highB);
      lowA = f64x2.add(lowA, f64x2.add(f64x2.sub(highA, f64x2.sub(sumA, partA)), f64x2.sub(a, partA)));
      lowB = f64x2.add(lowB, f64x2.add(f64x2.sub(highB, f64x2.sub(sumB, partB)), f64x2.sub(b, partB)));
      highA = sumA;
      highB = sumB;
      p += pitch;
    }
    v128.store(sums + at, highA, 0);
    v128.store(sums + at, highB, 16);
    v128.store(sums + at, lowA, LOW);
    v128.store(sums + at, lowB, LOW + 16);
  }
}

/** Brings the sums of all groups to normal form: hi is the sum in float64, lo the rest. */
export function finishReals(sums: usize): void {
  if (padded == 1) {
    for (let i = 1; i < CHAINS; i++) {
      const from = sums + ((<usize>i) << 3);
      const ordinary = abs(load<f64>(from)) < Infinity;
      addTo(sums, load<f64>(from));
      // of an infinity nothing was rounded away
      if (ordinary) addTo(sums, load<f64>(from, LOW));
    }
  }
  for (let j: usize = 0; j < <usize>width; j++) {
    const at = sums + (j << 3);
    const high = load<f64>(at);
    const sum = high + load<f64>(at, LOW);
    const ordinary = abs(high) < Infinity;
    store<f64>(at, ordinary ? sum : high);
    store<f64>(at, ordinary ? high - sum + load<f64>(at, LOW) : 0, LOW);
  }
}

/** Adds one number to a sum. */
export function addTo(sum: usize, x: f64): void {
  const high = load<f64>(sum);
  const next = high + x;
  const part = next - high;
  store<f64>(sum, next);
  store<f64>(sum, load<f64>(sum, LOW) + (high - (next - part) + (x - part)), LOW);
}

/** Adds |v| of n elements of each group to lanes of 32. What follows them in the tile is zero (addReals). */
export function addSizes(lanes: usize, v: usize, n: i32): void {
  const sign = i64x2.splat(i64.MAX_VALUE);
  const chains = padded == 1 ? CHAINS : padded;
  const pitch = (<usize>chains) << 3;
  for (let at: usize = 0; at < pitch; at += 16) {
    let sum = v128.load(lanes + at);
    let p = v + at;
    for (let i = padded == 1 ? (n + CHAINS - 1) / CHAINS : n; i > 0; i--) {
      sum = f64x2.add(sum, v128.and(v128.load(p), sign));
      p += pitch;
    }
    v128.store(lanes + at, sum);
  }
}

/** A single group had several lanes. */
export function finishSizes(lanes: usize): void {
  if (padded > 1) return;
  let sum = 0.0;
  for (let i: usize = 0; i < <usize>CHAINS; i++) sum += load<f64>(lanes + (i << 3));
  store<f64>(lanes, sum);
}

/** a * b = product + the rest that this returns (Dekker's, for sizes far from the ends of float64). */
export function productRest(a: f64, b: f64, product: f64): f64 {
  const upperA = reinterpret<f64>(reinterpret<i64>(a) & ~0x7ffffff);
  const upperB = reinterpret<f64>(reinterpret<i64>(b) & ~0x7ffffff);
  const lowerA = a - upperA;
  const lowerB = b - upperB;
  return upperA * upperB - product + upperA * lowerB + lowerA * upperB + lowerA * lowerB;
}

/** hi / n into `high`, and what is missing to (hi + lo) / n into `low`, of sum j. */
export function divideReal(sums: usize, j: i32, n: f64, high: usize, low: usize): void {
  const sum = realOf(sums, j);
  const quotient = sum / n;
  let rest = (sum - quotient * n - productRest(quotient, n, quotient * n) + realOf(sums + LOW, j)) / n;
  if (!(abs(rest) < Infinity)) rest = 0;
  const nearest = quotient + rest;
  setReal(high, j, nearest);
  setReal(low, j, abs(nearest) < Infinity ? quotient - nearest + rest : 0);
}

// --- extremes ---------------------------------------------------------------------------------------------

/** Greatest and least of n elements of each group into the lanes of 32 at `most` and at `least`; NaN wins. */
export function extremeReals(v: usize, n: i32, most: usize, least: usize): void {
  const lanes = padded == 1 ? 2 : padded;
  const pitch = (<usize>lanes) << 3;
  let rows = n;
  if (padded == 1) {
    if (n & 1) store<f64>(v + ((<usize>n) << 3), load<f64>(v));
    rows = (n + 1) >> 1;
  }
  for (let at: usize = 0; at < pitch; at += 16) {
    let high = v128.load(most + at);
    let low = v128.load(least + at);
    let p = v + at;
    for (let i = rows; i > 0; i--) {
      const x = v128.load(p);
      high = f64x2.max(high, x);
      low = f64x2.min(low, x);
      p += pitch;
    }
    v128.store(most + at, high);
    v128.store(least + at, low);
  }
}

export function startExtremes(most: usize, least: usize): void {
  for (let at: usize = 0; at < REAL_LANES; at += 16) {
    v128.store(most + at, f64x2.splat(-Infinity));
    v128.store(least + at, f64x2.splat(Infinity));
  }
}

/** A single group had two lanes. */
export function finishExtremes(most: usize, least: usize): void {
  if (padded > 1) return;
  setReal(most, 0, max(load<f64>(most, 0), load<f64>(most, 8)));
  setReal(least, 0, min(load<f64>(least, 0), load<f64>(least, 8)));
}
