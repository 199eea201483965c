// L∞: C(n) max |d|.

import { Norm, Reduction, Slope } from "./norm";
import { Sizes } from "./terms";

export class Linf extends Sizes implements Norm {
  check(): void {}
  @inline
  reduction(): Reduction {
    return Reduction.Greatest;
  }
  @inline
  slope(): Slope {
    return Slope.Selected;
  }
}
