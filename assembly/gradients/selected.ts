// Native gradients of L∞, range and top-k: the elements that the deviation depends on.
//
// They are found after the sums and put into a list with the gradient at each, which is written when all of the output has
// been: the output may stand in the place of what it is computed from. An entry of the list:
//
//     element of the tensor | sign of the distance | weight | gradient

import {
  INPUT,
  INPUT_STORAGE,
  KEPT_WEIGHT,
  LENGTH,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  SELECTED,
  SELECTED_BYTES,
  SELECTED_GROUPS,
  STORAGE_FLOAT32,
  TASK,
  TASK_CENTRE,
  TASK_SAVED,
  TOP,
  WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { addTo, at32, at64 } from "../lanes/lists";
import { clearVectors, magnitude } from "../lanes/vectors";
import {
  GRADIENT_FACTOR,
  GRADIENT_FOUND,
  GRADIENT_OTHER,
  GRADIENT_SHAPE,
  GRADIENT_SUM,
  GRADIENT_WANTED,
  GRADIENT_WEIGHT,
  GROUP_TOP,
  PANEL_CENTRE,
  PANEL_REST,
  TILE,
  TILE_X,
  TOP_BYTES,
} from "../memory";
import { collectTop, findExtremes, highOf, lowOf, meanOf } from "../native/panel";
import { Reduction } from "../norms/norm";
import { checkStretch } from "../preconditions";
import { leastOf } from "../reductions/largest";
import { finishTop } from "../reductions/top";
import { base, group, width } from "../tensors/groups";
import { innerRows, innerStride, keptOffset, Layout, reducedOffset } from "../tensors/offsets";
import { gather, read } from "../tensors/tiles";
import { gradientAt, setOutput } from "./upstream";

/** Entries still to be found. */
let missing: i32 = 0;
/** Entries of a group: of L∞ one, of the range two. */
let entries: i32 = 0;

function entryOf(j: i32, e: i32): usize {
  if (!ASC_NO_ASSERT) assert(j >= 0 && e >= 0 && j * entries + e <= load<i32>(SELECTED_GROUPS) * entries);
  return load<usize>(SELECTED) + <usize>SELECTED_BYTES * (j * entries + e);
}

/** Elements that a group has selected: 0 where its norm selects none. */
export function selectedOf(reduction: Reduction): i32 {
  if (reduction == Reduction.Greatest) return 1;
  if (reduction == Reduction.Range) return 2;
  return reduction == Reduction.Largest ? load<i32>(TOP) : 0;
}

/** Finds the elements of all groups of the panel, and the sums of their signs into GRADIENT_SHAPE. */
export function select(reduction: Reduction): void {
  entries = selectedOf(reduction);
  const largest = reduction == Reduction.Largest;
  missing = entries * width;
  clearVectors(GRADIENT_FOUND, (<usize>((width + 3) & ~3)) << 2);
  clearVectors(GRADIENT_SHAPE, (<usize>((width + 3) & ~3)) << 3);
  if (largest) thresholds();
  else targets();
  if (Layout.columnwise()) scanColumns(largest);
  else scanRow(largest);
  // groups with NaN may have none
  for (let j = 0; j < width; j++) {
    for (let e = load<i32>(at32(GRADIENT_FOUND, j)); e < entries; e++) store<i32>(entryOf(j, e), -1);
  }
}

/** GRADIENT_WANTED = the k-th largest magnitude, GRADIENT_OTHER = how many equal to it are among the k. */
function thresholds(): void {
  const k = load<i32>(TOP);
  for (let j = 0; j < width; j += 4) {
    const wide = min(4, width - j);
    // those of a row were left behind by its statistic
    if (Layout.columnwise() || load<i32>(TASK) & TASK_SAVED) collectTop(j, wide);
    for (let i = 0; i < wide; i++) {
      const top = finishTop(GROUP_TOP + TOP_BYTES * i);
      const end = at32(top, k);
      const least = leastOf<i32>(top, end);
      let above = 0;
      for (let p = top; p < end; p += 4) above += load<i32>(p) > least ? 1 : 0;
      store<i32>(at32(GRADIENT_WANTED, j + i), least);
      store<i32>(at32(GRADIENT_OTHER, j + i), k - above);
    }
  }
}

/**
 * The values of which the first is selected: GRADIENT_WANTED the greatest and GRADIENT_OTHER the least, for L∞ the one that is
 * farther away alone. An infinity stands for none.
 */
function targets(): void {
  const task = load<i32>(TASK);
  // the statistic of a row without mean knows the magnitude only
  const magnitudes = entries == 1 && !Layout.columnwise() && !(task & TASK_CENTRE);
  if (task & TASK_SAVED) findExtremes();
  for (let j = 0; j < width; j++) {
    let wanted = <f32>highOf(j);
    let other = <f32>lowOf(j);
    if (magnitudes && !(task & TASK_SAVED)) {
      other = -wanted;
    } else if (entries == 1) {
      const up = highOf(j) - meanOf(j);
      const down = meanOf(j) - lowOf(j);
      if (up > down) other = -Infinity;
      else if (down > up) wanted = Infinity;
    }
    store<f32>(at32(GRADIENT_WANTED, j), wanted);
    store<f32>(at32(GRADIENT_OTHER, j), other);
  }
}

/** What is looked for: extremes over several vectors, and whether one of their lanes may be an element to select. */
interface Search {
  /** Whether it is for the k largest. */
  largest(): bool;
  /** From x, and from what was gathered before. */
  most(before: v128, x: v128, centre: v128, rest: v128): v128;
  least(before: v128, x: v128): v128;
  hits(most: v128, least: v128, wanted: v128, other: v128): v128;
}

class ForExtremes implements Search {
  @inline
  largest(): bool {
    return false;
  }
  @inline
  most(before: v128, x: v128, _centre: v128, _rest: v128): v128 {
    return f32x4.pmax(before, x);
  }
  @inline
  least(before: v128, x: v128): v128 {
    return f32x4.pmin(before, x);
  }
  @inline
  hits(most: v128, least: v128, wanted: v128, other: v128): v128 {
    return v128.or(f32x4.ge(most, wanted), f32x4.le(least, other));
  }
}

class ForLargest implements Search {
  @inline
  largest(): bool {
    return true;
  }
  @inline
  most(before: v128, x: v128, centre: v128, rest: v128): v128 {
    return i32x4.max_s(before, magnitude(f32x4.sub(f32x4.sub(x, centre), rest)));
  }
  @inline
  least(before: v128, _x: v128): v128 {
    return before;
  }
  @inline
  hits(most: v128, _least: v128, wanted: v128, _other: v128): v128 {
    return i32x4.ge_s(most, wanted);
  }
}

/** Bits of the distance of an element of group j. */
function distanceBits(j: i32, x: f32): i32 {
  const d = x - load<f32>(at32(PANEL_CENTRE, j)) - load<f32>(at32(PANEL_REST, j));
  return reinterpret<i32>(d) & 0x7fffffff;
}

/** Whether an element may belong into the list of group j, of the `largest` or of extremes. */
function isCandidate(largest: bool, j: i32, x: f32): bool {
  if (largest) return distanceBits(j, x) >= load<i32>(at32(GRADIENT_WANTED, j));
  return x == load<f32>(at32(GRADIENT_WANTED, j)) || x == load<f32>(at32(GRADIENT_OTHER, j));
}

/** Puts a candidate into the list. */
function offer(largest: bool, j: i32, element: i32, x: f32, weight: f32): void {
  const wantedAt = at32(GRADIENT_WANTED, j);
  const otherAt = at32(GRADIENT_OTHER, j);
  const d = <f64>x - meanOf(j);
  const sign: f32 = d > 0 ? 1 : d < 0 ? -1 : 0;
  if (largest) {
    if (distanceBits(j, x) == load<i32>(wantedAt)) {
      const ties = load<i32>(otherAt);
      if (ties == 0) return;
      store<i32>(otherAt, ties - 1);
    }
    add(j, element, sign, weight);
    return;
  }
  const wanted = load<f32>(wantedAt);
  const other = load<f32>(otherAt);
  if (entries == 1) {
    add(j, element, sign, weight);
    store<f32>(wantedAt, Infinity);
    store<f32>(otherAt, -Infinity);
    return;
  }
  // the two cancel where all elements are equal
  const side: f32 = wanted == other ? 0 : 1;
  if (x == wanted) {
    add(j, element, side, weight);
    store<f32>(wantedAt, Infinity);
  }
  if (x == other) {
    add(j, element, -side, weight);
    store<f32>(otherAt, -Infinity);
  }
}

function add(j: i32, element: i32, sign: f32, weight: f32): void {
  const found = load<i32>(at32(GRADIENT_FOUND, j));
  // infinite elements are like what stands for none, but their group is lost
  if (found == entries) return;
  if (!ASC_NO_ASSERT) checkStretch(element, 1);
  const entry = entryOf(j, found);
  store<i32>(entry, element, 0);
  store<f32>(entry, sign, 4);
  store<f32>(entry, weight, 8);
  store<i32>(at32(GRADIENT_FOUND, j), found + 1);
  addTo(at64(GRADIENT_SHAPE, j), <f64>sign);
  missing--;
}

/** The group in rows, a segment or a tile at a time. */
function scanRow(largest: bool): void {
  const length = load<i32>(LENGTH);
  const count = length * load<i32>(REDUCED_TOTAL);
  const direct = load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32;
  const kept = keptOffset(group, KEPT_WEIGHT);
  for (let from = 0; from < count && missing > 0; ) {
    let n = min(TILE, count - from);
    let x = TILE_X;
    if (direct) {
      const segment = from / length;
      const position = from - segment * length;
      n = length - position;
      x = load<usize>(INPUT) + ((<usize>(base + reducedOffset(segment, REDUCED_STRIDE) + position)) << 2);
    } else {
      gather(base, from, n, TILE_X);
    }
    if (largest) scanStretch<ForLargest>(x, from, n, length, kept);
    else scanStretch<ForExtremes>(x, from, n, length, kept);
    from += n;
  }
}

function scanStretch<S extends Search>(x: usize, from: i32, n: i32, length: i32, kept: i32): void {
  const search = changetype<S>(0);
  const centre = v128.load32_splat(PANEL_CENTRE);
  const rest = v128.load32_splat(PANEL_REST);
  let i = 0;
  while (i + 32 <= n && missing > 0) {
    const wanted = v128.load32_splat(GRADIENT_WANTED);
    const other = v128.load32_splat(GRADIENT_OTHER);
    let hit: bool = false;
    for (; i + 32 <= n; i += 32) {
      const x0 = v128.load(x, 0);
      const none = i32x4.splat(0);
      let most = search.most(search.largest() ? none : x0, x0, centre, rest);
      let least = x0;
      for (let at: usize = 16; at < 128; at += 16) {
        const next = v128.load(x + at);
        most = search.most(most, next, centre, rest);
        least = search.least(least, next);
      }
      hit = v128.any_true(search.hits(most, least, wanted, other));
      if (hit) break;
      x += 128;
    }
    if (!hit) break;
    offerStretch(search.largest(), x, from + i, 32, length, kept);
    x += 128;
    i += 32;
  }
  if (missing > 0) offerStretch(search.largest(), x, from + i, n - i, length, kept);
}

/** Offers elements from number `from` on. */
function offerStretch(largest: bool, x: usize, from: i32, n: i32, length: i32, kept: i32): void {
  const weights = load<usize>(WEIGHT);
  const step = load<i32>(WEIGHT_STEP);
  for (let i = from; i < from + n; i++) {
    const here = load<f32>(x);
    x += 4;
    if (!isCandidate(largest, 0, here)) continue;
    const segment = i / length;
    const position = i - segment * length;
    const number = kept + reducedOffset(segment, REDUCED_WEIGHT) + position * step;
    const weight: f32 = weights ? load<f32>(at32(weights, number)) : 1;
    offer(largest, 0, base + reducedOffset(segment, REDUCED_STRIDE) + position, here, weight);
  }
}

/** All columns of the panel, a few rows at a time. */
function scanColumns(largest: bool): void {
  const inner = innerRows();
  const stride = innerStride();
  const rows = load<i32>(REDUCED_TOTAL);
  const direct = load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32;
  const padded = (width + 3) & ~3;
  for (let row = 0; row < rows && missing > 0; row += inner) {
    const at = base + reducedOffset(row, REDUCED_STRIDE);
    for (let i = 0; i < inner && missing > 0; ) {
      const element = at + i * stride;
      const n = min(inner - i, direct ? ROWS : min(ROWS, TILE / padded));
      let x = TILE_X;
      let pitch = (<usize>padded) << 2;
      if (direct) {
        x = load<usize>(INPUT) + ((<usize>element) << 2);
        pitch = (<usize>stride) << 2;
      } else {
        for (let r = 0; r < n; r++) read(element + r * stride, width, TILE_X + pitch * r);
      }
      if (largest) scanBlock<ForLargest>(x, pitch, n, element, stride);
      else scanBlock<ForExtremes>(x, pitch, n, element, stride);
      i += n;
    }
  }
}

/** Rows of columns that are looked at together. */
const ROWS: i32 = 8;

function scanBlock<S extends Search>(x: usize, pitch: usize, rows: i32, element: i32, stride: i32): void {
  const search = changetype<S>(0);
  for (let j = 0; j < width; j += 4) {
    const centre = v128.load(at32(PANEL_CENTRE, j));
    const rest = v128.load(at32(PANEL_REST, j));
    let p = at32(x, j);
    const x0 = v128.load(p);
    let most = search.most(search.largest() ? i32x4.splat(0) : x0, x0, centre, rest);
    let least = x0;
    for (let i = 1; i < rows; i++) {
      p += pitch;
      const next = v128.load(p);
      most = search.most(most, next, centre, rest);
      least = search.least(least, next);
    }
    const wanted = v128.load(at32(GRADIENT_WANTED, j));
    if (!v128.any_true(search.hits(most, least, wanted, v128.load(at32(GRADIENT_OTHER, j))))) continue;
    const end = min(j + 4, width);
    for (let c = j; c < end; c++) {
      const weight = load<f32>(at32(GRADIENT_WEIGHT, c));
      let q = at32(x, c);
      for (let i = 0; i < rows; i++) {
        if (isCandidate(search.largest(), c, load<f32>(q)))
          offer(search.largest(), c, element + i * stride + c, load<f32>(q), weight);
        q += pitch;
      }
    }
  }
}

/** The gradient at every element in the list of group j, whose A w is its sign times `size`. */
export function settle(j: i32, size: f64): void {
  const level = load<f64>(at64(GRADIENT_SUM, j));
  const factor = load<f64>(at64(GRADIENT_FACTOR, j));
  for (let e = 0; e < entries; e++) {
    const entry = entryOf(j, e);
    const element = load<i32>(entry, 0);
    if (element < 0) continue;
    const g = <f64>gradientAt(element) * <f64>load<f32>(entry, 8);
    const d = g - level - size * <f64>load<f32>(entry, 4);
    store<f32>(entry, <f32>(d * factor), 12);
  }
}

/** Writes the gradients in the list. */
export function writeSelected(): void {
  const end = entryOf(width, 0);
  for (let entry = entryOf(0, 0); entry < end; entry += SELECTED_BYTES) {
    const element = load<i32>(entry, 0);
    if (element >= 0) setOutput(element, load<f32>(entry, 12));
  }
}
