// One stretch of numbers against another: error statistics, and whether they are the same.

import { STORAGE_FLOAT32 } from "../../src/abi/plan";
import { unpack } from "../lanes/float16";
import { TILE, TILE_E, TILE_T, TILE_X } from "../memory";
import { checkElements, checkRegion, checkState } from "../preconditions";
import { copy } from "../tensors/tiles";
import { discountPairs } from "./error-statistics";
import { Itself } from "./reals";
import { measure } from "./tile-errors";
import { placeStretch } from "./tile-indices";

/**
 * Adds pairs [first, first + n) of a tensor to a state: computed ones at c, exact ones at v, each in its storage. Their
 * |e| go to `errors` as float32, which may be c when that is float32.
 */
export function compare(
  state: usize,
  c: usize,
  computed: i32,
  v: usize,
  exact: i32,
  first: i32,
  n: i32,
  errors: usize,
): void {
  if (!ASC_NO_ASSERT) {
    checkState(state);
    checkElements(c, computed, n);
    checkElements(v, exact, n);
    checkRegion(errors, 4 * <i64>n, 4);
    assert(first >= 0);
  }
  while (n > 0) {
    const count = min(n, TILE);
    c = load32(c, computed, count, TILE_X);
    v = load32(v, exact, count, TILE_T);
    placeStretch(first, count);
    const vectors = (count + 3) >> 2;
    const rest = (vectors << 2) - count;
    for (let i: usize = count; i < <usize>(count + rest); i++) {
      store<f32>(TILE_X + (i << 2), 0);
      store<f32>(TILE_T + (i << 2), 0);
    }
    measure<Itself>(state, TILE_X, TILE_T, vectors, 1, 0, TILE_E);
    discountPairs(state, rest);
    copy(TILE_E, errors, count);
    errors += (<usize>count) << 2;
    first += count;
    n -= count;
  }
}

/** Whether n float32 at a and at b have the same bits. */
export function equal(a: usize, b: usize, n: i32): bool {
  if (!ASC_NO_ASSERT) {
    checkRegion(a, 4 * <i64>n, 4);
    checkRegion(b, 4 * <i64>n, 4);
  }
  for (; n >= 8; n -= 8, a += 32, b += 32) {
    const x = v128.xor(v128.load(a), v128.load(b));
    const y = v128.xor(v128.load(a, 16), v128.load(b, 16));
    if (v128.any_true(v128.or(x, y))) return false;
  }
  for (; n > 0; n--, a += 4, b += 4) if (load<i32>(a) != load<i32>(b)) return false;
  return true;
}

/** n elements of a storage to a tile; returns where they end. */
function load32(p: usize, storage: i32, n: i32, tile: usize): usize {
  if (storage == STORAGE_FLOAT32) {
    copy(p, tile, n);
    return p + ((<usize>n) << 2);
  }
  unpack(p, tile, n);
  return p + ((<usize>n) << 1);
}
