// The sum of the k largest magnitudes of a stream of float64, as reductions/top.ts finds those of float32.
//
// A state of 32 bytes: threshold (the bits of a magnitude) | end of what was collected | buffer | k.

import { clearVectors } from "../lanes/vectors";
import { belowLargest, gatherLargest, leastOf } from "../reductions/largest";
import { addTo, LOW } from "./reals";

const MAGNITUDE: i64 = i64.MAX_VALUE;

function capacity(k: i32): i32 {
  return k + max(k, 64);
}

/** Bytes that the buffer of one state takes. */
export function largestBytes(k: i32): usize {
  return (<usize>capacity(k)) << 3;
}

export function startLargest(state: usize, buffer: usize, k: i32): void {
  store<usize>(state, buffer, 12);
  store<i32>(state, k, 16);
  expectAbove(state, -1);
}

/** Begins anew with what the k largest are expected to be above, the bits of a magnitude; -1 where nobody knows. */
export function expectAbove(state: usize, threshold: i64): void {
  store<i64>(state, threshold);
  store<usize>(state, load<usize>(state, 12), 8);
}

/** Whether there are k above what was expected. */
export function hasLargest(state: usize): bool {
  return load<usize>(state, 8) - load<usize>(state, 12) >= (<usize>load<i32>(state, 16)) << 3;
}

/** The least of the k largest, once they were added up. */
export function leastLargest(state: usize): f64 {
  return reinterpret<f64>(leastOf<i64>(load<usize>(state, 12), load<usize>(state, 8)));
}

/** Adds the numbers in [p, end), which are `pitch` bytes apart. */
export function addLargest(state: usize, p: usize, end: usize, pitch: usize): void {
  let threshold = load<i64>(state);
  const k = load<i32>(state, 16);
  if (threshold < 0 && pitch == 8 && k <= MOST_SAMPLED && p + MAXIMA_BYTES <= end) {
    threshold = sample(load<usize>(state, 12), p, end, k);
    store<i64>(state, threshold);
  }
  for (; p < end; p += pitch) {
    // side by side, those of a group that is alone
    if (pitch == 8) p = skip(p, end, threshold);
    const x = load<i64>(p) & MAGNITUDE;
    if (x <= threshold) continue;
    const to = load<usize>(state, 8);
    store<i64>(to, x);
    store<usize>(state, to + 8, 8);
    if (to + 8 == load<usize>(state, 12) + largestBytes(k)) {
      cut(state);
      threshold = load<i64>(state);
    }
  }
}

/** Of maxima that give a first threshold, and the largest k that they do for. */
const MAXIMA_BYTES: usize = 64 * 8;
const MOST_SAMPLED: i32 = 32;

/**
 * A first threshold, as that of reductions/top.ts, by the maxima of numbers 64 apart. The buffer is still empty and serves as work
 * space: tiles but the last are longer than it is.
 */
function sample(buffer: usize, p: usize, end: usize, k: i32): i64 {
  clearVectors(buffer, MAXIMA_BYTES);
  // in the order of memory: what was kept comes from far
  for (; p + MAXIMA_BYTES <= end; p += MAXIMA_BYTES) {
    for (let at: usize = 0; at < MAXIMA_BYTES; at += 16) {
      v128.store(buffer + at, f64x2.pmax(v128.load(buffer + at), f64x2.abs(v128.load(p + at))));
    }
  }
  return belowLargest<i64>(buffer, buffer + MAXIMA_BYTES, k);
}

/** Goes over numbers none of which is above the threshold, four at a time, but not over the last ones. */
function skip(p: usize, end: usize, threshold: i64): usize {
  const bound = i64x2.splat(threshold);
  const magnitude = i64x2.splat(MAGNITUDE);
  for (; p + 32 < end; p += 32) {
    const a = i64x2.gt_s(v128.and(v128.load(p), magnitude), bound);
    const b = i64x2.gt_s(v128.and(v128.load(p, 16), magnitude), bound);
    if (v128.any_true(v128.or(a, b))) break;
  }
  return p;
}

/** Keeps the k largest of what was collected. */
function cut(state: usize): void {
  const buffer = load<usize>(state, 12);
  const kept = buffer + ((<usize>load<i32>(state, 16)) << 3);
  const end = load<usize>(state, 8);
  if (end <= kept) return;
  gatherLargest<i64>(buffer, end, kept);
  store<i64>(state, leastOf<i64>(buffer, kept));
  store<usize>(state, kept, 8);
}

/** Adds the k largest to a sum of reals.ts. */
export function sumLargest(state: usize, sum: usize): void {
  cut(state);
  const end = load<usize>(state, 8);
  for (let p = load<usize>(state, 12); p < end; p += 8) addTo(sum, load<f64>(p));
  // NaN among them does not survive as the error of an addition
  if (!(abs(load<f64>(sum)) < Infinity)) store<f64>(sum, 0, LOW);
}
