// float16 storage: widening to float32 lanes and narrowing to bits.
//
//            float16   s eeeee mmmmmmmmmm              bias  15
//            float32   s eeeeeeee mmmmmmmmmm 0000000000000   bias 127
//
// Shifting the magnitude left by 13 puts exponent and mantissa where float32 has them, with the exponent too small by
// 112 = 127 - 15.

import { checkApart } from "../preconditions";
import {
  ABS,
  BELOW_65536,
  EXPONENT_STEP,
  EXPONENTS,
  HALF_BIAS,
  HALF_FIELDS,
  HALF_LIMIT,
  HALF_MAGIC,
  HALF_MAGNITUDE,
  HALF_QUIET,
  HALF_SCALE,
  HALF_SIGN,
  HALF_SIGNED,
  HALF_SMALLEST,
  SIGN,
} from "./constants";
import { storeLanes } from "./vectors";

/** Bits of halves. Methods, because a decorator makes the compiler put them in line, and only methods may have one. */
class Halves {
  /**
   * Four halves, sign-extended to 32-bit lanes, to float32.
   *
   * With the missing bias added the magnitude reads as `normal`, right for normal numbers. For subnormals it reads as
   * 2^-15 (1 + m) where 2^-14 m is meant: one exponent step up and 2^-14 off gives `small`. Below 2^-14 `small` is the
   * lesser of the two, above it `normal` is, so the minimum chooses. (The popular multiplication by 2^112 costs an
   * assist per subnormal operand on x86.)
   */
  @inline
  static widen(
    h: v128,
    fields: v128,
    bias: v128,
    step: v128,
    smallest: v128,
    limit: v128,
    infinity: v128,
    sign: v128,
  ): v128 {
    const x = i32x4.shl(h, 13);
    const normal = i32x4.add(v128.and(x, fields), bias);
    const small = f32x4.sub(i32x4.add(normal, step), smallest);
    const value = f32x4.pmin(small, normal);
    const special = v128.and(i32x4.gt_s(normal, limit), infinity);
    return v128.or(v128.or(value, special), v128.and(x, sign));
  }

  /**
   * Whether 32 halves are zero or normal. With 1 taken off the magnitudes, zero is the greatest unsigned number and
   * negative as a signed one, so that one extreme of each kind is enough:
   *
   *     magnitude   0        1 ... 0x3ff      0x400 ... 0x7bff      0x7c00 ...
   *     less 1      0xffff   0 ... 0x3fe      0x3ff ... 0x7bfe      0x7bff ...
   *                          subnormal        normal                infinity, NaN
   */
  @inline
  static plain(src: usize, magnitude: v128): v128 {
    const one = i16x8.splat(1);
    const a = i16x8.sub(v128.and(v128.load(src, 0), magnitude), one);
    const b = i16x8.sub(v128.and(v128.load(src, 16), magnitude), one);
    const c = i16x8.sub(v128.and(v128.load(src, 32), magnitude), one);
    const d = i16x8.sub(v128.and(v128.load(src, 48), magnitude), one);
    const least = i16x8.min_u(i16x8.min_u(a, b), i16x8.min_u(c, d));
    const most = i16x8.max_s(i16x8.max_s(a, b), i16x8.max_s(c, d));
    return v128.or(i16x8.lt_u(least, i16x8.splat(0x03ff)), i16x8.gt_s(most, i16x8.splat(0x7bfe)));
  }

  /**
   * Magnitude of float16 bits from four float32 lanes, in 32-bit lanes; NaN becomes infinity here.
   *
   * With e the power of two at the bottom of x's binade and M = 1.5 * 2^13 * e, the low bits of the float x + M hold
   * x / ulp rounded to nearest, ties to even: 1024 to 2048 for normal numbers (the hidden bit makes the exponent right by
   * carrying into it, and so does a mantissa that rounds up to the next binade), less than 1024 for subnormals.
   */
  @inline
  static narrowMagnitude(a: v128, limit: v128, exponents: v128, smallest: v128, magic: v128): v128 {
    a = i32x4.min_s(a, limit); // 65536 gives the bits of infinity
    const e = i32x4.max_s(v128.and(a, exponents), smallest);
    const m = i32x4.add(e, magic);
    const steps = i32x4.sub(f32x4.add(a, m), m);
    return i32x4.add(i32x4.shr_s(i32x4.sub(e, smallest), 13), steps);
  }
}

/** Elements between two looks at what a stretch of halves holds. */
const LOOK: i32 = 32;

/** float16 bits to float32. The regions do not overlap. */
export function unpack(src: usize, dst: usize, n: i32): void {
  if (!ASC_NO_ASSERT) checkApart(src, 2 * <i64>n, dst, 4 * <i64>n);
  unpackMasked(src, dst, n, v128.load(HALF_SIGNED));
}

/** float16 bits to float32 magnitudes. */
export function unpackMagnitudes(src: usize, dst: usize, n: i32): void {
  unpackMasked(src, dst, n, v128.load(HALF_FIELDS));
}

/** `kept`: the bits of a shifted half that count. */
function unpackMasked(src: usize, dst: usize, n: i32, kept: v128): void {
  const scale = v128.load(HALF_SCALE);
  const magnitude = v128.load(HALF_MAGNITUDE);
  let stretch = LOOK;
  while (n >= LOOK) {
    if (v128.any_true(Halves.plain(src, magnitude))) {
      // the same may follow: look again later every time
      const next = min(n, stretch) & ~7;
      stretch = min(2 * stretch, 16 * LOOK);
      unpackAny(src, dst, next, kept);
      src += (<usize>next) << 1;
      dst += (<usize>next) << 2;
      n -= next;
      continue;
    }
    stretch = LOOK;
    for (const end = dst + 4 * LOOK; dst < end; dst += 64) {
      v128.store(dst, f32x4.mul(v128.and(i32x4.shl(v128.load16x4_s(src, 0), 13), kept), scale), 0);
      v128.store(dst, f32x4.mul(v128.and(i32x4.shl(v128.load16x4_s(src, 8), 13), kept), scale), 16);
      v128.store(dst, f32x4.mul(v128.and(i32x4.shl(v128.load16x4_s(src, 16), 13), kept), scale), 32);
      v128.store(dst, f32x4.mul(v128.and(i32x4.shl(v128.load16x4_s(src, 24), 13), kept), scale), 48);
      src += 32;
    }
    n -= LOOK;
  }
  unpackAny(src, dst, n, kept);
}

/** The same for any halves, subnormals and specials among them. */
function unpackAny(src: usize, dst: usize, n: i32, kept: v128): void {
  const fields = v128.load(HALF_FIELDS);
  const bias = v128.load(HALF_BIAS);
  const step = v128.load(EXPONENT_STEP);
  const smallest = v128.load(HALF_SMALLEST);
  const limit = v128.load(BELOW_65536);
  const infinity = v128.load(EXPONENTS);
  const sign = v128.and(v128.load(SIGN), kept);
  for (; n >= 8; n -= 8) {
    v128.store(dst, Halves.widen(v128.load16x4_s(src, 0), fields, bias, step, smallest, limit, infinity, sign), 0);
    v128.store(dst, Halves.widen(v128.load16x4_s(src, 8), fields, bias, step, smallest, limit, infinity, sign), 16);
    src += 16;
    dst += 32;
  }
  for (; n > 0; n -= 4) {
    storeLanes(dst, Halves.widen(v128.load16x4_s(src), fields, bias, step, smallest, limit, infinity, sign), n);
    src += 8;
    dst += 16;
  }
}

/** float32 to float16 bits, nearest, ties to even; NaN becomes a quiet NaN. The regions do not overlap. */
export function pack(src: usize, dst: usize, n: i32): void {
  if (!ASC_NO_ASSERT) checkApart(src, 4 * <i64>n, dst, 2 * <i64>n);
  const abs = v128.load(ABS);
  const limit = v128.load(HALF_LIMIT);
  const exponents = v128.load(EXPONENTS);
  const smallest = v128.load(HALF_SMALLEST);
  const magic = v128.load(HALF_MAGIC);
  const quiet = v128.load(HALF_QUIET);
  const sign = v128.load(HALF_SIGN);
  for (; n > 0; n -= 8) {
    const x = v128.load(src, 0);
    const y = v128.load(src, 16);
    const a = v128.and(x, abs);
    const b = v128.and(y, abs);
    let h = i16x8.narrow_i32x4_s(
      Halves.narrowMagnitude(a, limit, exponents, smallest, magic),
      Halves.narrowMagnitude(b, limit, exponents, smallest, magic),
    );
    const nan = i16x8.narrow_i32x4_s(i32x4.gt_s(a, exponents), i32x4.gt_s(b, exponents));
    h = v128.or(h, v128.and(nan, quiet));
    h = v128.or(h, v128.and(i16x8.narrow_i32x4_s(i32x4.shr_s(x, 16), i32x4.shr_s(y, 16)), sign));
    if (n >= 8) {
      v128.store(dst, h);
    } else {
      storeHalves(dst, h, n);
    }
    src += 32;
    dst += 16;
  }
}

/** Stores the first `count` (1 to 7) of eight 16-bit lanes. */
function storeHalves(p: usize, h: v128, count: i32): void {
  if (count & 4) {
    v128.store64_lane(p, h, 0);
    p += 8;
    h = i64x2.shuffle(h, h, 1, 1);
  }
  if (count & 2) {
    v128.store32_lane(p, h, 0);
    p += 4;
    h = i64x2.shr_u(h, 32);
  }
  if (count & 1) v128.store16_lane(p, h, 0);
}
