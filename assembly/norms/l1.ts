// L1: C1 mean |d|.

import { Norm, Reduction, Slope } from "./norm";
import { Sizes } from "./terms";

export class L1 extends Sizes implements Norm {
  check(): void {}
  @inline
  reduction(): Reduction {
    return Reduction.Sum;
  }
  @inline
  slope(): Slope {
    return Slope.Sign;
  }
}
