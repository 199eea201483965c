// Native gradients in float64, one element at a time: for Lp norms, and for groups whose factors leave float32 or get
// near to it. Rows are columns here: `rows` of n elements, one column wide.

import { NORM, NORM_L1, NORM_L2, NORM_POWER, POWER } from "../../src/abi/plan";
import { power } from "../lanes/power";
import { GRADIENT_DOT, GRADIENT_FACTOR, GRADIENT_SHAPE, GRADIENT_SUM, PANEL_MEAN } from "../memory";

/** What w_i is proportional to, where that is neither y_i nor 0 but for the selected elements. */
function shapeOf(norm: i32, exponent: f64, d: f64, y: f64): f64 {
  if (!(d != 0)) return 0;
  let size = 1.0;
  if (norm == NORM_POWER) size = power(abs(y), exponent - 1);
  return d < 0 ? -size : size;
}

function add(at: usize, x: f64): void {
  store<f64>(at, load<f64>(at) + x);
}

/**
 * Adds up g, g y and the shape of `wide` columns from number `column` on.
 *
 * @param weight Address of the weight of the first row, `step` bytes from row to row; 0 for none.
 */
export function wideSums(
  x: usize,
  dy: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
  weight: usize,
  step: usize,
): void {
  const norm = load<i32>(NORM);
  const shaped = norm == NORM_L1 || norm == NORM_POWER;
  const exponent = load<f64>(POWER);
  for (; rows > 0; rows--) {
    const w = weight ? <f64>load<f32>(weight) : 1;
    for (let j: usize = 0; j < <usize>wide; j++) {
      const at = (<usize>column + j) << 3;
      const d = <f64>load<f32>(x + (j << 2)) - load<f64>(PANEL_MEAN + at);
      const y = d * load<f64>(GRADIENT_FACTOR + at);
      const g = <f64>load<f32>(dy + (j << 2)) * w;
      add(GRADIENT_SUM + at, g);
      add(GRADIENT_DOT + at, g * y);
      if (shaped) add(GRADIENT_SHAPE + at, shapeOf(norm, exponent, d, y));
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
  const norm = load<i32>(NORM);
  const shaped = norm == NORM_L1 || norm == NORM_POWER;
  const proportional = norm == NORM_L2;
  const exponent = load<f64>(POWER);
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < <usize>wide; j++) {
      const at = (<usize>column + j) << 3;
      const factor = load<f64>(GRADIENT_FACTOR + at);
      const d = <f64>load<f32>(x + (j << 2)) - load<f64>(PANEL_MEAN + at);
      const y = d * factor;
      const upstream = <f64>load<f32>(dy + (j << 2));
      const g = upstream * <f64>load<f32>(weight + (j << 2));
      let term = load<f64>(GRADIENT_SUM + at);
      if (proportional) term += load<f64>(GRADIENT_DOT + at) * y;
      else if (shaped) term += load<f64>(GRADIENT_DOT + at) * shapeOf(norm, exponent, d, y);
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
