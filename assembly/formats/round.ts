// Rounding to the grid of a format. Formats are blocks of constants in memory, so one kernel serves all of them.
//
// Three kinds of arithmetic, all of which give the format's own +, -, *, / exactly (nearest, ties to even):
//
//   PLAIN   float32 itself
//   NARROW  precision <= 11, exponents well inside float32's, overflow to infinity (float16, float8_e5m2): the operation
//           in float32 lanes, rounded once more. Two roundings are one here, because 24 >= 2 * 11 + 2 (Figueroa).
//   WIDE    every other format up to precision 24: the operation in float64 lanes, rounded to the format. 53 >= 2 * 24 + 2,
//           and float64 neither overflows nor underflows on float32 operands.
//
// The rounding itself, on magnitudes (both widths alike):
//
//   e = the power of two at the bottom of x's binade, clamped to the format's exponents   1.0000...
//   M = 1.5 * 2^(bits to drop) * e                                                       1.1xxxxxxx
//   x + M has no room for what is below the grid, and is rounded to nearest even there; minus M gives x on the grid.
//   Clamping e from below makes the spacing of the subnormals, from above it lets what is too large be found after.

import {
  FORMAT_COMPUTE,
  MODE_DOWN,
  MODE_NEAREST_EVEN,
  MODE_ODD,
  MODE_STOCHASTIC,
  MODE_UP,
  OVERFLOW_INFINITY,
  OVERFLOW_SATURATE,
} from "../../src/abi/plan";
import { EXPONENTS, SIGN } from "../lanes/constants";
import { powerOfTwo } from "../lanes/power";
import { highPair, lowPair } from "../lanes/vectors";
import { FORMAT_BYTES, FORMATS } from "../memory";

/** In line wherever it is called. */
export class Lanes {
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
}

export const PLAIN: i32 = 0;
export const NARROW: i32 = 1;
const WIDE: i32 = 2;

// offsets in a format block; float32 lanes
export const LEAST: usize = 0;
export const UP: usize = 16;
export const MAGIC: usize = 32;
const LARGEST: usize = 48;
export const DOWN: usize = 64;
export const MOST: usize = 224;
/** 2^(24 - precision) + 1, Veltkamp's factor. */
const SPLITTER: usize = 80;
// float64 lanes
export const LEAST64: usize = 96;
export const MOST64: usize = 112;
const FACTOR64: usize = 128;
export const LARGEST64: usize = 144;
export const OVERFLOWED64: usize = 160;
const FLUSHED64: usize = 176;
const SPACING64: usize = 192;
// scalars
const KIND: usize = 208;
const PRECISION: usize = 212;
const MINIMUM: usize = 216; // exponent of the smallest nonzero number
const FLUSHES: usize = 220;
const HOLDS_HALF: usize = 240;

/** Address of the block of a slot. */
export function formatAt(slot: i32): usize {
  return FORMATS + FORMAT_BYTES * slot;
}

export function kindOf(format: usize): i32 {
  return load<i32>(format, KIND);
}

export function precisionOf(format: usize): i32 {
  return load<i32>(format, PRECISION);
}

/** Addresses of Veltkamp's factor and of the largest finite value, in four lanes each. */
export function splitterOf(format: usize): usize {
  return format + SPLITTER;
}

export function largestOf(format: usize): usize {
  return format + LARGEST;
}

/** Biased float32 exponent of the smallest normal number. */
export function leastExponentOf(format: usize): i32 {
  return load<i32>(format, LEAST) >> 23;
}

/** Whether 4096 numbers of a format have a sum that float64 has. */
export function holdsSums(format: usize): bool {
  const span = (load<f64>(format, MOST64) * 2) / powerOfTwo(load<i32>(format, MINIMUM));
  return span <= powerOfTwo(41);
}

/** Whether every float16 is on the grid. */
export function holdsHalf(format: usize): bool {
  return load<i32>(format, HOLDS_HALF) != 0;
}

/**
 * Whether sums of numbers of `terms` round to the grid of `sums` by Veltkamp's splitting of the float32 sum: it does
 * not look at exponents, so the terms have to be multiples of the smallest number of `sums`, which must keep it.
 */
export function splits(terms: usize, sums: usize): bool {
  const p = precisionOf(sums);
  return (
    (p == 24 || (p <= 11 && precisionOf(terms) <= p)) &&
    load<i32>(terms, MINIMUM) >= load<i32>(sums, MINIMUM) &&
    load<i32>(sums, FLUSHES) == 0
  );
}

/**
 * The kind of sums in `sums` of terms on the grid of `terms`. Longer terms than sums break the argument for NARROW: a
 * term may be half way between two sums, and what decides far below it.
 */
export function kindOfSums(terms: usize, sums: usize): i32 {
  const kind = kindOf(sums);
  return kind == NARROW && precisionOf(terms) > precisionOf(sums) ? WIDE : kind;
}

/** Fills the block of a slot. `max` is the largest finite value. */
export function setFormat(
  slot: i32,
  precision: i32,
  emin: i32,
  emax: i32,
  max: f64,
  overflow: i32,
  subnormals: i32,
): void {
  const f = formatAt(slot);
  const over = overflow == OVERFLOW_INFINITY ? Infinity : overflow == OVERFLOW_SATURATE ? max : NaN;
  const minimum = emin - precision + 1;
  const flushes = !subnormals;
  const drop = 24 - precision;
  v128.store(f, i32x4.splat((emin + 127) << 23), LEAST);
  v128.store(f, f32x4.splat(<f32>powerOfTwo(127 - emax)), UP);
  v128.store(f, i32x4.splat((emax + 127) << 23), MOST);
  v128.store(f, i32x4.splat((drop << 23) + 0x00400000), MAGIC);
  v128.store(f, f32x4.splat(<f32>max), LARGEST);
  v128.store(f, f32x4.splat(<f32>powerOfTwo(emax - 127)), DOWN);
  v128.store(f, f32x4.splat(<f32>(powerOfTwo(drop) + 1)), SPLITTER);
  v128.store(f, f64x2.splat(powerOfTwo(emin)), LEAST64);
  v128.store(f, f64x2.splat(powerOfTwo(emax)), MOST64);
  v128.store(f, f64x2.splat(1.5 * powerOfTwo(53 - precision)), FACTOR64);
  v128.store(f, f64x2.splat(max), LARGEST64);
  v128.store(f, f64x2.splat(over), OVERFLOWED64);
  v128.store(f, f64x2.splat(flushes ? powerOfTwo(emin) : 0), FLUSHED64);
  v128.store(f, f64x2.splat(powerOfTwo(1 - precision)), SPACING64);
  const float32 = precision == 24 && emin == -126 && emax == 127 && !flushes && overflow == OVERFLOW_INFINITY;
  const ordinary = overflow == OVERFLOW_INFINITY && max == (2 - powerOfTwo(1 - precision)) * powerOfTwo(emax);
  const narrow = precision <= 11 && !flushes && ordinary && minimum > -125 && emax + drop < 126;
  store<i32>(f, float32 ? PLAIN : narrow ? NARROW : WIDE, KIND);
  store<i32>(f, precision, PRECISION);
  store<i32>(f, minimum, MINIMUM);
  store<i32>(f, flushes ? 1 : 0, FLUSHES);
  const holds = precision >= 11 && minimum <= -24 && emax >= 15 && max >= 65504 && !flushes;
  store<i32>(f, holds ? 1 : 0, HOLDS_HALF);
}

/** Two float64 lanes to the grid. */
function roundPair(x: v128, f: usize): v128 {
  const a = f64x2.abs(x);
  const infinity = i64x2.splat(0x7ff0000000000000);
  const e = f64x2.max(f64x2.min(v128.and(a, infinity), v128.load(f, MOST64)), v128.load(f, LEAST64));
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

/** A float64 to the grid in one of the other modes; `random` in [0, 1) decides the stochastic one. */
function roundDirected(x: f64, f: usize, mode: i32, random: f64): f64 {
  if (x != x) return x;
  const a = abs(x);
  const largest = load<f64>(f, LARGEST64);
  const e = max(
    min(reinterpret<f64>(reinterpret<i64>(a) & 0x7ff0000000000000), load<f64>(f, MOST64)),
    load<f64>(f, LEAST64),
  );
  const ulp = e * load<f64>(f, SPACING64);
  const steps = a / ulp;
  const below = floor(steps);
  const away = (mode == MODE_UP && x > 0) || (mode == MODE_DOWN && x < 0);
  let up = away && steps > below;
  if (mode == MODE_ODD) up = steps > below && fmod2(below) == 0;
  if (mode == MODE_STOCHASTIC) up = steps - below > random;
  let r = (up ? below + 1 : below) * ulp;
  if (r > largest) {
    // a finite number that is not rounded away from zero stays finite
    r = a < Infinity && !away && mode != MODE_STOCHASTIC ? largest : load<f64>(f, OVERFLOWED64);
  }
  if (r < load<f64>(f, FLUSHED64)) r = 0;
  return copysign(r, x);
}

function fmod2(x: f64): f64 {
  return x - 2 * floor(x * 0.5);
}

/** 32 well mixed bits of a counter (the finalizer of MurmurHash3). */
function mix(h: u32): u32 {
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/** n float32 to the grid of FORMAT_COMPUTE. In place allowed. Element i of a seed is rounded alike everywhere. */
export function round(src: usize, dst: usize, n: i32, mode: i32, seed: u32): void {
  const f = formatAt(FORMAT_COMPUTE);
  let i = 0;
  if (mode == MODE_NEAREST_EVEN) {
    i = n & ~3;
    map<First>(src, src, 0, dst, n >> 2, 1, f);
  }
  for (; i < n; i++) {
    const at = (<usize>i) << 2;
    const x = <f64>load<f32>(src + at);
    const random = <f64>mix(mix(seed) + <u32>i) * 2.3283064365386963e-10;
    store<f32>(dst + at, <f32>(mode == MODE_NEAREST_EVEN ? roundNumber(x, f) : roundDirected(x, f, mode, random)));
  }
}

/**
 * sum / n rounded once, for a sum that was rounded to odd: the quotient is rounded to odd as well, by the sign of the
 * remainder (exact for n up to 2^26: the quotient is split into halves of 27 and 26 bits).
 */
export function roundQuotient(sum: f64, n: f64, f: usize): f64 {
  const q = sum / n;
  const high = reinterpret<f64>(reinterpret<i64>(q) & ~0x7ffffff);
  const remainder = sum - high * n - (q - high) * n;
  let bits = reinterpret<i64>(q);
  if (remainder < 0 || remainder > 0) bits = (remainder > 0 == q > 0 ? bits : bits - 1) | 1;
  return roundNumber(reinterpret<f64>(bits), f);
}

/** What is done to two operands before rounding. */
export interface Operation {
  lanes(a: v128, b: v128): v128;
  pairs(a: v128, b: v128): v128;
}

export class Add implements Operation {
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
  lanes(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
  pairs(a: v128, b: v128): v128 {
    return f64x2.mul(a, b);
  }
}

/** The first operand alone. */
export class First implements Operation {
  lanes(a: v128, _b: v128): v128 {
    return a;
  }
  pairs(a: v128, _b: v128): v128 {
    return a;
  }
}

export class Divide implements Operation {
  lanes(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
  pairs(a: v128, b: v128): v128 {
    return f64x2.div(a, b);
  }
}

/** Four lanes of a WIDE operation. */
export function wide<O extends Operation>(a: v128, b: v128, f: usize): v128 {
  const operation = changetype<O>(0);
  const low = f32x4.demote_f64x2_zero(roundPair(operation.pairs(lowPair(a), lowPair(b)), f));
  const high = f32x4.demote_f64x2_zero(roundPair(operation.pairs(highPair(a), highPair(b)), f));
  return i64x2.shuffle(low, high, 0, 2);
}

/** One operation on four lanes, rounded to the format; for the places that are not hot. */
export function operate<O extends Operation>(a: v128, b: v128, kind: i32, f: usize): v128 {
  const operation = changetype<O>(0);
  if (kind == WIDE) return wide<O>(a, b, f);
  const x = operation.lanes(a, b);
  if (kind == PLAIN) return x;
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

/**
 * out = a (operation) b on rows of vectors: b starts again with every row and walks it by `step` bytes a vector (16, or
 * 0 to stay on one vector). In place allowed.
 */
export function map<O extends Operation>(
  a: usize,
  b: usize,
  step: usize,
  out: usize,
  vectors: i32,
  rows: i32,
  f: usize,
): void {
  const operation = changetype<O>(0);
  const kind = kindOf(f);
  const exponents = v128.load(EXPONENTS);
  const least = v128.load(f, LEAST);
  const most = v128.load(f, MOST);
  const magic = v128.load(f, MAGIC);
  const up = v128.load(f, UP);
  const down = v128.load(f, DOWN);
  const sign = v128.load(SIGN);
  for (; rows > 0; rows--) {
    let at = b;
    let i = vectors;
    if (kind == NARROW) {
      for (; i >= 2; i -= 2) {
        const x = operation.lanes(v128.load(a, 0), v128.load(at));
        const y = operation.lanes(v128.load(a, 16), v128.load(at + step));
        v128.store(out, Lanes.narrow(x, exponents, least, most, magic, up, down, sign), 0);
        v128.store(out, Lanes.narrow(y, exponents, least, most, magic, up, down, sign), 16);
        a += 32;
        out += 32;
        at += step << 1;
      }
    }
    for (; i > 0; i--) {
      v128.store(out, operate<O>(v128.load(a), v128.load(at), kind, f));
      a += 16;
      out += 16;
      at += step;
    }
  }
}
