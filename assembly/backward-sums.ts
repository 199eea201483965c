// Native gradients over contiguous float32: the sums over a stretch of a group, and the output.
//
// Sums as in sums.ts: eight vectors as a tree in float32, the trees in float64.

import { SIGN } from "./constants";
import { Centre } from "./sums";
import { firstLanes, highPair, lowPair, pairSum, storeLanes } from "./vectors";

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

/** Whether elements above and below the mean are counted: sum sign(d), for L1. */
export interface Sides {
  count(sides: v128, d: v128): v128;
}

export class Uncounted implements Sides {
  @inline
  count(sides: v128, _d: v128): v128 {
    return sides;
  }
}

export class Counted implements Sides {
  @inline
  count(sides: v128, d: v128): v128 {
    const zero = f32x4.splat(0);
    return i32x4.add(sides, i32x4.sub(f32x4.lt(d, zero), f32x4.gt(d, zero)));
  }
}

// what the last call of `gradientSums` found
/** Sum of g. */
export let sumOfG: f64 = 0;
/** Sum of g * scale * distance. */
export let sumOfGY: f64 = 0;
/** Elements above the centre less those below it. */
export let sides: i32 = 0;

/** Sums over n elements. */
export function gradientSums<W extends Weighting, C extends Centre, S extends Sides>(
  x: usize,
  dy: usize,
  n: i32,
  weight: usize,
  centre: f32,
  rest: f32,
  scale: f32,
): void {
  const weighting = changetype<W>(0);
  const from = changetype<C>(0);
  const counting = changetype<S>(0);
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const s = f32x4.splat(scale);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let lowY = f64x2.splat(0);
  let highY = f64x2.splat(0);
  let count = i32x4.splat(0);
  for (; n >= 32; n -= 32) {
    const d0 = from.distance(v128.load(x, 0), k, m);
    const d1 = from.distance(v128.load(x, 16), k, m);
    const g0 = weighting.apply(v128.load(dy, 0), weight);
    const g1 = weighting.apply(v128.load(dy, 16), weight + 16);
    count = counting.count(counting.count(count, d0), d1);
    const a = f32x4.add(g0, g1);
    const ay = f32x4.add(f32x4.mul(g0, f32x4.mul(d0, s)), f32x4.mul(g1, f32x4.mul(d1, s)));
    const d2 = from.distance(v128.load(x, 32), k, m);
    const d3 = from.distance(v128.load(x, 48), k, m);
    const g2 = weighting.apply(v128.load(dy, 32), weight + 32);
    const g3 = weighting.apply(v128.load(dy, 48), weight + 48);
    count = counting.count(counting.count(count, d2), d3);
    const b = f32x4.add(g2, g3);
    const by = f32x4.add(f32x4.mul(g2, f32x4.mul(d2, s)), f32x4.mul(g3, f32x4.mul(d3, s)));
    const d4 = from.distance(v128.load(x, 64), k, m);
    const d5 = from.distance(v128.load(x, 80), k, m);
    const g4 = weighting.apply(v128.load(dy, 64), weight + 64);
    const g5 = weighting.apply(v128.load(dy, 80), weight + 80);
    count = counting.count(counting.count(count, d4), d5);
    const c = f32x4.add(g4, g5);
    const cy = f32x4.add(f32x4.mul(g4, f32x4.mul(d4, s)), f32x4.mul(g5, f32x4.mul(d5, s)));
    const d6 = from.distance(v128.load(x, 96), k, m);
    const d7 = from.distance(v128.load(x, 112), k, m);
    const g6 = weighting.apply(v128.load(dy, 96), weight + 96);
    const g7 = weighting.apply(v128.load(dy, 112), weight + 112);
    count = counting.count(counting.count(count, d6), d7);
    const d = f32x4.add(g6, g7);
    const dY = f32x4.add(f32x4.mul(g6, f32x4.mul(d6, s)), f32x4.mul(g7, f32x4.mul(d7, s)));
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
    const d = v128.and(from.distance(v128.load(x), k, m), valid);
    const g = v128.and(weighting.apply(v128.load(dy), weight), valid);
    const gy = f32x4.mul(g, f32x4.mul(d, s));
    count = counting.count(count, d);
    low = f64x2.add(low, lowPair(g));
    high = f64x2.add(high, highPair(g));
    lowY = f64x2.add(lowY, lowPair(gy));
    highY = f64x2.add(highY, highPair(gy));
    x += 16;
    dy += 16;
    weight += 16;
  }
  sumOfG = pairSum(f64x2.add(low, high));
  sumOfGY = pairSum(f64x2.add(lowY, highY));
  count = i32x4.add(count, i64x2.shuffle(count, count, 1, 0));
  sides = i32x4.extract_lane(count, 0) + i32x4.extract_lane(count, 1);
}

/** What is taken off besides: the constant term and A w, by what w is proportional to. */
export interface Shape {
  /** Whether it depends on x. */
  varies(): bool;
  term(d: v128, y: v128, slope: v128, shift: v128, sign: v128): v128;
}

/** w does not depend on the element. */
export class Level implements Shape {
  @inline
  varies(): bool {
    return false;
  }
  @inline
  term(_d: v128, _y: v128, _slope: v128, shift: v128, _sign: v128): v128 {
    return shift;
  }
}

/** To y: L2. */
export class Slope implements Shape {
  @inline
  varies(): bool {
    return true;
  }
  @inline
  term(_d: v128, y: v128, slope: v128, shift: v128, _sign: v128): v128 {
    return f32x4.add(f32x4.mul(y, slope), shift);
  }
}

/** To the sign of d, which is 0 at the mean: L1. */
export class Side implements Shape {
  @inline
  varies(): bool {
    return true;
  }
  @inline
  term(d: v128, _y: v128, slope: v128, shift: v128, sign: v128): v128 {
    const side = v128.xor(slope, v128.and(d, sign));
    return f32x4.add(v128.and(side, f32x4.ne(d, f32x4.splat(0))), shift);
  }
}

/** dx = dy * gain - term(x - centre) over n elements that have one weight; in place over x or dy, or not. */
export function gradientOutput<C extends Centre, T extends Shape>(
  x: usize,
  dy: usize,
  dx: usize,
  n: i32,
  centre: f32,
  rest: f32,
  gain: f32,
  slope: f32,
  shift: f32,
): void {
  const from = changetype<C>(0);
  const shape = changetype<T>(0);
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const p = f32x4.splat(gain);
  const c = f32x4.splat(slope);
  const b = f32x4.splat(shift);
  const sign = v128.load(SIGN);
  for (; n >= 16; n -= 16) {
    let t0 = b;
    let t1 = b;
    let t2 = b;
    let t3 = b;
    if (shape.varies()) {
      const x0 = from.distance(v128.load(x, 0), k, m);
      const x1 = from.distance(v128.load(x, 16), k, m);
      const x2 = from.distance(v128.load(x, 32), k, m);
      const x3 = from.distance(v128.load(x, 48), k, m);
      t0 = shape.term(x0, x0, c, b, sign);
      t1 = shape.term(x1, x1, c, b, sign);
      t2 = shape.term(x2, x2, c, b, sign);
      t3 = shape.term(x3, x3, c, b, sign);
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
    const d = from.distance(v128.load(x), k, m);
    const g = f32x4.mul(v128.load(dy), p);
    storeLanes(dx, f32x4.sub(g, shape.term(d, d, c, b, sign)), n);
    x += 16;
    dy += 16;
    dx += 16;
  }
}

/**
 * The same with a weight per element: dx = dy * weight * gain - term(x - mean); and the sums for each element, dy * y
 * added to dw and dy to db.
 */
export function gradientOutputWeighted<T extends Shape>(
  x: usize,
  dy: usize,
  dx: usize,
  n: i32,
  centre: f32,
  rest: f32,
  scale: f32,
  gain: f32,
  slope: f32,
  shift: f32,
  weight: usize,
  dw: usize,
  db: usize,
): void {
  const shape = changetype<T>(0);
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  const s = f32x4.splat(scale);
  const p = f32x4.splat(gain);
  const c = f32x4.splat(slope);
  const b = f32x4.splat(shift);
  const sign = v128.load(SIGN);
  for (; n >= 8; n -= 8) {
    const d0 = f32x4.sub(f32x4.sub(v128.load(x, 0), k), m);
    const d1 = f32x4.sub(f32x4.sub(v128.load(x, 16), k), m);
    const g0 = v128.load(dy, 0);
    const g1 = v128.load(dy, 16);
    const y0 = f32x4.mul(d0, s);
    const y1 = f32x4.mul(d1, s);
    v128.store(dw, f32x4.add(v128.load(dw, 0), f32x4.mul(g0, y0)), 0);
    v128.store(dw, f32x4.add(v128.load(dw, 16), f32x4.mul(g1, y1)), 16);
    v128.store(db, f32x4.add(v128.load(db, 0), g0), 0);
    v128.store(db, f32x4.add(v128.load(db, 16), g1), 16);
    const w0 = f32x4.mul(f32x4.mul(g0, v128.load(weight, 0)), p);
    const w1 = f32x4.mul(f32x4.mul(g1, v128.load(weight, 16)), p);
    v128.store(dx, f32x4.sub(w0, shape.term(d0, y0, c, b, sign)), 0);
    v128.store(dx, f32x4.sub(w1, shape.term(d1, y1, c, b, sign)), 16);
    x += 32;
    dy += 32;
    dx += 32;
    weight += 32;
    dw += 32;
    db += 32;
  }
  for (; n > 0; n -= 4) {
    const d = f32x4.sub(f32x4.sub(v128.load(x), k), m);
    const g = v128.load(dy);
    const y = f32x4.mul(d, s);
    storeLanes(dw, f32x4.add(v128.load(dw), f32x4.mul(g, y)), n);
    storeLanes(db, f32x4.add(v128.load(db), g), n);
    const w = f32x4.mul(f32x4.mul(g, v128.load(weight)), p);
    storeLanes(dx, f32x4.sub(w, shape.term(d, y, c, b, sign)), n);
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
