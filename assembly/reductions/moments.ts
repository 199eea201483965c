// Moments in one pass: sums of x, and of squares of distances from a centre that is near the mean, if not the mean.
//
// The sum is in float64, as in sums.ts. Squares stay in float32 for 128 elements, or as many rows of columns as are taken at
// a time, before they go into float64: to bring numbers there is what takes most of the time.

import { addTo, at32, at64 } from "../lanes/lists";
import { firstLanes, highPair, lowPair, pairSum } from "../lanes/vectors";
import { PANEL_CENTRE, PANEL_PLAIN, PANEL_SUM } from "../memory";
import { accumulate } from "./column-sums";
import { Centre } from "./sums";

/** The square of a distance. */
function square<C extends Centre>(x: v128, centre: v128): v128 {
  const d = changetype<C>(0).distance(x, centre, centre);
  return f32x4.mul(d, d);
}

/**
 * Adds sums of rows x n float32 at p, `pitch` bytes from row to row, to number j of PANEL_PLAIN, those of squares about number j
 * of PANEL_CENTRE to that of PANEL_SUM.
 */
export function sumMoments<C extends Centre>(p: usize, pitch: usize, rows: i32, n: i32, j: i32): void {
  const k = f32x4.splat(load<f32>(at32(PANEL_CENTRE, j)));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; rows > 0; rows--) {
    let x = p;
    let left = n;
    while (left >= 8) {
      let squares = f32x4.splat(0);
      const whole = min(left, 128) & ~7;
      for (const end = x + ((<usize>whole) << 2); x < end; x += 32) {
        a = f64x2.add(a, lowPair(v128.load64_zero(x, 0)));
        b = f64x2.add(b, lowPair(v128.load64_zero(x, 8)));
        c = f64x2.add(c, lowPair(v128.load64_zero(x, 16)));
        d = f64x2.add(d, lowPair(v128.load64_zero(x, 24)));
        squares = f32x4.add(squares, f32x4.add(square<C>(v128.load(x, 0), k), square<C>(v128.load(x, 16), k)));
      }
      low = f64x2.add(low, lowPair(squares));
      high = f64x2.add(high, highPair(squares));
      left -= whole;
    }
    for (; left > 0; left -= 4) {
      const lanes = firstLanes(left);
      const v = v128.and(v128.load(x), lanes);
      const squares = v128.and(square<C>(v, k), lanes);
      a = f64x2.add(a, lowPair(v));
      b = f64x2.add(b, highPair(v));
      low = f64x2.add(low, lowPair(squares));
      high = f64x2.add(high, highPair(squares));
      x += 16;
    }
    p += pitch;
  }
  const sum = pairSum(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  addTo(at64(PANEL_PLAIN, j), sum);
  addTo(at64(PANEL_SUM, j), pairSum(f64x2.add(low, high)));
}

/** Rows that are taken at a time, where they are short: more would leave the order of memory. */
const SHORT: usize = 1024;

/** The same of rows x width at p, `pitch` bytes from row to row, about PANEL_CENTRE. */
export function momentColumns<C extends Centre>(p: usize, pitch: usize, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2;
  const most = pitch <= SHORT ? 16 : 8;
  for (; rows > 0; rows -= most) {
    const taken = min(rows, most);
    let j: usize = 0;
    for (; j + 16 < bytes; j += 32) momentsOfEight<C>(p + j, pitch, taken, j);
    if (j < bytes) momentsOfFour<C>(p + j, pitch, taken, j);
    p += pitch * most;
  }
}

/** Of four columns, `j` bytes into PANEL_CENTRE. */
function momentsOfFour<C extends Centre>(x: usize, pitch: usize, rows: i32, j: usize): void {
  const k = v128.load(PANEL_CENTRE + j);
  const at = PANEL_PLAIN + (j << 1);
  let low = v128.load(at, 0);
  let high = v128.load(at, 16);
  let squares = f32x4.splat(0);
  for (; rows > 0; rows--) {
    squares = f32x4.add(squares, square<C>(v128.load(x), k));
    low = f64x2.add(low, lowPair(v128.load64_zero(x, 0)));
    high = f64x2.add(high, lowPair(v128.load64_zero(x, 8)));
    x += pitch;
  }
  v128.store(at, low, 0);
  v128.store(at, high, 16);
  accumulate(PANEL_SUM + (j << 1), lowPair(squares), highPair(squares));
}

/** Of eight, or up to eight: each sum waits for the one before, and so more of them take no more time. */
function momentsOfEight<C extends Centre>(x: usize, pitch: usize, rows: i32, j: usize): void {
  const k0 = v128.load(PANEL_CENTRE + j, 0);
  const k1 = v128.load(PANEL_CENTRE + j, 16);
  const at = PANEL_PLAIN + (j << 1);
  let a = v128.load(at, 0);
  let b = v128.load(at, 16);
  let c = v128.load(at, 32);
  let d = v128.load(at, 48);
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  for (; rows > 0; rows--) {
    first = f32x4.add(first, square<C>(v128.load(x, 0), k0));
    second = f32x4.add(second, square<C>(v128.load(x, 16), k1));
    a = f64x2.add(a, lowPair(v128.load64_zero(x, 0)));
    b = f64x2.add(b, lowPair(v128.load64_zero(x, 8)));
    c = f64x2.add(c, lowPair(v128.load64_zero(x, 16)));
    d = f64x2.add(d, lowPair(v128.load64_zero(x, 24)));
    x += pitch;
  }
  v128.store(at, a, 0);
  v128.store(at, b, 16);
  v128.store(at, c, 32);
  v128.store(at, d, 48);
  accumulate(PANEL_SUM + (j << 1), lowPair(first), highPair(first));
  accumulate(PANEL_SUM + (j << 1) + 32, lowPair(second), highPair(second));
}
