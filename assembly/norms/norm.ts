// What a norm is to the kernels: a class without state, whose methods are in line wherever they are called.
//
// With d = x - mean, or x itself, every norm goes from a statistic of the terms of d to S:
//
//     mean of terms      sum of the terms / n,   of the k largest / k,   or what the extremes give as it is
//     deviation          C root(mean of terms)
//     S                  C root(mean of terms + eps),   or deviation + eps
//
// Loops are made for kinds of reductions, of terms and of slopes, which are the traits of a norm. Where there is more to it,
// `withNorm` (with-norm.ts) brings its class to a group, a panel or a tile. scale.ts has the three lines above.

/** How a group becomes its statistic. */
export const enum Reduction {
  /** There is no norm: the mean is subtracted, and that is all. */
  None,
  /** The sum of all terms. */
  Sum,
  /** The sum of the k largest terms. */
  Largest,
  /** The greatest |d|; with the next, what takes no more than the extremes of a group. */
  Greatest,
  /** From the least to the greatest d. */
  Range,
}

/** What makes a term of d, and what takes the mean of the terms back. */
export const enum TermKind {
  /** |d|, which is exact. There is nothing to take back. */
  Size,
  /** d times d. The square root, and no factor. */
  Square,
  /** Anything else, one number at a time in float64. */
  Other,
}

/** What dS / dd_i looks like over the elements of a group. */
export const enum Slope {
  /** There is no S. */
  None,
  /** Proportional to y. */
  Proportional,
  /** The sign of d. */
  Sign,
  /** The sign of d times a function of |y|. */
  Shaped,
  /** The sign of d (of the range, 1 and -1) at the selected elements, else 0. */
  Selected,
}

export interface Norm {
  /** Asserts what the plan says for it; in the checked build alone (preconditions.ts). */
  check(): void;

  reduction(): Reduction;

  /** The kind of terms, and a term: of two distances in float64, and of one. */
  kind(): TermKind;
  pair(d: v128): v128;
  number(d: f64): f64;

  root(x: f64): f64;
  /** The inverse of root. */
  unroot(x: f64): f64;

  slope(): Slope;
  /** What the slope is to what it is proportional to (gradients/native.ts), from C. */
  steepness(constant: f64): f64;
  /** The size of a shaped slope, of |y|. */
  shape(size: f64): f64;
}

/** What loops know of a norm, all in one number. */
export function traitsFrom<N extends Norm>(): i32 {
  const norm = changetype<N>(0);
  return norm.reduction() | (norm.kind() << 3) | (norm.slope() << 5);
}

export function reductionIn(traits: i32): Reduction {
  return traits & 7;
}

export function kindIn(traits: i32): TermKind {
  return (traits >> 3) & 3;
}

export function slopeIn(traits: i32): Slope {
  return (traits >> 5) & 7;
}

/** Whether there is a norm. */
export function isScaled(traits: i32): bool {
  return reductionIn(traits) != Reduction.None;
}
