// Exact sums of float32: a fixed-point number wide enough for every exponent.
//
//   value 2^-149                                                                  2^187
//   | limb 0 (24 bits) | limb 1 | limb 2 | ... | limb 12 | limb 13 (carries) | special |
//
// A limb of weight 2^(24 i - 149) stands in a signed 64-bit word, so that 2^31 numbers go in before carries have to be
// passed on. Infinities and NaN are added up apart, as IEEE 754 would.

import { scaleByPower } from "../lanes/power";
import { EXACT_BYTES } from "../memory";

const LIMBS: i32 = 14;
const BITS: i32 = 24;
const MASK: i64 = 0xffffff;
const SPECIAL: usize = 112;

export function startExact(state: usize): void {
  memory.fill(state, 0, EXACT_BYTES);
}

export function addExact(state: usize, x: f32): void {
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

/** The sum in float64 rounded to odd, in 49 bits or more: from there another rounding is that of the exact sum. */
export function finishExact(state: usize): f64 {
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
