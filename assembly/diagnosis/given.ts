// Statistics that are given: what they are exactly, and a bundle that is traced with them. There are no terms and no sums.

import { DEVIATION, FORMAT_COMPUTE, FORMAT_STATISTICS, MEAN, TAIL, TAIL_SAME } from "../../src/abi/plan";
import { CENTRE_STAGE, DEVIATION_STAGE, INPUT_STAGE, MEAN_ROUNDED_STAGE, MEAN_STAGE } from "../../src/abi/report";
import { setGroup, stretch } from "../emulated/bundle";
import { rounded } from "../emulated/emulate";
import { clearVectors } from "../lanes/vectors";
import {
  BUNDLE_DOUBLES,
  GROUP_MEAN,
  GROUP_NEGATED,
  REAL_HIGH,
  REAL_LOW,
  REAL_SCALE,
  REAL_SIZES,
  TILE_R,
} from "../memory";
import { isScaled } from "../norms/norm";
import { Float64, scaleOfDeviation } from "../norms/scale";
import { traitsOf } from "../norms/with-norm";
import { count, group, width } from "../tensors/groups";
import { enterStage, noteNumber, takeAllGroups, takeGroup, Watched } from "./events";
import { holdInput } from "./pairs";
import { addSizes, finishSizes, setReal } from "./reals";
import { centre, readElements, roundInput } from "./stages";
import { placeTile } from "./tile-indices";
import { divideBy, toCompute, WatchedNumbers } from "./watched-numbers";

/** What is given for group j at the address in a field of the plan. */
function givenAt(field: usize, j: i32): f64 {
  return <f64>load<f32>(load<usize>(field) + ((<usize>(group + j)) << 2));
}

export function givenDeviation(j: i32): f64 {
  return givenAt(DEVIATION, j);
}

/** The exact mean and scale of the groups of the bundle. */
export function takeGiven(): void {
  const traits = traitsOf();
  for (let j = 0; j < width; j++) {
    setReal(REAL_HIGH, j, givenAt(MEAN, j));
    setReal(REAL_LOW, j, 0);
    if (isScaled(traits)) setReal(REAL_SCALE, j, scaleOfDeviation<Float64>(traits, givenDeviation(j)));
  }
}

/** One bundle from the input to the reciprocal. May be done twice. */
export function traceGiven(): void {
  takeGiven();
  const traits = traitsOf();
  for (let j = 0; j < width; j++) {
    takeGroup(j);
    enterStage(MEAN_STAGE, FORMAT_STATISTICS);
    const mean = roundedGiven(givenAt(MEAN, j));
    setGroup(GROUP_MEAN, j, mean);
    setGroup(GROUP_NEGATED, j, -mean);
    toCompute(MEAN_ROUNDED_STAGE, mean);
    if (!isScaled(traits)) continue;
    enterStage(DEVIATION_STAGE, FORMAT_STATISTICS);
    divideBy(j, scaleOfDeviation<WatchedNumbers>(traits, roundedGiven(givenDeviation(j))));
  }
  takeAllGroups();
  clearVectors(REAL_SIZES, BUNDLE_DOUBLES);
  for (let from = 0; from < count; from += stretch) {
    const n = min(stretch, count - from);
    readElements(from, n);
    placeTile(from);
    enterStage(INPUT_STAGE, FORMAT_COMPUTE);
    const x = roundInput<Watched>(n);
    holdInput(x, from, n);
    addSizes(REAL_SIZES, TILE_R, n);
    if (load<i32>(TAIL) != TAIL_SAME) continue;
    enterStage(CENTRE_STAGE, FORMAT_STATISTICS);
    centre<Watched>(x, n);
  }
  finishSizes(REAL_SIZES);
}

/** A given number in the format of the statistics, watched on its way there. */
function roundedGiven(x: f64): f64 {
  const result = rounded(x);
  noteNumber(x, 1, x, x != 0, result);
  return result;
}
