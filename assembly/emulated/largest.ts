// The k largest magnitudes of each group of a bundle (reductions/top.ts).

import { SCRATCH } from "../../src/abi/plan";
import { GROUP_TOP, PANEL_CENTRE, PANEL_REST, TOP_BYTES } from "../memory";
import { addTop, startTop, topBufferBytes, topColumns } from "../reductions/top";
import { width } from "../tensors/groups";
import { padded } from "./bundle";

/** Before the first tile of a bundle. */
export function startLargest(k: i32): void {
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
export function largestOf(j: i32): usize {
  return GROUP_TOP + TOP_BYTES * j;
}
