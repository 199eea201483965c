// Small words over 128-bit vectors that every kernel speaks.

import { HELD } from "../memory";

/** All bits but the sign, in four 32-bit lanes. */
export function magnitude(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x7fffffff));
}

/** Ones in the first `count` of four lanes. */
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Stores the first `count` (0 to 3) of four lanes. */
function storeFirst(p: usize, x: v128, count: i32): void {
  if (count & 2) {
    v128.store64_lane(p, x, 0);
    p += 8;
    x = i64x2.shuffle(x, x, 1, 1);
  }
  if (count & 1) v128.store32_lane(p, x, 0);
}

/** Stores 1 to 4 lanes. */
export function storeLanes(p: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(p, x);
  else storeFirst(p, x, count);
}

/**
 * The same vector, by way of memory. What is splat from an integer before a loop would be splat again in each turn,
 * where the engine has moved it; what is loaded stays in its register.
 */
export function held(x: v128): v128 {
  v128.store(HELD, x);
  return v128.load(HELD);
}

/** Copies whole vectors; memory.copy is a call out of the module, dear for so few. */
export function copyVectors(src: usize, dst: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(dst + at, v128.load(src + at));
}

/** Zeroes whole vectors. */
export function clearVectors(dst: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(dst + at, i32x4.splat(0));
}

/** The first two of four float32 lanes, in float64. */
export function lowPair(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The last two. */
export function highPair(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

export function pairSum(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** The sum of four 32-bit lanes. */
export function laneSum(x: v128): i32 {
  x = i32x4.add(x, i64x2.shuffle(x, x, 1, 0));
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1);
}

/** The greatest of four signed lanes. */
export function greatestLane(x: v128): i32 {
  x = i32x4.max_s(x, i64x2.shuffle(x, x, 1, 0));
  return i32x4.extract_lane(i32x4.max_s(x, i32x4.shuffle(x, x, 1, 0, 3, 2)), 0);
}

/** The least of four signed lanes. */
export function leastLane(x: v128): i32 {
  x = i32x4.min_s(x, i64x2.shuffle(x, x, 1, 0));
  return i32x4.extract_lane(i32x4.min_s(x, i32x4.shuffle(x, x, 1, 0, 3, 2)), 0);
}

/** The value of an `ordered` integer (reductions/extremes.ts). */
export function fromOrdered(i: i32): f32 {
  return reinterpret<f32>(i ^ ((i >> 31) & 0x7fffffff));
}

/** The `ordered` integer of a value. */
export function toOrdered(x: f32): i32 {
  const bits = reinterpret<i32>(x);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
