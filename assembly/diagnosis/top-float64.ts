// The sum of the k largest magnitudes of a stream of float64, as reductions/top.ts finds those of float32.
//
// A state of 32 bytes: threshold (the bits of a magnitude) | end of what was collected | buffer | k.

import { gatherLargest, leastOf } from "../reductions/largest";
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
  store<i64>(state, -1, 0);
  store<usize>(state, buffer, 8);
  store<usize>(state, buffer, 12);
  store<i32>(state, k, 16);
}

/** Adds every `pitch`-th of the numbers in [p, end), which are `pitch` bytes apart. */
export function addLargest(state: usize, p: usize, end: usize, pitch: usize): void {
  let threshold = load<i64>(state);
  for (; p < end; p += pitch) {
    const x = load<i64>(p) & MAGNITUDE;
    if (x <= threshold) continue;
    const to = load<usize>(state, 8);
    store<i64>(to, x);
    store<usize>(state, to + 8, 8);
    if (to + 8 == load<usize>(state, 12) + largestBytes(load<i32>(state, 16))) {
      cut(state);
      threshold = load<i64>(state);
    }
  }
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
