// What data consists of: binades, zeros, specials, the least and the greatest magnitude.

import { STORAGE_FLOAT32 } from "../../src/abi/plan";
import {
  INSPECT_COUNTS,
  INSPECT_HIGH,
  INSPECT_INFINITE,
  INSPECT_LEAST,
  INSPECT_LOW,
  INSPECT_NAN,
  INSPECT_ZEROS,
} from "../../src/abi/report";
import { unpack } from "../lanes/float16";
import { greatestLane, laneSum, leastLane, magnitude } from "../lanes/vectors";
import { TILE, TILE_T, TILE_X } from "../memory";
import { checkElements } from "../preconditions";

const INFINITY_BITS: i32 = 0x7f800000;

/** Starts anew. */
export function startInspection(): void {
  memory.fill(INSPECT_COUNTS, 0, INSPECT_HIGH + 4 - INSPECT_COUNTS);
  store<i32>(INSPECT_LOW, INFINITY_BITS);
}

/** Adds n elements at p. */
export function inspect(p: usize, storage: i32, n: i32): void {
  if (!ASC_NO_ASSERT) checkElements(p, storage, n);
  while (n > 0) {
    const count = min(n, TILE);
    if (storage == STORAGE_FLOAT32) {
      inspectTile(p, count);
      p += (<usize>count) << 2;
    } else {
      unpack(p, TILE_X, count);
      inspectTile(TILE_X, count);
      p += (<usize>count) << 1;
    }
    n -= count;
  }
}

/** In line wherever it is called. */
class Field {
  /** Counts the exponent field of the number at p. */
  @inline
  static count(fields: usize, p: usize): void {
    const counter = fields + ((load<u16>(p, 2) >> 3) & 0xff0);
    store<i32>(counter, load<i32>(counter) + 1);
  }
}

/** Adds n float32, at most TILE. */
function inspectTile(p: usize, n: i32): void {
  // exponent fields first, four counters of each side by side, so that equal neighbours do not wait for each other
  const fields = TILE_T;
  memory.fill(fields, 0, 4096);
  const end = p + ((<usize>n) << 2);
  let from = p;
  for (; from + 16 <= end; from += 16) {
    Field.count(fields, from);
    Field.count(fields + 4, from + 4);
    Field.count(fields + 8, from + 8);
    Field.count(fields + 12, from + 12);
  }
  for (; from < end; from += 4) Field.count(fields, from);
  for (let field = 1; field < 255; field++) {
    const found = laneSum(v128.load(fields + ((<usize>field) << 4)));
    count(<usize>INSPECT_COUNTS + ((<usize>(field - 127 - INSPECT_LEAST)) << 2), found);
  }
  if (v128.any_true(v128.or(v128.load(fields), v128.load(fields, 4080)))) {
    for (let at = p; at < end; at += 4) rare(load<i32>(at) & 0x7fffffff);
  }
  const infinity = i32x4.splat(INFINITY_BITS);
  let high = i32x4.splat(0);
  let low = infinity;
  for (let at = p; n > 0; n -= 4) {
    let x = n < 4 ? lastLanes(at, n) : magnitude(v128.load(at));
    // zeros and specials leave the extremes as they are
    const finite = i32x4.lt_s(x, infinity);
    high = i32x4.max_s(high, v128.and(x, finite));
    x = v128.bitselect(x, infinity, v128.and(finite, i32x4.gt_s(x, i32x4.splat(0))));
    low = i32x4.min_s(low, x);
    at += 16;
  }
  store<i32>(INSPECT_HIGH, max(load<i32>(INSPECT_HIGH), greatestLane(high)));
  store<i32>(INSPECT_LOW, min(load<i32>(INSPECT_LOW), leastLane(low)));
}

/** The magnitudes of the first n (1 to 3) of four lanes at p, zeros in the others. */
function lastLanes(p: usize, n: i32): v128 {
  const x = magnitude(v128.load(p));
  return v128.and(x, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

function count(counter: usize, n: i32): void {
  store<i32>(counter, load<i32>(counter) + n);
}

/** Counts magnitude bits of a zero, a subnormal, an infinity or a NaN; of other numbers nothing. */
function rare(x: i32): void {
  if (x == 0) count(INSPECT_ZEROS, 1);
  else if (x < 0x00800000) count(<usize>INSPECT_COUNTS + ((<usize>(31 - clz(x))) << 2), 1);
  else if (x == INFINITY_BITS) count(INSPECT_INFINITE, 1);
  else if (x > INFINITY_BITS) count(INSPECT_NAN, 1);
}
