// Exact sums of float32: in float64 while it holds them, which is always for float16, else in a fixed-point number wide enough
// for every exponent.
//
//   value 2^-149                                                                  2^187
//   | limb 0 (24 bits) | limb 1 | limb 2 | ... | limb 12 | limb 13 (carries) | special | held |
//
// A limb of weight 2^(24 i - 149) stands in a signed 64-bit word, so that 2^31 numbers go in before carries have to be
// passed on. Infinities and NaN are added up apart, as IEEE 754 would. The sum is what is held and what is in the limbs.

import { scaleByPower } from "../lanes/power";
import { clearVectors, greatestLane, highPair, leastLane, lowPair, magnitude } from "../lanes/vectors";
import { EXACT_BYTES } from "../memory";

const LIMBS: i32 = 14;
const BITS: i32 = 24;
const MASK: i64 = 0xffffff;
const SPECIAL: usize = 112;
const HELD: usize = 120;

/** Rows that are added at a time, at the most. */
export const EXACT_ROWS: i32 = 32;

/** Whether there is anything in the limbs of any sum that was started last. */
let spilled: bool = false;

export function startExact(state: usize): void {
  clearVectors(state, EXACT_BYTES);
  spilled = false;
}

/**
 * Adds four columns of numbers of a format, rows `pitch` bytes apart, to sums that are `stride` bytes apart, 0 for one.
 * `smallest`: the exponent of its smallest normal number, as float32 has it.
 *
 * In float64 lanes, where nothing is lost: with greatest and least magnitudes in [2^m, 2^(m+1)) and [2^k, 2^(k+1)), or k that of
 * the smallest normal number, all are multiples of 2^(k-p+1), and 2^5 of them are less than 2^(m+6), 2^53 times as much at most.
 */
export function addExact(
  state: usize,
  stride: usize,
  x: usize,
  pitch: usize,
  rows: i32,
  precision: i32,
  smallest: i32,
): void {
  if (!ASC_NO_ASSERT) assert(rows <= EXACT_ROWS);
  const end = x + pitch * rows;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let greatest = i32x4.splat(0);
  let least = i32x4.splat(-1);
  for (let at = x; at < end; at += pitch) {
    const v = v128.load(at);
    const m = magnitude(v);
    greatest = i32x4.max_s(greatest, m);
    // zeros, which are no matter, become the greatest
    least = i32x4.min_u(least, i32x4.sub(m, i32x4.splat(1)));
    low = f64x2.add(low, lowPair(v));
    high = f64x2.add(high, highPair(v));
  }
  const most = greatestLane(i32x4.shr_u(greatest, 23));
  const bottom = max(leastLane(i32x4.shr_u(least, 23)), smallest);
  // what is subnormal in float32 has no exponent; four sums of what is below 2^73 are float32 whatever their length
  if (bottom > 0 && most < 200 && most - bottom + precision <= 48) {
    hold(state, f64x2.extract_lane(low, 0));
    hold(state + stride, f64x2.extract_lane(low, 1));
    hold(state + 2 * stride, f64x2.extract_lane(high, 0));
    hold(state + 3 * stride, f64x2.extract_lane(high, 1));
    return;
  }
  for (; x < end; x += pitch) {
    for (let j: usize = 0; j < 4; j++) hold(state + stride * j, load<f32>(x + (j << 2)));
  }
}

/** Adds a number to what is held: below 2^127, or a float32. */
export function hold(state: usize, x: f64): void {
  const held = load<f64>(state, HELD);
  let sum = held + x;
  if (sum - held != x || sum - x != held || !(abs(sum) < 1.7e38)) {
    spill(state);
    sum = x;
  }
  store<f64>(state, sum, HELD);
}

/** Adds what is held to the limbs, in parts that are float32. */
function spill(state: usize): void {
  spilled = true;
  let rest = load<f64>(state, HELD);
  do {
    const part = <f32>rest;
    addNumber(state, part);
    rest -= part;
  } while (abs(rest) > 0);
}

function addNumber(state: usize, x: f32): void {
  const bits = reinterpret<i32>(x);
  const field = (bits >> 23) & 255;
  if (field == 255) {
    store<f64>(state, load<f64>(state, SPECIAL) + <f64>x, SPECIAL);
    return;
  }
  // the weight of the last bit is 2^(exponent - 149); subnormals share the exponent of the smallest normal numbers
  const exponent = max(field, 1) - 1;
  const mantissa = (bits & 0x007fffff) | (field > 0 ? 0x00800000 : 0);
  const limb = exponent / BITS;
  const shifted = (<i64>mantissa) << (exponent - limb * BITS);
  const sign = <i64>(bits >> 31);
  const at = state + ((<usize>limb) << 3);
  store<i64>(at, load<i64>(at, 0) + (((shifted & MASK) ^ sign) - sign), 0);
  store<i64>(at, load<i64>(at, 8) + (((shifted >> BITS) ^ sign) - sign), 8);
}

/** Passes the carries on, with every limb times `sign`; all but the last are in [0, 2^24) after it. Returns the last. */
function carry(state: usize, sign: i64): i64 {
  let c: i64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    const at = state + ((<usize>i) << 3);
    const limb = load<i64>(at) * sign + c;
    c = limb >> BITS;
    store<i64>(at, i < LIMBS - 1 ? limb & MASK : limb);
  }
  return load<i64>(state, 8 * (LIMBS - 1));
}

function limbAt(state: usize, i: i32): i64 {
  return i < 0 ? 0 : load<i64>(state + ((<usize>i) << 3));
}

/**
 * The sum in float64, exact or rounded to odd in 49 bits or more: from there another rounding is that of the exact sum.
 */
export function finishExact(state: usize): f64 {
  if (!spilled) return load<f64>(state, HELD);
  spill(state);
  const special = load<f64>(state, SPECIAL);
  if (special != 0) return special;
  const negative = carry(state, 1) < 0;
  if (negative) carry(state, -1);
  let top = LIMBS - 1;
  while (top > 0 && limbAt(state, top) == 0) top--;
  // three limbs, less the bits that float64 has no room for; the last bit tells whether anything was left out
  const high = (limbAt(state, top) << BITS) | limbAt(state, top - 1);
  const low = limbAt(state, top - 2);
  const drop = max(0, 64 - 29 - <i32>clz(high));
  let rest = low & (((<i64>1) << drop) - 1);
  for (let i = top - 3; i >= 0; i--) rest |= limbAt(state, i);
  const mantissa = (high << (BITS - drop)) | (low >> drop) | (rest != 0 ? 1 : 0);
  const sum = scaleByPower(<f64>mantissa, BITS * (top - 2) + drop - 149);
  return negative ? -sum : sum;
}
