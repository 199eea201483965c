// Native gradients over rows: groups that end in contiguous elements.
//
// A group is walked in stretches: a tile when a storage is float16 or the segments are short, else a segment where it
// lies, of several groups together as in native/rows.ts. Sums for weights that several elements of a group share are taken
// piece by piece, a piece having one weight; those for a weight per element are taken with the output (element-weights.ts).

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
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  WEIGHT,
  WEIGHT_STEP,
  WEIGHT_SUMS,
} from "../../src/abi/plan";
import { addTo, at32, at64 } from "../lanes/lists";
import {
  GRADIENT_ABOVE,
  GRADIENT_BELOW,
  GRADIENT_DOT,
  GRADIENT_FACTOR,
  GRADIENT_LEVEL,
  GRADIENT_LOWER,
  GRADIENT_SCALE,
  GRADIENT_SHAPE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_SUM,
  GRADIENT_UNDER,
  GRADIENT_UPPER,
  GRADIENT_WEIGHT,
  PANEL_CENTRE,
  PANEL_MEAN,
  PANEL_REST,
  PART,
  PART_ABOVE,
  PART_BELOW,
  PART_DOT,
  PART_SHAPE,
  PART_SUM,
  TILE,
  TILE_G,
  TILE_X,
} from "../memory";
import { Row } from "../native/rows";
import { Slope } from "../norms/norm";
import { base, count, group, width } from "../tensors/groups";
import { isUniform, keptOffset, reducedOffset } from "../tensors/offsets";
import { gather, scatter } from "../tensors/tiles";
import { endGroup, finishElementWeights, outputEach, startElementWeights, weightsFor } from "./element-weights";
import { isWide, isWideOutput, wideOutput, wideSums } from "./native-float64";
import {
  Counted,
  gradientOutput,
  gradientSums,
  isSided,
  Level,
  Ramp,
  Side,
  SideOrMiddle,
  Terms,
  Uncounted,
  Unweighted,
  Weighted,
  Weighting,
} from "./native-sums";
import { exchange } from "./upstream";

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

/** Before the first group of a plan: how its groups are walked. */
export function prepareGradientRows(): i32 {
  let walk = 0;
  const staged =
    (load<i32>(INPUT_STORAGE) | load<i32>(GRADIENT_STORAGE) | load<i32>(OUTPUT_STORAGE)) != STORAGE_FLOAT32 ||
    (load<i32>(REDUCED_TOTAL) > 1 && load<i32>(LENGTH) < Row.short());
  if (staged) walk |= count <= TILE ? Walk.Staged | Walk.Whole : Walk.Staged;
  if (load<i32>(WEIGHT_STEP)) {
    walk |= Walk.Each;
    startElementWeights();
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

/** Whether segments are taken as a whole, where they lie, and therefore of several groups together. */
export function isDirect(walk: i32): bool {
  return !(walk & (Walk.Staged | Walk.Each));
}

/** Number of their weight. */
function weightOf(kept: i32, from: i32, varied: bool): usize {
  return <usize>(varied ? kept + reducedOffset(from / load<i32>(LENGTH), REDUCED_WEIGHT) : kept);
}

/** Sums over n elements of group j, and what is counted for L1, into those of a part. */
function sumPart<W extends Weighting>(slope: Slope, j: i32, x: usize, dy: usize, n: i32, weight: usize): void {
  if (isWide(slope, j)) {
    store<f64>(PART_SUM, 0);
    store<f64>(PART_DOT, 0);
    store<f64>(PART_SHAPE, 0);
    store<f64>(at64(PANEL_MEAN, PART), load<f64>(at64(PANEL_MEAN, j)));
    store<f64>(at64(GRADIENT_FACTOR, PART), load<f64>(at64(GRADIENT_FACTOR, j)));
    wideSums(slope, x, dy, 4, n, PART, 1, weight, weight ? 4 : 0);
    return;
  }
  const centre = load<f32>(at32(PANEL_CENTRE, j));
  const scale = load<f32>(at32(GRADIENT_SCALE, j));
  const upper = load<f32>(at32(GRADIENT_UPPER, j));
  const lower = load<f32>(at32(GRADIENT_LOWER, j));
  if (slope == Slope.Sign) gradientSums<W, Counted>(x, dy, n, weight, centre, scale, upper, lower);
  else gradientSums<W, Uncounted>(x, dy, n, weight, centre, scale, upper, lower);
  const missing = <f64>load<f32>(at32(PANEL_REST, j)) * <f64>scale;
  const dot = load<f64>(PART_DOT) - missing * load<f64>(PART_SUM);
  store<f64>(PART_DOT, (dot * load<f64>(at64(GRADIENT_FACTOR, j))) / <f64>scale);
  store<f64>(PART_SHAPE, <f64>(load<i32>(PART_ABOVE) - load<i32>(PART_BELOW)));
}

/** Segments, and pieces of them that have one weight. In line wherever it is called. */
class Piece {
  /** Bytes to segment s of group j of the panel, from the first of a tensor. */
  @inline
  static segmentAt(s: i32, j: i32): usize {
    return Row.groupAt(j) + ((<usize>reducedOffset(s, REDUCED_STRIDE)) << 2);
  }

  /** Number of its weight, where that of the panel is `kept`. */
  @inline
  static numberAt(kept: i32, s: i32, j: i32): usize {
    return <usize>(kept + Row.weightTo(j) + reducedOffset(s, REDUCED_WEIGHT));
  }

  /** Weight number `number`. */
  @inline
  static weight(number: usize): f64 {
    const weights = load<usize>(WEIGHT);
    return weights ? <f64>load<f32>(weights + (number << 2)) : 1;
  }

  /** A part of group j whose elements have weight number `number`: the same, and its sums to those of the weight, which is returned. */
  @inline
  static sum(slope: Slope, j: i32, x: usize, dy: usize, n: i32, number: usize): f64 {
    sumPart<Unweighted>(slope, j, x, dy, n, 0);
    addTo(load<usize>(BIAS_SUMS) + (number << 3), load<f64>(PART_SUM));
    addTo(load<usize>(WEIGHT_SUMS) + (number << 3), load<f64>(PART_DOT));
    return Piece.weight(number);
  }

  /** The sums of a part to those of its group j, times the weight that its elements have. */
  @inline
  static add(j: i32, weight: f64): void {
    addTo(at64(GRADIENT_SUM, j), load<f64>(PART_SUM) * weight);
    addTo(at64(GRADIENT_DOT, j), load<f64>(PART_DOT) * weight);
    addTo(at64(GRADIENT_SHAPE, j), load<f64>(PART_SHAPE));
    const above = at32(GRADIENT_ABOVE, j);
    const below = at32(GRADIENT_BELOW, j);
    store<i32>(above, load<i32>(above) + load<i32>(PART_ABOVE));
    store<i32>(below, load<i32>(below) + load<i32>(PART_BELOW));
  }

  /** The output of a part of group j whose elements have weight number `number`. */
  @inline
  static output(slope: Slope, j: i32, x: usize, dy: usize, dx: usize, n: i32, number: usize): void {
    const weight = Piece.weight(number);
    if (isWideOutput(slope, j)) {
      store<f32>(GRADIENT_WEIGHT, <f32>weight);
      wideOutput(slope, x, dy, dx, 4, n, j, 1, GRADIENT_WEIGHT, 0, 0, 0);
    } else {
      output(slope, j, x, dy, dx, n, <f32>(load<f64>(at64(GRADIENT_FACTOR, j)) * weight));
    }
  }
}

/** First pass over the groups at hand: their sums into GRADIENT_SUM, GRADIENT_DOT and GRADIENT_SHAPE; the same is counted. */
export function sumRows(slope: Slope, walk: i32): void {
  if (isDirect(walk)) sumSegments(slope);
  else sumStretches(slope, walk);
}

function sumSegments(slope: Slope): void {
  for (let j = 0; j < width; j++) {
    store<f64>(at64(GRADIENT_SUM, j), 0);
    store<f64>(at64(GRADIENT_DOT, j), 0);
    store<f64>(at64(GRADIENT_SHAPE, j), 0);
    store<i32>(at32(GRADIENT_ABOVE, j), 0);
    store<i32>(at32(GRADIENT_BELOW, j), 0);
  }
  const kept = keptOffset(group, KEPT_WEIGHT);
  const input = load<usize>(INPUT);
  const gradient = load<usize>(GRADIENT);
  const length = load<i32>(LENGTH);
  for (let s = 0; s < load<i32>(REDUCED_TOTAL); s++) {
    for (let j = 0; j < width; j++) {
      const at = Piece.segmentAt(s, j);
      Piece.add(j, Piece.sum(slope, j, input + at, gradient + at, length, Piece.numberAt(kept, s, j)));
    }
  }
}

function sumStretches(slope: Slope, walk: i32): void {
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
        sumPart<Weighted>(slope, 0, x, dy, n, weightsFor(from, n));
      } else {
        const skipped = (<usize>i) << 2;
        m = pieceOf(from + i, n - i, varied);
        weight = Piece.sum(slope, 0, x + skipped, dy + skipped, m, weightOf(kept, from + i, varied));
      }
      sum += load<f64>(PART_SUM) * weight;
      dot += load<f64>(PART_DOT) * weight;
      shape += load<f64>(PART_SHAPE);
      above += load<i32>(PART_ABOVE);
      below += load<i32>(PART_BELOW);
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
export function outputRows(slope: Slope, walk: i32): void {
  if (isDirect(walk)) outputSegments(slope);
  else outputStretches(slope, walk);
}

function outputSegments(slope: Slope): void {
  const kept = keptOffset(group, KEPT_WEIGHT);
  const input = load<usize>(INPUT);
  const gradient = load<usize>(GRADIENT);
  const result = load<usize>(OUTPUT);
  const length = load<i32>(LENGTH);
  for (let s = 0; s < load<i32>(REDUCED_TOTAL); s++) {
    for (let j = 0; j < width; j++) {
      const at = Piece.segmentAt(s, j);
      Piece.output(slope, j, input + at, gradient + at, result + at, length, Piece.numberAt(kept, s, j));
    }
  }
}

function outputStretches(slope: Slope, walk: i32): void {
  const kept = keptOffset(group, KEPT_WEIGHT);
  const staged = (walk & Walk.Staged) != 0;
  const varied = (walk & Walk.Varied) != 0;
  const length = load<i32>(LENGTH);
  for (let from = 0; from < count; ) {
    const segment = staged ? 0 : from / length;
    const n = enter(from, segment, walk);
    const at = offsetOf(from, segment, walk);
    const x = at + (staged ? TILE_X : load<usize>(INPUT));
    const dy = at + (staged ? TILE_G : load<usize>(GRADIENT));
    const dx = at + (staged ? TILE_X : load<usize>(OUTPUT));
    if (walk & Walk.Each) {
      outputEach(slope, x, dy, dx, kept, from, n);
    } else {
      for (let i = 0; i < n; ) {
        const skipped = (<usize>i) << 2;
        const m = pieceOf(from + i, n - i, varied);
        Piece.output(slope, 0, x + skipped, dy + skipped, dx + skipped, m, weightOf(kept, from + i, varied));
        i += m;
      }
    }
    if (staged) scatter(base, from, n, dx);
    from += n;
  }
  if (walk & Walk.Each) endGroup();
}

function output(slope: Slope, j: i32, x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  if (slope == Slope.Proportional) outputAs<Ramp>(j, x, dy, dx, n, gain);
  else if (slope != Slope.Sign) outputAs<Level>(j, x, dy, dx, n, gain);
  else if (isSided(j)) outputAs<Side>(j, x, dy, dx, n, gain);
  else outputAs<SideOrMiddle>(j, x, dy, dx, n, gain);
}

function outputAs<T extends Terms>(j: i32, x: usize, dy: usize, dx: usize, n: i32, gain: f32): void {
  const centre = load<f32>(at32(PANEL_CENTRE, j));
  const a = load<f32>(at32(GRADIENT_SLOPE, j));
  const b = load<f32>(at32(changetype<T>(0).ofSides() ? GRADIENT_UNDER : GRADIENT_SHIFT, j));
  const c = load<f32>(at32(GRADIENT_LEVEL, j));
  gradientOutput<T>(x, dy, dx, n, centre, gain, a, b, c, load<f32>(at32(GRADIENT_UPPER, j)));
}

/** After the last group. */
export function finishGradientRows(walk: i32): void {
  if (walk & Walk.Each) finishElementWeights();
}
