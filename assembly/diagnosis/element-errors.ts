// Error statistics of the elements: one sweep over the tensor for one stage, against the exact results of the same inputs
// or of the original data. What the groups have to know stands in their records (trace.ts).

import {
  BIAS,
  FORMAT_COMPUTE,
  INPUT,
  INPUT_STORAGE,
  STORAGE_FLOAT32,
  TAIL,
  TAIL_FOLDED,
  TAIL_SAME,
  TAIL_STEPS,
  WEIGHT,
} from "../../src/abi/plan";
import {
  ABSORBED,
  CENTRE_STAGE,
  EXACT_HEAD_BYTES,
  EXACT_VALUES,
  INPUT_STAGE,
  KNOWN_MULTIPLES,
  KNOWN_NOTHING,
  KNOWN_SCALES,
  KNOWN_VALUES,
  OUTPUT_STAGE,
  OWN,
  RECORD_BYTES,
  RECORDS,
  SHIFT_STAGE,
  SLOPE_STAGE,
  TERM_STAGE,
  TOTAL,
  TOTAL_ERRORS,
} from "../../src/abi/report";
import { Bundle, gatherTile, padded, setGroup, startBundles, stretch } from "../emulated/bundle";
import { COMPUTE, STATISTICS } from "../formats/format";
import { roundNumber, Unwatched } from "../formats/operations";
import {
  GROUP_NEGATED,
  GROUP_SCALE,
  REAL_HIGH,
  REAL_INVERSE,
  REAL_LOW,
  REAL_MEAN,
  REAL_SCALE,
  TILE_B,
  TILE_R,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled, kindIn, Norm, TermKind } from "../norms/norm";
import { Sizes } from "../norms/terms";
import { traitsOf, withNorm } from "../norms/with-norm";
import { checkErrors, checkInput, checkRecords, checkTrace, checkValues } from "../preconditions";
import { count, group, width } from "../tensors/groups";
import { Layout } from "../tensors/offsets";
import { setUnitOf, startErrors } from "./error-statistics";
import { enterStage, finishFinding, startFinding, unplaced, Watched } from "./events";
import { foldTile, holdFactors, multiplyAndAdd } from "./folded";
import { takeGiven } from "./given";
import { hold, holdEqual, holdKept, stateOf } from "./pairs";
import { HeldTerm } from "./powers";
import {
  Distance,
  FromMean,
  FromMeanScaled,
  fill,
  Held,
  hasRest,
  Itself,
  laneStep,
  Quotient,
  realOf,
  rowsOf,
  Scaled,
  setReal,
  shiftReals,
  TermOf,
  vectorsOf,
} from "./reals";
import { addMean, addTerms, bytesOfLargest, finishMean, finishTerms, startReference } from "./reference";
import {
  centre,
  fromRoundedMean,
  isCentred,
  isGiven,
  nextWatchedBundle,
  readElements,
  readWeights,
  roundInput,
  roundWeights,
  scaleAndShift,
  takeTerms,
} from "./stages";
import { placeTile } from "./tile-indices";

/**
 * Error statistics of a stage behind the input that has a value for each element. |e| go to OWN_ERRORS and TOTAL_ERRORS,
 * float32. With the output go its events.
 */
export function sweep(stage: i32): void {
  if (!ASC_NO_ASSERT) {
    checkTrace(bytesOfLargest());
    checkErrors(true);
    const factors = load<i32>(TAIL) == TAIL_FOLDED && (stage == SLOPE_STAGE || stage == SHIFT_STAGE);
    assert(factors || stage == CENTRE_STAGE || stage == TERM_STAGE || stage == OUTPUT_STAGE);
  }
  startErrors(stateOf(stage, OWN));
  startErrors(stateOf(stage, TOTAL));
  store<f64>(ABSORBED, 0);
  startBundles();
  setUnitOf(stage == CENTRE_STAGE || stage == TERM_STAGE ? STATISTICS : COMPUTE);
  while (nextWatchedBundle()) {
    let absorbing = recall(stage == OUTPUT_STAGE && load<i32>(TAIL) == TAIL_STEPS);
    if (stage == SLOPE_STAGE || stage == SHIFT_STAGE) {
      holdFactors(stage);
      continue;
    }
    for (let from = 0; from < count; from += stretch) {
      absorbing = sweepTile(stage, from, min(stretch, count - from), absorbing);
    }
    if (stage != OUTPUT_STAGE) continue;
    store<f64>(ABSORBED, load<f64>(ABSORBED) + <f64>popcnt(absorbing));
    if (unplaced()) {
      startFinding();
      for (let from = 0; from < count; from += stretch) findOutput(from, min(stretch, count - from));
      finishFinding();
    }
  }
}

/**
 * What the records say about the groups of the bundle, with the emulated mean and 1 / S rounded to the compute format or not;
 * the groups where an infinity was divided by, as bits.
 */
function recall(rounds: bool): i32 {
  let absorbing = 0;
  for (let j = 0; j < width; j++) {
    const record = load<usize>(RECORDS) + RECORD_BYTES * (group + j);
    let mean = <f64>load<f32>(record, 24);
    let factor = <f64>load<f32>(record, 28);
    if (rounds) {
      mean = roundNumber(mean, COMPUTE);
      factor = roundNumber(factor, COMPUTE);
    }
    setGroup(GROUP_NEGATED, j, -mean);
    setGroup(GROUP_SCALE, j, factor);
    setReal(REAL_MEAN, j, mean);
    setReal(REAL_INVERSE, j, factor);
    setReal(REAL_HIGH, j, load<f64>(record, 0));
    setReal(REAL_LOW, j, load<f64>(record, 8));
    setReal(REAL_SCALE, j, load<f64>(record, 16));
    absorbing |= load<i32>(record, 32) << j;
  }
  return absorbing;
}

/** One tile; `absorbing`: groups where an infinity was divided by and all outputs so far are finite, which it returns. */
function sweepTile(stage: i32, from: i32, n: i32, absorbing: i32): i32 {
  placeTile(from);
  readElements(from, n);
  const x = roundInput<Unwatched>(n);
  if (stage == OUTPUT_STAGE && load<i32>(TAIL) != TAIL_SAME) {
    const y = load<i32>(TAIL) == TAIL_STEPS ? holdSteps(x, from, n) : holdFolded(x, from, n);
    return absorbing ? absorbing & ~lostIn(y, n) : 0;
  }
  const d = centre<Unwatched>(x, n);
  if (stage == CENTRE_STAGE) {
    hold<FromMean>(stage, OWN, d, x, from, n);
    hold<Distance>(stage, TOTAL, d, TILE_R, from, n);
  } else if (stage == OUTPUT_STAGE) {
    const y = holdOutput(d, from, n);
    if (absorbing) return absorbing & ~lostIn(y, n);
  } else {
    holdTerms(d, from, n);
  }
  return absorbing;
}

/** Terms stand where the weights of the output do: writing errors back takes TILE_T. */
function holdTerms(d: usize, from: i32, n: i32): void {
  takeTerms<Unwatched>(d, n, TILE_W);
  if (kindIn(traitsOf()) == TermKind.Size) {
    holdEqual(TERM_STAGE, OWN, TILE_W, n);
    hold<TermOf<Sizes, Distance>>(TERM_STAGE, TOTAL, TILE_W, TILE_R, from, n);
  } else {
    withNorm<HoldTerms, void>(0, 0, from, n, 0, d);
  }
}

class HoldTerms {
  @inline
  takes<N extends Norm>(): bool {
    return changetype<N>(0).kind() != TermKind.Size;
  }
  of<N extends Norm>(_x: f64, _y: f64, from: i32, n: i32, _k: i32, d: usize, _q: usize): void {
    if (changetype<N>(0).kind() == TermKind.Other) {
      hold<HeldTerm<N, Itself>>(TERM_STAGE, OWN, TILE_W, d, from, n, true);
      hold<HeldTerm<N, Distance>>(TERM_STAGE, TOTAL, TILE_W, TILE_R, from, n, true);
    } else {
      hold<TermOf<N, Itself>>(TERM_STAGE, OWN, TILE_W, d, from, n);
      hold<TermOf<N, Distance>>(TERM_STAGE, TOTAL, TILE_W, TILE_R, from, n);
    }
  }
}

/**
 * Outputs with their events, and their exact values, shifted by weights and biases as they are. Returns the tile where the
 * outputs stand.
 */
function holdOutput(d: usize, from: i32, n: i32): usize {
  const scaled = isScaled(traitsOf());
  const shifts = (load<usize>(WEIGHT) | load<usize>(BIAS)) != 0;
  if (shifts) {
    readWeights(from, n);
    roundWeights(n);
  }
  enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
  const y = scaleAndShift<Watched>(d, n);
  if (shifts) {
    // once more, without rounding
    readWeights(from, n);
    if (scaled) fill<Scaled>(d, vectorsOf(n), rowsOf(n), laneStep());
    else fill<Itself>(d, vectorsOf(n), rowsOf(n), laneStep());
    shiftByWeights(n);
    hold<Held>(OUTPUT_STAGE, OWN, y, TILE_R, from, n);
  } else if (scaled) hold<Scaled>(OUTPUT_STAGE, OWN, y, d, from, n);
  else hold<Itself>(OUTPUT_STAGE, OWN, y, d, from, n);
  holdTotal(OUTPUT_STAGE, y, from, n);
  return y;
}

/** The same from the elements at x, whose distances are taken once more, in the compute format. */
function holdSteps(x: usize, from: i32, n: i32): usize {
  const scaled = isScaled(traitsOf());
  const shifts = (load<usize>(WEIGHT) | load<usize>(BIAS)) != 0;
  if (shifts) readWeights(from, n);
  // x may stand where the outputs go
  if (scaled) fill<FromMeanScaled>(x, vectorsOf(n), rowsOf(n), laneStep());
  else fill<FromMean>(x, vectorsOf(n), rowsOf(n), laneStep());
  shiftByWeights(n);
  if (shifts) roundWeights(n);
  enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
  const y = scaleAndShift<Watched>(fromRoundedMean<Watched>(x, n), n);
  hold<Held>(OUTPUT_STAGE, OWN, y, TILE_R, from, n);
  holdExact(OUTPUT_STAGE, y, from, n);
  return y;
}

/** The same as x · a + b. */
function holdFolded(x: usize, from: i32, n: i32): usize {
  foldTile(from, n);
  fill<Itself>(x, vectorsOf(n), rowsOf(n), laneStep());
  shiftReals(TILE_W, TILE_B, n);
  enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
  const y = multiplyAndAdd<Watched>(x, n);
  hold<Held>(OUTPUT_STAGE, OWN, y, TILE_R, from, n);
  holdExact(OUTPUT_STAGE, y, from, n);
  return y;
}

/** Adds the pairs of the outputs at y and the exact ones of the elements in TILE_R. */
function holdExact(stage: i32, y: usize, from: i32, n: i32): void {
  if (load<usize>(WEIGHT) | load<usize>(BIAS)) readWeights(from, n);
  holdTotal(stage, y, from, n);
}

/** The same where the weights have been read. */
function holdTotal(stage: i32, y: usize, from: i32, n: i32): void {
  const scaled = isScaled(traitsOf());
  if (load<usize>(WEIGHT) | load<usize>(BIAS)) {
    fillExact(n);
    hold<Held>(stage, TOTAL, y, TILE_R, from, n);
  } else if (scaled) hold<Quotient>(stage, TOTAL, y, TILE_R, from, n);
  else hold<Distance>(stage, TOTAL, y, TILE_R, from, n);
}

/** TILE_V = the exact outputs of the elements in TILE_R. */
function fillExact(n: i32): void {
  if (isScaled(traitsOf())) fill<Quotient>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
  else fill<Distance>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
  shiftByWeights(n);
}

/** TILE_V = TILE_V times the weights in TILE_W plus the biases in TILE_B, as far as there are any. */
function shiftByWeights(n: i32): void {
  shiftReals(load<usize>(WEIGHT) ? TILE_W : 0, load<usize>(BIAS) ? TILE_B : 0, n);
}

/** Groups, as bits, with an output that is not finite: they have not absorbed anything. */
function lostIn(y: usize, n: i32): i32 {
  let lost = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      const at = y + ((<usize>(i * padded + j)) << 2);
      if (!(abs(load<f32>(at)) < Infinity)) lost |= 1 << j;
    }
  }
  return lost;
}

/** The operations of the output once more, for their places. */
function findOutput(from: i32, n: i32): void {
  placeTile(from);
  readElements(from, n);
  const x = roundInput<Unwatched>(n);
  if (load<i32>(TAIL) == TAIL_FOLDED) {
    foldTile(from, n);
    enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
    multiplyAndAdd<Watched>(x, n);
    return;
  }
  const steps = load<i32>(TAIL) == TAIL_STEPS;
  const d = steps ? x : centre<Unwatched>(x, n);
  readWeights(from, n);
  roundWeights(n);
  enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
  scaleAndShift<Watched>(steps ? fromRoundedMean<Watched>(d, n) : d, n);
}

/**
 * Error statistics of outputs that stand at TOTAL_ERRORS, float32, against the exact output, in the unit that was set. They
 * are overwritten by their |e|. `known`: what the records say of the groups, one of the KNOWN constants. With KNOWN_SCALES,
 * the exact values go to EXACT_VALUES, if there is such a place, for those who then know them; but those of tiles that do not
 * end with their vectors are made each time.
 */
export function judge(known: i32): void {
  if (!ASC_NO_ASSERT) {
    checkInput();
    checkErrors(false);
    assert(known >= KNOWN_NOTHING && known <= KNOWN_MULTIPLES);
    if (known != KNOWN_NOTHING) checkRecords();
    if (known >= KNOWN_SCALES) checkValues(known != KNOWN_SCALES);
  }
  startErrors(stateOf(INPUT_STAGE, TOTAL));
  // another norm may take other groups together, but for rows that are taken one by one
  const alone = !Layout.columnwise() && !Bundle.sequential();
  const usable = known == KNOWN_MULTIPLES ? alone : known >= KNOWN_SCALES;
  let values = usable ? load<usize>(EXACT_VALUES) : 0;
  startBundles();
  const scales = known == KNOWN_SCALES || known == KNOWN_VALUES;
  while (nextWatchedBundle()) {
    let ratio = 1.0;
    if (scales) recall(false);
    else ratio = referenceBundle(known);
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      const has = values != 0 && !hasRest(n);
      const kept = has && known != KNOWN_SCALES && ratio > 0 && ratio < Infinity;
      if (!kept && (scales || !Bundle.whole())) readElements(from, n);
      placeTile(from);
      readOutputs(from, n);
      if (kept || (has && scales)) {
        if (!kept) {
          if (load<usize>(WEIGHT) | load<usize>(BIAS)) readWeights(from, n);
          fillExact(n);
        }
        holdKept(INPUT_STAGE, TOTAL, TILE_X, values, kept, ratio, from, n);
      } else holdExact(INPUT_STAGE, TILE_X, from, n);
      if (has) values += EXACT_HEAD_BYTES + ((<usize>(n * padded)) << 3);
    }
  }
  store<usize>(EXACT_VALUES, values);
}

/** The exact mean and scale of the groups of the bundle. Returns the scale of the record over that of the first. */
function referenceBundle(known: i32): f64 {
  if (Bundle.whole()) readElements(0, count);
  if (isGiven()) {
    takeGiven();
    return 0;
  }
  startReference();
  if (known != KNOWN_NOTHING) recall(false);
  const scale = realOf(REAL_SCALE, 0);
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
  return scale / realOf(REAL_SCALE, 0);
}

/** TILE_X = the outputs that are judged. */
function readOutputs(from: i32, n: i32): void {
  const input = load<usize>(INPUT);
  const storage = load<i32>(INPUT_STORAGE);
  store<usize>(INPUT, load<usize>(TOTAL_ERRORS));
  store<i32>(INPUT_STORAGE, STORAGE_FLOAT32);
  gatherTile(from, n, TILE_X);
  store<usize>(INPUT, input);
  store<i32>(INPUT_STORAGE, storage);
}
