// Where the elements of a tile are in their tensor.

import { KEPT_STRIDE, LENGTH, REDUCED_RANK, REDUCED_STRIDE } from "../../src/abi/plan";
import { base, columnwise, group, padded, width } from "../emulated/bundle";
import { keptOffset, reducedOffset } from "../tensors/offsets";

/** A tile of a plain stretch of elements, or of a bundle. */
let plain: bool = true;
/** First element of the tile: in the tensor, or in the groups. */
let first: i32 = 0;
/** Elements of the tile, of each group: what fills it up behind them has no place. */
let length: i32 = 0;

/** The tile holds the n elements of a tensor from `from` on. */
export function placeStretch(from: i32, n: i32): void {
  plain = true;
  first = from;
  length = n;
}

/** The tile holds the n elements of each group of the bundle from `from` on. */
export function placeTile(from: i32, n: i32): void {
  plain = false;
  first = from;
  length = n;
}

/** Row-major index of number `p` in the tile; -1 for what belongs to no group. */
export function indexAt(p: i32): i32 {
  if (plain) return p < length ? first + p : -1;
  const i = p / padded;
  const j = p - i * padded;
  return j < width && i < length ? elementIndex(j, first + i) : -1;
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
  const stretch = load<i32>(LENGTH);
  const segment = i / stretch;
  return start + reducedOffset(segment, REDUCED_STRIDE) + (i - segment * stretch);
}
