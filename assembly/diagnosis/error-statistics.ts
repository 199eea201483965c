// Error statistics over pairs of a computed number c and an exact one v: src/diagnosis/result.ts says what they mean.
//
//   d = c - v                        exact to float64
//   e = d / ulp(v)                   a power of two to divide by, so the exponent of v is all that it takes:
//
//       v          s eeeeeeeeeee mmmm...      2^E <= |v| < 2^(E + 1)
//       2^E          eeeeeeeeeee 0000...      clamped to the exponents of the format
//       1 / ulp      2 * 1023 + p - 1 - e     = 2^(p - 1 - E)
//
// Here is the state, and what single pairs add to it; ordinary ones are added tile by tile (tile-errors.ts).

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
import { powerOfTwo } from "../lanes/power";
import { clearVectors, highPair, lowPair, pairSum } from "../lanes/vectors";
import { TILE_V, UNIT_EXPONENTS, UNIT_INVERSE, UNIT_LEAST, UNIT_MOST } from "../memory";
import { greatestMagnitude } from "../reductions/extremes";
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

/** Adds the n pairs of c and TILE_V one by one: some are special, or squares of them are. */
export function measureEach(state: usize, c: usize, n: i32, errors: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const e = measureOne(state, <f64>load<f32>(c + (i << 2)), load<f64>(TILE_V + (i << 3)));
    store<f32>(errors + (i << 2), sizeOf(e));
    noteAt(state, e, <i32>i);
  }
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

export function add(state: usize, field: usize, x: f64): void {
  store<f64>(state + field, load<f64>(state + field) + x);
}

export function raise(state: usize, field: usize, x: f64): void {
  store<f64>(state + field, max(load<f64>(state + field), x));
}

/** Whether a tile with a pair of size |e| may have one that beats or comes before the worst. */
export function mayBeWorst(state: usize, size: f64): bool {
  const before = abs(load<f64>(state, ERRORS_WORST));
  const index = load<f64>(state, ERRORS_INDEX);
  return index < 0 || size > before || (size == before && index > <f64>leastIndex());
}

/** Takes the worst of n pairs of c and the exact values, if there is none that is worse: one of the greatest |e| in float32. */
export function locate(state: usize, c: usize, values: usize, errors: usize, n: i32): void {
  const most = i32x4.splat(greatestMagnitude(errors, n));
  for (let i = 0; i < n; i += 4) {
    const found = i32x4.bitmask(i32x4.eq(v128.load(errors + ((<usize>i) << 2)), most));
    for (let bits = found; bits; bits &= bits - 1) {
      const at = i + ctz(bits);
      const exact = load<f64>(values + ((<usize>at) << 3));
      noteAt(state, (<f64>load<f32>(c + ((<usize>at) << 2)) - exact) * inverseUlp(exact), at);
    }
  }
}

/** Takes pair i of a tile; NaN is the error of none. */
function noteAt(state: usize, e: f64, i: i32): void {
  if (abs(e) >= abs(load<f64>(state, ERRORS_WORST))) noteWorst(state, e, indexAt(i));
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
