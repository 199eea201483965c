// Pairs of a tile of computed values and their exact ones, added to the error statistics of a stage.

import { OUTPUT, REDUCED_RANK } from "../../src/abi/plan";
import { ERRORS, ERRORS_BYTES, OWN, OWN_ERRORS, TOTAL_ERRORS } from "../../src/abi/report";
import { padded, writeTile } from "../emulated/bundle";
import { TILE_E } from "../memory";
import { base, width } from "../tensors/groups";
import { Layout } from "../tensors/offsets";
import { discountPairs, measure, measureEach, measureEqual } from "./error-statistics";
import { hasSmall } from "./powers";
import { clearRest, fill, Held, hasRest, laneStep, Real, rowsOf, vectorsOf } from "./reals";

/** The statistics of a stage, `kind` being OWN or TOTAL. */
export function stateOf(stage: i32, kind: i32): usize {
  return ERRORS + ERRORS_BYTES * (2 * stage + kind);
}

/**
 * Adds the pairs of c and the exact values that R makes of x; `small`: which may be so small that their squares are 0.
 */
export function hold<R extends Real>(
  stage: i32,
  kind: i32,
  c: usize,
  x: usize,
  from: i32,
  n: i32,
  small: bool = false,
): void {
  const state = stateOf(stage, kind);
  const vectors = vectorsOf(n);
  const rows = rowsOf(n);
  const rest = hasRest(n);
  const errors = load<usize>(kind == OWN ? OWN_ERRORS : TOTAL_ERRORS);
  // of a stretch of the tensor
  const direct = !rest && padded == 1 && !Layout.columnwise() && load<i32>(REDUCED_RANK) == 0;
  const to = direct ? errors + ((<usize>(base + from)) << 2) : TILE_E;
  if (small || rest) fill<R>(x, vectors, rows, laneStep());
  if (rest) clearRest(c, n);
  if (small && hasSmall(vectors * rows)) measureEach(state, c, (vectors * rows) << 2, to);
  else if (small || rest) measure<Held>(state, c, x, vectors, rows, 0, to);
  else measure<R>(state, c, x, vectors, rows, laneStep(), to);
  if (rest) discountPairs(state, ((vectors * rows) << 2) - n * width);
  if (direct) return;
  store<usize>(OUTPUT, errors);
  writeTile(from, n, TILE_E);
}

/** Adds the pairs of numbers with themselves; their errors are none, and go nowhere. */
export function holdEqual(stage: i32, kind: i32, c: usize, n: i32): void {
  const state = stateOf(stage, kind);
  const vectors = vectorsOf(n) * rowsOf(n);
  if (hasRest(n)) clearRest(c, n);
  measureEqual(state, c, vectors << 2);
  discountPairs(state, (vectors << 2) - n * width);
}
