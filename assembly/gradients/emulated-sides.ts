// What elements count as where A w has no more than their signs: 1, -1 or 0. For emulated gradients (emulated.ts).

import { SCRATCH, TOP } from "../../src/abi/plan";
import { padded } from "../emulated/bundle";
import { at32 } from "../lanes/lists";
import { firstLanes, fromOrdered, laneSum, magnitude } from "../lanes/vectors";
import {
  BUNDLE_FLOATS,
  GRADIENT_GAIN,
  GRADIENT_OTHER,
  GRADIENT_SLOPE,
  GRADIENT_TILE,
  GRADIENT_UNDER,
  GRADIENT_WANTED,
  PANEL_HIGH,
  PANEL_LOW,
  TILE_T,
  TILE_X,
} from "../memory";
import { Reduction, Slope } from "../norms/norm";
import { topBufferBytes } from "../reductions/top";
import { width } from "../tensors/groups";

// the norm of the plan
let signs: bool = false;
let reduction: Reduction = Reduction.None;

/** To begin with: what the selected elements are known by, to GRADIENT_WANTED and GRADIENT_OTHER, as in selected.ts. */
export function seek(slope: Slope, by: Reduction): void {
  signs = slope == Slope.Sign;
  reduction = by;
  if (signs) return;
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
      const least = load<i32>(at32(top, k - 1));
      let ties = 0;
      while (ties < k && load<i32>(at32(top, k - 1 - ties)) == least) ties++;
      store<i32>(at32(GRADIENT_WANTED, j), least);
      store<i32>(at32(GRADIENT_OTHER, j), ties);
    } else {
      let high = fromOrdered(load<i32>(at32(PANEL_HIGH, j)));
      let low = fromOrdered(load<i32>(at32(PANEL_LOW, j)));
      if (reduction == Reduction.Greatest) {
        const most = max(high, -low);
        high = most;
        low = -most;
      }
      store<f32>(at32(GRADIENT_WANTED, j), high);
      store<f32>(at32(GRADIENT_OTHER, j), low);
    }
  }
}

/** What element d of group j counts as for L∞, range and top-k: 1, -1 or 0. */
function sideOf(j: i32, d: f32): i32 {
  const sign = d > 0 ? 1 : d < 0 ? -1 : 0;
  const wantedAt = at32(GRADIENT_WANTED, j);
  const otherAt = at32(GRADIENT_OTHER, j);
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
  return padded == 1 ? v128.load32_splat(values) : v128.load(at32(values, j));
}

/** Counts what n elements of each group in TILE_X count as into GRADIENT_TILE; or writes q - p of each to TILE_T. */
export function mark(n: i32, counting: bool): void {
  const largest = reduction == Reduction.Largest;
  const zero = f32x4.splat(0);
  const vectors = (n * padded + 3) >> 2;
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
        v128.store(at32(GRADIENT_TILE, j), i32x4.add(v128.load(at32(GRADIENT_TILE, j)), side));
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
    v128.store(GRADIENT_TILE, i32x4(laneSum(v128.load(GRADIENT_TILE)), 0, 0, 0));
  }
}

/** The same for the elements of one vector, `lanes` of them if it has so many; the first is of group j. */
function markVector(at: usize, lanes: i32, j: i32, counting: bool): void {
  for (let lane = 0; lane < min(4, lanes); lane++) {
    const g = padded == 1 ? 0 : j + lane;
    const side = sideOf(g, load<f32>(at32(TILE_X + at, lane)));
    if (counting) store<i32>(at32(GRADIENT_TILE, g), load<i32>(at32(GRADIENT_TILE, g)) + side);
    else if (side != 0)
      store<f32>(at32(TILE_T + at, lane), load<f32>(at32(side > 0 ? GRADIENT_GAIN : GRADIENT_SLOPE, g)));
  }
}
