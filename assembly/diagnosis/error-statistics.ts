// Error statistics over pairs of a computed number c and an exact one v: src/diagnosis/result.ts says what they mean.
//
//   d = c - v                        exact to float64
//   e = d / ulp(v)                   a power of two to divide by, so the exponent of v is all that it takes:
//
//       v          s eeeeeeeeeee mmmm...      2^E <= |v| < 2^(E + 1)
//       2^E          eeeeeeeeeee 0000...      clamped to the exponents of the format
//       1 / ulp      2 * 1023 + p - 1 - e     = 2^(p - 1 - E)
//
// The exact values of a tile are made as they are needed (reals.ts). A tile of pairs is first taken for ordinary numbers.
// Infinities and NaN make the sum of d² infinite or NaN; then the tile is taken again, pair by pair. What is rare (a new
// greatest error and where it is, a new greatest relative error, which takes a division) is only looked for in tiles
// that have it.

import {
  ERRORS_ABSOLUTE,
  ERRORS_BYTES,
  ERRORS_CC,
  ERRORS_CV,
  ERRORS_DD,
  ERRORS_E,
  ERRORS_EE,
  ERRORS_INDEX,
  ERRORS_LARGEST,
  ERRORS_MISMATCHED,
  ERRORS_ORDINARY,
  ERRORS_RELATIVE,
  ERRORS_VV,
  ERRORS_WORST,
} from "../../src/abi/report";
import { LEAST64, MOST64, precisionOf } from "../formats/format";
import { ABS } from "../lanes/constants";
import { powerOfTwo } from "../lanes/power";
import { clearVectors, highPair, lowPair, pairSum } from "../lanes/vectors";
import { TILE_V, UNIT_EXPONENTS, UNIT_FOUND, UNIT_INVERSE, UNIT_LEAST, UNIT_MOST } from "../memory";
import { fill, Real } from "./reals";
import { indexAt, leastIndex } from "./tile-indices";

const EXPONENTS64: i64 = 0x7ff0000000000000;

/** The unit of the errors to come: the spacing of a format. */
export function setUnit(precision: i32, emin: i32, emax: i32): void {
  storeUnit(f64x2.splat(powerOfTwo(emin)), f64x2.splat(powerOfTwo(emax)), precision);
}

function storeUnit(least: v128, most: v128, precision: i32): void {
  v128.store(UNIT_LEAST, least);
  v128.store(UNIT_MOST, most);
  v128.store(UNIT_INVERSE, i64x2.splat((<i64>(2 * 1023 + precision - 1)) << 52));
  v128.store(UNIT_EXPONENTS, i64x2.splat(EXPONENTS64));
}

export function startErrors(state: usize): void {
  clearVectors(state, ERRORS_BYTES);
  store<f64>(state, -1, ERRORS_INDEX);
}

/** The unit is the spacing of the format whose constants stand at `format` (formats/format.ts). */
export function setUnitOf(format: usize): void {
  storeUnit(v128.load(format, LEAST64), v128.load(format, MOST64), precisionOf(format));
}

/** 1 / ulp(v). */
function inverseUlp(v: f64): f64 {
  const bits = reinterpret<i64>(v) & EXPONENTS64;
  const binade = max(min(reinterpret<f64>(bits), load<f64>(UNIT_MOST)), load<f64>(UNIT_LEAST));
  return reinterpret<f64>(load<i64>(UNIT_INVERSE) - reinterpret<i64>(binade));
}

function greatest(x: v128): f64 {
  return max(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
}

/**
 * Adds the pairs of a tile of `rows` rows of `vectors` vectors: c in float32, and the exact values that R makes of x,
 * with lanes of the groups that go on by `step` bytes a vector, or that are held at `values`. |e| go to `errors` as float32,
 * NaN for special pairs.
 */
export function measure<R extends Real>(
  state: usize,
  c: usize,
  x: usize,
  vectors: i32,
  rows: i32,
  step: usize,
  errors: usize,
  values: usize = TILE_V,
): void {
  const real = changetype<R>(0);
  const magnitudes = v128.load(ABS);
  const exponents = v128.load(UNIT_EXPONENTS);
  const least = v128.load(UNIT_LEAST);
  const inverse = v128.load(UNIT_INVERSE);
  // a little more, so that what is equal up to rounding does not exceed it
  const relative = load<f64>(state, ERRORS_RELATIVE);
  const bound = f64x2.splat(relative * relative * 1.000000000000001);
  const zero = f64x2.splat(0);
  let e1 = zero;
  let e2 = zero;
  let dd = zero;
  let vv = zero;
  let dv = zero;
  // greatest squares: their roots are the numbers themselves
  let worst = zero;
  let absolute = zero;
  let largest = zero;
  let exceeds = zero;
  let p: usize = 0;
  for (let row = rows; row > 0; row--) {
    let at: usize = 0;
    for (let i = vectors; i > 0; i--) {
      const computed = v128.load(c + p);
      const from = v128.load(x + p);
      const va = real.pair(lowPair(from), at, values + (p << 1));
      const da = f64x2.sub(lowPair(computed), va);
      const ea = f64x2.mul(da, i64x2.sub(inverse, f64x2.pmax(least, v128.and(va, exponents))));
      const vva = f64x2.mul(va, va);
      const dda = f64x2.mul(da, da);
      const eea = f64x2.mul(ea, ea);
      e1 = f64x2.add(e1, ea);
      e2 = f64x2.add(e2, eea);
      dd = f64x2.add(dd, dda);
      vv = f64x2.add(vv, vva);
      dv = f64x2.add(dv, f64x2.mul(da, va));
      exceeds = v128.or(exceeds, f64x2.gt(dda, f64x2.mul(vva, bound)));
      const vb = real.pair(highPair(from), at + 16, values + (p << 1) + 16);
      const db = f64x2.sub(highPair(computed), vb);
      const eb = f64x2.mul(db, i64x2.sub(inverse, f64x2.pmax(least, v128.and(vb, exponents))));
      const vvb = f64x2.mul(vb, vb);
      const ddb = f64x2.mul(db, db);
      const eeb = f64x2.mul(eb, eb);
      e1 = f64x2.add(e1, eb);
      e2 = f64x2.add(e2, eeb);
      dd = f64x2.add(dd, ddb);
      vv = f64x2.add(vv, vvb);
      dv = f64x2.add(dv, f64x2.mul(db, vb));
      worst = f64x2.pmax(worst, f64x2.pmax(eea, eeb));
      absolute = f64x2.pmax(absolute, f64x2.pmax(dda, ddb));
      largest = f64x2.pmax(largest, f64x2.pmax(vva, vvb));
      exceeds = v128.or(exceeds, f64x2.gt(ddb, f64x2.mul(vvb, bound)));
      const e = i64x2.shuffle(f32x4.demote_f64x2_zero(ea), f32x4.demote_f64x2_zero(eb), 0, 2);
      v128.store(errors + p, v128.and(e, magnitudes));
      p += 16;
      at += step;
    }
  }
  const n = <i32>(p >> 2);
  store<f64>(FOUND, pairSum(e1), FOUND_E);
  store<f64>(FOUND, pairSum(e2), FOUND_EE);
  store<f64>(FOUND, pairSum(dd), FOUND_DD);
  store<f64>(FOUND, pairSum(vv), FOUND_VV);
  store<f64>(FOUND, pairSum(dv), FOUND_DV);
  store<f64>(FOUND, sqrt(greatest(worst)), FOUND_WORST);
  store<f64>(FOUND, sqrt(greatest(absolute)), FOUND_ABSOLUTE);
  store<f64>(FOUND, sqrt(greatest(largest)), FOUND_LARGEST);
  const exceeding = v128.any_true(exceeds);
  if (isRare(state, exceeding)) {
    fill<R>(x, vectors, rows, step, values);
    if (isSpecial()) {
      measureEach(state, c, n, errors);
      return;
    }
  }
  take(state, c, n, exceeding);
}

// --- what a tile has, before it goes to a state ----------------------------------------------------------------

/** Where it stands, and offsets there: sums, and the greatest |e|, |d| and |v|. */
const FOUND: usize = UNIT_FOUND;
const FOUND_E: usize = 0;
const FOUND_EE: usize = 8;
const FOUND_DD: usize = 16;
const FOUND_VV: usize = 24;
const FOUND_DV: usize = 32;
const FOUND_WORST: usize = 40;
const FOUND_ABSOLUTE: usize = 48;
const FOUND_LARGEST: usize = 56;

/** Whether there are special pairs; beyond the largest binade, too, the unit is not that of the binade. */
function isSpecial(): bool {
  return !(load<f64>(FOUND, FOUND_DD) < Infinity && load<f64>(FOUND, FOUND_LARGEST) < 2 * load<f64>(UNIT_MOST));
}

/** Σc² of a tile: c = v + d. */
function powerFound(): f64 {
  return load<f64>(FOUND, FOUND_VV) + 2 * load<f64>(FOUND, FOUND_DV) + load<f64>(FOUND, FOUND_DD);
}

/** Whether d takes so much of v away that sums of c are not to be had from those of v and d. */
function cancels(): bool {
  return powerFound() < load<f64>(FOUND, FOUND_VV) / 256;
}

/** Whether the exact values of a tile are needed once more. */
function isRare(state: usize, exceeding: bool): bool {
  return exceeding || isSpecial() || cancels() || mayBeWorst(state, load<f64>(FOUND, FOUND_WORST));
}

/** Adds a tile of n ordinary pairs of c and, where they are needed, TILE_V. */
function take(state: usize, c: usize, n: i32, exceeding: bool): void {
  const size = load<f64>(FOUND, FOUND_WORST);
  add(state, ERRORS_ORDINARY, n);
  add(state, ERRORS_E, load<f64>(FOUND, FOUND_E));
  add(state, ERRORS_EE, load<f64>(FOUND, FOUND_EE));
  add(state, ERRORS_DD, load<f64>(FOUND, FOUND_DD));
  add(state, ERRORS_VV, load<f64>(FOUND, FOUND_VV));
  if (cancels()) {
    addProducts(state, c, n);
  } else {
    add(state, ERRORS_CV, load<f64>(FOUND, FOUND_VV) + load<f64>(FOUND, FOUND_DV));
    add(state, ERRORS_CC, powerFound());
  }
  raise(state, ERRORS_ABSOLUTE, load<f64>(FOUND, FOUND_ABSOLUTE));
  raise(state, ERRORS_LARGEST, load<f64>(FOUND, FOUND_LARGEST));
  if (exceeding) raiseRelative(state, c, n);
  if (mayBeWorst(state, size)) locate(state, c, n, size);
}

/** The sums of cv and c² where d takes most of v away. */
function addProducts(state: usize, c: usize, n: i32): void {
  let product = 0.0;
  let power = 0.0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const computed = <f64>load<f32>(c + (i << 2));
    product += computed * load<f64>(TILE_V + (i << 3));
    power += computed * computed;
  }
  add(state, ERRORS_CV, product);
  add(state, ERRORS_CC, power);
}

/** Adds the n pairs of c and TILE_V one by one: some are special, or squares of them are. */
export function measureEach(state: usize, c: usize, n: i32, errors: usize): void {
  let size = -1.0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const e = measureOne(state, <f64>load<f32>(c + (i << 2)), load<f64>(TILE_V + (i << 3)));
    store<f32>(errors + (i << 2), sizeOf(e));
    if (e == e) size = max(size, abs(e));
  }
  if (size >= 0 && mayBeWorst(state, size)) locate(state, c, n, size);
}

/** Adds pairs of numbers with themselves: a tile of n of them, float32, which ends in whole vectors of numbers. */
export function measureEqual(state: usize, c: usize, n: i32): void {
  let squares = f64x2.splat(0);
  for (let at: usize = 0; at < (<usize>n) << 2; at += 16) {
    const x = v128.load(c + at);
    const a = lowPair(x);
    const b = highPair(x);
    squares = f64x2.add(squares, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
  }
  const power = pairSum(squares);
  if (!(power < Infinity)) {
    for (let i: usize = 0; i < <usize>n; i++) {
      const x = <f64>load<f32>(c + (i << 2));
      measurePair(state, x, x, indexAt(<i32>i));
    }
    return;
  }
  add(state, ERRORS_ORDINARY, n);
  add(state, ERRORS_VV, power);
  add(state, ERRORS_CV, power);
  add(state, ERRORS_CC, power);
  if (mayBeWorst(state, 0)) noteWorst(state, 0, leastIndex());
}

/** Takes back pairs of zeros that fill up tiles. */
export function discountPairs(state: usize, n: i32): void {
  add(state, ERRORS_ORDINARY, -n);
}

function add(state: usize, field: usize, x: f64): void {
  store<f64>(state + field, load<f64>(state + field) + x);
}

function raise(state: usize, field: usize, x: f64): void {
  store<f64>(state + field, max(load<f64>(state + field), x));
}

function raiseRelative(state: usize, c: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const exact = load<f64>(TILE_V + (i << 3));
    if (exact != 0) raise(state, ERRORS_RELATIVE, abs((<f64>load<f32>(c + (i << 2)) - exact) / exact));
  }
}

/** Whether a tile with a pair of size |e| may have one that beats or comes before the worst. */
function mayBeWorst(state: usize, size: f64): bool {
  const before = abs(load<f64>(state, ERRORS_WORST));
  const index = load<f64>(state, ERRORS_INDEX);
  return index < 0 || size > before || (size == before && index > <f64>leastIndex());
}

/** Takes the worst pair of c and TILE_V, which is known to be of size |e|. */
function locate(state: usize, c: usize, n: i32, size: f64): void {
  for (let i = 0; i < n; i++) {
    const exact = load<f64>(TILE_V + ((<usize>i) << 3));
    const e = (<f64>load<f32>(c + ((<usize>i) << 2)) - exact) * inverseUlp(exact);
    if (abs(e) == size) noteWorst(state, e, indexAt(i));
  }
}

/** Takes a pair that is as bad as the worst, or worse, if it comes before or is worse; an index of -1 is no pair. */
function noteWorst(state: usize, e: f64, index: i32): void {
  const before = abs(load<f64>(state, ERRORS_WORST));
  const held = load<f64>(state, ERRORS_INDEX);
  if (index < 0 || (held >= 0 && (abs(e) < before || (abs(e) == before && held <= <f64>index)))) return;
  store<f64>(state, e, ERRORS_WORST);
  store<f64>(state, index, ERRORS_INDEX);
}

/** Adds a pair to everything but the worst error and its index. Returns e, NaN for a special pair. */
function measureOne(state: usize, c: f64, v: f64): f64 {
  const d = c - v;
  if (abs(v) < Infinity) raise(state, ERRORS_LARGEST, abs(v));
  if (!(abs(d) < Infinity)) {
    const agree = c == v || (c != c && v != v);
    if (!agree) add(state, ERRORS_MISMATCHED, 1);
    return NaN;
  }
  const e = d * inverseUlp(v);
  add(state, ERRORS_E, e);
  add(state, ERRORS_EE, e * e);
  add(state, ERRORS_VV, v * v);
  add(state, ERRORS_DD, d * d);
  add(state, ERRORS_CV, c * v);
  add(state, ERRORS_CC, c * c);
  add(state, ERRORS_ORDINARY, 1);
  raise(state, ERRORS_ABSOLUTE, abs(d));
  if (v != 0) raise(state, ERRORS_RELATIVE, abs(d / v));
  return e;
}

/** Adds one pair with its index. Returns |e| as float32, NaN for a special pair. */
export function measurePair(state: usize, c: f64, v: f64, index: i32): f32 {
  const e = measureOne(state, c, v);
  if (e == e) noteWorst(state, e, index);
  return sizeOf(e);
}

/** |e| as float32; of NaN one whose bits are positive. */
function sizeOf(e: f64): f32 {
  return e == e ? <f32>abs(e) : reinterpret<f32>(0x7fc00000);
}
