// Error statistics over pairs of a computed number c and an exact one v: src/diagnosis.ts says what they mean.
//
//   d = c - v                        exact to float64
//   e = d / ulp(v)                   a power of two to divide by, so the exponent of v is all that it takes:
//
//       v          s eeeeeeeeeee mmmm...      2^E <= |v| < 2^(E + 1)
//       2^E          eeeeeeeeeee 0000...      clamped to the exponents of the format
//       1 / ulp      2 * 1023 + p - 1 - e     = 2^(p - 1 - E)
//
// A tile of pairs is first taken for ordinary numbers. Infinities and NaN make the sum of d² infinite or NaN; then the
// tile is taken again, pair by pair. What is rare (a new greatest error and where it is, a new greatest relative error,
// which takes a division) is only looked for in tiles that have it.

import {
  ERRORS_ABSOLUTE,
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
  UNIT_INVERSE,
  UNIT_LEAST,
  UNIT_MOST,
} from "../src/report";
import { indexAt, leastIndex } from "./places";
import { powerOfTwo } from "./power";
import { LEAST64, MOST64, precisionOf } from "./rounding";
import { clearVectors, highPair, lowPair, pairSum } from "./vectors";

const EXPONENTS64: i64 = 0x7ff0000000000000;

/** The unit of the errors to come: the spacing of a format. */
export function setUnit(precision: i32, emin: i32, emax: i32): void {
  v128.store(UNIT_LEAST, f64x2.splat(powerOfTwo(emin)));
  v128.store(UNIT_MOST, f64x2.splat(powerOfTwo(emax)));
  v128.store(UNIT_INVERSE, i64x2.splat((<i64>(2 * 1023 + precision - 1)) << 52));
}

export function startErrors(state: usize): void {
  clearVectors(state, 128);
  store<f64>(state, -1, ERRORS_INDEX);
}

/** The unit is the spacing of the format whose constants stand at `format` (rounding.ts). */
export function setUnitOf(format: usize): void {
  v128.store(UNIT_LEAST, v128.load(format, LEAST64));
  v128.store(UNIT_MOST, v128.load(format, MOST64));
  v128.store(UNIT_INVERSE, i64x2.splat((<i64>(2 * 1023 + precisionOf(format) - 1)) << 52));
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
 * Adds n pairs of a tile: c in float32, v in float64. What stands behind them in their last vectors is zeroed. |e| goes to
 * `errors` as float32, NaN for special pairs.
 */
export function measure(state: usize, c: usize, v: usize, n: i32, errors: usize): void {
  for (let i = n; i & 3; i++) {
    store<f32>(c + ((<usize>i) << 2), 0);
    store<f64>(v + ((<usize>i) << 3), 0);
  }
  const sign = i64x2.splat(i64.MAX_VALUE);
  const exponents = i64x2.splat(EXPONENTS64);
  const least = v128.load(UNIT_LEAST);
  const most = v128.load(UNIT_MOST);
  const inverse = v128.load(UNIT_INVERSE);
  const relative = f64x2.splat(load<f64>(state, ERRORS_RELATIVE));
  const zero = f64x2.splat(0);
  let e1 = zero;
  let e2 = zero;
  let dd = zero;
  let vv = zero;
  let cv = zero;
  let cc = zero;
  let worst = zero;
  let absolute = zero;
  let largest = zero;
  let exceeds = zero;
  let at: usize = 0;
  for (const end = (<usize>n) << 2; at < end; at += 16) {
    const computed = v128.load(c + at);
    const va = v128.load(v + (at << 1), 0);
    const vb = v128.load(v + (at << 1), 16);
    const ca = lowPair(computed);
    const cb = highPair(computed);
    const da = f64x2.sub(ca, va);
    const db = f64x2.sub(cb, vb);
    const ba = f64x2.pmax(least, f64x2.pmin(most, v128.and(va, exponents)));
    const bb = f64x2.pmax(least, f64x2.pmin(most, v128.and(vb, exponents)));
    const ea = f64x2.mul(da, i64x2.sub(inverse, ba));
    const eb = f64x2.mul(db, i64x2.sub(inverse, bb));
    e1 = f64x2.add(e1, f64x2.add(ea, eb));
    e2 = f64x2.add(e2, f64x2.add(f64x2.mul(ea, ea), f64x2.mul(eb, eb)));
    dd = f64x2.add(dd, f64x2.add(f64x2.mul(da, da), f64x2.mul(db, db)));
    vv = f64x2.add(vv, f64x2.add(f64x2.mul(va, va), f64x2.mul(vb, vb)));
    cv = f64x2.add(cv, f64x2.add(f64x2.mul(ca, va), f64x2.mul(cb, vb)));
    cc = f64x2.add(cc, f64x2.add(f64x2.mul(ca, ca), f64x2.mul(cb, cb)));
    const sa = v128.and(ea, sign);
    const sb = v128.and(eb, sign);
    worst = f64x2.pmax(worst, f64x2.pmax(sa, sb));
    const ta = v128.and(da, sign);
    const tb = v128.and(db, sign);
    absolute = f64x2.pmax(absolute, f64x2.pmax(ta, tb));
    const ua = v128.and(va, sign);
    const ub = v128.and(vb, sign);
    largest = f64x2.pmax(largest, f64x2.pmax(ua, ub));
    const xa = f64x2.gt(ta, f64x2.mul(ua, relative));
    const xb = f64x2.gt(tb, f64x2.mul(ub, relative));
    exceeds = v128.or(exceeds, v128.or(xa, xb));
    v128.store(errors + at, i64x2.shuffle(f32x4.demote_f64x2_zero(sa), f32x4.demote_f64x2_zero(sb), 0, 2));
  }
  let ordinary = n;
  let size = greatest(worst);
  if (pairSum(dd) < Infinity) {
    add(state, ERRORS_E, pairSum(e1));
    add(state, ERRORS_EE, pairSum(e2));
    add(state, ERRORS_VV, pairSum(vv));
    add(state, ERRORS_DD, pairSum(dd));
    add(state, ERRORS_CV, pairSum(cv));
    add(state, ERRORS_CC, pairSum(cc));
    add(state, ERRORS_ORDINARY, n);
    raise(state, ERRORS_ABSOLUTE, greatest(absolute));
    raise(state, ERRORS_LARGEST, greatest(largest));
    if (v128.any_true(exceeds)) raiseRelative(state, c, v, n);
  } else {
    size = -1;
    ordinary = 0;
    for (let i: usize = 0; i < <usize>n; i++) {
      const e = measureOne(state, <f64>load<f32>(c + (i << 2)), load<f64>(v + (i << 3)));
      store<f32>(errors + (i << 2), sizeOf(e));
      if (e == e) {
        size = max(size, abs(e));
        ordinary++;
      }
    }
  }
  if (ordinary) locate(state, c, v, n, size);
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

function raiseRelative(state: usize, c: usize, v: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const exact = load<f64>(v + (i << 3));
    if (exact != 0) raise(state, ERRORS_RELATIVE, abs((<f64>load<f32>(c + (i << 2)) - exact) / exact));
  }
}

/** Takes the worst pair of a tile, which is known to be of size |e|, if it beats or comes before the one of the state. */
function locate(state: usize, c: usize, v: usize, n: i32, size: f64): void {
  const before = abs(load<f64>(state, ERRORS_WORST));
  const index = load<f64>(state, ERRORS_INDEX);
  if (index >= 0 && (size < before || (size == before && index <= <f64>leastIndex()))) return;
  for (let i = 0; i < n; i++) {
    const exact = load<f64>(v + ((<usize>i) << 3));
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
