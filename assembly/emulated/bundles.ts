// The bundles of a plan, one after the other.

import { KEPT_TOTAL, LENGTH } from "../../src/abi/plan";
import { columnwise, placeBundle, prepareBundles, width } from "./bundle";

/** The outer group at hand, and the first of the bundle's groups in it. */
export let outer: i32 = 0;
export let start: i32 = 0;
let inner: i32 = 0;
let blocks: i32 = 0;
let begun: bool = false;

/** Before the first nextBundle(). */
export function startBundles(): void {
  prepareBundles();
  const kept = load<i32>(KEPT_TOTAL);
  inner = columnwise ? load<i32>(LENGTH) : kept;
  blocks = columnwise ? kept : 1;
  outer = 0;
  start = 0;
  begun = false;
}

/** Goes to the next bundle; false behind the last. */
export function nextBundle(): bool {
  if (begun) start += width;
  begun = true;
  if (start >= inner) {
    start = 0;
    outer++;
  }
  if (outer >= blocks) return false;
  placeBundle(outer, start, inner);
  return true;
}
