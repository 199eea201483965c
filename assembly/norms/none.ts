// No norm: what is only centred, or only summed.

import { Norm, Reduction, Slope } from "./norm";
import { Sizes } from "./terms";

export class None extends Sizes implements Norm {
  check(): void {}
  @inline
  reduction(): Reduction {
    return Reduction.None;
  }
  @inline
  slope(): Slope {
    return Slope.None;
  }
}
