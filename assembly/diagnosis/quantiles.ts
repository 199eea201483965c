// Order statistics of non-negative float32, exact: their bits order like integers, and so digits can be counted.
//
//   0 eeeeeeee mmmmm | mmmmmmmmm | mmmmmmmmm        three digits: 2^13 values, 2^9, 2^9
//
// Where counts of the first digits of all numbers pass a rank, the first digit of that order statistic is known. The numbers
// that share it, of all ranks at once, are moved to the front; they are few, and two more sweeps over them find the other
// digits of each rank.
//
// Of many numbers, a sample says between which digits the ranks will be. Numbers in between are copied, and those below are
// counted, which shows whether the ranks are there; then it is only digits of the copies that are counted. Where too many are in
// between, they may be a few that are there many times each, as errors of 1/4 and 1/2 ulp are: what is below one and equal to it
// is counted. Of few numbers, a table of digits would take longer than the numbers: they are sorted.

import { ERRORS_ORDINARY, ERRORS_QUANTILES, ERRORS_WORST } from "../../src/abi/report";
import { greatestLane, held, laneSum, leastLane, magnitude } from "../lanes/vectors";
import { RANKS } from "../memory";
import { checkApart, checkRegion, checkState } from "../preconditions";
import { countAbove } from "../reductions/largest";
import {
  BITS,
  bucket,
  clearDigits,
  countDigits,
  countOf,
  FIRST,
  NAN,
  OTHERS,
  SHIFT,
  seek,
  seen,
  startAt,
  TABLE_BYTES,
} from "./digit-counts";
import { Gather, gather, placeMasks } from "./gather-digits";

/** Numbers from which a sample of about SAMPLE of them says where to look. */
const MANY: i32 = 8192;
const SAMPLE: i32 = 4096;
/** Numbers up to which they are sorted. */
const FEW: i32 = 64;

function thousandthsOf(q: i32): i32 {
  return q == 0 ? 500 : q == 1 ? 990 : 999;
}

/** The rank of quantile q of m numbers: exactly ceil(m * thousandths / 1000). */
function rankOf(m: f64, q: i32): i32 {
  return <i32>((<i64>m * thousandthsOf(q) + 999) / 1000);
}

/** First digits of the numbers that are looked at: from `low` to before `high`, and from `tail` on. */
let low: i32 = 0;
let high: i32 = 0;
let tail: i32 = 0;
/** How many of all numbers are below each. */
let belowLow: i32 = 0;
let belowTail: i32 = 0;
/** Numbers of the sample that count. */
let sampled: f64 = 0;
/** Behind the first digit of the greatest number. */
let beyond: i32 = FIRST;

/**
 * The 500, 990 and 999 thousandths quantiles of the n numbers at p into a state of error statistics. NaN among the
 * numbers do not count; the state knows how many do, and the greatest. The numbers are lost.
 *
 * @param table 128 KiB of work space, and a byte for each number.
 */
export function select(state: usize, p: usize, n: i32, table: usize): void {
  if (!ASC_NO_ASSERT) {
    checkState(state);
    checkRegion(p, 4 * <i64>n, 4);
    checkRegion(table, <i64>TABLE_BYTES + n, 16);
    checkApart(p, 4 * <i64>n, table, <i64>TABLE_BYTES + n);
  }
  const m = load<f64>(state, ERRORS_ORDINARY);
  // without any error the quantiles are the zeros that the state began with
  if (m == 0 || load<f64>(state, ERRORS_WORST) == 0) return;
  if (n <= FEW) {
    sort(p, n);
    for (let q = 0; q < 3; q++) storeQuantile(state, q, load<i32>(p + ((<usize>(rankOf(m, q) - 1)) << 2)));
    return;
  }
  const worst = reinterpret<i32>(<f32>abs(load<f64>(state, ERRORS_WORST)));
  beyond = (worst >> SHIFT) + 1;
  let end = p + ((<usize>n) << 2);
  if (!ASC_NO_ASSERT) assert(countAbove<i32>(p, end, worst) == countAbove<i32>(p, end, (NAN << SHIFT) - 1));
  const room = table + TABLE_BYTES;
  let copied: usize = 0;
  if (n >= MANY) {
    if (narrows(p, n, table)) copied = copyParts(p, end, room, room + n);
    else if (takeRepeated(state, m, p, n, table)) return;
  }
  if (copied && holdRanks(m, n, <i32>((copied - room) >> 2))) {
    p = room;
    end = copied;
    clearDigits(table, low, high);
    clearDigits(table, tail, beyond);
  } else {
    takeAll();
    clearDigits(table, 0, beyond);
  }
  countDigits(p, end, 16, table);
  findRanks(m, table);
  end = gather(p, end, p, SHIFT, load<i32>(RANKS, 0), load<i32>(RANKS, 8), load<i32>(RANKS, 16));
  for (let q = 0; q < 3; q++) {
    const at = RANKS + ((<usize>q) << 3);
    storeQuantile(state, q, finish(p, end, load<i32>(at, 0), load<i32>(at, 4), table));
  }
}

function storeQuantile(state: usize, q: i32, bits: i32): void {
  store<f64>(state + ((<usize>q) << 3), <f64>reinterpret<f32>(bits), ERRORS_QUANTILES);
}

/** Sorts few numbers, by their bits. */
function sort(p: usize, n: i32): void {
  const end = p + ((<usize>n) << 2);
  for (let next = p + 4; next < end; next += 4) {
    const x = load<i32>(next);
    let at = next;
    for (; at > p && load<i32>(at - 4) > x; at -= 4) store<i32>(at, load<i32>(at - 4));
    store<i32>(at, x);
  }
}

// --- step by step, for numbers of which others have some as well (src/diagnosis/quantiles.ts) --------------------------

/**
 * The first digits of the n numbers at p, counted: 32-bit integers at the start of the table, of which the rest is work
 * space. Where a sample of many numbers says between which digits the ranks will be, those in between are copied and counted;
 * behind the counts are the digits, from `low` to before `high` and from `tail` on, and how many numbers are below each. Where all
 * numbers are counted, none is outside of `low` and `high`.
 *
 * @param room Where copies may go, up to `limit`: none are made where there is no room. It may be that of the numbers, most of which
 *   are lost then.
 * @returns The end of the copies; 0 where all numbers were counted.
 */
export function countFirst(p: usize, n: i32, table: usize, room: usize, limit: usize): usize {
  checkNumbers(p, n, table);
  if (!ASC_NO_ASSERT) {
    checkRegion(room, <i64>limit - <i64>room, 4);
    if (room != p) checkApart(p, 4 * <i64>n, room, <i64>limit - <i64>room);
    checkApart(table, TABLE_BYTES, room, <i64>limit - <i64>room);
  }
  beyond = FIRST;
  const few = n >= MANY && narrows(p, n, table);
  const copied = few ? copyParts(p, p + ((<usize>n) << 2), room, limit) : 0;
  if (!copied) takeAll();
  clearDigits(table, 0, FIRST);
  countDigits(copied ? room : p, copied ? copied : p + ((<usize>n) << 2), 16, table);
  let least = FIRST;
  let last = 0;
  for (let digit = 0; digit < FIRST; digit++) {
    const count = countOf(table, digit);
    store<i32>(table + ((<usize>digit) << 2), count);
    least = count ? min(least, digit) : least;
    last = count ? digit + 1 : last;
  }
  if (!copied) {
    low = min(least, last);
    high = last;
  }
  const behind = table + ((<usize>FIRST) << 2);
  store<i32>(behind, low, 0);
  store<i32>(behind, high, 4);
  store<i32>(behind, tail, 8);
  store<i32>(behind, belowLow, 12);
  store<i32>(behind, belowTail, 16);
  return copied;
}

/** Moves those of the n numbers at p whose digits from `shift` on are a, b or c to the front; returns their end. */
export function gatherDigits(p: usize, n: i32, shift: i32, table: usize, a: i32, b: i32, c: i32): usize {
  checkNumbers(p, n, table);
  return gather(p, p + ((<usize>n) << 2), p, shift, a, b, c);
}

/** The digits at `shift` of those of the n numbers at p that begin with `digits`: 512 counts at the start of the table. */
export function countNext(p: usize, n: i32, digits: i32, shift: i32, table: usize): void {
  checkNumbers(p, n, table);
  countBehind(p, p + ((<usize>n) << 2), digits, shift, table);
}

/** The bits of those of the n numbers at p whose digits from `shift` on are these, if they are all the same; -1 if not. */
export function commonBits(p: usize, n: i32, digits: i32, shift: i32): i32 {
  if (!ASC_NO_ASSERT) checkRegion(p, 4 * <i64>n, 4);
  return commonOf(p, p + ((<usize>n) << 2), digits, shift);
}

function checkNumbers(p: usize, n: i32, table: usize): void {
  if (ASC_NO_ASSERT) return;
  checkRegion(p, 4 * <i64>n, 4);
  checkRegion(table, TABLE_BYTES, 16);
  checkApart(p, 4 * <i64>n, table, TABLE_BYTES);
}

// --- digits ------------------------------------------------------------------------------------------------------------

/**
 * The quantiles, if all three are numbers that are equal to many others. Of which they may be, the sample in the table tells the
 * first digit, and the first number with this digit the rest; its rank shows whether it is true.
 */
function takeRepeated(state: usize, m: f64, p: usize, n: i32, table: usize): bool {
  if (sampled == 0) return false;
  let last = -1;
  for (let q = 0; q < 3; q++) {
    startAt(0, 0);
    seek(max(1, <i32>((sampled * thousandthsOf(q)) / 1000)), table);
    let at = p;
    while (load<i32>(at) >> SHIFT != bucket) at += 4;
    const x = load<i32>(at);
    if (x != last) compareAll(x, p, n);
    last = x;
    const rank = rankOf(m, q);
    if (rank <= below || rank > below + like) return false;
    storeQuantile(state, q, x);
  }
  return true;
}

/** How many of the numbers that were compared with one are below it, and how many are it. */
let below: i32 = 0;
let like: i32 = 0;

function compareAll(x: i32, p: usize, n: i32): void {
  const wanted = i32x4.splat(x);
  let under = i32x4.splat(0);
  let equal = i32x4.splat(0);
  for (; n >= 4; n -= 4) {
    const y = v128.load(p);
    under = i32x4.sub(under, i32x4.lt_s(y, wanted));
    equal = i32x4.sub(equal, i32x4.eq(y, wanted));
    p += 16;
  }
  below = laneSum(under);
  like = laneSum(equal);
  for (; n > 0; n--) {
    below += i32(load<i32>(p) < x);
    like += i32(load<i32>(p) == x);
    p += 4;
  }
}

/** The first digit of each rank, and the rank among the numbers that share it. */
function findRanks(m: f64, table: usize): void {
  startAt(low, belowLow);
  for (let q = 0; q < 3; q++) {
    const rank = rankOf(m, q);
    if (q == 1 && bucket < tail) startAt(tail, belowTail);
    seek(rank, table);
    store<i32>(RANKS + ((<usize>q) << 3), bucket, 0);
    store<i32>(RANKS + ((<usize>q) << 3), rank - seen, 4);
  }
}

/** Takes all digits. */
function takeAll(): void {
  low = 0;
  tail = 0;
  belowLow = 0;
  belowTail = 0;
}

/** Whether the ranks of m numbers are among so many that were copied of n. */
function holdRanks(m: f64, n: i32, copied: i32): bool {
  const belowHigh = belowLow + copied - (n - belowTail);
  const rank = rankOf(m, 0);
  return rank > belowLow && rank <= belowHigh && rankOf(m, 1) > belowTail;
}

/**
 * Finds digits that will hold the ranks by a sample, in which a rank is seldom off by three times its deviation; whether few do.
 * The sample is four neighbours every odd number of times, which go round whatever repeats itself.
 */
function narrows(p: usize, n: i32, table: usize): bool {
  const step = (<usize>((n / SAMPLE) | 1)) << 4;
  const vectors = ((<usize>n) << 2) / step;
  const size = (<i32>vectors) << 2;
  clearDigits(table, 0, beyond);
  clearDigits(table, NAN, NAN + 1);
  countDigits(p, p + vectors * step, step, table);
  // of its numbers, those that count
  const part = <f64>(size - countOf(table, NAN));
  sampled = part;
  const spread = sqrt(<f64>size);
  // hardly anything but NaN: ranks that are looked for may be behind all others, where no digits were cleared
  if (part < 3 * spread) return false;
  startAt(0, 0);
  seek(max(1, <i32>(0.5 * part - 1.5 * spread)), table);
  low = bucket;
  const first = seen;
  seek(<i32>(0.5 * part + 1.5 * spread), table);
  high = bucket + 1;
  const last = seen + countOf(table, bucket);
  seek(<i32>(0.99 * part - 0.3 * spread), table);
  tail = bucket;
  // what is there many times is counted as quickly
  return (last - first + size - seen) << 2 <= size;
}

/**
 * Copies the numbers with the digits that are looked at, and counts those below. Returns the end of the copies; 0 if it would be
 * behind the limit.
 */
function copyParts(p: usize, end: usize, to: usize, limit: usize): usize {
  const a = held(i32x4.splat((low << SHIFT) - 1));
  const b = held(i32x4.splat((high << SHIFT) - 1));
  const c = held(i32x4.splat((tail << SHIFT) - 1));
  const all = <i32>((end - p) >> 2);
  const first = to;
  let fromA = i32x4.splat(0);
  placeMasks();
  while (p + 32 <= end) {
    // as many as there is room for, whatever they are
    let pairs = min(end - p, limit - to) >> 5;
    if (!pairs) return 0;
    for (; pairs > 0; pairs--) {
      const x = v128.load(p, 0);
      const y = v128.load(p, 16);
      const xA = i32x4.gt_s(x, a);
      const yA = i32x4.gt_s(y, a);
      fromA = i32x4.sub(i32x4.sub(fromA, xA), yA);
      to = Gather.append(to, x, v128.or(v128.andnot(xA, i32x4.gt_s(x, b)), i32x4.gt_s(x, c)));
      to = Gather.append(to, y, v128.or(v128.andnot(yA, i32x4.gt_s(y, b)), i32x4.gt_s(y, c)));
      p += 32;
    }
  }
  let notBelow = laneSum(fromA);
  for (; p < end; p += 4) {
    if (to + 4 > limit) return 0;
    const digit = load<i32>(p) >> SHIFT;
    notBelow += i32(digit >= low);
    store<i32>(to, load<i32>(p));
    to += (digit >= low && digit < high) || digit >= tail ? 4 : 0;
  }
  belowLow = all - notBelow;
  belowTail = all - countAbove<i32>(first, to, (tail << SHIFT) - 1);
  return to;
}

/** Of the table, what the counts of other digits than the first take: up to a vector behind them. */
const COUNTED_BYTES: usize = 4 * OTHERS + 16;

/** Counts the digits at `shift` of the numbers in [p, end) that begin with `digits`. */
function countBehind(p: usize, end: usize, digits: i32, shift: i32, table: usize): void {
  memory.fill(table, 0, 4 * OTHERS);
  for (; p < end; p += 4) {
    const x = load<i32>(p);
    // those of the others are counted behind the table: nobody can foresee which ones they are
    const digit = x >>> (shift + BITS) == digits ? (x >>> shift) & (OTHERS - 1) : OTHERS;
    const counter = table + ((<usize>digit) << 2);
    store<i32>(counter, load<i32>(counter) + 1);
  }
}

/** The bits of the number of a rank among those in [p, end) that begin with `digits`. */
function finish(p: usize, end: usize, digits: i32, rank: i32, table: usize): i32 {
  const room = table + COUNTED_BYTES;
  if (end - p <= TABLE_BYTES - COUNTED_BYTES - 16) {
    end = gather(p, end, room, SHIFT, digits, digits, digits);
    p = room;
  }
  const common = commonOf(p, end, digits, SHIFT);
  if (common >= 0) return common;
  for (let shift = SHIFT - BITS; shift >= 0; shift -= BITS) {
    countBehind(p, end, digits, shift, table);
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

/** The bits of all numbers in [p, end) whose digits from `shift` on are these, if they are the same; -1 if not. */
function commonOf(p: usize, end: usize, digits: i32, shift: i32): i32 {
  const wanted = i32x4.splat(digits);
  let low = i32x4.splat(i32.MAX_VALUE);
  let high = i32x4.splat(0);
  while (p < end) {
    const whole = p + 16 <= end;
    const x = whole ? v128.load(p) : v128.load32_splat(p);
    const hit = i32x4.eq(i32x4.shr_u(x, shift), wanted);
    low = i32x4.min_s(low, magnitude(v128.or(x, v128.not(hit))));
    high = i32x4.max_s(high, v128.and(x, hit));
    p += whole ? 16 : 4;
  }
  const least = leastLane(low);
  return least == greatestLane(high) ? least : -1;
}
