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
// Terms are on the grid of the format of the sums or finer ones; see `splits`.

import { EXACT, FORMAT_ACCUMULATE, FORMAT_COMPUTE, ORDER, ORDER_LANES, ORDER_PAIRWISE } from "../src/layout";
import { addExact, EXACT_BYTES, finishExact, startExact } from "./exact";
import { EXACT_SUMS, LANES, LANES_SAVED, TREE } from "./memory";
import {
  Add,
  formatAt,
  kindOfSums,
  largestOf,
  leastExponentOf,
  operate,
  PLAIN,
  precisionOf,
  roundNumber,
  splits,
  splitterOf,
} from "./rounding";
import { magnitude } from "./vectors";

/** Elements of a block of the pairwise order. */
const BLOCK: i32 = 128;
/** Elements of a chain between two looks at its exponent. */
const LINK: i32 = 16;

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
  memory.fill(LANES, 0, <usize>lanes() << 2);
}

/** Number of accumulators, up to whole vectors. */
function lanes(): i32 {
  return load<i32>(ORDER) >= ORDER_LANES ? 32 * width : 32;
}

/** Adds `count` elements of each group. Tiles but the last hold a multiple of 128; what follows the last is zeroed. */
export function addTile(x: usize, count: i32): void {
  const order = load<i32>(ORDER);
  const row = <usize>width << 2;
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
    if (rest) memory.fill(x + row * count, 0, row * (32 - rest));
    if (order == ORDER_LANES) {
      accumulate(x, width << 3, (count + 31) >> 5);
    } else {
      for (; count > 0; count -= BLOCK) {
        clearLanes();
        accumulate(x, width << 3, (min(count, BLOCK) + 31) >> 5);
        halve();
        push();
        x += row * BLOCK;
      }
    }
  }
}

/** Writes the sums of the groups to `out`, as float32; exact ones are rounded to the compute format. */
export function finishSums(out: usize): void {
  const order = load<i32>(ORDER);
  if (load<i32>(EXACT)) {
    for (let j = 0; j < width; j++) {
      const sum = finishExact(EXACT_SUMS + EXACT_BYTES * j);
      store<f32>(out + (<usize>j << 2), <f32>roundNumber(sum, formatAt(FORMAT_COMPUTE)));
    }
    return;
  }
  if (order < ORDER_LANES && width == 1) {
    store<f32>(out, chain);
    return;
  }
  if (order == ORDER_LANES) halve();
  if (order == ORDER_PAIRWISE) climb();
  memory.copy(out, LANES, <usize>width << 2);
}

// --- rows of accumulators ------------------------------------------------------------------------------

/** LANES += every row of `vectors` vectors (a multiple of 8) at x. */
function accumulate(x: usize, vectors: i32, rows: i32): void {
  const bytes = <usize>vectors << 4;
  if (split) {
    memory.copy(LANES_SAVED, LANES, bytes);
    if (rising ? accumulateSplit<Rising>(x, vectors, rows) : accumulateSplit<Signed>(x, vectors, rows)) return;
    memory.copy(LANES, LANES_SAVED, bytes);
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
  note(most: v128, sum: v128): v128 {
    return most;
  }
}

class Signed implements Course {
  note(most: v128, sum: v128): v128 {
    return f32x4.pmax(most, magnitude(sum));
  }
}

/** x rounded to the bits that Veltkamp's factor c leaves: y = x c, then y - (y - x). */
// @ts-ignore: decorator
@inline
function splitBy(x: v128, c: v128): v128 {
  const y = f32x4.mul(x, c);
  return f32x4.sub(y, f32x4.sub(y, x));
}

/**
 * The same by three operations per rounding; false when a sum left the range of the format (or was not a number), where
 * they do not hold.
 */
function accumulateSplit<C extends Course>(x: usize, vectors: i32, rows: i32): bool {
  const course = changetype<C>(0);
  const c = v128.load(splitterOf(format));
  const largest = v128.load(largestOf(format));
  const pitch = <usize>vectors << 4;
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
      a0 = splitBy(f32x4.add(a0, v128.load(p, 0)), c);
      a1 = splitBy(f32x4.add(a1, v128.load(p, 16)), c);
      a2 = splitBy(f32x4.add(a2, v128.load(p, 32)), c);
      a3 = splitBy(f32x4.add(a3, v128.load(p, 48)), c);
      a4 = splitBy(f32x4.add(a4, v128.load(p, 64)), c);
      a5 = splitBy(f32x4.add(a5, v128.load(p, 80)), c);
      a6 = splitBy(f32x4.add(a6, v128.load(p, 96)), c);
      a7 = splitBy(f32x4.add(a7, v128.load(p, 112)), c);
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
    const bytes = <usize>half << 2;
    for (let at: usize = 0; at < bytes; at += 16) {
      const sum = operate<Add>(v128.load(LANES + at), v128.load(LANES + bytes + at), kind, format);
      v128.store(LANES + at, sum);
    }
  }
}

// --- the pairwise tree -----------------------------------------------------------------------------------

/** LANES = (row at p) + LANES. */
function addRow(p: usize): void {
  const bytes = <usize>width << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(LANES + at, operate<Add>(v128.load(p + at), v128.load(LANES + at), kind, format));
  }
}

// @ts-ignore: decorator
@inline
function levelAt(level: i32): usize {
  return TREE + 128 * level;
}

/** One more block sum: like a carry in binary counting it merges with every complete subtree of its size. */
function push(): void {
  let level = 0;
  for (; levels & (1 << level); level++) addRow(levelAt(level));
  levels = (levels | (1 << level)) & ~((1 << level) - 1);
  memory.copy(levelAt(level), LANES, <usize>((width + 3) & ~3) << 2);
}

/** The subtrees that are left, the smallest first: the tree that splits at the largest power of two. */
function climb(): void {
  let started = false;
  for (let level = 0; level < 32; level++) {
    if (!(levels & (1 << level))) continue;
    if (started) addRow(levelAt(level));
    else memory.copy(LANES, levelAt(level), <usize>((width + 3) & ~3) << 2);
    started = true;
  }
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
  for (; n >= LINK; n -= LINK) {
    if (!split || !(addLink(x) || addLinkSplit(x))) addSlowly(x, LINK);
    x += <usize>LINK << 2;
  }
  addSlowly(x, n);
}

function addSlowly(x: usize, n: i32): void {
  for (; n > 0; n--) {
    chain = <f32>roundNumber(<f64>chain + <f64>load<f32>(x), format);
    x += 4;
  }
}

/**
 * 16 additions while the sum stays in its binade.
 *
 * With M as in rounding.ts for the binade of the sum s, t = M + s is exact, and t += x rounds s + x to the grid by
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
  let low = t;
  let high = t;
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
  const bottom = reinterpret<f32>(e << 23);
  if (e > least && lowest < bottom && highest > -bottom) return false;
  // -0 would be lost, but no sum that starts from +0 is -0
  chain = sum;
  return true;
}

/** 16 additions by Veltkamp's splitting. */
function addLinkSplit(x: usize): bool {
  const c = load<f32>(splitterOf(format));
  const largest = load<f32>(largestOf(format));
  let sum = chain;
  for (const end = x + (<usize>LINK << 2); x < end; x += 4) {
    sum += load<f32>(x);
    const y = sum * c;
    sum = y - (y - sum);
    if (!(abs(sum) <= largest)) return false;
  }
  chain = sum;
  return true;
}
