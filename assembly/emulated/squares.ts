// Emulated distances and the sum of their squares, of a single group in one pass. Nobody watches the operations: what was added is
// looked at afterwards, as in quick-sums.ts.

import { EXACT, ORDER, ORDER_LANES } from "../../src/abi/plan";
import {
  ACCUMULATE,
  COMPUTE,
  kindOf,
  LEAST,
  largestOf,
  PLAIN,
  precisionOf,
  STATISTICS,
  splits,
  splitterOf,
  WIDE,
} from "../formats/format";
import { EXPONENTS } from "../lanes/constants";
import { copyVectors, held } from "../lanes/vectors";
import { LANES, LANES_SAVED } from "../memory";
import { Split } from "./quick-sums";
import { fillLanes, side } from "./sums";

/** In line wherever it is called. */
class Square {
  /** d² on the grid of a format, whose upper end is for others to look at. */
  @inline
  static of(d: v128, exponents: v128, least: v128, magic: v128): v128 {
    const x = f32x4.mul(d, d);
    const m = i32x4.add(i32x4.max_s(v128.and(x, exponents), least), magic);
    return f32x4.sub(f32x4.add(x, m), m);
  }
}

/**
 * Whether addSquares() rounds to the formats of elements, statistics and sums, or has nothing to round, and the sum is one of a
 * single group in 32 lanes. Of squares of up to 11 digits that float32 rounds below 2^-126, none comes to stand half way between
 * two numbers.
 */
export function addsSquares(): bool {
  const kind = kindOf(STATISTICS);
  return (
    side == 1 &&
    load<i32>(ORDER) == ORDER_LANES &&
    !load<i32>(EXACT) &&
    (kind == PLAIN
      ? kindOf(ACCUMULATE) == PLAIN
      : kind != WIDE && splits(COMPUTE, STATISTICS) && splits(STATISTICS, ACCUMULATE))
  );
}

/** addSquares() where all is float32. */
function addPlainSquares(x: usize, to: usize, n: i32, m: v128): void {
  for (let at: usize = 0; at < 128; at += 32) {
    let a0 = v128.load(LANES + at, 0);
    let a1 = v128.load(LANES + at, 16);
    for (let p = at, end = (<usize>n) << 2; p < end; p += 128) {
      const d0 = f32x4.add(v128.load(x + p, 0), m);
      const d1 = f32x4.add(v128.load(x + p, 16), m);
      v128.store(to + p, d0, 0);
      v128.store(to + p, d1, 16);
      a0 = f32x4.add(a0, f32x4.mul(d0, d0));
      a1 = f32x4.add(a1, f32x4.mul(d1, d1));
    }
    v128.store(LANES + at, a0, 0);
    v128.store(LANES + at, a1, 16);
  }
}

/**
 * d = x + m, which go to `to`, and LANES += d² of n elements, a multiple of 32, in one pass; false, and the same LANES as before,
 * when something left the range of the formats.
 *
 * A distance is rounded by Veltkamp's splitting as a sum is. A square as in formats/operations.ts, but that it has no sign, and
 * that the greatest tells whether one is too large.
 */
export function addSquares(x: usize, to: usize, n: i32, m: v128): bool {
  const drop = 24 - precisionOf(STATISTICS);
  const c = v128.load(splitterOf(STATISTICS));
  const f = v128.load(splitterOf(ACCUMULATE));
  const exponents = v128.load(EXPONENTS);
  const least = v128.load(STATISTICS, LEAST);
  fillLanes();
  if (kindOf(STATISTICS) == PLAIN) {
    addPlainSquares(x, to, n, m);
    return true;
  }
  copyVectors(LANES, LANES_SAVED, 128);
  const magic = held(i32x4.splat((drop << 23) + 0x00400000));
  let most = f32x4.splat(0);
  for (let at: usize = 0; at < 128; at += 32) {
    let a0 = v128.load(LANES + at, 0);
    let a1 = v128.load(LANES + at, 16);
    for (let p = at, end = (<usize>n) << 2; p < end; p += 128) {
      const d0 = Split.by(f32x4.add(v128.load(x + p, 0), m), c);
      const d1 = Split.by(f32x4.add(v128.load(x + p, 16), m), c);
      v128.store(to + p, d0, 0);
      v128.store(to + p, d1, 16);
      const t0 = Square.of(d0, exponents, least, magic);
      const t1 = Square.of(d1, exponents, least, magic);
      most = f32x4.pmax(f32x4.pmax(most, t0), t1);
      a0 = Split.by(f32x4.add(a0, t0), f);
      a1 = Split.by(f32x4.add(a1, t1), f);
    }
    v128.store(LANES + at, a0, 0);
    v128.store(LANES + at, a1, 16);
  }
  // beyond 2^(127 - drop), the number that squares are rounded with is none
  const bound = f32x4.pmin(v128.load(largestOf(STATISTICS)), i32x4.splat((254 - drop) << 23));
  const largest = v128.load(largestOf(ACCUMULATE));
  let inside = f32x4.le(most, bound);
  for (let at: usize = 0; at < 128; at += 16) inside = v128.and(inside, f32x4.le(v128.load(LANES + at), largest));
  if (i32x4.all_true(inside)) return true;
  copyVectors(LANES_SAVED, LANES, 128);
  return false;
}
