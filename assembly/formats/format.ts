// Formats are blocks of constants in memory, so one kernel serves all of them: those of the formats of an emulated computation.
//
// Four kinds of arithmetic, all of which give the format's own +, -, *, / exactly (nearest, ties to even):
//
//   PLAIN   float32 itself
//   NARROW  precision <= 11, exponents well inside float32's, overflow to infinity (float16, float8_e5m2): the operation
//           in float32 lanes, rounded once more. Two roundings are one here, because 24 >= 2 * 11 + 2 (Figueroa). The format
//           has a 1: what brings numbers beyond it to infinity, 2^(127 - emax), is then a float32.
//   CUT     precision <= 11, float32's exponents, overflow to infinity (bfloat16, tfloat32): a float32 with the end of its
//           mantissa cut off. The same; what exceeds float32 exceeds the format. Below 2^-126, where float32 has fewer digits
//           itself, the argument fails: what a product is there has to be looked at (operations.ts).
//   WIDE    every other format up to precision 24: the operation in float64 lanes, rounded to the format. 53 >= 2 * 24 + 2,
//           and float64 neither overflows nor underflows on float32 operands.

import {
  FORMAT_ACCUMULATE,
  FORMAT_COMPUTE,
  FORMAT_STATISTICS,
  OVERFLOW_INFINITY,
  OVERFLOW_SATURATE,
} from "../../src/abi/plan";
import { powerOfTwo } from "../lanes/power";
import { FORMAT_BYTES, FORMATS } from "../memory";

export const PLAIN: i32 = 0;
export const CUT: i32 = 1;
export const NARROW: i32 = 2;
export const WIDE: i32 = 3;

// offsets in a format block; float32 lanes
export const LEAST: usize = 0;
export const UP: usize = 16; // CUT: half of the last bit, less one
export const MAGIC: usize = 32; // CUT: the last bit that is kept
const LARGEST: usize = 48;
export const DOWN: usize = 64; // CUT: all bits that are kept
export const MOST: usize = 224; // CUT: half of the last bit

/** 2^(24 - precision) + 1, Veltkamp's factor. */
const SPLITTER: usize = 80;

// float64 lanes
export const LEAST64: usize = 96;
export const MOST64: usize = 112;
export const FACTOR64: usize = 128;
export const LARGEST64: usize = 144;
export const OVERFLOWED64: usize = 160;
export const FLUSHED64: usize = 176;
export const SPACING64: usize = 192;

// scalars
const KIND: usize = 208;
const PRECISION: usize = 212;
const MINIMUM: usize = 216; // exponent of the smallest nonzero number
const FLUSHES: usize = 220;
const HOLDS_HALF: usize = 240;
const KIND_ALONE: usize = 244; // the kind where operands are on the grid

/** Address of the block of a slot. */
export function formatAt(slot: i32): usize {
  if (!ASC_NO_ASSERT) assert(slot >= FORMAT_COMPUTE && slot <= FORMAT_STATISTICS);
  return FORMATS + FORMAT_BYTES * slot;
}

/** The format that is computed in, that of sums, and that of the statistics. */
export const COMPUTE: usize = FORMATS + FORMAT_BYTES * FORMAT_COMPUTE;
export const ACCUMULATE: usize = FORMATS + FORMAT_BYTES * FORMAT_ACCUMULATE;
export const STATISTICS: usize = FORMATS + FORMAT_BYTES * FORMAT_STATISTICS;

export function kindOf(format: usize): i32 {
  if (!ASC_NO_ASSERT) assert(load<i32>(format, PRECISION) > 0); // it was set
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

/** Whether every float16 is on the grid, infinities included. */
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
 * The kind of sums in `sums` of terms on the grid of `terms`. Longer terms than sums break the argument for float32 lanes: a
 * term may be half way between two sums, and what decides far below it.
 */
export function kindOfSums(terms: usize, sums: usize): i32 {
  return precisionOf(terms) > precisionOf(sums) ? WIDE : kindOf(sums);
}

/** Makes the kind of STATISTICS right for elements of COMPUTE. One of two operands is on its grid, as in a sum. */
export function matchStatistics(): void {
  store<i32>(STATISTICS, load<i32>(STATISTICS, KIND_ALONE), KIND);
  store<i32>(STATISTICS, kindOfSums(COMPUTE, STATISTICS), KIND);
}

/** Whether the statistics are in the format that is computed in: numbers of the one are then numbers of the other. */
export function isOneFormat(): bool {
  return (
    load<i32>(COMPUTE, PRECISION) == load<i32>(STATISTICS, PRECISION) &&
    load<i32>(COMPUTE, FLUSHES) == load<i32>(STATISTICS, FLUSHES) &&
    load<i64>(COMPUTE, LEAST64) == load<i64>(STATISTICS, LEAST64) &&
    load<i64>(COMPUTE, LARGEST64) == load<i64>(STATISTICS, LARGEST64) &&
    load<i64>(COMPUTE, OVERFLOWED64) == load<i64>(STATISTICS, OVERFLOWED64)
  );
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
  if (!ASC_NO_ASSERT) {
    assert(precision >= 2 && precision <= 24);
    assert(emin <= emax && emin >= -126 - (24 - precision) && emax <= 127);
    assert(overflow >= OVERFLOW_INFINITY && overflow <= OVERFLOW_SATURATE);
    assert(subnormals == 0 || subnormals == 1);
    assert(max > 0 && max < Infinity);
  }
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
  const short = precision <= 11 && !flushes && ordinary;
  const narrow = short && minimum > -125 && emax >= 0 && emax + drop < 126;
  const cut = short && emin == -126 && emax == 127;
  const kind = float32 ? PLAIN : narrow ? NARROW : cut ? CUT : WIDE;
  if (cut) {
    const last = 1 << drop;
    v128.store(f, i32x4.splat(last), MAGIC);
    v128.store(f, i32x4.splat((last >> 1) - 1), UP);
    v128.store(f, i32x4.splat(last >> 1), MOST);
    v128.store(f, i32x4.splat(-last), DOWN);
  }
  store<i32>(f, kind, KIND);
  store<i32>(f, kind, KIND_ALONE);
  store<i32>(f, precision, PRECISION);
  store<i32>(f, minimum, MINIMUM);
  store<i32>(f, flushes ? 1 : 0, FLUSHES);
  const infinite = overflow == OVERFLOW_INFINITY;
  const holds = precision >= 11 && minimum <= -24 && emax >= 15 && max >= 65504 && !flushes && infinite;
  store<i32>(f, holds ? 1 : 0, HOLDS_HALF);
}
