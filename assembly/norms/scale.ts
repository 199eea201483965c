// From the statistic of a group (a sum, an extent, ...) to its mean of terms, its deviation and S: once for any arithmetic,
// and then as native float64 has them.

import {
  CONSTANT,
  COUNT,
  EPS,
  GAIN,
  SCALE,
  SCALE_DIVIDE,
  SCALE_GAIN,
  TASK,
  TASK_GIVEN,
  TASK_TOTAL,
  TOP,
} from "../../src/abi/plan";
import { kindIn, Reduction, reductionIn, TermKind } from "./norm";
import { Squares } from "./terms";
import { rootOf, unrootOf } from "./with-norm";

/** Operations on single numbers in some arithmetic. */
export interface Numbers {
  /** A number of the arithmetic from any. */
  number(x: f64): f64;
  sum(a: f64, b: f64): f64;
  /** The elements of a group, as sums are divided by them. */
  count(): f64;
  /** sum / n, where the sum may be one that was rounded to odd. */
  mean(sum: f64, n: f64): f64;
  /** x times a constant, which is none of its numbers. */
  times(x: f64, constant: f64): f64;
  /** What it makes of a function of x whose value is `exact`. */
  result(x: f64, exact: f64): f64;
}

/** float64, where nothing more is rounded. */
export class Float64 implements Numbers {
  @inline
  number(x: f64): f64 {
    return x;
  }
  @inline
  sum(a: f64, b: f64): f64 {
    return a + b;
  }
  @inline
  count(): f64 {
    return load<f64>(COUNT);
  }
  @inline
  mean(sum: f64, n: f64): f64 {
    return sum / n;
  }
  @inline
  times(x: f64, constant: f64): f64 {
    return constant * x;
  }
  @inline
  result(_x: f64, exact: f64): f64 {
    return exact;
  }
}

/** What the statistic of a group is divided by to be the mean of its terms; 0 where it stays what it is. */
export function partsOf<A extends Numbers>(reduction: Reduction): f64 {
  if (reduction == Reduction.Largest) return <f64>load<i32>(TOP);
  if (reduction != Reduction.Sum) return 0;
  return load<i32>(TASK) & TASK_TOTAL ? 1 : changetype<A>(0).count();
}

/** The deviation of d, or the norm of x, from the mean of the terms. */
export function deviationOf<A extends Numbers>(kind: TermKind, mean: f64): f64 {
  const numbers = changetype<A>(0);
  if (kind == TermKind.Square) return numbers.result(mean, changetype<Squares>(0).root(mean));
  return numbers.times(kind == TermKind.Other ? numbers.result(mean, rootOf(mean)) : mean, load<f64>(CONSTANT));
}

/** The reverse, where the terms are not |d|. */
export function meanBack<A extends Numbers>(kind: TermKind, deviation: f64): f64 {
  const numbers = changetype<A>(0);
  if (kind == TermKind.Square) return numbers.result(deviation, changetype<Squares>(0).unroot(deviation));
  const root = numbers.result(deviation, deviation / numbers.number(load<f64>(CONSTANT)));
  return numbers.result(root, unrootOf(root));
}

/** Whether eps is added to the mean of the terms, under the root. A deviation that was given stands for itself, but for L2. */
export function hasEpsWithin(kind: TermKind): bool {
  return kind == TermKind.Square || (kind == TermKind.Other && !(load<i32>(TASK) & TASK_GIVEN));
}

/** S, of the mean of the terms where eps is added to that, else of the deviation. */
export function scaleOf<A extends Numbers>(kind: TermKind, mean: f64, deviation: f64): f64 {
  const numbers = changetype<A>(0);
  const eps = numbers.number(load<f64>(EPS));
  if (hasEpsWithin(kind)) return deviationOf<A>(kind, numbers.sum(mean, eps));
  return numbers.sum(deviation, eps);
}

/** S of the statistic. */
export function scaleOfStatistic<A extends Numbers>(traits: i32, statistic: f64): f64 {
  const kind = kindIn(traits);
  const parts = partsOf<A>(reductionIn(traits));
  const mean = parts != 0 ? changetype<A>(0).mean(statistic, parts) : statistic;
  return scaleOf<A>(kind, mean, hasEpsWithin(kind) ? 0 : deviationOf<A>(kind, mean));
}

/** S of a deviation that was given. */
export function scaleOfDeviation<A extends Numbers>(traits: i32, deviation: f64): f64 {
  const kind = kindIn(traits);
  const mean = hasEpsWithin(kind) ? changetype<A>(0).times(deviation, deviation) : 0;
  return scaleOf<A>(kind, mean, deviation);
}

// --- native ----------------------------------------------------------------------------------------------------

/** S of the deviation alone. */
function scaleFrom(kind: TermKind, deviation: f64): f64 {
  const eps = load<f64>(EPS);
  if (!hasEpsWithin(kind)) return deviation + eps;
  const mean = meanBack<Float64>(kind, deviation);
  // a mean that leaves float64 leaves eps behind
  if (deviation > 0 && (eps == 0 || !(mean < Infinity))) return deviation;
  return deviationOf<Float64>(kind, mean + eps);
}

/** The factor from d to the output before the weight. */
export function factorFrom(kind: TermKind, deviation: f64, group: i32): f64 {
  const scale = load<i32>(SCALE);
  // a group of zeros stays as it is (ONNX LpNormalization)
  if (scale == SCALE_DIVIDE) return deviation == 0 ? 1 : 1 / deviation;
  if (scale == SCALE_GAIN) return <f64>load<f32>(load<usize>(GAIN) + ((<usize>group) << 2)) / deviation;
  return 1 / scaleFrom(kind, deviation);
}

/**
 * A factor beyond float32 is applied in two steps: the power of two that this returns first, then the rest. 1 for
 * ordinary factors.
 */
export function firstStep(factor: f64): f32 {
  const size = abs(factor);
  if (size > 1e38 && size < Infinity) return 1.8446744073709552e19; // 2^64
  if (size < 1e-37 && size > 0) return 5.421010862427522e-20; // 2^-64
  return 1;
}
