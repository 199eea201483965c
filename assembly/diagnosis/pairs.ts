// Pairs of a tile of computed values and their exact ones, added to the error statistics of a stage.

import { OUTPUT } from "../../src/abi/plan";
import { ELEMENT_ERRORS, ERRORS, ERRORS_BYTES, INPUT_STAGE, TOTAL } from "../../src/abi/report";
import { Bundle, writeTile } from "../emulated/bundle";
import { COMPUTE } from "../formats/format";
import { TILE_E, TILE_R, TILE_X } from "../memory";
import { base, width } from "../tensors/groups";
import { Single } from "../tensors/tiles";
import { discountPairs, measureEach, measureEqual, setUnitOf } from "./error-statistics";
import { looksAtAll } from "./events";
import { hasSmall } from "./powers";
import { clearRest, fill, Held, hasRest, Itself, laneStep, Real, rowsOf, vectorsOf } from "./reals";
import { measure, measureKept } from "./tile-errors";

/** The statistics of a stage, `kind` being OWN or TOTAL. */
export function stateOf(stage: i32, kind: i32): usize {
  return ERRORS + ERRORS_BYTES * (2 * stage + kind);
}

/** Where |e| of a stage go. */
export function errorsOf(stage: i32, kind: i32): usize {
  return load<usize>(ELEMENT_ERRORS + ((<usize>(2 * stage + kind)) << 2));
}

/** Where a tile of pairs goes: the statistics, and |e| of its vectors, which are those of a stretch of the tensor or not. */
let state: usize = 0;
let errors: usize = 0;
let to: usize = 0;

function startPairs(stage: i32, kind: i32, from: i32, n: i32): void {
  state = stateOf(stage, kind);
  errors = errorsOf(stage, kind);
  to = Bundle.adjoins(n) ? errors + ((<usize>(base + from)) << 2) : TILE_E;
}

function finishPairs(from: i32, n: i32): void {
  if (to != TILE_E) return;
  writeFloats(errors, from, n, TILE_E);
}

/** Writes a tile to what has the order of the tensor. */
export function writeFloats(to: usize, from: i32, n: i32, tile: usize): void {
  store<usize>(OUTPUT, to);
  writeTile<Single>(from, n, tile);
}

/** Adds the pairs of c and TILE_V; `small`: which may be so small that their squares are 0. */
export function holdFilled(stage: i32, kind: i32, c: usize, from: i32, n: i32, small: bool = false): void {
  startPairs(stage, kind, from, n);
  const vectors = vectorsOf(n);
  const rows = rowsOf(n);
  const all = vectors * rows;
  if (hasRest(n)) clearRest(c, n);
  if (small && hasSmall(all)) measureEach(state, c, all << 2, to);
  else measure<Held>(state, c, c, vectors, rows, 0, to);
  if (hasRest(n)) discountPairs(state, (all << 2) - n * width);
  finishPairs(from, n);
}

/** Adds the pairs of c and the exact values that R makes of x. */
export function hold<R extends Real>(stage: i32, kind: i32, c: usize, x: usize, from: i32, n: i32): void {
  if (hasRest(n)) {
    fill<R>(x, vectorsOf(n), rowsOf(n), laneStep());
    holdFilled(stage, kind, c, from, n);
    return;
  }
  startPairs(stage, kind, from, n);
  measure<R>(state, c, x, vectorsOf(n), rowsOf(n), laneStep(), to);
  finishPairs(from, n);
}

/**
 * Adds the pairs of c, a tile, and `ratio` times the exact values that were kept, of n elements that fill whole vectors with each
 * group.
 */
export function holdKept(stage: i32, kind: i32, c: usize, kept: usize, ratio: f64, from: i32, n: i32): void {
  startPairs(stage, kind, from, n);
  measureKept(state, c, (n * width) >> 2, to, kept, c, ratio);
  finishPairs(from, n);
}

/** The same where c stand where their errors go: side by side in whole vectors. They are in TILE_X then. */
export function holdKeptInPlace(stage: i32, kind: i32, kept: usize, ratio: f64, from: i32, n: i32): void {
  startPairs(stage, kind, from, n);
  measureKept(state, to, n >> 2, to, kept, TILE_X, ratio);
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
