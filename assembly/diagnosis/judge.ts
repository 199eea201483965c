// Outputs that are given, held against the exact ones.

import { BIAS, INPUT, INPUT_STORAGE, STORAGE_FLOAT32, WEIGHT } from "../../src/abi/plan";
import {
  EXACT_HEAD_BYTES,
  EXACT_LARGEST,
  EXACT_SIZES,
  EXACT_VALUES,
  INPUT_STAGE,
  KNOWN_MULTIPLES,
  KNOWN_NOTHING,
  KNOWN_SCALES,
  KNOWN_VALUES,
  RECORD_BYTES,
  RECORDS,
  TOTAL,
} from "../../src/abi/report";
import { Bundle, gatherTile, startBundles, stretch } from "../emulated/bundle";
import { LARGEST_STATES, REAL_SCALE, SUM_EXACT, TILE_X } from "../memory";
import { isScaled, kindIn, Reduction, reductionIn, TermKind } from "../norms/norm";
import { traitsOf } from "../norms/with-norm";
import { checkErrors, checkInput, checkRecords, checkValues } from "../preconditions";
import { count, group } from "../tensors/groups";
import { Layout } from "../tensors/offsets";
import { holdExact, placeOfValues, recall } from "./element-errors";
import { startErrors } from "./error-statistics";
import { takeGiven } from "./given";
import { errorsOf, holdKept, holdKeptInPlace, stateOf } from "./pairs";
import { addTo, hasRest, LOW, realOf } from "./reals";
import { addMean, addTerms, exactScale, finishMean, finishTerms, startReference } from "./reference";
import { isCentred, isGiven, nextWatchedBundle, readElements } from "./stages";
import { placeTile } from "./tile-indices";
import { addLargest, expectAbove, hasLargest, leastLargest, sumLargest } from "./top-float64";

/**
 * Error statistics of outputs that stand where the total errors of the input go, float32, against the exact output, in the unit
 * that was set. They are overwritten by their |e|. `known`: what the records say of the groups, one of the KNOWN constants. With
 * KNOWN_SCALES, the exact values go to EXACT_VALUES, if there is such a place, for those who then know them; but those of tiles
 * that do not end with their vectors are made each time.
 */
export function judge(known: i32): void {
  if (!ASC_NO_ASSERT) {
    checkInput();
    checkErrors(INPUT_STAGE, false);
    assert(known >= KNOWN_NOTHING && known <= KNOWN_MULTIPLES);
    if (known != KNOWN_NOTHING) checkRecords();
    if (known >= KNOWN_SCALES) checkValues(known != KNOWN_SCALES);
    assert(known != KNOWN_MULTIPLES || (load<usize>(WEIGHT) | load<usize>(BIAS)) == 0);
  }
  startErrors(stateOf(INPUT_STAGE, TOTAL));
  expected = -1;
  const scales = known == KNOWN_SCALES || known == KNOWN_VALUES;
  // another norm may take other groups together, but for rows that are taken one by one
  const has =
    load<usize>(EXACT_VALUES) != 0 &&
    (known == KNOWN_VALUES || (known == KNOWN_MULTIPLES && !Layout.columnwise() && !Bundle.sequential()));
  startBundles();
  while (nextWatchedBundle()) {
    let ratio = 1.0;
    if (scales) {
      // where all exact values are kept, nothing else is asked for
      if (!has || hasRest(count)) recall(false);
    } else {
      ratio = has ? ratioOfKept() : 0;
      if (!isRatio(ratio)) ratio = referenceBundle(known);
    }
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      const values = has ? placeOfValues(n) : 0;
      const kept = values && isRatio(ratio);
      if (!kept && (scales || !Bundle.whole())) readElements(from, n);
      placeTile(from);
      if (kept && Bundle.adjoins(n)) {
        holdKeptInPlace(INPUT_STAGE, TOTAL, values, ratio, from, n);
        continue;
      }
      readOutputs(from, n);
      if (kept) holdKept(INPUT_STAGE, TOTAL, TILE_X, values, ratio, from, n);
      else holdExact(INPUT_STAGE, TILE_X, from, n, known == KNOWN_SCALES);
    }
  }
}

function isRatio(x: f64): bool {
  return x > 0 && x < Infinity;
}

function scaleOfRecord(): f64 {
  return load<f64>(load<usize>(RECORDS) + RECORD_BYTES * group, 16);
}

/**
 * What turns the exact outputs of a row that are kept, which are distances by the scale of its record, into distances by the mean or
 * the greatest of them, or by the k largest; 0 for other norms.
 */
function ratioOfKept(): f64 {
  const traits = traitsOf();
  const reduction = reductionIn(traits);
  const ofSizes = reduction == Reduction.Sum && kindIn(traits) == TermKind.Size;
  if (hasRest(count) || !(ofSizes || reduction == Reduction.Largest || reduction == Reduction.Greatest)) return 0;
  startReference();
  let greatest = 0.0;
  if (reduction == Reduction.Largest) {
    // rows are much alike
    takeLargest(expected);
    if (!hasLargest(LARGEST_STATES)) takeLargest(-1);
    sumLargest(LARGEST_STATES, SUM_EXACT);
    expected = reinterpret<i64>(0.875 * leastLargest(LARGEST_STATES));
  } else {
    let values = load<usize>(EXACT_VALUES);
    for (let from = 0; from < count; from += stretch) {
      if (ofSizes) addTo(SUM_EXACT, load<f64>(values, EXACT_SIZES));
      greatest = max(greatest, load<f64>(values, EXACT_LARGEST));
      values += EXACT_HEAD_BYTES + ((<usize>min(stretch, count - from)) << 3);
    }
  }
  const statistic = reduction == Reduction.Greatest ? greatest : load<f64>(SUM_EXACT) + load<f64>(SUM_EXACT, LOW);
  const scale = scaleOfRecord();
  return scale / exactScale(statistic * scale);
}

/** What the k largest exact outputs of the next row will be above, as those of the last one were, and more; -1 before the first. */
let expected: i64 = -1;

/** The largest exact outputs of the row that are kept, which are expected to be above a threshold. */
function takeLargest(threshold: i64): void {
  expectAbove(LARGEST_STATES, threshold);
  let values = load<usize>(EXACT_VALUES);
  for (let from = 0; from < count; from += stretch) {
    const end = values + EXACT_HEAD_BYTES + ((<usize>min(stretch, count - from)) << 3);
    addLargest(LARGEST_STATES, values + EXACT_HEAD_BYTES, end, 8);
    values = end;
  }
}

/**
 * The exact mean and scale of the groups of the bundle. Returns the scale in the record of the first group by this one, which is what
 * turns outputs that are kept of a row into those by this scale; of no meaning without a record, 0 where statistics are given.
 */
function referenceBundle(known: i32): f64 {
  if (Bundle.whole()) readElements(0, count);
  if (isGiven()) {
    takeGiven();
    return 0;
  }
  startReference();
  if (known != KNOWN_NOTHING) recall(false);
  const passes = isScaled(traitsOf()) ? 2 : 1;
  for (let pass = isCentred() && known == KNOWN_NOTHING ? 0 : 1; pass < passes; pass++) {
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!Bundle.whole()) readElements(from, n);
      if (pass == 0) addMean(n);
      else addTerms(n);
    }
    if (pass == 0) finishMean();
    else finishTerms();
  }
  return scaleOfRecord() / realOf(REAL_SCALE, 0);
}

/** TILE_X = the outputs that are judged. */
function readOutputs(from: i32, n: i32): void {
  const input = load<usize>(INPUT);
  const storage = load<i32>(INPUT_STORAGE);
  store<usize>(INPUT, errorsOf(INPUT_STAGE, TOTAL));
  store<i32>(INPUT_STORAGE, STORAGE_FLOAT32);
  gatherTile(from, n, TILE_X);
  store<usize>(INPUT, input);
  store<i32>(INPUT_STORAGE, storage);
}
