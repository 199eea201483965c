// Error statistics of the elements: one sweep over the tensor for one stage, against the exact results of the same inputs
// or of the original data. What the groups have to know stands in their records (trace.ts).

import { BIAS, FORMAT_COMPUTE, TAIL, TAIL_FOLDED, TAIL_SAME, TAIL_STEPS, WEIGHT } from "../../src/abi/plan";
import {
  ABSORBED,
  CENTRE_STAGE,
  EXACT_HEAD_BYTES,
  EXACT_VALUES,
  OUTPUT_STAGE,
  OUTPUTS,
  OWN,
  RECORD_BYTES,
  RECORDS,
  SHIFT_STAGE,
  SLOPE_STAGE,
  STAGE_COUNT,
  TERM_STAGE,
  TOTAL,
} from "../../src/abi/report";
import { padded, setGroup, startBundles, stretch } from "../emulated/bundle";
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
  TILE_V,
  TILE_W,
} from "../memory";
import { isScaled, kindIn, Norm, TermKind } from "../norms/norm";
import { Sizes } from "../norms/terms";
import { traitsOf, withNorm } from "../norms/with-norm";
import { checkErrors, checkErrorsApart, checkKept, checkTrace } from "../preconditions";
import { count, group, width } from "../tensors/groups";
import { setUnitOf, startErrors } from "./error-statistics";
import { enterStage, finishFinding, startFinding, unplaced, Watched } from "./events";
import { foldTile, holdFactors, multiplyAndAdd } from "./folded";
import { hold, holdEqual, holdFilled, holdKept, stateOf, writeFloats } from "./pairs";
import { HeldTerm } from "./powers";
import {
  Distance,
  FromMean,
  FromMeanScaled,
  fill,
  hasRest,
  Itself,
  laneStep,
  Quotient,
  rowsOf,
  Scaled,
  setReal,
  shiftReals,
  TermOf,
  vectorsOf,
} from "./reals";
import { bytesOfLargest } from "./reference";
import {
  centre,
  fromRoundedMean,
  nextWatchedBundle,
  readElements,
  readWeights,
  roundInput,
  roundWeights,
  scaleAndShift,
  takeTerms,
} from "./stages";
import { keep } from "./tile-errors";
import { placeTile } from "./tile-indices";

/**
 * Error statistics of stages behind the input that have a value for each element: of one, or of `stages`, as bits, in one pass,
 * where the output is made of the distances. |e| go where ELEMENT_ERRORS says. With the output go its events.
 */
export function sweep(stages: i32): void {
  if (!ASC_NO_ASSERT) checkSweep(stages);
  for (let stage = 0; stage < STAGE_COUNT; stage++) {
    if (!has(stages, stage)) continue;
    startErrors(stateOf(stage, OWN));
    startErrors(stateOf(stage, TOTAL));
  }
  store<f64>(ABSORBED, 0);
  const outputs = has(stages, OUTPUT_STAGE);
  startBundles();
  while (nextWatchedBundle()) {
    let absorbing = recall(outputs && load<i32>(TAIL) == TAIL_STEPS);
    if (has(stages, SLOPE_STAGE) || has(stages, SHIFT_STAGE)) {
      setUnitOf(COMPUTE);
      holdFactors(ctz(stages));
      continue;
    }
    for (let from = 0; from < count; from += stretch) {
      absorbing = sweepTile(stages, from, min(stretch, count - from), absorbing);
    }
    if (!outputs) continue;
    store<f64>(ABSORBED, load<f64>(ABSORBED) + <f64>popcnt(absorbing));
    if (unplaced()) {
      startFinding();
      for (let from = 0; from < count; from += stretch) findOutput(from, min(stretch, count - from));
      finishFinding();
    }
  }
}

function has(stages: i32, stage: i32): bool {
  return ((stages >> stage) & 1) != 0;
}

function checkSweep(stages: i32): void {
  checkTrace(bytesOfLargest());
  const factor = load<i32>(TAIL) == TAIL_FOLDED && (stages == 1 << SLOPE_STAGE || stages == 1 << SHIFT_STAGE);
  const elements = (1 << CENTRE_STAGE) | (1 << TERM_STAGE) | (1 << OUTPUT_STAGE);
  assert(factor || (stages != 0 && (stages & ~elements) == 0));
  assert(popcnt(stages) == 1 || load<i32>(TAIL) == TAIL_SAME);
  for (let stage = 0; stage < STAGE_COUNT; stage++) {
    if (!has(stages, stage)) continue;
    checkErrors(stage, true);
    for (let other = 0; other < stage; other++) if (has(stages, other)) checkErrorsApart(stage, other);
  }
  if (has(stages, OUTPUT_STAGE)) checkKept();
}

/**
 * What the records say about the groups of the bundle, with the emulated mean and 1 / S rounded to the compute format or not;
 * the groups where an infinity was divided by, as bits.
 */
export function recall(rounds: bool): i32 {
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
function sweepTile(stages: i32, from: i32, n: i32, absorbing: i32): i32 {
  placeTile(from);
  readElements(from, n);
  const x = roundInput<Unwatched>(n);
  const outputs = has(stages, OUTPUT_STAGE);
  const tail = load<i32>(TAIL);
  let y = x;
  if (outputs && tail != TAIL_SAME) {
    setUnitOf(COMPUTE);
    y = tail == TAIL_STEPS ? holdSteps(x, from, n) : holdFolded(x, from, n);
  } else {
    const d = centre<Unwatched>(x, n);
    setUnitOf(STATISTICS);
    if (has(stages, CENTRE_STAGE)) {
      hold<FromMean>(CENTRE_STAGE, OWN, d, x, from, n);
      hold<Distance>(CENTRE_STAGE, TOTAL, d, TILE_R, from, n);
    }
    if (has(stages, TERM_STAGE)) holdTerms(d, from, n);
    if (outputs) {
      setUnitOf(COMPUTE);
      // last: it may take the place of the elements
      y = holdOutput(d, from, n);
    }
  }
  if (!outputs) return absorbing;
  keepOutput(y, from, n);
  return absorbing ? absorbing & ~lostIn(y, n) : 0;
}

/** Terms of the distances in TILE_V, which may be beyond float64. */
function holdPowers<N extends Norm>(kind: i32, from: i32, n: i32): void {
  fill<HeldTerm<N>>(TILE_W, vectorsOf(n), rowsOf(n), laneStep());
  holdFilled(TERM_STAGE, kind, TILE_W, from, n, true);
}

/** Writes what was computed where it is wanted. */
function keepOutput(y: usize, from: i32, n: i32): void {
  const outputs = load<usize>(OUTPUTS);
  if (outputs) writeFloats(outputs, from, n, y);
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
      fill<Itself>(d, vectorsOf(n), rowsOf(n), laneStep());
      holdPowers<N>(OWN, from, n);
      fill<Distance>(TILE_R, vectorsOf(n), rowsOf(n), laneStep());
      holdPowers<N>(TOTAL, from, n);
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
    holdFilled(OUTPUT_STAGE, OWN, y, from, n);
  } else if (scaled) hold<Scaled>(OUTPUT_STAGE, OWN, y, d, from, n);
  else hold<Itself>(OUTPUT_STAGE, OWN, y, d, from, n);
  holdTotal(OUTPUT_STAGE, y, from, n, true);
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
  holdFilled(OUTPUT_STAGE, OWN, y, from, n);
  holdExact(OUTPUT_STAGE, y, from, n, true);
  return y;
}

/** The same as x · a + b. */
function holdFolded(x: usize, from: i32, n: i32): usize {
  foldTile(from, n);
  fill<Itself>(x, vectorsOf(n), rowsOf(n), laneStep());
  shiftReals(TILE_W, TILE_B, n);
  enterStage(OUTPUT_STAGE, FORMAT_COMPUTE);
  const y = multiplyAndAdd<Watched>(x, n);
  holdFilled(OUTPUT_STAGE, OWN, y, from, n);
  holdExact(OUTPUT_STAGE, y, from, n, true);
  return y;
}

/** Adds the pairs of the outputs at y and the exact ones of the elements in TILE_R, which are kept where they may be. */
export function holdExact(stage: i32, y: usize, from: i32, n: i32, keeps: bool): void {
  if (load<usize>(WEIGHT) | load<usize>(BIAS)) readWeights(from, n);
  holdTotal(stage, y, from, n, keeps);
}

/** The same where the weights have been read. */
function holdTotal(stage: i32, y: usize, from: i32, n: i32, keeps: bool): void {
  const scaled = isScaled(traitsOf());
  const values = keeps ? placeOfValues(n) : 0;
  if (values) {
    fillExact(n);
    keep(TILE_V, values, n * padded);
    holdKept(stage, TOTAL, y, values, 1, from, n);
  } else if (load<usize>(WEIGHT) | load<usize>(BIAS)) {
    fillExact(n);
    holdFilled(stage, TOTAL, y, from, n);
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

/**
 * Where the exact outputs of a tile are kept, behind which those of the next one will be; 0 where they are not: those of tiles that
 * do not end with their vectors never are.
 */
export function placeOfValues(n: i32): usize {
  const values = load<usize>(EXACT_VALUES);
  if (!values || hasRest(n)) return 0;
  store<usize>(EXACT_VALUES, values + EXACT_HEAD_BYTES + ((<usize>(n * padded)) << 3));
  return values;
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
