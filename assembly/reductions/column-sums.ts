// Native passes over a block of rows for many columns side by side. Accumulators stand in memory, one per column.
//
//              columns ->
//     row 0    x x x x | x x x x | ...      one vector of columns at a time, eight rows down:
//     row 1    x x x x | x x x x | ...      the tree of sums.ts, turned by 90 degrees
//       ...
//
// A row's last vector may reach past its columns; what it computes there lands in accumulators that nobody reads.

import { highPair, lowPair } from "../lanes/vectors";
import { PANEL_CENTRE, PANEL_FIRST, PANEL_MEAN, PANEL_REST, PANEL_SUM } from "../memory";
import { Centre, NumberTerm, Term } from "./sums";

/** Adds four float64 to those at `at`. */
export function accumulate(at: usize, low: v128, high: v128): void {
  v128.store(at, f64x2.add(v128.load(at, 0), low), 0);
  v128.store(at, f64x2.add(v128.load(at, 16), high), 16);
}

/** Adds up rows x width at p, `pitch` bytes from row to row, into PANEL_SUM. */
export function plainColumns(p: usize, pitch: usize, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2;
  for (; rows > 0; rows -= 8) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = PANEL_SUM + (j << 1);
      let low = v128.load(at, 0);
      let high = v128.load(at, 16);
      let x = p + j;
      for (let i = min(rows, 8); i > 0; i--) {
        low = f64x2.add(low, lowPair(v128.load64_zero(x, 0)));
        high = f64x2.add(high, lowPair(v128.load64_zero(x, 8)));
        x += pitch;
      }
      v128.store(at, low, 0);
      v128.store(at, high, 16);
    }
    p += pitch << 3;
  }
}

/** Adds up terms of the distances from PANEL_CENTRE and PANEL_REST into PANEL_SUM. */
export function termColumns<T extends Term, C extends Centre>(p: usize, pitch: usize, rows: i32, width: i32): void {
  const term = changetype<T>(0);
  const from = changetype<C>(0);
  const bytes = (<usize>width) << 2;
  for (; rows >= 8; rows -= 8) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const k = v128.load(PANEL_CENTRE + j);
      const m = v128.load(PANEL_REST + j);
      let x = p + j;
      const a = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const b = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const c = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const d = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const e = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const f = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const g = term.of(from.distance(v128.load(x), k, m));
      x += pitch;
      const h = term.of(from.distance(v128.load(x), k, m));
      const left = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
      const sum = f32x4.add(left, f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
      accumulate(PANEL_SUM + (j << 1), lowPair(sum), highPair(sum));
    }
    p += pitch << 3;
  }
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const k = v128.load(PANEL_CENTRE + j);
      const m = v128.load(PANEL_REST + j);
      const t = term.of(from.distance(v128.load(p + j), k, m));
      accumulate(PANEL_SUM + (j << 1), lowPair(t), highPair(t));
    }
    p += pitch;
  }
}

/** Sum of the terms of one column in float64, for data whose terms leave float32. */
export function termColumnWide<T extends Term>(p: usize, pitch: usize, rows: i32, mean: f64): f64 {
  const term = changetype<T>(0);
  let sum = 0.0;
  for (; rows > 0; rows--) {
    sum += f64x2.extract_lane(term.pair(f64x2.splat(<f64>load<f32>(p) - mean)), 0);
    p += pitch;
  }
  return sum;
}

/** Adds up terms of (x - mean) * PANEL_FIRST into PANEL_SUM. */
export function numberColumns<T extends NumberTerm>(p: usize, pitch: usize, rows: i32, width: i32): void {
  const term = changetype<T>(0);
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < <usize>width; j++) {
      const d = <f64>load<f32>(p + (j << 2)) - load<f64>(PANEL_MEAN + (j << 3));
      const at = PANEL_SUM + (j << 3);
      store<f64>(at, load<f64>(at) + term.number(d * <f64>load<f32>(PANEL_FIRST + (j << 2))));
    }
    p += pitch;
  }
}
