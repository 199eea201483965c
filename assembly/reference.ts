// The exact mean, sum of terms and scale of each group of a bundle, tile by tile.

import {
  CONSTANT,
  COUNT,
  EPS,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  POWER,
  TOP,
} from "../src/layout";
import { LARGEST_SPACE } from "../src/report";
import { padded, width } from "./bundle";
import { addLargest, LARGEST_BYTES, largestBytes, startLargest, sumLargest } from "./largest";
import {
  LARGEST_STATES,
  REAL_HIGH,
  REAL_LEAST,
  REAL_LOW,
  REAL_MOST,
  REAL_SCALE,
  REAL_ZERO,
  SUM_EXACT,
  SUM_X,
  TILE_R,
  TILE_V,
} from "./memory";
import { power } from "./power";
import {
  addReals,
  distances,
  divideReal,
  extremeReals,
  finishExtremes,
  finishReals,
  realOf,
  realTerms,
  setReal,
  startExtremes,
  startReals,
  widen,
} from "./reals";

/** Before the first tile of a bundle. Without addMean() and finishMean(), distances are from zero. */
export function startReference(): void {
  startReals(SUM_X);
  startReals(SUM_EXACT);
  memory.fill(REAL_ZERO, 0, 256);
  memory.fill(REAL_HIGH, 0, 256);
  memory.fill(REAL_LOW, 0, 256);
  startExtremes(REAL_MOST, REAL_LEAST);
  if (load<i32>(NORM) == NORM_TOP) {
    const k = load<i32>(TOP);
    for (let j = 0; j < width; j++) {
      startLargest(LARGEST_STATES + LARGEST_BYTES * j, load<usize>(LARGEST_SPACE) + largestBytes(k) * j, k);
    }
  }
}

/** Adds n elements of each group, TILE_R. They stand in TILE_V then. */
export function addMean(n: i32): void {
  widen(TILE_R, TILE_V, n);
  addReals(SUM_X, TILE_V, n);
}

export function finishMean(): void {
  finishReals(SUM_X);
  for (let j = 0; j < width; j++) divideReal(SUM_X, j, load<f64>(COUNT), REAL_HIGH, REAL_LOW);
}

/** Adds the terms of n elements of each group, TILE_R. */
export function addTerms(n: i32): void {
  const norm = load<i32>(NORM);
  distances(TILE_R, REAL_HIGH, REAL_LOW, TILE_V, n);
  if (norm == NORM_LINF || norm == NORM_RANGE) {
    extremeReals(TILE_V, n, REAL_MOST, REAL_LEAST);
    return;
  }
  if (norm != NORM_TOP) {
    realTerms(TILE_V, n);
    addReals(SUM_EXACT, TILE_V, n);
    return;
  }
  const pitch = (<usize>padded) << 3;
  for (let j = 0; j < width; j++) {
    const from = TILE_V + ((<usize>j) << 3);
    addLargest(LARGEST_STATES + LARGEST_BYTES * j, from, from + pitch * n, pitch);
  }
}

export function finishTerms(): void {
  const norm = load<i32>(NORM);
  if (norm == NORM_LINF || norm == NORM_RANGE) {
    finishExtremes(REAL_MOST, REAL_LEAST);
    for (let j = 0; j < width; j++) {
      const most = realOf(REAL_MOST, j);
      const least = realOf(REAL_LEAST, j);
      store<f64>(SUM_EXACT + ((<usize>j) << 3), norm == NORM_RANGE ? most - least : max(most, -least));
    }
  } else if (norm == NORM_TOP) {
    for (let j = 0; j < width; j++) sumLargest(LARGEST_STATES + LARGEST_BYTES * j, SUM_EXACT + ((<usize>j) << 3));
  }
  finishReals(SUM_EXACT);
  for (let j = 0; j < width; j++) setReal(REAL_SCALE, j, exactScale(realOf(SUM_EXACT, j)));
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
