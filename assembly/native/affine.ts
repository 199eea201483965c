// Native output: y = (x - centre - rest) * scale * weight + bias over contiguous float32, in place or not.

import { BIAS, WEIGHT } from "../../src/abi/plan";
import { MINUS_ZEROS, ONES } from "../lanes/constants";
import { at32, at64 } from "../lanes/lists";
import { storeLanes } from "../lanes/vectors";
import { PANEL_CENTRE, PANEL_FIRST, PANEL_REST, PANEL_SCALE, PANEL_SHIFT, PANEL_SUM } from "../memory";
import { firstStep } from "../norms/scale";
import { width } from "../tensors/groups";

/** One scale and one shift for all of rows x n elements, `pitch` bytes from row to row; a shift of -0 keeps the sign of zeros. */
export function affine(
  x: usize,
  y: usize,
  pitch: usize,
  rows: i32,
  n: i32,
  centre: f32,
  rest: f32,
  scale: f32,
  shift: f32,
): void {
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const s = f32x4.splat(scale);
  const b = f32x4.splat(shift);
  for (; rows > 0; rows--) {
    let from = x;
    let to = y;
    let left = n;
    for (; left >= 16; left -= 16) {
      const x0 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from, 0), k), m), s);
      const x1 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from, 16), k), m), s);
      const x2 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from, 32), k), m), s);
      const x3 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from, 48), k), m), s);
      v128.store(to, f32x4.add(x0, b), 0);
      v128.store(to, f32x4.add(x1, b), 16);
      v128.store(to, f32x4.add(x2, b), 32);
      v128.store(to, f32x4.add(x3, b), 48);
      from += 64;
      to += 64;
    }
    for (; left > 0; left -= 4) {
      storeLanes(to, f32x4.add(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from), k), m), s), b), left);
      from += 16;
      to += 16;
    }
    x += pitch;
    y += pitch;
  }
}

/** From the weights of 16 elements to those of the next. */
const WEIGHT_BYTES: usize = 64;

/**
 * A weight and a bias per element.
 *
 * @param weightStep WEIGHT_BYTES; or 0, where 16 weights are there for all elements. `biasStep` likewise.
 */
function affineWeighted(
  x: usize,
  y: usize,
  n: i32,
  centre: f32,
  rest: f32,
  scale: f32,
  weight: usize,
  weightStep: usize,
  bias: usize,
  biasStep: usize,
): void {
  const k = f32x4.splat(centre);
  const s = f32x4.splat(scale);
  const m = f32x4.splat(rest);
  for (; n >= 16; n -= 16) {
    const x0 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x, 0), k), m), s);
    const x1 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x, 16), k), m), s);
    const x2 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x, 32), k), m), s);
    const x3 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x, 48), k), m), s);
    v128.store(y, f32x4.add(f32x4.mul(x0, v128.load(weight, 0)), v128.load(bias, 0)), 0);
    v128.store(y, f32x4.add(f32x4.mul(x1, v128.load(weight, 16)), v128.load(bias, 16)), 16);
    v128.store(y, f32x4.add(f32x4.mul(x2, v128.load(weight, 32)), v128.load(bias, 32)), 32);
    v128.store(y, f32x4.add(f32x4.mul(x3, v128.load(weight, 48)), v128.load(bias, 48)), 48);
    x += 64;
    y += 64;
    weight += weightStep;
    bias += biasStep;
  }
  for (; n > 0; n -= 4) {
    const d = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x), k), m), s);
    storeLanes(y, f32x4.add(f32x4.mul(d, v128.load(weight)), v128.load(bias)), n);
    x += 16;
    y += 16;
    weight += weightStep >> 2;
    bias += biasStep >> 2;
  }
}

/** affine() of n elements by a factor that may be beyond float32: then in two steps. */
export function affineBy(x: usize, y: usize, n: i32, centre: f32, rest: f32, factor: f64, shift: f32): void {
  const first = firstStep(factor);
  if (first == 1) {
    affine(x, y, 0, 1, n, centre, rest, <f32>factor, shift);
  } else {
    affine(x, y, 0, 1, n, centre, rest, first, -0.0);
    affine(y, y, 0, 1, n, 0, 0, <f32>(factor / <f64>first), shift);
  }
}

/**
 * Scale and shift of every group of the panel from the factors in PANEL_SUM and the weight of each, that of the first at
 * element `weight` and `step` from one to the next; in how many steps an output takes them, 2 where a scale is beyond float32.
 */
export function placeParameters(weight: i32, step: i32): i32 {
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  let steps = 1;
  for (let j = 0; j < width; j++) {
    let factor = load<f64>(at64(PANEL_SUM, j));
    if (weights) factor *= <f64>load<f32>(at32(weights, weight));
    const first = firstStep(factor);
    if (first != 1) steps = 2;
    store<f32>(at32(PANEL_FIRST, j), first);
    store<f32>(at32(PANEL_SCALE, j), <f32>(factor / <f64>first));
    store<f32>(at32(PANEL_SHIFT, j), biases ? load<f32>(at32(biases, weight)) : -0.0);
    weight += step;
  }
  return steps;
}

/** rows x n elements of every group of the panel, `step` bytes from one to the next, with the parameters of each. */
export function affineGroups(x: usize, y: usize, step: usize, pitch: usize, rows: i32, n: i32, steps: i32): void {
  for (let j = 0; j < width; j++) {
    let from = x;
    let centre = load<f32>(at32(PANEL_CENTRE, j));
    let rest = load<f32>(at32(PANEL_REST, j));
    if (steps > 1) {
      affine(x, y, pitch, rows, n, centre, rest, load<f32>(at32(PANEL_FIRST, j)), -0.0);
      from = y;
      centre = 0;
      rest = 0;
    }
    affine(from, y, pitch, rows, n, centre, rest, load<f32>(at32(PANEL_SCALE, j)), load<f32>(at32(PANEL_SHIFT, j)));
    x += step;
    y += step;
  }
}

/** The same with a weight and a bias per element, of which either may be 0: none. */
export function affineWeightedBy(
  x: usize,
  y: usize,
  n: i32,
  centre: f32,
  rest: f32,
  factor: f64,
  weight: usize,
  bias: usize,
): void {
  const weightStep = weight ? WEIGHT_BYTES : 0;
  const biasStep = bias ? WEIGHT_BYTES : 0;
  if (!weight) weight = ONES;
  if (!bias) bias = MINUS_ZEROS;
  const first = firstStep(factor);
  if (first == 1) {
    affineWeighted(x, y, n, centre, rest, <f32>factor, weight, weightStep, bias, biasStep);
  } else {
    affine(x, y, 0, 1, n, centre, rest, first, -0.0);
    affineWeighted(y, y, n, 0, 0, <f32>(factor / <f64>first), weight, weightStep, bias, biasStep);
  }
}

function distance(x: v128, at: usize): v128 {
  return f32x4.sub(f32x4.sub(x, v128.load(PANEL_CENTRE + at)), v128.load(PANEL_REST + at));
}

/** rows x n columns, `pitch` bytes from row to row, with the parameters of the panel's columns. */
export function affineColumns(x: usize, y: usize, n: i32, pitch: usize, rows: i32): void {
  // four rows share the loads of the parameters; more would leave the order of memory, which the prefetcher follows
  const whole = n & ~3;
  for (; rows >= 4; rows -= 4) {
    for (let j = 0; j < whole; j += 4) {
      const at = (<usize>j) << 2;
      const k = v128.load(PANEL_CENTRE + at);
      const m = v128.load(PANEL_REST + at);
      const s = v128.load(PANEL_SCALE + at);
      const b = v128.load(PANEL_SHIFT + at);
      const from = x + at;
      const y0 = f32x4.add(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from), k), m), s), b);
      const y1 = f32x4.add(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from + pitch), k), m), s), b);
      const y2 = f32x4.add(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from + 2 * pitch), k), m), s), b);
      const y3 = f32x4.add(f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from + 3 * pitch), k), m), s), b);
      const to = y + at;
      v128.store(to, y0);
      v128.store(to + pitch, y1);
      v128.store(to + 2 * pitch, y2);
      v128.store(to + 3 * pitch, y3);
    }
    for (let i: usize = 0; i < 4; i++) affineRow(x + i * pitch, y + i * pitch, n, whole);
    x += pitch << 2;
    y += pitch << 2;
  }
  for (; rows > 0; rows--) {
    affineRow(x, y, n, 0);
    x += pitch;
    y += pitch;
  }
}

/** Columns [j, n) of one row. */
function affineRow(x: usize, y: usize, n: i32, j: i32): void {
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    const d = f32x4.mul(distance(v128.load(x + at), at), v128.load(PANEL_SCALE + at));
    storeLanes(y + at, f32x4.add(d, v128.load(PANEL_SHIFT + at)), n - j);
  }
}

/** One row where a scale is beyond float32: first one power of two, then the rest. */
export function affineRowInTwo(x: usize, y: usize, n: i32): void {
  for (let at: usize = 0; n > 0; n -= 4) {
    const d = distance(v128.load(x + at), at);
    const scaled = f32x4.mul(f32x4.mul(d, v128.load(PANEL_FIRST + at)), v128.load(PANEL_SCALE + at));
    storeLanes(y + at, f32x4.add(scaled, v128.load(PANEL_SHIFT + at)), n);
    at += 16;
  }
}
