// The kinds of terms that loops are made for, each the base of the norms that have them. None of this is overridden: the
// compiler would look for the type of what has no place in memory.

import { magnitude } from "../lanes/vectors";
import { Term } from "../reductions/sums";
import { TermKind } from "./norm";

/** |d|. */
export class Sizes implements Term {
  @inline
  kind(): TermKind {
    return TermKind.Size;
  }
  @inline
  of(d: v128): v128 {
    return magnitude(d);
  }
  @inline
  pair(d: v128): v128 {
    return f64x2.abs(d);
  }
  @inline
  number(d: f64): f64 {
    return abs(d);
  }
  @inline
  root(x: f64): f64 {
    return x;
  }
  @inline
  unroot(x: f64): f64 {
    return x;
  }
  @inline
  steepness(constant: f64): f64 {
    return constant;
  }
  @inline
  shape(_size: f64): f64 {
    return 1;
  }
}

/** d². */
export class Squares implements Term {
  @inline
  kind(): TermKind {
    return TermKind.Square;
  }
  @inline
  of(d: v128): v128 {
    return f32x4.mul(d, d);
  }
  @inline
  pair(d: v128): v128 {
    return f64x2.mul(d, d);
  }
  @inline
  number(d: f64): f64 {
    return d * d;
  }
  @inline
  root(x: f64): f64 {
    return sqrt(x);
  }
  @inline
  unroot(x: f64): f64 {
    return x * x;
  }
  @inline
  steepness(_constant: f64): f64 {
    return 1;
  }
  @inline
  shape(size: f64): f64 {
    return size;
  }
}
