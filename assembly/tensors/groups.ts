// The groups at hand: those of a panel (native/), or of a bundle that is emulated side by side (emulated/).

import { KEPT_TOTAL, LENGTH, REDUCED_TOTAL } from "../../src/abi/plan";
import { groupOffset, Layout } from "./offsets";

/** Elements of a group of the plan. */
export let count: i32 = 0;
/** Number of the first group, how many there are, and the element where the first starts. */
export let group: i32 = 0;
export let width: i32 = 0;
export let base: i32 = 0;

/** Before the first of a plan. */
export function startGroups(): void {
  count = load<i32>(REDUCED_TOTAL) * (Layout.columnwise() ? 1 : load<i32>(LENGTH));
  group = 0;
  width = 0;
}

/** Groups side by side in columns that come behind those at hand, before the next outer group; 0 behind the last. */
export function columnsLeft(): i32 {
  const first = group + width;
  const length = load<i32>(LENGTH);
  return first < load<i32>(KEPT_TOTAL) * length ? length - (first % length) : 0;
}

/** Makes `wide` groups from number `first` on those at hand: one in rows, or neighbours in columns or bundles. */
export function takeGroups(first: i32, wide: i32): void {
  group = first;
  width = wide;
  base = groupOffset(first);
}
