// The sums of orders.ts with every addition watched: the same accumulators, the same tree, the same bits.
//
// Stagnation is counted where it happens, which costs little more than the addition; the other events are looked for only
// where a result is not ordinary (events.ts). While errors are gathered, which is done for one group of interest, the
// rounding error of every addition of that group is added up exactly:
//
//   r = RN(s + x),  s + x = t + u without error (Knuth),  r - (s + x) = (r - t) - u

import { EXACT, FORMAT_ACCUMULATE, FORMAT_COMPUTE, ORDER, ORDER_LANES, ORDER_PAIRWISE } from "../src/layout";
import { STAGNATION_EVENT } from "../src/report";
import { width as groups } from "./bundle";
import { EXPONENTS, SIGN } from "./constants";
import { ADDITION, countEvents, groupAt, looksAtAll, note, placeEvents, unusual, validLanes } from "./events";
import { GATHERED, LANES, STAGNANT, TREE } from "./memory";
import { addTile, finishSums, startSums } from "./orders";
import { addTo } from "./reals";
import { Add, DOWN, formatAt, kindOfSums, Lanes, LEAST, MAGIC, MOST, NARROW, operate, UP } from "./rounding";
import { clearVectors, copyVectors } from "./vectors";

const BLOCK: i32 = 128;

/** Groups side by side as the tile has them: a single one, or `padded`. */
let width: i32 = 1;
let kind: i32 = 0;
let format: usize = 0;
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
  clearVectors(GATHERED + 256, 16);
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
  levels = 0;
  all = looksAtAll() || gathered >= 0;
  clearVectors(LANES, 4096);
  clearVectors(STAGNANT, 4096);
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
  const exponents = v128.load(EXPONENTS);
  const least = v128.load(format, LEAST);
  const most = v128.load(format, MOST);
  const magic = v128.load(format, MAGIC);
  const up = v128.load(format, UP);
  const down = v128.load(format, DOWN);
  const sign = v128.load(SIGN);
  const zero = f32x4.splat(0);
  const single = step == 4;
  const bytes = (<usize>vectors) << 4;
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const s = v128.load(LANES + at);
      const t = single ? v128.load32_splat(x) : v128.load(x);
      const r =
        kind == NARROW
          ? Lanes.narrow(f32x4.add(s, t), exponents, least, most, magic, up, down, sign)
          : operate<Add>(s, t, kind, format);
      v128.store(LANES + at, r);
      const p = <i32>((x - tile) >> 2);
      if (v128.any_true(unusual(r)) || all) {
        noteAdditions(s, t, r, p, single ? p + 1 : end);
      } else {
        // both are nonzero, and the result is one of them
        const same = v128.or(f32x4.eq(r, s), f32x4.eq(r, t));
        const stagnant = v128.and(same, v128.and(f32x4.ne(s, zero), f32x4.ne(t, zero)));
        v128.store(STAGNANT + at, i32x4.sub(v128.load(STAGNANT + at), stagnant));
      }
      x += step;
    }
  }
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
    noteAdditions(s, t, r, i, n);
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

// --- the pairwise tree, as in orders.ts ----------------------------------------------------------------------

function levelAt(level: i32): usize {
  return TREE + 128 * level;
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
