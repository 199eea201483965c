// Native gradients over rows: groups that end in contiguous elements.
//
// A group is walked in stretches: a segment where it lies, or a tile when a storage is float16 or the segments are
// short. Sums for weights that several elements of a group share are taken piece by piece, a piece having one weight; those
// for a weight per element are taken with the output.

import {
  BIAS_SUMS,
  COUNT,
  GRADIENT,
  GRADIENT_STORAGE,
  INPUT,
  INPUT_STORAGE,
  KEPT_WEIGHT,
  LENGTH,
  NORM,
  NORM_L1,
  NORM_L2,
  OUTPUT,
  OUTPUT_STORAGE,
  PARAMETER_WORK,
  PARAMETERS,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  WEIGHT,
  WEIGHT_STEP,
  WEIGHT_SUMS,
} from "../../src/abi/plan";
import { clearVectors } from "../lanes/vectors";
import {
  GRADIENT_DOT,
  GRADIENT_FACTOR,
  GRADIENT_GAIN,
  GRADIENT_LEVEL,
  GRADIENT_LOWER,
  GRADIENT_SCALE,
  GRADIENT_SHAPE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_SUM,
  GRADIENT_TILE,
  GRADIENT_UNDER,
  GRADIENT_UPPER,
  GRADIENT_WEIGHT,
  PANEL_CENTRE,
  PANEL_REST,
  TILE,
  TILE_G,
  TILE_T,
  TILE_W,
  TILE_X,
} from "../memory";
import { keptOffset, reducedOffset } from "../tensors/offsets";
import { fill, gather, gatherWeights, scatter } from "../tensors/tiles";
import { wideOutput, wideSums } from "./native-float64";
import {
  above,
  below,
  Counted,
  gradientOutput,
  gradientOutputWeighted,
  gradientSums,
  Level,
  Side,
  SideOrMiddle,
  Slope,
  spill,
  sumOfG,
  sumOfGY,
  Terms,
  Uncounted,
  Unweighted,
  Weighted,
  Weighting,
} from "./native-sums";
import { exchange } from "./upstream";

/** Segments shorter than this are staged. */
const SHORT: i32 = 64;

let count: i32 = 0;
let length: i32 = 0;
/** A group goes through the tiles. */
let staged: bool = false;
/** The whole group stays in them. */
let whole: bool = false;
/** Every element of a segment has a weight of its own. */
let each: bool = false;
/** Segments have different weights. */
let varied: bool = false;
/** Groups that sums for a weight per element are taken over in float32, and how many of them are left. */
let rounds: i32 = 0;
let left: i32 = 0;

/** Before the first group of a plan. */
export function prepareGradientRows(): void {
  count = <i32>load<f64>(COUNT);
  length = load<i32>(LENGTH);
  staged =
    (load<i32>(INPUT_STORAGE) | load<i32>(GRADIENT_STORAGE) | load<i32>(OUTPUT_STORAGE)) != STORAGE_FLOAT32 ||
    (load<i32>(REDUCED_TOTAL) > 1 && length < SHORT);
  whole = staged && count <= TILE;
  each = load<i32>(WEIGHT_STEP) != 0;
  varied = false;
  for (let level = 0; level < load<i32>(REDUCED_RANK); level++) {
    if (load<i32>(<usize>REDUCED_WEIGHT + ((<usize>level) << 2))) varied = true;
  }
  if (!each) return;
  if (!load<usize>(WEIGHT)) fill(TILE_W, min(TILE, count), 1);
  rounds = left = <i32>min(1e9, max(8, (8 * <f64>load<u32>(PARAMETERS)) / <f64>count));
}

/** Elements [from, from + n) of x to TILE_X and of dy to TILE_G. */
function bring(base: i32, from: i32, n: i32): void {
  gather(base, from, n, TILE_X);
  exchange();
  gather(base, from, n, TILE_G);
  exchange();
}

// the stretch at hand
let x: usize = 0;
let dy: usize = 0;
let dx: usize = 0;

/** Before the first pass over a group. */
export function enterGradientRow(base: i32): void {
  if (whole) bring(base, 0, count);
}

/** Makes elements from number `from` on the stretch at hand; returns how many. */
function enter(base: i32, from: i32): i32 {
  if (staged) {
    const n = min(TILE, count - from);
    if (!whole) bring(base, from, n);
    x = TILE_X;
    dy = TILE_G;
    dx = TILE_X;
    return n;
  }
  const segment = from / length;
  const position = from - segment * length;
  const at = (<usize>(base + reducedOffset(segment, REDUCED_STRIDE) + position)) << 2;
  x = load<usize>(INPUT) + at;
  dy = load<usize>(GRADIENT) + at;
  dx = load<usize>(OUTPUT) + at;
  return each ? min(TILE, length - position) : length - position;
}

/** Elements from number `from` on, n at the most, that have one weight. */
function pieceOf(from: i32, n: i32): i32 {
  return varied ? min(n, length - (from % length)) : n;
}

/** Number of their weight. */
function weightOf(kept: i32, from: i32): usize {
  return <usize>(varied ? kept + reducedOffset(from / length, REDUCED_WEIGHT) : kept);
}

/** Address of the weights of elements [from, from + n), one for each. */
function weightsFor(g: i32, from: i32, n: i32): usize {
  const weights = load<usize>(WEIGHT);
  if (!weights) return TILE_W;
  if (load<i32>(REDUCED_TOTAL) == 1) return weights + ((<usize>(keptOffset(g, KEPT_WEIGHT) + from)) << 2);
  gatherWeights(WEIGHT, g, from, n, TILE_W);
  return TILE_W;
}

function addTo(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

// sums of g, of g y and of the shape over what was summed last
let ofG: f64 = 0;
let ofGY: f64 = 0;
let ofShape: f64 = 0;
/** Elements above or below the mean. */
let sides: i32 = 0;

function sumUp<W extends Weighting>(x: usize, dy: usize, n: i32, weight: usize, wide: bool): void {
  if (wide) {
    store<f64>(GRADIENT_SUM, 0);
    store<f64>(GRADIENT_DOT, 0);
    store<f64>(GRADIENT_SHAPE, 0);
    wideSums(x, dy, 4, n, 0, 1, weight, weight ? 4 : 0);
    ofG = load<f64>(GRADIENT_SUM);
    ofGY = load<f64>(GRADIENT_DOT);
    ofShape = load<f64>(GRADIENT_SHAPE);
    return;
  }
  const centre = load<f32>(PANEL_CENTRE);
  const scale = load<f32>(GRADIENT_SCALE);
  const upper = load<f32>(GRADIENT_UPPER);
  const lower = load<f32>(GRADIENT_LOWER);
  if (load<i32>(NORM) == NORM_L1) gradientSums<W, Counted>(x, dy, n, weight, centre, scale, upper, lower);
  else gradientSums<W, Uncounted>(x, dy, n, weight, centre, scale, upper, lower);
  const missing = <f64>load<f32>(PANEL_REST) * <f64>scale;
  ofG = sumOfG;
  ofGY = ((sumOfGY - missing * sumOfG) * load<f64>(GRADIENT_FACTOR)) / <f64>scale;
  ofShape = <f64>(above - below);
  sides += above + below;
}

/** First pass over group g: its sums into GRADIENT_SUM, GRADIENT_DOT and GRADIENT_SHAPE. */
export function sumRow(base: i32, g: i32, wide: bool): void {
  const weights = load<usize>(WEIGHT);
  const kept = keptOffset(g, KEPT_WEIGHT);
  let sum = 0.0;
  let dot = 0.0;
  let shape = 0.0;
  sides = 0;
  for (let from = 0; from < count; ) {
    const n = enter(base, from);
    for (let i = 0; i < n; ) {
      const at = (<usize>i) << 2;
      if (each) {
        sumUp<Weighted>(x, dy, n, weightsFor(g, from, n), wide);
        sum += ofG;
        dot += ofGY;
        shape += ofShape;
        i = n;
      } else {
        const m = pieceOf(from + i, n - i);
        const number = weightOf(kept, from + i);
        sumUp<Unweighted>(x + at, dy + at, m, 0, wide);
        addTo(load<usize>(BIAS_SUMS) + (number << 3), ofG);
        addTo(load<usize>(WEIGHT_SUMS) + (number << 3), ofGY);
        const weight = weights ? <f64>load<f32>(weights + (number << 2)) : 1;
        sum += ofG * weight;
        dot += ofGY * weight;
        shape += ofShape;
        i += m;
      }
    }
    from += n;
  }
  store<f64>(GRADIENT_SUM, sum);
  store<f64>(GRADIENT_DOT, dot);
  store<f64>(GRADIENT_SHAPE, shape);
}

/** Second pass: dx. */
export function outputRow(base: i32, g: i32, wide: bool): void {
  const weights = load<usize>(WEIGHT);
  const kept = keptOffset(g, KEPT_WEIGHT);
  const factor = load<f64>(GRADIENT_FACTOR);
  for (let from = 0; from < count; ) {
    const n = enter(base, from);
    if (each) {
      outputEach(g, kept, from, n, wide);
    } else {
      for (let i = 0; i < n; ) {
        const at = (<usize>i) << 2;
        const m = pieceOf(from + i, n - i);
        const weight: f32 = weights ? load<f32>(weights + (weightOf(kept, from + i) << 2)) : 1;
        if (wide) {
          store<f32>(GRADIENT_WEIGHT, weight);
          wideOutput(x + at, dy + at, dx + at, 4, m, 0, 1, GRADIENT_WEIGHT, 0, 0, 0);
        } else {
          output(x + at, dy + at, dx + at, m, <f32>(factor * <f64>weight));
        }
        i += m;
      }
    }
    if (staged) scatter(base, from, n, dx);
    from += n;
  }
  if (each && --left == 0) spillParameters();
}

function output(x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  const norm = load<i32>(NORM);
  if (norm == NORM_L2) outputAs<Slope>(x, dy, dx, n, gain);
  else if (norm != NORM_L1) outputAs<Level>(x, dy, dx, n, gain);
  else if (sides == count) outputAs<Side>(x, dy, dx, n, gain);
  else outputAs<SideOrMiddle>(x, dy, dx, n, gain);
}

function outputAs<T extends Terms>(x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  const side = load<i32>(NORM) == NORM_L1;
  const a = load<f32>(GRADIENT_SLOPE);
  const b = load<f32>(side ? GRADIENT_UNDER : GRADIENT_SHIFT);
  const c = load<f32>(GRADIENT_LEVEL);
  gradientOutput<T>(x, dy, dx, n, load<f32>(PANEL_CENTRE), gain, a, b, c, load<f32>(GRADIENT_UPPER));
}

/** The output of n elements that have a weight each, and their part of the sums for it. */
function outputEach(g: i32, kept: i32, from: i32, n: i32, wide: bool): void {
  const weight = weightsFor(g, from, n);
  const single = load<i32>(REDUCED_TOTAL) == 1;
  let dw = GRADIENT_TILE;
  let db = TILE_T;
  if (single) {
    dw = load<usize>(PARAMETER_WORK) + ((<usize>(kept + from)) << 2);
    db = dw + ((<usize>load<u32>(PARAMETERS)) << 2);
  } else {
    const bytes = ((<usize>n + 3) & ~3) << 2;
    clearVectors(dw, bytes);
    clearVectors(db, bytes);
  }
  if (wide) {
    wideOutput(x, dy, dx, 4, n, 0, 1, weight, 4, dw, db);
  } else {
    const norm = load<i32>(NORM);
    if (norm == NORM_L2) weightedAs<Slope>(n, weight, dw, db);
    else if (norm != NORM_L1) weightedAs<Level>(n, weight, dw, db);
    else if (sides == count) weightedAs<Side>(n, weight, dw, db);
    else weightedAs<SideOrMiddle>(n, weight, dw, db);
  }
  if (single) return;
  for (let i = 0; i < n; ) {
    const segment = (from + i) / length;
    const position = from + i - segment * length;
    const m = min(n - i, length - position);
    const to = (<usize>(kept + reducedOffset(segment, REDUCED_WEIGHT) + position)) << 3;
    spill(dw, load<usize>(WEIGHT_SUMS) + to, m);
    spill(db, load<usize>(BIAS_SUMS) + to, m);
    dw += (<usize>m) << 2;
    db += (<usize>m) << 2;
    i += m;
  }
}

function weightedAs<T extends Terms>(n: i32, weight: usize, dw: usize, db: usize): void {
  const centre = load<f32>(PANEL_CENTRE);
  const rest = load<f32>(PANEL_REST);
  const scale = load<f32>(GRADIENT_SCALE);
  const gain = load<f32>(GRADIENT_GAIN);
  const a = load<f32>(GRADIENT_SLOPE);
  const b = load<f32>(load<i32>(NORM) == NORM_L1 ? GRADIENT_UNDER : GRADIENT_SHIFT);
  const c = load<f32>(GRADIENT_LEVEL);
  const upper = load<f32>(GRADIENT_UPPER);
  gradientOutputWeighted<T>(x, dy, dx, n, centre, rest, scale, gain, a, b, c, upper, weight, dw, db);
}

/** Adds the float32 sums for a weight per element to those in float64. */
function spillParameters(): void {
  const n = load<i32>(PARAMETERS);
  const work = load<usize>(PARAMETER_WORK);
  spill(work, load<usize>(WEIGHT_SUMS), n);
  spill(work + ((<usize>n) << 2), load<usize>(BIAS_SUMS), n);
  left = rounds;
}

/** After the last group. */
export function finishGradientRows(): void {
  if (each && load<i32>(REDUCED_TOTAL) == 1) spillParameters();
}
