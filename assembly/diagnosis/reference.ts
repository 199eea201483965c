// The exact mean, sum of terms and scale of each group of a bundle, tile by tile.

import { COUNT, INPUT_STORAGE, STORAGE_FLOAT16, TOP } from "../../src/abi/plan";
import { LARGEST_SPACE } from "../../src/abi/report";
import { padded } from "../emulated/bundle";
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
import { Norm, Reduction, reductionIn, TermKind } from "../norms/norm";
import { Float64, scaleOfStatistic } from "../norms/scale";
import { traitsOf, withNorm } from "../norms/with-norm";
import { extremeColumns, extremes, NO_HIGH, NO_LOW } from "../reductions/extremes";
import { width } from "../tensors/groups";
import { fitUnits, hasUnit, leaveUnit, Share, scaleInUnit, startPowers } from "./powers";
import {
  AnyAdder,
  addReals,
  Distance,
  divideReal,
  fill,
  finishReals,
  GridAdder,
  Held,
  Itself,
  laneStep,
  RisingAdder,
  realOf,
  rowsOf,
  setReal,
  startReals,
  TermOf,
  vectorsOf,
} from "./reals";
import { isGiven } from "./stages";
import { addLargest, largestBytes, startLargest, sumLargest } from "./top-float64";

/** Bytes of the states of a bundle at LARGEST_SPACE. */
export function bytesOfLargest(): i64 {
  return reductionIn(traitsOf()) == Reduction.Largest && !isGiven() ? 4 * largestBytes(load<i32>(TOP)) : 0;
}

/** Before the first tile of a bundle. Without addMean() and finishMean(), distances are from zero. */
export function startReference(): void {
  startReals(SUM_X);
  startReals(SUM_EXACT);
  startPowers();
  clearVectors(REAL_HIGH, 2 * BUNDLE_DOUBLES);
  startExtremes(EXTREME_HIGH, EXTREME_LOW);
  if (reductionIn(traitsOf()) == Reduction.Largest) {
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
  const reduction = reductionIn(traitsOf());
  if (reduction == Reduction.Sum) {
    withNorm<AddTerms, void>(0, 0, n);
  } else if (reduction == Reduction.Largest) {
    fill<Distance>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
    const pitch = (<usize>padded) << 3;
    for (let j = 0; j < width; j++) {
      const from = TILE_V + ((<usize>j) << 3);
      addLargest(LARGEST_STATES + LARGEST_BYTES * j, from, from + pitch * n, pitch);
    }
  } else {
    addExtremes(TILE_R, n, EXTREME_HIGH, EXTREME_LOW);
  }
}

class AddTerms {
  @inline
  takes<N extends Norm>(): bool {
    return changetype<N>(0).reduction() == Reduction.Sum;
  }
  of<N extends Norm>(_x: f64, _y: f64, n: i32, _j: i32, _k: i32, _p: usize, _q: usize): void {
    if (changetype<N>(0).kind() != TermKind.Other) {
      addReals<TermOf<N, Distance>, RisingAdder>(SUM_EXACT, TILE_R, n);
      return;
    }
    fill<Distance>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
    fitUnits(n);
    addReals<TermOf<N, Share<Held>>, RisingAdder>(SUM_EXACT, TILE_R, n);
  }
}

export function finishTerms(): void {
  const reduction = reductionIn(traitsOf());
  for (let j = 0; j < width; j++) {
    const to = SUM_EXACT + ((<usize>j) << 3);
    if (reduction == Reduction.Largest) {
      sumLargest(LARGEST_STATES + LARGEST_BYTES * j, to);
    } else if (reduction != Reduction.Sum) {
      // distances keep the order of the elements
      const most = realOf(REAL_HIGH, j);
      const rest = realOf(REAL_LOW, j);
      const high = extremeOf(EXTREME_HIGH, j) - most - rest;
      const low = extremeOf(EXTREME_LOW, j) - most - rest;
      const range = extremeOf(EXTREME_HIGH, j) - extremeOf(EXTREME_LOW, j);
      // NaN where the mean is infinite
      store<f64>(to, reduction == Reduction.Range ? range + 0 * most : max(high, -low));
    }
  }
  finishReals(SUM_EXACT);
  for (let j = 0; j < width; j++) {
    const scale = hasUnit(j) ? scaleInUnit(j) : exactScale(realOf(SUM_EXACT, j));
    setReal(REAL_SCALE, j, scale);
    if (hasUnit(j)) leaveUnit(j);
  }
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

/** S of the sum of the terms, of the largest of them, or of what the extremes give. */
export function exactScale(sum: f64): f64 {
  return scaleOfStatistic<Float64>(traitsOf(), sum);
}
