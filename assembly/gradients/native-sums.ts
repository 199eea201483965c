// Native gradients over contiguous float32: the sums over a stretch of a group, and the output.
//
// Sums as in reductions/sums.ts: eight vectors as a tree in float32, the trees in float64. Distances are taken from the mean to
// float32, x - centre: what is missing to the mean is made up for in the terms of the group.

import { at32 } from "../lanes/lists";
import { firstLanes, highPair, laneSum, lowPair, pairSum, storeLanes } from "../lanes/vectors";
import { GRADIENT_ABOVE, GRADIENT_BELOW, PART_ABOVE, PART_BELOW, PART_DOT, PART_SUM } from "../memory";
import { count } from "../tensors/groups";

/** g: what the normalized values are multiplied by goes into the upstream gradient. */
export interface Weighting {
  apply(dy: v128, weight: usize): v128;
}

export class Unweighted implements Weighting {
  @inline
  apply(dy: v128, _weight: usize): v128 {
    return dy;
  }
}

/** A weight per element. */
export class Weighted implements Weighting {
  @inline
  apply(dy: v128, weight: usize): v128 {
    return f32x4.mul(dy, v128.load(weight));
  }
}

/** Whether elements above and below the mean are counted, for L1. */
export interface Counting {
  above(count: v128, x: v128, upper: v128): v128;
  below(count: v128, x: v128, lower: v128): v128;
}

export class Uncounted implements Counting {
  @inline
  above(count: v128, _x: v128, _upper: v128): v128 {
    return count;
  }
  @inline
  below(count: v128, _x: v128, _lower: v128): v128 {
    return count;
  }
}

export class Counted implements Counting {
  @inline
  above(count: v128, x: v128, upper: v128): v128 {
    return i32x4.sub(count, f32x4.gt(x, upper));
  }
  @inline
  below(count: v128, x: v128, lower: v128): v128 {
    return i32x4.sub(count, f32x4.lt(x, lower));
  }
}

/**
 * Sums over n elements: of g to PART_SUM, of g * scale * (x - centre) to PART_DOT, and how many are greater than `upper`, and less
 * than `lower`, to PART_ABOVE and PART_BELOW.
 */
export function gradientSums<W extends Weighting, C extends Counting>(
  x: usize,
  dy: usize,
  n: i32,
  weight: usize,
  centre: f32,
  scale: f32,
  upper: f32,
  lower: f32,
): void {
  const weighting = changetype<W>(0);
  const counting = changetype<C>(0);
  const k = f32x4.splat(centre);
  const s = f32x4.splat(scale);
  const u = f32x4.splat(upper);
  const l = f32x4.splat(lower);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let lowY = f64x2.splat(0);
  let highY = f64x2.splat(0);
  let up = i32x4.splat(0);
  let down = i32x4.splat(0);
  for (; n >= 32; n -= 32) {
    const x0 = v128.load(x, 0);
    const x1 = v128.load(x, 16);
    const g0 = weighting.apply(v128.load(dy, 0), weight);
    const g1 = weighting.apply(v128.load(dy, 16), weight + 16);
    up = counting.above(counting.above(up, x0, u), x1, u);
    down = counting.below(counting.below(down, x0, l), x1, l);
    const a = f32x4.add(g0, g1);
    const ay = f32x4.add(f32x4.mul(g0, f32x4.mul(f32x4.sub(x0, k), s)), f32x4.mul(g1, f32x4.mul(f32x4.sub(x1, k), s)));
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    const g2 = weighting.apply(v128.load(dy, 32), weight + 32);
    const g3 = weighting.apply(v128.load(dy, 48), weight + 48);
    up = counting.above(counting.above(up, x2, u), x3, u);
    down = counting.below(counting.below(down, x2, l), x3, l);
    const b = f32x4.add(g2, g3);
    const by = f32x4.add(f32x4.mul(g2, f32x4.mul(f32x4.sub(x2, k), s)), f32x4.mul(g3, f32x4.mul(f32x4.sub(x3, k), s)));
    const x4 = v128.load(x, 64);
    const x5 = v128.load(x, 80);
    const g4 = weighting.apply(v128.load(dy, 64), weight + 64);
    const g5 = weighting.apply(v128.load(dy, 80), weight + 80);
    up = counting.above(counting.above(up, x4, u), x5, u);
    down = counting.below(counting.below(down, x4, l), x5, l);
    const c = f32x4.add(g4, g5);
    const cy = f32x4.add(f32x4.mul(g4, f32x4.mul(f32x4.sub(x4, k), s)), f32x4.mul(g5, f32x4.mul(f32x4.sub(x5, k), s)));
    const x6 = v128.load(x, 96);
    const x7 = v128.load(x, 112);
    const g6 = weighting.apply(v128.load(dy, 96), weight + 96);
    const g7 = weighting.apply(v128.load(dy, 112), weight + 112);
    up = counting.above(counting.above(up, x6, u), x7, u);
    down = counting.below(counting.below(down, x6, l), x7, l);
    const d = f32x4.add(g6, g7);
    const dY = f32x4.add(f32x4.mul(g6, f32x4.mul(f32x4.sub(x6, k), s)), f32x4.mul(g7, f32x4.mul(f32x4.sub(x7, k), s)));
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    const sumY = f32x4.add(f32x4.add(ay, by), f32x4.add(cy, dY));
    low = f64x2.add(low, lowPair(sum));
    high = f64x2.add(high, highPair(sum));
    lowY = f64x2.add(lowY, lowPair(sumY));
    highY = f64x2.add(highY, highPair(sumY));
    x += 128;
    dy += 128;
    weight += 128;
  }
  for (; n > 0; n -= 4) {
    const valid = firstLanes(n);
    // what is not an element is at the mean, for those who count
    const here = v128.bitselect(v128.load(x), k, valid);
    const g = v128.and(weighting.apply(v128.load(dy), weight), valid);
    const gy = f32x4.mul(g, f32x4.mul(f32x4.sub(here, k), s));
    up = v128.bitselect(counting.above(up, here, u), up, valid);
    down = v128.bitselect(counting.below(down, here, l), down, valid);
    low = f64x2.add(low, lowPair(g));
    high = f64x2.add(high, highPair(g));
    lowY = f64x2.add(lowY, lowPair(gy));
    highY = f64x2.add(highY, highPair(gy));
    x += 16;
    dy += 16;
    weight += 16;
  }
  store<f64>(PART_SUM, pairSum(f64x2.add(low, high)));
  store<f64>(PART_DOT, pairSum(f64x2.add(lowY, highY)));
  store<i32>(PART_ABOVE, laneSum(up));
  store<i32>(PART_BELOW, laneSum(down));
}

/** Whether every element of group j is above or below the mean. */
export function isSided(j: i32): bool {
  return load<i32>(at32(GRADIENT_ABOVE, j)) + load<i32>(at32(GRADIENT_BELOW, j)) == count;
}

/** The terms of dx besides that of dy, from what they depend on: constants of the group, x, and y or x - centre. */
export interface Terms {
  /** Whether they depend on the element at all. */
  vary(): bool;
  /** Whether b is of the elements below the mean, not of all. */
  ofSides(): bool;
  of(x: v128, y: v128, a: v128, b: v128, c: v128, upper: v128): v128;
}

/** b: L∞, range, top-k and mean-only. */
export class Level implements Terms {
  @inline
  vary(): bool {
    return false;
  }
  @inline
  ofSides(): bool {
    return false;
  }
  @inline
  of(_x: v128, _y: v128, _a: v128, b: v128, _c: v128, _upper: v128): v128 {
    return b;
  }
}

/** a y + b: L2. */
export class Ramp implements Terms {
  @inline
  vary(): bool {
    return true;
  }
  @inline
  ofSides(): bool {
    return false;
  }
  @inline
  of(_x: v128, y: v128, a: v128, b: v128, _c: v128, _upper: v128): v128 {
    return f32x4.add(f32x4.mul(y, a), b);
  }
}

/** b below the mean, and with other bits, those of a, above it: L1 without elements at the mean. */
export class Side implements Terms {
  @inline
  vary(): bool {
    return true;
  }
  @inline
  ofSides(): bool {
    return true;
  }
  @inline
  of(x: v128, _y: v128, a: v128, b: v128, _c: v128, upper: v128): v128 {
    return v128.xor(b, v128.and(f32x4.gt(x, upper), a));
  }
}

/** The same, and c at the mean, which is `upper` then. */
export class SideOrMiddle implements Terms {
  @inline
  vary(): bool {
    return true;
  }
  @inline
  ofSides(): bool {
    return true;
  }
  @inline
  of(x: v128, _y: v128, a: v128, b: v128, c: v128, upper: v128): v128 {
    const side = v128.xor(b, v128.and(f32x4.gt(x, upper), a));
    return v128.bitselect(c, side, f32x4.eq(x, upper));
  }
}

/** dx = dy * gain - terms of x and x - centre, over n elements that have one weight; in place over x or dy, or not. */
export function gradientOutput<T extends Terms>(
  x: usize,
  dy: usize,
  dx: usize,
  n: i32,
  centre: f32,
  gain: f32,
  a: f32,
  b: f32,
  c: f32,
  upper: f32,
): void {
  const terms = changetype<T>(0);
  const k = f32x4.splat(centre);
  const p = f32x4.splat(gain);
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const vc = f32x4.splat(c);
  const u = f32x4.splat(upper);
  for (; n >= 16; n -= 16) {
    let t0 = vb;
    let t1 = vb;
    let t2 = vb;
    let t3 = vb;
    if (terms.vary()) {
      const x0 = v128.load(x, 0);
      const x1 = v128.load(x, 16);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      t0 = terms.of(x0, f32x4.sub(x0, k), va, vb, vc, u);
      t1 = terms.of(x1, f32x4.sub(x1, k), va, vb, vc, u);
      t2 = terms.of(x2, f32x4.sub(x2, k), va, vb, vc, u);
      t3 = terms.of(x3, f32x4.sub(x3, k), va, vb, vc, u);
    }
    const g0 = f32x4.mul(v128.load(dy, 0), p);
    const g1 = f32x4.mul(v128.load(dy, 16), p);
    const g2 = f32x4.mul(v128.load(dy, 32), p);
    const g3 = f32x4.mul(v128.load(dy, 48), p);
    v128.store(dx, f32x4.sub(g0, t0), 0);
    v128.store(dx, f32x4.sub(g1, t1), 16);
    v128.store(dx, f32x4.sub(g2, t2), 32);
    v128.store(dx, f32x4.sub(g3, t3), 48);
    x += 64;
    dy += 64;
    dx += 64;
  }
  for (; n > 0; n -= 4) {
    const here = v128.load(x);
    const term = terms.of(here, f32x4.sub(here, k), va, vb, vc, u);
    storeLanes(dx, f32x4.sub(f32x4.mul(v128.load(dy), p), term), n);
    x += 16;
    dy += 16;
    dx += 16;
  }
}

/**
 * The same with a weight per element: dx = dy * weight * gain - terms of x and y; and the sums for each element, dy * y
 * added to dw and dy to db.
 */
export function gradientOutputWeighted<T extends Terms>(
  x: usize,
  dy: usize,
  dx: usize,
  n: i32,
  centre: f32,
  rest: f32,
  scale: f32,
  gain: f32,
  a: f32,
  b: f32,
  c: f32,
  upper: f32,
  weight: usize,
  dw: usize,
  db: usize,
): void {
  const terms = changetype<T>(0);
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const s = f32x4.splat(scale);
  const p = f32x4.splat(gain);
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const vc = f32x4.splat(c);
  const u = f32x4.splat(upper);
  for (; n >= 8; n -= 8) {
    const x0 = v128.load(x, 0);
    const x1 = v128.load(x, 16);
    const g0 = v128.load(dy, 0);
    const g1 = v128.load(dy, 16);
    const y0 = f32x4.mul(f32x4.sub(f32x4.sub(x0, k), m), s);
    const y1 = f32x4.mul(f32x4.sub(f32x4.sub(x1, k), m), s);
    v128.store(dw, f32x4.add(v128.load(dw, 0), f32x4.mul(g0, y0)), 0);
    v128.store(dw, f32x4.add(v128.load(dw, 16), f32x4.mul(g1, y1)), 16);
    v128.store(db, f32x4.add(v128.load(db, 0), g0), 0);
    v128.store(db, f32x4.add(v128.load(db, 16), g1), 16);
    const w0 = f32x4.mul(f32x4.mul(g0, v128.load(weight, 0)), p);
    const w1 = f32x4.mul(f32x4.mul(g1, v128.load(weight, 16)), p);
    v128.store(dx, f32x4.sub(w0, terms.of(x0, y0, va, vb, vc, u)), 0);
    v128.store(dx, f32x4.sub(w1, terms.of(x1, y1, va, vb, vc, u)), 16);
    x += 32;
    dy += 32;
    dx += 32;
    weight += 32;
    dw += 32;
    db += 32;
  }
  for (; n > 0; n -= 4) {
    const here = v128.load(x);
    const g = v128.load(dy);
    const y = f32x4.mul(f32x4.sub(f32x4.sub(here, k), m), s);
    storeLanes(dw, f32x4.add(v128.load(dw), f32x4.mul(g, y)), n);
    storeLanes(db, f32x4.add(v128.load(db), g), n);
    const w = f32x4.mul(f32x4.mul(g, v128.load(weight)), p);
    storeLanes(dx, f32x4.sub(w, terms.of(here, y, va, vb, vc, u)), n);
    x += 16;
    dy += 16;
    dx += 16;
    weight += 16;
    dw += 16;
    db += 16;
  }
}

/** Adds n float32 at p to as many float64 at `to`, and zeroes them. */
export function spill(p: usize, to: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    const x = v128.load(p);
    v128.store(to, f64x2.add(v128.load(to, 0), lowPair(x)), 0);
    v128.store(to, f64x2.add(v128.load(to, 16), highPair(x)), 16);
    v128.store(p, zero);
    p += 16;
    to += 32;
  }
  for (; n > 0; n--) {
    store<f64>(to, load<f64>(to) + <f64>load<f32>(p));
    store<f32>(p, 0);
    p += 4;
    to += 8;
  }
}
