// The k largest magnitudes of each group of a bundle (reductions/top.ts), and their sums.

import { SCRATCH, TOP } from "../../src/abi/plan";
import { GROUP_TOP, PANEL_CENTRE, PANEL_REST, TILE, TILE_T, TOP_BYTES } from "../memory";
import { addTop, finishTop, sortDown, startTop, topBufferBytes, topColumns } from "../reductions/top";
import { width } from "../tensors/groups";
import { copy } from "../tensors/tiles";
import { padded } from "./bundle";
import { addTile, finishSums, SumWatch, startSums } from "./sums";

/** Before the first tile of a bundle. */
export function startLargest(): void {
  const k = load<i32>(TOP);
  // tiles hold distances already
  v128.store(PANEL_CENTRE, i32x4.splat(0));
  v128.store(PANEL_REST, i32x4.splat(0));
  for (let j = 0; j < width; j++) startTop(largestOf(j), load<usize>(SCRATCH) + topBufferBytes(k) * j, k);
}

/** Takes n distances of each group at d. */
export function addLargest(d: usize, n: i32): void {
  if (padded == 1) addTop(GROUP_TOP, d, n);
  else topColumns(d, (<usize>padded) << 2, n, 0, width, GROUP_TOP);
}

/** The state of group j. */
function largestOf(j: i32): usize {
  return GROUP_TOP + TOP_BYTES * j;
}

/**
 * The sum of those of group j, on the grid of a format, from the largest down, at `out`. Returns where they stand in that order.
 */
export function sumLargest<W extends SumWatch>(j: i32, grid: usize, out: usize): usize {
  const k = load<i32>(TOP);
  const largest = finishTop(largestOf(j));
  sortDown(largest, k);
  startSums<W>(1, true, grid);
  for (let from = 0; from < k; from += TILE) {
    const n = min(TILE, k - from);
    copy(largest + ((<usize>from) << 2), TILE_T, n);
    addTile<W>(TILE_T, n, -1);
  }
  finishSums<W>(out);
  return largest;
}
