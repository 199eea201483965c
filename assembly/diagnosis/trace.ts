// Traces an emulated normalization: every operation up to the scale watched, every group held against the exact one.
//
// A bundle of groups goes through the stages of emulated/emulate.ts tile by tile, with the exact sums beside the emulated ones. What
// the later sweeps over the elements need of a group is left in its record (group-results.ts, element-errors.ts).

import { FORMAT_ACCUMULATE, FORMAT_COMPUTE, FORMAT_STATISTICS, TOP } from "../../src/abi/plan";
import {
  CENTRE_STAGE,
  DEVIATION_STAGE,
  ERRORS,
  ERRORS_BYTES,
  INPUT_STAGE,
  LARGEST_SUM,
  MEAN_ROUNDED_STAGE,
  MEAN_STAGE,
  STAGE_COUNT,
  SUM_STAGE,
  TERM_STAGE,
} from "../../src/abi/report";
import { Bundle, padded, setGroup, startBundles, stretch } from "../emulated/bundle";
import { gridOfTerms } from "../emulated/emulate";
import { addLargest, startLargest, sumLargest } from "../emulated/largest";
import { addTile, finishSums, startSums } from "../emulated/sums";
import { COMPUTE, holdsSums, STATISTICS } from "../formats/format";
import { roundQuotient, roundSum, Unwatched } from "../formats/operations";
import { clearVectors, copyVectors } from "../lanes/vectors";
import {
  BUNDLE_DOUBLES,
  BUNDLE_SUMS,
  DIVISOR,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SUM,
  REAL_MEAN_SUM,
  REAL_SIZES,
  SUM_ROUNDED,
  SUM_TERMS,
  SUM_X,
  TAKEN_HIGH,
  TAKEN_LOW,
  TILE_R,
  TILE_T,
  TILE_X,
} from "../memory";
import { kindIn, Reduction, reductionIn } from "../norms/norm";
import { scaleOfStatistic } from "../norms/scale";
import { traitsOf } from "../norms/with-norm";
import { checkErrors, checkGroup, checkTrace } from "../preconditions";
import { count, group, width } from "../tensors/groups";
import { startErrors } from "./error-statistics";
import {
  enterStage,
  finishFinding,
  noteNumber,
  prepareWatch,
  startEvents,
  startFinding,
  takeAllGroups,
  takeGroup,
  unplaced,
  Watched,
} from "./events";
import { traceGiven } from "./given";
import { attributeMean, attributeSum, finishGroup } from "./group-results";
import { holdInput } from "./pairs";
import {
  AnyAdder,
  addReals,
  addSizes,
  addTo,
  finishReals,
  finishSizes,
  GridAdder,
  Itself,
  realOf,
  startReals,
} from "./reals";
import {
  addExtremes,
  addMean,
  addTerms,
  bytesOfLargest,
  extremeOf,
  finishMean,
  finishTerms,
  startExtremes,
  startReference,
} from "./reference";
import {
  centre,
  isCentred,
  isExactInput,
  isGiven,
  nextWatchedBundle,
  readElements,
  roundInput,
  takeTerms,
} from "./stages";
import { placeTile } from "./tile-indices";
import { divideBy, toCompute, WatchedNumbers } from "./watched-numbers";
import { gatherErrors, WatchedSums } from "./watched-sums";

/**
 * Runs the plan: all stages but the output. |e| of the input, where those of the stage and in total are the same, are total
 * errors.
 */
export function trace(): void {
  if (!ASC_NO_ASSERT) {
    checkTrace(bytesOfLargest());
    checkErrors(INPUT_STAGE, false);
  }
  prepareWatch(FORMAT_COMPUTE);
  prepareWatch(FORMAT_ACCUMULATE);
  prepareWatch(FORMAT_STATISTICS);
  startEvents();
  for (let i = 0; i < 2 * STAGE_COUNT; i++) startErrors(ERRORS + ERRORS_BYTES * i);
  store<f64>(LARGEST_SUM, 0);
  startBundles();
  while (nextWatchedBundle()) {
    traceBundle(-1, -1);
    if (unplaced()) {
      startFinding();
      traceBundle(-1, -1);
      finishFinding();
    }
    for (let j = 0; j < width; j++) finishGroup(j);
  }
}

/** The parts of the total error of stage MEAN_STAGE or SUM_STAGE of a group, to PART_BEFORE and the following. */
export function attribute(stage: i32, number: i32): void {
  if (!ASC_NO_ASSERT) {
    checkTrace(bytesOfLargest());
    checkGroup(number);
    assert((stage == MEAN_STAGE || stage == SUM_STAGE) && !isGiven());
  }
  startBundles();
  while (nextWatchedBundle()) if (number < group + width) break;
  const j = number - group;
  startFinding();
  traceBundle(stage, j);
  finishFinding();
  if (stage == MEAN_STAGE) attributeMean(j);
  else attributeSum(j);
}

/**
 * One bundle from the input to the reciprocal. May be done twice. The errors of the additions of `stage` are gathered for
 * group `wanted`, if there are those.
 */
function traceBundle(stage: i32, wanted: i32): void {
  if (isGiven()) {
    traceGiven();
    return;
  }
  const centred = isCentred();
  const traits = traitsOf();
  const reduction = reductionIn(traits);
  startReference();
  if (centred) {
    gatherErrors(stage == MEAN_STAGE ? wanted : -1);
    traceMean();
    if (stage == MEAN_STAGE) return;
  }
  gatherErrors(stage == SUM_STAGE ? wanted : -1);
  traceTerms(centred, reduction);
  if (reduction == Reduction.None) return;
  for (let j = 0; j < width; j++) {
    takeGroup(j);
    enterStage(DEVIATION_STAGE, FORMAT_STATISTICS);
    divideBy(j, scaleOfStatistic<WatchedNumbers>(traits, realOf(GROUP_SUM, j)));
  }
  takeAllGroups();
}

function traceMean(): void {
  const exactInput = isExactInput();
  startReals(SUM_ROUNDED);
  clearVectors(REAL_SIZES, BUNDLE_DOUBLES);
  enterStage(MEAN_STAGE, FORMAT_ACCUMULATE);
  startSums<WatchedSums>(padded, false, COMPUTE);
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    readElements(from, n);
    enterStage(INPUT_STAGE, FORMAT_COMPUTE);
    placeTile(from);
    const x = roundInput<Watched>(n);
    holdInput(x, from, n);
    addMean(n);
    addSizes(REAL_SIZES, TILE_R, n);
    if (!exactInput) addNumbers(SUM_ROUNDED, x, n, COMPUTE);
    enterStage(MEAN_STAGE, FORMAT_ACCUMULATE);
    addTile<WatchedSums>(x, n, from);
  }
  finishSums<WatchedSums>(REAL_MEAN_SUM);
  finishMean();
  finishSizes(REAL_SIZES);
  if (exactInput) copyVectors(SUM_X, SUM_ROUNDED, BUNDLE_SUMS);
  else finishReals(SUM_ROUNDED);
  const n = load<f64>(DIVISOR);
  for (let j = 0; j < width; j++) {
    const sum = realOf(REAL_MEAN_SUM, j);
    takeGroup(j);
    enterStage(MEAN_STAGE, FORMAT_STATISTICS);
    const mean = roundQuotient(sum, n, STATISTICS);
    noteNumber(sum, n, sum / n, sum != 0, mean);
    setGroup(GROUP_MEAN, j, mean);
    setGroup(GROUP_NEGATED, j, -mean);
    toCompute(MEAN_ROUNDED_STAGE, mean);
  }
  takeAllGroups();
}

/** Adds n numbers of a format of each group. */
function addNumbers(sums: usize, x: usize, n: i32, f: usize): void {
  if (holdsSums(f)) addReals<Itself, GridAdder>(sums, x, n);
  else addReals<Itself, AnyAdder>(sums, x, n);
}

function traceTerms(centred: bool, reduction: Reduction): void {
  const sums = reduction == Reduction.Sum;
  startReals(SUM_TERMS);
  if (sums) startSums<WatchedSums>(padded, false, gridOfTerms(kindIn(traitsOf()), centred));
  else startSelection(reduction);
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    let x = isExactInput() ? TILE_R : TILE_X;
    if (!Bundle.whole() || !centred) {
      readElements(from, n);
      enterStage(INPUT_STAGE, FORMAT_COMPUTE);
      placeTile(from);
      x = centred ? roundInput<Unwatched>(n) : roundInput<Watched>(n);
      if (!centred) holdInput(x, from, n);
    }
    placeTile(from);
    enterStage(CENTRE_STAGE, FORMAT_STATISTICS);
    const d = centre<Watched>(x, n);
    if (reduction == Reduction.None) continue;
    addTerms(n);
    enterStage(TERM_STAGE, FORMAT_STATISTICS);
    takeTerms<Watched>(d, n, TILE_T);
    if (sums) {
      addNumbers(SUM_TERMS, TILE_T, n, gridOfTerms(kindIn(traitsOf()), centred));
      enterStage(SUM_STAGE, FORMAT_ACCUMULATE);
      addTile<WatchedSums>(TILE_T, n, from);
    } else {
      selectFrom(reduction, d, n);
    }
  }
  if (reduction == Reduction.None) return;
  finishTerms();
  enterStage(SUM_STAGE, FORMAT_ACCUMULATE);
  if (sums) finishSums<WatchedSums>(GROUP_SUM);
  else finishSelection(reduction);
  finishReals(SUM_TERMS);
}

// --- norms that take some of the terms --------------------------------------------------------------------------

function startSelection(reduction: Reduction): void {
  if (reduction == Reduction.Largest) startLargest();
  else startExtremes(TAKEN_HIGH, TAKEN_LOW);
}

function selectFrom(reduction: Reduction, d: usize, n: i32): void {
  if (reduction == Reduction.Largest) addLargest(d, n);
  else addExtremes(d, n, TAKEN_HIGH, TAKEN_LOW);
}

/** GROUP_SUM and SUM_TERMS of the k largest, of the largest, of the range. */
function finishSelection(reduction: Reduction): void {
  const grid = gridOfTerms(kindIn(traitsOf()), isCentred());
  for (let j = 0; j < width; j++) {
    const sum = GROUP_SUM + ((<usize>j) << 3);
    const exactSum = SUM_TERMS + ((<usize>j) << 3);
    takeGroup(j);
    if (reduction == Reduction.Largest) {
      const largest = sumLargest<WatchedSums>(j, grid, sum);
      for (let i = 0; i < load<i32>(TOP); i++) addTo(exactSum, <f64>load<f32>(largest + ((<usize>i) << 2)));
      continue;
    }
    const high = extremeOf(TAKEN_HIGH, j);
    const low = extremeOf(TAKEN_LOW, j);
    const exact = reduction == Reduction.Range ? high - low : max(high, -low);
    const extreme = reduction == Reduction.Range ? roundSum(high, -low, STATISTICS) : exact;
    if (reduction == Reduction.Range) {
      enterStage(SUM_STAGE, FORMAT_STATISTICS);
      noteNumber(high, low, exact, high != low, extreme);
    }
    store<f64>(exactSum, exact);
    store<f64>(sum, extreme);
  }
  takeAllGroups();
}
