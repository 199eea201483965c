// Emulated arithmetic: every operation rounded, in a stated order. A sequence of rounded vector operations over tiles.
//
// The groups at hand are a bundle (bundle.ts).
//
// The statistics, up to 1 / S, are in a format of their own, in which x is what the compute format made of it:
//
//     TAIL_SAME     one format     d = x - mean in TILE_X      y = d · (1 / S) · weight + bias
//     TAIL_STEPS    two            d in TILE_T, x stays        the same from x, with mean and 1 / S rounded once more
//     TAIL_FOLDED   one or two     d in TILE_T, x stays        y = x · a + b, a = weight / S, b = bias - mean · a

import {
  BIAS,
  CONSTANT,
  DEVIATION,
  EPS,
  GAIN,
  MEAN,
  SCALE,
  SCALE_DIVIDE,
  SCALE_GAIN,
  SCALE_NORMALIZE,
  TAIL,
  TAIL_FOLDED,
  TAIL_SAME,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  WEIGHT,
} from "../../src/abi/plan";
import { COMPUTE, STATISTICS } from "../formats/format";
import { Add, Divide, Multiply, roundNumber, roundQuotient, roundSum, Unwatched } from "../formats/operations";
import { fromOrdered, magnitude } from "../lanes/vectors";
import {
  DIVISOR,
  GROUP_BIAS,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_SUM,
  GROUP_WEIGHT,
  PANEL_HIGH,
  PANEL_LOW,
  TILE_B,
  TILE_D,
  TILE_T,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled, kindIn, Norm, Reduction, reductionIn, TermKind } from "../norms/norm";
import { deviationOf, Numbers, partsOf, scaleOf } from "../norms/scale";
import { OfOther, traitsOf, withNorm } from "../norms/with-norm";
import { checkPlan } from "../preconditions";
import { extremeColumns, extremes, NO_HIGH, NO_LOW } from "../reductions/extremes";
import { count, group, width } from "../tensors/groups";
import { isUniform, weightOffset } from "../tensors/offsets";
import { magnitudes, readMagnitudes } from "../tensors/tiles";
import {
  across,
  acrossTile,
  Bundle,
  betweenTiles,
  fillBundle,
  groupOf,
  leaveSource,
  nextBundle,
  padded,
  readTile,
  setGroup,
  source,
  startBundles,
  stretch,
  tileOfOutput,
  weightTile,
  writeTile,
} from "./bundle";
import { addLargest, startLargest, sumLargest } from "./largest";
import { UnwatchedSums } from "./quick-sums";
import { addSquares, addsSquares } from "./squares";
import { addTile, finishSums, startSums } from "./sums";

/** To the format of the statistics. */
export function rounded(x: f64): f64 {
  return roundNumber(x, STATISTICS);
}

/** Numbers of that format. */
export class Rounded implements Numbers {
  @inline
  number(x: f64): f64 {
    return rounded(x);
  }
  @inline
  sum(a: f64, b: f64): f64 {
    return rounded(a + b);
  }
  @inline
  count(): f64 {
    return load<f64>(DIVISOR);
  }
  /** Of a whole sum nothing is divided, which takes a third of the time of a short row. */
  mean(sum: f64, n: f64): f64 {
    return n == 1 ? rounded(sum) : roundQuotient(sum, n, STATISTICS);
  }
  times(x: f64, constant: f64): f64 {
    return rounded(x * rounded(constant));
  }
  @inline
  result(_x: f64, exact: f64): f64 {
    return rounded(exact);
  }
}

/** Runs the plan. */
export function emulate(): void {
  if (!ASC_NO_ASSERT) checkPlan(isScaled(traitsOf()));
  startBundles();
  while (nextBundle()) {
    fillBundle();
    const centred = scales();
    if (load<i32>(TASK) & TASK_APPLY) output(centred);
  }
  readMagnitudes(false);
}

/**
 * Means and statistics of the bundle; for an output GROUP_NEGATED, GROUP_SCALE and, if the bundle is whole, distances in
 * TILE_X. Returns whether they are taken from a mean.
 */
export function scales(): bool {
  const task = load<i32>(TASK);
  const means = load<usize>(MEAN) + ((<usize>group) << 2);
  if (load<usize>(MEAN) && task & TASK_GIVEN) {
    for (let j = 0; j < width; j++) setGroup(GROUP_MEAN, j, rounded(<f64>load<f32>(means + ((<usize>j) << 2))));
  } else if (task & TASK_CENTRE) {
    startSums<UnwatchedSums>(padded, false, COMPUTE);
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!Bundle.whole()) readTile(from, n, TILE_X);
      addTile<UnwatchedSums>(source, n, from);
    }
    finishSums<UnwatchedSums>(GROUP_SUM);
    for (let j = 0; j < width; j++) {
      const mean = roundQuotient(load<f64>(GROUP_SUM + ((<usize>j) << 3)), load<f64>(DIVISOR), STATISTICS);
      setGroup(GROUP_MEAN, j, mean);
      if (load<usize>(MEAN)) store<f32>(means + ((<usize>j) << 2), <f32>mean);
    }
  }
  const centred = (task & (TASK_CENTRE | TASK_GIVEN)) != 0;
  if (centred) {
    for (let j = 0; j < width; j++) setGroup(GROUP_NEGATED, j, -groupOf(GROUP_MEAN, j));
    // with statistics, distances are taken there
    if (Bundle.whole() && load<i32>(TAIL) == TAIL_SAME && !(task & TASK_NORM))
      across<Add>(GROUP_NEGATED, count, TILE_X);
  }

  const deviations = load<usize>(DEVIATION) + ((<usize>group) << 2);
  const given = (task & TASK_GIVEN) != 0;
  if (task & TASK_NORM) statistics(centred);
  const traits = traitsOf();
  const kind = kindIn(traits);
  const parts = partsOf<Rounded>(reductionIn(traits));
  // a mean of |d| is a number of the format already; rounding it again takes a quarter of the time of a short row
  const same = parts != 0 && kind == TermKind.Size && load<f64>(CONSTANT) == 1;
  for (let j = 0; j < width; j++) {
    let mean = 0.0;
    let deviation = 0.0;
    if (task & TASK_NORM) {
      mean = load<f64>(GROUP_SUM + ((<usize>j) << 3));
      if (parts != 0) mean = changetype<Rounded>(0).mean(mean, parts);
      deviation = same ? mean : deviationOf<Rounded>(kind, mean);
      if (load<usize>(DEVIATION)) store<f32>(deviations + ((<usize>j) << 2), <f32>deviation);
    } else if (given) {
      deviation = rounded(<f64>load<f32>(deviations + ((<usize>j) << 2)));
      mean = rounded(deviation * deviation);
    }
    if (task & TASK_APPLY) setGroup(GROUP_SCALE, j, factorFrom(traits, mean, deviation, j));
  }
  return centred;
}

// --- statistics -------------------------------------------------------------------------------------------

/** The format of terms: |x| is as x is. */
export function gridOfTerms(kind: TermKind, centred: bool): usize {
  return centred || kind != TermKind.Size ? STATISTICS : COMPUTE;
}

/** The sum or extreme of the norm of each group into GROUP_SUM; distances into TILE_X, in the place of the elements, or TILE_T. */
export function statistics(centred: bool): void {
  const traits = traitsOf();
  const reduction = reductionIn(traits);
  const kind = kindIn(traits);
  const sums = reduction == Reduction.Sum;
  const same = load<i32>(TAIL) == TAIL_SAME;
  const distances = centred && !same ? TILE_T : TILE_X;
  const grid = gridOfTerms(kind, centred);
  if (sums) startSums<UnwatchedSums>(padded, true, grid);
  const quick = sums && count >= 32 && kind == TermKind.Square && addsSquares();
  for (let j: usize = 0; j < (<usize>padded) << 2; j += 16) {
    v128.store(PANEL_HIGH + j, i32x4.splat(NO_HIGH));
    v128.store(PANEL_LOW + j, i32x4.splat(NO_LOW));
  }
  if (reduction == Reduction.Largest) startLargest();
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    if (!Bundle.whole()) readTile(from, n, TILE_X);
    let done = 0;
    if (quick) {
      done = n & ~31;
      if (!addSquares(source, distances, done, centred ? v128.load(GROUP_NEGATED) : f32x4.splat(-0.0))) {
        readTile(from, n, TILE_X);
        done = 0;
      }
      if (done == n) continue;
    }
    const at = (<usize>done) << 2;
    const left = n - done;
    let d = source + at;
    if (centred) {
      acrossTile<Add, Unwatched>(d, GROUP_NEGATED, left, distances + at, STATISTICS);
      d = distances + at;
    }
    if (sums) {
      if (!magnitudes) terms(kind, d, left);
      addTile<UnwatchedSums>(magnitudes ? source : TILE_T, left, from + done);
    } else if (reduction == Reduction.Largest) {
      addLargest(d, n);
    } else if (padded == 1) {
      extremes(d, n, PANEL_HIGH, PANEL_LOW);
    } else {
      extremeColumns(d, (<usize>padded) << 2, n, padded);
    }
  }
  if (centred && same) leaveSource();
  if (sums) {
    finishSums<UnwatchedSums>(GROUP_SUM);
  } else if (reduction == Reduction.Largest) {
    for (let j = 0; j < width; j++) sumLargest<UnwatchedSums>(j, grid, GROUP_SUM + ((<usize>j) << 3));
  } else {
    for (let j: usize = 0; j < (<usize>width) << 2; j += 4) {
      const high = <f64>fromOrdered(load<i32>(PANEL_HIGH + j));
      const low = <f64>fromOrdered(load<i32>(PANEL_LOW + j));
      const extreme = reduction == Reduction.Range ? roundSum(high, -low, STATISTICS) : max(high, -low);
      store<f64>(GROUP_SUM + (j << 1), extreme);
    }
  }
}

/** TILE_T = the terms of n distances of each group. */
function terms(kind: TermKind, d: usize, n: i32): void {
  const bytes = (<usize>(n * padded)) << 2;
  if (kind == TermKind.Square) {
    betweenTiles<Multiply, Unwatched>(d, d, n, TILE_T, STATISTICS);
  } else if (kind == TermKind.Size) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(TILE_T + at, magnitude(v128.load(d + at)));
  } else {
    takeNumbers(d, bytes, TILE_T);
  }
}

/** The terms, of TermKind.Other, of the numbers in `bytes` bytes. */
export function takeNumbers(from: usize, bytes: usize, to: usize): void {
  withNorm<TakeNumbers, void>(0, 0, <i32>bytes, 0, 0, from, to);
}

class TakeNumbers extends OfOther {
  of<N extends Norm>(_x: f64, _y: f64, bytes: i32, _j: i32, _k: i32, from: usize, to: usize): void {
    const norm = changetype<N>(0);
    for (let at: usize = 0; at < <usize>bytes; at += 4) {
      store<f32>(to + at, <f32>rounded(norm.number(<f64>load<f32>(from + at))));
    }
  }
}

/** 1/S, g/norm, or the norm to divide by. */
export function factorFrom(traits: i32, mean: f64, deviation: f64, j: i32): f64 {
  const scale = load<i32>(SCALE);
  if (!isScaled(traits)) return 1;
  if (scale == SCALE_DIVIDE) return deviation == 0 ? 1 : deviation;
  const own = load<usize>(GAIN) + ((<usize>(group + j)) << 2);
  if (scale == SCALE_GAIN) return rounded(roundNumber(<f64>load<f32>(own), COMPUTE) / deviation);
  if (load<usize>(GAIN)) store<f64>(EPS, <f64>load<f32>(own));
  return rounded(1 / scaleOf<Rounded>(kindIn(traits), mean, deviation));
}

// --- output ------------------------------------------------------------------------------------------------

function output(centred: bool): void {
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  // whether a group has one of each, if it has any
  const uniform = (weights | biases) == 0 || isUniform();
  const tail = load<i32>(TAIL);
  const folded = tail == TAIL_FOLDED && load<i32>(SCALE) == SCALE_NORMALIZE;
  for (let j = 0; j < width; j++) {
    if (uniform) {
      const at = (<usize>weightOffset(group + j)) << 2;
      if (weights) setGroup(GROUP_WEIGHT, j, roundNumber(<f64>load<f32>(weights + at), COMPUTE));
      if (biases) setGroup(GROUP_BIAS, j, roundNumber(<f64>load<f32>(biases + at), COMPUTE));
    }
    if (folded) {
      if (uniform) foldWeight(centred, j, j, GROUP_WEIGHT, GROUP_WEIGHT, GROUP_BIAS, GROUP_BIAS);
    } else if (tail) {
      setGroup(GROUP_NEGATED, j, -roundNumber(groupOf(GROUP_MEAN, j), COMPUTE));
      setGroup(GROUP_SCALE, j, roundNumber(groupOf(GROUP_SCALE, j), COMPUTE));
    }
  }
  const scaled = !folded && isScaled(traitsOf());
  const weighs = weights != 0 || folded;
  const shifts = biases != 0 || folded;
  if (folded && padded == 1) {
    setGroup(GROUP_WEIGHT, 0, groupOf(GROUP_WEIGHT, 0));
    setGroup(GROUP_BIAS, 0, groupOf(GROUP_BIAS, 0));
  }
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    if (!Bundle.whole()) readTile(from, n, TILE_X);
    if (!uniform) {
      if (weights) weightTile(WEIGHT, from, n, TILE_W);
      if (biases) weightTile(BIAS, from, n, TILE_B);
    }
    const to = tileOfOutput(from, n);
    if (!folded) {
      if (centred && !(tail == TAIL_SAME && Bundle.whole())) across<Add>(GROUP_NEGATED, n, TILE_X);
      if (scaled) {
        const out = weighs || shifts ? TILE_X : to;
        if (load<i32>(SCALE) == SCALE_DIVIDE) across<Divide>(GROUP_SCALE, n, out);
        else across<Multiply>(GROUP_SCALE, n, out);
      }
    } else if (!uniform) {
      for (let i = 0; i < n * padded; i++) foldWeight(centred, i % padded, i, TILE_W, TILE_T, TILE_B, TILE_D);
    }
    if (weighs) {
      const out = shifts ? TILE_X : to;
      if (uniform) across<Multiply>(GROUP_WEIGHT, n, out);
      else betweenTiles<Multiply, Unwatched>(TILE_X, folded ? TILE_T : TILE_W, n, out, COMPUTE);
    }
    if (shifts) {
      if (uniform) across<Add>(GROUP_BIAS, n, to);
      else betweenTiles<Add, Unwatched>(TILE_X, folded ? TILE_D : TILE_B, n, to, COMPUTE);
    }
    if (to == TILE_X || !(scaled || weighs || shifts)) writeTile(from, n, source);
  }
}

/**
 * x · a + b: of the weight and the bias of group j, number i at two addresses, a and b to two others, each rounded to the
 * format of the statistics and then to the one that is computed in.
 */
function foldWeight(centred: bool, j: i32, i: i32, weight: usize, a: usize, bias: usize, b: usize): void {
  const at = (<usize>i) << 2;
  const factor = rounded(groupOf(GROUP_SCALE, j) * (load<usize>(WEIGHT) ? <f64>load<f32>(weight + at) : 1));
  const shift = centred ? rounded(groupOf(GROUP_MEAN, j) * factor) : 0;
  const rest = roundSum(load<usize>(BIAS) ? <f64>load<f32>(bias + at) : 0, -shift, STATISTICS);
  store<f32>(a + at, <f32>roundNumber(factor, COMPUTE));
  store<f32>(b + at, <f32>roundNumber(rest, COMPUTE));
}
