// Vector constants in memory.
//
// V8 rebuilds a v128 constant every time round a loop; loaded from memory into a local before the loop it stays in a
// register (measured on Node 20 and 24: 1.5 to 2.4 times as fast). The start function fills the table once.

import { CONSTANTS, DIVISOR } from "../memory";

/** All bits but the sign. */
export const ABS: usize = CONSTANTS;
/** The sign alone. */
export const SIGN: usize = CONSTANTS + 16;
/** Exponent field of float32, also infinity. */
export const EXPONENTS: usize = CONSTANTS + 32;
/** A float16 magnitude where float32 has its fields: bits 13 to 27. */
export const HALF_FIELDS: usize = CONSTANTS + 48;
/** The difference of the biases, 112, in the exponent field. */
export const HALF_BIAS: usize = CONSTANTS + 64;
/** The last float32 below 2^16. */
export const BELOW_65536: usize = CONSTANTS + 80;
/** 2^-14, the smallest normal float16. */
export const HALF_SMALLEST: usize = CONSTANTS + 96;
/** 2^-14 + 2^23 ulps: one exponent step. */
export const EXPONENT_STEP: usize = CONSTANTS + 112;
/** 2^16. */
export const HALF_LIMIT: usize = CONSTANTS + 128;
/** Up by 13 binades and a half: from e to 1.5 * 2^13 * e. */
export const HALF_MAGIC: usize = CONSTANTS + 144;
/** The quiet bit of eight float16 NaNs. */
export const HALF_QUIET: usize = CONSTANTS + 160;
/** The sign bit of eight halves. */
export const HALF_SIGN: usize = CONSTANTS + 176;
/** 2^112, from a half shifted into place to its value. */
export const HALF_SCALE: usize = CONSTANTS + 192;
/** Sign and magnitude of a sign-extended half that was shifted into place. */
export const HALF_SIGNED: usize = CONSTANTS + 208;
/** Magnitudes of eight halves. */
export const HALF_MAGNITUDE: usize = CONSTANTS + 224;
/** For 16 elements without weights, and without biases, which keep the signs of zeros. */
export const ONES: usize = CONSTANTS + 240;
export const MINUS_ZEROS: usize = CONSTANTS + 304;

if (MINUS_ZEROS + 64 > DIVISOR) ERROR("constants reach into what follows them");

v128.store(ABS, i32x4.splat(0x7fffffff));
v128.store(SIGN, i32x4.splat(0x80000000));
v128.store(EXPONENTS, i32x4.splat(0x7f800000));
v128.store(HALF_FIELDS, i32x4.splat(0x0fffe000));
v128.store(HALF_BIAS, i32x4.splat(0x38000000));
v128.store(BELOW_65536, i32x4.splat(0x477fffff));
v128.store(HALF_SMALLEST, i32x4.splat(0x38800000));
v128.store(EXPONENT_STEP, i32x4.splat(0x00800000));
v128.store(HALF_LIMIT, i32x4.splat(0x47800000));
v128.store(HALF_MAGIC, i32x4.splat(0x06c00000));
v128.store(HALF_QUIET, i16x8.splat(0x0200));
v128.store(HALF_SIGN, i16x8.splat(-0x8000));
v128.store(HALF_SCALE, i32x4.splat(0x77800000));
v128.store(HALF_SIGNED, i32x4.splat(0x8fffe000));
v128.store(HALF_MAGNITUDE, i16x8.splat(0x7fff));
for (let at: usize = 0; at < 64; at += 16) {
  v128.store(ONES + at, f32x4.splat(1));
  v128.store(MINUS_ZEROS + at, f32x4.splat(-0.0));
}
