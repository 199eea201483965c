// Native passes and output over columns: groups that lie side by side (the batch axis, channels last).
//
// Panels of up to PANEL columns are walked row by row, one lane per column. float16 rows are staged in a tile.

import {
  BIAS,
  INPUT,
  INPUT_STORAGE,
  OUTPUT,
  OUTPUT_STORAGE,
  PANEL,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  STORAGE_FLOAT32,
  WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { clearVectors } from "../lanes/vectors";
import {
  COLUMN_CHUNK,
  COLUMN_SCALE,
  COLUMN_SHIFT,
  GROUP_TOP,
  PANEL_CENTRE,
  PANEL_FIRST,
  PANEL_MEAN,
  PANEL_SQUARES,
  PANEL_SUM,
  TILE,
  TILE_X,
} from "../memory";
import { Norm } from "../norms/norm";
import { firstStep } from "../norms/scale";
import { Sizes, Squares } from "../norms/terms";
import { OfOther, withNorm } from "../norms/with-norm";
import { checkTile } from "../preconditions";
import { numberColumns, plainColumns, termColumns, termColumnWide } from "../reductions/column-sums";
import { extremeColumns } from "../reductions/extremes";
import { Mean, Near } from "../reductions/sums";
import { topColumns } from "../reductions/top";
import { base, group, width } from "../tensors/groups";
import { innerRows, innerStride, reducedOffset, weightOffset } from "../tensors/offsets";
import { read, write } from "../tensors/tiles";
import { affineColumns, affineRowInTwo } from "./affine";
import { Pass } from "./passes";

class AddNumbers extends OfOther {
  of<N extends Norm>(_x: f64, _y: f64, rows: i32, wide: i32, _k: i32, p: usize, pitch: usize): void {
    numberColumns<N>(p, pitch, rows, wide);
  }
}

/**
 * A part of a pass: `rows` rows of `wide` columns, the first of which is column `column` of the panel; `seen`: rows of the
 * groups that come before.
 */
function block(pass: Pass, p: usize, pitch: usize, rows: i32, column: i32, wide: i32, seen: i32): void {
  if (!ASC_NO_ASSERT) assert(rows > 0 && wide > 0 && column >= 0 && column + wide <= PANEL);
  const at = PANEL_SUM + ((<usize>column) << 3);
  const mean = load<f64>(PANEL_MEAN + ((<usize>column) << 3));
  switch (pass) {
    case Pass.Plain:
      plainColumns(p, pitch, rows, wide);
      break;
    case Pass.Moments:
      for (; rows > 0; rows -= CHUNK) {
        moments(p, pitch, min(rows, CHUNK), wide, <f64>seen);
        p += pitch * CHUNK;
        seen += CHUNK;
      }
      break;
    case Pass.Magnitudes:
      termColumns<Sizes, Mean>(p, pitch, rows, wide);
      break;
    case Pass.MagnitudesNear:
      termColumns<Sizes, Near>(p, pitch, rows, wide);
      break;
    case Pass.Squares:
      termColumns<Squares, Near>(p, pitch, rows, wide);
      break;
    case Pass.MagnitudesWide:
      store<f64>(at, load<f64>(at) + termColumnWide<Sizes>(p, pitch, rows, mean));
      break;
    case Pass.SquaresWide:
      store<f64>(at, load<f64>(at) + termColumnWide<Squares>(p, pitch, rows, mean));
      break;
    case Pass.Extremes:
      extremeColumns(p, pitch, rows, wide);
      break;
    case Pass.Top:
      topColumns(p, pitch, rows, column, wide, GROUP_TOP);
      break;
    case Pass.Numbers:
      withNorm<AddNumbers, void>(0, 0, rows, wide, 0, p, pitch);
      break;
  }
}

/** Rows of which the sums and then the squares are taken while they are in the first-level cache. */
const CHUNK: i32 = 64;

/**
 * Adds a chunk of rows to means and sums of squares about them, those of `seen` rows: two steps within the chunk, then the
 * update of Chan, Golub and LeVeque (1983). So data that fills no cache is read once for both.
 */
function moments(p: usize, pitch: usize, rows: i32, wide: i32, seen: f64): void {
  const n = <f64>rows;
  const weight = (seen * n) / (seen + n);
  const share = n / (seen + n);
  clearVectors(PANEL_SUM, (<usize>((wide + 3) & ~3)) << 3);
  plainColumns(p, pitch, rows, wide);
  for (let j: usize = 0; j < <usize>wide; j++) {
    const mean = load<f64>(PANEL_SUM + (j << 3)) / n;
    store<f64>(COLUMN_CHUNK + (j << 3), mean);
    store<f32>(PANEL_CENTRE + (j << 2), <f32>mean);
  }
  clearVectors(PANEL_SUM, (<usize>((wide + 3) & ~3)) << 3);
  termColumns<Squares, Near>(p, pitch, rows, wide);
  for (let j: usize = 0; j < <usize>wide; j++) {
    const at = j << 3;
    const mean = load<f64>(COLUMN_CHUNK + at);
    const rest = mean - <f64>load<f32>(PANEL_CENTRE + (j << 2));
    const step = mean - load<f64>(PANEL_MEAN + at);
    const squares = load<f64>(PANEL_SUM + at) - n * rest * rest;
    store<f64>(PANEL_SQUARES + at, load<f64>(PANEL_SQUARES + at) + squares + step * step * weight);
    store<f64>(PANEL_MEAN + at, load<f64>(PANEL_MEAN + at) + step * share);
  }
}

/**
 * Means into PANEL_MEAN and sums of squares about them into PANEL_SQUARES, in one pass; false when one of the squares
 * is not finite, whose mean is then not either. PANEL_MEAN is zero before.
 */
export function momentsOf(): bool {
  clearVectors(PANEL_SQUARES, (<usize>((width + 3) & ~3)) << 3);
  walk(Pass.Moments, 0, 0, width);
  let sum = 0.0;
  for (let j: usize = 0; j < <usize>width; j++) sum += load<f64>(PANEL_SQUARES + (j << 3)) * 0;
  return sum == 0;
}

/** One pass over `wide` columns of the panel from column `column` on. */
export function passColumns(pass: Pass, column: i32, wide: i32): void {
  walk(pass, 0, column, wide);
}

/**
 * All rows of `wide` columns from column `column` on: a part of a pass each, or of the output, which takes a second step
 * where a scale is beyond float32.
 */
function walk(pass: Pass, steps: i32, column: i32, wide: i32): void {
  const output = steps > 0;
  const inner = innerRows();
  const stride = innerStride();
  const rows = load<i32>(REDUCED_TOTAL);
  const direct =
    load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32 && !(output && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32);
  const padded = (wide + 3) & ~3;
  const pitch = (<usize>padded) << 2;
  for (let row = 0; row < rows; row += inner) {
    let at = base + column + reducedOffset(row, REDUCED_STRIDE);
    if (direct) {
      const bytes = (<usize>at) << 2;
      const x = load<usize>(INPUT) + bytes;
      if (output) apply(steps, x, load<usize>(OUTPUT) + bytes, (<usize>stride) << 2, inner, wide);
      else block(pass, x, (<usize>stride) << 2, inner, column, wide, row);
      continue;
    }
    for (let from = 0; from < inner; ) {
      const n = min(inner - from, TILE / padded);
      if (!ASC_NO_ASSERT) checkTile(TILE_X, n * padded);
      for (let i = 0; i < n; i++) read(at + i * stride, wide, TILE_X + pitch * i);
      if (output) {
        apply(steps, TILE_X, TILE_X, pitch, n, wide);
        for (let i = 0; i < n; i++) write(at + i * stride, wide, TILE_X + pitch * i);
      } else {
        block(pass, TILE_X, pitch, n, column, wide, row + from);
      }
      from += n;
      at += n * stride;
    }
  }
}

function apply(steps: i32, x: usize, y: usize, pitch: usize, rows: i32, wide: i32): void {
  if (steps == 1) {
    affineColumns(x, y, wide, pitch, rows);
    return;
  }
  for (; rows > 0; rows--) {
    affineRowInTwo(x, y, wide);
    x += pitch;
    y += pitch;
  }
}

/** Scale and shift of every column from the factors in PANEL_SUM, then the output. */
export function applyColumns(): void {
  const step = load<i32>(WEIGHT_STEP);
  const kept = (<usize>weightOffset(group)) << 2;
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  let steps = 1;
  for (let j: usize = 0; j < <usize>width; j++) {
    const at = kept + (step ? j << 2 : 0);
    let factor = load<f64>(PANEL_SUM + (j << 3));
    if (weights) factor *= <f64>load<f32>(weights + at);
    const first = firstStep(factor);
    if (first != 1) steps = 2;
    store<f32>(PANEL_FIRST + (j << 2), first);
    store<f32>(COLUMN_SCALE + (j << 2), <f32>(factor / <f64>first));
    store<f32>(COLUMN_SHIFT + (j << 2), biases ? load<f32>(biases + at) : -0.0);
  }
  walk(Pass.Plain, steps, 0, width);
}
