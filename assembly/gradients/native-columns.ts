// Native gradients over columns: groups that lie side by side. As in native/columns.ts, one lane per column, parameters and
// accumulators in memory; float16 rows are staged in tiles.

import {
  GRADIENT,
  GRADIENT_STORAGE,
  INPUT,
  INPUT_STORAGE,
  OUTPUT,
  OUTPUT_STORAGE,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  STORAGE_FLOAT32,
} from "../../src/abi/plan";
import { highPair, lowPair, storeLanes } from "../lanes/vectors";
import {
  GRADIENT_ABOVE,
  GRADIENT_BELOW,
  GRADIENT_DOT,
  GRADIENT_GAIN,
  GRADIENT_LEVEL,
  GRADIENT_LOWER,
  GRADIENT_SCALE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_SUM,
  GRADIENT_UNDER,
  GRADIENT_UPPER,
  GRADIENT_WEIGHT,
  PANEL_CENTRE,
  TILE,
  TILE_G,
  TILE_X,
} from "../memory";
import { Slope } from "../norms/norm";
import { accumulate } from "../reductions/column-sums";
import { base } from "../tensors/groups";
import { innerRows, innerStride, reducedOffset } from "../tensors/offsets";
import { read, write } from "../tensors/tiles";
import { wideOutput, wideSums } from "./native-float64";
import { Counted, Counting, Level, Ramp, SideOrMiddle, Terms, Uncounted } from "./native-sums";
import { exchange } from "./upstream";

export const enum GradientPass {
  /** Sums of g and g y into GRADIENT_SUM and GRADIENT_DOT, and for L1 the elements on both sides of the mean. */
  Sums,
  /** Sums of g, g y and the shape of w in float64. */
  SumsWide,
  Output,
  OutputWide,
}

/** One pass over `wide` columns of the panel from column `column` on. */
export function passGradientColumns(pass: GradientPass, slope: Slope, column: i32, wide: i32): void {
  const inner = innerRows();
  const stride = innerStride();
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
        slope,
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
      block(pass, slope, TILE_X, TILE_G, TILE_X, pitch, n, column, wide);
      if (output) for (let i = 0; i < n; i++) write(at + i * stride, wide, TILE_X + pitch * i);
      from += n;
      at += n * stride;
    }
  }
}

function block(
  pass: GradientPass,
  slope: Slope,
  x: usize,
  dy: usize,
  dx: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
): void {
  if (pass == GradientPass.SumsWide) {
    wideSums(slope, x, dy, pitch, rows, column, wide, 0, 0);
  } else if (pass == GradientPass.OutputWide) {
    wideOutput(slope, x, dy, dx, pitch, rows, column, wide, GRADIENT_WEIGHT + ((<usize>column) << 2), 0, 0, 0);
  } else if (pass == GradientPass.Sums) {
    if (slope == Slope.Sign) sumColumns<Counted>(x, dy, pitch, rows, column, wide);
    else sumColumns<Uncounted>(x, dy, pitch, rows, column, wide);
  } else {
    if (slope == Slope.Proportional) outputColumns<Ramp>(x, dy, dx, pitch, rows, column, wide);
    else if (slope == Slope.Sign) outputColumns<SideOrMiddle>(x, dy, dx, pitch, rows, column, wide);
    else outputColumns<Level>(x, dy, dx, pitch, rows, column, wide);
  }
}

function sumColumns<C extends Counting>(x: usize, dy: usize, pitch: usize, rows: i32, column: i32, wide: i32): void {
  const counting = changetype<C>(0);
  const first = (<usize>column) << 2;
  const bytes = (<usize>wide) << 2;
  for (; rows > 0; rows -= 8) {
    const n = min(rows, 8);
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = first + j;
      const k = v128.load(PANEL_CENTRE + at);
      const s = v128.load(GRADIENT_SCALE + at);
      const upper = v128.load(GRADIENT_UPPER + at);
      const lower = v128.load(GRADIENT_LOWER + at);
      let up = v128.load(GRADIENT_ABOVE + at);
      let down = v128.load(GRADIENT_BELOW + at);
      let sum = f32x4.splat(0);
      let dot = f32x4.splat(0);
      let offset = j;
      let i = n;
      for (; i >= 2; i -= 2) {
        const a = v128.load(x + offset);
        const g = v128.load(dy + offset);
        offset += pitch;
        const b = v128.load(x + offset);
        const h = v128.load(dy + offset);
        offset += pitch;
        up = counting.above(counting.above(up, a, upper), b, upper);
        down = counting.below(counting.below(down, a, lower), b, lower);
        sum = f32x4.add(sum, f32x4.add(g, h));
        const gy = f32x4.mul(g, f32x4.mul(f32x4.sub(a, k), s));
        dot = f32x4.add(dot, f32x4.add(gy, f32x4.mul(h, f32x4.mul(f32x4.sub(b, k), s))));
      }
      if (i) {
        const a = v128.load(x + offset);
        const g = v128.load(dy + offset);
        up = counting.above(up, a, upper);
        down = counting.below(down, a, lower);
        sum = f32x4.add(sum, g);
        dot = f32x4.add(dot, f32x4.mul(g, f32x4.mul(f32x4.sub(a, k), s)));
      }
      v128.store(GRADIENT_ABOVE + at, up);
      v128.store(GRADIENT_BELOW + at, down);
      accumulate(GRADIENT_SUM + (at << 1), lowPair(sum), highPair(sum));
      accumulate(GRADIENT_DOT + (at << 1), lowPair(dot), highPair(dot));
    }
    x += pitch << 3;
    dy += pitch << 3;
  }
}

function outputColumns<T extends Terms>(
  x: usize,
  dy: usize,
  dx: usize,
  pitch: usize,
  rows: i32,
  column: i32,
  wide: i32,
): void {
  const terms = changetype<T>(0);
  const first = (<usize>column) << 2;
  const bytes = (<usize>wide) << 2;
  const whole = bytes & ~15;
  const bs = terms.ofSides() ? GRADIENT_UNDER : GRADIENT_SHIFT;
  for (; rows > 0; rows -= 4) {
    // four rows share the loads of the parameters
    const four = rows >= 4;
    if (four) {
      for (let j: usize = 0; j < whole; j += 16) {
        const at = first + j;
        const k = v128.load(PANEL_CENTRE + at);
        const p = v128.load(GRADIENT_GAIN + at);
        const a = v128.load(GRADIENT_SLOPE + at);
        const b = v128.load(bs + at);
        const c = v128.load(GRADIENT_LEVEL + at);
        const u = v128.load(GRADIENT_UPPER + at);
        const o1 = j + pitch;
        const o2 = o1 + pitch;
        const o3 = o2 + pitch;
        let t0 = b;
        let t1 = b;
        let t2 = b;
        let t3 = b;
        if (terms.vary()) {
          const x0 = v128.load(x + j);
          const x1 = v128.load(x + o1);
          const x2 = v128.load(x + o2);
          const x3 = v128.load(x + o3);
          t0 = terms.of(x0, f32x4.sub(x0, k), a, b, c, u);
          t1 = terms.of(x1, f32x4.sub(x1, k), a, b, c, u);
          t2 = terms.of(x2, f32x4.sub(x2, k), a, b, c, u);
          t3 = terms.of(x3, f32x4.sub(x3, k), a, b, c, u);
        }
        const g0 = f32x4.mul(v128.load(dy + j), p);
        const g1 = f32x4.mul(v128.load(dy + o1), p);
        const g2 = f32x4.mul(v128.load(dy + o2), p);
        const g3 = f32x4.mul(v128.load(dy + o3), p);
        v128.store(dx + j, f32x4.sub(g0, t0));
        v128.store(dx + o1, f32x4.sub(g1, t1));
        v128.store(dx + o2, f32x4.sub(g2, t2));
        v128.store(dx + o3, f32x4.sub(g3, t3));
      }
    }
    // the last columns, or the last rows
    const from = four ? whole : 0;
    const n = min(rows, 4);
    for (let i = 0; i < n; i++) {
      for (let j = from; j < bytes; j += 16) {
        const at = first + j;
        const here = v128.load(x + j);
        const y = f32x4.sub(here, v128.load(PANEL_CENTRE + at));
        const a = v128.load(GRADIENT_SLOPE + at);
        const b = v128.load(bs + at);
        const term = terms.of(here, y, a, b, v128.load(GRADIENT_LEVEL + at), v128.load(GRADIENT_UPPER + at));
        const g = f32x4.mul(v128.load(dy + j), v128.load(GRADIENT_GAIN + at));
        storeLanes(dx + j, f32x4.sub(g, term), <i32>((bytes - j) >> 2));
      }
      x += pitch;
      dy += pitch;
      dx += pitch;
    }
  }
}
