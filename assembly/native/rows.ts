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
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  TASK,
  TASK_APPLY,
  TASK_RAW,
  WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { addTo, at32, at64 } from "../lanes/lists";
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
import { affine, affineBy, affineGroups, affineWeightedBy, placeParameters } from "./affine";
import { FEW_ELEMENTS, Pass, SAMPLE } from "./passes";

/** Segments shorter than this are staged; than the second, where sums stay in registers or groups are walked together. */
const SHORT: i32 = 64;
const LEAST: i32 = 16;

/**
 * A group takes longer to begin where it is alone, a segment where groups are walked together. Those of more segments than
 * MANY, of less than LONG elements each, are therefore walked one by one if their sums stay in registers, and the fewer than
 * FAR elements of the plan in the second-level cache.
 */
const LONG: i32 = 96;
const MANY: i32 = 16;
const FAR: i32 = 131_072;

/** Elements of neighbouring segments that are walked in a stretch: prefetchers begin again behind it. */
const STRETCH: i32 = 65_536;

/** The group goes through the tile. */
let staged: bool = false;

/** Groups that are walked together, where as many are left, and the elements from one to the next, and those of weights. */
let together: i32 = 1;
let neighbour: i32 = 0;
let neighbourWeight: i32 = 0;

/** In line wherever it is called. */
export class Row {
  /** Whether the whole group stays in the tile. */
  @inline
  static whole(): bool {
    return staged && count <= TILE;
  }

  /** Whether groups are walked one by one, where they lie. */
  @inline
  static direct(): bool {
    return !staged && together == 1;
  }

  /** Segments shorter than this are better staged, even if their elements are float32. */
  @inline
  static short(): i32 {
    return together > 1 ? LEAST : SHORT;
  }

  /** How many groups from number `first` on are walked together: as many as begin on one line of the innermost kept level. */
  @inline
  static together(first: i32): i32 {
    if (together == 1) return 1;
    const line = load<i32>((<usize>(load<i32>(KEPT_RANK) - 1)) << 2, KEPT_COUNT);
    return min(together, line - (first % line));
  }

  /** Bytes to group j of the panel, from the first element of a tensor. */
  @inline
  static groupAt(j: i32): usize {
    return (<usize>(base + j * neighbour)) << 2;
  }

  /** Number of the first weight of group j of the panel, from that of the first group. */
  @inline
  static weightTo(j: i32): i32 {
    return j * neighbourWeight;
  }
}

/** Before the first group of a plan; `squares`: its norm adds those up; `panels`: groups may be walked together. */
export function prepareRows(squares: bool, panels: bool): void {
  const length = load<i32>(LENGTH);
  const segments = load<i32>(REDUCED_TOTAL);
  together = 1;
  // raw statistics are written group by group
  if (panels && load<i32>(KEPT_RANK) && !(load<i32>(TASK) & TASK_RAW)) {
    const level = (<usize>(load<i32>(KEPT_RANK) - 1)) << 2;
    neighbour = load<i32>(level, KEPT_STRIDE);
    neighbourWeight = load<i32>(level, KEPT_WEIGHT);
    if (neighbour > 0 && neighbour < innerStride()) together = max(1, min(PANEL, STRETCH / neighbour));
  }
  const inRegisters = squares && count >= <i32>FEW_ELEMENTS;
  const short = together > 1 || inRegisters ? LEAST : SHORT;
  staged =
    load<i32>(INPUT_STORAGE) != STORAGE_FLOAT32 ||
    ((load<i32>(TASK) & TASK_APPLY) != 0 && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32) ||
    (segments > 1 && length < short);
  const near = count * load<i32>(KEPT_TOTAL) < FAR;
  if (staged || (inRegisters && length < LONG && segments > MANY && near)) together = 1;
}

/** Before the first pass over the groups at hand. */
export function enterRow(): void {
  if (Row.whole()) gather(base, 0, count, TILE_X);
}

/** Moments about 0 of SAMPLE elements from all over every group. */
export function sampleRows(): void {
  const length = load<i32>(LENGTH);
  for (let part = 0; part < SAMPLE; part += 8) {
    let at = part * (<u32>count / SAMPLE);
    let p = TILE_T;
    if (Row.whole()) {
      p = at32(TILE_X, at);
    } else if (staged) {
      gather(base, at, 8, p);
    } else {
      const segment = at / length;
      at = reducedOffset(segment, REDUCED_STRIDE) + min(at - segment * length, length - 8);
      p = at32(load<usize>(INPUT) + Row.groupAt(0), at);
    }
    moments(Pass.Moments, p, (<usize>neighbour) << 2, 0, width, 0, 1, 8);
  }
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
    const summed = pass == Pass.Moments || pass == Pass.MomentsNear;
    // the sums of moments of a group that is alone stay in registers from row to row
    const rows = summed && wide == 1 ? innerRows() : 1;
    const pitch = (<usize>innerStride()) << 2;
    const input = load<usize>(INPUT) + Row.groupAt(first);
    const step = (<usize>neighbour) << 2;
    for (let s = 0; s < segments; s += rows) {
      let p = input + ((<usize>reducedOffset(s, REDUCED_STRIDE)) << 2);
      if (summed) {
        moments(pass, p, step, first, wide, pitch, rows, length);
        continue;
      }
      for (let j = first; j < first + wide; j++) {
        block(pass, j, p, length);
        p += step;
      }
    }
  }
}

class SumOfNumbers extends OfOther {
  of<N extends Norm>(mean: f64, first: f64, n: i32, _j: i32, _k: i32, p: usize, _q: usize): f64 {
    return sumNumbers<N>(p, n, mean, first);
  }
}

/** Moments of rows x n float32 of `wide` groups from number j on, `step` bytes from one to the next, `pitch` from row to row. */
function moments(pass: Pass, p: usize, step: usize, j: i32, wide: i32, pitch: usize, rows: i32, n: i32): void {
  for (const end = j + wide; j < end; j++) {
    if (pass == Pass.Moments) sumMoments<Origin>(p, pitch, rows, n, j);
    else sumMoments<Near>(p, pitch, rows, n, j);
    p += step;
  }
}

/** A part of a pass over group j of the panel: n contiguous float32. */
function block(pass: Pass, j: i32, p: usize, n: i32): void {
  if (!ASC_NO_ASSERT) assert(j >= 0 && j < width && width <= PANEL);
  const centre = load<f32>(at32(PANEL_CENTRE, j));
  let sum = 0.0;
  switch (pass) {
    case Pass.Plain:
      sum = sumPlain(p, n);
      break;
    case Pass.Moments:
    case Pass.MomentsNear:
      moments(pass, p, 0, j, 1, 0, 1, n);
      break;
    case Pass.Magnitudes:
      sum = sumTerms<Sizes, Mean>(p, n, centre, load<f32>(at32(PANEL_REST, j)));
      break;
    case Pass.MagnitudesNear:
      sum = centre == 0 ? sumTerms<Sizes, Origin>(p, n, 0, 0) : sumTerms<Sizes, Near>(p, n, centre, 0);
      break;
    case Pass.Squares:
      sum = centre == 0 ? sumTerms<Squares, Origin>(p, n, 0, 0) : sumTerms<Squares, Near>(p, n, centre, 0);
      break;
    case Pass.MagnitudesWide:
      sum = sumTermsWide<Sizes>(p, n, load<f64>(at64(PANEL_MEAN, j)));
      break;
    case Pass.SquaresWide:
      sum = sumTermsWide<Squares>(p, n, load<f64>(at64(PANEL_MEAN, j)));
      break;
    case Pass.Greatest: {
      const high = at32(PANEL_HIGH, j);
      store<i32>(high, max(load<i32>(high), greatestMagnitude(p, n)));
      break;
    }
    case Pass.Extremes:
      extremes(p, n, at32(PANEL_HIGH, j), at32(PANEL_LOW, j));
      break;
    case Pass.Top: {
      // the states are those of four groups
      const state = GROUP_TOP + TOP_BYTES * (j & 3);
      const rest = load<f32>(at32(PANEL_REST, j));
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
      sum = withNorm<SumOfNumbers, f64>(load<f64>(at64(PANEL_MEAN, j)), load<f32>(at32(PANEL_FIRST, j)), n, 0, 0, p);
      break;
  }
  addTo(at64(PANEL_SUM, j), sum);
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
        affineBy(TILE_X, TILE_X, n, load<f32>(PANEL_CENTRE), load<f32>(PANEL_REST), factor, -0.0);
      }
      scatter(base, from, n, TILE_X);
    }
    return;
  }
  const segments = load<i32>(REDUCED_TOTAL);
  const step = load<i32>(WEIGHT_STEP) != 0 && weighted;
  const uniform = !weighted || isUniform();
  const rows = width == 1 && uniform ? innerRows() : 1;
  const kept = weighted ? keptOffset(group, KEPT_WEIGHT) : 0;
  const pitch = (<usize>innerStride()) << 2;
  const apart = (<usize>neighbour) << 2;
  let steps = 0;
  for (let s = 0; s < segments; s += rows) {
    const segment = (<usize>reducedOffset(s, REDUCED_STRIDE)) << 2;
    if (step) {
      for (let j = 0; j < width; j++) applyWeighted(s, j, segment + Row.groupAt(j));
      continue;
    }
    if (!steps || !uniform) steps = placeParameters(kept + reducedOffset(s, REDUCED_WEIGHT), Row.weightTo(1));
    const at = segment + Row.groupAt(0);
    affineGroups(load<usize>(INPUT) + at, load<usize>(OUTPUT) + at, apart, pitch, rows, load<i32>(LENGTH), steps);
  }
}

/** The output of segment s of group j, which is at `at` bytes, with a weight for every element. */
function applyWeighted(s: i32, j: i32, at: usize): void {
  const x = load<usize>(INPUT) + at;
  const y = load<usize>(OUTPUT) + at;
  const length = load<i32>(LENGTH);
  const factor = load<f64>(at64(PANEL_SUM, j));
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

/** d * factor * weight + bias, of which either may be 0. */
function outputWeighted(x: usize, y: usize, j: i32, n: i32, factor: f64, weight: usize, bias: usize): void {
  const centre = load<f32>(at32(PANEL_CENTRE, j));
  affineWeightedBy(x, y, n, centre, load<f32>(at32(PANEL_REST, j)), factor, weight, bias);
}
