// Error statistics of the elements: one sweep over the tensor for one stage, against the exact results of the same inputs
// or of the original data. What the groups have to know stands in their records (trace.ts).

import {
  BIAS,
  FORMAT_COMPUTE,
  INPUT,
  INPUT_STORAGE,
  NORM,
  NORM_NONE,
  OUTPUT,
  TASK,
  TASK_CENTRE,
  WEIGHT,
} from "../src/layout";
import {
  ABSORBED,
  CENTRE_STAGE,
  ERRORS,
  ERRORS_BYTES,
  INPUT_STAGE,
  OUTPUT_STAGE,
  OWN,
  RECORD_BYTES,
  RECORDS,
  TERM_STAGE,
  TOTAL,
} from "../src/report";
import { count, format, group, padded, setGroup, stretch, whole, width, writeTile } from "./bundle";
import { nextBundle, outer, start, startBundles } from "./bundles";
import { discountPairs, measure, setUnitOf, startErrors } from "./errors";
import { enterStage, finishFinding, placeEvents, startFinding, unplaced } from "./events";
import {
  GROUP_NEGATED,
  GROUP_SCALE,
  REAL_HIGH,
  REAL_LOW,
  REAL_SCALE,
  REAL_ZERO,
  TILE_B,
  TILE_E,
  TILE_R,
  TILE_T,
  TILE_V,
  TILE_W,
  TILE_X,
} from "./memory";
import { placeTile } from "./places";
import { acrossReals, clearRest, distances, Over, Plus, realTerms, setReal, Times, widen, withReals } from "./reals";
import { addMean, addTerms, finishMean, finishTerms, startReference } from "./reference";
import {
  centre,
  readElements,
  readWeights,
  roundInput,
  roundWeights,
  scaleAndShift,
  takeTerms,
  traceStages,
} from "./stages";

let state: usize = 0;
let stage: i32 = 0;
let kind: i32 = OWN;
/** Groups of the bundle, as bits, where an infinity was divided by and all outputs so far are finite. */
let absorbing: u32 = 0;

function isCentred(): bool {
  return (load<i32>(TASK) & TASK_CENTRE) != 0;
}

/**
 * Error statistics of a stage that has a value for each element, OWN or TOTAL. |e| go to OUTPUT, float32. With the total of
 * the output go its events.
 */
export function sweep(number: i32, which: i32): void {
  stage = number;
  kind = which;
  state = ERRORS + ERRORS_BYTES * (2 * stage + kind);
  const traced = stage == OUTPUT_STAGE && kind == TOTAL;
  startErrors(state);
  if (traced) store<f64>(ABSORBED, 0);
  startBundles();
  setUnitOf(format);
  while (nextBundle()) {
    recall();
    sweepBundle(traced);
    for (; absorbing; absorbing &= absorbing - 1) store<f64>(ABSORBED, load<f64>(ABSORBED) + 1);
    if (traced && unplaced()) {
      startFinding();
      findOutput();
      finishFinding();
    }
  }
}

/** What the records say about the groups of the bundle. */
function recall(): void {
  const own = kind == OWN;
  absorbing = 0;
  memory.fill(REAL_ZERO, 0, 256);
  for (let j = 0; j < width; j++) {
    const record = load<usize>(RECORDS) + RECORD_BYTES * (group + j);
    const mean = <f64>load<f32>(record, 24);
    const factor = <f64>load<f32>(record, 28);
    setGroup(GROUP_NEGATED, j, -mean);
    setGroup(GROUP_SCALE, j, factor);
    setReal(REAL_HIGH, j, own ? mean : load<f64>(record, 0));
    setReal(REAL_LOW, j, own ? 0 : load<f64>(record, 8));
    setReal(REAL_SCALE, j, own ? factor : load<f64>(record, 16));
    absorbing |= load<i32>(record, 32) << j;
  }
}

function sweepBundle(traced: bool): void {
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    readElements(from, n);
    prepareTile(from, n, traced);
    measureTile(from, n, stage == TERM_STAGE ? TILE_T : TILE_X);
    if (absorbing) dropUnabsorbed(n);
  }
}

/** TILE_X (of terms TILE_T) = the stage, TILE_V = what it is held against. */
function prepareTile(from: i32, n: i32, traced: bool): void {
  const own = kind == OWN;
  traceStages(false);
  if (!own && stage != INPUT_STAGE) distances(TILE_R, REAL_HIGH, REAL_LOW, TILE_V, n);
  roundInput(n);
  if (stage == INPUT_STAGE) {
    widen(TILE_R, TILE_V, n);
    return;
  }
  if (own && stage == CENTRE_STAGE) distances(TILE_X, REAL_HIGH, REAL_ZERO, TILE_V, n);
  if (isCentred()) centre(n);
  if (stage == CENTRE_STAGE) return;
  if (own) widen(TILE_X, TILE_V, n);
  if (stage == TERM_STAGE) {
    realTerms(TILE_V, n);
    takeTerms(n);
    return;
  }
  if (load<i32>(NORM) != NORM_NONE) {
    if (own) acrossReals<Times>(TILE_V, REAL_SCALE, n);
    else acrossReals<Over>(TILE_V, REAL_SCALE, n);
  }
  shiftReals(from, n);
  roundWeights(n);
  if (traced) {
    traceStages(true);
    enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
    placeEvents(from);
  }
  scaleAndShift(n);
}

/** TILE_V times the weights, plus the biases, as they are; they stand in their tiles then. */
function shiftReals(from: i32, n: i32): void {
  readWeights(outer, start, from, n);
  if (load<usize>(WEIGHT)) withReals<Times>(TILE_V, TILE_W, n);
  if (load<usize>(BIAS)) withReals<Plus>(TILE_V, TILE_B, n);
}

/** Adds a tile to the statistics. */
function measureTile(from: i32, n: i32, computed: usize): void {
  clearRest(computed, TILE_V, n);
  placeTile(from);
  measure(state, computed, TILE_V, n * padded, TILE_E);
  discountPairs(state, n * (padded - width));
  writeTile(from, n, TILE_E);
}

/** Groups with an output that is not finite have not absorbed anything. */
function dropUnabsorbed(n: i32): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      const y = load<f32>(TILE_X + ((<usize>(i * padded + j)) << 2));
      if (!(abs(y) < Infinity)) absorbing &= ~(1 << j);
    }
  }
}

/** The operations of the output once more, for their places. */
function findOutput(): void {
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    readElements(from, n);
    prepareTile(from, n, true);
  }
}

/**
 * Error statistics of outputs that stand at OUTPUT, float32, against the exact output, in the unit that was set. They are
 * overwritten by their |e|.
 */
export function judge(): void {
  state = ERRORS;
  startErrors(state);
  startBundles();
  while (nextBundle()) {
    referenceBundle();
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!whole) readElements(from, n);
      distances(TILE_R, REAL_HIGH, REAL_LOW, TILE_V, n);
      if (load<i32>(NORM) != NORM_NONE) acrossReals<Over>(TILE_V, REAL_SCALE, n);
      shiftReals(from, n);
      readOutputs(from, n);
      measureTile(from, n, TILE_R);
    }
  }
}

/** The exact mean and scale of the groups of the bundle. */
function referenceBundle(): void {
  startReference();
  if (whole) readElements(0, count);
  const passes = load<i32>(NORM) == NORM_NONE ? 1 : 2;
  for (let pass = isCentred() ? 0 : 1; pass < passes; pass++) {
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!whole) readElements(from, n);
      if (pass == 0) addMean(n);
      else addTerms(n);
    }
    if (pass == 0) finishMean();
    else finishTerms();
  }
}

/** TILE_R = the outputs that are judged. */
function readOutputs(from: i32, n: i32): void {
  const input = load<usize>(INPUT);
  const storage = load<i32>(INPUT_STORAGE);
  store<usize>(INPUT, load<usize>(OUTPUT));
  store<i32>(INPUT_STORAGE, 0);
  readElements(from, n);
  store<usize>(INPUT, input);
  store<i32>(INPUT_STORAGE, storage);
}
