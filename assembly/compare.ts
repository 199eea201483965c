// Error statistics of one stretch of numbers against another.

import { STORAGE_FLOAT32 } from "../src/layout";
import { measure } from "./errors";
import { unpack } from "./float16";
import { TILE, TILE_E, TILE_T, TILE_V, TILE_X } from "./memory";
import { placeStretch } from "./places";
import { copy } from "./tiles";
import { highPair, lowPair } from "./vectors";

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
  while (n > 0) {
    const count = min(n, TILE);
    c = load32(c, computed, count, TILE_X);
    v = load32(v, exact, count, TILE_T);
    widen(TILE_T, TILE_V, count);
    placeStretch(first);
    measure(state, TILE_X, TILE_V, count, TILE_E);
    copy(TILE_E, errors, count);
    errors += (<usize>count) << 2;
    first += count;
    n -= count;
  }
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

/** n float32, up to whole vectors, to float64. */
export function widen(from: usize, to: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    const x = v128.load(from);
    v128.store(to, lowPair(x), 0);
    v128.store(to, highPair(x), 16);
    from += 16;
    to += 32;
  }
}
