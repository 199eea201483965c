// The k largest magnitudes of a stream, for any k.
//
// Elements above a threshold are collected; when the buffer is full the k largest of it stay and the least of them is
// the new threshold. So every element costs a comparison, and only the few that may belong to the top cost more; on
// ascending data, where all of them do, the work per element stays bounded.
//
// A state of 16 bytes: threshold | number collected | address of the buffer | k. Magnitudes are float32 bits, which
// order like integers; NaN is the greatest.

import { magnitude } from "./vectors";

export const TOP_BYTES: usize = 16;

/** Candidates that are collected before the buffer is cut back to k. */
// @ts-ignore: decorator
@inline
function capacity(k: i32): i32 {
  return k + max(k, 256);
}

/** Bytes that the buffer of one state takes. */
export function topBufferBytes(k: i32): usize {
  // 32 more: a block of elements is collected before the buffer is looked at
  return <usize>(capacity(k) + 32) << 2;
}

export function startTop(state: usize, buffer: usize, k: i32): void {
  store<i32>(state, -1, 0);
  store<i32>(state, 0, 4);
  store<usize>(state, buffer, 8);
  store<i32>(state, k, 12);
}

/** Adds |x - centre - rest| of n float32 at p. */
export function addTop(state: usize, p: usize, n: i32, centre: f32, rest: f32): void {
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const buffer = load<usize>(state, 8);
  const full = buffer + (<usize>capacity(load<i32>(state, 12)) << 2);
  let threshold = load<i32>(state, 0);
  let least = i32x4.splat(threshold);
  let to = buffer + (<usize>load<i32>(state, 4) << 2);
  for (; n >= 16; n -= 16) {
    const a = magnitude(f32x4.sub(f32x4.sub(v128.load(p, 0), k), m));
    const b = magnitude(f32x4.sub(f32x4.sub(v128.load(p, 16), k), m));
    const c = magnitude(f32x4.sub(f32x4.sub(v128.load(p, 32), k), m));
    const d = magnitude(f32x4.sub(f32x4.sub(v128.load(p, 48), k), m));
    const most = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
    if (v128.any_true(i32x4.gt_s(most, least))) {
      to = collect(to, a, threshold);
      to = collect(to, b, threshold);
      to = collect(to, c, threshold);
      to = collect(to, d, threshold);
      if (to >= full) {
        to = cut(state, to);
        threshold = load<i32>(state);
        least = i32x4.splat(threshold);
      }
    }
    p += 64;
  }
  for (; n > 0; n--) {
    const x = reinterpret<i32>(load<f32>(p) - centre - rest) & 0x7fffffff;
    store<i32>(to, x);
    to += x > threshold ? 4 : 0;
    p += 4;
  }
  if (to >= full) to = cut(state, to);
  store<i32>(state, <i32>((to - buffer) >> 2), 4);
}

/** Appends the lanes above the threshold. */
function collect(to: usize, x: v128, threshold: i32): usize {
  let lane = i32x4.extract_lane(x, 0);
  store<i32>(to, lane);
  to += lane > threshold ? 4 : 0;
  lane = i32x4.extract_lane(x, 1);
  store<i32>(to, lane);
  to += lane > threshold ? 4 : 0;
  lane = i32x4.extract_lane(x, 2);
  store<i32>(to, lane);
  to += lane > threshold ? 4 : 0;
  lane = i32x4.extract_lane(x, 3);
  store<i32>(to, lane);
  to += lane > threshold ? 4 : 0;
  return to;
}

/** Adds magnitude bits, one at a time. */
export function addOne(state: usize, x: i32): void {
  if (x <= load<i32>(state)) return;
  const count = load<i32>(state, 4);
  const to = load<usize>(state, 8) + (<usize>count << 2);
  store<i32>(to, x);
  store<i32>(state, count + 1, 4);
  if (count + 1 >= capacity(load<i32>(state, 12))) {
    store<i32>(state, <i32>((cut(state, to + 4) - load<usize>(state, 8)) >> 2), 4);
  }
}

/** Keeps the k largest of what was collected up to `to`; returns the new end. */
function cut(state: usize, to: usize): usize {
  const buffer = load<usize>(state, 8);
  const k = load<i32>(state, 12);
  const kept = buffer + (<usize>k << 2);
  if (to > kept) {
    largestFirst(buffer, to, kept);
    let least = i32.MAX_VALUE;
    for (let p = buffer; p < kept; p += 4) least = min(least, load<i32>(p));
    store<i32>(state, least);
    to = kept;
  }
  return to;
}

/**
 * Partitions the magnitudes in [first, end) so that the largest stand before `kept`.
 *
 * Quickselect whose pivot is the middle of the range of values left, so that 31 rounds are enough whatever the data.
 */
function largestFirst(first: usize, end: usize, kept: usize): void {
  while (end - first > 4) {
    let low = i32.MAX_VALUE;
    let high = 0;
    for (let p = first; p < end; p += 4) {
      const x = load<i32>(p);
      low = min(low, x);
      high = max(high, x);
    }
    if (low == high) return;
    const pivot = low + ((high - low) >> 1);
    // what is above the pivot to the front
    let to = first;
    for (let p = first; p < end; p += 4) {
      const x = load<i32>(p);
      store<i32>(p, load<i32>(to));
      store<i32>(to, x);
      to += x > pivot ? 4 : 0;
    }
    if (to == kept) return;
    if (to > kept) end = to;
    else first = to;
  }
}

/** Finishes: the k largest stand at the start of the buffer, in no order. Returns its address. */
export function finishTop(state: usize): usize {
  const buffer = load<usize>(state, 8);
  cut(state, buffer + (<usize>load<i32>(state, 4) << 2));
  return buffer;
}

/** Sum of the k largest, in float64. */
export function sumTop(state: usize): f64 {
  let p = finishTop(state);
  let sum = 0.0;
  for (let k = load<i32>(state, 12); k > 0; k--) {
    sum += <f64>load<f32>(p);
    p += 4;
  }
  return sum;
}

/** Sorts n magnitudes at p from the largest down, in place (heapsort: no work space, no bad case). */
export function sortDown(p: usize, n: i32): void {
  for (let i = (n >> 1) - 1; i >= 0; i--) sink(p, i, n);
  for (let end = n - 1; end > 0; end--) {
    const least = load<i32>(p);
    store<i32>(p, load<i32>(p + (<usize>end << 2)));
    store<i32>(p + (<usize>end << 2), least);
    sink(p, 0, end);
  }
}

/** Lets entry i of a heap with the least on top sink to its place. */
function sink(p: usize, i: i32, n: i32): void {
  const x = load<i32>(p + (<usize>i << 2));
  for (;;) {
    let child = 2 * i + 1;
    if (child >= n) break;
    let y = load<i32>(p + (<usize>child << 2));
    if (child + 1 < n) {
      const z = load<i32>(p + (<usize>child << 2), 4);
      if (z < y) {
        y = z;
        child++;
      }
    }
    if (y >= x) break;
    store<i32>(p + (<usize>i << 2), y);
    i = child;
  }
  store<i32>(p + (<usize>i << 2), x);
}
