// Native gradients in float64, one element at a time: for Lp norms, and for groups whose factors leave float32 or get
// near to it. Rows are columns here: `rows` of n elements, one column wide.

import { addTo, at32, at64 } from "../lanes/lists";
import { GRADIENT_DOT, GRADIENT_FACTOR, GRADIENT_SHAPE, GRADIENT_SLOPE, GRADIENT_SUM, PANEL_MEAN } from "../memory";
import { Norm, Slope } from "../norms/norm";
import { withNorm } from "../norms/with-norm";

/**
 * Whether the sums of group j are taken in float64: of shaped slopes, and where factors are far from 1. A group of NaN or
 * infinities is lost either way.
 */
export function isWide(slope: Slope, j: i32): bool {
  if (slope == Slope.Shaped) return true;
  const factor = abs(load<f64>(at64(GRADIENT_FACTOR, j)));
  return (factor > 1e15 && factor < Infinity) || (factor < 1e-15 && factor > 0);
}

/** Whether its output is computed in float64: the same, and where the slope leaves float32. */
export function isWideOutput(slope: Slope, j: i32): bool {
  if (isWide(slope, j)) return true;
  if (slope != Slope.Proportional) return false;
  const size = abs(load<f32>(at32(GRADIENT_SLOPE, j)));
  return size > 1e37 || (size < 1e-36 && load<f64>(at64(GRADIENT_DOT, j)) != 0);
}

/** The size of the shape at |y|. */
class SizeOf {
  @inline
  takes<N extends Norm>(): bool {
    return changetype<N>(0).slope() == Slope.Shaped;
  }
  @inline
  of<N extends Norm>(size: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): f64 {
    return changetype<N>(0).shape(size);
  }
}

/** What w_i is proportional to, where that is neither y_i nor 0 but for the selected elements. */
function shapeOf(slope: Slope, d: f64, y: f64): f64 {
  if (!(d != 0)) return 0;
  let size = 1.0;
  if (slope == Slope.Shaped) {
    size = abs(y);
    // infinities stay
    if (size < Infinity) size = withNorm<SizeOf, f64>(size);
  }
  return d < 0 ? -size : size;
}

/**
 * Adds up g, g y and the shape of `wide` columns from number `column` on.
 *
 * @param weight Address of the weight of the first row, `step` bytes from row to row; 0 for none.
 */
export function wideSums(
  slope: Slope,
  x: usize,
  dy: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
  weight: usize,
  step: usize,
): void {
  const shaped = slope == Slope.Sign || slope == Slope.Shaped;
  for (; rows > 0; rows--) {
    const w = weight ? <f64>load<f32>(weight) : 1;
    for (let j: usize = 0; j < <usize>wide; j++) {
      const at = (<usize>column + j) << 3;
      const d = <f64>load<f32>(x + (j << 2)) - load<f64>(PANEL_MEAN + at);
      const y = d * load<f64>(GRADIENT_FACTOR + at);
      const g = <f64>load<f32>(dy + (j << 2)) * w;
      addTo(GRADIENT_SUM + at, g);
      addTo(GRADIENT_DOT + at, g * y);
      if (shaped) addTo(GRADIENT_SHAPE + at, shapeOf(slope, d, y));
    }
    x += pitch;
    dy += pitch;
    weight += step;
  }
}

/**
 * The output of the same columns. In place allowed.
 *
 * @param weight Address of the weights of the first row, one per column, `step` bytes from row to row.
 * @param dw Addresses of float32 sums of dy y and of dy, one for each row of a single column; 0 for none.
 */
export function wideOutput(
  slope: Slope,
  x: usize,
  dy: usize,
  dx: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
  weight: usize,
  step: usize,
  dw: usize,
  db: usize,
): void {
  const shaped = slope == Slope.Sign || slope == Slope.Shaped;
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < <usize>wide; j++) {
      const at = (<usize>column + j) << 3;
      const factor = load<f64>(GRADIENT_FACTOR + at);
      const d = <f64>load<f32>(x + (j << 2)) - load<f64>(PANEL_MEAN + at);
      const y = d * factor;
      const upstream = <f64>load<f32>(dy + (j << 2));
      const g = upstream * <f64>load<f32>(weight + (j << 2));
      let term = load<f64>(GRADIENT_SUM + at);
      if (slope == Slope.Proportional) term += load<f64>(GRADIENT_DOT + at) * y;
      else if (shaped) term += load<f64>(GRADIENT_DOT + at) * shapeOf(slope, d, y);
      if (dw) {
        store<f32>(dw, load<f32>(dw) + <f32>(upstream * y));
        store<f32>(db, load<f32>(db) + <f32>upstream);
        dw += 4;
        db += 4;
      }
      store<f32>(dx + (j << 2), <f32>((g - term) * factor));
    }
    x += pitch;
    dy += pitch;
    dx += pitch;
    weight += step;
  }
}
