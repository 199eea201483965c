// The walk of a plan: from the number of a group or a segment to where it stands, in elements.

import {
  KEPT_COUNT,
  KEPT_RANK,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LAYOUT,
  LAYOUT_COLUMNS,
  LENGTH,
  REDUCED_COUNT,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";

/** In line wherever it is called. */
export class Layout {
  /** Whether groups are columns, LENGTH of them side by side; else their last elements are contiguous. */
  @inline
  static columnwise(): bool {
    return load<i32>(LAYOUT) == LAYOUT_COLUMNS;
  }
}

/**
 * Offset of number `index` in row-major order over levels whose counts stand at `counts`; the strides stand at
 * `strides` (both 32-bit, outermost first).
 */
function offset(index: i32, rank: i32, counts: usize, strides: usize): i32 {
  let sum = 0;
  for (let level = rank - 1; level > 0; level--) {
    const count = load<i32>(counts + ((<usize>level) << 2));
    const rest = index / count;
    sum += (index - rest * count) * load<i32>(strides + ((<usize>level) << 2));
    index = rest;
  }
  return rank > 0 ? sum + index * load<i32>(strides) : 0;
}

/** Of group `index` among the kept levels; `field` is KEPT_STRIDE or KEPT_WEIGHT. */
export function keptOffset(index: i32, field: usize): i32 {
  if (!ASC_NO_ASSERT) assert(index >= 0 && index < load<i32>(KEPT_TOTAL));
  return offset(index, load<i32>(KEPT_RANK), KEPT_COUNT, field);
}

/** Of segment `index` among the reduced levels; `field` is REDUCED_STRIDE or REDUCED_WEIGHT. */
export function reducedOffset(index: i32, field: usize): i32 {
  if (!ASC_NO_ASSERT) assert(index >= 0 && index < load<i32>(REDUCED_TOTAL));
  return offset(index, load<i32>(REDUCED_RANK), REDUCED_COUNT, field);
}

/** Rows of the innermost reduced level of groups in columns, and the elements from one to the next. */
export function innerRows(): i32 {
  const rank = load<i32>(REDUCED_RANK);
  return rank > 0 ? load<i32>(<usize>REDUCED_COUNT + ((<usize>(rank - 1)) << 2)) : 1;
}

export function innerStride(): i32 {
  const rank = load<i32>(REDUCED_RANK);
  return rank > 0 ? load<i32>(<usize>REDUCED_STRIDE + ((<usize>(rank - 1)) << 2)) : 0;
}

/** Element where group `number` of the plan starts. */
export function groupOffset(number: i32): i32 {
  return groupIn(number, KEPT_STRIDE, 1);
}

/** Element of the weight where group `number` starts. */
export function weightOffset(number: i32): i32 {
  return groupIn(number, KEPT_WEIGHT, load<i32>(WEIGHT_STEP));
}

/** In columns, LENGTH groups lie side by side, `step` apart. */
function groupIn(number: i32, field: usize, step: i32): i32 {
  if (!Layout.columnwise()) return keptOffset(number, field);
  const length = load<i32>(LENGTH);
  return keptOffset(number / length, field) + (number % length) * step;
}

/** Whether every element of a group has the same weight. */
export function isUniform(): bool {
  if (Layout.columnwise()) return true;
  if (load<i32>(WEIGHT_STEP)) return false;
  for (let level = 0; level < load<i32>(REDUCED_RANK); level++) {
    if (load<i32>(<usize>REDUCED_WEIGHT + ((<usize>level) << 2))) return false;
  }
  return true;
}
