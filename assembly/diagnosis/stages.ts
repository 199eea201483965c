// The stages of an emulated normalization on a tile: the operations of emulated/emulate.ts one by one, watched or not, and the exact
// values beside them.

import { BIAS, INPUT_STORAGE, STORAGE_FLOAT16, TASK, TASK_CENTRE, TASK_GIVEN, WEIGHT } from "../../src/abi/plan";
import {
  acrossTile,
  betweenTiles,
  gatherTile,
  gatherWeightTile,
  nextBundle,
  padded,
  roundTile,
} from "../emulated/bundle";
import { takeNumbers } from "../emulated/emulate";
import { COMPUTE, holdsHalf, kindOf, PLAIN, STATISTICS } from "../formats/format";
import { Add, First, Multiply, ROUNDING, Watch } from "../formats/operations";
import { magnitude } from "../lanes/vectors";
import {
  GROUP_BIAS,
  GROUP_NEGATED,
  GROUP_SCALE,
  GROUP_WEIGHT,
  TILE,
  TILE_B,
  TILE_D,
  TILE_R,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled, kindIn, TermKind } from "../norms/norm";
import { traitsOf } from "../norms/with-norm";
import { group, width } from "../tensors/groups";
import { isUniform, Layout, weightOffset } from "../tensors/offsets";
import { note, TERM, takeAllGroups, watchTile } from "./events";

/** Goes to the next bundle with all of its groups watched; false behind the last. */
export function nextWatchedBundle(): bool {
  if (!nextBundle()) return false;
  takeAllGroups();
  // lanes without a group hold zeros
  if (padded != width) memory.fill(TILE_R, 0, (<usize>TILE) << 2);
  return true;
}

export function isCentred(): bool {
  return (load<i32>(TASK) & (TASK_CENTRE | TASK_GIVEN)) != 0;
}

/** Whether means and deviations are given. */
export function isGiven(): bool {
  return (load<i32>(TASK) & TASK_GIVEN) != 0;
}

/** Whether rounding the input changes nothing. */
export function isExactInput(): bool {
  return kindOf(COMPUTE) == PLAIN || (load<i32>(INPUT_STORAGE) == STORAGE_FLOAT16 && holdsHalf(COMPUTE));
}

/** TILE_R = elements [from, from + n) of each group as they are. */
export function readElements(from: i32, n: i32): void {
  gatherTile(from, n, TILE_R);
}

/** The elements of TILE_R, rounded: the tile where they stand. */
export function roundInput<W extends Watch>(n: i32): usize {
  if (!isExactInput()) {
    betweenTiles<First, W>(TILE_R, TILE_R, n, TILE_X, COMPUTE);
    return TILE_X;
  }
  if (changetype<W>(0).looks()) watchTile(ROUNDING, TILE_R, n * padded);
  return TILE_R;
}

/** The distances of the elements at x from the mean: the tile where they stand. */
export function centre<W extends Watch>(x: usize, n: i32): usize {
  if (!isCentred()) return x;
  acrossTile<Add, W>(x, GROUP_NEGATED, n, TILE_D, STATISTICS);
  return TILE_D;
}

/** The distances of the elements at x from the mean that was rounded to the compute format, in that. */
export function fromRoundedMean<W extends Watch>(x: usize, n: i32): usize {
  if (!isCentred()) return x;
  acrossTile<Add, W>(x, GROUP_NEGATED, n, TILE_D, COMPUTE);
  return TILE_D;
}

/** A tile of the terms of the distances at d. */
export function takeTerms<W extends Watch>(d: usize, n: i32, to: usize): void {
  const kind = kindIn(traitsOf());
  const bytes = (<usize>(n * padded + 3) & ~3) << 2;
  if (kind == TermKind.Square) {
    betweenTiles<Multiply, W>(d, d, n, to, STATISTICS);
  } else if (kind == TermKind.Other) {
    takeNumbers(d, bytes, to);
    if (changetype<W>(0).looks()) {
      for (let at: usize = 0; at < bytes; at += 16) {
        const x = v128.load(d + at);
        note(TERM, x, x, v128.load(to + at), <i32>(at >> 2), n * padded, false);
      }
    }
  } else {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, magnitude(v128.load(d + at)));
  }
}

/** The distances at d by S, times weight plus bias, with what roundWeights() left: the tile where they stand. */
export function scaleAndShift<W extends Watch>(d: usize, n: i32): usize {
  const to = d == TILE_X ? TILE_D : TILE_X;
  let y = d;
  if (isScaled(traitsOf())) {
    acrossTile<Multiply, W>(d, GROUP_SCALE, n, to, COMPUTE);
    y = to;
  }
  if (load<usize>(WEIGHT)) {
    betweenTiles<Multiply, W>(y, TILE_W, n, to, COMPUTE);
    y = to;
  }
  if (load<usize>(BIAS)) {
    betweenTiles<Add, W>(y, TILE_B, n, to, COMPUTE);
    y = to;
  }
  return y;
}

/** TILE_W and TILE_B = weights and biases of elements [from, from + n) of each group as they are. */
export function readWeights(from: i32, n: i32): void {
  if (load<usize>(WEIGHT)) readWeight(WEIGHT, GROUP_WEIGHT, from, n, TILE_W);
  if (load<usize>(BIAS)) readWeight(BIAS, GROUP_BIAS, from, n, TILE_B);
}

function readWeight(field: usize, lanes: usize, from: i32, n: i32, to: usize): void {
  if (Layout.columnwise() || (padded > 1 && isUniform())) {
    for (let j = 0; j < width; j++) {
      const at = (<usize>weightOffset(group + j)) << 2;
      store<f32>(lanes + ((<usize>j) << 2), load<f32>(load<usize>(field) + at));
    }
    const pitch = (<usize>padded) << 2;
    for (let i = 0; i < n; i++) {
      for (let at: usize = 0; at < pitch; at += 16) v128.store(to + at, v128.load(lanes + at));
      to += pitch;
    }
  } else {
    gatherWeightTile(field, from, n, to);
  }
}

/** Rounds TILE_W and TILE_B. */
export function roundWeights(n: i32): void {
  if (load<usize>(WEIGHT)) roundTile(TILE_W, n);
  if (load<usize>(BIAS)) roundTile(TILE_B, n);
}
