// Native arithmetic: mean, statistic, deviation and output of every group, for rows and columns alike.

import {
  COUNT,
  DEVIATION,
  KEPT_TOTAL,
  LAYOUT_COLUMNS,
  LAYOUT_ROWS,
  MEAN,
  PANEL,
  SCRATCH,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TASK_RAW,
  TOP,
} from "../../src/abi/plan";
import { powerOfTwo } from "../lanes/power";
import { clearVectors, copyVectors, fromOrdered } from "../lanes/vectors";
import {
  GROUP_TOP,
  PANEL_CENTRE,
  PANEL_FIRST,
  PANEL_HIGH,
  PANEL_LOW,
  PANEL_MEAN,
  PANEL_PLAIN,
  PANEL_REST,
  PANEL_SUM,
  TOP_BYTES,
} from "../memory";
import { isScaled, kindIn, Reduction, reductionIn, TermKind } from "../norms/norm";
import { deviationOf, Float64, factorFrom, partsOf } from "../norms/scale";
import { traitsOf } from "../norms/with-norm";
import { checkNative } from "../preconditions";
import { NO_HIGH, NO_LOW } from "../reductions/extremes";
import { startTop, sumTop, topBufferBytes } from "../reductions/top";
import { columnsLeft, group, startGroups, takeGroups, width } from "../tensors/groups";
import { Layout } from "../tensors/offsets";
import { applyColumns, passColumns, sampleColumns } from "./columns";
import { contiguousRows } from "./contiguous-rows";
import { FEW_ELEMENTS, isNear, isWhole, Pass, SAMPLE } from "./passes";
import { applyRows, enterRow, passRows, prepareRows, Row, sampleRows } from "./rows";

/** The same as FEW_ELEMENTS of columns. */
const FEW_ROWS: f64 = 128;

/** Groups that end in contiguous elements, one at a time, or as many as are walked together. */
export function rows(): void {
  const traits = traitsOf();
  if (!ASC_NO_ASSERT) checkNative(LAYOUT_ROWS, isScaled(traits));
  startGroups();
  prepareRows(kindIn(traits) == TermKind.Square, true);
  if (Row.direct() && contiguousRows(traits)) return;
  const groups = load<i32>(KEPT_TOTAL);
  for (let g = 0; g < groups; g += width) {
    enterGroups(g, Row.together(g));
    if (factors(traits)) applyRows();
  }
}

/** Groups side by side: the batch axis, channels last. */
export function columns(): void {
  const traits = traitsOf();
  if (!ASC_NO_ASSERT) checkNative(LAYOUT_COLUMNS, isScaled(traits));
  startGroups();
  while (nextColumns(PANEL)) if (factors(traits)) applyColumns();
}

/** Makes `wide` groups from number g on the panel, after prepareRows(). */
export function enterGroups(g: i32, wide: i32): void {
  takeGroups(g, wide);
  enterRow();
}

/** Makes the next columns the panel, `most` of them at the most; false behind the last. */
export function nextColumns(most: i32): bool {
  const left = columnsLeft();
  if (!left) return false;
  takeGroups(group + width, min(most, left));
  if (!ASC_NO_ASSERT) assert(width > 0 && width <= PANEL);
  return true;
}

/** One pass over `wide` groups of the panel from number `column` on. */
function run(pass: Pass, column: i32, wide: i32): void {
  if (Layout.columnwise()) passColumns(pass, column, wide);
  else passRows(pass, column, wide);
}

/** float64 values of the groups of the panel, up to whole vectors. */
export function bytes64(): usize {
  return (<usize>((width + 3) & ~3)) << 3;
}

function sumOf(j: i32): usize {
  return PANEL_SUM + ((<usize>j) << 3);
}

function plainOf(j: i32): f64 {
  return load<f64>(PANEL_PLAIN + ((<usize>j) << 3));
}

function restOf(j: i32): f32 {
  return load<f32>(PANEL_REST + ((<usize>j) << 2));
}

export function meanOf(j: i32): f64 {
  return load<f64>(PANEL_MEAN + ((<usize>j) << 3));
}

/**
 * Statistics of the panel, its means into PANEL_MEAN, PANEL_CENTRE and PANEL_REST, and the factors from distances to
 * outputs into PANEL_SUM; whether the plan goes on to an output.
 */
export function factors(traits: i32): bool {
  const task = load<i32>(TASK);
  const reduction = reductionIn(traits);
  const kind = kindIn(traits);
  const n = load<f64>(COUNT);
  const means = load<usize>(MEAN);
  const deviations = load<usize>(DEVIATION);
  const given = (task & TASK_GIVEN) != 0;
  const centre = (task & TASK_CENTRE) != 0 && !given;
  const first = (<usize>group) << 2;

  clearVectors(PANEL_MEAN, bytes64());
  const both =
    centre &&
    (task & TASK_NORM) != 0 &&
    kind == TermKind.Square &&
    n >= (Layout.columnwise() ? FEW_ROWS : FEW_ELEMENTS);
  if (both) moments(n);
  else if (centre) sum(Pass.Plain);
  for (let j = 0; j < width; j++) {
    const at = means + first + ((<usize>j) << 2);
    let mean = 0.0;
    if (centre) mean = (both ? plainOf(j) : load<f64>(sumOf(j))) / n;
    else if (given && means) mean = <f64>load<f32>(at);
    if (centre && means) store<f32>(at, <f32>mean);
    store<f64>(PANEL_MEAN + ((<usize>j) << 3), mean);
    store<f32>(PANEL_CENTRE + ((<usize>j) << 2), <f32>mean);
    store<f32>(PANEL_REST + ((<usize>j) << 2), <f32>(mean - <f64>(<f32>mean)));
  }
  if (task & (TASK_NORM | TASK_RAW)) statistics(reduction, kind, both);
  if (task & TASK_RAW) {
    store<f64>(deviations + (first << 1), load<f64>(PANEL_SUM));
    return false;
  }
  const parts = partsOf<Float64>(reduction);
  for (let j = 0; j < width; j++) {
    const at = deviations + first + ((<usize>j) << 2);
    let deviation = 1.0;
    if (task & TASK_NORM) {
      const statistic = load<f64>(sumOf(j));
      deviation = deviationOf<Float64>(kind, parts ? statistic / parts : statistic);
      if (kind == TermKind.Other) deviation /= firstOf(j);
      if (deviations) store<f32>(at, <f32>deviation);
    } else if (given) {
      deviation = <f64>load<f32>(at);
    }
    store<f64>(sumOf(j), reduction == Reduction.None ? 1 : factorFrom(kind, deviation, group + j));
  }
  return (task & TASK_APPLY) != 0;
}

/** One pass that adds up into PANEL_SUM, from 0. */
function sum(pass: Pass): void {
  clearVectors(PANEL_SUM, bytes64());
  run(pass, 0, width);
}

/**
 * Sums into PANEL_PLAIN, and sums of squares about the mean into PANEL_SUM, in one pass: sum (x - mean)² is
 * sum (x - K)² - n (mean - K)², where K is 0, or the mean of a sample that is far from 0 beside its spread. If more than half
 * of it cancels, the mean takes the place of K, for another pass.
 */
function moments(n: f64): void {
  clearVectors(PANEL_CENTRE, bytes64());
  let pass = Pass.Moments;
  // 0: of a sample
  for (let turn = 0; turn < 3; turn++) {
    clearVectors(PANEL_SUM, bytes64());
    clearVectors(PANEL_PLAIN, bytes64());
    if (turn) run(pass, 0, width);
    else if (Layout.columnwise()) sampleColumns();
    else sampleRows();
    const seen = turn ? n : <f64>SAMPLE;
    let again = !turn;
    for (let j = 0; j < width; j++) {
      const centre = PANEL_CENTRE + ((<usize>j) << 2);
      const mean = plainOf(j) / seen;
      const rest = mean - <f64>load<f32>(centre);
      const shift = seen * rest * rest;
      const squares = load<f64>(sumOf(j)) - shift;
      store<f64>(sumOf(j), squares);
      if ((turn ? 1 : 2) * shift <= squares) continue;
      store<f32>(centre, <f32>mean);
      pass = Pass.MomentsNear;
      again = true;
    }
    if (!again) return;
  }
}

/** The raw statistic of every group into PANEL_SUM; `both`: the sums of squares stand there already. */
function statistics(reduction: Reduction, kind: TermKind, both: bool): void {
  if (reduction == Reduction.Sum) {
    if (kind == TermKind.Size) magnitudes();
    else if (kind == TermKind.Square) squares(both);
    else numbers();
  } else if (reduction == Reduction.Largest) {
    tops();
  } else if (reduction != Reduction.None) {
    extremes(reduction == Reduction.Range);
  }
}

function magnitudes(): void {
  sum(Pass.MagnitudesNear);
  let far = false;
  for (let j = 0; j < width; j++) {
    if (!isNear(restOf(j), load<f64>(sumOf(j)))) far = true;
  }
  if (far) {
    // what one group needs does not change the others
    copyVectors(PANEL_SUM, PANEL_PLAIN, bytes64());
    sum(Pass.Magnitudes);
    for (let j = 0; j < width; j++) {
      if (isNear(restOf(j), plainOf(j))) store<f64>(sumOf(j), plainOf(j));
    }
  }
  for (let j = 0; j < width; j++) {
    if (!(load<f64>(sumOf(j)) < Infinity)) again(Pass.MagnitudesWide, j);
  }
}

function squares(both: bool): void {
  const n = load<f64>(COUNT);
  if (!both) sum(Pass.Squares);
  for (let j = 0; j < width; j++) {
    // sum (d - rest)² = sum d² - n rest². On the grid of float32 the spread is no less than the rest: little cancels
    const rest = both ? 0 : <f64>restOf(j);
    const total = load<f64>(sumOf(j)) - n * rest * rest;
    store<f64>(sumOf(j), total);
    if (!isWhole(total)) again(Pass.SquaresWide, j);
  }
}

/** The sum of one group once more, in float64. */
function again(pass: Pass, j: i32): void {
  store<f64>(sumOf(j), 0);
  run(pass, j, 1);
}

/** Collects the k largest distances of up to four groups from number j on in the states at GROUP_TOP. */
export function collectTop(j: i32, wide: i32): void {
  const k = load<i32>(TOP);
  for (let i = 0; i < wide; i++) startTop(GROUP_TOP + TOP_BYTES * i, load<usize>(SCRATCH) + topBufferBytes(k) * i, k);
  run(Pass.Top, j, wide);
}

function tops(): void {
  for (let j = 0; j < width; j += 4) {
    const wide = min(4, width - j);
    collectTop(j, wide);
    for (let i = 0; i < wide; i++) store<f64>(sumOf(j + i), sumTop(GROUP_TOP + TOP_BYTES * i));
  }
}

function numbers(): void {
  for (let at: usize = 0; at < (<usize>width) << 2; at += 16) v128.store(PANEL_FIRST + at, f32x4.splat(1));
  sum(Pass.Numbers);
  // sums that left float64: once more with the greatest distance of those groups brought near 1
  let left = false;
  for (let j = 0; j < width; j++) {
    if (!hasLeft(j)) continue;
    if (!left) findExtremes();
    left = true;
    const far = max(highOf(j) - meanOf(j), meanOf(j) - lowOf(j));
    const exponent = 1022 - <i32>(reinterpret<i64>(far) >> 52);
    const scale: f32 = far > 0 && far < Infinity ? <f32>powerOfTwo(max(-126, min(127, exponent))) : 1;
    store<f32>(PANEL_FIRST + ((<usize>j) << 2), scale);
  }
  if (left) sum(Pass.Numbers);
}

function hasLeft(j: i32): bool {
  const total = load<f64>(sumOf(j));
  return !(total < Infinity && total > 1e-290);
}

/** What distances of group j were multiplied by. */
function firstOf(j: i32): f64 {
  return <f64>load<f32>(PANEL_FIRST + ((<usize>j) << 2));
}

function extremes(range: bool): void {
  if (!Layout.columnwise() && !range && !(load<i32>(TASK) & (TASK_CENTRE | TASK_GIVEN))) {
    memory.fill(PANEL_HIGH, 0, (<usize>width) << 2);
    run(Pass.Greatest, 0, width);
    for (let j = 0; j < width; j++) store<f64>(sumOf(j), <f64>load<f32>(PANEL_HIGH + ((<usize>j) << 2)));
    return;
  }
  findExtremes();
  for (let j = 0; j < width; j++) {
    const high = highOf(j);
    const low = lowOf(j);
    store<f64>(sumOf(j), range ? high - low : max(high - meanOf(j), meanOf(j) - low));
  }
}

/** The greatest and the least of every group into PANEL_HIGH and PANEL_LOW. */
export function findExtremes(): void {
  for (let at: usize = 0; at < (<usize>width) << 2; at += 16) {
    v128.store(PANEL_HIGH + at, i32x4.splat(NO_HIGH));
    v128.store(PANEL_LOW + at, i32x4.splat(NO_LOW));
  }
  run(Pass.Extremes, 0, width);
}

export function highOf(j: i32): f64 {
  return <f64>fromOrdered(load<i32>(PANEL_HIGH + ((<usize>j) << 2)));
}

export function lowOf(j: i32): f64 {
  return <f64>fromOrdered(load<i32>(PANEL_LOW + ((<usize>j) << 2)));
}
