// Native passes and output over rows: groups that end in contiguous elements.
//
// A group is walked segment by segment where it lies. It is staged in a tile first when its storage is float16 or its
// segments are short; a group that fits the tile is staged once for all passes.

import {
  BIAS,
  INPUT,
  INPUT_STORAGE,
  KEPT_WEIGHT,
  LENGTH,
  OUTPUT,
  OUTPUT_STORAGE,
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
} from "../memory";
import { Norm } from "../norms/norm";
import { Sizes, Squares } from "../norms/terms";
import { OfOther, withNorm } from "../norms/with-norm";
import { extremes, greatestMagnitude } from "../reductions/extremes";
import { sumMoments } from "../reductions/moments";
import { Mean, Near, Origin, sumNumbers, sumPlain, sumTerms, sumTermsWide } from "../reductions/sums";
import { addTop } from "../reductions/top";
import { base, count, group } from "../tensors/groups";
import { innerRows, innerStride, isUniform, keptOffset, reducedOffset } from "../tensors/offsets";
import { gather, gatherWeights, scatter } from "../tensors/tiles";
import { affine, affineBy, affineWeightedBy } from "./affine";
import { Pass, SAMPLE } from "./passes";

/** Segments shorter than this are staged. */
const SHORT: i32 = 64;

/** The group goes through the tile. */
let staged: bool = false;

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
  staged =
    load<i32>(INPUT_STORAGE) != STORAGE_FLOAT32 ||
    ((load<i32>(TASK) & TASK_APPLY) != 0 && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32) ||
    (load<i32>(REDUCED_TOTAL) > 1 && load<i32>(LENGTH) < SHORT);
}

/** Before the first pass over a group. */
export function enterRow(): void {
  if (Row.whole()) gather(base, 0, count, TILE_X);
}

/** Moments about 0 of SAMPLE elements from all over the group. */
export function sampleRow(): void {
  const length = load<i32>(LENGTH);
  const whole = Row.whole();
  const start = whole ? TILE_X : load<usize>(INPUT) + ((<usize>base) << 2);
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
  block(Pass.Moments, TILE_T, SAMPLE);
}

/** One pass over the group. */
export function passRow(pass: Pass): void {
  if (Row.whole()) {
    block(pass, TILE_X, count);
  } else if (staged) {
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      gather(base, from, n, TILE_X);
      block(pass, TILE_X, n);
    }
  } else {
    const input = load<usize>(INPUT) + ((<usize>base) << 2);
    const length = load<i32>(LENGTH);
    const segments = load<i32>(REDUCED_TOTAL);
    // the sums of moments stay in registers from row to row
    const rows = pass == Pass.Moments || pass == Pass.MomentsNear ? innerRows() : 1;
    const pitch = (<usize>innerStride()) << 2;
    for (let s = 0; s < segments; s += rows) {
      block(pass, input + ((<usize>reducedOffset(s, REDUCED_STRIDE)) << 2), length, rows, pitch);
    }
  }
}

class SumOfNumbers extends OfOther {
  of<N extends Norm>(mean: f64, _y: f64, n: i32, _j: i32, _k: i32, p: usize, _q: usize): f64 {
    return sumNumbers<N>(p, n, mean, <f64>load<f32>(PANEL_FIRST));
  }
}

/** A part of a pass: n contiguous float32; of moments, `rows` times as many, `pitch` bytes from row to row. */
function block(pass: Pass, p: usize, n: i32, rows: i32 = 1, pitch: usize = 0): void {
  const centre = load<f32>(PANEL_CENTRE);
  const rest = load<f32>(PANEL_REST);
  const mean = load<f64>(PANEL_MEAN);
  let sum = 0.0;
  switch (pass) {
    case Pass.Plain:
      sum = sumPlain(p, n);
      break;
    case Pass.Moments:
      sumMoments<Origin>(p, pitch, rows, n, 0);
      break;
    case Pass.MomentsNear:
      sumMoments<Near>(p, pitch, rows, n, centre);
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
      store<i32>(PANEL_HIGH, max(load<i32>(PANEL_HIGH), greatestMagnitude(p, n)));
      break;
    case Pass.Extremes:
      extremes(p, n, PANEL_HIGH, PANEL_LOW);
      break;
    case Pass.Top:
      if (centre == 0 && rest == 0) {
        addTop(GROUP_TOP, p, n);
        break;
      }
      for (; n > 0; n -= TILE) {
        const m = min(n, TILE);
        affine(p, TILE_T, 0, 1, m, centre, rest, 1, -0.0);
        addTop(GROUP_TOP, TILE_T, m);
        p += (<usize>TILE) << 2;
      }
      break;
    case Pass.Numbers:
      sum = withNorm<SumOfNumbers, f64>(mean, 0, n, 0, 0, p);
      break;
  }
  store<f64>(PANEL_SUM, load<f64>(PANEL_SUM) + sum);
}

/** The output of the group: where it is staged, tile by tile; else segment by segment, where it lies. */
export function applyRow(factor: f64): void {
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  const weighted = (weights | biases) != 0;
  if (staged) {
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      if (!Row.whole()) gather(base, from, n, TILE_X);
      if (weighted) {
        const weight = weightsFor(WEIGHT, from, n, TILE_W);
        const bias = weightsFor(BIAS, from, n, TILE_B);
        outputWeighted(TILE_X, TILE_X, n, factor, weight, bias);
      } else {
        output(TILE_X, TILE_X, 0, 1, n, factor, -0.0);
      }
      scatter(base, from, n, TILE_X);
    }
    return;
  }
  const length = load<i32>(LENGTH);
  const segments = load<i32>(REDUCED_TOTAL);
  const kept = keptOffset(group, KEPT_WEIGHT);
  const step = load<i32>(WEIGHT_STEP) != 0 && weighted;
  const rows = isUniform() ? innerRows() : 1;
  const pitch = (<usize>innerStride()) << 2;
  for (let s = 0; s < segments; s += rows) {
    const at = (<usize>(base + reducedOffset(s, REDUCED_STRIDE))) << 2;
    const w = (<usize>(kept + reducedOffset(s, REDUCED_WEIGHT))) << 2;
    const x = load<usize>(INPUT) + at;
    const y = load<usize>(OUTPUT) + at;
    if (!step) {
      // one weight for whole segments goes into the factor
      const scale = weights ? factor * <f64>load<f32>(weights + w) : factor;
      output(x, y, pitch, rows, length, scale, biases ? load<f32>(biases + w) : -0.0);
      continue;
    }
    for (let from = 0; from < length; from += TILE) {
      const n = min(TILE, length - from);
      const offset = (<usize>from) << 2;
      const first = s * length + from;
      const weight = weightsFor(WEIGHT, first, n, TILE_W);
      outputWeighted(x + offset, y + offset, n, factor, weight, weightsFor(BIAS, first, n, TILE_B));
    }
  }
}

/** Weights or biases of elements [from, from + n), 0 for none: where they lie if that is in one stretch, else in a tile. */
function weightsFor(field: usize, from: i32, n: i32, tile: usize): usize {
  const weights = load<usize>(field);
  if (!weights) return 0;
  if (load<i32>(REDUCED_TOTAL) == 1 && load<i32>(WEIGHT_STEP)) {
    return weights + ((<usize>(keptOffset(group, KEPT_WEIGHT) + from)) << 2);
  }
  gatherWeights(field, group, from, n, tile);
  return tile;
}

/** d * factor + shift of rows x n elements, `pitch` bytes from row to row. */
function output(x: usize, y: usize, pitch: usize, rows: i32, n: i32, factor: f64, shift: f32): void {
  affineBy(x, y, pitch, rows, n, load<f32>(PANEL_CENTRE), load<f32>(PANEL_REST), factor, shift);
}

/** d * factor * weight + bias, of which either may be 0. */
function outputWeighted(x: usize, y: usize, n: i32, factor: f64, weight: usize, bias: usize): void {
  affineWeightedBy(x, y, n, load<f32>(PANEL_CENTRE), load<f32>(PANEL_REST), factor, weight, bias);
}
