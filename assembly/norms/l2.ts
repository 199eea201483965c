// L2: the square root of the mean of d². Its constant is 1.

import { Norm, Reduction, Slope } from "./norm";
import { Squares } from "./terms";

export class L2 extends Squares implements Norm {
  check(): void {}
  @inline
  reduction(): Reduction {
    return Reduction.Sum;
  }
  @inline
  slope(): Slope {
    return Slope.Proportional;
  }
}
