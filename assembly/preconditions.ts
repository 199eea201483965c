// What kernels demand of a plan and of their arguments, as assertions. They are in build/checked.wasm alone, which the tests run
// (test/kernels/checked.test.ts): whoever calls these functions does it behind `if (!ASC_NO_ASSERT)`, and so nothing of them is
// compiled into what is published.

import {
  BIAS,
  BIAS_SUMS,
  CONSTANT,
  COUNT,
  DEVIATION,
  EPS,
  EXACT,
  GAIN,
  GRADIENT,
  GRADIENT_STORAGE,
  HEAP,
  INPUT,
  INPUT_STORAGE,
  KEPT_COUNT,
  KEPT_RANK,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LAYOUT,
  LAYOUT_COLUMNS,
  LAYOUT_ROWS,
  LENGTH,
  LEVELS,
  MEAN,
  MOST_LANES,
  ORDER,
  ORDER_PAIRWISE,
  ORDER_SEQUENTIAL,
  OUTPUT,
  OUTPUT_STORAGE,
  PARAMETER_WORK,
  PARAMETERS,
  REDUCED_COUNT,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_TOTAL,
  REDUCED_WEIGHT,
  ROUNDED_MOST,
  ROUNDED_STEP,
  SCALE,
  SCALE_DIVIDE,
  SCALE_GAIN,
  SCALE_NORMALIZE,
  SELECTED,
  SELECTED_BYTES,
  SELECTED_GROUPS,
  SLACK,
  STORAGE_FLOAT16,
  STORAGE_FLOAT32,
  TAIL,
  TAIL_FOLDED,
  TAIL_SAME,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TASK_RAW,
  TASK_ROUNDED,
  TASK_SAVED,
  TASK_TOTAL,
  TERMS,
  WEIGHT,
  WEIGHT_STEP,
  WEIGHT_SUMS,
} from "../src/abi/plan";
import {
  CONDITIONS,
  ELEMENT_ERRORS,
  ERRORS,
  ERRORS_BYTES,
  EVENT_COUNTS,
  EXACT_HEAD_BYTES,
  EXACT_VALUES,
  GROUP_ERRORS,
  INPUT_STAGE,
  LARGEST_SPACE,
  OUTPUTS,
  OWN,
  RECORD_BYTES,
  RECORDS,
  TOTAL,
} from "../src/abi/report";
import { TILE, TILE_X } from "./memory";

// --- regions ------------------------------------------------------------------------------------------------

/** `bytes` at an address that TypeScript gave: above HEAP, with SLACK behind them, aligned to `align`. */
export function checkRegion(address: usize, bytes: i64, align: usize): void {
  assert(bytes >= 0);
  assert(address >= <usize>HEAP);
  assert((address & (align - 1)) == 0);
  assert(<i64>address + bytes + SLACK <= (<i64>memory.size()) << 16);
}

/** n elements of a storage. */
export function checkElements(address: usize, storage: i32, n: i64): void {
  assert(storage == STORAGE_FLOAT32 || storage == STORAGE_FLOAT16);
  const bytes = bytesOf(storage);
  checkRegion(address, n * bytes, <usize>bytes);
}

/** n elements in a tile, or wherever else from TILE_X on. */
export function checkTile(address: usize, n: i32): void {
  assert(n >= 0 && n <= TILE);
  assert(address >= TILE_X);
}

/** Regions of which neither reaches into the other. */
export function checkApart(a: usize, bytesOfA: i64, b: usize, bytesOfB: i64): void {
  assert(<i64>a + bytesOfA <= <i64>b || <i64>b + bytesOfB <= <i64>a);
}

function bytesOf(storage: i32): i64 {
  return storage == STORAGE_FLOAT32 ? 4 : 2;
}

// --- the walk -------------------------------------------------------------------------------------------------

function groups(): i64 {
  return <i64>load<i32>(KEPT_TOTAL) * (load<i32>(LAYOUT) == LAYOUT_COLUMNS ? load<i32>(LENGTH) : 1);
}

/** What the steps of `rank` levels come to when each is at its last place. */
function reach(rank: i32, counts: usize, strides: usize): i64 {
  let sum: i64 = 0;
  for (let level: usize = 0; level < <usize>rank; level++) {
    const stride = load<i32>(strides + (level << 2));
    assert(stride >= 0);
    sum += <i64>(load<i32>(counts + (level << 2)) - 1) * stride;
  }
  return sum;
}

function checkLevels(rank: i32, counts: usize, total: i32): void {
  assert(rank >= 0 && rank <= LEVELS);
  let product: i64 = 1;
  for (let level: usize = 0; level < <usize>rank; level++) {
    const count = load<i32>(counts + (level << 2));
    assert(count > 0);
    product *= count;
  }
  assert(product == total);
}

/** Elements from the first that the walk visits to the last. */
function span(): i64 {
  const kept = reach(load<i32>(KEPT_RANK), KEPT_COUNT, KEPT_STRIDE);
  return kept + reach(load<i32>(REDUCED_RANK), REDUCED_COUNT, REDUCED_STRIDE) + load<i32>(LENGTH);
}

/** The same of the weight. */
function weightSpan(): i64 {
  const kept = reach(load<i32>(KEPT_RANK), KEPT_COUNT, KEPT_WEIGHT);
  const reduced = reach(load<i32>(REDUCED_RANK), REDUCED_COUNT, REDUCED_WEIGHT);
  return kept + reduced + <i64>(load<i32>(LENGTH) - 1) * load<i32>(WEIGHT_STEP) + 1;
}

/** Element `at` and the n - 1 behind it are some of those that the walk visits. */
export function checkStretch(at: i32, n: i32): void {
  assert(n > 0 && at >= 0 && <i64>at + n <= span());
}

// --- the plan -------------------------------------------------------------------------------------------------

/** The walk and the input. What the norm takes from the plan is looked at by its class (norms/norm.ts). */
export function checkInput(): void {
  const task = load<i32>(TASK);
  const layout = load<i32>(LAYOUT);
  assert(
    (task & ~(TASK_CENTRE | TASK_GIVEN | TASK_NORM | TASK_APPLY | TASK_TOTAL | TASK_RAW | TASK_SAVED | TASK_ROUNDED)) ==
      0,
  );
  if (task & TASK_ROUNDED) checkRounded();
  assert(layout == LAYOUT_ROWS || layout == LAYOUT_COLUMNS);
  checkLevels(load<i32>(KEPT_RANK), KEPT_COUNT, load<i32>(KEPT_TOTAL));
  checkLevels(load<i32>(REDUCED_RANK), REDUCED_COUNT, load<i32>(REDUCED_TOTAL));
  assert(load<i32>(LENGTH) > 0);
  const step = load<i32>(WEIGHT_STEP);
  assert(step == 0 || step == 1);
  const count = load<i32>(REDUCED_TOTAL) * (layout == LAYOUT_ROWS ? load<i32>(LENGTH) : 1);
  assert(load<f64>(COUNT) == <f64>count);
  checkElements(load<usize>(INPUT), load<i32>(INPUT_STORAGE), span());
  assert(load<f64>(EPS) >= 0 && load<f64>(EPS) < Infinity);
  assert(load<f64>(CONSTANT) >= 0);
}

/** Rows that are taken where they are. */
function checkRounded(): void {
  assert(
    load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32 && load<i32>(LAYOUT) == LAYOUT_ROWS && load<i32>(REDUCED_RANK) == 0,
  );
  assert(load<i32>(LENGTH) % ROUNDED_STEP == 0 && load<i32>(LENGTH) <= ROUNDED_MOST);
  assert(load<i32>(ORDER) != ORDER_SEQUENTIAL && load<i32>(EXACT) == 0);
  assert((load<usize>(WEIGHT) | load<usize>(BIAS)) == 0);
}

/** The plan of native or emulated arithmetic; `scaled`: there is a norm. */
export function checkPlan(scaled: bool): void {
  checkInput();
  const task = load<i32>(TASK);
  const scale = load<i32>(SCALE);
  const raw = (task & TASK_RAW) != 0;
  checkParameter(MEAN, 4 * groups(), 4);
  checkParameter(DEVIATION, (raw ? 8 : 4) * groups(), raw ? 8 : 4);
  assert(!raw || load<usize>(DEVIATION) != 0);
  if (!(task & TASK_APPLY)) return;
  // something to divide by
  assert(!scaled || (task & (TASK_NORM | TASK_GIVEN)) != 0);
  assert(scale == SCALE_NORMALIZE || scale == SCALE_GAIN || scale == SCALE_DIVIDE);
  assert(scale != SCALE_GAIN || load<usize>(GAIN) != 0);
  checkParameter(GAIN, 4 * groups(), 4);
  checkParameter(WEIGHT, 4 * weightSpan(), 4);
  checkParameter(BIAS, 4 * weightSpan(), 4);
  checkOutput();
}

/** The plan of a native kernel that serves one layout. */
export function checkNative(layout: i32, scaled: bool): void {
  assert(load<i32>(LAYOUT) == layout);
  checkPlan(scaled);
}

/** Numbers that may be absent; the output does not reach into them. */
function checkParameter(field: usize, bytes: i64, align: usize): void {
  const address = load<usize>(field);
  if (!address) return;
  checkRegion(address, bytes, align);
  if (load<i32>(TASK) & TASK_APPLY) {
    checkApart(address, bytes, load<usize>(OUTPUT), span() * bytesOf(load<i32>(OUTPUT_STORAGE)));
  }
}

/** The output, which may stand in the place of the input in the same storage. */
function checkOutput(): void {
  checkElements(load<usize>(OUTPUT), load<i32>(OUTPUT_STORAGE), span());
  checkPlace(load<usize>(INPUT), load<i32>(INPUT_STORAGE));
}

function checkPlace(from: usize, storage: i32): void {
  const output = load<usize>(OUTPUT);
  const outputStorage = load<i32>(OUTPUT_STORAGE);
  if (from == output && storage == outputStorage) return;
  checkApart(from, span() * bytesOf(storage), output, span() * bytesOf(outputStorage));
}

/** How emulated sums are taken. */
export function checkEmulation(): void {
  const order = load<i32>(ORDER);
  const exact = load<i32>(EXACT);
  assert(order >= ORDER_PAIRWISE && order <= MOST_LANES && (order & (order - 1)) == 0);
  assert(load<i32>(TAIL) >= TAIL_SAME && load<i32>(TAIL) <= TAIL_FOLDED);
  assert(exact == 0 || exact == 1);
}

/** The plan of gradients; `scaled`: there is a norm. */
export function checkGradient(scaled: bool): void {
  checkInput();
  const saved = (load<i32>(TASK) & TASK_SAVED) != 0;
  assert((load<i32>(TASK) & (TASK_APPLY | TASK_GIVEN | TASK_RAW)) == TASK_APPLY);
  assert(!saved || !scaled || load<usize>(DEVIATION) != 0);
  checkParameter(MEAN, 4 * groups(), 4);
  checkParameter(DEVIATION, 4 * groups(), 4);
  checkParameter(WEIGHT, 4 * weightSpan(), 4);
  checkElements(load<usize>(GRADIENT), load<i32>(GRADIENT_STORAGE), span());
  checkPlace(load<usize>(GRADIENT), load<i32>(GRADIENT_STORAGE));
  checkOutput();
}

/** The list of elements that the norm depends on, `selected` for each group of a panel. */
export function checkSelected(selected: i32): void {
  const most = load<i32>(SELECTED_GROUPS);
  assert(most > 0);
  checkRegion(load<usize>(SELECTED), min(<i64>most, groups()) * selected * SELECTED_BYTES, 4);
}

/** Sums for the weight and the bias, and their work space, which is zero between calls. */
export function checkParameterSums(): void {
  const n = load<i32>(PARAMETERS);
  assert(<i64>n >= weightSpan());
  checkRegion(load<usize>(WEIGHT_SUMS), 8 * <i64>n, 8);
  checkRegion(load<usize>(BIAS_SUMS), 8 * <i64>n, 8);
  const work = load<usize>(PARAMETER_WORK);
  checkRegion(work, 8 * <i64>n, 8);
  for (let at: usize = 0; at < <usize>n; at++) assert(load<i64>(work + (at << 3)) == 0);
}

/** The products that emulated gradients write. */
export function checkTerms(): void {
  checkRegion(load<usize>(TERMS), 4 * span(), 4);
  checkApart(load<usize>(TERMS), 4 * span(), load<usize>(OUTPUT), span() * bytesOf(load<i32>(OUTPUT_STORAGE)));
}

// --- the diagnosis --------------------------------------------------------------------------------------------

/** The plan and the work space of what goes over all groups; `largest`: bytes for the k largest of four groups, or 0. */
export function checkTrace(largest: i64): void {
  checkInput();
  checkParameter(WEIGHT, 4 * weightSpan(), 4);
  checkParameter(BIAS, 4 * weightSpan(), 4);
  if (load<i32>(TASK) & TASK_GIVEN) {
    checkRegion(load<usize>(MEAN), 4 * groups(), 4);
    checkRegion(load<usize>(DEVIATION), 4 * groups(), 4);
  }
  checkRecords();
  checkRegion(load<usize>(CONDITIONS), 8 * groups(), 8);
  checkRegion(load<usize>(GROUP_ERRORS), 12 * 4 * groups(), 4);
  if (largest) checkRegion(load<usize>(LARGEST_SPACE), largest, 8);
}

/** What is known of the groups. */
export function checkRecords(): void {
  checkRegion(load<usize>(RECORDS), RECORD_BYTES * groups(), 8);
}

/** Exact values that are known, or a place for them, if there is one. */
export function checkValues(known: bool): void {
  const values = load<usize>(EXACT_VALUES);
  assert(!known || values != 0);
  if (!values) return;
  const bytes = exactBytes();
  checkRegion(values, bytes, 16);
  checkApart(values, bytes, load<usize>(ELEMENT_ERRORS, 4 * (2 * INPUT_STAGE + TOTAL)), 4 * span());
}

/** Of the exact outputs of all groups. */
function exactBytes(): i64 {
  const elements = groups() * <i64>load<f64>(COUNT);
  // a tile has at least 128 elements of a group, or the rest of it; one that is kept ends with its vectors
  return 8 * elements + EXACT_HEAD_BYTES * min(groups() + elements / 128, elements / 4);
}

/** Places for the outputs, exact and computed, if there are those. */
export function checkKept(): void {
  checkValues(false);
  const outputs = load<usize>(OUTPUTS);
  if (!outputs) return;
  const values = load<usize>(EXACT_VALUES);
  checkRegion(outputs, 4 * span(), 4);
  if (values) checkApart(outputs, 4 * span(), values, exactBytes());
}

/** Errors of a stage of elements: those of both kinds, or the total ones alone. */
export function checkErrors(stage: i32, both: bool): void {
  const errors = ELEMENT_ERRORS + ((<usize>stage) << 3);
  const total = load<usize>(errors, 4 * TOTAL);
  checkRegion(total, 4 * span(), 4);
  if (!both) return;
  const own = load<usize>(errors, 4 * OWN);
  checkRegion(own, 4 * span(), 4);
  checkApart(own, 4 * span(), total, 4 * span());
}

/** Errors of two stages of elements, of either kind. */
export function checkErrorsApart(stage: i32, other: i32): void {
  const bytes = 4 * span();
  for (let i = 0; i < 4; i++) {
    const a = load<usize>(ELEMENT_ERRORS + ((<usize>(2 * stage + (i >> 1))) << 2));
    checkApart(a, bytes, load<usize>(ELEMENT_ERRORS + ((<usize>(2 * other + (i & 1))) << 2)), bytes);
  }
}

/** The number of a group. */
export function checkGroup(number: i32): void {
  assert(number >= 0 && number < groups());
}

/** A state of error statistics. */
export function checkState(state: usize): void {
  assert(state >= <usize>ERRORS && state < <usize>EVENT_COUNTS);
  assert((state - ERRORS) % ERRORS_BYTES == 0);
}
