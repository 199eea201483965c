// What depends on which norm it is.

import { NORM_LINF, NORM_RANGE, NORM_TOP, TOP } from "../../src/abi/plan";

/** Elements that a group has selected: 0 where its norm selects none. */
export function selectedOf(norm: i32): i32 {
  if (norm == NORM_LINF) return 1;
  if (norm == NORM_RANGE) return 2;
  return norm == NORM_TOP ? load<i32>(TOP) : 0;
}
