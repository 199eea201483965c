// Order statistics of non-negative float32, exact: their bits order like integers, and so digits can be counted.
//
//   0 eeeeeeee mmmmm | mmmmmmmmm | mmmmmmmmm        three digits: 2^13 values, 2^9, 2^9
//
// Where counts of the first digits of all numbers pass a rank, the first digit of that order statistic is known. The numbers
// that share it, of all ranks at once, are moved to the front; they are few, and two more sweeps over them find the other
// digits of each rank.
//
// Of many numbers, a sample says between which digits the ranks will be. The numbers below these are counted, which shows
// whether they are; then it is only numbers in between whose digits are counted.

import { ERRORS_ORDINARY, ERRORS_QUANTILES, ERRORS_WORST } from "../../src/abi/report";
import { firstLanes, greatestLane, laneSum, leastLane, magnitude } from "../lanes/vectors";
import { RANKS } from "../memory";
import { checkApart, checkRegion, checkState } from "../preconditions";

/** Values of the first digit and of the others, and bits of the others. */
const FIRST: i32 = 8192;
const OTHERS: i32 = 512;
const BITS: i32 = 9;
const SHIFT: i32 = 2 * BITS;
/** Bytes of the table of counts: four of each first digit side by side, so that equal neighbours need not wait. */
const TABLE_BYTES: usize = 16 * 8192;

/** Numbers from which a sample of about SAMPLE of them says where to look. */
const MANY: i32 = 32768;
const SAMPLE: i32 = 4096;

/** The rank of quantile q of m numbers: exactly ceil(m * thousandths / 1000). */
function rankOf(m: f64, q: i32): i32 {
  const thousandths = q == 0 ? 500 : q == 1 ? 990 : 999;
  return <i32>((<i64>m * thousandths + 999) / 1000);
}

/** In line wherever it is called. */
class Digit {
  /** Counts the first digit of the number at p. */
  @inline
  static count(table: usize, p: usize): void {
    const at = table + ((<usize>(load<u32>(p) >> SHIFT)) << 4);
    store<i32>(at, load<i32>(at) + 1);
  }
}

/** First digits of the numbers that are looked at: from `low` to before `high`, and from `tail` on. */
let low: i32 = 0;
let high: i32 = 0;
let tail: i32 = 0;
/** How many of all numbers are below each. */
let belowLow: i32 = 0;
let belowTail: i32 = 0;
/** A digit in the table, and how many numbers are below it. */
let bucket: i32 = 0;
let seen: i32 = 0;

/**
 * The 500, 990 and 999 thousandths quantiles of the n numbers at p into a state of error statistics. NaN among the
 * numbers do not count; the state knows how many do. The numbers are lost.
 *
 * @param table 128 KiB of work space.
 */
export function select(state: usize, p: usize, n: i32, table: usize): void {
  if (!ASC_NO_ASSERT) {
    checkState(state);
    checkRegion(p, 4 * <i64>n, 4);
    checkRegion(table, TABLE_BYTES, 16);
    checkApart(p, 4 * <i64>n, table, TABLE_BYTES);
  }
  const m = load<f64>(state, ERRORS_ORDINARY);
  // without any error the quantiles are the zeros that the state began with
  if (m == 0 || load<f64>(state, ERRORS_WORST) == 0) return;
  let end = p + ((<usize>n) << 2);
  if (n >= MANY ? narrows(m, p, n, table) : takeAll()) {
    end = gather<Parts>(p, end, table, (low << SHIFT) - 1, high << SHIFT, (tail << SHIFT) - 1);
  }
  countDigits(p, end, 16, table);
  findRanks(m, table);
  end = gather<Digits>(p, end, table, load<i32>(RANKS, 0), load<i32>(RANKS, 8), load<i32>(RANKS, 16));
  for (let q: usize = 0; q < 3; q++) {
    const digits = load<i32>(RANKS + (q << 3), 0);
    const rank = load<i32>(RANKS + (q << 3), 4);
    store<f64>(state + (q << 3), <f64>reinterpret<f32>(finish(p, end, digits, rank, table)), ERRORS_QUANTILES);
  }
}

// --- step by step, for numbers of which others have some as well (src/diagnosis/quantiles.ts) --------------------------

/**
 * The first digits of the n numbers at p, counted: 32-bit integers at the start of the table, of which the rest is work
 * space.
 */
export function countFirst(p: usize, n: i32, table: usize): void {
  checkNumbers(p, n, table);
  countDigits(p, p + ((<usize>n) << 2), 16, table);
  for (let digit = 0; digit < FIRST; digit++) store<i32>(table + ((<usize>digit) << 2), countOf(table, digit));
}

/** Moves those of the n numbers at p whose first digit is a, b or c to the front; returns their end. */
export function gatherDigits(p: usize, n: i32, table: usize, a: i32, b: i32, c: i32): usize {
  checkNumbers(p, n, table);
  return gather<Digits>(p, p + ((<usize>n) << 2), table, a, b, c);
}

/** The bits of those of the n numbers at p that begin with a digit, if they are all the same; -1 if not. */
export function commonBits(p: usize, n: i32, digit: i32): i32 {
  if (!ASC_NO_ASSERT) checkRegion(p, 4 * <i64>n, 4);
  return commonOf(p, p + ((<usize>n) << 2), digit);
}

function checkNumbers(p: usize, n: i32, table: usize): void {
  if (ASC_NO_ASSERT) return;
  checkRegion(p, 4 * <i64>n, 4);
  checkRegion(table, TABLE_BYTES, 16);
  checkApart(p, 4 * <i64>n, table, TABLE_BYTES);
}

// --- digits ------------------------------------------------------------------------------------------------------------

/** Counts the first digits of four numbers every `step` bytes, 16 for all of them. */
function countDigits(p: usize, end: usize, step: usize, table: usize): void {
  memory.fill(table, 0, TABLE_BYTES);
  for (; p + 16 <= end; p += step) {
    Digit.count(table, p);
    Digit.count(table + 4, p + 4);
    Digit.count(table + 8, p + 8);
    Digit.count(table + 12, p + 12);
  }
  for (; p < end; p += 4) Digit.count(table, p);
}

function countOf(table: usize, digit: i32): i32 {
  return laneSum(v128.load(table + ((<usize>digit) << 4)));
}

/** Whether the counters of 16 digits are all zero. */
function isEmpty(at: usize): bool {
  let any = i32x4.splat(0);
  for (const end = at + 256; at < end; at += 16) any = v128.or(any, v128.load(at));
  return !v128.any_true(any);
}

/** Goes on to the digit of the number of a rank. */
function seek(rank: i32, table: usize): void {
  for (;;) {
    if ((bucket & 15) == 0 && bucket < FIRST) {
      // most of the table is empty
      while (isEmpty(table + ((<usize>bucket) << 4))) bucket += 16;
    }
    const count = countOf(table, bucket);
    if (seen + count >= rank) break;
    seen += count;
    bucket++;
  }
}

/** The first digit of each rank, and the rank among the numbers that share it. */
function findRanks(m: f64, table: usize): void {
  bucket = low;
  seen = belowLow;
  for (let q = 0; q < 3; q++) {
    const rank = rankOf(m, q);
    if (q == 1 && bucket < tail) {
      bucket = tail;
      seen = belowTail;
    }
    seek(rank, table);
    store<i32>(RANKS + ((<usize>q) << 3), bucket, 0);
    store<i32>(RANKS + ((<usize>q) << 3), rank - seen, 4);
  }
}

/** Takes all digits. */
function takeAll(): bool {
  low = 0;
  tail = 0;
  belowLow = 0;
  belowTail = 0;
  return false;
}

/**
 * Finds digits that hold the ranks by a sample, in which a rank is seldom off by four times its deviation; whether they do.
 * The sample is four neighbours every odd number of times, which go round whatever repeats itself.
 */
function narrows(m: f64, p: usize, n: i32, table: usize): bool {
  const step = (<usize>((n / SAMPLE) | 1)) << 4;
  const vectors = ((<usize>n) << 2) / step;
  const size = (<i32>vectors) << 2;
  countDigits(p, p + vectors * step, step, table);
  const part = (m * size) / n;
  const spread = sqrt(<f64>size);
  bucket = 0;
  seen = 0;
  seek(max(1, <i32>(0.5 * part - 2 * spread)), table);
  low = bucket;
  const first = seen;
  seek(<i32>(0.5 * part + 2 * spread), table);
  high = bucket + 1;
  const last = seen + countOf(table, bucket);
  seek(<i32>(0.99 * part - 0.4 * spread), table);
  tail = bucket;
  // what is there many times is counted as quickly
  if ((last - first + size - seen) << 2 > size) return takeAll();
  return countParts(m, p, p + ((<usize>n) << 2));
}

/** Counts the numbers below the digits; whether these hold the ranks. If not, all do. */
function countParts(m: f64, p: usize, end: usize): bool {
  const a = i32x4.splat(low << SHIFT);
  const b = i32x4.splat(high << SHIFT);
  const c = i32x4.splat(tail << SHIFT);
  let belowA = i32x4.splat(0);
  let belowB = i32x4.splat(0);
  let belowC = i32x4.splat(0);
  for (; p < end; p += 16) {
    let x = v128.load(p);
    // nothing is below what is no number
    if (end - p < 16) x = magnitude(v128.or(x, v128.not(firstLanes(<i32>(end - p) >> 2))));
    belowA = i32x4.sub(belowA, i32x4.lt_s(x, a));
    belowB = i32x4.sub(belowB, i32x4.lt_s(x, b));
    belowC = i32x4.sub(belowC, i32x4.lt_s(x, c));
  }
  belowLow = laneSum(belowA);
  belowTail = laneSum(belowC);
  const rank = rankOf(m, 0);
  return (rank > belowLow && rank <= laneSum(belowB) && rankOf(m, 1) > belowTail) || takeAll();
}

/** Which of four numbers are wanted, by three others. */
interface Choice {
  lanes(x: v128, a: v128, b: v128, c: v128): v128;
}

/** Those above a and below b, or above c. */
class Parts implements Choice {
  @inline
  lanes(x: v128, a: v128, b: v128, c: v128): v128 {
    return v128.or(v128.and(i32x4.gt_s(x, a), i32x4.lt_s(x, b)), i32x4.gt_s(x, c));
  }
}

/** Those with a first digit of a, b or c. */
class Digits implements Choice {
  @inline
  lanes(x: v128, a: v128, b: v128, c: v128): v128 {
    const digit = i32x4.shr_u(x, SHIFT);
    return v128.or(v128.or(i32x4.eq(digit, a), i32x4.eq(digit, b)), i32x4.eq(digit, c));
  }
}

/** Moves the numbers that are wanted to the front, over the others; returns their end. */
function gather<C extends Choice>(p: usize, end: usize, table: usize, below: i32, above: i32, other: i32): usize {
  // bytes that bring the lanes of a mask together
  for (let mask = 0; mask < 16; mask++) {
    let at = table + ((<usize>mask) << 4);
    for (let bits = mask; bits; bits &= bits - 1) {
      store<i32>(at, 0x03020100 + 0x04040404 * ctz(bits));
      at += 4;
    }
  }
  const choice = changetype<C>(0);
  const a = i32x4.splat(below);
  const b = i32x4.splat(above);
  const c = i32x4.splat(other);
  let to = p;
  for (; p + 16 <= end; p += 16) {
    const x = v128.load(p);
    const mask = i32x4.bitmask(choice.lanes(x, a, b, c));
    v128.store(to, v128.swizzle(x, v128.load(table + ((<usize>mask) << 4))));
    to += (<usize>popcnt(mask)) << 2;
  }
  for (; p < end; p += 4) {
    const x = v128.load32_splat(p);
    v128.store32_lane(to, x, 0);
    to += v128.any_true(choice.lanes(x, a, b, c)) ? 4 : 0;
  }
  return to;
}

/** The bits of the number of a rank among those in [p, end) that begin with `digits`. */
function finish(p: usize, end: usize, digits: i32, rank: i32, table: usize): i32 {
  const common = commonOf(p, end, digits);
  if (common >= 0) return common;
  for (let shift = SHIFT - BITS; shift >= 0; shift -= BITS) {
    memory.fill(table, 0, 4 * OTHERS);
    for (let at = p; at < end; at += 4) {
      const x = load<i32>(at);
      if (x >>> (shift + BITS) != digits) continue;
      const counter = table + ((<usize>((x >>> shift) & (OTHERS - 1))) << 2);
      store<i32>(counter, load<i32>(counter) + 1);
    }
    let digit = 0;
    for (;;) {
      const count = load<i32>(table + ((<usize>digit) << 2));
      if (count >= rank) break;
      rank -= count;
      digit++;
    }
    digits = (digits << BITS) | digit;
  }
  return digits;
}

/** The bits of all numbers in [p, end) that begin with `digit`, if they are the same; -1 if not. */
function commonOf(p: usize, end: usize, digit: i32): i32 {
  const wanted = i32x4.splat(digit);
  let low = i32x4.splat(i32.MAX_VALUE);
  let high = i32x4.splat(0);
  while (p < end) {
    const whole = p + 16 <= end;
    const x = whole ? v128.load(p) : v128.load32_splat(p);
    const hit = i32x4.eq(i32x4.shr_u(x, SHIFT), wanted);
    low = i32x4.min_s(low, magnitude(v128.or(x, v128.not(hit))));
    high = i32x4.max_s(high, v128.and(x, hit));
    p += whole ? 16 : 4;
  }
  const least = leastLane(low);
  return least == greatestLane(high) ? least : -1;
}
