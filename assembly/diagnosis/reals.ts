// Exact values, in float64 lanes, and exact sums of them.
//
// They are made of a tile of float32 where they are needed, or stand in TILE_V element by element, as tiles of float32
// do (emulated/sums.ts): v[i * padded + j] for group j of the bundle. What belongs to the groups stands in lanes of 32 float64,
// of a single group in the first four alike.

import { padded } from "../emulated/bundle";
import { clearVectors, highPair, lowPair, pairSum } from "../lanes/vectors";
import {
  BUNDLE_DOUBLES,
  BUNDLE_SUMS,
  REAL_HIGH,
  REAL_INVERSE,
  REAL_LOW,
  REAL_MEAN,
  REAL_SCALE,
  TILE_V,
} from "../memory";
import { width } from "../tensors/groups";

/** Lanes of a sum of a single group. */
export const CHAINS: i32 = 8;

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
export function vectorsOf(n: i32): i32 {
  return padded == 1 ? (n + 3) >> 2 : padded >> 2;
}

export function rowsOf(n: i32): i32 {
  return padded == 1 ? 1 : n;
}

/** Bytes from vector to vector in the lanes of the groups: those of a single group hold one value. */
export function laneStep(): usize {
  return padded == 1 ? 0 : 32;
}

/** Exact values, two at a time, made of x; `at`: where the groups are in their lanes, `p`: where v is in TILE_V. */
export interface Real {
  pair(x: v128, at: usize, p: usize): v128;
}

/** Of what TILE_V holds already. */
export class Held implements Real {
  @inline
  pair(_x: v128, _at: usize, p: usize): v128 {
    return v128.load(TILE_V + p);
  }
}

/** x itself. */
export class Itself implements Real {
  @inline
  pair(x: v128, _at: usize, _p: usize): v128 {
    return x;
  }
}

/** x - the emulated mean. */
export class FromMean implements Real {
  @inline
  pair(x: v128, at: usize, _p: usize): v128 {
    return f64x2.sub(x, v128.load(REAL_MEAN + at));
  }
}

/** x - the exact mean: x less its upper part is exact near the mean, so no digit is lost. */
export class Distance implements Real {
  @inline
  pair(x: v128, at: usize, _p: usize): v128 {
    return f64x2.sub(f64x2.sub(x, v128.load(REAL_HIGH + at)), v128.load(REAL_LOW + at));
  }
}

/** What makes terms of two distances. */
export interface Pairs {
  pair(d: v128): v128;
}

export class TermOf<T extends Pairs, R extends Real> implements Real {
  @inline
  pair(x: v128, at: usize, p: usize): v128 {
    return changetype<T>(0).pair(changetype<R>(0).pair(x, at, p));
  }
}

/** Times the emulated 1/S. */
export class Scaled implements Real {
  @inline
  pair(x: v128, at: usize, _p: usize): v128 {
    return f64x2.mul(x, v128.load(REAL_INVERSE + at));
  }
}

/** (x - the emulated mean) times the emulated 1/S. */
export class FromMeanScaled implements Real {
  @inline
  pair(x: v128, at: usize, p: usize): v128 {
    return changetype<Scaled>(0).pair(changetype<FromMean>(0).pair(x, at, p), at, p);
  }
}

/** The distance by the exact S. */
export class Quotient implements Real {
  @inline
  pair(x: v128, at: usize, p: usize): v128 {
    return f64x2.div(changetype<Distance>(0).pair(x, at, p), v128.load(REAL_SCALE + at));
  }
}

/** TILE_V = the exact values of x. */
export function fill<R extends Real>(x: usize, vectors: i32, rows: i32, step: usize): void {
  const real = changetype<R>(0);
  let p: usize = 0;
  for (; rows > 0; rows--) {
    let at: usize = 0;
    for (let i = vectors; i > 0; i--) {
      v128.store(TILE_V + p, real.pair(lowPair(v128.load64_zero(x)), at, p), 0);
      v128.store(TILE_V + p, real.pair(lowPair(v128.load64_zero(x, 8)), at + 16, p + 16), 16);
      x += 16;
      p += 32;
      at += step;
    }
  }
}

/** TILE_V = TILE_V * w + b for n elements of each group, both float32, 0 for none. */
export function shiftReals(weights: usize, biases: usize, n: i32): void {
  const end = (<usize>(n * padded + 3) & ~3) << 2;
  for (let at: usize = 0; at < end; at += 16) {
    let a = v128.load(TILE_V + (at << 1), 0);
    let b = v128.load(TILE_V + (at << 1), 16);
    if (weights) {
      const w = v128.load(weights + at);
      a = f64x2.mul(a, lowPair(w));
      b = f64x2.mul(b, highPair(w));
    }
    if (biases) {
      const shift = v128.load(biases + at);
      a = f64x2.add(a, lowPair(shift));
      b = f64x2.add(b, highPair(shift));
    }
    v128.store(TILE_V + (at << 1), a, 0);
    v128.store(TILE_V + (at << 1), b, 16);
  }
}

/** Zeroes what belongs to no group of n elements of each in TILE_V and at x, float32. */
export function clearRest(x: usize, n: i32): void {
  if (padded == 1) {
    for (let i: usize = n; i & 3; i++) {
      store<f32>(x + (i << 2), 0);
      store<f64>(TILE_V + (i << 3), 0);
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    for (let j = width; j < padded; j++) {
      const at = <usize>(i * padded + j);
      store<f32>(x + (at << 2), 0);
      store<f64>(TILE_V + (at << 3), 0);
    }
  }
}

/** Whether there is something to be zeroed. */
export function hasRest(n: i32): bool {
  return padded == 1 ? (n & 3) != 0 : width != padded;
}

// --- sums -------------------------------------------------------------------------------------------------
//
// A sum and what its additions rounded away: hi + lo is the sum to twice the digits of float64. Infinities and NaN are
// those of hi alone.

/** The lanes of lo behind those of hi. */
export const LOW: usize = BUNDLE_DOUBLES;

export function startReals(sums: usize): void {
  clearVectors(sums, BUNDLE_SUMS);
}

/** How a number is added to a sum in two parts. */
export interface Adder {
  /** Whether sums of a tile have no error at all. */
  exact(): bool;
  /** What was rounded away by sum = high + x. */
  rest(high: v128, x: v128, sum: v128): v128;
}

/** Numbers of any kind (Knuth). */
export class AnyAdder implements Adder {
  exact(): bool {
    return false;
  }
  @inline
  rest(high: v128, x: v128, sum: v128): v128 {
    const part = f64x2.sub(sum, high);
    return f64x2.add(f64x2.sub(high, f64x2.sub(sum, part)), f64x2.sub(x, part));
  }
}

/**
 * Numbers that are not negative (Dekker): exact where the sum is not less than what is added. Where it is less it doubles
 * at least, so all errors of that together are of the size of one rounding.
 */
export class RisingAdder implements Adder {
  exact(): bool {
    return false;
  }
  @inline
  rest(high: v128, x: v128, sum: v128): v128 {
    return f64x2.sub(x, f64x2.sub(sum, high));
  }
}

/** Numbers of a grid that is coarse enough for a tile of them to have a sum in float64. */
export class GridAdder implements Adder {
  exact(): bool {
    return true;
  }
  rest(_high: v128, _x: v128, _sum: v128): v128 {
    return f64x2.splat(0);
  }
}

/** Adds the exact values that R makes of n elements of each group at x. */
export function addReals<R extends Real, A extends Adder>(sums: usize, x: usize, n: i32): void {
  const real = changetype<R>(0);
  const adder = changetype<A>(0);
  // a single group has two vectors of chains
  const vectors = padded == 1 ? 2 : padded >> 2;
  const rows = padded == 1 ? n >> 3 : n;
  const step = laneStep();
  const pitch = (<usize>vectors) << 4;
  for (let i: usize = 0; i < <usize>vectors; i++) {
    const to = sums + (i << 5);
    let highA = f64x2.splat(0);
    let highB = f64x2.splat(0);
    let lowA = f64x2.splat(0);
    let lowB = f64x2.splat(0);
    if (!adder.exact()) {
      highA = v128.load(to, 0);
      highB = v128.load(to, 16);
      lowA = v128.load(to, LOW);
      lowB = v128.load(to, LOW + 16);
    }
    const at = i * step;
    let p = i << 4;
    for (let row = rows; row > 0; row--) {
      const a = real.pair(lowPair(v128.load64_zero(x + p)), at, p << 1);
      const b = real.pair(lowPair(v128.load64_zero(x + p, 8)), at + 16, (p << 1) + 16);
      const sumA = f64x2.add(highA, a);
      const sumB = f64x2.add(highB, b);
      if (!adder.exact()) {
        lowA = f64x2.add(lowA, adder.rest(highA, a, sumA));
        lowB = f64x2.add(lowB, adder.rest(highB, b, sumB));
      }
      highA = sumA;
      highB = sumB;
      p += pitch;
    }
    if (adder.exact()) {
      addPair(to, highA);
      addPair(to + 16, highB);
    } else {
      v128.store(to, highA, 0);
      v128.store(to, highB, 16);
      v128.store(to, lowA, LOW);
      v128.store(to, lowB, LOW + 16);
    }
  }
  if (padded > 1) return;
  for (let i = (<usize>rows) << 3; i < <usize>n; i++) {
    const v = real.pair(f64x2.splat(<f64>load<f32>(x + (i << 2))), 0, i << 3);
    addTo(sums, f64x2.extract_lane(v, 0));
  }
}

/** Adds two numbers to two sums. */
function addPair(sums: usize, x: v128): void {
  const high = v128.load(sums);
  const sum = f64x2.add(high, x);
  v128.store(sums, sum);
  v128.store(sums, f64x2.add(v128.load(sums, LOW), changetype<AnyAdder>(0).rest(high, x, sum)), LOW);
}

/** Adds the sums in the lanes of a single group, two and two, to the first. */
function joinChains(sums: usize): void {
  const adder = changetype<AnyAdder>(0);
  let high = f64x2.splat(0);
  let rest = f64x2.splat(0);
  for (let i: usize = 0; i < 8 * CHAINS; i += 16) {
    const x = v128.load(sums + i);
    const sum = f64x2.add(high, x);
    // of an infinity nothing was rounded away
    const ordinary = f64x2.lt(f64x2.abs(x), f64x2.splat(Infinity));
    rest = f64x2.add(rest, f64x2.add(v128.and(v128.load(sums + i, LOW), ordinary), adder.rest(high, x, sum)));
    high = sum;
  }
  store<f64>(sums, f64x2.extract_lane(high, 0));
  store<f64>(sums, pairSum(rest), LOW);
  addTo(sums, f64x2.extract_lane(high, 1));
}

/** Brings the sums of all groups to normal form: hi is the sum in float64, lo the rest. */
export function finishReals(sums: usize): void {
  if (padded == 1) joinChains(sums);
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

/** Adds |x| of n elements of each group to lanes of 32. */
export function addSizes(lanes: usize, x: usize, n: i32): void {
  const sign = i64x2.splat(i64.MAX_VALUE);
  const vectors = padded == 1 ? 2 : padded >> 2;
  const rows = padded == 1 ? n >> 3 : n;
  const pitch = (<usize>vectors) << 4;
  for (let i: usize = 0; i < <usize>vectors; i++) {
    const to = lanes + (i << 5);
    let a = v128.load(to, 0);
    let b = v128.load(to, 16);
    let p = x + (i << 4);
    for (let row = rows; row > 0; row--) {
      a = f64x2.add(a, v128.and(lowPair(v128.load64_zero(p)), sign));
      b = f64x2.add(b, v128.and(lowPair(v128.load64_zero(p, 8)), sign));
      p += pitch;
    }
    v128.store(to, a, 0);
    v128.store(to, b, 16);
  }
  if (padded > 1) return;
  for (let i = (<usize>rows) << 3; i < <usize>n; i++) {
    store<f64>(lanes, load<f64>(lanes) + <f64>abs(load<f32>(x + (i << 2))));
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
