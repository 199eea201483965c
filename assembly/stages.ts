// The stages of an emulated normalization on a tile: the operations of emulate.ts one by one, watched or not, and the exact
// values beside them.

import {
  BIAS,
  INPUT_STORAGE,
  NORM,
  NORM_L2,
  NORM_NONE,
  NORM_POWER,
  POWER,
  STORAGE_FLOAT16,
  WEIGHT,
} from "../src/layout";
import { columnwise, format, gatherTile, group, padded, transpose, width } from "./bundle";
import { isUniform, weightOffset } from "./emulate";
import { ADDITION, mapTraced, note, POWER_OF, PRODUCT, ROUNDING } from "./events";
import { GROUP_BIAS, GROUP_NEGATED, GROUP_SCALE, GROUP_WEIGHT, TILE_B, TILE_R, TILE_T, TILE_W, TILE_X } from "./memory";
import { power } from "./power";
import { Add, First, holdsHalf, kindOf, Multiply, map, Operation, PLAIN, roundNumber } from "./rounding";
import { gatherWeights } from "./tiles";
import { magnitude } from "./vectors";

let tracing: bool = false;

/** Whether the operations from here on are watched. */
export function traceStages(yes: bool): void {
  tracing = yes;
}

/** Whether rounding the input changes nothing. */
export function isExactInput(): bool {
  return kindOf(format) == PLAIN || (load<i32>(INPUT_STORAGE) == STORAGE_FLOAT16 && holdsHalf(format));
}

/** out = a (operation) b over n elements of each group. */
function between<O extends Operation>(kind: i32, a: usize, b: usize, out: usize, n: i32): void {
  const vectors = (n * padded + 3) >> 2;
  if (tracing) mapTraced<O>(kind, a, b, 16, out, vectors, 1, n * padded, format);
  else map<O>(a, b, 16, out, vectors, 1, format);
}

/** TILE_X = TILE_X (operation) the value of each group. */
function across<O extends Operation>(kind: i32, values: usize, n: i32): void {
  const step = padded == 1 ? 0 : 16;
  const vectors = padded == 1 ? (n + 3) >> 2 : padded >> 2;
  const rows = padded == 1 ? 1 : n;
  if (tracing) mapTraced<O>(kind, TILE_X, values, step, TILE_X, vectors, rows, n * padded, format);
  else map<O>(TILE_X, values, step, TILE_X, vectors, rows, format);
}

/** TILE_R = elements [from, from + n) of each group as they are. */
export function readElements(from: i32, n: i32): void {
  gatherTile(from, n, TILE_R);
}

/** TILE_X = RN(TILE_R). */
export function roundInput(n: i32): void {
  between<First>(ROUNDING, TILE_R, TILE_R, TILE_X, n);
}

/** TILE_X = TILE_X - mean. */
export function centre(n: i32): void {
  across<Add>(ADDITION, GROUP_NEGATED, n);
}

/** TILE_T = the terms of TILE_X. */
export function takeTerms(n: i32): void {
  const norm = load<i32>(NORM);
  const end = TILE_T + ((<usize>(n * padded + 3) & ~3) << 2);
  if (norm == NORM_L2) {
    between<Multiply>(PRODUCT, TILE_X, TILE_X, TILE_T, n);
  } else if (norm == NORM_POWER) {
    const p = load<f64>(POWER);
    let x = TILE_X;
    for (let at = TILE_T; at < end; at += 4) {
      store<f32>(at, <f32>roundNumber(power(abs(<f64>load<f32>(x)), p), format));
      x += 4;
    }
    if (tracing) {
      for (let at: usize = 0; at < end - TILE_T; at += 16) {
        const d = v128.load(TILE_X + at);
        note(POWER_OF, d, d, v128.load(TILE_T + at), <i32>(at >> 2), n * padded, false);
      }
    }
  } else {
    let x = TILE_X;
    for (let at = TILE_T; at < end; at += 16) {
      v128.store(at, magnitude(v128.load(x)));
      x += 16;
    }
  }
}

/** TILE_X = TILE_X / S * weight + bias, with what roundWeights() left. */
export function scaleAndShift(n: i32): void {
  if (load<i32>(NORM) != NORM_NONE) across<Multiply>(PRODUCT, GROUP_SCALE, n);
  if (load<usize>(WEIGHT)) between<Multiply>(PRODUCT, TILE_X, TILE_W, TILE_X, n);
  if (load<usize>(BIAS)) between<Add>(ADDITION, TILE_X, TILE_B, TILE_X, n);
}

/** TILE_W and TILE_B = weights and biases of elements [from, from + n) of each group as they are. */
export function readWeights(outer: i32, start: i32, from: i32, n: i32): void {
  if (load<usize>(WEIGHT)) readWeight(WEIGHT, GROUP_WEIGHT, outer, start, from, n, TILE_W);
  if (load<usize>(BIAS)) readWeight(BIAS, GROUP_BIAS, outer, start, from, n, TILE_B);
}

function readWeight(field: usize, lanes: usize, outer: i32, start: i32, from: i32, n: i32, to: usize): void {
  if (columnwise || (padded > 1 && isUniform())) {
    for (let j = 0; j < width; j++) {
      const at = (<usize>weightOffset(outer, start, j)) << 2;
      store<f32>(lanes + ((<usize>j) << 2), load<f32>(load<usize>(field) + at));
    }
    const pitch = (<usize>padded) << 2;
    for (let i = 0; i < n; i++) {
      for (let at: usize = 0; at < pitch; at += 16) v128.store(to + at, v128.load(lanes + at));
      to += pitch;
    }
  } else if (padded == 1) {
    gatherWeights(field, group, from, n, to);
  } else {
    for (let j = 0; j < width; j++) gatherWeights(field, group + j, from, n, TILE_T + ((<usize>(j * n)) << 2));
    transpose(TILE_T, n, to);
  }
}

/** Rounds TILE_W and TILE_B. */
export function roundWeights(n: i32): void {
  const vectors = (n * padded + 3) >> 2;
  if (load<usize>(WEIGHT)) map<First>(TILE_W, TILE_W, 0, TILE_W, vectors, 1, format);
  if (load<usize>(BIAS)) map<First>(TILE_B, TILE_B, 0, TILE_B, vectors, 1, format);
}
