// The k largest magnitudes of a stream, for any k.
//
// Elements above a threshold are collected; when the buffer is full the k largest of it stay and the least of them is
// the new threshold. So every element costs a comparison, and only the few that may belong to the top cost more; on
// ascending data, where all of them do, the work per element stays bounded.
//
// A state of 16 bytes: threshold | number collected | address of the buffer | k. Magnitudes are float32 bits, which
// order like integers; NaN is the greatest.

import { TOP_BUFFER, TOP_BUFFER_PER_K } from "../../src/abi/plan";
import { ABS } from "../lanes/constants";
import { magnitude } from "../lanes/vectors";
import { PANEL_CENTRE, PANEL_REST, TOP_BYTES } from "../memory";
import { checkRegion } from "../preconditions";
import { belowLargest, gatherLargest, leastOf } from "./largest";

/** In line wherever it is called. */
class Candidates {
  @inline
  static append(to: usize, x: i32, threshold: i32): usize {
    store<i32>(to, x);
    return to + (x > threshold ? 4 : 0);
  }
}

/** Candidates that are collected before the buffer is cut back to k. */
function capacity(k: i32): i32 {
  return k + max(k, 48);
}

/** Bytes that the buffer of one state takes. */
export function topBufferBytes(k: i32): usize {
  // no less than the capacity and 64 more: a block of elements is collected before the buffer is looked at
  return <usize>k * TOP_BUFFER_PER_K + TOP_BUFFER;
}

export function startTop(state: usize, buffer: usize, k: i32): void {
  if (!ASC_NO_ASSERT) checkRegion(buffer, topBufferBytes(k), 4);
  store<i32>(state, -1, 0);
  store<i32>(state, 0, 4);
  store<usize>(state, buffer, 8);
  store<i32>(state, k, 12);
}

/** Adds |x| of n float32 at p. */
export function addTop(state: usize, p: usize, n: i32): void {
  const abs = v128.load(ABS);
  const k = load<i32>(state, 12);
  const buffer = load<usize>(state, 8);
  const full = buffer + ((<usize>capacity(k)) << 2);
  let threshold = load<i32>(state, 0);
  if (threshold < 0 && n >= MAXIMA && k <= MOST_SAMPLED && load<i32>(state, 4) == 0) {
    threshold = sample(buffer, p, min(n, SAMPLE), k);
  }
  let least = i32x4.splat(threshold);
  let to = buffer + ((<usize>load<i32>(state, 4)) << 2);
  for (; n >= 32; n -= 32) {
    const a = i32x4.max_s(v128.and(v128.load(p, 0), abs), v128.and(v128.load(p, 16), abs));
    const b = i32x4.max_s(v128.and(v128.load(p, 32), abs), v128.and(v128.load(p, 48), abs));
    const c = i32x4.max_s(v128.and(v128.load(p, 64), abs), v128.and(v128.load(p, 80), abs));
    const d = i32x4.max_s(v128.and(v128.load(p, 96), abs), v128.and(v128.load(p, 112), abs));
    const most = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
    if (v128.any_true(i32x4.gt_s(most, least))) {
      to = collect(to, p, 32, threshold);
      if (!ASC_NO_ASSERT) assert(to <= buffer + topBufferBytes(k));
      if (to >= full) {
        to = cut(state, to);
        threshold = load<i32>(state);
        least = i32x4.splat(threshold);
      }
    }
    p += 128;
  }
  to = collect(to, p, n, threshold);
  if (!ASC_NO_ASSERT) assert(to <= buffer + topBufferBytes(k));
  if (to >= full) to = cut(state, to);
  else store<i32>(state, threshold);
  store<i32>(state, <i32>((to - buffer) >> 2), 4);
}

/** Elements whose partial maxima give a first threshold, how many of these there are, and the largest k that they do for. */
const SAMPLE: i32 = 2048;
const MAXIMA: i32 = 64;
const MOST_SAMPLED: i32 = 32;

/**
 * A first threshold: at least k of the maxima over disjoint elements are above it, and so at least k elements. The buffer is
 * still empty and serves as work space.
 */
function sample(buffer: usize, p: usize, n: i32, k: i32): i32 {
  const pitch = (<usize>MAXIMA) << 2;
  const rows = n / MAXIMA;
  for (let at: usize = 0; at < pitch; at += 16) {
    let most = i32x4.splat(0);
    let x = p + at;
    for (let i = rows; i > 0; i--) {
      most = i32x4.max_s(most, magnitude(v128.load(x)));
      x += pitch;
    }
    v128.store(buffer + at, most);
  }
  return belowLargest<i32>(buffer, buffer + pitch, k);
}

/** Appends those of n magnitudes that are above the threshold. */
function collect(to: usize, p: usize, n: i32, threshold: i32): usize {
  const least = i32x4.splat(threshold);
  for (; n >= 4; n -= 4) {
    const x = magnitude(v128.load(p));
    if (v128.any_true(i32x4.gt_s(x, least))) {
      to = Candidates.append(to, i32x4.extract_lane(x, 0), threshold);
      to = Candidates.append(to, i32x4.extract_lane(x, 1), threshold);
      to = Candidates.append(to, i32x4.extract_lane(x, 2), threshold);
      to = Candidates.append(to, i32x4.extract_lane(x, 3), threshold);
    }
    p += 16;
  }
  for (; n > 0; n--) {
    to = Candidates.append(to, load<i32>(p) & 0x7fffffff, threshold);
    p += 4;
  }
  return to;
}

/** Adds magnitude bits, one at a time. */
function addOne(state: usize, x: i32): void {
  if (x <= load<i32>(state)) return;
  const count = load<i32>(state, 4);
  if (!ASC_NO_ASSERT) assert(count < capacity(load<i32>(state, 12)));
  const to = load<usize>(state, 8) + ((<usize>count) << 2);
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
  const kept = buffer + ((<usize>k) << 2);
  if (to > kept) {
    gatherLargest<i32>(buffer, to, kept);
    store<i32>(state, leastOf<i32>(buffer, kept));
    to = kept;
  }
  return to;
}

/** Finishes: the k largest stand at the start of the buffer, in no order. Returns its address. */
export function finishTop(state: usize): usize {
  if (!ASC_NO_ASSERT) assert(load<i32>(state, 4) >= load<i32>(state, 12)); // no less than k were given
  const buffer = load<usize>(state, 8);
  cut(state, buffer + ((<usize>load<i32>(state, 4)) << 2));
  // what was behind the k largest is gone
  store<i32>(state, load<i32>(state, 12), 4);
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
    store<i32>(p, load<i32>(p + ((<usize>end) << 2)));
    store<i32>(p + ((<usize>end) << 2), least);
    sink(p, 0, end);
  }
}

/** Lets entry i of a heap with the least on top sink to its place. */
function sink(p: usize, i: i32, n: i32): void {
  const x = load<i32>(p + ((<usize>i) << 2));
  for (;;) {
    let child = 2 * i + 1;
    if (child >= n) break;
    let y = load<i32>(p + ((<usize>child) << 2));
    if (child + 1 < n) {
      const z = load<i32>(p + ((<usize>child) << 2), 4);
      if (z < y) {
        y = z;
        child++;
      }
    }
    if (y >= x) break;
    store<i32>(p + ((<usize>i) << 2), y);
    i = child;
  }
  store<i32>(p + ((<usize>i) << 2), x);
}

/** Adds up to four columns, of which the first is column `j` of the panel, to as many top-k states at `states`. */
export function topColumns(p: usize, pitch: usize, rows: i32, j: i32, n: i32, states: usize): void {
  const at = (<usize>j) << 2;
  const k = v128.load(PANEL_CENTRE + at);
  const m = v128.load(PANEL_REST + at);
  let least = thresholds(states);
  for (; rows > 0; rows--) {
    const d = magnitude(f32x4.sub(f32x4.sub(v128.load(p), k), m));
    if (v128.any_true(i32x4.gt_s(d, least))) {
      addOne(states, i32x4.extract_lane(d, 0));
      if (n > 1) addOne(states + TOP_BYTES, i32x4.extract_lane(d, 1));
      if (n > 2) addOne(states + 2 * TOP_BYTES, i32x4.extract_lane(d, 2));
      if (n > 3) addOne(states + 3 * TOP_BYTES, i32x4.extract_lane(d, 3));
      least = thresholds(states);
    }
    p += pitch;
  }
}

function thresholds(states: usize): v128 {
  return i32x4.replace_lane(
    i32x4.replace_lane(
      i32x4.replace_lane(i32x4.splat(load<i32>(states)), 1, load<i32>(states + TOP_BYTES)),
      2,
      load<i32>(states + 2 * TOP_BYTES),
    ),
    3,
    load<i32>(states + 3 * TOP_BYTES),
  );
}
