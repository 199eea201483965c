// The greatest magnitude, the greatest and the least element of contiguous float32.
//
// Magnitudes compare as integers, and integers keep a NaN (it is beyond infinity) where the float maximum of the
// machine needs several instructions to.

import { ABS } from "../lanes/constants";
import { firstLanes, greatestLane, leastLane } from "../lanes/vectors";
import { PANEL_HIGH, PANEL_LOW } from "../memory";

/** Bits of the greatest |x| of n float32 at p, 0 for none; a NaN shows as more than 0x7f800000. */
export function greatestMagnitude(p: usize, n: i32): i32 {
  const abs = v128.load(ABS);
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  for (; n >= 32; n -= 32) {
    const c = i32x4.max_s(v128.and(v128.load(p, 0), abs), v128.and(v128.load(p, 16), abs));
    const d = i32x4.max_s(v128.and(v128.load(p, 32), abs), v128.and(v128.load(p, 48), abs));
    const e = i32x4.max_s(v128.and(v128.load(p, 64), abs), v128.and(v128.load(p, 80), abs));
    const f = i32x4.max_s(v128.and(v128.load(p, 96), abs), v128.and(v128.load(p, 112), abs));
    a = i32x4.max_s(a, i32x4.max_s(c, d));
    b = i32x4.max_s(b, i32x4.max_s(e, f));
    p += 128;
  }
  for (; n > 0; n -= 4) {
    let x = v128.and(v128.load(p), abs);
    if (n < 4) x = v128.and(x, firstLanes(n));
    a = i32x4.max_s(a, x);
    p += 16;
  }
  return greatestLane(i32x4.max_s(a, b));
}

/**
 * float32 bits as signed integers in the order of their values: the magnitude bits of negative numbers are inverted, as on the
 * way back (lanes/vectors.ts). NaN of either sign lies beyond the infinities, so the extremes of a vector show it.
 *
 *     -NaN < -inf < -1 < -0 < +0 < 1 < inf < NaN
 */
class Ordered {
  /** In line wherever it is called; `abs`: ABS. */
  @inline
  static by(x: v128, abs: v128): v128 {
    return v128.xor(x, v128.and(i32x4.shr_s(x, 31), abs));
  }
}

/** `ordered` integers of the greatest and the least of n float32 at p, merged into what stands at `high` and `low`. */
export function extremes(p: usize, n: i32, high: usize, low: usize): void {
  const abs = v128.load(ABS);
  let most = i32x4.splat(load<i32>(high));
  let least = i32x4.splat(load<i32>(low));
  for (; n >= 16; n -= 16) {
    const a = Ordered.by(v128.load(p, 0), abs);
    const b = Ordered.by(v128.load(p, 16), abs);
    const c = Ordered.by(v128.load(p, 32), abs);
    const d = Ordered.by(v128.load(p, 48), abs);
    most = i32x4.max_s(most, i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
    least = i32x4.min_s(least, i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d)));
    p += 64;
  }
  for (; n > 0; n -= 4) {
    const x = Ordered.by(v128.load(p), abs);
    const valid = n < 4 ? firstLanes(n) : i32x4.splat(-1);
    most = i32x4.max_s(most, v128.bitselect(x, most, valid));
    least = i32x4.min_s(least, v128.bitselect(x, least, valid));
    p += 16;
  }
  store<i32>(high, greatestLane(most));
  store<i32>(low, leastLane(least));
}

/** What `extremes` starts from. */
export const NO_HIGH: i32 = i32.MIN_VALUE;
export const NO_LOW: i32 = i32.MAX_VALUE;

/** Greatest and least of each column as `ordered` integers into PANEL_HIGH and PANEL_LOW. */
export function extremeColumns(p: usize, pitch: usize, rows: i32, width: i32): void {
  const abs = v128.load(ABS);
  const bytes = (<usize>width) << 2;
  for (; rows > 0; ) {
    const n = min(rows, 8);
    for (let j: usize = 0; j < bytes; j += 16) {
      let high = v128.load(PANEL_HIGH + j);
      let low = v128.load(PANEL_LOW + j);
      let x = p + j;
      for (let i = 0; i < n; i++) {
        const value = Ordered.by(v128.load(x), abs);
        high = i32x4.max_s(high, value);
        low = i32x4.min_s(low, value);
        x += pitch;
      }
      v128.store(PANEL_HIGH + j, high);
      v128.store(PANEL_LOW + j, low);
    }
    p += pitch * n;
    rows -= n;
  }
}
