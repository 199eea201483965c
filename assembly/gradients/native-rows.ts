// Native gradients over rows: groups that end in contiguous elements.
//
// A group is walked in stretches: a segment where it lies, or a tile when a storage is float16 or the segments are
// short. Sums for weights that several elements of a group share are taken piece by piece, a piece having one weight; those
// for a weight per element are taken with the output.

import {
  BIAS_SUMS,
  GRADIENT,
  GRADIENT_STORAGE,
  INPUT,
  INPUT_STORAGE,
  KEPT_WEIGHT,
  LENGTH,
  OUTPUT,
  OUTPUT_STORAGE,
  PARAMETER_WORK,
  PARAMETERS,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  WEIGHT,
  WEIGHT_STEP,
  WEIGHT_SUMS,
} from "../../src/abi/plan";
import { addTo } from "../lanes/lists";
import { clearVectors } from "../lanes/vectors";
import {
  GRADIENT_ABOVE,
  GRADIENT_BELOW,
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
import { Slope } from "../norms/norm";
import { base, count, group } from "../tensors/groups";
import { isUniform, keptOffset, reducedOffset } from "../tensors/offsets";
import { fill, gather, gatherWeights, scatter } from "../tensors/tiles";
import { wideOutput, wideSums } from "./native-float64";
import {
  Counted,
  gradientOutput,
  gradientOutputWeighted,
  gradientSums,
  Level,
  Ramp,
  Side,
  SideOrMiddle,
  spill,
  Terms,
  Uncounted,
  Unweighted,
  Weighted,
  Weighting,
} from "./native-sums";
import { exchange } from "./upstream";

/** Segments shorter than this are staged. */
const SHORT: i32 = 64;

/** How the groups of a plan are walked: bits. */
const enum Walk {
  /** A group goes through the tiles. */
  Staged = 1,
  /** The whole group stays in them. */
  Whole = 2,
  /** Every element of a segment has a weight of its own. */
  Each = 4,
  /** Segments have different weights. */
  Varied = 8,
}

/** Groups that sums for a weight per element are still taken over in float32. */
let left: i32 = 0;

/** Such groups from one spill to the next. */
function rounds(): i32 {
  return <i32>min(1e9, max(8, (8 * <f64>load<u32>(PARAMETERS)) / <f64>count));
}

/** Before the first group of a plan: how its groups are walked. */
export function prepareGradientRows(): i32 {
  let walk = 0;
  const staged =
    (load<i32>(INPUT_STORAGE) | load<i32>(GRADIENT_STORAGE) | load<i32>(OUTPUT_STORAGE)) != STORAGE_FLOAT32 ||
    (load<i32>(REDUCED_TOTAL) > 1 && load<i32>(LENGTH) < SHORT);
  if (staged) walk |= count <= TILE ? Walk.Staged | Walk.Whole : Walk.Staged;
  if (load<i32>(WEIGHT_STEP)) {
    walk |= Walk.Each;
    if (!load<usize>(WEIGHT)) fill(TILE_W, min(TILE, count), 1);
    left = rounds();
  } else if (!isUniform()) {
    walk |= Walk.Varied;
  }
  return walk;
}

/** Elements [from, from + n) of x to TILE_X and of dy to TILE_G. */
function bring(from: i32, n: i32): void {
  gather(base, from, n, TILE_X);
  exchange();
  gather(base, from, n, TILE_G);
  exchange();
}

/** Before the first pass over a group. */
export function enterGradientRow(walk: i32): void {
  if (walk & Walk.Whole) bring(0, count);
}

/** Elements from number `from` on, which is in `segment`, that are one stretch; in the tiles if the group is staged. */
function enter(from: i32, segment: i32, walk: i32): i32 {
  if (walk & Walk.Staged) {
    const n = min(TILE, count - from);
    if (!(walk & Walk.Whole)) bring(from, n);
    return n;
  }
  const rest = (segment + 1) * load<i32>(LENGTH) - from;
  return walk & Walk.Each ? min(TILE, rest) : rest;
}

/** Bytes to element number `from` of the group, from the first of a tensor; of a tile, that is where the stretch begins. */
function offsetOf(from: i32, segment: i32, walk: i32): usize {
  if (walk & Walk.Staged) return 0;
  return (<usize>(base + reducedOffset(segment, REDUCED_STRIDE) + from - segment * load<i32>(LENGTH))) << 2;
}

/** Elements from number `from` on, n at the most, that have one weight; `varied`: segments have different ones. */
function pieceOf(from: i32, n: i32, varied: bool): i32 {
  const length = load<i32>(LENGTH);
  return varied ? min(n, length - (from % length)) : n;
}

/** Number of their weight. */
function weightOf(kept: i32, from: i32, varied: bool): usize {
  return <usize>(varied ? kept + reducedOffset(from / load<i32>(LENGTH), REDUCED_WEIGHT) : kept);
}

/** Address of the weights of elements [from, from + n), one for each. */
function weightsFor(from: i32, n: i32): usize {
  const weights = load<usize>(WEIGHT);
  if (!weights) return TILE_W;
  if (load<i32>(REDUCED_TOTAL) == 1) return weights + ((<usize>(keptOffset(group, KEPT_WEIGHT) + from)) << 2);
  gatherWeights(WEIGHT, group, from, n, TILE_W);
  return TILE_W;
}

/** Sums over n elements into GRADIENT_SUM, GRADIENT_DOT and GRADIENT_SHAPE, and what is counted for L1. */
function sumUp<W extends Weighting>(slope: Slope, x: usize, dy: usize, n: i32, weight: usize, wide: bool): void {
  if (wide) {
    store<f64>(GRADIENT_SUM, 0);
    store<f64>(GRADIENT_DOT, 0);
    store<f64>(GRADIENT_SHAPE, 0);
    wideSums(slope, x, dy, 4, n, 0, 1, weight, weight ? 4 : 0);
    return;
  }
  const centre = load<f32>(PANEL_CENTRE);
  const scale = load<f32>(GRADIENT_SCALE);
  const upper = load<f32>(GRADIENT_UPPER);
  const lower = load<f32>(GRADIENT_LOWER);
  if (slope == Slope.Sign) gradientSums<W, Counted>(x, dy, n, weight, centre, scale, upper, lower);
  else gradientSums<W, Uncounted>(x, dy, n, weight, centre, scale, upper, lower);
  const missing = <f64>load<f32>(PANEL_REST) * <f64>scale;
  const dot = load<f64>(GRADIENT_DOT) - missing * load<f64>(GRADIENT_SUM);
  store<f64>(GRADIENT_DOT, (dot * load<f64>(GRADIENT_FACTOR)) / <f64>scale);
  store<f64>(GRADIENT_SHAPE, <f64>(load<i32>(GRADIENT_ABOVE) - load<i32>(GRADIENT_BELOW)));
}

/** First pass over the group: its sums into GRADIENT_SUM, GRADIENT_DOT and GRADIENT_SHAPE; the same is counted. */
export function sumRow(slope: Slope, wide: bool, walk: i32): void {
  const weights = load<usize>(WEIGHT);
  const kept = keptOffset(group, KEPT_WEIGHT);
  const staged = (walk & Walk.Staged) != 0;
  const varied = (walk & Walk.Varied) != 0;
  const length = load<i32>(LENGTH);
  let sum = 0.0;
  let dot = 0.0;
  let shape = 0.0;
  let above = 0;
  let below = 0;
  for (let from = 0; from < count; ) {
    const segment = staged ? 0 : from / length;
    const n = enter(from, segment, walk);
    const at = offsetOf(from, segment, walk);
    const x = at + (staged ? TILE_X : load<usize>(INPUT));
    const dy = at + (staged ? TILE_G : load<usize>(GRADIENT));
    for (let i = 0; i < n; ) {
      let m = n;
      let weight = 1.0;
      if (walk & Walk.Each) {
        sumUp<Weighted>(slope, x, dy, n, weightsFor(from, n), wide);
      } else {
        const skipped = (<usize>i) << 2;
        m = pieceOf(from + i, n - i, varied);
        sumUp<Unweighted>(slope, x + skipped, dy + skipped, m, 0, wide);
        const number = weightOf(kept, from + i, varied);
        addTo(load<usize>(BIAS_SUMS) + (number << 3), load<f64>(GRADIENT_SUM));
        addTo(load<usize>(WEIGHT_SUMS) + (number << 3), load<f64>(GRADIENT_DOT));
        if (weights) weight = <f64>load<f32>(weights + (number << 2));
      }
      sum += load<f64>(GRADIENT_SUM) * weight;
      dot += load<f64>(GRADIENT_DOT) * weight;
      shape += load<f64>(GRADIENT_SHAPE);
      above += load<i32>(GRADIENT_ABOVE);
      below += load<i32>(GRADIENT_BELOW);
      i += m;
    }
    from += n;
  }
  store<f64>(GRADIENT_SUM, sum);
  store<f64>(GRADIENT_DOT, dot);
  store<f64>(GRADIENT_SHAPE, shape);
  store<i32>(GRADIENT_ABOVE, above);
  store<i32>(GRADIENT_BELOW, below);
}

/** Second pass: dx. */
export function outputRow(slope: Slope, wide: bool, walk: i32): void {
  const weights = load<usize>(WEIGHT);
  const kept = keptOffset(group, KEPT_WEIGHT);
  const staged = (walk & Walk.Staged) != 0;
  const varied = (walk & Walk.Varied) != 0;
  const length = load<i32>(LENGTH);
  const factor = load<f64>(GRADIENT_FACTOR);
  for (let from = 0; from < count; ) {
    const segment = staged ? 0 : from / length;
    const n = enter(from, segment, walk);
    const at = offsetOf(from, segment, walk);
    const x = at + (staged ? TILE_X : load<usize>(INPUT));
    const dy = at + (staged ? TILE_G : load<usize>(GRADIENT));
    const dx = at + (staged ? TILE_X : load<usize>(OUTPUT));
    if (walk & Walk.Each) {
      outputEach(slope, x, dy, dx, kept, from, n, wide);
    } else {
      for (let i = 0; i < n; ) {
        const skipped = (<usize>i) << 2;
        const m = pieceOf(from + i, n - i, varied);
        const weight: f32 = weights ? load<f32>(weights + (weightOf(kept, from + i, varied) << 2)) : 1;
        if (wide) {
          store<f32>(GRADIENT_WEIGHT, weight);
          wideOutput(slope, x + skipped, dy + skipped, dx + skipped, 4, m, 0, 1, GRADIENT_WEIGHT, 0, 0, 0);
        } else {
          output(slope, x + skipped, dy + skipped, dx + skipped, m, <f32>(factor * <f64>weight));
        }
        i += m;
      }
    }
    if (staged) scatter(base, from, n, dx);
    from += n;
  }
  if (walk & Walk.Each && --left == 0) spillParameters();
}

/** Whether every element of the group is above or below the mean. */
function isSided(): bool {
  return load<i32>(GRADIENT_ABOVE) + load<i32>(GRADIENT_BELOW) == count;
}

function output(slope: Slope, x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  if (slope == Slope.Proportional) outputAs<Ramp>(x, dy, dx, n, gain);
  else if (slope != Slope.Sign) outputAs<Level>(x, dy, dx, n, gain);
  else if (isSided()) outputAs<Side>(x, dy, dx, n, gain);
  else outputAs<SideOrMiddle>(x, dy, dx, n, gain);
}

function outputAs<T extends Terms>(x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  const a = load<f32>(GRADIENT_SLOPE);
  const b = load<f32>(changetype<T>(0).ofSides() ? GRADIENT_UNDER : GRADIENT_SHIFT);
  const c = load<f32>(GRADIENT_LEVEL);
  gradientOutput<T>(x, dy, dx, n, load<f32>(PANEL_CENTRE), gain, a, b, c, load<f32>(GRADIENT_UPPER));
}

/** The output of n elements that have a weight each, and their part of the sums for it. */
function outputEach(slope: Slope, x: usize, dy: usize, dx: usize, kept: i32, from: i32, n: i32, wide: bool): void {
  const weight = weightsFor(from, n);
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
    wideOutput(slope, x, dy, dx, 4, n, 0, 1, weight, 4, dw, db);
  } else {
    if (slope == Slope.Proportional) weightedAs<Ramp>(x, dy, dx, n, weight, dw, db);
    else if (slope != Slope.Sign) weightedAs<Level>(x, dy, dx, n, weight, dw, db);
    else if (isSided()) weightedAs<Side>(x, dy, dx, n, weight, dw, db);
    else weightedAs<SideOrMiddle>(x, dy, dx, n, weight, dw, db);
  }
  if (single) return;
  const length = load<i32>(LENGTH);
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

function weightedAs<T extends Terms>(
  x: usize,
  dy: usize,
  dx: usize,
  n: i32,
  weight: usize,
  dw: usize,
  db: usize,
): void {
  const centre = load<f32>(PANEL_CENTRE);
  const rest = load<f32>(PANEL_REST);
  const scale = load<f32>(GRADIENT_SCALE);
  const gain = load<f32>(GRADIENT_GAIN);
  const a = load<f32>(GRADIENT_SLOPE);
  const b = load<f32>(changetype<T>(0).ofSides() ? GRADIENT_UNDER : GRADIENT_SHIFT);
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
  left = rounds();
}

/** After the last group. */
export function finishGradientRows(walk: i32): void {
  if (walk & Walk.Each && load<i32>(REDUCED_TOTAL) == 1) spillParameters();
}
