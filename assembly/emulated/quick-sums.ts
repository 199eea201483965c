// Emulated sums of which nobody watches the additions: many at once, rounded in three operations each.
//
// Which formats of terms and sums go together so quickly is for `splits` to say (formats/format.ts). What was added is looked at
// afterwards; where it left the range of the format, it is done again, one addition at a time (sums.ts).

import { ACCUMULATE, largestOf, leastExponentOf, PLAIN, precisionOf, splitterOf } from "../formats/format";
import { Add, operate } from "../formats/operations";
import { clearVectors, copyVectors, magnitude } from "../lanes/vectors";
import { LANES, LANES_SAVED } from "../memory";
import { greatestMagnitude } from "../reductions/extremes";
import { BLOCK, empty, rising, SumWatch } from "./sums";

/** Veltkamp's splitting, in line wherever it is called. */
export class Split {
  /** x rounded to the bits that Veltkamp's factor c leaves: y = x c, then y - (y - x). */
  @inline
  static by(x: v128, c: v128): v128 {
    const y = f32x4.mul(x, c);
    return f32x4.sub(y, f32x4.sub(y, x));
  }

  /** The sum of eight vectors: of halves, quarters and eighths. */
  @inline
  static fold(a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, a7: v128, c: v128): v128 {
    const t0 = Split.by(f32x4.add(a0, a4), c);
    const t1 = Split.by(f32x4.add(a1, a5), c);
    const t2 = Split.by(f32x4.add(a2, a6), c);
    const t3 = Split.by(f32x4.add(a3, a7), c);
    const u0 = Split.by(f32x4.add(t0, t2), c);
    const u1 = Split.by(f32x4.add(t1, t3), c);
    return Split.by(f32x4.add(u0, u1), c);
  }
}

/** Elements of a chain between two looks at its exponent. */
const LINK: i32 = 32;

/** Additions that nobody watches. */
export class UnwatchedSums implements SumWatch {
  @inline
  start(): void {}
  @inline
  place(_from: i32): void {}
  @inline
  add(_s: v128, _t: v128, _r: v128, _at: usize, _p: i32, _end: i32): void {}
  @inline
  fold(_s: v128, _t: v128, _r: v128, _i: i32, _n: i32): void {}
  @inline
  finish(): void {}

  chain(x: usize, n: i32, kind: i32, split: bool): void {
    addChain(x, n, kind, split);
  }

  blocks(x: usize): bool {
    return addBlocks(x);
  }

  rows(x: usize, _tile: usize, vectors: i32, rows: i32, _end: i32): bool {
    const bytes = (<usize>vectors) << 4;
    // of a short sum, this is all that there is: zeros need not be kept
    if (!empty) copyVectors(LANES, LANES_SAVED, bytes);
    if (rising ? accumulateSplit<Rising>(x, vectors, rows) : accumulateSplit<Signed>(x, vectors, rows)) return true;
    if (empty) clearVectors(LANES, bytes);
    else copyVectors(LANES_SAVED, LANES, bytes);
    return false;
  }

  halves(x: usize, vectors: i32): bool {
    return this.rows(x, 0, vectors, 1, 0);
  }

  whole(): bool {
    return addLanes();
  }
}

// --- rows of accumulators ------------------------------------------------------------------------------

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
 * LANES += every row of `vectors` vectors at x, by three operations per rounding; false when a sum left the range of the
 * format (or was not a number), where they do not hold.
 */
function accumulateSplit<C extends Course>(x: usize, vectors: i32, rows: i32): bool {
  const course = changetype<C>(0);
  const c = v128.load(splitterOf(ACCUMULATE));
  const largest = v128.load(largestOf(ACCUMULATE));
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

/** The first of LANES = the sum of the 32 accumulators: halves, quarters and so on; false where one may leave the range. */
function addLanes(): bool {
  const c = v128.load(splitterOf(ACCUMULATE));
  const most = reinterpret<f32>(greatestMagnitude(LANES, 32)) * 32;
  // nor may what it is split with be infinite
  if (!(most <= load<f32>(largestOf(ACCUMULATE)) && most * f32x4.extract_lane(c, 0) < Infinity)) return false;
  const four = Split.fold(
    v128.load(LANES, 0),
    v128.load(LANES, 16),
    v128.load(LANES, 32),
    v128.load(LANES, 48),
    v128.load(LANES, 64),
    v128.load(LANES, 80),
    v128.load(LANES, 96),
    v128.load(LANES, 112),
    c,
  );
  const two = Split.by(f32x4.add(four, i64x2.shuffle(four, four, 1, 0)), c);
  v128.store(LANES, Split.by(f32x4.add(two, i32x4.shuffle(two, two, 1, 0, 3, 2)), c));
  return true;
}

// --- blocks of the pairwise order ---------------------------------------------------------------------------

/** Sum of four blocks of one group into LANES, as a subtree; false when a sum may leave the range of the format. */
function addBlocks(x: usize): bool {
  const c = v128.load(splitterOf(ACCUMULATE));
  const largest = load<f32>(largestOf(ACCUMULATE));
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
    v128.store(LANES + b, Split.fold(a0, a1, a2, a3, a4, a5, a6, a7, c));
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

/** LANES += each of n elements at x, one after the other. */
function addChain(x: usize, n: i32, kind: i32, split: bool): void {
  if (kind == PLAIN) {
    let sum = load<f32>(LANES);
    for (; n > 0; n--) {
      sum += load<f32>(x);
      x += 4;
    }
    store<f32>(LANES, sum);
    return;
  }
  const short = precisionOf(ACCUMULATE) <= 11;
  for (; n >= LINK; n -= LINK) {
    if (!split || !((short && addLink(x)) || addLinkSplit(x))) addSlowly(x, LINK, kind);
    x += (<usize>LINK) << 2;
  }
  addSlowly(x, n, kind);
}

function addSlowly(x: usize, n: i32, kind: i32): void {
  let sum = v128.load32_splat(LANES);
  for (; n > 0; n--) {
    sum = operate<Add>(sum, v128.load32_splat(x), kind, ACCUMULATE);
    x += 4;
  }
  v128.store(LANES, sum);
}

/**
 * 32 additions while the sum stays in its binade.
 *
 * With M as in formats/round.ts for the binade of the sum s, t = M + s is exact, and t += x rounds s + x to the grid by
 * itself: the chain is one addition per element. All lanes hold the same sum; the extremes of t tell whether it left
 * the binade, where the grid would be another.
 */
function addLink(x: usize): bool {
  const chain = load<f32>(LANES);
  const p = precisionOf(ACCUMULATE);
  const least = leastExponentOf(ACCUMULATE);
  const e = max((reinterpret<i32>(chain) >> 23) & 255, least);
  // M has to be a number
  if (e + 24 - p > 254) return false;
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
  store<f32>(LANES, sum);
  return true;
}

/** 32 additions by Veltkamp's splitting. */
function addLinkSplit(x: usize): bool {
  const c = load<f32>(splitterOf(ACCUMULATE));
  const largest = load<f32>(largestOf(ACCUMULATE));
  let sum = load<f32>(LANES);
  for (const end = x + ((<usize>LINK) << 2); x < end; x += 4) {
    sum += load<f32>(x);
    const y = sum * c;
    sum = y - (y - sum);
    if (!(abs(sum) <= largest)) return false;
  }
  store<f32>(LANES, sum);
  return true;
}
