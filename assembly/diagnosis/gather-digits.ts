// Numbers with some digits (digit-counts.ts), brought together: without a branch, as nobody can foresee which ones they are.

import { held } from "../lanes/vectors";
import { MASKS } from "../memory";

/** In line wherever it is called. */
export class Gather {
  /** Stores the lanes of x that are wanted, and what else is in a vector; returns where the next ones go. */
  @inline
  static append(to: usize, x: v128, wanted: v128): usize {
    const mask = <usize>i32x4.bitmask(wanted);
    v128.store(to, v128.swizzle(x, v128.load(mask << 4, MASKS)));
    return to + (popcnt(mask) << 2);
  }
}

/** Before the first vector is appended. */
export function placeMasks(): void {
  for (let mask = 0; mask < 16; mask++) {
    let at = MASKS + ((<usize>mask) << 4);
    for (let bits = mask; bits; bits &= bits - 1) {
      store<i32>(at, 0x03020100 + 0x04040404 * ctz(bits));
      at += 4;
    }
  }
}

/** Brings the numbers whose digits from `shift` on are a, b or c to `to`, which may be their own front; returns their end. */
export function gather(p: usize, end: usize, to: usize, shift: i32, a: i32, b: i32, c: i32): usize {
  placeMasks();
  const wantedA = held(i32x4.splat(a));
  const wantedB = held(i32x4.splat(b));
  const wantedC = held(i32x4.splat(c));
  for (; p + 16 <= end; p += 16) {
    const x = v128.load(p);
    const digit = i32x4.shr_u(x, shift);
    const wanted = v128.or(v128.or(i32x4.eq(digit, wantedA), i32x4.eq(digit, wantedB)), i32x4.eq(digit, wantedC));
    to = Gather.append(to, x, wanted);
  }
  for (; p < end; p += 4) {
    const x = load<i32>(p);
    const digit = x >>> shift;
    store<i32>(to, x);
    to += digit == a || digit == b || digit == c ? 4 : 0;
  }
  return to;
}
