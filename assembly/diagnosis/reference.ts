// The exact mean, sum of terms and scale of each group of a bundle, tile by tile.

import {
  CONSTANT,
  COUNT,
  EPS,
  INPUT_STORAGE,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  POWER,
  STORAGE_FLOAT16,
  TOP,
} from "../../src/abi/plan";
import { LARGEST_SPACE } from "../../src/abi/report";
import { padded, width } from "../emulated/bundle";
import { power } from "../lanes/power";
import { clearVectors, copyVectors, fromOrdered } from "../lanes/vectors";
import {
  BUNDLE_DOUBLES,
  BUNDLE_FLOATS,
  EXTREME_HIGH,
  EXTREME_LOW,
  LARGEST_BYTES,
  LARGEST_STATES,
  PANEL_HIGH,
  PANEL_LOW,
  REAL_HIGH,
  REAL_LOW,
  REAL_SCALE,
  SUM_EXACT,
  SUM_X,
  TILE_R,
  TILE_V,
} from "../memory";
import { extremeColumns, extremes, NO_HIGH, NO_LOW } from "../reductions/extremes";
import {
  AnyAdder,
  addReals,
  Distance,
  divideReal,
  fill,
  finishReals,
  GridAdder,
  Itself,
  laneStep,
  PowerOf,
  RisingAdder,
  realOf,
  rowsOf,
  SizeOf,
  SquareOf,
  setReal,
  startReals,
  vectorsOf,
} from "./reals";
import { addLargest, largestBytes, startLargest, sumLargest } from "./top-float64";

/** Before the first tile of a bundle. Without addMean() and finishMean(), distances are from zero. */
export function startReference(): void {
  startReals(SUM_X);
  startReals(SUM_EXACT);
  clearVectors(REAL_HIGH, 2 * BUNDLE_DOUBLES);
  startExtremes(EXTREME_HIGH, EXTREME_LOW);
  if (load<i32>(NORM) == NORM_TOP) {
    const k = load<i32>(TOP);
    for (let j = 0; j < width; j++) {
      startLargest(LARGEST_STATES + LARGEST_BYTES * j, load<usize>(LARGEST_SPACE) + largestBytes(k) * j, k);
    }
  }
}

/** Adds n elements of each group, TILE_R. */
export function addMean(n: i32): void {
  // the sum of a tile of halves is a number
  if (load<i32>(INPUT_STORAGE) == STORAGE_FLOAT16) addReals<Itself, GridAdder>(SUM_X, TILE_R, n);
  else addReals<Itself, AnyAdder>(SUM_X, TILE_R, n);
}

export function finishMean(): void {
  finishReals(SUM_X);
  for (let j = 0; j < width; j++) divideReal(SUM_X, j, load<f64>(COUNT), REAL_HIGH, REAL_LOW);
}

/** Adds the terms of n elements of each group, TILE_R. */
export function addTerms(n: i32): void {
  const norm = load<i32>(NORM);
  if (norm == NORM_LINF || norm == NORM_RANGE) {
    addExtremes(TILE_R, n, EXTREME_HIGH, EXTREME_LOW);
  } else if (norm == NORM_L2) {
    addReals<SquareOf<Distance>, RisingAdder>(SUM_EXACT, TILE_R, n);
  } else if (norm == NORM_L1) {
    addReals<SizeOf<Distance>, RisingAdder>(SUM_EXACT, TILE_R, n);
  } else if (norm == NORM_POWER) {
    addReals<PowerOf<Distance>, RisingAdder>(SUM_EXACT, TILE_R, n);
  } else {
    fill<Distance>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
    const pitch = (<usize>padded) << 3;
    for (let j = 0; j < width; j++) {
      const from = TILE_V + ((<usize>j) << 3);
      addLargest(LARGEST_STATES + LARGEST_BYTES * j, from, from + pitch * n, pitch);
    }
  }
}

export function finishTerms(): void {
  const norm = load<i32>(NORM);
  for (let j = 0; j < width; j++) {
    const to = SUM_EXACT + ((<usize>j) << 3);
    if (norm == NORM_LINF || norm == NORM_RANGE) {
      // distances keep the order of the elements
      const most = realOf(REAL_HIGH, j);
      const rest = realOf(REAL_LOW, j);
      const high = extremeOf(EXTREME_HIGH, j) - most - rest;
      const low = extremeOf(EXTREME_LOW, j) - most - rest;
      const range = extremeOf(EXTREME_HIGH, j) - extremeOf(EXTREME_LOW, j);
      // NaN where the mean is infinite
      store<f64>(to, norm == NORM_RANGE ? range + 0 * most : max(high, -low));
    } else if (norm == NORM_TOP) {
      sumLargest(LARGEST_STATES + LARGEST_BYTES * j, to);
    }
  }
  finishReals(SUM_EXACT);
  for (let j = 0; j < width; j++) setReal(REAL_SCALE, j, exactScale(realOf(SUM_EXACT, j)));
}

// --- extremes: `ordered` integers of each group in lanes of 32 ---------------------------------------------------

export function startExtremes(high: usize, low: usize): void {
  for (let at: usize = 0; at < BUNDLE_FLOATS; at += 16) {
    v128.store(high + at, i32x4.splat(NO_HIGH));
    v128.store(low + at, i32x4.splat(NO_LOW));
  }
}

/** Takes n elements of each group at x. */
export function addExtremes(x: usize, n: i32, high: usize, low: usize): void {
  if (padded == 1) {
    extremes(x, n, high, low);
    return;
  }
  copyVectors(high, PANEL_HIGH, BUNDLE_FLOATS);
  copyVectors(low, PANEL_LOW, BUNDLE_FLOATS);
  extremeColumns(x, (<usize>padded) << 2, n, padded);
  copyVectors(PANEL_HIGH, high, BUNDLE_FLOATS);
  copyVectors(PANEL_LOW, low, BUNDLE_FLOATS);
}

export function extremeOf(lanes: usize, j: i32): f64 {
  return <f64>fromOrdered(load<i32>(lanes + ((<usize>j) << 2)));
}

/** S of the sum of the terms, of the largest of them, or of the range. */
export function exactScale(sum: f64): f64 {
  const norm = load<i32>(NORM);
  const n = load<f64>(COUNT);
  const eps = load<f64>(EPS);
  const constant = load<f64>(CONSTANT);
  if (norm == NORM_L2) return sqrt(sum / n + eps);
  if (norm == NORM_POWER) return constant * power(sum / n + eps, 1 / load<f64>(POWER));
  if (norm == NORM_L1) return constant * (sum / n) + eps;
  if (norm == NORM_TOP) return constant * (sum / <f64>load<i32>(TOP)) + eps;
  return constant * sum + eps;
}
