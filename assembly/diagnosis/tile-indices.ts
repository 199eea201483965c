// Where the elements of a tile are in their tensor.

import { KEPT_STRIDE, LENGTH, REDUCED_RANK, REDUCED_STRIDE } from "../../src/abi/plan";
import { padded } from "../emulated/bundle";
import { base, count, group, width } from "../tensors/groups";
import { keptOffset, Layout, reducedOffset } from "../tensors/offsets";

/** First element of the tile: in the tensor, or in the groups; -1 where a tile is of no elements. */
export let first: i32 = 0;
/** Elements of a tile that is a plain stretch of a tensor; -1 for a tile of a bundle. */
let length: i32 = 0;

/** The tile holds the n elements of a tensor from `from` on. */
export function placeStretch(from: i32, n: i32): void {
  first = from;
  length = n;
}

/** The tile holds elements of each group of the bundle from number `from` on; -1: what belongs to no element. */
export function placeTile(from: i32): void {
  first = from;
  length = -1;
}

/** Row-major index of number `p` in the tile; -1 for what fills it up: it belongs to no group or is behind its end. */
export function indexAt(p: i32): i32 {
  if (length >= 0) return p < length ? first + p : -1;
  const i = p / padded;
  const j = p - i * padded;
  return j < width && first + i < count ? elementIndex(j, first + i) : -1;
}

/** The least of the indices of a tile. */
export function leastIndex(): i32 {
  return length >= 0 ? first : elementIndex(0, first);
}

/** Row-major index of element i of group j of the bundle. */
function elementIndex(j: i32, i: i32): i32 {
  if (Layout.columnwise()) return base + j + reducedOffset(i, REDUCED_STRIDE);
  const start = keptOffset(group + j, KEPT_STRIDE);
  if (load<i32>(REDUCED_RANK) == 0) return start + i;
  const stretch = load<i32>(LENGTH);
  const segment = i / stretch;
  return start + reducedOffset(segment, REDUCED_STRIDE) + (i - segment * stretch);
}
