// Native gradients over rows whose elements have a weight each: the output, and the sums for the weights, which are taken with it.
//
// Rows that lie in one stretch add to float32 sums, one for each parameter, which go into float64 after some rows; segments spill
// their sums at once.

import {
  BIAS_SUMS,
  KEPT_WEIGHT,
  LENGTH,
  PARAMETER_WORK,
  PARAMETERS,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  WEIGHT,
  WEIGHT_SUMS,
} from "../../src/abi/plan";
import { clearVectors } from "../lanes/vectors";
import {
  GRADIENT_GAIN,
  GRADIENT_LEVEL,
  GRADIENT_SCALE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_TILE,
  GRADIENT_UNDER,
  GRADIENT_UPPER,
  PANEL_CENTRE,
  PANEL_REST,
  TILE,
  TILE_T,
  TILE_W,
} from "../memory";
import { Slope } from "../norms/norm";
import { count, group } from "../tensors/groups";
import { keptOffset, reducedOffset } from "../tensors/offsets";
import { fill, gatherWeights } from "../tensors/tiles";
import { isWideOutput, wideOutput } from "./native-float64";
import { gradientOutputWeighted, isSided, Level, Ramp, Side, SideOrMiddle, spill, Terms } from "./native-sums";

/** Groups that sums for a weight per element are still taken over in float32. */
let left: i32 = 0;

/** Such groups from one spill to the next. */
function rounds(): i32 {
  return <i32>min(1e9, max(8, (8 * <f64>load<u32>(PARAMETERS)) / <f64>count));
}

/** Address of the weights of elements [from, from + n), one for each. */
export function weightsFor(from: i32, n: i32): usize {
  const weights = load<usize>(WEIGHT);
  if (!weights) return TILE_W;
  if (load<i32>(REDUCED_TOTAL) == 1) return weights + ((<usize>(keptOffset(group, KEPT_WEIGHT) + from)) << 2);
  gatherWeights(WEIGHT, group, from, n, TILE_W);
  return TILE_W;
}

/** Before the first group of a plan. */
export function startElementWeights(): void {
  if (!load<usize>(WEIGHT)) fill(TILE_W, min(TILE, count), 1);
  left = rounds();
}

/** The output of n elements that have a weight each, and their part of the sums for it. */
export function outputEach(slope: Slope, x: usize, dy: usize, dx: usize, kept: i32, from: i32, n: i32): void {
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
  if (isWideOutput(slope, 0)) {
    wideOutput(slope, x, dy, dx, 4, n, 0, 1, weight, 4, dw, db);
  } else {
    if (slope == Slope.Proportional) weightedAs<Ramp>(x, dy, dx, n, weight, dw, db);
    else if (slope != Slope.Sign) weightedAs<Level>(x, dy, dx, n, weight, dw, db);
    else if (isSided(0)) weightedAs<Side>(x, dy, dx, n, weight, dw, db);
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

/** After a group. */
export function endGroup(): void {
  if (--left == 0) spillParameters();
}

/** After the last. */
export function finishElementWeights(): void {
  if (load<i32>(REDUCED_TOTAL) == 1) spillParameters();
}
