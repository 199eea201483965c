// Native passes and output over columns: groups that lie side by side (the batch axis, channels last).
//
// Panels of up to PANEL columns are walked row by row, one lane per column. float16 rows are staged in a tile.

import {
  INPUT,
  INPUT_STORAGE,
  OUTPUT,
  OUTPUT_STORAGE,
  PANEL,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  STORAGE_FLOAT32,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { GROUP_TOP, PANEL_MEAN, PANEL_SUM, TILE, TILE_X } from "../memory";
import { Norm } from "../norms/norm";
import { Sizes, Squares } from "../norms/terms";
import { OfOther, withNorm } from "../norms/with-norm";
import { checkTile } from "../preconditions";
import { numberColumns, plainColumns, termColumns, termColumnWide } from "../reductions/column-sums";
import { extremeColumns } from "../reductions/extremes";
import { momentColumns } from "../reductions/moments";
import { Mean, Near, Origin } from "../reductions/sums";
import { topColumns } from "../reductions/top";
import { base, group, width } from "../tensors/groups";
import { innerRows, innerStride, reducedOffset, weightOffset } from "../tensors/offsets";
import { read, write } from "../tensors/tiles";
import { affineColumns, affineRowInTwo, placeParameters } from "./affine";
import { Pass, SAMPLE } from "./passes";

class AddNumbers extends OfOther {
  of<N extends Norm>(_x: f64, _y: f64, rows: i32, wide: i32, _k: i32, p: usize, pitch: usize): void {
    numberColumns<N>(p, pitch, rows, wide);
  }
}

/** A part of a pass: `rows` rows of `wide` columns, the first of which is column `column` of the panel. */
function block(pass: Pass, p: usize, pitch: usize, rows: i32, column: i32, wide: i32): void {
  if (!ASC_NO_ASSERT) assert(rows > 0 && wide > 0 && column >= 0 && column + wide <= PANEL);
  const at = PANEL_SUM + ((<usize>column) << 3);
  const mean = load<f64>(PANEL_MEAN + ((<usize>column) << 3));
  switch (pass) {
    case Pass.Plain:
      plainColumns(p, pitch, rows, wide);
      break;
    case Pass.Moments:
      momentColumns<Origin>(p, pitch, rows, wide);
      break;
    case Pass.MomentsNear:
      momentColumns<Near>(p, pitch, rows, wide);
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

/** Moments about 0 of SAMPLE rows from all over the panel. */
export function sampleColumns(): void {
  const rows = load<i32>(REDUCED_TOTAL);
  for (let part = 0; part < SAMPLE; part += 4) {
    const from = part * (<u32>rows / SAMPLE);
    walk(Pass.Moments, 0, 0, width, from, from + 4);
  }
}

/** One pass over `wide` columns of the panel from column `column` on. */
export function passColumns(pass: Pass, column: i32, wide: i32): void {
  walk(pass, 0, column, wide, 0, load<i32>(REDUCED_TOTAL));
}

/**
 * Rows [row, rows) of `wide` columns from column `column` on: a part of a pass each, or of the output, which takes a second step
 * where a scale is beyond float32.
 */
function walk(pass: Pass, steps: i32, column: i32, wide: i32, row: i32, rows: i32): void {
  const output = steps > 0;
  const segment = innerRows();
  const stride = innerStride();
  const direct =
    load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32 && !(output && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32);
  const padded = (wide + 3) & ~3;
  const pitch = (<usize>padded) << 2;
  while (row < rows) {
    const inner = min(segment - (row % segment), rows - row);
    let at = base + column + reducedOffset(row, REDUCED_STRIDE);
    row += inner;
    if (direct) {
      const bytes = (<usize>at) << 2;
      const x = load<usize>(INPUT) + bytes;
      if (output) apply(steps, x, load<usize>(OUTPUT) + bytes, (<usize>stride) << 2, inner, wide);
      else block(pass, x, (<usize>stride) << 2, inner, column, wide);
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
        block(pass, TILE_X, pitch, n, column, wide);
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
  const steps = placeParameters(weightOffset(group), load<i32>(WEIGHT_STEP));
  walk(Pass.Plain, steps, 0, width, 0, load<i32>(REDUCED_TOTAL));
}
