// Rounded operations: one rounding of an exact sum, product or quotient, in vectors and number by number.
//
// The rounding itself, on magnitudes (both widths alike):
//
//   e = the power of two at the bottom of x's binade, clamped to the format's exponents   1.0000...
//   M = 1.5 * 2^(bits to drop) * e                                                       1.1xxxxxxx
//   x + M has no room for what is below the grid, and is rounded to nearest even there; minus M gives x on the grid.
//   Clamping e from below makes the spacing of the subnormals, from above it lets what is too large be found after.

import { EXPONENTS, SIGN } from "../lanes/constants";
import { highPair, lowPair, magnitude } from "../lanes/vectors";
import {
  CUT,
  DOWN,
  FACTOR64,
  FLUSHED64,
  kindOf,
  LARGEST64,
  LEAST,
  LEAST64,
  MAGIC,
  MOST,
  MOST64,
  NARROW,
  OVERFLOWED64,
  PLAIN,
  UP,
  WIDE,
} from "./format";

/** In line wherever it is called. */
class Lanes {
  /**
   * Four float32 lanes to the grid of a NARROW format. What is beyond the format overflows on the way up by `up` and stays
   * infinite on the way down.
   */
  @inline
  static narrow(
    x: v128,
    exponents: v128,
    least: v128,
    most: v128,
    magic: v128,
    up: v128,
    down: v128,
    sign: v128,
  ): v128 {
    const e = i32x4.min_s(i32x4.max_s(v128.and(x, exponents), least), most);
    const m = i32x4.add(e, magic);
    const r = f32x4.sub(f32x4.add(x, m), m);
    // a zero that a negative number was rounded to has lost its sign
    return v128.or(f32x4.mul(f32x4.mul(r, up), down), v128.and(x, sign));
  }

  /**
   * The same of a CUT format, of which a float32 has the bits in front: half of the last one is added, less the smallest
   * float32 if it is 0 (ties to even), and the rest cut off. A carry goes into the exponent, up to infinity, as it should;
   * subnormals are no exception. To NaN, which has to be quiet, nothing is added: it could carry into the sign.
   */
  @inline
  static cut(x: v128, last: v128, half: v128, kept: v128): v128 {
    const odd = i32x4.eq(v128.and(x, last), last);
    const added = v128.and(i32x4.sub(half, odd), f32x4.eq(x, x));
    return v128.and(i32x4.add(x, added), kept);
  }

  /** The same float32, of which NaN is quiet: no zero changes by this one. */
  @inline
  static quiet(x: v128): v128 {
    return f32x4.sub(x, f32x4.splat(0));
  }

  /**
   * Where a float32 below 2^-126 is half way between two numbers of a CUT format: `tie`, but for sign and mantissa bits in
   * front.
   */
  @inline
  static half(x: v128, front: v128, tie: v128): v128 {
    return i32x4.eq(v128.andnot(x, front), tie);
  }
}

/** Two float64 lanes to the grid. */
function roundPair(x: v128, f: usize): v128 {
  const a = f64x2.abs(x);
  const infinity = i64x2.splat(0x7ff0000000000000);
  // no NaN is left: the instructions that ask for none are one each
  const e = f64x2.pmax(f64x2.pmin(v128.and(a, infinity), v128.load(f, MOST64)), v128.load(f, LEAST64));
  const m = f64x2.mul(e, v128.load(f, FACTOR64));
  let r = f64x2.sub(f64x2.add(a, m), m);
  r = v128.bitselect(v128.load(f, OVERFLOWED64), r, f64x2.gt(r, v128.load(f, LARGEST64)));
  r = v128.andnot(r, f64x2.lt(r, v128.load(f, FLUSHED64)));
  return v128.or(r, v128.andnot(x, i64x2.splat(0x7fffffffffffffff)));
}

/** A float64 to the grid. */
export function roundNumber(x: f64, f: usize): f64 {
  return f64x2.extract_lane(roundPair(f64x2.splat(x), f), 0);
}

/** a + b rounded once, whatever the lengths of a and b. */
export function roundSum(a: f64, b: f64, f: usize): f64 {
  return roundNumber(f64x2.extract_lane(changetype<Add>(0).pairs(f64x2.splat(a), f64x2.splat(b)), 0), f);
}

/**
 * sum / n rounded once, for a sum that was rounded to odd: the quotient is rounded to odd as well, by the sign of the
 * remainder (exact for n up to 2^26: the quotient is split into halves of 27 and 26 bits).
 */
export function roundQuotient(sum: f64, n: f64, f: usize): f64 {
  const q = sum / n;
  const high = reinterpret<f64>(reinterpret<i64>(q) & ~0x7ffffff);
  const remainder = sum - high * n - (q - high) * n;
  // without a branch, which nobody could foresee
  const inexact = i64(remainder < 0) | i64(remainder > 0);
  const beyond = inexact & (i64(remainder > 0) ^ i64(q > 0));
  return roundNumber(reinterpret<f64>((reinterpret<i64>(q) - beyond) | inexact), f);
}

export const ADDITION: i32 = 0;
export const PRODUCT: i32 = 1;
export const QUOTIENT: i32 = 2;
export const ROUNDING: i32 = 3;

/** What is done to two operands before rounding. */
export interface Operation {
  /** Which one it is, for those who watch it. */
  kind(): i32;
  lanes(a: v128, b: v128): v128;
  pairs(a: v128, b: v128): v128;
  /**
   * Whether `lanes` of numbers of a CUT format may be half way between two of its numbers without being exact, having been
   * rounded below 2^-126, to a multiple of 2^-149. Only then is a second rounding not that of the exact result: whatever lies
   * between stays on its side. Of products of 9 digits and more there are such; those of 8 are exact there, or too small.
   *
   * Sums there are exact. A quotient q = a / b that is not m, half way, is far from it: q - m = (a - m b) / b, and a - m b is a
   * multiple of the last bit of a, at least 2^-p of a, or of that of m b, which is 2^(-126-p) of that of b, at least 2^-p of b.
   * So the distance is more than 2^(-127-2p), or 2^-149: more than roundings there are.
   */
  blurs(): bool;
}

export class Add implements Operation {
  kind(): i32 {
    return ADDITION;
  }
  @inline
  blurs(): bool {
    return false;
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  /**
   * The sum rounded to odd, from where another rounding is exact whatever the lengths of a and b: toward zero (one bit
   * less where the error of the rounded sum points to zero), then the last bit set, unless it was exact (Boldo and
   * Melquiond, 2008). The error is Knuth's; it is NaN for infinities, which stay.
   */
  pairs(a: v128, b: v128): v128 {
    const sum = f64x2.add(a, b);
    const part = f64x2.sub(sum, a);
    const error = f64x2.add(f64x2.sub(a, f64x2.sub(sum, part)), f64x2.sub(b, part));
    const zero = f64x2.splat(0);
    const inexact = v128.or(f64x2.lt(error, zero), f64x2.gt(error, zero));
    const above = i64x2.shr_s(v128.xor(error, sum), 63);
    const odd = v128.or(i64x2.add(sum, v128.and(inexact, above)), v128.and(inexact, i64x2.splat(1)));
    return odd;
  }
}

export class Multiply implements Operation {
  kind(): i32 {
    return PRODUCT;
  }
  @inline
  blurs(): bool {
    return true;
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
  pairs(a: v128, b: v128): v128 {
    return f64x2.mul(a, b);
  }
}

/** The first operand alone. */
export class First implements Operation {
  kind(): i32 {
    return ROUNDING;
  }
  @inline
  blurs(): bool {
    return false;
  }
  lanes(a: v128, _b: v128): v128 {
    return a;
  }
  pairs(a: v128, _b: v128): v128 {
    return a;
  }
}

export class Divide implements Operation {
  kind(): i32 {
    return QUOTIENT;
  }
  @inline
  blurs(): bool {
    return false;
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
  pairs(a: v128, b: v128): v128 {
    return f64x2.div(a, b);
  }
}

/** Four lanes of a WIDE operation. */
function wide<O extends Operation>(a: v128, b: v128, f: usize): v128 {
  const operation = changetype<O>(0);
  const low = f32x4.demote_f64x2_zero(roundPair(operation.pairs(lowPair(a), lowPair(b)), f));
  const high = f32x4.demote_f64x2_zero(roundPair(operation.pairs(highPair(a), highPair(b)), f));
  return i64x2.shuffle(low, high, 0, 2);
}

/** Four float32 lanes, a NaN among them of any kind, to the grid of a CUT format. */
function cutLanes(x: v128, f: usize): v128 {
  return Lanes.cut(Lanes.quiet(x), v128.load(f, MAGIC), v128.load(f, UP), v128.load(f, DOWN));
}

/** One operation on four lanes, rounded to the format; for the places that are not hot. */
export function operate<O extends Operation>(a: v128, b: v128, kind: i32, f: usize): v128 {
  const operation = changetype<O>(0);
  if (kind == WIDE) return wide<O>(a, b, f);
  const x = operation.lanes(a, b);
  if (kind == PLAIN) return x;
  if (kind == CUT) {
    if (operation.blurs()) {
      const front = v128.andnot(v128.load(f, DOWN), v128.load(EXPONENTS));
      if (v128.any_true(Lanes.half(x, front, v128.load(f, MOST)))) return wide<O>(a, b, f);
    }
    return cutLanes(x, f);
  }
  return Lanes.narrow(
    x,
    v128.load(EXPONENTS),
    v128.load(f, LEAST),
    v128.load(f, MOST),
    v128.load(f, MAGIC),
    v128.load(f, UP),
    v128.load(f, DOWN),
    v128.load(SIGN),
  );
}

/** Who looks at the results of a tile while they are made. */
export interface Watch {
  /** Whether anybody does. */
  looks(): bool;
  /** A result r is ordinary unless |r| + addend > limit as integers; whether ordinary ones are looked at as well. */
  addend(): v128;
  limit(): v128;
  all(): bool;
  /** Takes r, of a and b: four lanes at place p of a tile that has `end` places in use. */
  note(kind: i32, a: v128, b: v128, r: v128, p: i32, end: i32): void;
}

export class Unwatched implements Watch {
  @inline
  looks(): bool {
    return false;
  }
  @inline
  addend(): v128 {
    return i32x4.splat(0);
  }
  @inline
  limit(): v128 {
    return i32x4.splat(0);
  }
  @inline
  all(): bool {
    return false;
  }
  @inline
  note(_kind: i32, _a: v128, _b: v128, _r: v128, _p: i32, _end: i32): void {}
}

/**
 * out = a (operation) b on rows of vectors: b starts again with every row and walks it by `step` bytes a vector (16, or
 * 0 to stay on one vector). In place allowed. `end`: places of the tile that are in use, for those who watch.
 */
export function map<O extends Operation, W extends Watch>(
  a: usize,
  b: usize,
  step: usize,
  out: usize,
  vectors: i32,
  rows: i32,
  f: usize,
  end: i32 = 0,
): void {
  const operation = changetype<O>(0);
  const watch = changetype<W>(0);
  const kind = kindOf(f);
  const exponents = v128.load(EXPONENTS);
  const least = v128.load(f, LEAST);
  const most = v128.load(f, MOST);
  const magic = v128.load(f, MAGIC);
  const up = v128.load(f, UP);
  const down = v128.load(f, DOWN);
  const sign = v128.load(SIGN);
  const front = v128.andnot(down, exponents);
  const addend = watch.addend();
  const limit = watch.limit();
  const all = watch.all();
  let p = 0;
  for (; rows > 0; rows--) {
    let at = b;
    let i = vectors;
    if (kind == NARROW && !all) {
      for (; i >= 2; i -= 2) {
        const x = v128.load(a, 0);
        const y = v128.load(at);
        const z = v128.load(a, 16);
        const w = v128.load(at + step);
        const r = Lanes.narrow(operation.lanes(x, y), exponents, least, most, magic, up, down, sign);
        const s = Lanes.narrow(operation.lanes(z, w), exponents, least, most, magic, up, down, sign);
        v128.store(out, r, 0);
        v128.store(out, s, 16);
        if (watch.looks()) {
          const m = i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
          const n = i32x4.gt_s(i32x4.add(magnitude(s), addend), limit);
          if (v128.any_true(v128.or(m, n))) {
            watch.note(operation.kind(), x, y, r, p, end);
            watch.note(operation.kind(), z, w, s, p + 4, end);
          }
          p += 8;
        }
        a += 32;
        out += 32;
        at += step << 1;
      }
    }
    if (kind <= CUT && !all) {
      for (; i > 0; i--) {
        const x = v128.load(a);
        const y = v128.load(at);
        const z = operation.lanes(x, y);
        let r = z;
        if (kind == CUT) {
          // results of arithmetic are quiet
          r = Lanes.cut(operation.kind() == ROUNDING ? Lanes.quiet(z) : z, magic, up, down);
          if (operation.blurs() && v128.any_true(Lanes.half(z, front, most))) r = wide<O>(x, y, f);
        }
        v128.store(out, r);
        if (watch.looks()) {
          const odd = i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
          if (v128.any_true(odd)) watch.note(operation.kind(), x, y, r, p, end);
          p += 4;
        }
        a += 16;
        out += 16;
        at += step;
      }
    }
    for (; i > 0; i--) {
      const x = v128.load(a);
      const y = v128.load(at);
      const r = operate<O>(x, y, kind, f);
      v128.store(out, r);
      if (watch.looks()) {
        const odd = i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
        if (v128.any_true(odd) || all) watch.note(operation.kind(), x, y, r, p, end);
        p += 4;
      }
      a += 16;
      out += 16;
      at += step;
    }
  }
}
