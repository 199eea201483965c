// The range: 0.35 C(n) (max d - min d).

import { Norm, Reduction, Slope } from "./norm";
import { Sizes } from "./terms";

export class Range extends Sizes implements Norm {
  check(): void {}
  @inline
  reduction(): Reduction {
    return Reduction.Range;
  }
  @inline
  slope(): Slope {
    return Slope.Selected;
  }
}
