// Traces an emulated normalization: every operation up to the scale watched, every group held against the exact one.
//
// A bundle of groups goes through the stages of emulate.ts tile by tile, with the exact sums beside the emulated ones. What
// the later sweeps over the elements need of a group is left in its record (sweep.ts).

import {
  CONSTANT,
  COUNT,
  EPS,
  EXACT,
  FORMAT_ACCUMULATE,
  FORMAT_COMPUTE,
  KEPT_TOTAL,
  LAYOUT,
  LAYOUT_COLUMNS,
  LENGTH,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_NONE,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  POWER,
  SCRATCH,
  TASK,
  TASK_CENTRE,
  TOP,
} from "../src/layout";
import {
  CENTRE_STAGE,
  CONDITIONS,
  DEVIATION_STAGE,
  ERRORS,
  ERRORS_BYTES,
  GROUP_ERRORS,
  INPUT_STAGE,
  LARGEST_SUM,
  MEAN_STAGE,
  OWN,
  PART_ADDITIONS,
  PART_BEFORE,
  PART_FINAL,
  PART_TOTAL,
  RECIPROCAL_STAGE,
  RECORD_BYTES,
  RECORDS,
  STAGE_COUNT,
  SUM_STAGE,
  TERM_STAGE,
  TOTAL,
} from "../src/report";
import { count, format, group, groupOf, padded, setGroup, stretch, whole, width } from "./bundle";
import { nextBundle, startBundles } from "./bundles";
import { extremeColumns, topColumns } from "./column-sums";
import { measurePair, setUnitOf, startErrors } from "./errors";
import {
  enterStage,
  finishFinding,
  noteNumber,
  placeEvents,
  prepareWatch,
  startEvents,
  startFinding,
  takeAllGroups,
  takeGroup,
  unplaced,
} from "./events";
import { extremes, NO_HIGH, NO_LOW } from "./extremes";
import {
  COLUMN_CENTRE,
  COLUMN_HIGH,
  COLUMN_LOW,
  COLUMN_REST,
  GATHERED,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_SUM,
  GROUP_TOP,
  REAL_DEVIATION,
  REAL_HIGH,
  REAL_LOW,
  REAL_MEAN_SUM,
  REAL_SCALE,
  REAL_SIZES,
  SUM_EXACT,
  SUM_ROUNDED,
  SUM_TERMS,
  SUM_X,
  TILE,
  TILE_T,
  TILE_V,
  TILE_X,
} from "./memory";
import { power } from "./power";
import {
  addReals,
  addSizes,
  addTo,
  divideReal,
  finishReals,
  finishSizes,
  LOW,
  productRest,
  realOf,
  startReals,
  widen,
} from "./reals";
import { addMean, addTerms, exactScale, finishMean, finishTerms, startReference } from "./reference";
import { formatAt, roundNumber, roundQuotient } from "./rounding";
import { centre, isExactInput, readElements, roundInput, takeTerms, traceStages } from "./stages";
import { copy } from "./tiles";
import { addTop, finishTop, sortDown, startTop, TOP_BYTES, topBufferBytes } from "./top";
import { addTraced, finishTraced, gatherErrors, startTraced } from "./traced-sums";
import { copyVectors, fromOrdered } from "./vectors";

/** The stage whose additions are gathered, of group `wanted` of the bundle; -1 for none. */
let gathering: i32 = -1;
let wanted: i32 = 0;

function gather(stage: i32): void {
  gatherErrors(stage == gathering ? wanted : -1);
}

function rounded(x: f64): f64 {
  return roundNumber(x, format);
}

/** Whether the sum of the terms is a sum of all of them. */
function addsAll(norm: i32): bool {
  return norm == NORM_L1 || norm == NORM_L2 || norm == NORM_POWER;
}

/** Runs the plan: all stages but the output. */
export function trace(): void {
  prepareWatch(FORMAT_COMPUTE, formatAt(FORMAT_COMPUTE));
  prepareWatch(FORMAT_ACCUMULATE, formatAt(FORMAT_ACCUMULATE));
  startEvents();
  for (let i = 0; i < 2 * STAGE_COUNT; i++) startErrors(ERRORS + ERRORS_BYTES * i);
  store<f64>(LARGEST_SUM, 0);
  startBundles();
  while (nextBundle()) {
    traceBundle();
    if (unplaced()) {
      startFinding();
      traceBundle();
      finishFinding();
    }
    for (let j = 0; j < width; j++) finishGroup(j);
  }
}

/** The parts of the total error of stage MEAN_STAGE or SUM_STAGE of a group, to PART_BEFORE and the following. */
export function attribute(stage: i32, number: i32): void {
  startBundles();
  while (nextBundle()) if (number < group + width) break;
  gathering = stage;
  wanted = number - group;
  startFinding();
  traceBundle();
  finishFinding();
  gathering = -1;
  if (stage == MEAN_STAGE) attributeMean(wanted);
  else attributeSum(wanted);
}

/** One bundle from the input to the reciprocal. May be done twice. */
function traceBundle(): void {
  const centred = (load<i32>(TASK) & TASK_CENTRE) != 0;
  const norm = load<i32>(NORM);
  startReference();
  if (centred) traceMean();
  traceTerms(centred, norm);
  if (norm == NORM_NONE) return;
  for (let j = 0; j < width; j++) {
    const s = deviationOf(j, realOf(GROUP_SUM, j));
    store<f64>(REAL_DEVIATION + ((<usize>j) << 3), s);
    enterStage(RECIPROCAL_STAGE, FORMAT_COMPUTE);
    const inverse = rounded(1 / s);
    noteNumber(j, 1, s, 1 / s, true, inverse);
    setGroup(GROUP_SCALE, j, inverse);
  }
}

function traceMean(): void {
  const exactInput = isExactInput();
  startReals(SUM_ROUNDED);
  memory.fill(REAL_SIZES, 0, 256);
  enterStage(MEAN_STAGE, FORMAT_ACCUMULATE);
  gather(MEAN_STAGE);
  startTraced(padded, true);
  traceStages(true);
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    readElements(from, n);
    enterStage(INPUT_STAGE, FORMAT_COMPUTE);
    placeEvents(from);
    roundInput(n);
    addMean(n);
    addSizes(REAL_SIZES, TILE_V, n);
    if (!exactInput) {
      widen(TILE_X, TILE_V, n);
      addReals(SUM_ROUNDED, TILE_V, n);
    }
    enterStage(MEAN_STAGE, FORMAT_ACCUMULATE);
    addTraced(TILE_X, from, n);
  }
  finishTraced(GROUP_SUM);
  finishMean();
  finishSizes(REAL_SIZES);
  if (exactInput) copyVectors(SUM_X, SUM_ROUNDED, 512);
  else finishReals(SUM_ROUNDED);
  enterStage(MEAN_STAGE, FORMAT_COMPUTE);
  const n = load<f64>(COUNT);
  for (let j = 0; j < width; j++) {
    const sum = realOf(GROUP_SUM, j);
    const mean = roundQuotient(sum, n, format);
    noteNumber(j, sum, n, sum / n, sum != 0, mean);
    setGroup(GROUP_MEAN, j, mean);
    setGroup(GROUP_NEGATED, j, -mean);
  }
  // those of the terms take their place
  copyVectors(GROUP_SUM, REAL_MEAN_SUM, 256);
}

function traceTerms(centred: bool, norm: i32): void {
  const sums = addsAll(norm);
  startReals(SUM_TERMS);
  gather(SUM_STAGE);
  if (sums) startTraced(padded, true);
  else startSelection(norm);
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    if (!whole || !centred) {
      traceStages(!centred);
      readElements(from, n);
      enterStage(INPUT_STAGE, FORMAT_COMPUTE);
      placeEvents(from);
      roundInput(n);
    }
    traceStages(true);
    placeEvents(from);
    if (centred) {
      enterStage(CENTRE_STAGE, FORMAT_COMPUTE);
      centre(n);
    }
    if (norm == NORM_NONE) continue;
    addTerms(n);
    enterStage(TERM_STAGE, FORMAT_COMPUTE);
    takeTerms(n);
    if (sums) {
      widen(TILE_T, TILE_V, n);
      addReals(SUM_TERMS, TILE_V, n);
      enterStage(SUM_STAGE, FORMAT_ACCUMULATE);
      addTraced(TILE_T, from, n);
    } else {
      selectFrom(norm, n);
    }
  }
  if (norm == NORM_NONE) return;
  finishTerms();
  enterStage(SUM_STAGE, FORMAT_ACCUMULATE);
  if (sums) finishTraced(GROUP_SUM);
  else finishSelection(norm);
  finishReals(SUM_TERMS);
}

// --- norms that take some of the terms --------------------------------------------------------------------------

function startSelection(norm: i32): void {
  for (let j: usize = 0; j < (<usize>padded) << 2; j += 16) {
    v128.store(COLUMN_HIGH + j, i32x4.splat(NO_HIGH));
    v128.store(COLUMN_LOW + j, i32x4.splat(NO_LOW));
  }
  if (norm != NORM_TOP) return;
  const k = load<i32>(TOP);
  v128.store(COLUMN_CENTRE, i32x4.splat(0));
  v128.store(COLUMN_REST, i32x4.splat(0));
  for (let j = 0; j < width; j++) {
    startTop(GROUP_TOP + TOP_BYTES * j, load<usize>(SCRATCH) + topBufferBytes(k) * j, k);
  }
}

function selectFrom(norm: i32, n: i32): void {
  const pitch = (<usize>padded) << 2;
  if (norm == NORM_TOP) {
    if (padded == 1) addTop(GROUP_TOP, TILE_X, n);
    else topColumns(TILE_X, pitch, n, 0, width, GROUP_TOP);
  } else if (padded == 1) {
    extremes(TILE_X, n, COLUMN_HIGH, COLUMN_LOW);
  } else {
    extremeColumns(TILE_X, pitch, n, padded);
  }
}

/** GROUP_SUM and SUM_TERMS of the k largest, of the largest, of the range. */
function finishSelection(norm: i32): void {
  for (let j = 0; j < width; j++) {
    const to = SUM_TERMS + ((<usize>j) << 3);
    if (norm == NORM_TOP) {
      addLargest(GROUP_TOP + TOP_BYTES * j, j, to);
      continue;
    }
    const high = <f64>fromOrdered(load<i32>(COLUMN_HIGH + ((<usize>j) << 2)));
    const low = <f64>fromOrdered(load<i32>(COLUMN_LOW + ((<usize>j) << 2)));
    const exact = norm == NORM_RANGE ? high - low : max(high, -low);
    const extreme = norm == NORM_RANGE ? rounded(exact) : exact;
    if (norm == NORM_RANGE) {
      enterStage(SUM_STAGE, FORMAT_COMPUTE);
      noteNumber(j, high, low, exact, high != low, extreme);
    }
    store<f64>(to, exact);
    store<f64>(GROUP_SUM + ((<usize>j) << 3), extreme);
  }
}

/** The k largest of group j, added from the largest down, to GROUP_SUM, and exactly to a sum of reals. */
function addLargest(state: usize, j: i32, to: usize): void {
  const k = load<i32>(TOP);
  const largest = finishTop(state);
  sortDown(largest, k);
  takeGroup(j);
  startTraced(1, false);
  for (let from = 0; from < k; from += TILE) {
    const n = min(TILE, k - from);
    copy(largest + ((<usize>from) << 2), TILE_T, n);
    for (let i = 0; i < n; i++) addTo(to, <f64>load<f32>(TILE_T + ((<usize>i) << 2)));
    addTraced(TILE_T, from, n);
  }
  finishTraced(TILE_V);
  takeAllGroups();
  store<f64>(GROUP_SUM + ((<usize>j) << 3), load<f64>(TILE_V));
}

// --- the scale ----------------------------------------------------------------------------------------------------

/** Emulated S of group j, every operation watched. */
function deviationOf(j: i32, sum: f64): f64 {
  const norm = load<i32>(NORM);
  const n = norm == NORM_TOP ? <f64>load<i32>(TOP) : load<f64>(COUNT);
  enterStage(DEVIATION_STAGE, FORMAT_COMPUTE);
  let s = sum;
  if (norm != NORM_LINF && norm != NORM_RANGE) {
    s = roundQuotient(sum, n, format);
    noteNumber(j, sum, n, sum / n, sum != 0, s);
  }
  if (norm == NORM_L2) {
    const variance = plusEps(j, s);
    s = rounded(sqrt(variance));
    noteNumber(j, variance, 1, sqrt(variance), variance != 0, s);
    return s;
  }
  if (norm == NORM_POWER) {
    const mean = plusEps(j, s);
    const root = power(mean, 1 / load<f64>(POWER));
    s = rounded(root);
    noteNumber(j, mean, 1, root, mean != 0, s);
  }
  const factor = rounded(load<f64>(CONSTANT));
  const product = rounded(s * factor);
  noteNumber(j, s, factor, s * factor, s != 0 && factor != 0, product);
  return norm == NORM_POWER ? product : plusEps(j, product);
}

function plusEps(j: i32, x: f64): f64 {
  const eps = rounded(load<f64>(EPS));
  const sum = rounded(x + eps);
  noteNumber(j, x, eps, x + eps, x + eps != 0, sum);
  return sum;
}

// --- what becomes of a group ----------------------------------------------------------------------------------------

function stateOf(stage: i32, kind: i32): usize {
  return ERRORS + ERRORS_BYTES * (2 * stage + kind);
}

/** Error statistics, condition number and record of group j. */
function finishGroup(j: i32): void {
  const centred = (load<i32>(TASK) & TASK_CENTRE) != 0;
  const norm = load<i32>(NORM);
  const g = group + j;
  const n = load<f64>(COUNT);
  let special = false;
  let condition = 1.0;
  setUnitOf(format);
  if (centred) {
    const mean = groupOf(GROUP_MEAN, j);
    divideReal(SUM_ROUNDED, j, n, TILE_V, TILE_V + 256);
    hold(MEAN_STAGE, 0, g, mean, realOf(TILE_V, j), realOf(REAL_HIGH, j));
    const sum = abs(realOf(SUM_X, j));
    special = !(sum < Infinity);
    if (!special) store<f64>(LARGEST_SUM, max(load<f64>(LARGEST_SUM), sum));
    condition = realOf(REAL_SIZES, j) / sum;
  }
  const record = load<usize>(RECORDS) + RECORD_BYTES * g;
  let absorbs = false;
  if (norm != NORM_NONE) {
    const exact = realOf(SUM_EXACT, j);
    const terms = realOf(SUM_TERMS, j);
    const adds = addsAll(norm) || norm == NORM_TOP;
    const sum = load<i32>(EXACT) && adds ? terms : realOf(GROUP_SUM, j);
    if (!(abs(exact) < Infinity)) special = true;
    if (!load<i32>(EXACT) && adds) setUnitOf(formatAt(FORMAT_ACCUMULATE));
    hold(SUM_STAGE, 2, g, sum, terms, exact);
    setUnitOf(format);
    const s = realOf(REAL_DEVIATION, j);
    const scale = realOf(REAL_SCALE, j);
    hold(DEVIATION_STAGE, 4, g, s, exactScale(sum), scale);
    hold(RECIPROCAL_STAGE, 6, g, groupOf(GROUP_SCALE, j), 1 / s, 1 / scale);
    absorbs = !special && abs(s) == Infinity;
    store<f64>(record, scale, 16);
    store<f32>(record, <f32>groupOf(GROUP_SCALE, j), 28);
  }
  store<f64>(record, realOf(REAL_HIGH, j), 0);
  store<f64>(record, realOf(REAL_LOW, j), 8);
  store<f32>(record, centred ? <f32>groupOf(GROUP_MEAN, j) : 0, 24);
  store<i32>(record, absorbs ? 1 : 0, 32);
  store<f64>(load<usize>(CONDITIONS) + ((<usize>g) << 3), condition);
}

/** Adds a group to the statistics of a stage; `slot`: the array of GROUP_ERRORS that has its own error. */
function hold(stage: i32, slot: i32, g: i32, computed: f64, own: f64, total: f64): void {
  const groups = load<i32>(KEPT_TOTAL) * (load<i32>(LAYOUT) == LAYOUT_COLUMNS ? load<i32>(LENGTH) : 1);
  const at = load<usize>(GROUP_ERRORS) + ((<usize>(slot * groups + g)) << 2);
  store<f32>(at, measurePair(stateOf(stage, OWN), computed, own, g));
  store<f32>(at + ((<usize>groups) << 2), measurePair(stateOf(stage, TOTAL), computed, total, g));
}

// --- where an error comes from ------------------------------------------------------------------------------------

function reportParts(before: f64, additions: f64, final: f64, total: f64): void {
  store<f64>(PART_BEFORE, before);
  store<f64>(PART_ADDITIONS, additions);
  store<f64>(PART_FINAL, final);
  store<f64>(PART_TOTAL, total);
}

/** The difference of sums j. */
function difference(a: usize, b: usize, j: i32): f64 {
  return realOf(a, j) - realOf(b, j) + (realOf(a + LOW, j) - realOf(b + LOW, j));
}

function attributeMean(j: i32): void {
  const n = load<f64>(COUNT);
  const mean = groupOf(GROUP_MEAN, j);
  const exact = load<i32>(EXACT) != 0;
  const sum = exact ? realOf(SUM_ROUNDED, j) : realOf(REAL_MEAN_SUM, j);
  const rest = exact ? realOf(SUM_ROUNDED + LOW, j) : 0;
  const product = mean * n;
  const final = (product - sum + (productRest(mean, n, product) - rest)) / n;
  const additions = exact ? 0 : (load<f64>(GATHERED) + load<f64>(GATHERED, LOW)) / n;
  const total = mean - realOf(REAL_HIGH, j) - realOf(REAL_LOW, j);
  reportParts(difference(SUM_ROUNDED, SUM_X, j) / n, additions, final, total);
}

function attributeSum(j: i32): void {
  const exact = load<i32>(EXACT) != 0;
  const sum = realOf(GROUP_SUM, j);
  const additions = exact ? 0 : load<f64>(GATHERED) + load<f64>(GATHERED, LOW);
  const before = difference(SUM_TERMS, SUM_EXACT, j);
  const total = exact ? before : sum - realOf(SUM_EXACT, j) - realOf(SUM_EXACT + LOW, j);
  reportParts(before, additions, 0, total);
}
