// A bundle: the groups that are emulated side by side, and their tiles.
//
// A panel of columns; rows that were transposed (many rows in sequential order); or a single row.

import {
  COUNT,
  COUNTED,
  EXACT,
  INPUT,
  INPUT_STORAGE,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  MOST_LANES,
  ORDER,
  ORDER_SEQUENTIAL,
  OUTPUT,
  OUTPUT_STORAGE,
  REDUCED_RANK,
  REDUCED_STRIDE,
  STORAGE_FLOAT16,
  STORAGE_FLOAT32,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_ROUNDED,
  WEIGHT,
} from "../../src/abi/plan";
import { COMPUTE, holdsHalf, kindOf, matchStatistics, PLAIN } from "../formats/format";
import { First, map, Operation, roundNumber, Unwatched, Watch } from "../formats/operations";
import { clearVectors } from "../lanes/vectors";
import { BUNDLE, DIVISOR, GROUP_MEAN, GROUP_TOP, TILE, TILE_T, TILE_X } from "../memory";
import { kindIn, Reduction, reductionIn, TermKind } from "../norms/norm";
import { traitsOf } from "../norms/with-norm";
import { checkEmulation, checkTile } from "../preconditions";
import { base, columnsLeft, count, group, startGroups, takeGroups, width } from "../tensors/groups";
import { keptOffset, Layout, reducedOffset } from "../tensors/offsets";
import { AnyForm, Form, gather, gatherWeights, read, readMagnitudes, scatter, write } from "../tensors/tiles";
import { lanesOf } from "./sums";

/** `width` filled up: 1, 32 in sequential order, else a multiple of 4. */
export let padded: i32 = 1;
/** Elements of a group that a tile holds: a multiple of 128. */
export let stretch: i32 = TILE;
/** Where the elements of a bundle stand that fits, or what has become of them: in TILE_X, or still in the tensor. */
export let source: usize = TILE_X;
/** Elements of weight and bias that TILE_W and TILE_B hold, rounded; -1 for none. */
let weightsAt: i32 = -1;
let biasesAt: i32 = -1;

/** In line wherever it is called. */
export class Bundle {
  /** Whether all of it fits the tile, and stays in it, centred in place. */
  @inline
  static whole(): bool {
    return count <= stretch;
  }

  /** Whether sums are of one element after another, those of several groups side by side. */
  @inline
  static sequential(): bool {
    return load<i32>(ORDER) == ORDER_SEQUENTIAL && !load<i32>(EXACT);
  }

  /** Whether n elements of it stand side by side in the tensor, in whole vectors if they are float32. */
  @inline
  static adjoins(n: i32): bool {
    return padded == 1 && !Layout.columnwise() && load<i32>(REDUCED_RANK) == 0 && !(n & 3);
  }
}

/** Before the first nextBundle() of a plan. */
export function startBundles(): void {
  if (!ASC_NO_ASSERT) checkEmulation();
  startGroups();
  matchStatistics();
  const n = load<f64>(COUNT);
  store<f64>(DIVISOR, load<i32>(COUNTED) ? roundNumber(n, COMPUTE) : n);
  const traits = traitsOf();
  const bare =
    reductionIn(traits) == Reduction.Sum &&
    kindIn(traits) == TermKind.Size &&
    !(load<i32>(TASK) & (TASK_CENTRE | TASK_GIVEN | TASK_APPLY)) &&
    load<i32>(INPUT_STORAGE) == STORAGE_FLOAT16 &&
    holdsHalf(COMPUTE);
  readMagnitudes(bare);
  weightsAt = -1;
  biasesAt = -1;
}

/** Groups side by side that there are accumulators for. */
function mostGroups(): i32 {
  const groups = MOST_LANES >> ctz(lanesOf());
  return groups < 4 ? 1 : groups;
}

/** Goes to the next bundle, of which nothing is read yet; false behind the last. */
export function nextBundle(): bool {
  const first = group + width;
  const columnwise = Layout.columnwise();
  const sequential = Bundle.sequential();
  const left = columnwise ? columnsLeft() : load<i32>(KEPT_TOTAL) - first;
  if (left <= 0) return false;
  let wide = 1;
  if (columnwise || sequential) {
    wide = min(min(reductionIn(traitsOf()) == Reduction.Largest ? 4 : BUNDLE, mostGroups()), left);
    // a single chain is quicker alone than beside three idle lanes
    if (!columnwise && wide < 4) wide = 1;
  }
  takeGroups(first, wide);
  padded = wide == 1 ? 1 : sequential ? BUNDLE : (wide + 3) & ~3;
  // without a division, which would take as long as the additions of a short row
  stretch = padded == 1 ? TILE : (TILE / padded) & ~127;
  if (!ASC_NO_ASSERT) assert(width <= padded && padded <= BUNDLE && stretch >= 128 && (stretch & 127) == 0);
  if (padded > 1) clearVectors(GROUP_MEAN, GROUP_TOP - GROUP_MEAN);
  return true;
}

/** The elements of the bundle at `source`, if they fit. */
export function fillBundle(): void {
  // lanes without a group hold zeros
  if (padded != width) memory.fill(TILE_X, 0, (<usize>TILE) << 2);
  source = TILE_X;
  if (load<i32>(TASK) & TASK_ROUNDED) {
    if (!ASC_NO_ASSERT) assert(Bundle.whole() && Bundle.adjoins(count));
    source = addressOf(0);
  } else if (Bundle.whole()) readTile(0, count, TILE_X);
}

/** Where element `from` of a single group is in the tensor, float32. */
function addressOf(from: i32): usize {
  return load<usize>(INPUT) + ((<usize>(base + from)) << 2);
}

/** From the next operation on, the elements are those of TILE_X. */
export function leaveSource(): void {
  source = TILE_X;
}

export function groupOf(values: usize, j: i32): f64 {
  return <f64>load<f32>(values + ((<usize>j) << 2));
}

/** A value of group j; of a single group in all four lanes. */
export function setGroup(values: usize, j: i32, x: f64): void {
  if (padded == 1) v128.store(values, f32x4.splat(<f32>x));
  else store<f32>(values + ((<usize>j) << 2), <f32>x);
}

/** A tile, which is the source then, = the source (operation) the value of each group, over n elements of each. */
export function across<O extends Operation>(values: usize, n: i32, to: usize): void {
  acrossTile<O, Unwatched>(source, values, n, to, COMPUTE);
  source = TILE_X;
}

/** The same from any tile to any, rounded to any format. */
export function acrossTile<O extends Operation, W extends Watch>(
  tile: usize,
  values: usize,
  n: i32,
  to: usize,
  f: usize,
): void {
  // the values of a vector of groups are the same in every row, too
  if (padded <= 4) map<O, W>(tile, values, 0, to, (n * padded + 3) >> 2, 1, f, n * padded);
  else map<O, W>(tile, values, 16, to, padded >> 2, n, f, n * padded);
}

/** A tile = tile a (operation) tile b, over n elements of each group. */
export function betweenTiles<O extends Operation, W extends Watch>(
  a: usize,
  b: usize,
  n: i32,
  to: usize,
  f: usize,
): void {
  map<O, W>(a, b, 16, to, (n * padded + 3) >> 2, 1, f, n * padded);
}

/** Rounds n elements of each group in a tile to the compute format. */
export function roundTile(tile: usize, n: i32): void {
  map<First, Unwatched>(tile, tile, 0, tile, (n * padded + 3) >> 2, 1, COMPUTE);
}

/** Weights (`field` WEIGHT) or biases (BIAS) of elements [from, from + n) of each group, rounded, to a tile. */
export function weightTile(field: usize, from: i32, n: i32, to: usize): void {
  if (padded == 1) {
    // rows that share their weights share the tile
    const at = Bundle.whole() ? keptOffset(group, KEPT_WEIGHT) : -1;
    const held = field == WEIGHT ? weightsAt : biasesAt;
    if (at >= 0 && at == held) return;
    if (field == WEIGHT) weightsAt = at;
    else biasesAt = at;
  }
  gatherWeightTile(field, from, n, to);
  roundTile(to, n);
}

/** The same of rows, as they are, to a tile other than TILE_T. */
export function gatherWeightTile(field: usize, from: i32, n: i32, to: usize): void {
  if (padded == 1) {
    gatherWeights(field, group, from, n, to);
  } else {
    for (let j = 0; j < width; j++) gatherWeights(field, group + j, from, n, TILE_T + ((<usize>(j * n)) << 2));
    transpose(TILE_T, n, to);
  }
}

/** Elements [from, from + n) of each group, in a tile that is not the one they may be transposed from. */
function checkPart(from: i32, n: i32, tile: usize): void {
  assert(from >= 0 && n > 0 && from + n <= count);
  assert(padded == 1 || Layout.columnwise() || tile != TILE_T);
  checkTile(tile, n * padded);
}

/** Elements [from, from + n) of every group of the bundle to a tile other than TILE_T. */
export function gatherTile(from: i32, n: i32, tile: usize): void {
  if (!ASC_NO_ASSERT) checkPart(from, n, tile);
  if (Layout.columnwise()) {
    let to = tile;
    for (let i = from; i < from + n; i++) {
      read(base + reducedOffset(i, REDUCED_STRIDE), width, to);
      to += (<usize>padded) << 2;
    }
  } else if (padded == 1) {
    gather(base, from, n, tile);
  } else {
    for (let j = 0; j < width; j++) {
      gather(keptOffset(group + j, KEPT_STRIDE), from, n, TILE_T + ((<usize>(j * n)) << 2));
    }
    transpose(TILE_T, n, tile);
  }
}

/** The same, rounded to the compute format. */
export function readTile(from: i32, n: i32, tile: usize): void {
  const halves = load<i32>(INPUT_STORAGE) == STORAGE_FLOAT16;
  if (kindOf(COMPUTE) == PLAIN || (halves && holdsHalf(COMPUTE))) {
    gatherTile(from, n, tile);
  } else if (!halves && Bundle.adjoins(n)) {
    const at = addressOf(from);
    map<First, Unwatched>(at, at, 0, tile, n >> 2, 1, COMPUTE);
  } else {
    gatherTile(from, n, tile);
    roundTile(tile, n);
  }
}

/** Where the last operation on the tile of an output puts it: there already, or in TILE_X, which is yet to be written. */
export function tileOfOutput(from: i32, n: i32): usize {
  if (load<i32>(OUTPUT_STORAGE) != STORAGE_FLOAT32 || !Bundle.adjoins(n)) return TILE_X;
  return load<usize>(OUTPUT) + ((<usize>(base + from)) << 2);
}

/** The reverse, from a tile other than TILE_T to the output. */
export function writeTile<F extends Form = AnyForm>(from: i32, n: i32, tile: usize): void {
  if (!ASC_NO_ASSERT) checkPart(from, n, tile);
  if (Layout.columnwise()) {
    let source = tile;
    for (let i = from; i < from + n; i++) {
      write<F>(base + reducedOffset(i, REDUCED_STRIDE), width, source);
      source += (<usize>padded) << 2;
    }
  } else if (padded == 1) {
    scatter<F>(base, from, n, tile);
  } else {
    for (let j = 0; j < width; j++) {
      let source = tile + ((<usize>j) << 2);
      for (let to = TILE_T; to < TILE_T + ((<usize>n) << 2); to += 4) {
        store<f32>(to, load<f32>(source));
        source += (<usize>padded) << 2;
      }
      scatter<F>(keptOffset(group + j, KEPT_STRIDE), from, n, TILE_T);
    }
  }
}

/** `width` rows of n elements to n rows of `padded`; rows that are missing repeat the last. */
function transpose(rows: usize, n: i32, to: usize): void {
  if (!ASC_NO_ASSERT) checkTile(to, n * padded);
  const pitch = (<usize>padded) << 2;
  const bytes = (<usize>n) << 2;
  const last = rows + bytes * (width - 1);
  for (let j = 0; j < width; j += 4) {
    const a = rows + bytes * j;
    const b = min(a + bytes, last);
    const c = min(b + bytes, last);
    const d = min(c + bytes, last);
    let out = to + ((<usize>j) << 2);
    for (let at: usize = 0; at < bytes; at += 16) {
      const ra = v128.load(a + at);
      const rb = v128.load(b + at);
      const rc = v128.load(c + at);
      const rd = v128.load(d + at);
      const ab = i32x4.shuffle(ra, rb, 0, 4, 1, 5);
      const cd = i32x4.shuffle(rc, rd, 0, 4, 1, 5);
      const ef = i32x4.shuffle(ra, rb, 2, 6, 3, 7);
      const gh = i32x4.shuffle(rc, rd, 2, 6, 3, 7);
      v128.store(out, i64x2.shuffle(ab, cd, 0, 2));
      v128.store(out + pitch, i64x2.shuffle(ab, cd, 1, 3));
      v128.store(out + 2 * pitch, i64x2.shuffle(ef, gh, 0, 2));
      v128.store(out + 3 * pitch, i64x2.shuffle(ef, gh, 1, 3));
      out += pitch << 2;
    }
  }
}
