// Emulated gradients: every operation rounded to the compute COMPUTE, RN, sums in the order and format of the arithmetic.
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
  SCRATCH,
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
import { clearVectors, copyVectors, firstLanes, fromOrdered, magnitude } from "../lanes/vectors";
import {
  BUNDLE_FLOATS,
  DIVISOR,
  GRADIENT_GAIN,
  GRADIENT_OTHER,
  GRADIENT_SHAPE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_TILE,
  GRADIENT_UNDER,
  GRADIENT_WANTED,
  GROUP_MEAN,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_SUM,
  GROUP_WEIGHT,
  PANEL_HIGH,
  PANEL_LOW,
  TILE_G,
  TILE_T,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled, kindIn, Norm, Reduction, reductionIn, Slope, slopeIn } from "../norms/norm";
import { hasEpsWithin, meanBack } from "../norms/scale";
import { steepnessOf, traitsOf, withNorm } from "../norms/with-norm";
import { checkGradient, checkPlan, checkTerms } from "../preconditions";
import { topBufferBytes } from "../reductions/top";
import { count, group, width } from "../tensors/groups";
import { isUniform, weightOffset } from "../tensors/offsets";
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
  return load<f64>(GROUP_SUM + ((<usize>j) << 3));
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
      store<f64>(GRADIENT_SHAPE + ((<usize>j) << 3), a);
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
  if (centred && Bundle.whole()) across<Add>(GROUP_NEGATED, count);
  if (slope == Slope.Selected) statistics(centred);
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
    if (centred) across<Add>(GROUP_NEGATED, n);
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
  return load<f64>(GRADIENT_SHAPE + ((<usize>j) << 3));
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

function cell(values: usize, j: i32): usize {
  return values + ((<usize>j) << 2);
}

/** q - p for elements that count as 1, as -1 and as 0, to GRADIENT_GAIN, GRADIENT_SLOPE and GRADIENT_UNDER. */
function signs(): void {
  const constant = rounded(steepnessOf());
  const n = load<f64>(DIVISOR);
  const total = load<i32>(TASK) & TASK_TOTAL ? 1.0 : n;
  const k = slope == Slope.Sign ? total : reduction == Reduction.Largest ? <f64>load<i32>(TOP) : 1;
  clearVectors(GRADIENT_TILE, BUNDLE_FLOATS);
  if (centred) {
    seek();
    for (let from = 0; from < count; from += stretch) mark(enter(from, false), true);
  }
  for (let j = 0; j < width; j++) {
    const b = rounded(meanOfProducts(j) * constant);
    const size = rounded((b * total) / k);
    const q = centred ? rounded(b * roundQuotient(<f64>load<i32>(cell(GRADIENT_TILE, j)), k, COMPUTE)) : 0;
    // without means no more than -p, of which -0 changes no sign
    store<f32>(cell(GRADIENT_GAIN, j), <f32>(centred ? rounded(q - size) : -size));
    store<f32>(cell(GRADIENT_SLOPE, j), <f32>(centred ? rounded(q + size) : size));
    store<f32>(cell(GRADIENT_UNDER, j), centred ? <f32>q : -0.0);
  }
  seek();
}

/** What the selected elements are known by, to GRADIENT_WANTED and GRADIENT_OTHER, as in selected.ts. */
function seek(): void {
  if (slope == Slope.Sign) return;
  // lanes without a group find nothing: as floats, these are NaN
  for (let at: usize = 0; at < BUNDLE_FLOATS; at += 16) {
    v128.store(GRADIENT_WANTED + at, i32x4.splat(i32.MAX_VALUE));
    v128.store(GRADIENT_OTHER + at, i32x4.splat(i32.MAX_VALUE));
  }
  for (let j = 0; j < width; j++) {
    if (reduction == Reduction.Largest) {
      // sorted from the largest down
      const k = load<i32>(TOP);
      const top = load<usize>(SCRATCH) + topBufferBytes(k) * j;
      const least = load<i32>(cell(top, k - 1));
      let ties = 0;
      while (ties < k && load<i32>(cell(top, k - 1 - ties)) == least) ties++;
      store<i32>(cell(GRADIENT_WANTED, j), least);
      store<i32>(cell(GRADIENT_OTHER, j), ties);
    } else {
      let high = fromOrdered(load<i32>(cell(PANEL_HIGH, j)));
      let low = fromOrdered(load<i32>(cell(PANEL_LOW, j)));
      if (reduction == Reduction.Greatest) {
        const most = max(high, -low);
        high = most;
        low = -most;
      }
      store<f32>(cell(GRADIENT_WANTED, j), high);
      store<f32>(cell(GRADIENT_OTHER, j), low);
    }
  }
}

/** What element d of group j counts as for L∞, range and top-k: 1, -1 or 0. */
function sideOf(j: i32, d: f32): i32 {
  const sign = d > 0 ? 1 : d < 0 ? -1 : 0;
  const wantedAt = cell(GRADIENT_WANTED, j);
  const otherAt = cell(GRADIENT_OTHER, j);
  if (reduction == Reduction.Largest) {
    const bits = reinterpret<i32>(d) & 0x7fffffff;
    const least = load<i32>(wantedAt);
    if (bits > least) return sign;
    const ties = load<i32>(otherAt);
    if (bits < least || ties == 0) return 0;
    store<i32>(otherAt, ties - 1);
    return sign;
  }
  const wanted = load<f32>(wantedAt);
  const other = load<f32>(otherAt);
  if (reduction == Reduction.Greatest) {
    if (d != wanted && d != other) return 0;
    store<f32>(wantedAt, NaN);
    store<f32>(otherAt, NaN);
    return sign;
  }
  // the first of the greatest and of the least; the two cancel where all elements are equal, also one by one
  let side = 0;
  if (d == wanted) {
    side++;
    store<f32>(wantedAt, NaN);
  }
  if (d == other) {
    side--;
    store<f32>(otherAt, NaN);
  }
  return side;
}

/** Values of the groups whose elements a vector holds, the first of them number j; of a single group in all lanes. */
function lanesOf(values: usize, j: i32): v128 {
  return padded == 1 ? v128.load32_splat(values) : v128.load(cell(values, j));
}

/** Counts what n elements of each group in TILE_X count as into GRADIENT_TILE; or writes q - p of each to TILE_T. */
function mark(n: i32, counting: bool): void {
  const signs = slope == Slope.Sign;
  const largest = reduction == Reduction.Largest;
  const zero = f32x4.splat(0);
  const vectors = vectorsOf(n);
  let j = 0;
  for (let v = 0; v < vectors; v++) {
    const at = (<usize>v) << 4;
    const d = v128.load(TILE_X + at);
    if (signs) {
      const up = f32x4.gt(d, zero);
      const down = f32x4.lt(d, zero);
      if (counting) {
        let side = i32x4.sub(down, up);
        if (padded == 1) side = v128.and(side, firstLanes(n - 4 * v));
        v128.store(cell(GRADIENT_TILE, j), i32x4.add(v128.load(cell(GRADIENT_TILE, j)), side));
      } else {
        const rest = v128.bitselect(lanesOf(GRADIENT_SLOPE, j), lanesOf(GRADIENT_UNDER, j), down);
        v128.store(TILE_T + at, v128.bitselect(lanesOf(GRADIENT_GAIN, j), rest, up));
      }
    } else {
      if (!counting) v128.store(TILE_T + at, lanesOf(GRADIENT_UNDER, j));
      const wanted = lanesOf(GRADIENT_WANTED, j);
      let hits = i32x4.ge_s(magnitude(d), wanted);
      if (!largest) hits = v128.or(f32x4.eq(d, wanted), f32x4.eq(d, lanesOf(GRADIENT_OTHER, j)));
      if (v128.any_true(hits)) markVector(at, padded == 1 ? n - 4 * v : width - j, j, counting);
    }
    if (padded > 1) j = j + 4 < padded ? j + 4 : 0;
  }
  if (padded == 1 && counting && signs) {
    const sum = v128.load(GRADIENT_TILE);
    const two = i32x4.add(sum, i64x2.shuffle(sum, sum, 1, 0));
    v128.store(GRADIENT_TILE, i32x4(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1), 0, 0, 0));
  }
}

/** The same for the elements of one vector, `lanes` of them if it has so many; the first is of group j. */
function markVector(at: usize, lanes: i32, j: i32, counting: bool): void {
  for (let lane = 0; lane < min(4, lanes); lane++) {
    const g = padded == 1 ? 0 : j + lane;
    const side = sideOf(g, load<f32>(cell(TILE_X + at, lane)));
    if (counting) store<i32>(cell(GRADIENT_TILE, g), load<i32>(cell(GRADIENT_TILE, g)) + side);
    else if (side != 0)
      store<f32>(cell(TILE_T + at, lane), load<f32>(cell(side > 0 ? GRADIENT_GAIN : GRADIENT_SLOPE, g)));
  }
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
