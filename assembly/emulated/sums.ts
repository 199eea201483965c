// Emulated sums in a stated order, of one group or of a bundle of groups side by side.
//
// A tile holds n elements of each of `side` groups, element by element: x[i * side + j]. Summing contiguous elements in 32
// lanes is summing 32 columns one row after the other; so is summing many groups in sequential order. One loop serves both:
//
//     one group, w lanes               accumulators    0 1 2 ... w - 1    rows of w elements
//     `side` groups, sequential        accumulators    one per group      rows of `side`
//     `side` groups, w lanes           accumulators    w per group        rows of w * side
//
// A class says what becomes of the additions: nobody watches, and they are done as quickly as may be (quick-sums.ts), or
// each one is looked at (diagnosis/watched-sums.ts). The sums are the same.

import { EXACT, MOST_LANES, ORDER, ORDER_LANES, ORDER_PAIRWISE, ORDER_SEQUENTIAL } from "../../src/abi/plan";
import { ACCUMULATE, holdsSums, kindOfSums, leastExponentOf, PLAIN, precisionOf, splits } from "../formats/format";
import { Add, operate } from "../formats/operations";
import { clearVectors, copyVectors } from "../lanes/vectors";
import { BUNDLE, BUNDLE_FLOATS, EXACT_BYTES, EXACT_SUMS, LANES, TREE } from "../memory";
import { checkTile } from "../preconditions";
import { addExact, EXACT_ROWS, finishExact, hold, startExact } from "../reductions/exact-sum";
import { sumPlain } from "../reductions/sums";

/** Who does, or looks at, the additions. Places are those of elements in a tile; `end`: how many of them are in use. */
export interface SumWatch {
  start(): void;
  /** Additions from here on are of elements from number `from` on; -1: of no element. */
  place(from: i32): void;
  /**
   * The sum of a single group, at LANES, += each of n elements at x, one after the other; `kind` and `split` are those of
   * the two formats (formats/format.ts).
   */
  chain(x: usize, n: i32, kind: i32, split: bool): void;
  // where Veltkamp's splitting rounds sums:
  /** LANES = the sum of the four blocks of a single group at x; false if that is not done. */
  blocks(x: usize): bool;
  /** LANES += every row of `vectors` vectors (a multiple of 8) at x in a tile; false if that is not done. */
  rows(x: usize, tile: usize, vectors: i32, rows: i32, end: i32): bool;
  /** LANES += `vectors` vectors (a multiple of 8) of accumulators at x; false if that is not done. */
  halves(x: usize, vectors: i32): bool;
  /** The first of LANES = the sum of the 32 accumulators of a single group; false if that is not done. */
  whole(): bool;
  /** Takes an addition to the accumulators at LANES + at: r = s + t, of the elements from place p on. */
  add(s: v128, t: v128, r: v128, at: usize, p: i32, end: i32): void;
  /** Takes an addition of accumulators, number `i` to i + 3 of n. */
  fold(s: v128, t: v128, r: v128, i: i32, n: i32): void;
  finish(): void;
}

/** Elements of a block of the pairwise order. */
export const BLOCK: i32 = 128;

/** Groups side by side. */
export let side: i32 = 1;
/** No term is negative. */
export let rising: bool = false;
/** The format whose grid the terms are on. */
export let grid: usize = 0;
/** Nothing has been added to the accumulators yet. */
export let empty: bool = false;
/** Bits set for the levels of the tree that hold a sum. */
let levels: i32 = 0;

/** Starts sums of `groups` groups side by side (1, a multiple of 32 in sequential order, else of 4) of numbers of a format. */
export function startSums<W extends SumWatch>(groups: i32, nonNegative: bool, terms: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(groups == 1 || (groups > 0 && groups <= BUNDLE && (groups & 3) == 0));
    assert(groups * lanesOf() <= MOST_LANES);
  }
  side = groups;
  rising = nonNegative;
  grid = terms;
  levels = 0;
  if (load<i32>(EXACT)) {
    for (let j = 0; j < side; j++) startExact(EXACT_SUMS + EXACT_BYTES * j);
  } else {
    clearLanes();
    changetype<W>(0).start();
  }
}

/** Accumulators of a group, or of one of its blocks. */
export function lanesOf(): i32 {
  const order = load<i32>(ORDER);
  return order == ORDER_PAIRWISE ? ORDER_LANES : order;
}

/** Those of all groups. */
export function accumulators(): i32 {
  return lanesOf() * side;
}

/** Bytes of the accumulators, up to whole vectors. */
export function laneBytes(): usize {
  return (<usize>((accumulators() + 3) & ~3)) << 2;
}

function clearLanes(): void {
  clearVectors(LANES, laneBytes());
  empty = true;
}

/** Before something is added to the accumulators. */
export function fillLanes(): void {
  empty = false;
}

/**
 * Adds n elements of each group, those from number `from` on, or none in particular. Tiles but the last hold a multiple of
 * 128; what follows the last is overwritten.
 */
export function addTile<W extends SumWatch>(x: usize, n: i32, from: i32): void {
  if (!ASC_NO_ASSERT) checkTile(x, n * side);
  const watch = changetype<W>(0);
  const order = load<i32>(ORDER);
  const row = (<usize>side) << 2;
  const end = n * side;
  if (load<i32>(EXACT)) {
    const single = side == 1;
    if (single && holdsSums(grid)) {
      hold(EXACT_SUMS, sumPlain(x, n));
      return;
    }
    // elements of a single group stand in four columns, of which the last row is filled up
    const columns = max(side, 4);
    const stride: usize = single ? 0 : EXACT_BYTES;
    const pitch = (<usize>columns) << 2;
    clearVectors(x + row * n, 16);
    for (n = single ? (n + 3) >> 2 : n; n > 0; n -= EXACT_ROWS) {
      for (let j = 0; j < columns; j += 4) {
        const at = x + ((<usize>j) << 2);
        const rows = min(n, EXACT_ROWS);
        addExact(EXACT_SUMS + stride * j, stride, at, pitch, rows, precisionOf(grid), leastExponentOf(grid));
      }
      x += pitch * EXACT_ROWS;
    }
    return;
  }
  const kind = kindOfSums(grid, ACCUMULATE);
  const split = splits(grid, ACCUMULATE);
  watch.place(from);
  if (side == 1 && order == ORDER_SEQUENTIAL) {
    watch.chain(x, n, kind, split);
    return;
  }
  const lanes = lanesOf();
  if (lanes * side < 4) {
    alternate<W>(x, n, kind);
    return;
  }
  // the last row is filled up by what changes no accumulator: +0 would make +0 of a sum that has underflowed to -0
  const whole = (n + lanes - 1) & -lanes;
  for (let i = n * side; i < whole * side; i += 4) v128.store(x + ((<usize>i) << 2), f32x4.splat(-0.0));
  if (order != ORDER_PAIRWISE) {
    // a power of two: a division would take as long as the additions of a short row
    accumulate<W>(x, x, (lanes * side) >> 2, (n + lanes - 1) >> ctz(lanes), end, kind, split);
    return;
  }
  const tile = x;
  if (side == 1 && split) {
    for (; n >= 4 * BLOCK && watch.blocks(x); n -= 4 * BLOCK) {
      push<W>(2, kind);
      x += 16 * BLOCK;
    }
  }
  for (; n > 0; n -= BLOCK) {
    clearLanes();
    watch.place(from);
    accumulate<W>(x, tile, side << 3, (min(n, BLOCK) + 31) >> 5, end, kind, split);
    watch.place(-1);
    halve<W>(kind);
    push<W>(0, kind);
    x += row * BLOCK;
  }
}

/** Writes the sums of the groups to `out`, as float64; exact ones may be rounded to odd (reductions/exact-sum.ts). */
export function finishSums<W extends SumWatch>(out: usize): void {
  const watch = changetype<W>(0);
  const order = load<i32>(ORDER);
  const exact = load<i32>(EXACT);
  if (!exact) {
    const kind = kindOfSums(grid, ACCUMULATE);
    watch.place(-1);
    if (order == ORDER_PAIRWISE) climb<W>(kind);
    else halve<W>(kind);
  }
  for (let j: usize = 0; j < <usize>side; j++) {
    const sum = exact ? finishExact(EXACT_SUMS + EXACT_BYTES * j) : <f64>load<f32>(LANES + (j << 2));
    store<f64>(out + (j << 3), sum);
  }
  if (!exact) watch.finish();
}

// --- rows of accumulators ------------------------------------------------------------------------------

/** LANES += every row of `vectors` vectors at x. */
function accumulate<W extends SumWatch>(
  x: usize,
  tile: usize,
  vectors: i32,
  rows: i32,
  end: i32,
  kind: i32,
  split: bool,
): void {
  const watch = changetype<W>(0);
  const done = split && !(vectors & 7) && watch.rows(x, tile, vectors, rows, end);
  empty = false;
  if (done) return;
  const bytes = (<usize>vectors) << 4;
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const s = v128.load(LANES + at);
      const t = v128.load(x);
      const r = operate<Add>(s, t, kind, ACCUMULATE);
      v128.store(LANES + at, r);
      watch.add(s, t, r, at, <i32>((x - tile) >> 2), end);
      x += 16;
    }
  }
}

/** Two accumulators of a single group, which are no vector: the other lanes are zeros, in which nothing happens. */
function alternate<W extends SumWatch>(x: usize, n: i32, kind: i32): void {
  for (let p = 0; p < n; p++) {
    const at = (<usize>(p & 1)) << 2;
    const s = v128.load32_zero(LANES + at);
    const t = v128.load32_zero(x);
    const r = operate<Add>(s, t, kind, ACCUMULATE);
    v128.store32_lane(LANES + at, r, 0);
    // all lanes are the same, as in a chain
    changetype<W>(0).add(s, t, r, 0, p, p + 1);
    x += 4;
  }
}

/** In line wherever it is called. */
class Row {
  /** LANES = (row at a) + (row at b), n accumulators. */
  @inline
  static add<W extends SumWatch>(a: usize, b: usize, n: i32, kind: i32): void {
    const bytes = (<usize>n) << 2;
    for (let at: usize = 0; at < bytes; at += 16) {
      const s = v128.load(a + at);
      const t = v128.load(b + at);
      const r = operate<Add>(s, t, kind, ACCUMULATE);
      v128.store(LANES + at, r);
      changetype<W>(0).fold(s, t, r, <i32>(at >> 2), n);
    }
  }
}

/** Folds the accumulators of each group into the first: of 32 by w = 16, 8, 4, 2, 1. */
function halve<W extends SumWatch>(kind: i32): void {
  // float32 has nothing to round
  const rounds = kind != PLAIN && accumulators() == 32 && side == 1;
  if (rounds && splits(ACCUMULATE, ACCUMULATE) && changetype<W>(0).whole()) return;
  for (let half = accumulators() >> 1; half >= side; half >>= 1) {
    const other = LANES + ((<usize>half) << 2);
    if (!(half & 31) && splits(ACCUMULATE, ACCUMULATE) && changetype<W>(0).halves(other, half >> 2)) continue;
    Row.add<W>(LANES, other, half, kind);
  }
}

// --- the pairwise tree -----------------------------------------------------------------------------------

function levelAt(level: i32): usize {
  return TREE + BUNDLE_FLOATS * level;
}

/**
 * One more subtree of 2^level blocks: like a carry in binary counting it merges with every complete subtree of its size.
 */
function push<W extends SumWatch>(level: i32, kind: i32): void {
  for (; levels & (1 << level); level++) {
    Row.add<W>(levelAt(level), LANES, side, kind);
    levels &= ~(1 << level);
  }
  levels |= 1 << level;
  copyVectors(LANES, levelAt(level), (<usize>side) << 2);
}

/** The subtrees that are left, the smallest first: the tree that splits at the largest power of two. */
function climb<W extends SumWatch>(kind: i32): void {
  let started = false;
  for (let level = 0; level < 32; level++) {
    if (!(levels & (1 << level))) continue;
    if (started) Row.add<W>(levelAt(level), LANES, side, kind);
    else copyVectors(levelAt(level), LANES, (<usize>side) << 2);
    started = true;
  }
}
