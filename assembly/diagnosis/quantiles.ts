// Order statistics of non-negative float32, exact: their bits order like integers, and so digits can be counted.
//
//   0 eeeeeeee mmmmm | mmmmmmmmm | mmmmmmmmm        three digits: 2^13 values, 2^9, 2^9
//
// One sweep counts the first digits of all; where the counts pass a rank, the first digit of that order statistic is
// known. The numbers that share it, of all ranks at once, are moved to the front; they are few, and two more sweeps over
// them find the other digits of each rank.

import { ERRORS_ORDINARY, ERRORS_QUANTILES, ERRORS_WORST } from "../../src/abi/report";
import { RANKS } from "../memory";
import { checkApart, checkRegion, checkState } from "../preconditions";

/** Values of the first digit and of the others, and bits of the others. */
const FIRST: i32 = 8192;
const OTHERS: i32 = 512;
const BITS: i32 = 9;
const SHIFT: i32 = 2 * BITS;
/** Bytes of the table of counts: four of each first digit side by side, so that equal neighbours need not wait. */
const TABLE_BYTES: usize = 16 * 8192;

/** Exactly ceil(m * thousandths / 1000). */
function rankOf(m: f64, thousandths: i32): i32 {
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
  memory.fill(table, 0, TABLE_BYTES);
  const end = p + ((<usize>n) << 2);
  let at = p;
  for (; at + 16 <= end; at += 16) {
    Digit.count(table, at);
    Digit.count(table + 4, at + 4);
    Digit.count(table + 8, at + 8);
    Digit.count(table + 12, at + 12);
  }
  for (; at < end; at += 4) Digit.count(table, at);
  // the first digit of each rank, and the rank among those that share it
  let seen = 0;
  let bucket = 0;
  for (let q: usize = 0; q < 3; q++) {
    const rank = rankOf(m, q == 0 ? 500 : q == 1 ? 990 : 999);
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
    store<i32>(RANKS + (q << 3), bucket, 0);
    store<i32>(RANKS + (q << 3), rank - seen, 4);
  }
  const kept = gatherBuckets(p, end);
  for (let q: usize = 0; q < 3; q++) {
    const digits = load<i32>(RANKS + (q << 3), 0);
    const rank = load<i32>(RANKS + (q << 3), 4);
    store<f64>(state + (q << 3), <f64>reinterpret<f32>(finish(p, kept, digits, rank, table)), ERRORS_QUANTILES);
  }
}

function countOf(table: usize, bucket: i32): i32 {
  const at = table + ((<usize>bucket) << 4);
  return load<i32>(at, 0) + load<i32>(at, 4) + load<i32>(at, 8) + load<i32>(at, 12);
}

/** Whether the counters of 16 digits are all zero. */
function isEmpty(at: usize): bool {
  let any = i32x4.splat(0);
  for (const end = at + 256; at < end; at += 64) {
    const a = v128.or(v128.load(at, 0), v128.load(at, 16));
    any = v128.or(any, v128.or(a, v128.or(v128.load(at, 32), v128.load(at, 48))));
  }
  return !v128.any_true(any);
}

/** Moves the numbers whose first digit is one of those at RANKS to the front; returns their end. */
function gatherBuckets(p: usize, end: usize): usize {
  const a = i32x4.splat(load<i32>(RANKS, 0));
  const b = i32x4.splat(load<i32>(RANKS, 8));
  const c = i32x4.splat(load<i32>(RANKS, 16));
  let to = p;
  let at = p;
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at);
    const digit = i32x4.shr_u(x, SHIFT);
    const hit = v128.or(v128.or(i32x4.eq(digit, a), i32x4.eq(digit, b)), i32x4.eq(digit, c));
    if (!v128.any_true(hit)) continue;
    const bits = i32x4.bitmask(hit);
    store<i32>(to, i32x4.extract_lane(x, 0));
    to += (<usize>bits & 1) << 2;
    store<i32>(to, i32x4.extract_lane(x, 1));
    to += ((<usize>bits >> 1) & 1) << 2;
    store<i32>(to, i32x4.extract_lane(x, 2));
    to += ((<usize>bits >> 2) & 1) << 2;
    store<i32>(to, i32x4.extract_lane(x, 3));
    to += ((<usize>bits >> 3) & 1) << 2;
  }
  for (; at < end; at += 4) {
    const x = load<i32>(at);
    const digit = x >>> SHIFT;
    store<i32>(to, x);
    if (digit == load<i32>(RANKS, 0) || digit == load<i32>(RANKS, 8) || digit == load<i32>(RANKS, 16)) to += 4;
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
  let all = i32x4.splat(-1);
  let any = i32x4.splat(0);
  let at = p;
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at);
    const hit = i32x4.eq(i32x4.shr_u(x, SHIFT), wanted);
    all = v128.and(all, v128.or(x, v128.not(hit)));
    any = v128.or(any, v128.and(x, hit));
  }
  for (; at < end; at += 4) {
    const x = load<i32>(at);
    if (x >>> SHIFT != digit) continue;
    all = v128.and(all, i32x4.splat(x));
    any = v128.or(any, i32x4.splat(x));
  }
  let ones = -1;
  let some = 0;
  ones &= i32x4.extract_lane(all, 0) & i32x4.extract_lane(all, 1) & i32x4.extract_lane(all, 2);
  ones &= i32x4.extract_lane(all, 3);
  some |= i32x4.extract_lane(any, 0) | i32x4.extract_lane(any, 1) | i32x4.extract_lane(any, 2);
  some |= i32x4.extract_lane(any, 3);
  return ones == some ? some : -1;
}
