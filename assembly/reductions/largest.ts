// The largest of magnitudes that stand side by side. Magnitudes are the bits of floats without their sign, which
// order like integers; NaN is the greatest.

import { laneSum } from "../lanes/vectors";

/** The least of the magnitudes in [p, end). */
export function leastOf<T extends number>(p: usize, end: usize): T {
  return leastFlipped<T>(p, end, <T>0);
}

/** The least of the numbers in [p, end) with all bits flipped, or none: -1 or 0. Flipped, the greatest is the least. */
function leastFlipped<T extends number>(p: usize, end: usize, flip: T): T {
  const flips = v128.splat<T>(flip);
  let lanes = v128.xor(v128.load_splat<T>(p), flips);
  for (; p + 16 <= end; p += 16) {
    const x = v128.xor(v128.load(p), flips);
    lanes = v128.bitselect(x, lanes, v128.gt<T>(lanes, x));
  }
  let least = min<T>(v128.extract_lane<T>(lanes, 0), v128.extract_lane<T>(lanes, 1));
  if (sizeof<T>() == 4) {
    least = min<T>(least, min<T>(v128.extract_lane<T>(lanes, 2), v128.extract_lane<T>(lanes, 3)));
  }
  for (; p < end; p += sizeof<T>()) least = min<T>(least, <T>(load<T>(p) ^ flip));
  return least;
}

/** How many of the magnitudes in [p, end) are above a pivot. */
export function countAbove<T extends number>(p: usize, end: usize, pivot: T): i32 {
  const pivots = v128.splat<T>(pivot);
  let counts = i32x4.splat(0);
  for (; p + 16 <= end; p += 16) counts = v128.sub<T>(counts, v128.gt<T>(v128.load(p), pivots));
  // of two 64-bit lanes, the upper halves are zero
  let count = laneSum(counts);
  for (; p < end; p += sizeof<T>()) count += i32(load<T>(p) > pivot);
  return count;
}

/**
 * What k of the magnitudes in [first, end), of which there are no less, are above; more of them only where some equal the k-th.
 *
 * Halves the range of values until k are above the middle of it: as many rounds as they have bits are enough whatever the data,
 * and those of a round are counted without a branch.
 */
export function belowLargest<T extends number>(first: usize, end: usize, k: i32): T {
  // here is the k-th
  let low = leastOf<T>(first, end);
  let high = <T>~leastFlipped<T>(first, end, <T>-1);
  while (low < high) {
    const middle = <T>(low + ((high - low) >> 1));
    const count = countAbove<T>(first, end, middle);
    if (count == k) return middle;
    low = <T>(count > k ? middle + 1 : low);
    high = count > k ? high : middle;
  }
  return <T>(low - 1);
}

/** Moves the magnitudes in [first, end) that are above a pivot to the front, over the others; returns their end. */
function gatherAbove<T extends number>(first: usize, end: usize, pivot: T): usize {
  let to = first;
  for (let p = first; p < end; p += sizeof<T>()) {
    const x = load<T>(p);
    store<T>(to, x);
    to += x > pivot ? sizeof<T>() : 0;
  }
  return to;
}

/** Brings the largest of the magnitudes in [first, end) to [first, kept), over the others. */
export function gatherLargest<T extends number>(first: usize, end: usize, kept: usize): void {
  const below = belowLargest<T>(first, end, <i32>((kept - first) / sizeof<T>()));
  let to = gatherAbove<T>(first, end, below);
  if (to == kept) return;
  // some equal the last one: any of them will do
  const last = <T>(below + 1);
  for (to = gatherAbove<T>(first, to, last); to < kept; to += sizeof<T>()) store<T>(to, last);
}
