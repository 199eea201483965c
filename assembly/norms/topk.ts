// Top-k: C(n) times the mean of the k largest |d|.

import { COUNT, SCRATCH, TASK, TASK_GIVEN, TOP, TOP_SCRATCH, TOP_SCRATCH_PER_K } from "../../src/abi/plan";
import { checkRegion } from "../preconditions";
import { Norm, Reduction, Slope } from "./norm";
import { Sizes } from "./terms";

export class TopK extends Sizes implements Norm {
  check(): void {
    // a deviation that is given is not taken of anything
    if (load<i32>(TASK) & TASK_GIVEN) return;
    const k = load<i32>(TOP);
    assert(k >= 1 && <f64>k <= load<f64>(COUNT));
    checkRegion(load<usize>(SCRATCH), TOP_SCRATCH + <i64>k * TOP_SCRATCH_PER_K, 16);
  }
  @inline
  reduction(): Reduction {
    return Reduction.Largest;
  }
  @inline
  slope(): Slope {
    return Slope.Selected;
  }
}
