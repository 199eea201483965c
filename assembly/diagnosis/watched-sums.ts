// The sums of emulated/sums.ts with every addition watched: the same accumulators, the same tree, the same bits.
//
// Stagnation is counted where it happens, which costs little more than the addition; the other events are looked for only
// where a result is not ordinary (events.ts). While errors are gathered, which is done for one group of interest, the
// rounding error of every addition of that group is added up exactly:
//
//   r = RN(s + x),  s + x = t + u without error (Knuth),  r - (s + x) = (r - t) - u

import { EXACT, FORMAT_ACCUMULATE, FORMAT_COMPUTE, ORDER, ORDER_LANES, ORDER_PAIRWISE } from "../../src/abi/plan";
import { STAGNATION_EVENT } from "../../src/abi/report";
import { width as groups } from "../emulated/bundle";
import { addTile, finishSums, startSums } from "../emulated/sums";
import { formatAt, kindOfSums, splits, splitterOf } from "../formats/format";
import { ADDITION, Add, operate } from "../formats/operations";
import { clearVectors, copyVectors, magnitude } from "../lanes/vectors";
import { BUNDLE_FLOATS, GATHERED, LANES, STAGNANT, TREE } from "../memory";
import { ADDEND, countEvents, groupAt, LIMIT, looksAtAll, note, placeEvents, validLanes, watchOf } from "./events";
import { addTo, LOW } from "./reals";

const BLOCK: i32 = 128;

/** Groups side by side as the tile has them: a single one, or `padded`. */
let width: i32 = 1;
let kind: i32 = 0;
let format: usize = 0;
let split: bool = false;
let levels: i32 = 0;
/** Elements have places. */
let placed: bool = true;
/** Every addition is looked at. */
let all: bool = false;
/** Group of the bundle whose errors are gathered, -1 for none. */
let gathered: i32 = -1;

/** Errors of additions of group j of the bundle are gathered at GATHERED; -1: of none. */
export function gatherErrors(j: i32): void {
  gathered = j;
  if (j < 0) return;
  clearVectors(GATHERED, 16);
  clearVectors(GATHERED + LOW, 16);
}

/** Starts sums of `side` groups side by side; `places`: what is added are elements of the group in their order. */
export function startTraced(side: i32, places: bool): void {
  if (load<i32>(EXACT)) {
    startSums(side, false);
    return;
  }
  width = side;
  placed = places;
  format = formatAt(FORMAT_ACCUMULATE);
  kind = kindOfSums(formatAt(FORMAT_COMPUTE), format);
  split = splits(formatAt(FORMAT_COMPUTE), format);
  levels = 0;
  all = looksAtAll() || gathered >= 0;
  clearVectors(LANES, accumulatorBytes());
  clearVectors(STAGNANT, accumulatorBytes());
}

/** Adds elements [from, from + n) of each group: tile x. Tiles but the last hold a multiple of 128. */
export function addTraced(x: usize, from: i32, n: i32): void {
  if (load<i32>(EXACT)) {
    addTile(x, n);
    return;
  }
  placeEvents(placed ? from : -1);
  const order = load<i32>(ORDER);
  const row = (<usize>width) << 2;
  const end = n * width;
  if (order < ORDER_LANES) {
    accumulate(x, x, width == 1 ? 1 : width >> 2, width == 1 ? 4 : 16, n, end);
    return;
  }
  if (n & 31) clearVectors(x + row * n, row * (32 - (n & 31)));
  if (order == ORDER_LANES) {
    accumulate(x, x, width << 3, 16, (n + 31) >> 5, end);
    return;
  }
  let p = x;
  for (let count = n; count > 0; count -= BLOCK) {
    clearVectors(LANES, row << 5);
    placeEvents(placed ? from : -1);
    accumulate(p, x, width << 3, 16, (min(count, BLOCK) + 31) >> 5, end);
    placeEvents(-1);
    halve();
    push();
    p += row * BLOCK;
  }
}

/** Writes the sums of the groups to `out`, as float64. */
export function finishTraced(out: usize): void {
  if (load<i32>(EXACT)) {
    finishSums(out);
    return;
  }
  placeEvents(-1);
  const order = load<i32>(ORDER);
  if (order == ORDER_PAIRWISE) climb();
  else if (order == ORDER_LANES) halve();
  for (let j: usize = 0; j < <usize>width; j++) store<f64>(out + (j << 3), <f64>load<f32>(LANES + (j << 2)));
  countStagnant();
}

/** Of all groups, at least one vector. */
function accumulatorBytes(): usize {
  const accumulators = load<i32>(ORDER) < ORDER_LANES ? width : 32 * width;
  return (<usize>max(4, accumulators)) << 2;
}

function countStagnant(): void {
  const accumulators = load<i32>(ORDER) < ORDER_LANES ? width : 32 * width;
  let sum = 0;
  for (let i = 0; i < accumulators; i++) {
    if (width == 1 || i % width < groups) sum += load<i32>(STAGNANT + ((<usize>i) << 2));
  }
  countEvents(STAGNATION_EVENT, sum);
}

/**
 * LANES += every row at x: `vectors` vectors that are `step` bytes apart, 4 where a row is a single element. `tile`: where
 * the tile begins, `end`: its places in use.
 */
function accumulate(x: usize, tile: usize, vectors: i32, step: usize, rows: i32, end: i32): void {
  const bytes = (<usize>vectors) << 4;
  if (split && !all && step == 16) {
    accumulateQuickly(x, tile, bytes, rows, end);
    return;
  }
  const zero = f32x4.splat(0);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const s = v128.load(LANES + at);
      const t = step == 4 ? v128.load32_splat(x) : v128.load(x);
      const r = operate<Add>(s, t, kind, format);
      v128.store(LANES + at, r);
      if (v128.any_true(Watched.odd(r, v128.load(watchOf(ADDEND)), v128.load(watchOf(LIMIT)))) || all) {
        const p = <i32>((x - tile) >> 2);
        noteAdditions(s, t, r, p, step == 4 ? p + 1 : end);
      } else {
        countAt(at, Watched.stagnant(s, t, r, zero));
      }
      x += step;
    }
  }
}

/** In line wherever it is called. */
class Watched {
  /** Lanes of results that are not ordinary (events.ts). */
  @inline
  static odd(r: v128, addend: v128, limit: v128): v128 {
    return i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
  }

  /** Lanes where both operands are nonzero, and the result is one of them. */
  @inline
  static stagnant(s: v128, t: v128, r: v128, zero: v128): v128 {
    const same = v128.or(f32x4.eq(r, s), f32x4.eq(r, t));
    return v128.and(same, v128.and(f32x4.ne(s, zero), f32x4.ne(t, zero)));
  }

  /** x rounded to the bits that Veltkamp's factor c leaves, as in emulated/sums.ts: right as long as it is ordinary. */
  @inline
  static split(x: v128, c: v128): v128 {
    const y = f32x4.mul(x, c);
    return f32x4.sub(y, f32x4.sub(y, x));
  }
}

/** Counts the lanes of a mask as stagnant accumulators at LANES + at. */
function countAt(at: usize, mask: v128): void {
  v128.store(STAGNANT + at, i32x4.sub(v128.load(STAGNANT + at), mask));
}

/** The same where Veltkamp's splitting rounds: two vectors at a time, so that there is one test for both. */
function accumulateQuickly(x: usize, tile: usize, bytes: usize, rows: i32, end: i32): void {
  const c = v128.load(splitterOf(format));
  const addend = v128.load(watchOf(ADDEND));
  const limit = v128.load(watchOf(LIMIT));
  const zero = f32x4.splat(0);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 32) {
      const s = v128.load(LANES + at, 0);
      const t = v128.load(x, 0);
      const u = v128.load(LANES + at, 16);
      const w = v128.load(x, 16);
      const p = Watched.split(f32x4.add(s, t), c);
      const q = Watched.split(f32x4.add(u, w), c);
      if (v128.any_true(v128.or(Watched.odd(p, addend, limit), Watched.odd(q, addend, limit)))) {
        addSlowly(at, s, t, <i32>((x - tile) >> 2), end);
        addSlowly(at + 16, u, w, <i32>((x + 16 - tile) >> 2), end);
      } else {
        v128.store(LANES + at, p, 0);
        v128.store(LANES + at, q, 16);
        countAt(at, Watched.stagnant(s, t, p, zero));
        countAt(at + 16, Watched.stagnant(u, w, q, zero));
      }
      x += 32;
    }
  }
}

/** One vector of accumulators, s + t, looked at in every way. */
function addSlowly(at: usize, s: v128, t: v128, p: i32, end: i32): void {
  const r = operate<Add>(s, t, kind, format);
  v128.store(LANES + at, r);
  noteAdditions(s, t, r, p, end);
}

/** Folds the 32 accumulators of each group into the first: w = 16, 8, 4, 2, 1. */
function halve(): void {
  for (let half = 16 * width; half >= width; half >>= 1) addRow(LANES, LANES + ((<usize>half) << 2), half);
}

/** LANES = (row at a) + (row at b), n accumulators. */
function addRow(a: usize, b: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 2;
    const s = v128.load(a + at);
    const t = v128.load(b + at);
    const r = operate<Add>(s, t, kind, format);
    v128.store(LANES + at, r);
    const odd = Watched.odd(r, v128.load(watchOf(ADDEND)), v128.load(watchOf(LIMIT)));
    const stagnant = Watched.stagnant(s, t, r, f32x4.splat(0));
    if (v128.any_true(v128.or(odd, stagnant)) || all) noteAdditions(s, t, r, i, n);
  }
}

/** Takes the events of four additions, and their errors if they are asked for. */
function noteAdditions(s: v128, t: v128, r: v128, p: i32, end: i32): void {
  note(ADDITION, s, t, r, p, end, true);
  if (gathered < 0) return;
  const valid = i32x4.bitmask(validLanes(p, end));
  gather(f32x4.extract_lane(s, 0), f32x4.extract_lane(t, 0), f32x4.extract_lane(r, 0), valid, p);
  gather(f32x4.extract_lane(s, 1), f32x4.extract_lane(t, 1), f32x4.extract_lane(r, 1), valid >> 1, p + 1);
  gather(f32x4.extract_lane(s, 2), f32x4.extract_lane(t, 2), f32x4.extract_lane(r, 2), valid >> 2, p + 2);
  gather(f32x4.extract_lane(s, 3), f32x4.extract_lane(t, 3), f32x4.extract_lane(r, 3), valid >> 3, p + 3);
}

function gather(s: f64, t: f64, r: f64, valid: i32, p: i32): void {
  if (!(valid & 1) || groupAt(p) != gathered) return;
  const sum = s + t;
  const part = sum - s;
  const rest = s - (sum - part) + (t - part);
  addTo(GATHERED, r - sum);
  addTo(GATHERED, -rest);
}

// --- the pairwise tree, as in emulated/sums.ts ----------------------------------------------------------------------

function levelAt(level: i32): usize {
  return TREE + BUNDLE_FLOATS * level;
}

/** One more block: like a carry in binary counting it merges with every complete subtree of its size. */
function push(): void {
  let level = 0;
  for (; levels & (1 << level); level++) {
    addRow(levelAt(level), LANES, width);
    levels &= ~(1 << level);
  }
  levels |= 1 << level;
  copyVectors(LANES, levelAt(level), (<usize>width) << 2);
}

/** The subtrees that are left, the smallest first. */
function climb(): void {
  let started = false;
  for (let level = 0; level < 32; level++) {
    if (!(levels & (1 << level))) continue;
    if (started) addRow(levelAt(level), LANES, width);
    else copyVectors(levelAt(level), LANES, (<usize>width) << 2);
    started = true;
  }
}
