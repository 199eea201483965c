// Native arithmetic over columns: groups that lie side by side (the batch axis, channels last).
//
// Panels of up to PANEL columns are walked row by row, one lane per column. float16 rows are staged in a tile.

import {
  BIAS,
  COUNT,
  DEVIATION,
  GAIN,
  INPUT,
  INPUT_STORAGE,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LENGTH,
  MEAN,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_NONE,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  OUTPUT,
  OUTPUT_STORAGE,
  POWER,
  REDUCED_COUNT,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  SCRATCH,
  STORAGE_FLOAT32,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TOP,
  WEIGHT,
  WEIGHT_STEP,
} from "../src/layout";
import { affineColumns, affineRowInTwo } from "./affine";
import { extremeColumns, plainColumns, powerColumns, termColumns, termColumnWide, topColumns } from "./column-sums";
import { NO_HIGH, NO_LOW } from "./extremes";
import {
  COLUMN_CENTRE,
  COLUMN_CHUNK,
  COLUMN_FIRST,
  COLUMN_HIGH,
  COLUMN_LOW,
  COLUMN_MEAN,
  COLUMN_REST,
  COLUMN_SCALE,
  COLUMN_SHIFT,
  COLUMN_SQUARES,
  COLUMN_SUM,
  GROUP_TOP,
  PANEL,
  TILE,
  TILE_X,
} from "./memory";
import { powerOfTwo } from "./power";
import { deviationFrom, factorFrom, firstStep } from "./statistics";
import { Magnitude, Mean, Near, Square } from "./sums";
import { read, write } from "./tiles";
import { startTop, sumTop, TOP_BYTES, topBufferBytes } from "./top";
import { fromOrdered } from "./vectors";
import { keptOffset, reducedOffset } from "./walk";

/** A pass over the rows of a panel. */
const enum Pass {
  Plain,
  Moments,
  Magnitudes,
  Squares,
  MagnitudesWide,
  SquaresWide,
  Extremes,
  Top,
  Powers,
  Apply,
}

// the panel at hand
let start: i32 = 0;
let width: i32 = 0;
/** The first column of a pass over a part of the panel: one column (wide sums), four (top-k). */
let column: i32 = 0;
let total: f64 = 0;
/** A scale of the panel is beyond float32. */
let inTwo: bool = false;

function block(pass: Pass, p: usize, pitch: usize, rows: i32): void {
  const mean = load<f64>(COLUMN_MEAN + (<usize>column << 3));
  switch (pass) {
    case Pass.Plain:
      plainColumns(p, pitch, rows, width);
      break;
    case Pass.Moments:
      for (; rows > 0; rows -= CHUNK) {
        moments(p, pitch, min(rows, CHUNK));
        p += pitch * CHUNK;
      }
      break;
    case Pass.Magnitudes:
      termColumns<Magnitude, Mean>(p, pitch, rows, width);
      break;
    case Pass.Squares:
      termColumns<Square, Mean>(p, pitch, rows, width);
      break;
    case Pass.MagnitudesWide:
      total += termColumnWide<Magnitude>(p, pitch, rows, mean);
      break;
    case Pass.SquaresWide:
      total += termColumnWide<Square>(p, pitch, rows, mean);
      break;
    case Pass.Extremes:
      extremeColumns(p, pitch, rows, width);
      break;
    case Pass.Top:
      topColumns(p, pitch, rows, column, width, GROUP_TOP);
      break;
    case Pass.Powers:
      powerColumns(p, pitch, rows, width, load<f64>(POWER));
      break;
  }
}

/** Rows of which the sums and then the squares are taken while they are in the first-level cache. */
const CHUNK: i32 = 64;

/** Rows that `moments` has seen. */
let seen: f64 = 0;

/**
 * Adds a chunk of rows to means and sums of squares about them: two steps within the chunk, then the update of Chan,
 * Golub and LeVeque (1983). So data that fills no cache is read once for both.
 */
function moments(p: usize, pitch: usize, rows: i32): void {
  const n = <f64>rows;
  const weight = (seen * n) / (seen + n);
  const share = n / (seen + n);
  clear();
  plainColumns(p, pitch, rows, width);
  for (let j: usize = 0; j < <usize>width; j++) {
    const mean = load<f64>(COLUMN_SUM + (j << 3)) / n;
    store<f64>(COLUMN_CHUNK + (j << 3), mean);
    store<f32>(COLUMN_CENTRE + (j << 2), <f32>mean);
  }
  clear();
  termColumns<Square, Near>(p, pitch, rows, width);
  for (let j: usize = 0; j < <usize>width; j++) {
    const at = j << 3;
    const mean = load<f64>(COLUMN_CHUNK + at);
    const rest = mean - <f64>load<f32>(COLUMN_CENTRE + (j << 2));
    const step = mean - load<f64>(COLUMN_MEAN + at);
    const squares = load<f64>(COLUMN_SUM + at) - n * rest * rest;
    store<f64>(COLUMN_SQUARES + at, load<f64>(COLUMN_SQUARES + at) + squares + step * step * weight);
    store<f64>(COLUMN_MEAN + at, load<f64>(COLUMN_MEAN + at) + step * share);
  }
  seen += n;
}

/** Means and sums of squares of the panel in one pass; false where something is not finite, which merging would spoil. */
function meansAndSquares(base: i32): bool {
  seen = 0;
  memory.fill(COLUMN_SQUARES, 0, <usize>width << 3);
  run(Pass.Moments, base, width);
  let sum = 0.0;
  for (let j: usize = 0; j < <usize>width; j++) sum += load<f64>(COLUMN_SQUARES + (j << 3)) * 0;
  return sum == 0;
}

/** One pass over all rows of `wide` columns that start at element `base`. */
function run(pass: Pass, base: i32, wide: i32): void {
  const rank = load<i32>(REDUCED_RANK);
  const last = <usize>(max(rank, 1) - 1) << 2;
  const inner = rank > 0 ? load<i32>(<usize>REDUCED_COUNT + last) : 1;
  const stride = rank > 0 ? load<i32>(<usize>REDUCED_STRIDE + last) : 0;
  const rows = load<i32>(REDUCED_TOTAL);
  const output = pass == Pass.Apply && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32;
  const direct = load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32 && !output;
  const padded = (wide + 3) & ~3;
  const pitch = <usize>padded << 2;
  for (let row = 0; row < rows; row += inner) {
    let at = base + reducedOffset(row, REDUCED_STRIDE);
    if (direct) {
      const bytes = <usize>at << 2;
      if (pass == Pass.Apply) apply(load<usize>(INPUT) + bytes, load<usize>(OUTPUT) + bytes, <usize>stride << 2, inner);
      else block(pass, load<usize>(INPUT) + bytes, <usize>stride << 2, inner);
      continue;
    }
    for (let from = 0; from < inner; ) {
      const n = min(inner - from, TILE / padded);
      for (let i = 0; i < n; i++) read(at + i * stride, wide, TILE_X + pitch * i);
      if (pass == Pass.Apply) {
        apply(TILE_X, TILE_X, pitch, n);
        for (let i = 0; i < n; i++) write(at + i * stride, wide, TILE_X + pitch * i);
      } else {
        block(pass, TILE_X, pitch, n);
      }
      from += n;
      at += n * stride;
    }
  }
}

function apply(x: usize, y: usize, pitch: usize, rows: i32): void {
  if (!inTwo) {
    affineColumns(x, y, width, pitch, rows);
    return;
  }
  for (; rows > 0; rows--) {
    affineRowInTwo(x, y, width);
    x += pitch;
    y += pitch;
  }
}

/** The raw statistics of all columns of the panel into COLUMN_SUM. */
function statistics(base: i32, done: bool): void {
  const norm = load<i32>(NORM);
  if (norm == NORM_L1 || norm == NORM_L2) {
    if (!done) {
      clear();
      run(norm == NORM_L1 ? Pass.Magnitudes : Pass.Squares, base, width);
    }
    const least = norm == NORM_L1 ? -1 : load<f64>(COUNT) * 1e-30;
    for (column = 0; column < width; column++) {
      const at = COLUMN_SUM + (<usize>column << 3);
      const sum = load<f64>(at);
      if (sum < Infinity && sum > least) continue;
      total = 0;
      run(norm == NORM_L1 ? Pass.MagnitudesWide : Pass.SquaresWide, base + column, 1);
      store<f64>(at, total);
    }
    column = 0;
  } else if (norm == NORM_LINF || norm == NORM_RANGE) {
    findExtremes(base);
    for (let j = 0; j < width; j++) {
      const high = highOf(j);
      const low = lowOf(j);
      const mean = load<f64>(COLUMN_MEAN + (<usize>j << 3));
      store<f64>(COLUMN_SUM + (<usize>j << 3), norm == NORM_RANGE ? high - low : max(high - mean, mean - low));
    }
  } else if (norm == NORM_TOP) {
    const k = load<i32>(TOP);
    for (column = 0; column < width; column += 4) {
      let buffer = load<usize>(SCRATCH);
      for (let i = 0; i < 4; i++) {
        startTop(GROUP_TOP + TOP_BYTES * i, buffer, k);
        buffer += topBufferBytes(k);
      }
      run(Pass.Top, base + column, min(4, width - column));
      for (let i = 0; i < min(4, width - column); i++) {
        store<f64>(COLUMN_SUM + (<usize>(column + i) << 3), sumTop(GROUP_TOP + TOP_BYTES * i));
      }
    }
    column = 0;
  } else if (norm == NORM_POWER) {
    for (let j: usize = 0; j < <usize>width << 2; j += 16) v128.store(COLUMN_FIRST + j, f32x4.splat(1));
    clear();
    run(Pass.Powers, base, width);
    let left = false;
    for (let j: usize = 0; j < <usize>width; j++) {
      const sum = load<f64>(COLUMN_SUM + (j << 3));
      if (!(sum < Infinity) || sum < 1e-290) left = true;
    }
    if (!left) return;
    // powers that leave float64: once more with the greatest distance of each column brought near 1
    findExtremes(base);
    for (let j = 0; j < width; j++) {
      const mean = load<f64>(COLUMN_MEAN + (<usize>j << 3));
      store<f32>(COLUMN_FIRST + (<usize>j << 2), scaleFor(max(highOf(j) - mean, mean - lowOf(j))));
    }
    clear();
    run(Pass.Powers, base, width);
  }
}

/** Exponent of two that the Lp norm of column j has to be scaled back by. */
function exponentFor(j: i32): i32 {
  return load<i32>(NORM) == NORM_POWER ? 127 - (load<i32>(COLUMN_FIRST + (<usize>j << 2)) >> 23) : 0;
}

/** The power of two that brings a positive finite number to about 1; 1 for others. */
function scaleFor(far: f64): f32 {
  return far > 0 && far < Infinity ? <f32>powerOfTwo(max(-126, min(127, 1022 - <i32>(reinterpret<i64>(far) >> 52)))) : 1;
}

function findExtremes(base: i32): void {
  for (let j: usize = 0; j < <usize>width << 2; j += 16) {
    v128.store(COLUMN_HIGH + j, i32x4.splat(NO_HIGH));
    v128.store(COLUMN_LOW + j, i32x4.splat(NO_LOW));
  }
  run(Pass.Extremes, base, width);
}

function highOf(j: i32): f64 {
  return <f64>fromOrdered(load<i32>(COLUMN_HIGH + (<usize>j << 2)));
}

function lowOf(j: i32): f64 {
  return <f64>fromOrdered(load<i32>(COLUMN_LOW + (<usize>j << 2)));
}

function clear(): void {
  memory.fill(COLUMN_SUM, 0, <usize>((width + 3) & ~3) << 3);
}

/** Runs the plan. */
export function columns(): void {
  const groups = load<i32>(KEPT_TOTAL);
  const length = load<i32>(LENGTH);
  for (let o = 0; o < groups; o++) {
    const base = keptOffset(o, KEPT_STRIDE);
    for (start = 0; start < length; start += PANEL) {
      width = min(PANEL, length - start);
      panel(base + start, o, o * length + start);
    }
  }
}

/** The panel at element `base`; its first column is group `group`. */
function panel(base: i32, outer: i32, group: i32): void {
  const task = load<i32>(TASK);
  const norm = load<i32>(NORM);
  const n = load<f64>(COUNT);
  const means = load<usize>(MEAN) + (<usize>group << 2);
  const deviations = load<usize>(DEVIATION) + (<usize>group << 2);
  const keep = load<usize>(MEAN) != 0;
  const keepDeviation = load<usize>(DEVIATION) != 0;

  memory.fill(COLUMN_MEAN, 0, <usize>((width + 3) & ~3) << 3);
  const centre = !(task & TASK_GIVEN) && (task & TASK_CENTRE) != 0;
  const both = centre && (task & TASK_NORM) != 0 && norm == NORM_L2 && meansAndSquares(base);
  if (centre && !both) {
    clear();
    run(Pass.Plain, base, width);
  }
  for (let j: usize = 0; j < <usize>width; j++) {
    let mean = 0.0;
    if (task & TASK_GIVEN) {
      if (keep) mean = <f64>load<f32>(means + (j << 2));
    } else if (task & TASK_CENTRE) {
      mean = both ? load<f64>(COLUMN_MEAN + (j << 3)) : load<f64>(COLUMN_SUM + (j << 3)) / n;
      if (keep) store<f32>(means + (j << 2), <f32>mean);
    }
    store<f64>(COLUMN_MEAN + (j << 3), mean);
    store<f32>(COLUMN_CENTRE + (j << 2), <f32>mean);
    store<f32>(COLUMN_REST + (j << 2), <f32>(mean - <f64>(<f32>mean)));
  }
  if (task & TASK_NORM) {
    if (both) memory.copy(COLUMN_SUM, COLUMN_SQUARES, <usize>width << 3);
    statistics(base, both);
    for (let j: usize = 0; j < <usize>width; j++) {
      const deviation = deviationFrom(load<f64>(COLUMN_SUM + (j << 3)), exponentFor(<i32>j));
      if (keepDeviation) store<f32>(deviations + (j << 2), <f32>deviation);
      store<f64>(COLUMN_SUM + (j << 3), deviation);
    }
  }
  if (task & TASK_APPLY) prepareOutput(task, norm, outer, group, deviations, base);
}

/** Scale and shift of every column, then the output. */
function prepareOutput(task: i32, norm: i32, outer: i32, group: i32, deviations: usize, base: i32): void {
  const step = load<i32>(WEIGHT_STEP);
  const kept = <usize>(keptOffset(outer, KEPT_WEIGHT) + start * step) << 2;
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  inTwo = false;
  for (let j: usize = 0; j < <usize>width; j++) {
    let factor = 1.0;
    if (norm != NORM_NONE) {
      const deviation = task & TASK_GIVEN ? <f64>load<f32>(deviations + (j << 2)) : load<f64>(COLUMN_SUM + (j << 3));
      factor = factorFrom(deviation, load<usize>(GAIN), group + <i32>j);
    }
    const at = kept + (step ? j << 2 : 0);
    if (weights) factor *= <f64>load<f32>(weights + at);
    const first = firstStep(factor);
    if (first != 1) inTwo = true;
    store<f32>(COLUMN_FIRST + (j << 2), first);
    store<f32>(COLUMN_SCALE + (j << 2), <f32>(factor / <f64>first));
    store<f32>(COLUMN_SHIFT + (j << 2), biases ? load<f32>(biases + at) : -0.0);
  }
  run(Pass.Apply, base, width);
}
