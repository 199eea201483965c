// Native arithmetic over rows: groups that end in contiguous elements.
//
// A group is walked segment by segment where it lies. It is staged in a tile first when its storage is float16 or its
// segments are short; a group that fits the tile is staged once for all passes.

import {
  BIAS,
  COUNT,
  DEVIATION,
  GAIN,
  INPUT,
  INPUT_STORAGE,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LENGTH,
  MEAN,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_NONE,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
  OUTPUT,
  OUTPUT_STORAGE,
  POWER,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  SCRATCH,
  STORAGE_FLOAT32,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TASK_RAW,
  TOP,
  WEIGHT,
  WEIGHT_STEP,
} from "../src/layout";
import { affine, affineWeighted } from "./affine";
import { extremes, greatestMagnitude, NO_HIGH, NO_LOW } from "./extremes";
import { GROUP_HIGH, GROUP_LOW, GROUP_TOP, TILE, TILE_B, TILE_T, TILE_W, TILE_X } from "./memory";
import { power, powerOfTwo } from "./power";
import { deviationFrom, factorFrom, firstStep } from "./statistics";
import { Magnitude, Mean, Near, Origin, Square, sumPlain, sumTerms, sumTermsWide } from "./sums";
import { fill, gather, gatherWeights, scatter } from "./tiles";
import { addTop, startTop, sumTop } from "./top";
import { fromOrdered } from "./vectors";
import { keptOffset, reducedOffset } from "./walk";

/** A pass over the elements of a group. */
const enum Pass {
  Plain,
  Magnitudes,
  MagnitudesNear,
  Squares,
  MagnitudesWide,
  SquaresWide,
  Greatest,
  Extremes,
  Top,
  Powers,
}

/** Segments shorter than this are staged. */
const SHORT: i32 = 64;

// the group at hand
let base: i32 = 0;
let count: i32 = 0;
let staged: bool = false;
let whole: bool = false;
let centred: bool = false;
let centre: f32 = 0;
let rest: f32 = 0;
let mean: f64 = 0;
let total: f64 = 0;
let greatest: i32 = 0;
let downscale: f64 = 1;

/** One pass over n contiguous float32; adds to the state above. */
function block(pass: Pass, p: usize, n: i32): void {
  switch (pass) {
    case Pass.Plain:
      total += sumPlain(p, n);
      break;
    case Pass.Magnitudes:
      total += centred ? sumTerms<Magnitude, Mean>(p, n, centre, rest) : sumTerms<Magnitude, Origin>(p, n, 0, 0);
      break;
    case Pass.MagnitudesNear:
      total += sumTerms<Magnitude, Near>(p, n, centre, 0);
      break;
    case Pass.Squares:
      total += centred ? sumTerms<Square, Near>(p, n, centre, 0) : sumTerms<Square, Origin>(p, n, 0, 0);
      break;
    case Pass.MagnitudesWide:
      total += sumTermsWide<Magnitude>(p, n, mean);
      break;
    case Pass.SquaresWide:
      total += sumTermsWide<Square>(p, n, mean);
      break;
    case Pass.Greatest:
      greatest = max(greatest, greatestMagnitude(p, n));
      break;
    case Pass.Extremes:
      extremes(p, n, GROUP_HIGH, GROUP_LOW);
      break;
    case Pass.Top:
      if (!centred) {
        addTop(GROUP_TOP, p, n);
        break;
      }
      for (; n > 0; n -= TILE) {
        const m = min(n, TILE);
        affine(p, TILE_T, m, centre, rest, 1, -0.0);
        addTop(GROUP_TOP, TILE_T, m);
        p += <usize>TILE << 2;
      }
      break;
    case Pass.Powers:
      const exponent = load<f64>(POWER);
      for (const end = p + (<usize>n << 2); p < end; p += 4) {
        total += power(abs(<f64>load<f32>(p) - mean) * downscale, exponent);
      }
      break;
  }
}

/** One pass over the whole group. */
function run(pass: Pass): void {
  total = 0;
  if (whole) {
    block(pass, TILE_X, count);
  } else if (staged) {
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      gather(base, from, n, TILE_X);
      block(pass, TILE_X, n);
    }
  } else {
    const input = load<usize>(INPUT) + (<usize>base << 2);
    const length = load<i32>(LENGTH);
    const segments = load<i32>(REDUCED_TOTAL);
    for (let s = 0; s < segments; s++) {
      block(pass, input + (<usize>reducedOffset(s, REDUCED_STRIDE) << 2), length);
    }
  }
}

/** Whether a float32 sum of squares kept its digits: no overflow, and a mean square far from the subnormals. */
// @ts-ignore: decorator
@inline
function kept(sum: f64): bool {
  return sum < Infinity && sum > <f64>count * 1e-30;
}

/** The raw statistic of the norm; `downscale` tells by what power of two an Lp norm was scaled. */
function statistic(): f64 {
  const n = <f64>count;
  switch (load<i32>(NORM)) {
    case NORM_L1:
      run(centred ? Pass.MagnitudesNear : Pass.Magnitudes);
      // sum |d - rest| differs by at most n |rest|, and by far less unless most of d has one sign
      if (<f64>abs(rest) * n > total * 6e-8) run(Pass.Magnitudes);
      if (!(total < Infinity)) run(Pass.MagnitudesWide);
      return total;
    case NORM_L2:
      // sum (d - rest)² = sum d² - n rest². On the grid of float32 the spread is no less than rest: little cancels
      run(Pass.Squares);
      total -= n * <f64>rest * <f64>rest;
      if (!kept(total)) run(Pass.SquaresWide);
      return total;
    case NORM_TOP:
      startTop(GROUP_TOP, load<usize>(SCRATCH), load<i32>(TOP));
      run(Pass.Top);
      return sumTop(GROUP_TOP);
    case NORM_LINF:
      if (!centred) {
        greatest = 0;
        run(Pass.Greatest);
        return <f64>reinterpret<f32>(greatest);
      }
    case NORM_RANGE:
      store<i32>(GROUP_HIGH, NO_HIGH);
      store<i32>(GROUP_LOW, NO_LOW);
      run(Pass.Extremes);
      const high = <f64>fromOrdered(load<i32>(GROUP_HIGH));
      const low = <f64>fromOrdered(load<i32>(GROUP_LOW));
      return load<i32>(NORM) == NORM_RANGE ? high - low : max(high - mean, mean - low);
    case NORM_POWER:
      downscale = 1;
      run(Pass.Powers);
      if (!(total < Infinity) || total < 1e-290) rescale();
      return total;
  }
  return 0;
}

/** Powers that leave float64: once more with the greatest distance brought near 1. */
function rescale(): void {
  store<i32>(GROUP_HIGH, NO_HIGH);
  store<i32>(GROUP_LOW, NO_LOW);
  run(Pass.Extremes);
  const high = <f64>fromOrdered(load<i32>(GROUP_HIGH)) - mean;
  const low = mean - <f64>fromOrdered(load<i32>(GROUP_LOW));
  const far = max(high, low);
  if (far > 0 && far < Infinity) {
    const exponent = <i32>(reinterpret<i64>(far) >> 52) - 1022;
    downscale = powerOfTwo(-exponent);
  }
  run(Pass.Powers);
}

/** Exponent of two that the Lp norm has to be scaled back by. */
function upscale(): i32 {
  return 1023 - <i32>(reinterpret<i64>(downscale) >> 52);
}

/** Runs the plan. */
export function rows(): void {
  const task = load<i32>(TASK);
  const groups = load<i32>(KEPT_TOTAL);
  const means = load<usize>(MEAN);
  const deviations = load<usize>(DEVIATION);
  const norm = load<i32>(NORM);
  const segments = load<i32>(REDUCED_TOTAL);
  const n = load<f64>(COUNT);
  count = <i32>n;
  const apply = (task & TASK_APPLY) != 0;
  staged =
    load<i32>(INPUT_STORAGE) != STORAGE_FLOAT32 ||
    (apply && load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32) ||
    (segments > 1 && load<i32>(LENGTH) < SHORT);
  const once = staged && count <= TILE;
  downscale = 1;
  for (let g = 0; g < groups; g++) {
    const at = <usize>g << 2;
    base = keptOffset(g, KEPT_STRIDE);
    whole = once;
    if (once) gather(base, 0, count, TILE_X);

    mean = 0;
    if (task & TASK_GIVEN) {
      if (means) mean = <f64>load<f32>(means + at);
    } else if (task & TASK_CENTRE) {
      run(Pass.Plain);
      mean = total / n;
      if (means) store<f32>(means + at, <f32>mean);
    }
    centred = (task & (TASK_CENTRE | TASK_GIVEN)) != 0;
    centre = <f32>mean;
    rest = <f32>(mean - <f64>centre);

    if (task & TASK_RAW) {
      store<f64>(deviations + (at << 1), norm == NORM_NONE ? total : statistic());
      continue;
    }
    let deviation = 1.0;
    if (task & TASK_NORM) {
      const raw = statistic();
      deviation = deviationFrom(raw, upscale());
      if (deviations) store<f32>(deviations + at, <f32>deviation);
    } else if (task & TASK_GIVEN) {
      deviation = <f64>load<f32>(deviations + at);
    }
    if (apply) {
      const factor = norm == NORM_NONE ? 1.0 : factorFrom(deviation, load<usize>(GAIN), g);
      applyGroup(g, factor);
    }
  }
}

/** The output of the group: where it is staged, tile by tile; else segment by segment, where it lies. */
function applyGroup(g: i32, factor: f64): void {
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  const weighted = (weights | biases) != 0;
  if (staged) {
    for (let from = 0; from < count; from += TILE) {
      const n = min(TILE, count - from);
      if (!whole) gather(base, from, n, TILE_X);
      if (weighted) {
        const weight = weightsFor(WEIGHT, g, from, n, 1, TILE_W);
        const bias = weightsFor(BIAS, g, from, n, -0.0, TILE_B);
        outputWeighted(TILE_X, TILE_X, n, factor, weight, bias);
      } else {
        output(TILE_X, TILE_X, n, factor, -0.0);
      }
      scatter(base, from, n, TILE_X);
    }
    return;
  }
  const length = load<i32>(LENGTH);
  const segments = load<i32>(REDUCED_TOTAL);
  const kept = keptOffset(g, KEPT_WEIGHT);
  const step = load<i32>(WEIGHT_STEP) != 0 && weighted;
  for (let s = 0; s < segments; s++) {
    const at = <usize>(base + reducedOffset(s, REDUCED_STRIDE)) << 2;
    const w = <usize>(kept + reducedOffset(s, REDUCED_WEIGHT)) << 2;
    const x = load<usize>(INPUT) + at;
    const y = load<usize>(OUTPUT) + at;
    if (!step) {
      // one weight for the whole segment goes into the factor
      const scale = weights ? factor * <f64>load<f32>(weights + w) : factor;
      output(x, y, length, scale, biases ? load<f32>(biases + w) : -0.0);
      continue;
    }
    for (let from = 0; from < length; from += TILE) {
      const n = min(TILE, length - from);
      const offset = <usize>from << 2;
      const first = s * length + from;
      const weight = weightsFor(WEIGHT, g, first, n, 1, TILE_W);
      outputWeighted(x + offset, y + offset, n, factor, weight, weightsFor(BIAS, g, first, n, -0.0, TILE_B));
    }
  }
}

/** Weights or biases of elements [from, from + n) of a group: where they lie if that is in one stretch, else in a tile. */
function weightsFor(field: usize, g: i32, from: i32, n: i32, absent: f32, tile: usize): usize {
  const weights = load<usize>(field);
  if (!weights) {
    fill(tile, n, absent);
  } else if (load<i32>(REDUCED_TOTAL) == 1 && load<i32>(WEIGHT_STEP)) {
    return weights + (<usize>(keptOffset(g, KEPT_WEIGHT) + from) << 2);
  } else {
    gatherWeights(field, g, from, n, tile);
  }
  return tile;
}

/** d * factor + shift; in two steps where the factor is beyond float32. */
function output(x: usize, y: usize, n: i32, factor: f64, shift: f32): void {
  const first = firstStep(factor);
  if (first == 1) {
    affine(x, y, n, centre, rest, <f32>factor, shift);
  } else {
    affine(x, y, n, centre, rest, first, -0.0);
    affine(y, y, n, 0, 0, <f32>(factor / <f64>first), shift);
  }
}

/** d * factor * weight + bias. */
function outputWeighted(x: usize, y: usize, n: i32, factor: f64, weight: usize, bias: usize): void {
  const first = firstStep(factor);
  if (first == 1) {
    affineWeighted(x, y, n, centre, rest, <f32>factor, weight, bias);
  } else {
    affine(x, y, n, centre, rest, first, -0.0);
    affineWeighted(y, y, n, 0, 0, <f32>(factor / <f64>first), weight, bias);
  }
}
