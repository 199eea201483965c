// Native gradients over columns: groups that lie side by side. As in columns.ts, one lane per column, parameters and
// accumulators in memory; float16 rows are staged in tiles.

import {
  GRADIENT,
  GRADIENT_STORAGE,
  INPUT,
  INPUT_STORAGE,
  NORM,
  NORM_L1,
  NORM_L2,
  OUTPUT,
  OUTPUT_STORAGE,
  REDUCED_COUNT,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  STORAGE_FLOAT32,
} from "../src/layout";
import {
  GRADIENT_DOT,
  GRADIENT_GAIN,
  GRADIENT_SCALE,
  GRADIENT_SHIFT,
  GRADIENT_SIDES,
  GRADIENT_SLOPE,
  GRADIENT_SUM,
  GRADIENT_WEIGHT,
  TILE_G,
} from "./backward-memory";
import { Counted, Level, Shape, Side, Sides, Slope, Uncounted } from "./backward-sums";
import { exchange } from "./backward-tiles";
import { wideOutput, wideSums } from "./backward-wide";
import { SIGN } from "./constants";
import { COLUMN_CENTRE, COLUMN_REST, TILE, TILE_X } from "./memory";
import { Centre, Mean, Near } from "./sums";
import { read, write } from "./tiles";
import { highPair, lowPair, storeLanes } from "./vectors";
import { reducedOffset } from "./walk";

export const enum GradientPass {
  /** Sums of g, g y and sign(d) into GRADIENT_SUM, GRADIENT_DOT and GRADIENT_SIDES. */
  Sums,
  /** The same, but sign(d), in float64, and the sum of the shape. */
  SumsWide,
  Output,
  OutputWide,
}

/** One pass over `wide` columns from column `column` of the panel on, which starts at element `base`. */
export function passGradientColumns(pass: GradientPass, base: i32, column: i32, wide: i32): void {
  const rank = load<i32>(REDUCED_RANK);
  const last = (<usize>(max(rank, 1) - 1)) << 2;
  const inner = rank > 0 ? load<i32>(<usize>REDUCED_COUNT + last) : 1;
  const stride = rank > 0 ? load<i32>(<usize>REDUCED_STRIDE + last) : 0;
  const rows = load<i32>(REDUCED_TOTAL);
  const output = pass >= GradientPass.Output;
  const direct =
    (load<i32>(INPUT_STORAGE) | load<i32>(GRADIENT_STORAGE)) == STORAGE_FLOAT32 &&
    !(output && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32);
  const padded = (wide + 3) & ~3;
  const pitch = (<usize>padded) << 2;
  for (let row = 0; row < rows; row += inner) {
    let at = base + column + reducedOffset(row, REDUCED_STRIDE);
    if (direct) {
      const bytes = (<usize>at) << 2;
      const x = load<usize>(INPUT) + bytes;
      block(
        pass,
        x,
        load<usize>(GRADIENT) + bytes,
        load<usize>(OUTPUT) + bytes,
        (<usize>stride) << 2,
        inner,
        column,
        wide,
      );
      continue;
    }
    for (let from = 0; from < inner; ) {
      const n = min(inner - from, TILE / padded);
      for (let i = 0; i < n; i++) read(at + i * stride, wide, TILE_X + pitch * i);
      exchange();
      for (let i = 0; i < n; i++) read(at + i * stride, wide, TILE_G + pitch * i);
      exchange();
      block(pass, TILE_X, TILE_G, TILE_X, pitch, n, column, wide);
      if (output) for (let i = 0; i < n; i++) write(at + i * stride, wide, TILE_X + pitch * i);
      from += n;
      at += n * stride;
    }
  }
}

function block(
  pass: GradientPass,
  x: usize,
  dy: usize,
  dx: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
): void {
  const norm = load<i32>(NORM);
  if (pass == GradientPass.SumsWide) {
    wideSums(x, dy, pitch, rows, column, wide, 0, 0);
  } else if (pass == GradientPass.OutputWide) {
    wideOutput(x, dy, dx, pitch, rows, column, wide, GRADIENT_WEIGHT + ((<usize>column) << 2), 0, 0, 0);
  } else if (pass == GradientPass.Sums) {
    if (norm == NORM_L1) sumColumns<Mean, Counted>(x, dy, pitch, rows, column, wide);
    else sumColumns<Near, Uncounted>(x, dy, pitch, rows, column, wide);
  } else {
    if (norm == NORM_L2) outputColumns<Near, Slope>(x, dy, dx, pitch, rows, column, wide);
    else if (norm == NORM_L1) outputColumns<Mean, Side>(x, dy, dx, pitch, rows, column, wide);
    else outputColumns<Near, Level>(x, dy, dx, pitch, rows, column, wide);
  }
}

function accumulate(at: usize, sum: v128): void {
  v128.store(at, f64x2.add(v128.load(at, 0), lowPair(sum)), 0);
  v128.store(at, f64x2.add(v128.load(at, 16), highPair(sum)), 16);
}

function sumColumns<C extends Centre, S extends Sides>(
  x: usize,
  dy: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
): void {
  const from = changetype<C>(0);
  const counting = changetype<S>(0);
  const first = (<usize>column) << 2;
  const bytes = (<usize>wide) << 2;
  for (; rows > 0; rows -= 8) {
    const n = min(rows, 8);
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = first + j;
      const k = v128.load(COLUMN_CENTRE + at);
      const m = v128.load(COLUMN_REST + at);
      const s = v128.load(GRADIENT_SCALE + at);
      let count = v128.load(GRADIENT_SIDES + at);
      let sum = f32x4.splat(0);
      let dot = f32x4.splat(0);
      let offset = j;
      for (let i = n; i > 0; i--) {
        const d = from.distance(v128.load(x + offset), k, m);
        const g = v128.load(dy + offset);
        count = counting.count(count, d);
        sum = f32x4.add(sum, g);
        dot = f32x4.add(dot, f32x4.mul(g, f32x4.mul(d, s)));
        offset += pitch;
      }
      v128.store(GRADIENT_SIDES + at, count);
      accumulate(GRADIENT_SUM + (at << 1), sum);
      accumulate(GRADIENT_DOT + (at << 1), dot);
    }
    x += pitch << 3;
    dy += pitch << 3;
  }
}

function outputColumns<C extends Centre, T extends Shape>(
  x: usize,
  dy: usize,
  dx: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
): void {
  const from = changetype<C>(0);
  const shape = changetype<T>(0);
  const sign = v128.load(SIGN);
  const first = (<usize>column) << 2;
  const bytes = (<usize>wide) << 2;
  for (; rows > 0; ) {
    // up to four rows share the loads of the parameters
    const n = min(rows, 4);
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = first + j;
      const k = v128.load(COLUMN_CENTRE + at);
      const m = v128.load(COLUMN_REST + at);
      const gain = v128.load(GRADIENT_GAIN + at);
      const slope = v128.load(GRADIENT_SLOPE + at);
      const shift = v128.load(GRADIENT_SHIFT + at);
      const lanes = <i32>((bytes - j) >> 2);
      let offset = j;
      for (let i = n; i > 0; i--) {
        let term = shift;
        if (shape.varies()) {
          const d = from.distance(v128.load(x + offset), k, m);
          term = shape.term(d, d, slope, shift, sign);
        }
        storeLanes(dx + offset, f32x4.sub(f32x4.mul(v128.load(dy + offset), gain), term), lanes);
        offset += pitch;
      }
    }
    x += pitch * n;
    dy += pitch * n;
    dx += pitch * n;
    rows -= n;
  }
}
