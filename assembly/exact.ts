// Exact sums of float32: a fixed-point number wide enough for every exponent.
//
//   bit of value 2^-149                                                              2^170
//   | limb 0 (32 bits) | limb 1 | limb 2 | ... | limb 8 |  limb 9 (carries)  | special |
//
// A limb of weight 2^(32 i - 149) stands in a signed 64-bit word, so that 2^31 numbers go in before carries have to be
// passed on. Infinities and NaN are added up apart, as IEEE 754 would.

const LIMBS: i32 = 10;
const SPECIAL: usize = 112;
export const EXACT_BYTES: usize = 128;

export function startExact(state: usize): void {
  memory.fill(state, 0, EXACT_BYTES);
}

export function addExact(state: usize, x: f32): void {
  const bits = reinterpret<i32>(x);
  let exponent = (bits >> 23) & 255;
  if (exponent == 255) {
    store<f64>(state, load<f64>(state, SPECIAL) + <f64>x, SPECIAL);
    return;
  }
  let mantissa = bits & 0x007fffff;
  if (exponent > 0) {
    mantissa |= 0x00800000;
    exponent--;
  }
  // 24 bits, shifted by the place in the limb: at most 56, so two limbs
  const shifted = <i64>mantissa << (exponent & 31);
  const sign = <i64>(bits >> 31);
  const low = ((shifted & 0xffffffff) ^ sign) - sign;
  const high = ((shifted >> 32) ^ sign) - sign;
  const at = state + (<usize>(exponent >> 5) << 3);
  store<i64>(at, load<i64>(at, 0) + low, 0);
  store<i64>(at, load<i64>(at, 8) + high, 8);
}

/** Passes the carries on; every limb but the last is in [0, 2^32) after it. */
function carry(state: usize): void {
  let c: i64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    const at = state + (<usize>i << 3);
    const limb = load<i64>(at) + c;
    c = limb >> 32;
    store<i64>(at, i < LIMBS - 1 ? limb & 0xffffffff : limb);
  }
}

/** The sum in float64 rounded to odd, from where one more rounding to any precision up to 51 is exact. */
export function finishExact(state: usize): f64 {
  const special = load<f64>(state, SPECIAL);
  if (special != 0) return special;
  carry(state);
  const negative = load<i64>(state, 8 * (LIMBS - 1)) < 0;
  if (negative) {
    for (let i = 0; i < LIMBS; i++) {
      const at = state + (<usize>i << 3);
      store<i64>(at, -load<i64>(at));
    }
    carry(state);
  }
  let top = LIMBS - 1;
  while (top > 0 && load<i64>(state + (<usize>top << 3)) == 0) top--;
  // the 64 bits from the leading one on, and whether anything is below them
  const first = load<i64>(state + (<usize>top << 3));
  if (first == 0) return 0;
  const second = top > 0 ? load<i64>(state + (<usize>(top - 1) << 3)) : 0;
  const third = top > 1 ? load<i64>(state + (<usize>(top - 2) << 3)) : 0;
  const space = <i32>clz(first) - 32;
  // the carries of 2^31 numbers keep the top limb below 2^32 wherever the sum is finite in float64
  let value = (first << (32 + space)) | (second << space) | (third >> (32 - space));
  let rest = third & ((<i64>1 << (32 - space)) - 1);
  for (let i = top - 3; i >= 0; i--) rest |= load<i64>(state + (<usize>i << 3));
  let mantissa = (value >> 11) & 0x001fffffffffffff;
  if (rest != 0 || (value & 0x7ff) != 0) mantissa |= 1;
  // value has weight 2^(32 (top - 1) - 149 - space) at its last bit
  let exponent = 32 * (top - 1) - 149 - space + 11;
  let result = <f64>mantissa;
  while (exponent > 0) {
    const step = min(exponent, 512);
    result *= reinterpret<f64>(<i64>(step + 1023) << 52);
    exponent -= step;
  }
  while (exponent < 0) {
    const step = min(-exponent, 512);
    result *= reinterpret<f64>(<i64>(1023 - step) << 52);
    exponent += step;
  }
  return negative ? -result : result;
}
