// Emulated arithmetic: every operation rounded, in a stated order. A sequence of rounded vector operations over tiles.
//
// The groups at hand are a bundle of `width` groups side by side (sums.ts): a panel of columns, rows that were
// transposed (many rows in sequential order), or a single row.

import {
  BIAS,
  CONSTANT,
  COUNT,
  DEVIATION,
  EPS,
  GAIN,
  MEAN,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_NONE,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  POWER,
  SCALE,
  SCALE_DIVIDE,
  SCALE_GAIN,
  SCRATCH,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TASK_TOTAL,
  TOP,
  WEIGHT,
} from "../../src/abi/plan";
import { Add, Divide, Multiply, roundNumber, roundQuotient, Unwatched } from "../formats/operations";
import { power } from "../lanes/power";
import { fromOrdered, magnitude } from "../lanes/vectors";
import {
  GROUP_BIAS,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_SUM,
  GROUP_TOP,
  GROUP_WEIGHT,
  PANEL_CENTRE,
  PANEL_HIGH,
  PANEL_LOW,
  PANEL_REST,
  TILE,
  TILE_B,
  TILE_T,
  TILE_W,
  TILE_X,
  TOP_BYTES,
} from "../memory";
import { checkPlan } from "../preconditions";
import { extremeColumns, extremes, NO_HIGH, NO_LOW } from "../reductions/extremes";
import { addTop, finishTop, sortDown, startTop, topBufferBytes, topColumns } from "../reductions/top";
import { isUniform, weightOffset } from "../tensors/offsets";
import { copy, readMagnitudes } from "../tensors/tiles";
import {
  across,
  bare,
  betweenTiles,
  count,
  fillBundle,
  format,
  group,
  groupOf,
  nextBundle,
  padded,
  readTile,
  setGroup,
  startBundles,
  stretch,
  weightTile,
  whole,
  width,
  writeTile,
} from "./bundle";
import { UnwatchedSums } from "./quick-sums";
import { addTile, finishSums, startSums } from "./sums";

export function rounded(x: f64): f64 {
  return roundNumber(x, format);
}

/** Runs the plan. */
export function emulate(): void {
  if (!ASC_NO_ASSERT) checkPlan();
  startBundles();
  while (nextBundle()) {
    fillBundle();
    const centred = scales();
    if (load<i32>(TASK) & TASK_APPLY) output(centred);
  }
  readMagnitudes(false);
}

/**
 * Means and statistics of the bundle; for an output GROUP_NEGATED, GROUP_SCALE and, if the bundle is whole, distances in
 * TILE_X. Returns whether they are taken from a mean.
 */
export function scales(): bool {
  const task = load<i32>(TASK);
  const means = load<usize>(MEAN) + ((<usize>group) << 2);
  if (load<usize>(MEAN) && task & TASK_GIVEN) {
    for (let j = 0; j < width; j++) setGroup(GROUP_MEAN, j, rounded(<f64>load<f32>(means + ((<usize>j) << 2))));
  } else if (task & TASK_CENTRE) {
    startSums<UnwatchedSums>(padded, false);
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!whole) readTile(from, n, TILE_X);
      addTile<UnwatchedSums>(TILE_X, n, from);
    }
    finishSums<UnwatchedSums>(GROUP_SUM);
    for (let j = 0; j < width; j++) {
      const mean = roundQuotient(load<f64>(GROUP_SUM + ((<usize>j) << 3)), load<f64>(COUNT), format);
      setGroup(GROUP_MEAN, j, mean);
      if (load<usize>(MEAN)) store<f32>(means + ((<usize>j) << 2), <f32>mean);
    }
  }
  const centred = (task & (TASK_CENTRE | TASK_GIVEN)) != 0;
  if (centred) {
    for (let j = 0; j < width; j++) setGroup(GROUP_NEGATED, j, -groupOf(GROUP_MEAN, j));
    if (whole) across<Add>(GROUP_NEGATED, count);
  }

  const deviations = load<usize>(DEVIATION) + ((<usize>group) << 2);
  const given = (task & TASK_GIVEN) != 0;
  if (task & TASK_NORM) statistics(centred);
  for (let j = 0; j < width; j++) {
    let raw = load<f64>(GROUP_SUM + ((<usize>j) << 3));
    let deviation = 0.0;
    if (task & TASK_NORM) {
      raw = rawFrom(raw);
      deviation = deviationFrom(raw);
      if (load<usize>(DEVIATION)) store<f32>(deviations + ((<usize>j) << 2), <f32>deviation);
    } else if (given) {
      deviation = rounded(<f64>load<f32>(deviations + ((<usize>j) << 2)));
      raw = rounded(deviation * deviation);
    }
    if (task & TASK_APPLY) setGroup(GROUP_SCALE, j, factorFrom(raw, deviation, j));
  }
  return centred;
}

// --- statistics -------------------------------------------------------------------------------------------

/** The sum or extreme of the norm of each group into GROUP_SUM. */
export function statistics(centred: bool): void {
  const norm = load<i32>(NORM);
  const k = load<i32>(TOP);
  const sums = norm == NORM_L1 || norm == NORM_L2 || norm == NORM_POWER;
  if (sums) startSums<UnwatchedSums>(padded, true);
  for (let j: usize = 0; j < (<usize>padded) << 2; j += 16) {
    v128.store(PANEL_HIGH + j, i32x4.splat(NO_HIGH));
    v128.store(PANEL_LOW + j, i32x4.splat(NO_LOW));
  }
  if (norm == NORM_TOP) {
    v128.store(PANEL_CENTRE, i32x4.splat(0));
    v128.store(PANEL_REST, i32x4.splat(0));
    for (let j = 0; j < width; j++) {
      startTop(GROUP_TOP + TOP_BYTES * j, load<usize>(SCRATCH) + topBufferBytes(k) * j, k);
    }
  }
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    if (!whole) {
      readTile(from, n, TILE_X);
      if (centred) across<Add>(GROUP_NEGATED, n);
    }
    if (sums) {
      if (!bare) terms(norm, n);
      addTile<UnwatchedSums>(bare ? TILE_X : TILE_T, n, from);
    } else if (norm == NORM_TOP) {
      if (padded == 1) addTop(GROUP_TOP, TILE_X, n);
      else topColumns(TILE_X, (<usize>padded) << 2, n, 0, width, GROUP_TOP);
    } else if (padded == 1) {
      extremes(TILE_X, n, PANEL_HIGH, PANEL_LOW);
    } else {
      extremeColumns(TILE_X, (<usize>padded) << 2, n, padded);
    }
  }
  if (sums) {
    finishSums<UnwatchedSums>(GROUP_SUM);
  } else if (norm == NORM_TOP) {
    for (let j = 0; j < width; j++) store<f64>(GROUP_SUM + ((<usize>j) << 3), sumLargest(GROUP_TOP + TOP_BYTES * j, k));
  } else {
    for (let j: usize = 0; j < (<usize>width) << 2; j += 4) {
      const high = <f64>fromOrdered(load<i32>(PANEL_HIGH + j));
      const low = <f64>fromOrdered(load<i32>(PANEL_LOW + j));
      const extreme = norm == NORM_RANGE ? rounded(high - low) : max(high, -low);
      store<f64>(GROUP_SUM + (j << 1), extreme);
    }
  }
}

/** TILE_T = the terms of n elements of each group. */
function terms(norm: i32, n: i32): void {
  const bytes = (<usize>(n * padded)) << 2;
  if (norm == NORM_L2) {
    betweenTiles<Multiply, Unwatched>(TILE_X, TILE_X, n, TILE_T);
  } else if (norm == NORM_L1) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(TILE_T + at, magnitude(v128.load(TILE_X + at)));
  } else {
    const p = load<f64>(POWER);
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(TILE_T + at, <f32>rounded(power(abs(<f64>load<f32>(TILE_X + at)), p)));
    }
  }
}

/** The k largest of a top-k state, summed from the largest down. */
function sumLargest(state: usize, k: i32): f64 {
  const largest = finishTop(state);
  sortDown(largest, k);
  startSums<UnwatchedSums>(1, true);
  for (let from = 0; from < k; from += TILE) {
    const n = min(TILE, k - from);
    copy(largest + ((<usize>from) << 2), TILE_T, n);
    addTile<UnwatchedSums>(TILE_T, n, from);
  }
  finishSums<UnwatchedSums>(TILE_T);
  return load<f64>(TILE_T);
}

/** The variance (L2), the mean of the terms (L1, top-k, Lp) or the extreme, rounded. */
function rawFrom(sum: f64): f64 {
  const norm = load<i32>(NORM);
  if (norm == NORM_TOP) return roundQuotient(sum, <f64>load<i32>(TOP), format);
  if (norm == NORM_LINF || norm == NORM_RANGE) return sum;
  return load<i32>(TASK) & TASK_TOTAL ? rounded(sum) : roundQuotient(sum, load<f64>(COUNT), format);
}

function deviationFrom(raw: f64): f64 {
  const norm = load<i32>(NORM);
  let deviation = raw;
  if (norm == NORM_L2) deviation = rounded(sqrt(raw));
  if (norm == NORM_POWER) deviation = rounded(power(raw, 1 / load<f64>(POWER)));
  const constant = load<f64>(CONSTANT);
  return constant == 1 ? deviation : rounded(deviation * rounded(constant));
}

/** 1/S, g/norm, or the norm to divide by. */
export function factorFrom(raw: f64, deviation: f64, j: i32): f64 {
  const norm = load<i32>(NORM);
  const scale = load<i32>(SCALE);
  if (norm == NORM_NONE) return 1;
  if (scale == SCALE_DIVIDE) return deviation == 0 ? 1 : deviation;
  if (scale == SCALE_GAIN) {
    return rounded(rounded(<f64>load<f32>(load<usize>(GAIN) + ((<usize>(group + j)) << 2))) / deviation);
  }
  const eps = rounded(load<f64>(EPS));
  const given = (load<i32>(TASK) & TASK_GIVEN) != 0;
  let s = 0.0;
  if (norm == NORM_L2) {
    const variance = load<f64>(CONSTANT) == 1 ? raw : rounded(deviation * deviation);
    s = rounded(sqrt(rounded(variance + eps)));
  } else if (norm == NORM_POWER && !given) {
    s = deviationFrom(rounded(raw + eps));
  } else {
    s = rounded(deviation + eps);
  }
  return rounded(1 / s);
}

// --- output ------------------------------------------------------------------------------------------------

function output(centred: bool): void {
  const norm = load<i32>(NORM);
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  const uniform = (weights | biases) != 0 && isUniform();
  if (uniform) {
    for (let j = 0; j < width; j++) {
      const at = (<usize>weightOffset(group + j)) << 2;
      if (weights) setGroup(GROUP_WEIGHT, j, rounded(<f64>load<f32>(weights + at)));
      if (biases) setGroup(GROUP_BIAS, j, rounded(<f64>load<f32>(biases + at)));
    }
  }
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    if (!whole) {
      readTile(from, n, TILE_X);
      if (centred) across<Add>(GROUP_NEGATED, n);
    }
    if (norm != NORM_NONE) {
      if (load<i32>(SCALE) == SCALE_DIVIDE) across<Divide>(GROUP_SCALE, n);
      else across<Multiply>(GROUP_SCALE, n);
    }
    if (uniform) {
      if (weights) across<Multiply>(GROUP_WEIGHT, n);
      if (biases) across<Add>(GROUP_BIAS, n);
    } else {
      if (weights) {
        weightTile(WEIGHT, from, n, TILE_W);
        betweenTiles<Multiply, Unwatched>(TILE_X, TILE_W, n, TILE_X);
      }
      if (biases) {
        weightTile(BIAS, from, n, TILE_B);
        betweenTiles<Add, Unwatched>(TILE_X, TILE_B, n, TILE_X);
      }
    }
    writeTile(from, n, TILE_X);
  }
}
