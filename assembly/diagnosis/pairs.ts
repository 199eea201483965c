// Pairs of a tile of computed values and their exact ones, added to the error statistics of a stage.

import { OUTPUT } from "../../src/abi/plan";
import {
  ERRORS,
  ERRORS_BYTES,
  EXACT_HEAD_BYTES,
  INPUT_STAGE,
  OWN,
  OWN_ERRORS,
  TOTAL,
  TOTAL_ERRORS,
} from "../../src/abi/report";
import { Bundle, writeTile } from "../emulated/bundle";
import { COMPUTE } from "../formats/format";
import { TILE_E, TILE_R, TILE_V } from "../memory";
import { base, width } from "../tensors/groups";
import { Single } from "../tensors/tiles";
import { discountPairs, measureEach, measureEqual, setUnitOf } from "./error-statistics";
import { looksAtAll } from "./events";
import { hasSmall } from "./powers";
import { clearRest, fill, Held, hasRest, Itself, laneStep, Real, rowsOf, vectorsOf } from "./reals";
import { keep, measure, measureKept } from "./tile-errors";

/** The statistics of a stage, `kind` being OWN or TOTAL. */
export function stateOf(stage: i32, kind: i32): usize {
  return ERRORS + ERRORS_BYTES * (2 * stage + kind);
}

/** Where a tile of pairs goes: the statistics, and |e| of its vectors, which are those of a stretch of the tensor or not. */
let state: usize = 0;
let errors: usize = 0;
let to: usize = 0;

function startPairs(stage: i32, kind: i32, from: i32, n: i32): void {
  state = stateOf(stage, kind);
  errors = load<usize>(kind == OWN ? OWN_ERRORS : TOTAL_ERRORS);
  to = Bundle.adjoins(n) ? errors + ((<usize>(base + from)) << 2) : TILE_E;
}

function finishPairs(from: i32, n: i32): void {
  if (to != TILE_E) return;
  store<usize>(OUTPUT, errors);
  writeTile<Single>(from, n, TILE_E);
}

/** Adds the pairs of c and TILE_V. */
function measureFilled(c: usize, x: usize, n: i32, small: bool): void {
  const vectors = vectorsOf(n);
  const rows = rowsOf(n);
  const all = vectors * rows;
  if (hasRest(n)) clearRest(c, n);
  if (small && hasSmall(all)) measureEach(state, c, all << 2, to);
  else measure<Held>(state, c, x, vectors, rows, 0, to);
  if (hasRest(n)) discountPairs(state, (all << 2) - n * width);
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
  startPairs(stage, kind, from, n);
  if (small || hasRest(n)) {
    fill<R>(x, vectorsOf(n), rowsOf(n), laneStep());
    measureFilled(c, x, n, small);
  } else measure<R>(state, c, x, vectorsOf(n), rowsOf(n), laneStep(), to);
  finishPairs(from, n);
}

/**
 * Adds the pairs of c and `ratio` times the exact values that were kept, of n elements that fill whole vectors with each group;
 * where they are not known, keeps those in TILE_V first.
 */
export function holdKept(
  stage: i32,
  kind: i32,
  c: usize,
  kept: usize,
  known: bool,
  ratio: f64,
  from: i32,
  n: i32,
): void {
  startPairs(stage, kind, from, n);
  const all = n * width;
  if (!known) keep(TILE_V, 1, kept, all);
  if (ratio != 1) {
    // for once, in their place
    keep(kept + EXACT_HEAD_BYTES, ratio, TILE_V - EXACT_HEAD_BYTES, all);
    kept = TILE_V - EXACT_HEAD_BYTES;
  }
  measureKept(state, c, all >> 2, to, kept);
  finishPairs(from, n);
}

/** Adds the pairs of numbers with themselves; their errors are none, and go nowhere. */
export function holdEqual(stage: i32, kind: i32, c: usize, n: i32): void {
  const state = stateOf(stage, kind);
  const vectors = vectorsOf(n) * rowsOf(n);
  if (hasRest(n)) clearRest(c, n);
  measureEqual(state, c, vectors << 2);
  discountPairs(state, (vectors << 2) - n * width);
}

/** Adds the elements of TILE_R as they were rounded, at x, unless that is done a second time. */
export function holdInput(x: usize, from: i32, n: i32): void {
  if (looksAtAll()) return;
  setUnitOf(COMPUTE);
  if (x == TILE_R) holdEqual(INPUT_STAGE, TOTAL, x, n);
  else hold<Itself>(INPUT_STAGE, TOTAL, x, TILE_R, from, n);
}
