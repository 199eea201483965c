// Counts of the first digits of non-negative float32 (quantiles.ts): a table, and the way to a rank in it.

import { laneSum } from "../lanes/vectors";

/** Values of the first digit and of the others, and bits of the others. */
export const FIRST: i32 = 8192;
export const OTHERS: i32 = 512;
export const BITS: i32 = 9;
export const SHIFT: i32 = 2 * BITS;
/** The first digit of what is no number. */
export const NAN: i32 = 0x7fc00000 >> SHIFT;
/** Bytes of the table of counts: four of each first digit side by side, so that equal neighbours need not wait. */
export const TABLE_BYTES: usize = 16 * 8192;

/** A digit in the table, and how many numbers are below it. */
export let bucket: i32 = 0;
export let seen: i32 = 0;

/** In line wherever it is called. */
class Digit {
  /** Counts the first digit of the number at p. */
  @inline
  static count(table: usize, p: usize): void {
    const at = table + ((<usize>(load<u32>(p) >> SHIFT)) << 4);
    store<i32>(at, load<i32>(at) + 1);
  }
}

/** No number has any of the digits from one to before another one. */
export function clearDigits(table: usize, from: i32, beyond: i32): void {
  memory.fill(table + ((<usize>from) << 4), 0, (<usize>(beyond - from)) << 4);
}

/** Counts the first digits of four numbers every `step` bytes, 16 for all of them; those that are looked at later were cleared. */
export function countDigits(p: usize, end: usize, step: usize, table: usize): void {
  for (; p + 16 <= end; p += step) {
    Digit.count(table, p);
    Digit.count(table + 4, p + 4);
    Digit.count(table + 8, p + 8);
    Digit.count(table + 12, p + 12);
  }
  for (; p < end; p += 4) Digit.count(table, p);
}

export function countOf(table: usize, digit: i32): i32 {
  return laneSum(v128.load(table + ((<usize>digit) << 4)));
}

/** Whether the counters of 16 digits are all zero. */
function isEmpty(at: usize): bool {
  let any = i32x4.splat(0);
  for (const end = at + 256; at < end; at += 16) any = v128.or(any, v128.load(at));
  return !v128.any_true(any);
}

/** Goes to a digit, of which so many numbers are below. */
export function startAt(digit: i32, below: i32): void {
  bucket = digit;
  seen = below;
}

/** Goes on to the digit of the number of a rank. */
export function seek(rank: i32, table: usize): void {
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
