// Emulated sums in a stated order, of one group or of a bundle of groups side by side.
//
// A tile holds `count` elements of each of `width` groups, element by element: x[i * width + j]. Summing contiguous
// elements in 32 lanes is summing 32 columns one row after the other; so is summing many groups in sequential order.
// One loop serves both:
//
//     one group, lanes                 accumulators    0 1 2 ... 31       rows of 32 elements
//     `width` groups, sequential       accumulators    one per group      rows of `width`
//     `width` groups, lanes            accumulators    32 per group       rows of 32 * width
//
// Which formats of terms and sums go together quickly is for `splits` to say (formats/format.ts).

import { EXACT, FORMAT_ACCUMULATE, FORMAT_COMPUTE, ORDER, ORDER_LANES, ORDER_PAIRWISE } from "../../src/abi/plan";
import {
  formatAt,
  kindOfSums,
  largestOf,
  leastExponentOf,
  PLAIN,
  precisionOf,
  splits,
  splitterOf,
} from "../formats/format";
import { Add, operate } from "../formats/operations";
import { clearVectors, copyVectors, magnitude } from "../lanes/vectors";
import { BUNDLE_FLOATS, EXACT_BYTES, EXACT_SUMS, LANES, LANES_SAVED, TREE } from "../memory";
import { addExact, finishExact, startExact } from "../reductions/exact-sum";
import { greatestMagnitude } from "../reductions/extremes";

/** Veltkamp's splitting, in line wherever it is called. */
class Split {
  /** x rounded to the bits that Veltkamp's factor c leaves: y = x c, then y - (y - x). */
  @inline
  static by(x: v128, c: v128): v128 {
    const y = f32x4.mul(x, c);
    return f32x4.sub(y, f32x4.sub(y, x));
  }
}

/** Elements of a block of the pairwise order. */
const BLOCK: i32 = 128;
/** Elements of a chain between two looks at its exponent. */
const LINK: i32 = 32;

let width: i32 = 1;
let kind: i32 = PLAIN;
let format: usize = 0;
let split: bool = false;
/** Bits set for the levels of the tree that hold a sum. */
let levels: i32 = 0;
let chain: f32 = 0;
let rising: bool = false;

/** Starts sums of `groups` groups side by side: 1, a multiple of 32 in sequential order, else a multiple of 4. */
export function startSums(groups: i32, nonNegative: bool): void {
  width = groups;
  rising = nonNegative;
  format = formatAt(FORMAT_ACCUMULATE);
  kind = kindOfSums(formatAt(FORMAT_COMPUTE), format);
  split = splits(formatAt(FORMAT_COMPUTE), format);
  levels = 0;
  chain = 0;
  clearLanes();
  if (load<i32>(EXACT)) {
    for (let j = 0; j < width; j++) startExact(EXACT_SUMS + EXACT_BYTES * j);
  }
}

function clearLanes(): void {
  clearVectors(LANES, (<usize>lanes()) << 2);
}

/** Number of accumulators, up to whole vectors. */
function lanes(): i32 {
  return load<i32>(ORDER) >= ORDER_LANES ? 32 * width : 32;
}

/** Adds `count` elements of each group. Tiles but the last hold a multiple of 128; what follows the last is zeroed. */
export function addTile(x: usize, count: i32): void {
  const order = load<i32>(ORDER);
  const row = (<usize>width) << 2;
  if (load<i32>(EXACT)) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < width; j++) {
        addExact(EXACT_SUMS + EXACT_BYTES * j, load<f32>(x));
        x += 4;
      }
    }
  } else if (order < ORDER_LANES) {
    if (width == 1) addChain(x, count);
    else accumulate(x, width >> 2, count);
  } else {
    const rest = count & 31;
    if (rest) clearVectors(x + row * count, row * (32 - rest));
    if (order == ORDER_LANES) {
      accumulate(x, width << 3, (count + 31) >> 5);
    } else {
      if (width == 1 && split) {
        for (; count >= 4 * BLOCK; count -= 4 * BLOCK) {
          if (!addBlocks(x)) break;
          push(2);
          x += 16 * BLOCK;
        }
      }
      for (; count > 0; count -= BLOCK) {
        clearLanes();
        accumulate(x, width << 3, (min(count, BLOCK) + 31) >> 5);
        halve();
        push(0);
        x += row * BLOCK;
      }
    }
  }
}

/** Writes the sums of the groups to `out`, as float64; exact ones are rounded to odd (reductions/exact-sum.ts). */
export function finishSums(out: usize): void {
  const order = load<i32>(ORDER);
  const exact = load<i32>(EXACT);
  if (!exact) {
    if (order == ORDER_PAIRWISE) climb();
    else if (order == ORDER_LANES) halve();
    else if (width == 1) store<f32>(LANES, chain);
  }
  for (let j: usize = 0; j < <usize>width; j++) {
    const sum = exact ? finishExact(EXACT_SUMS + EXACT_BYTES * j) : <f64>load<f32>(LANES + (j << 2));
    store<f64>(out + (j << 3), sum);
  }
}

// --- rows of accumulators ------------------------------------------------------------------------------

/** LANES += every row of `vectors` vectors (a multiple of 8) at x. */
function accumulate(x: usize, vectors: i32, rows: i32): void {
  const bytes = (<usize>vectors) << 4;
  if (split) {
    copyVectors(LANES, LANES_SAVED, bytes);
    if (rising ? accumulateSplit<Rising>(x, vectors, rows) : accumulateSplit<Signed>(x, vectors, rows)) return;
    copyVectors(LANES_SAVED, LANES, bytes);
  }
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(LANES + at, operate<Add>(v128.load(LANES + at), v128.load(x), kind, format));
      x += 16;
    }
  }
}

/** How the greatest magnitude that a sum passes through is found. */
interface Course {
  note(most: v128, sum: v128): v128;
}

/** Sums of non-negative terms cannot come down again: where they end is enough. */
class Rising implements Course {
  note(most: v128, _sum: v128): v128 {
    return most;
  }
}

class Signed implements Course {
  note(most: v128, sum: v128): v128 {
    return f32x4.pmax(most, magnitude(sum));
  }
}

/**
 * The same by three operations per rounding; false when a sum left the range of the format (or was not a number), where
 * they do not hold.
 */
function accumulateSplit<C extends Course>(x: usize, vectors: i32, rows: i32): bool {
  const course = changetype<C>(0);
  const c = v128.load(splitterOf(format));
  const largest = v128.load(largestOf(format));
  const pitch = (<usize>vectors) << 4;
  let inside = i32x4.splat(-1);
  for (let at = LANES; vectors > 0; vectors -= 8) {
    let a0 = v128.load(at, 0);
    let a1 = v128.load(at, 16);
    let a2 = v128.load(at, 32);
    let a3 = v128.load(at, 48);
    let a4 = v128.load(at, 64);
    let a5 = v128.load(at, 80);
    let a6 = v128.load(at, 96);
    let a7 = v128.load(at, 112);
    let most = f32x4.splat(0);
    let p = x;
    for (let i = rows; i > 0; i--) {
      a0 = Split.by(f32x4.add(a0, v128.load(p, 0)), c);
      a1 = Split.by(f32x4.add(a1, v128.load(p, 16)), c);
      a2 = Split.by(f32x4.add(a2, v128.load(p, 32)), c);
      a3 = Split.by(f32x4.add(a3, v128.load(p, 48)), c);
      a4 = Split.by(f32x4.add(a4, v128.load(p, 64)), c);
      a5 = Split.by(f32x4.add(a5, v128.load(p, 80)), c);
      a6 = Split.by(f32x4.add(a6, v128.load(p, 96)), c);
      a7 = Split.by(f32x4.add(a7, v128.load(p, 112)), c);
      most = course.note(course.note(course.note(course.note(most, a0), a1), a2), a3);
      most = course.note(course.note(course.note(course.note(most, a4), a5), a6), a7);
      p += pitch;
    }
    v128.store(at, a0, 0);
    v128.store(at, a1, 16);
    v128.store(at, a2, 32);
    v128.store(at, a3, 48);
    v128.store(at, a4, 64);
    v128.store(at, a5, 80);
    v128.store(at, a6, 96);
    v128.store(at, a7, 112);
    inside = v128.and(inside, f32x4.le(most, largest));
    for (const end = at + 128; at < end; at += 16) {
      inside = v128.and(inside, f32x4.le(magnitude(v128.load(at)), largest));
    }
    x += 128;
  }
  return i32x4.all_true(inside);
}

/** Folds the 32 accumulators of each group into the first: w = 16, 8, 4, 2, 1. */
function halve(): void {
  for (let half = 16 * width; half >= width; half >>= 1) {
    const bytes = (<usize>half) << 2;
    for (let at: usize = 0; at < bytes; at += 16) {
      const sum = operate<Add>(v128.load(LANES + at), v128.load(LANES + bytes + at), kind, format);
      v128.store(LANES + at, sum);
    }
  }
}

// --- the pairwise tree -----------------------------------------------------------------------------------

/** LANES = (row at p) + LANES. */
function addRow(p: usize): void {
  const bytes = (<usize>width) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(LANES + at, operate<Add>(v128.load(p + at), v128.load(LANES + at), kind, format));
  }
}

function levelAt(level: i32): usize {
  return TREE + BUNDLE_FLOATS * level;
}

/**
 * One more subtree of 2^level blocks: like a carry in binary counting it merges with every complete subtree of its size.
 */
function push(level: i32): void {
  for (; levels & (1 << level); level++) {
    addRow(levelAt(level));
    levels &= ~(1 << level);
  }
  levels |= 1 << level;
  copyVectors(LANES, levelAt(level), (<usize>width) << 2);
}

/** The subtrees that are left, the smallest first: the tree that splits at the largest power of two. */
function climb(): void {
  let started = false;
  for (let level = 0; level < 32; level++) {
    if (!(levels & (1 << level))) continue;
    if (started) addRow(levelAt(level));
    else copyVectors(levelAt(level), LANES, (<usize>width) << 2);
    started = true;
  }
}

/** Sum of four blocks of one group into LANES, as a subtree; false when a sum may leave the range of the format. */
function addBlocks(x: usize): bool {
  const c = v128.load(splitterOf(format));
  const largest = load<f32>(largestOf(format));
  // signed sums may come back from beyond the range
  const n = 4 * BLOCK;
  if (!rising && !(reinterpret<f32>(greatestMagnitude(x, n)) * <f32>n <= largest)) return false;
  for (let b: usize = 0; b < 64; b += 16) {
    // eight chains at a time: one after the other they would wait for themselves
    let a0 = v128.load(x, 0);
    let a1 = v128.load(x, 16);
    let a2 = v128.load(x, 32);
    let a3 = v128.load(x, 48);
    let a4 = v128.load(x, 64);
    let a5 = v128.load(x, 80);
    let a6 = v128.load(x, 96);
    let a7 = v128.load(x, 112);
    for (const end = x + 3 * 128; x < end; ) {
      x += 128;
      a0 = Split.by(f32x4.add(a0, v128.load(x, 0)), c);
      a1 = Split.by(f32x4.add(a1, v128.load(x, 16)), c);
      a2 = Split.by(f32x4.add(a2, v128.load(x, 32)), c);
      a3 = Split.by(f32x4.add(a3, v128.load(x, 48)), c);
      a4 = Split.by(f32x4.add(a4, v128.load(x, 64)), c);
      a5 = Split.by(f32x4.add(a5, v128.load(x, 80)), c);
      a6 = Split.by(f32x4.add(a6, v128.load(x, 96)), c);
      a7 = Split.by(f32x4.add(a7, v128.load(x, 112)), c);
    }
    x += 128;
    const t0 = Split.by(f32x4.add(a0, a4), c);
    const t1 = Split.by(f32x4.add(a1, a5), c);
    const t2 = Split.by(f32x4.add(a2, a6), c);
    const t3 = Split.by(f32x4.add(a3, a7), c);
    const u0 = Split.by(f32x4.add(t0, t2), c);
    const u1 = Split.by(f32x4.add(t1, t3), c);
    v128.store(LANES + b, Split.by(f32x4.add(u0, u1), c));
  }
  // four vectors of four lanes, transposed: lane b of each is block b
  const v0 = v128.load(LANES, 0);
  const v1 = v128.load(LANES, 16);
  const v2 = v128.load(LANES, 32);
  const v3 = v128.load(LANES, 48);
  const low01 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
  const low23 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
  const high23 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
  const even = Split.by(f32x4.add(i64x2.shuffle(low01, low23, 0, 2), i64x2.shuffle(high01, high23, 0, 2)), c);
  const odd = Split.by(f32x4.add(i64x2.shuffle(low01, low23, 1, 3), i64x2.shuffle(high01, high23, 1, 3)), c);
  let sums = Split.by(f32x4.add(even, odd), c);
  sums = Split.by(f32x4.add(sums, i32x4.shuffle(sums, sums, 1, 0, 3, 2)), c);
  sums = Split.by(f32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0)), c);
  if (!(abs(f32x4.extract_lane(sums, 0)) <= largest)) return false;
  // the accumulators start from +0, which a sum of -0 alone shows
  v128.store(LANES, f32x4.add(sums, f32x4.splat(0)));
  return true;
}

// --- one long chain ---------------------------------------------------------------------------------------

/** chain += each of n elements at x, one after the other. */
function addChain(x: usize, n: i32): void {
  if (kind == PLAIN) {
    let sum = chain;
    for (; n > 0; n--) {
      sum += load<f32>(x);
      x += 4;
    }
    chain = sum;
    return;
  }
  const short = precisionOf(format) <= 11;
  for (; n >= LINK; n -= LINK) {
    if (!split || !((short && addLink(x)) || addLinkSplit(x))) addSlowly(x, LINK);
    x += (<usize>LINK) << 2;
  }
  addSlowly(x, n);
}

function addSlowly(x: usize, n: i32): void {
  for (; n > 0; n--) {
    chain = f32x4.extract_lane(operate<Add>(f32x4.splat(chain), v128.load32_splat(x), kind, format), 0);
    x += 4;
  }
}

/**
 * 32 additions while the sum stays in its binade.
 *
 * With M as in formats/round.ts for the binade of the sum s, t = M + s is exact, and t += x rounds s + x to the grid by
 * itself: the chain is one addition per element. All lanes hold the same sum; the extremes of t tell whether it left
 * the binade, where the grid would be another.
 */
function addLink(x: usize): bool {
  const p = precisionOf(format);
  const least = leastExponentOf(format);
  const e = max((reinterpret<i32>(chain) >> 23) & 255, least);
  const m = reinterpret<f32>(((e + 24 - p) << 23) + 0x00400000);
  const top = reinterpret<f32>((e + 1) << 23);
  let t = f32x4.splat(m + chain);
  let low = f32x4.splat(Infinity);
  let high = f32x4.splat(-Infinity);
  for (let i = 0; i < LINK; i += 4) {
    t = f32x4.add(t, v128.load32_splat(x, 0));
    low = f32x4.pmin(low, t);
    high = f32x4.pmax(high, t);
    t = f32x4.add(t, v128.load32_splat(x, 4));
    low = f32x4.pmin(low, t);
    high = f32x4.pmax(high, t);
    t = f32x4.add(t, v128.load32_splat(x, 8));
    low = f32x4.pmin(low, t);
    high = f32x4.pmax(high, t);
    t = f32x4.add(t, v128.load32_splat(x, 12));
    low = f32x4.pmin(low, t);
    high = f32x4.pmax(high, t);
    x += 16;
  }
  const sum = f32x4.extract_lane(t, 0) - m;
  const lowest = f32x4.extract_lane(low, 0) - m;
  const highest = f32x4.extract_lane(high, 0) - m;
  if (!(sum == sum) || !(highest < top) || !(lowest > -top)) return false;
  // at the bottom of the binade itself the sum may have come from below, where the grid is finer
  const bottom = reinterpret<f32>(e << 23);
  if (e > least && lowest <= bottom && highest >= -bottom) return false;
  // -0 would be lost, but no sum that starts from +0 is -0
  chain = sum;
  return true;
}

/** 32 additions by Veltkamp's splitting. */
function addLinkSplit(x: usize): bool {
  const c = load<f32>(splitterOf(format));
  const largest = load<f32>(largestOf(format));
  let sum = chain;
  for (const end = x + ((<usize>LINK) << 2); x < end; x += 4) {
    sum += load<f32>(x);
    const y = sum * c;
    sum = y - (y - sum);
    if (!(abs(sum) <= largest)) return false;
  }
  chain = sum;
  return true;
}
