// Native passes and output over rows: groups that end in contiguous elements.
//
// A group is walked segment by segment where it lies. It is staged in a tile first when its storage is float16 or its
// segments are short; a group that fits the tile is staged once for all passes. Groups that lie nearer to each other than
// their segments do (the channels of many images) are walked together, in the order of memory:
//
//     image 0: channel 0, channel 1, ... channel 7;  image 1: channel 0, channel 1, ...

import {
  BIAS,
  INPUT,
  INPUT_STORAGE,
  KEPT_COUNT,
  KEPT_RANK,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LENGTH,
  OUTPUT,
  OUTPUT_STORAGE,
  PANEL,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  TASK,
  TASK_APPLY,
  WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import {
  GROUP_TOP,
  PANEL_CENTRE,
  PANEL_FIRST,
  PANEL_HIGH,
  PANEL_LOW,
  PANEL_MEAN,
  PANEL_REST,
  PANEL_SUM,
  TILE,
  TILE_B,
  TILE_T,
  TILE_W,
  TILE_X,
  TOP_BYTES,
} from "../memory";
import { Norm } from "../norms/norm";
import { Sizes, Squares } from "../norms/terms";
import { OfOther, withNorm } from "../norms/with-norm";
import { extremes, greatestMagnitude } from "../reductions/extremes";
import { sumMoments } from "../reductions/moments";
import { Mean, Near, Origin, sumNumbers, sumPlain, sumTerms, sumTermsWide } from "../reductions/sums";
import { addTop } from "../reductions/top";
import { base, count, group, width } from "../tensors/groups";
import { innerRows, innerStride, isUniform, keptOffset, reducedOffset } from "../tensors/offsets";
import { gather, gatherWeights, scatter } from "../tensors/tiles";
import { affine, affineBy, affineWeightedBy } from "./affine";
import { FEW_ELEMENTS, Pass, SAMPLE } from "./passes";

/** Segments shorter than this are staged; where there are many elements, and one pass keeps sums in registers: than the second. */
const SHORT: i32 = 64;
const SHORT_OF_MANY: i32 = 16;

/** Shorter ones are not walked together: to begin a segment takes longer than memory then. */
const LONG: i32 = 32;

/** Elements of a plan from which on they are not in the second-level cache when they are needed again. */
const FAR: i32 = 1_048_576;

/** Elements of neighbouring segments that are walked in a stretch: prefetchers begin again behind it. */
const STRETCH: i32 = 32_768;

/** The group goes through the tile. */
let staged: bool = false;

/** Groups that are walked together, where as many are left, and the elements from one to the next, and those of weights. */
let together: i32 = 1;
let neighbour: i32 = 0;
let neighbourWeight: i32 = 0;

/** In line wherever it is called. */
export class Row {
  /** Whether groups go through the tile. */
  @inline
  static staged(): bool {
    return staged;
  }

  /** Whether the whole group stays in the tile. */
  @inline
  static whole(): bool {
    return staged && count <= TILE;
  }
}

/** Before the first group of a plan. */
export function prepareRows(): void {
  const length = load<i32>(LENGTH);
  staged =
    load<i32>(INPUT_STORAGE) != STORAGE_FLOAT32 ||
    ((load<i32>(TASK) & TASK_APPLY) != 0 && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32) ||
    (load<i32>(REDUCED_TOTAL) > 1 && length < (<f64>count < FEW_ELEMENTS ? SHORT : SHORT_OF_MANY));
  together = 1;
  const level = (<usize>(load<i32>(KEPT_RANK) - 1)) << 2;
  if (staged || length < LONG || !load<i32>(KEPT_RANK) || count * load<i32>(KEPT_TOTAL) < FAR) return;
  neighbour = load<i32>(level, KEPT_STRIDE);
  neighbourWeight = load<i32>(level, KEPT_WEIGHT);
  if (neighbour < innerStride()) together = max(1, STRETCH / neighbour);
  if (!ASC_NO_ASSERT) assert(together <= PANEL);
}

/** How many groups from number `first` on are walked together: as many as begin on one line of the innermost kept level. */
export function rowsTogether(first: i32): i32 {
  if (together == 1) return 1;
  const line = load<i32>((<usize>(load<i32>(KEPT_RANK) - 1)) << 2, KEPT_COUNT);
  return min(together, line - (first % line));
}

/** Before the first pass over a group. */
export function enterRow(): void {
  if (Row.whole()) gather(base, 0, count, TILE_X);
}

/** Bytes from the first element of the panel to the first of its group j. */
function groupAt(j: i32): usize {
  return (<usize>(base + j * neighbour)) << 2;
}

/** Moments about 0 of SAMPLE elements from all over every group. */
export function sampleRows(): void {
  for (let j = 0; j < width; j++) sampleRow(j);
}

function sampleRow(j: i32): void {
  const length = load<i32>(LENGTH);
  const whole = Row.whole();
  const start = whole ? TILE_X : load<usize>(INPUT) + groupAt(j);
  let to = TILE_T;
  for (let part = 0; part < SAMPLE; part += 4) {
    const from = part * (<u32>count / SAMPLE);
    if (staged && !whole) {
      gather(base, from, 4, to);
    } else {
      let at = from;
      if (!staged && load<i32>(REDUCED_RANK)) {
        const segment = from / length;
        at = reducedOffset(segment, REDUCED_STRIDE) + min(from - segment * length, length - 4);
      }
      v128.store(to, v128.load(start + ((<usize>at) << 2)));
    }
    to += 16;
  }
  block(Pass.Moments, j, TILE_T, SAMPLE);
}

/** One pass over `wide` groups of the panel from number `first` on. */
export function passRows(pass: Pass, first: i32, wide: i32): void {
  if (Row.whole()) {
    block(pass, 0, TILE_X, count);
  } else if (staged) {
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      gather(base, from, n, TILE_X);
      block(pass, 0, TILE_X, n);
    }
  } else {
    const length = load<i32>(LENGTH);
    const segments = load<i32>(REDUCED_TOTAL);
    // the sums of moments of a group that is alone stay in registers from row to row
    const rows = wide == 1 && (pass == Pass.Moments || pass == Pass.MomentsNear) ? innerRows() : 1;
    const pitch = (<usize>innerStride()) << 2;
    for (let s = 0; s < segments; s += rows) {
      const segment = load<usize>(INPUT) + ((<usize>reducedOffset(s, REDUCED_STRIDE)) << 2);
      for (let j = first; j < first + wide; j++) block(pass, j, segment + groupAt(j), length, j - first, rows, pitch);
    }
  }
}

class SumOfNumbers extends OfOther {
  of<N extends Norm>(mean: f64, first: f64, n: i32, _j: i32, _k: i32, p: usize, _q: usize): f64 {
    return sumNumbers<N>(p, n, mean, first);
  }
}

/**
 * A part of a pass over group j of the panel: n contiguous float32; of moments, `rows` times as many, `pitch` bytes from row to
 * row. `top`: number of the state that the k largest are collected in.
 */
function block(pass: Pass, j: i32, p: usize, n: i32, top: i32 = 0, rows: i32 = 1, pitch: usize = 0): void {
  if (!ASC_NO_ASSERT) assert(j >= 0 && j < width && width <= PANEL);
  const at32 = (<usize>j) << 2;
  const at64 = (<usize>j) << 3;
  const centre = load<f32>(at32, PANEL_CENTRE);
  const rest = load<f32>(at32, PANEL_REST);
  const mean = load<f64>(at64, PANEL_MEAN);
  let sum = 0.0;
  switch (pass) {
    case Pass.Plain:
      sum = sumPlain(p, n);
      break;
    case Pass.Moments:
      sumMoments<Origin>(p, pitch, rows, n, 0, at64);
      break;
    case Pass.MomentsNear:
      sumMoments<Near>(p, pitch, rows, n, centre, at64);
      break;
    case Pass.Magnitudes:
      sum = sumTerms<Sizes, Mean>(p, n, centre, rest);
      break;
    case Pass.MagnitudesNear:
      sum = centre == 0 ? sumTerms<Sizes, Origin>(p, n, 0, 0) : sumTerms<Sizes, Near>(p, n, centre, 0);
      break;
    case Pass.Squares:
      sum = centre == 0 ? sumTerms<Squares, Origin>(p, n, 0, 0) : sumTerms<Squares, Near>(p, n, centre, 0);
      break;
    case Pass.MagnitudesWide:
      sum = sumTermsWide<Sizes>(p, n, mean);
      break;
    case Pass.SquaresWide:
      sum = sumTermsWide<Squares>(p, n, mean);
      break;
    case Pass.Greatest:
      store<i32>(at32, max(load<i32>(at32, PANEL_HIGH), greatestMagnitude(p, n)), PANEL_HIGH);
      break;
    case Pass.Extremes:
      extremes(p, n, PANEL_HIGH + at32, PANEL_LOW + at32);
      break;
    case Pass.Top: {
      const state = GROUP_TOP + TOP_BYTES * top;
      if (centre == 0 && rest == 0) {
        addTop(state, p, n);
        break;
      }
      for (; n > 0; n -= TILE) {
        const m = min(n, TILE);
        affine(p, TILE_T, 0, 1, m, centre, rest, 1, -0.0);
        addTop(state, TILE_T, m);
        p += (<usize>TILE) << 2;
      }
      break;
    }
    case Pass.Numbers:
      sum = withNorm<SumOfNumbers, f64>(mean, <f64>load<f32>(at32, PANEL_FIRST), n, 0, 0, p);
      break;
  }
  store<f64>(at64, load<f64>(at64, PANEL_SUM) + sum, PANEL_SUM);
}

/** The output from the factors in PANEL_SUM: where a group is staged, tile by tile; else segment by segment, where they lie. */
export function applyRows(): void {
  const weighted = (load<usize>(WEIGHT) | load<usize>(BIAS)) != 0;
  if (staged) {
    const factor = load<f64>(PANEL_SUM);
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      if (!Row.whole()) gather(base, from, n, TILE_X);
      if (weighted) {
        const weight = weightsFor(WEIGHT, 0, from, n, TILE_W);
        const bias = weightsFor(BIAS, 0, from, n, TILE_B);
        outputWeighted(TILE_X, TILE_X, 0, n, factor, weight, bias);
      } else {
        output(TILE_X, TILE_X, 0, 0, 1, n, factor, -0.0);
      }
      scatter(base, from, n, TILE_X);
    }
    return;
  }
  const segments = load<i32>(REDUCED_TOTAL);
  const step = load<i32>(WEIGHT_STEP) != 0 && weighted;
  const rows = width == 1 && isUniform() ? innerRows() : 1;
  const kept = keptOffset(group, KEPT_WEIGHT);
  for (let s = 0; s < segments; s += rows) {
    const at = base + reducedOffset(s, REDUCED_STRIDE);
    const weight = kept + reducedOffset(s, REDUCED_WEIGHT);
    for (let j = 0; j < width; j++) {
      const bytes = (<usize>(at + j * neighbour)) << 2;
      if (step) applyWeighted(s, j, bytes);
      else applySegments(j, bytes, rows, (<usize>(weight + j * neighbourWeight)) << 2);
    }
  }
}

/** The output of `rows` segments of group j, the first at `at` bytes. Their weight, at `w` bytes, goes into the factor. */
function applySegments(j: i32, at: usize, rows: i32, w: usize): void {
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  const factor = load<f64>((<usize>j) << 3, PANEL_SUM);
  const scale = weights ? factor * <f64>load<f32>(weights + w) : factor;
  const shift: f32 = biases ? load<f32>(biases + w) : -0.0;
  const pitch = (<usize>innerStride()) << 2;
  output(load<usize>(INPUT) + at, load<usize>(OUTPUT) + at, j, pitch, rows, load<i32>(LENGTH), scale, shift);
}

/** The output of segment s of group j, which is at `at` bytes, with a weight for every element. */
function applyWeighted(s: i32, j: i32, at: usize): void {
  const x = load<usize>(INPUT) + at;
  const y = load<usize>(OUTPUT) + at;
  const length = load<i32>(LENGTH);
  const factor = load<f64>((<usize>j) << 3, PANEL_SUM);
  for (let from = 0; from < length; from += TILE) {
    const n = min(TILE, length - from);
    const offset = (<usize>from) << 2;
    const first = s * length + from;
    const weight = weightsFor(WEIGHT, j, first, n, TILE_W);
    outputWeighted(x + offset, y + offset, j, n, factor, weight, weightsFor(BIAS, j, first, n, TILE_B));
  }
}

/** Weights or biases of elements [from, from + n) of group j, 0 for none: where they lie if that is in one stretch, else in a tile. */
function weightsFor(field: usize, j: i32, from: i32, n: i32, tile: usize): usize {
  const weights = load<usize>(field);
  if (!weights) return 0;
  if (load<i32>(REDUCED_TOTAL) == 1 && load<i32>(WEIGHT_STEP)) {
    return weights + ((<usize>(keptOffset(group + j, KEPT_WEIGHT) + from)) << 2);
  }
  gatherWeights(field, group + j, from, n, tile);
  return tile;
}

/** d * factor + shift of rows x n elements of group j, `pitch` bytes from row to row. */
function output(x: usize, y: usize, j: i32, pitch: usize, rows: i32, n: i32, factor: f64, shift: f32): void {
  const at = (<usize>j) << 2;
  affineBy(x, y, pitch, rows, n, load<f32>(at, PANEL_CENTRE), load<f32>(at, PANEL_REST), factor, shift);
}

/** d * factor * weight + bias, of which either may be 0. */
function outputWeighted(x: usize, y: usize, j: i32, n: i32, factor: f64, weight: usize, bias: usize): void {
  const at = (<usize>j) << 2;
  affineWeightedBy(x, y, n, load<f32>(at, PANEL_CENTRE), load<f32>(at, PANEL_REST), factor, weight, bias);
}
