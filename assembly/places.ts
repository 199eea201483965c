// Where the elements of a tile are in their tensor.

import { KEPT_STRIDE, LENGTH, REDUCED_RANK, REDUCED_STRIDE } from "../src/layout";
import { base, columnwise, group, padded, width } from "./bundle";
import { keptOffset, reducedOffset } from "./walk";

/** A tile of a plain stretch of elements, or of a bundle. */
let plain: bool = true;
/** First element of the tile: in the tensor, or in the groups. */
let first: i32 = 0;

/** The tile begins with element `from` of a tensor. */
export function placeStretch(from: i32): void {
  plain = true;
  first = from;
}

/** The tile begins with element `from` of each group of the bundle. */
export function placeTile(from: i32): void {
  plain = false;
  first = from;
}

/** Row-major index of number `p` in the tile; -1 for what belongs to no group. */
export function indexAt(p: i32): i32 {
  if (plain) return first + p;
  const i = p / padded;
  const j = p - i * padded;
  return j < width ? elementIndex(j, first + i) : -1;
}

/** The least of the indices of a tile. */
export function leastIndex(): i32 {
  return plain ? first : elementIndex(0, first);
}

/** Row-major index of element i of group j of the bundle. */
function elementIndex(j: i32, i: i32): i32 {
  if (columnwise) return base + j + reducedOffset(i, REDUCED_STRIDE);
  const start = keptOffset(group + j, KEPT_STRIDE);
  if (load<i32>(REDUCED_RANK) == 0) return start + i;
  const length = load<i32>(LENGTH);
  const segment = i / length;
  return start + reducedOffset(segment, REDUCED_STRIDE) + (i - segment * length);
}
