// What becomes of a group that was traced: its error statistics, its record, the parts of its error.

import { COUNT, EXACT, KEPT_TOTAL, LAYOUT, LAYOUT_COLUMNS, LENGTH, TAIL, TAIL_STEPS } from "../../src/abi/plan";
import {
  CONDITIONS,
  DEVIATION_STAGE,
  GROUP_ERRORS,
  LARGEST_SUM,
  MEAN_ROUNDED_STAGE,
  MEAN_STAGE,
  OWN,
  PART_ADDITIONS,
  PART_BEFORE,
  PART_FINAL,
  PART_TOTAL,
  RECIPROCAL_ROUNDED_STAGE,
  RECIPROCAL_STAGE,
  RECORD_BYTES,
  RECORDS,
  SUM_STAGE,
  TOTAL,
} from "../../src/abi/report";
import { groupOf } from "../emulated/bundle";
import { ACCUMULATE, COMPUTE, STATISTICS } from "../formats/format";
import { roundNumber } from "../formats/operations";
import {
  BUNDLE_DOUBLES,
  GATHERED,
  GROUP_MEAN,
  GROUP_SCALE,
  GROUP_SUM,
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
  TILE_V,
} from "../memory";
import { Reduction, reductionIn } from "../norms/norm";
import { traitsOf } from "../norms/with-norm";
import { group } from "../tensors/groups";
import { measurePair, setUnitOf } from "./error-statistics";
import { givenDeviation } from "./given";
import { stateOf } from "./pairs";
import { heldSum } from "./powers";
import { divideReal, LOW, productRest, realOf } from "./reals";
import { exactScale } from "./reference";
import { isCentred, isGiven } from "./stages";

/** Error statistics, condition number and record of group j. */
export function finishGroup(j: i32): void {
  const centred = isCentred();
  const reduction = reductionIn(traitsOf());
  const g = group + j;
  const n = load<f64>(COUNT);
  let special = false;
  let condition = 1.0;
  const apart = load<i32>(TAIL) == TAIL_STEPS;
  setUnitOf(STATISTICS);
  if (isGiven()) {
    const mean = groupOf(GROUP_MEAN, j);
    const exact = realOf(REAL_HIGH, j);
    hold(MEAN_STAGE, 0, g, mean, exact, exact);
    if (apart) holdRounded(MEAN_ROUNDED_STAGE, 8, g, mean, exact);
    special = !(abs(exact) < Infinity && realOf(REAL_SIZES, j) < Infinity);
    // no sum, but the largest of what there is in its place
    if (abs(exact) < Infinity) store<f64>(LARGEST_SUM, max(load<f64>(LARGEST_SUM), abs(exact)));
    condition = NaN;
  } else if (centred) {
    const mean = groupOf(GROUP_MEAN, j);
    divideReal(SUM_ROUNDED, j, n, TILE_V, TILE_V + BUNDLE_DOUBLES);
    hold(MEAN_STAGE, 0, g, mean, realOf(TILE_V, j), realOf(REAL_HIGH, j));
    if (apart) holdRounded(MEAN_ROUNDED_STAGE, 8, g, mean, realOf(REAL_HIGH, j));
    const sum = abs(realOf(SUM_X, j));
    special = !(sum < Infinity);
    if (!special) store<f64>(LARGEST_SUM, max(load<f64>(LARGEST_SUM), sum));
    condition = realOf(REAL_SIZES, j) / sum;
  }
  const record = load<usize>(RECORDS) + RECORD_BYTES * g;
  let absorbs = false;
  if (reduction != Reduction.None) {
    const s = realOf(REAL_DEVIATION, j);
    const scale = realOf(REAL_SCALE, j);
    if (isGiven()) {
      if (!(abs(givenDeviation(j)) < Infinity)) special = true;
      hold(DEVIATION_STAGE, 4, g, s, scale, scale);
    } else {
      const exact = heldSum(j);
      const terms = realOf(SUM_TERMS, j);
      const adds = reduction == Reduction.Sum || reduction == Reduction.Largest;
      const sum = load<i32>(EXACT) && adds ? terms : realOf(GROUP_SUM, j);
      if (!(abs(exact) < Infinity)) special = true;
      if (!load<i32>(EXACT) && adds) setUnitOf(ACCUMULATE);
      hold(SUM_STAGE, 2, g, sum, terms, exact);
      setUnitOf(STATISTICS);
      hold(DEVIATION_STAGE, 4, g, s, exactScale(sum), scale);
    }
    hold(RECIPROCAL_STAGE, 6, g, groupOf(GROUP_SCALE, j), 1 / s, 1 / scale);
    if (apart) holdRounded(RECIPROCAL_ROUNDED_STAGE, 10, g, groupOf(GROUP_SCALE, j), 1 / scale);
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

/** A number of the statistics that went to the compute format. */
function holdRounded(stage: i32, slot: i32, g: i32, x: f64, total: f64): void {
  setUnitOf(COMPUTE);
  hold(stage, slot, g, roundNumber(x, COMPUTE), x, total);
  setUnitOf(STATISTICS);
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

export function attributeMean(j: i32): void {
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

export function attributeSum(j: i32): void {
  const exact = load<i32>(EXACT) != 0;
  const sum = realOf(GROUP_SUM, j);
  const additions = exact ? 0 : load<f64>(GATHERED) + load<f64>(GATHERED, LOW);
  const before = difference(SUM_TERMS, SUM_EXACT, j);
  const total = exact ? before : sum - realOf(SUM_EXACT, j) - realOf(SUM_EXACT + LOW, j);
  reportParts(before, additions, 0, total);
}
