// Emulated gradients: every operation rounded to the compute format, RN, sums in the order and format of the arithmetic.
// For each group, after d and S of the layer itself (emulated/emulate.ts), with n elements, inv = RN(1 / S), y = RN(d inv) and C
// the constant of the norm:
//
//     g = RN(dy weight)                              dy itself without weight
//     m = RN(sum g / n)                              only where x is centred
//     a = RN(sum RN(g y) / n)                        RN(sum) where the norm is a total
//     by norm, p, which stands for A w:
//       L2                 p = RN(a y)
//       L1                 b = RN(a RN(C)),     p = sign(d) b,   q = RN(b RN(sum sign(d) / n))
//       L∞, range, top-k   b = RN(a RN(C)),     p = s RN(b n/k), q = RN(b RN(sum s / k)); n/k is 1/k for totals, b n/k
//                          is rounded once. s is sign(d) on selected elements (of the range 1, -1), 0 on the others; k = 1
//                          but for top-k
//       Lp                 b = RN(a RN(C^p)),   p = RN(b o),     q = RN(b RN(sum o / n)), o = sign(y) RN(|y|^(p - 1))
//     dx = RN(RN(RN(g - m) - RN(p - q)) inv)         q = 0 for L2, and where x is not centred; no inv for mean-only
//
// dweight = RN(sum RN(dy y)) and dbias = RN(sum dy), over all elements of a weight in row-major order: the products are
// written to a tensor of their own, and `emulateSums` adds up that and dy.

import {
  DEVIATION,
  MEAN,
  OUTPUT,
  OUTPUT_STORAGE,
  STORAGE_FLOAT32,
  TASK,
  TASK_CENTRE,
  TASK_SAVED,
  TASK_TOTAL,
  TERMS,
  TOP,
  WEIGHT,
} from "../../src/abi/plan";
import {
  across,
  acrossTile,
  Bundle,
  betweenTiles,
  fillBundle,
  nextBundle,
  padded,
  readTile,
  setGroup,
  startBundles,
  stretch,
  weightTile,
  writeTile,
} from "../emulated/bundle";
import { factorFrom, Rounded, rounded, scales, statistics } from "../emulated/emulate";
import { UnwatchedSums } from "../emulated/quick-sums";
import { addTile, finishSums, startSums } from "../emulated/sums";
import { COMPUTE } from "../formats/format";
import { Add, Multiply, roundQuotient, Unwatched } from "../formats/operations";
import { at32, at64 } from "../lanes/lists";
import { clearVectors, copyVectors } from "../lanes/vectors";
import {
  BUNDLE_FLOATS,
  DIVISOR,
  GRADIENT_GAIN,
  GRADIENT_SHAPE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_TILE,
  GRADIENT_UNDER,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_SUM,
  GROUP_WEIGHT,
  TILE_G,
  TILE_T,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled, kindIn, Norm, Reduction, reductionIn, Slope, slopeIn } from "../norms/norm";
import { hasEpsWithin, meanBack } from "../norms/scale";
import { steepnessOf, traitsOf, withNorm } from "../norms/with-norm";
import { checkGradient, checkPlan, checkTerms } from "../preconditions";
import { count, group, width } from "../tensors/groups";
import { isUniform, weightOffset } from "../tensors/offsets";
import { mark, seek } from "./emulated-sides";
import { exchange } from "./upstream";

// --- the plan, bundle by bundle ------------------------------------------------------------------------------

/** Gradients by the plan. */
export function emulateBackward(): void {
  if (!ASC_NO_ASSERT) {
    checkGradient(isScaled(traitsOf()));
    checkTerms();
  }
  startBundles();
  while (nextBundle()) {
    fillBundle();
    bundle();
  }
}

/** Sums of the groups of the plan, to MEAN. */
export function emulateSums(): void {
  if (!ASC_NO_ASSERT) {
    checkPlan(isScaled(traitsOf()));
    assert(load<usize>(MEAN) != 0);
  }
  startBundles();
  while (nextBundle()) {
    fillBundle();
    startSums<UnwatchedSums>(padded, false, COMPUTE);
    for (let from = 0; from < count; from += stretch) {
      const n = min(stretch, count - from);
      if (!Bundle.whole()) readTile(from, n, TILE_X);
      addTile<UnwatchedSums>(TILE_X, n, from);
    }
    finishSums<UnwatchedSums>(GROUP_SUM);
    for (let j = 0; j < width; j++) {
      store<f32>(load<usize>(MEAN) + ((<usize>(group + j)) << 2), <f32>rounded(sumOf(j)));
    }
  }
}

/** What the last sums gave for group j. */
function sumOf(j: i32): f64 {
  return load<f64>(at64(GROUP_SUM, j));
}

// --- one bundle -----------------------------------------------------------------------------------------------

let centred: bool = false;
let uniform: bool = false;
// the norm of the plan
let slope: Slope = Slope.None;
let reduction: Reduction = Reduction.None;

function bundle(): void {
  const traits = traitsOf();
  slope = slopeIn(traits);
  reduction = reductionIn(traits);
  centred = (load<i32>(TASK) & TASK_CENTRE) != 0;
  if (load<i32>(TASK) & TASK_SAVED) savedScales(traits);
  else scales();
  weights();
  const n = load<f64>(DIVISOR);
  // lanes without a group compute with zeros
  clearVectors(GRADIENT_SHIFT, BUNDLE_FLOATS);
  clearVectors(GRADIENT_GAIN, BUNDLE_FLOATS);
  clearVectors(GRADIENT_SLOPE, BUNDLE_FLOATS);
  clearVectors(GRADIENT_UNDER, BUNDLE_FLOATS);

  startSums<UnwatchedSums>(padded, false, COMPUTE);
  for (let from = 0; from < count; from += stretch) {
    const m = enter(from, true);
    if (centred) addTile<UnwatchedSums>(TILE_G, m, from);
  }
  if (centred) {
    finishSums<UnwatchedSums>(GROUP_SUM);
    for (let j = 0; j < width; j++) setGroup(GRADIENT_SHIFT, j, -roundQuotient(sumOf(j), n, COMPUTE));
  }
  if (slope != Slope.None) {
    startSums<UnwatchedSums>(padded, false, COMPUTE);
    for (let from = 0; from < count; from += stretch) {
      const m = enter(from, false);
      normalized(m);
      betweenTiles<Multiply, Unwatched>(TILE_T, TILE_G, m, TILE_T, COMPUTE);
      addTile<UnwatchedSums>(TILE_T, m, from);
    }
    finishSums<UnwatchedSums>(GROUP_SUM);
    const total = (load<i32>(TASK) & TASK_TOTAL) != 0;
    for (let j = 0; j < width; j++) {
      const a = total ? rounded(sumOf(j)) : roundQuotient(sumOf(j), n, COMPUTE);
      store<f64>(at64(GRADIENT_SHAPE, j), a);
    }
    if (slope == Slope.Proportional) proportional();
    else if (slope == Slope.Shaped) shapes();
    else signs();
  }
  for (let from = 0; from < count; from += stretch) output(from, enter(from, false));
}

/** Means and scales from what was saved. */
function savedScales(traits: i32): void {
  const means = load<usize>(MEAN);
  const deviations = load<usize>(DEVIATION);
  const kind = kindIn(traits);
  for (let j = 0; j < width; j++) {
    const at = (<usize>(group + j)) << 2;
    const mean = means ? rounded(<f64>load<f32>(means + at)) : 0;
    const deviation = rounded(<f64>load<f32>(deviations + at));
    const ofTerms = hasEpsWithin(kind) ? meanBack<Rounded>(kind, deviation) : 0;
    setGroup(GROUP_MEAN, j, mean);
    setGroup(GROUP_NEGATED, j, -mean);
    setGroup(GROUP_SCALE, j, factorFrom(traits, ofTerms, deviation, j));
  }
  if (slope == Slope.Selected) statistics(centred);
  else if (centred && Bundle.whole()) across<Add>(GROUP_NEGATED, count, TILE_X);
}

/** The weights of the groups, if each has but one. */
function weights(): void {
  const weight = load<usize>(WEIGHT);
  uniform = isUniform();
  if (!weight || !uniform) return;
  for (let j = 0; j < width; j++) {
    const at = (<usize>weightOffset(group + j)) << 2;
    setGroup(GROUP_WEIGHT, j, rounded(<f64>load<f32>(weight + at)));
  }
}

function vectorsOf(n: i32): i32 {
  return (n * padded + 3) >> 2;
}

/**
 * Makes elements from number `from` on the stretch at hand: d in TILE_X, g in TILE_G. At first, dy y goes to its tensor.
 * Returns the number of elements. A bundle that is whole stays.
 */
function enter(from: i32, first: bool): i32 {
  const n = min(stretch, count - from);
  if (Bundle.whole() && !first) return n;
  exchange();
  readTile(from, n, TILE_G);
  exchange();
  if (!Bundle.whole()) {
    readTile(from, n, TILE_X);
    if (centred) across<Add>(GROUP_NEGATED, n, TILE_X);
  }
  if (first) {
    normalized(n);
    betweenTiles<Multiply, Unwatched>(TILE_T, TILE_G, n, GRADIENT_TILE, COMPUTE);
    writeTerms(from, n);
  }
  if (!load<usize>(WEIGHT)) return n;
  if (uniform) {
    acrossTile<Multiply, Unwatched>(TILE_G, GROUP_WEIGHT, n, TILE_G, COMPUTE);
  } else {
    weightTile(WEIGHT, from, n, TILE_W);
    betweenTiles<Multiply, Unwatched>(TILE_G, TILE_W, n, TILE_G, COMPUTE);
  }
  return n;
}

/** TILE_T = y. */
function normalized(n: i32): void {
  if (slope == Slope.None) copyVectors(TILE_X, TILE_T, (<usize>vectorsOf(n)) << 4);
  else acrossTile<Multiply, Unwatched>(TILE_X, GROUP_SCALE, n, TILE_T, COMPUTE);
}

/** GRADIENT_TILE to the tensor of the products. */
function writeTerms(from: i32, n: i32): void {
  const output = load<usize>(OUTPUT);
  const storage = load<i32>(OUTPUT_STORAGE);
  store<usize>(OUTPUT, load<usize>(TERMS));
  store<i32>(OUTPUT_STORAGE, STORAGE_FLOAT32);
  writeTile(from, n, GRADIENT_TILE);
  store<usize>(OUTPUT, output);
  store<i32>(OUTPUT_STORAGE, storage);
}

// --- what A w needs, by norm ------------------------------------------------------------------------------------

function meanOfProducts(j: i32): f64 {
  return load<f64>(at64(GRADIENT_SHAPE, j));
}

function proportional(): void {
  for (let j = 0; j < width; j++) setGroup(GRADIENT_SLOPE, j, -meanOfProducts(j));
}

/** TILE_T, which holds y of n elements of each group, becomes the shape. */
class Shape {
  @inline
  takes<N extends Norm>(): bool {
    return changetype<N>(0).slope() == Slope.Shaped;
  }
  of<N extends Norm>(_x: f64, _y: f64, n: i32, _j: i32, _k: i32, _p: usize, _q: usize): void {
    const norm = changetype<N>(0);
    const end = TILE_T + ((<usize>(n * padded)) << 2);
    for (let at = TILE_T; at < end; at += 4) {
      const y = <f64>load<f32>(at);
      const size = norm.shape(abs(y));
      store<f32>(at, y == 0 ? 0 : <f32>copysign(size == 1 ? 1 : rounded(size), y));
    }
  }
}

/** -b to GRADIENT_SLOPE and q to GRADIENT_GAIN. */
function shapes(): void {
  const constant = rounded(steepnessOf());
  if (centred) {
    startSums<UnwatchedSums>(padded, false, COMPUTE);
    for (let from = 0; from < count; from += stretch) {
      const n = enter(from, false);
      normalized(n);
      withNorm<Shape, void>(0, 0, n);
      addTile<UnwatchedSums>(TILE_T, n, from);
    }
    finishSums<UnwatchedSums>(GROUP_SUM);
  }
  for (let j = 0; j < width; j++) {
    const b = rounded(meanOfProducts(j) * constant);
    setGroup(GRADIENT_SLOPE, j, -b);
    if (centred) setGroup(GRADIENT_GAIN, j, rounded(b * roundQuotient(sumOf(j), load<f64>(DIVISOR), COMPUTE)));
  }
}

/** q - p for elements that count as 1, as -1 and as 0, to GRADIENT_GAIN, GRADIENT_SLOPE and GRADIENT_UNDER. */
function signs(): void {
  const constant = rounded(steepnessOf());
  const n = load<f64>(DIVISOR);
  const total = load<i32>(TASK) & TASK_TOTAL ? 1.0 : n;
  const k = slope == Slope.Sign ? total : reduction == Reduction.Largest ? <f64>load<i32>(TOP) : 1;
  clearVectors(GRADIENT_TILE, BUNDLE_FLOATS);
  if (centred) {
    seek(slope, reduction);
    for (let from = 0; from < count; from += stretch) mark(enter(from, false), true);
  }
  for (let j = 0; j < width; j++) {
    const b = rounded(meanOfProducts(j) * constant);
    const size = rounded((b * total) / k);
    const q = centred ? rounded(b * roundQuotient(<f64>load<i32>(at32(GRADIENT_TILE, j)), k, COMPUTE)) : 0;
    // without means no more than -p, of which -0 changes no sign
    store<f32>(at32(GRADIENT_GAIN, j), <f32>(centred ? rounded(q - size) : -size));
    store<f32>(at32(GRADIENT_SLOPE, j), <f32>(centred ? rounded(q + size) : size));
    store<f32>(at32(GRADIENT_UNDER, j), centred ? <f32>q : -0.0);
  }
  seek(slope, reduction);
}

// --- output -----------------------------------------------------------------------------------------------------

/** dx of the stretch at hand. */
function output(from: i32, n: i32): void {
  // TILE_T = q - p
  if (slope == Slope.Proportional || slope == Slope.Shaped) {
    normalized(n);
    if (slope == Slope.Shaped) withNorm<Shape, void>(0, 0, n);
    acrossTile<Multiply, Unwatched>(TILE_T, GRADIENT_SLOPE, n, TILE_T, COMPUTE);
    if (slope == Slope.Shaped && centred) acrossTile<Add, Unwatched>(TILE_T, GRADIENT_GAIN, n, TILE_T, COMPUTE);
  } else if (slope != Slope.None) {
    mark(n, false);
  }
  if (centred) acrossTile<Add, Unwatched>(TILE_G, GRADIENT_SHIFT, n, TILE_G, COMPUTE);
  if (slope != Slope.None) {
    betweenTiles<Add, Unwatched>(TILE_G, TILE_T, n, TILE_G, COMPUTE);
    acrossTile<Multiply, Unwatched>(TILE_G, GROUP_SCALE, n, TILE_G, COMPUTE);
  }
  writeTile(from, n, TILE_G);
}
