// From the norm of the plan to its class: the only place that knows which norms there are.

import {
  CONSTANT,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_LINF,
  NORM_NONE,
  NORM_POWER,
  NORM_RANGE,
  NORM_TOP,
} from "../../src/abi/plan";
import { L1 } from "./l1";
import { L2 } from "./l2";
import { Linf } from "./linf";
import { Lp } from "./lp";
import { None } from "./none";
import { Norm, TermKind, traitsFrom } from "./norm";
import { Range } from "./range";
import { TopK } from "./topk";

/**
 * What is done with the class of a norm. This one is never used, nor extended: it says what a class has to look like, since
 * interfaces cannot have generic methods. The operands are what callers make of them.
 */
export class Use<R> {
  takes<_N extends Norm>(): bool {
    return false;
  }
  of<_N extends Norm>(_x: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): R {
    return unreachable();
  }
}

/** A use of every norm. */
class OfAll {
  @inline
  takes<_N extends Norm>(): bool {
    return true;
  }
}

/** A use of those with terms of TermKind.Other. */
export class OfOther {
  @inline
  takes<N extends Norm>(): bool {
    return changetype<N>(0).kind() == TermKind.Other;
  }
}

/** Uses the norm of the plan: for a group, a panel or a tile, not for every element. */
export function withNorm<U extends Use<R>, R>(
  x: f64 = 0,
  y: f64 = 0,
  i: i32 = 0,
  j: i32 = 0,
  k: i32 = 0,
  p: usize = 0,
  q: usize = 0,
): R {
  const use = changetype<U>(0);
  const norm = load<i32>(NORM);
  if (use.takes<None>() && norm == NORM_NONE) return use.of<None>(x, y, i, j, k, p, q);
  if (use.takes<L1>() && norm == NORM_L1) return use.of<L1>(x, y, i, j, k, p, q);
  if (use.takes<L2>() && norm == NORM_L2) return use.of<L2>(x, y, i, j, k, p, q);
  if (use.takes<Linf>() && norm == NORM_LINF) return use.of<Linf>(x, y, i, j, k, p, q);
  if (use.takes<Range>() && norm == NORM_RANGE) return use.of<Range>(x, y, i, j, k, p, q);
  if (use.takes<TopK>() && norm == NORM_TOP) return use.of<TopK>(x, y, i, j, k, p, q);
  if (use.takes<Lp>() && norm == NORM_POWER) return use.of<Lp>(x, y, i, j, k, p, q);
  return unreachable();
}

class Check extends OfAll {
  of<N extends Norm>(_x: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): void {
    changetype<N>(0).check();
  }
}

class TraitsOf extends OfAll {
  @inline
  of<N extends Norm>(_x: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): i32 {
    return traitsFrom<N>();
  }
}

/** What loops know of the norm of the plan, for the functions that say what it means (norm.ts). */
export function traitsOf(): i32 {
  if (!ASC_NO_ASSERT) withNorm<Check, void>();
  return withNorm<TraitsOf, i32>();
}

class RootOf extends OfOther {
  @inline
  of<N extends Norm>(x: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): f64 {
    return changetype<N>(0).root(x);
  }
}

/** In float64, of TermKind.Other. */
export function rootOf(x: f64): f64 {
  return withNorm<RootOf, f64>(x);
}

class UnrootOf extends OfOther {
  @inline
  of<N extends Norm>(x: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): f64 {
    return changetype<N>(0).unroot(x);
  }
}

/** Its inverse. */
export function unrootOf(x: f64): f64 {
  return withNorm<UnrootOf, f64>(x);
}

class SteepnessOf extends OfAll {
  @inline
  of<N extends Norm>(constant: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): f64 {
    return changetype<N>(0).steepness(constant);
  }
}

/** The factor of the slope of the norm of the plan. */
export function steepnessOf(): f64 {
  return withNorm<SteepnessOf, f64>(load<f64>(CONSTANT));
}
