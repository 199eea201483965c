// Outputs as x · a + b: a = weight / S and b = bias - mean · a of a group, or of each of its elements, and what is exact.

import { BIAS, FORMAT_COMPUTE, FORMAT_STATISTICS, WEIGHT } from "../../src/abi/plan";
import { OWN, SLOPE_STAGE, TOTAL } from "../../src/abi/report";
import { betweenTiles, padded, stretch } from "../emulated/bundle";
import { rounded } from "../emulated/emulate";
import { COMPUTE, isOneFormat, STATISTICS } from "../formats/format";
import { Add, Multiply, roundNumber, roundSum, Watch } from "../formats/operations";
import {
  REAL_HIGH,
  REAL_INVERSE,
  REAL_LOW,
  REAL_MEAN,
  REAL_SCALE,
  TILE_B,
  TILE_D,
  TILE_V,
  TILE_W,
  TILE_X,
} from "../memory";
import { isScaled } from "../norms/norm";
import { traitsOf } from "../norms/with-norm";
import { count, group, width } from "../tensors/groups";
import { isUniform } from "../tensors/offsets";
import { measurePair } from "./error-statistics";
import {
  enterStage,
  finishFinding,
  NO_ELEMENT,
  noteNumber,
  startFinding,
  takeAllGroups,
  takeGroup,
  unplaced,
} from "./events";
import { errorsOf, holdFilled, stateOf } from "./pairs";
import { realOf } from "./reals";
import { isCentred, readWeights } from "./stages";
import { placeTile } from "./tile-indices";

/** What fold() made: a and b, and each without rounding, of what it was made of. */
let slope: f64 = 0;
let shift: f64 = 0;
let slopeOfGiven: f64 = 0;
let shiftOfGiven: f64 = 0;

/** Whether a group has one a and one b. */
function isShared(): bool {
  return (load<usize>(WEIGHT) | load<usize>(BIAS)) == 0 || isUniform();
}

/**
 * a and b of group j with the weight and the bias `at` bytes in TILE_W and TILE_B, by the mean and 1 / S that were emulated.
 * The operations of one stage are watched; -1: of none. What is absent takes no operation.
 */
function fold(j: i32, at: usize, watched: i32): void {
  const centred = isCentred();
  const weight = load<usize>(WEIGHT) ? roundNumber(<f64>load<f32>(TILE_W + at), COMPUTE) : 1;
  const bias = load<usize>(BIAS) ? roundNumber(<f64>load<f32>(TILE_B + at), COMPUTE) : 0;
  const inverse = isScaled(traitsOf()) ? realOf(REAL_INVERSE, j) : 1;
  const mean = realOf(REAL_MEAN, j);
  slopeOfGiven = inverse * weight;
  const factor = rounded(slopeOfGiven);
  slope = roundNumber(factor, COMPUTE);
  const product = centred ? mean * factor : 0;
  const taken = rounded(product);
  const rest = roundSum(bias, -taken, STATISTICS);
  shift = roundNumber(rest, COMPUTE);
  shiftOfGiven = bias - product;
  if (watched < 0) return;
  enterStage(watched, FORMAT_STATISTICS);
  if (watched == SLOPE_STAGE) {
    if (load<usize>(WEIGHT)) noteNumber(inverse, weight, slopeOfGiven, inverse != 0 && weight != 0, factor);
  } else {
    if (centred) noteNumber(mean, factor, product, mean != 0 && factor != 0, taken);
    if (load<usize>(BIAS)) noteNumber(bias, -taken, bias - taken, bias != taken, rest);
  }
  if (isOneFormat()) return;
  enterStage(watched, FORMAT_COMPUTE);
  if (watched == SLOPE_STAGE) noteNumber(factor, 1, factor, factor != 0, slope);
  else noteNumber(rest, 1, rest, rest != 0, shift);
}

/** Exactly a or b, with the weight and the bias as they are. */
function exactFactor(stage: i32, j: i32, at: usize): f64 {
  const weight = load<usize>(WEIGHT) ? <f64>load<f32>(TILE_W + at) : 1;
  const bias = load<usize>(BIAS) ? <f64>load<f32>(TILE_B + at) : 0;
  const scale = isScaled(traitsOf()) ? realOf(REAL_SCALE, j) : 1;
  if (stage == SLOPE_STAGE) return weight / scale;
  if (!isCentred()) return bias;
  // quotients of products: a mean that is S gives 1, but not always times 1 / S, and below 1 units are half as large
  const rest = (realOf(REAL_LOW, j) * weight) / scale;
  const b = bias - (realOf(REAL_HIGH, j) * weight) / scale;
  return abs(rest) < Infinity ? b - rest : b;
}

/** Events and error statistics of the bundle's a or b. */
export function holdFactors(stage: i32): void {
  const n = isShared() ? 1 : count;
  for (let from = 0; from < n; from += stretch) holdTile(stage, from, min(stretch, n - from));
  if (unplaced()) {
    startFinding();
    for (let from = 0; from < n; from += stretch) takeTile(stage, from, min(stretch, n - from));
    finishFinding();
  }
}

function holdTile(stage: i32, from: i32, n: i32): void {
  takeTile(stage, from, n);
  const shared = isShared();
  if (shared) holdGroups(stage, OWN);
  else holdFilled(stage, OWN, TILE_X, from, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      const p = <usize>(i * padded + j);
      store<f64>(TILE_V + (p << 3), exactFactor(stage, j, p << 2));
    }
  }
  if (shared) holdGroups(stage, TOTAL);
  else holdFilled(stage, TOTAL, TILE_X, from, n);
}

/** TILE_X = a or b, TILE_V = the same of what they were made of without rounding; the weights stay in their tiles. */
function takeTile(stage: i32, from: i32, n: i32): void {
  const shared = isShared();
  placeTile(from);
  readWeights(from, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      const p = <usize>(i * padded + j);
      takeGroup(j, shared ? NO_ELEMENT : from + i);
      fold(j, p << 2, stage);
      store<f32>(TILE_X + (p << 2), <f32>(stage == SLOPE_STAGE ? slope : shift));
      store<f64>(TILE_V + (p << 3), stage == SLOPE_STAGE ? slopeOfGiven : shiftOfGiven);
    }
  }
  takeAllGroups();
}

/** Adds the pairs of TILE_X and TILE_V, one for each group; |e| go to an array of groups. */
function holdGroups(stage: i32, kind: i32): void {
  for (let j: usize = 0; j < <usize>width; j++) {
    const computed = <f64>load<f32>(TILE_X + (j << 2));
    const g = group + <i32>j;
    const e = measurePair(stateOf(stage, kind), computed, load<f64>(TILE_V + (j << 3)), g);
    store<f32>(errorsOf(stage, kind) + ((<usize>g) << 2), e);
  }
}

/** TILE_W = a and TILE_B = b of elements [from, from + n) of each group. */
export function foldTile(from: i32, n: i32): void {
  const shared = isShared();
  readWeights(from, n);
  for (let j = 0; j < width; j++) {
    for (let i = 0; i < n; i++) {
      const at = (<usize>(i * padded + j)) << 2;
      if (i == 0 || !shared) fold(j, at, -1);
      store<f32>(TILE_W + at, <f32>slope);
      store<f32>(TILE_B + at, <f32>shift);
    }
  }
}

/** x · a + b with what foldTile() left: the tile where they stand. */
export function multiplyAndAdd<W extends Watch>(x: usize, n: i32): usize {
  const to = x == TILE_X ? TILE_D : TILE_X;
  betweenTiles<Multiply, W>(x, TILE_W, n, to, COMPUTE);
  betweenTiles<Add, W>(to, TILE_B, n, to, COMPUTE);
  return to;
}
