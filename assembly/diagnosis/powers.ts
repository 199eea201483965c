// Exact terms |d|^p and their sums, which float64 does not hold for every p: 1e5 to the 64th is beyond it.
//
// Each group is divided by a unit u before the power is taken, and its sum is that of (|d| / u)^p. Where all terms are well
// inside float64, u is 1. It follows the largest |d| so far, tile by tile; what was added before is rescaled.

import { CONSTANT, COUNT, EPS, POWER } from "../../src/abi/plan";
import { padded } from "../emulated/bundle";
import { power, powerOfTwo } from "../lanes/power";
import { BUNDLE_DOUBLES, REAL_LARGEST, REAL_UNIT, SUM_EXACT, TILE_V } from "../memory";
import { rootOf } from "../norms/with-norm";
import { width } from "../tensors/groups";
import { CHAINS, Held, LOW, Pairs, Real, realOf, setReal } from "./reals";

/** Exponents of 2 that terms with a unit of 1 may have: a sum of 2^31 of them is a number, and nothing of it is subnormal. */
const INSIDE: f64 = 900;

/** Up to this p, the least power of two above the largest is a unit: no digit is lost by it. */
const COARSE: f64 = 512;

/** Before the first tile of a bundle. */
export function startPowers(): void {
  for (let at: usize = 0; at < BUNDLE_DOUBLES; at += 16) {
    v128.store(REAL_UNIT + at, f64x2.splat(1));
    v128.store(REAL_LARGEST + at, f64x2.splat(0));
  }
}

/** The unit of a group whose largest |d| is this. It never falls while the largest rises. */
function unitOf(largest: f64): f64 {
  const p = load<f64>(POWER);
  const exponent = <i32>(reinterpret<i64>(largest) >> 52) - 1023;
  if (p * <f64>(exponent + 1) <= INSIDE && p * <f64>exponent >= -INSIDE) return 1;
  return p > COARSE ? largest : powerOfTwo(exponent + 1);
}

/** Looks at n distances of each group, TILE_V, before their shares are added. */
export function fitUnits(n: i32): void {
  const pitch = (<usize>padded) << 3;
  for (let j = 0; j < width; j++) {
    const before = realOf(REAL_LARGEST, j);
    let largest = before;
    let at = TILE_V + ((<usize>j) << 3);
    for (let i = n; i > 0; i--) {
      // the largest stays infinite, also where there is NaN
      const size = abs(load<f64>(at));
      if (!(size <= largest)) largest = size < Infinity ? size : Infinity;
      at += pitch;
    }
    if (largest == before) continue;
    store<f64>(REAL_LARGEST + ((<usize>j) << 3), largest);
    if (largest == Infinity) continue;
    const unit = realOf(REAL_UNIT, j);
    const next = unitOf(largest);
    if (next == unit) continue;
    setReal(REAL_UNIT, j, next);
    // of zeros alone the sum is 0 in any unit
    if (before > 0) rescale(j, power(unit / next, load<f64>(POWER)));
  }
}

function rescale(j: i32, factor: f64): void {
  const lanes = padded == 1 ? CHAINS : 1;
  for (let i = 0; i < lanes; i++) {
    const at = SUM_EXACT + ((<usize>(i + j)) << 3);
    store<f64>(at, load<f64>(at) * factor);
    store<f64>(at, load<f64>(at, LOW) * factor, LOW);
  }
}

/** The distance by the unit. */
export class Share<R extends Real> implements Real {
  @inline
  pair(x: v128, at: usize, p: usize): v128 {
    return f64x2.div(changetype<R>(0).pair(x, at, p), v128.load(REAL_UNIT + at));
  }
}

/** Whether the sum of group j is a number in another unit than 1. */
export function hasUnit(j: i32): bool {
  return realOf(REAL_UNIT, j) != 1 && realOf(REAL_LARGEST, j) < Infinity;
}

/** S of the sum of group j in its unit. */
export function scaleInUnit(j: i32): f64 {
  const p = load<f64>(POWER);
  const unit = realOf(REAL_UNIT, j);
  const mean = realOf(SUM_EXACT, j) / load<f64>(COUNT);
  // C (mean u^p + eps)^(1/p), the larger of u and the root of eps in front of the root
  const small = rootOf(load<f64>(EPS));
  const root =
    small > unit ? small * rootOf(1 + mean * power(unit / small, p)) : unit * rootOf(mean + power(small / unit, p));
  return load<f64>(CONSTANT) * root;
}

/** Takes the sum of group j out of its unit: to infinity or 0 where float64 does not hold it. */
export function leaveUnit(j: i32): void {
  const half = power(realOf(REAL_UNIT, j), load<f64>(POWER) / 2);
  const at = SUM_EXACT + ((<usize>j) << 3);
  store<f64>(at, load<f64>(at) * half * half);
  store<f64>(at, 0, LOW);
}

/** A number that float64 does not hold is the one next to it that it does, so that it stays a number and is not 0. */
export function heldSum(j: i32): f64 {
  const sum = realOf(SUM_EXACT, j);
  if (!hasUnit(j)) return sum;
  return sum == Infinity ? f64.MAX_VALUE : max(sum, f64.MIN_VALUE);
}

/** The same of terms of what TILE_V holds. */
export class HeldTerm<T extends Pairs> implements Real {
  @inline
  pair(x: v128, at: usize, p: usize): v128 {
    const d = changetype<Held>(0).pair(x, at, p);
    const term = changetype<T>(0).pair(d);
    const below = v128.bitselect(
      f64x2.pmin(term, f64x2.splat(f64.MAX_VALUE)),
      term,
      f64x2.lt(f64x2.abs(d), f64x2.splat(Infinity)),
    );
    return v128.bitselect(f64x2.pmax(below, f64x2.splat(f64.MIN_VALUE)), below, f64x2.ne(d, f64x2.splat(0)));
  }
}

/** Whether squares of numbers in TILE_V underflow. */
export function hasSmall(vectors: i32): bool {
  const least = f64x2.splat(1e-150);
  const zero = f64x2.splat(0);
  let found = f64x2.splat(0);
  for (let at: usize = 0; at < (<usize>vectors) << 5; at += 16) {
    const x = f64x2.abs(v128.load(TILE_V + at));
    found = v128.or(found, v128.and(f64x2.lt(x, least), f64x2.gt(x, zero)));
  }
  return v128.any_true(found);
}
