// Native sums of terms over contiguous elements.
//
// Eight vectors of terms are added as a tree in float32 (three roundings), the sum of the tree goes into float64 lanes.
// The relative error of a sum of non-negative terms is therefore at most three roundings, at any length, for little
// more than one addition per vector. Signed sums cancel, so plain sums are in float64 throughout.

import { firstLanes, highPair, lowPair, pairSum } from "../lanes/vectors";

/** What is added up: a function of the distance from the centre. */
export interface Term {
  of(d: v128): v128;
  pair(d: v128): v128;
}

/** Where distances are taken from. */
export interface Centre {
  distance(x: v128, centre: v128, rest: v128): v128;
}

export class Origin implements Centre {
  distance(x: v128, _centre: v128, _rest: v128): v128 {
    return x;
  }
}

/** The centre to float32: enough where what is missing to the mean can be made up for afterwards. */
export class Near implements Centre {
  distance(x: v128, centre: v128, _rest: v128): v128 {
    return f32x4.sub(x, centre);
  }
}

/** The centre in two float32 parts: (x - centre) is exact near the centre, so no digit is lost on large means. */
export class Mean implements Centre {
  distance(x: v128, centre: v128, rest: v128): v128 {
    return f32x4.sub(f32x4.sub(x, centre), rest);
  }
}

/** Sum of term(distance) over n float32 at p. */
export function sumTerms<T extends Term, C extends Centre>(p: usize, n: i32, centre: f32, rest: f32): f64 {
  const term = changetype<T>(0);
  const from = changetype<C>(0);
  const k = f32x4.splat(centre);
  const m = f32x4.splat(rest);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 32; n -= 32) {
    const a = f32x4.add(term.of(from.distance(v128.load(p, 0), k, m)), term.of(from.distance(v128.load(p, 16), k, m)));
    const b = f32x4.add(term.of(from.distance(v128.load(p, 32), k, m)), term.of(from.distance(v128.load(p, 48), k, m)));
    const c = f32x4.add(term.of(from.distance(v128.load(p, 64), k, m)), term.of(from.distance(v128.load(p, 80), k, m)));
    const d = f32x4.add(
      term.of(from.distance(v128.load(p, 96), k, m)),
      term.of(from.distance(v128.load(p, 112), k, m)),
    );
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    low = f64x2.add(low, lowPair(sum));
    high = f64x2.add(high, highPair(sum));
    p += 128;
  }
  for (; n > 0; n -= 4) {
    let t = term.of(from.distance(v128.load(p), k, m));
    if (n < 4) t = v128.and(t, firstLanes(n));
    low = f64x2.add(low, lowPair(t));
    high = f64x2.add(high, highPair(t));
    p += 16;
  }
  return pairSum(f64x2.add(low, high));
}

/** Sum of term(x - centre) in float64, for data whose terms leave the range of float32. */
export function sumTermsWide<T extends Term>(p: usize, n: i32, centre: f64): f64 {
  const term = changetype<T>(0);
  const k = f64x2.splat(centre);
  let sum = f64x2.splat(0);
  for (; n >= 2; n -= 2) {
    sum = f64x2.add(sum, term.pair(f64x2.sub(lowPair(v128.load64_zero(p)), k)));
    p += 8;
  }
  if (n > 0) {
    const t = term.pair(f64x2.sub(lowPair(v128.load32_zero(p)), k));
    sum = f64x2.replace_lane(sum, 0, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(t, 0));
  }
  return pairSum(sum);
}

/** What is added up one by one: a function of the distance in float64. */
export interface NumberTerm {
  number(d: f64): f64;
}

/** Sum of term((x - centre) * scale). */
export function sumNumbers<T extends NumberTerm>(p: usize, n: i32, centre: f64, scale: f64): f64 {
  const term = changetype<T>(0);
  let sum = 0.0;
  for (const end = p + ((<usize>n) << 2); p < end; p += 4) sum += term.number((<f64>load<f32>(p) - centre) * scale);
  return sum;
}

/** Plain sum of n float32 at p. */
export function sumPlain(p: usize, n: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  for (; n >= 8; n -= 8) {
    a = f64x2.add(a, lowPair(v128.load64_zero(p, 0)));
    b = f64x2.add(b, lowPair(v128.load64_zero(p, 8)));
    c = f64x2.add(c, lowPair(v128.load64_zero(p, 16)));
    d = f64x2.add(d, lowPair(v128.load64_zero(p, 24)));
    p += 32;
  }
  let sum = pairSum(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  for (; n > 0; n--) {
    sum += <f64>load<f32>(p);
    p += 4;
  }
  return sum;
}
