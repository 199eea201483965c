// Lp: c_p (mean |d|^p)^(1/p).

import { POWER } from "../../src/abi/plan";
import { power } from "../lanes/power";
import { Norm, Reduction, Slope, TermKind } from "./norm";

export class Lp implements Norm {
  check(): void {
    assert(load<f64>(POWER) >= 1 && load<f64>(POWER) < Infinity);
  }
  @inline
  reduction(): Reduction {
    return Reduction.Sum;
  }
  @inline
  kind(): TermKind {
    return TermKind.Other;
  }
  pair(d: v128): v128 {
    const low = f64x2.splat(this.number(f64x2.extract_lane(d, 0)));
    return f64x2.replace_lane(low, 1, this.number(f64x2.extract_lane(d, 1)));
  }
  @inline
  number(d: f64): f64 {
    return power(abs(d), load<f64>(POWER));
  }
  @inline
  root(x: f64): f64 {
    return power(x, 1 / load<f64>(POWER));
  }
  @inline
  unroot(x: f64): f64 {
    return power(x, load<f64>(POWER));
  }
  @inline
  slope(): Slope {
    return Slope.Shaped;
  }
  @inline
  steepness(constant: f64): f64 {
    return power(constant, load<f64>(POWER));
  }
  /** For p = 1 infinities are ones, as other numbers are. */
  @inline
  shape(size: f64): f64 {
    const exponent = load<f64>(POWER) - 1;
    return exponent == 0 && size == Infinity ? 1 : power(size, exponent);
  }
}
