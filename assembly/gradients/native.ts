// Native gradients. With y = (x - mean) / S, g = dy * weight, n elements of a group and w_i = dS / dd_i:
//
//     dx_i = (g_i - mean g - A (w_i - mean w)) / S,   A = sum g y;   dweight = sum dy y;   dbias = sum dy
//
// without the means where x is not centred. By norm, with a = A / n, or A where the norm is a total and no mean:
//
//     L2                 A w_i = a y_i
//     L1                 A w_i = a C sign(d_i)
//     L∞, range, top-k   A w_i = a C n / k sign(d_i) on the k selected elements (k = 1; of the range +1 and -1), else 0
//     Lp                 A w_i = a C^p sign(y_i) |y_i|^(p - 1)
//
// What multiplies the constant a C ... is called the shape of w. The sign of 0 is 0. Statistics come from the core's passes;
// then one pass takes all sums, and one writes the output.

import {
  BIAS_SUMS,
  COUNT,
  DEVIATION,
  KEPT_TOTAL,
  MEAN,
  PANEL,
  SELECTED_GROUPS,
  TASK,
  TASK_CENTRE,
  TASK_SAVED,
  TASK_TOTAL,
  TOP,
  WEIGHT,
  WEIGHT_STEP,
  WEIGHT_SUMS,
} from "../../src/abi/plan";
import { addTo, at32, at64 } from "../lanes/lists";
import { clearVectors, copyVectors, fromOrdered, toOrdered } from "../lanes/vectors";
import {
  GRADIENT_ABOVE,
  GRADIENT_BELOW,
  GRADIENT_DOT,
  GRADIENT_FACTOR,
  GRADIENT_GAIN,
  GRADIENT_LOWER,
  GRADIENT_OVER,
  GRADIENT_SCALE,
  GRADIENT_SHAPE,
  GRADIENT_SHIFT,
  GRADIENT_SLOPE,
  GRADIENT_SUM,
  GRADIENT_UNDER,
  GRADIENT_UPPER,
  GRADIENT_WEIGHT,
  PANEL_CENTRE,
  PANEL_MEAN,
  PANEL_REST,
  PANEL_SUM,
} from "../memory";
import { areContiguous, factorOfRow } from "../native/contiguous-rows";
import { bytes64, enterGroups, factors, nextColumns } from "../native/panel";
import { prepareRows, Row } from "../native/rows";
import { isScaled, kindIn, Reduction, reductionIn, Slope, slopeIn, TermKind } from "../norms/norm";
import { factorFrom } from "../norms/scale";
import { steepnessOf, traitsOf } from "../norms/with-norm";
import { checkGradient, checkParameterSums, checkSelected } from "../preconditions";
import { group, startGroups, width } from "../tensors/groups";
import { Layout, weightOffset } from "../tensors/offsets";
import { GradientPass, passGradientColumns } from "./native-columns";
import { isWide, isWideOutput } from "./native-float64";
import {
  enterGradientRow,
  finishGradientRows,
  isDirect,
  outputRows,
  prepareGradientRows,
  sumRows,
} from "./native-rows";
import { select, selectedOf, settle, writeSelected } from "./selected";

/** Runs the plan. */
export function backward(): void {
  const traits = traitsOf();
  const selected = selectedOf(reductionIn(traits));
  if (!ASC_NO_ASSERT) {
    checkGradient(isScaled(traits));
    checkParameterSums();
    if (selected) checkSelected(selected);
  }
  startGroups();
  if (Layout.columnwise()) {
    const most = selected ? min(PANEL, load<i32>(SELECTED_GROUPS)) : PANEL;
    while (nextColumns(most)) panel(traits, 0, false);
    return;
  }
  prepareRows(kindIn(traits) == TermKind.Square, !selected);
  const walk = prepareGradientRows();
  const alone = selected || !isDirect(walk);
  // what is selected begins with the extremes, which only a panel has
  const contiguous = !selected && Row.direct() && areContiguous(traits);
  const groups = load<i32>(KEPT_TOTAL);
  for (let g = 0; g < groups; g += width) {
    enterGroups(g, alone ? 1 : Row.together(g));
    enterGradientRow(walk);
    panel(traits, walk, contiguous);
  }
  finishGradientRows(walk);
}

/** One panel; `walk`: how rows are walked; `contiguous`: it is one of contiguous-rows.ts. */
function panel(traits: i32, walk: i32, contiguous: bool): void {
  const columnwise = Layout.columnwise();
  const slope = slopeIn(traits);
  const task = load<i32>(TASK);
  if (task & TASK_SAVED) takeSaved(traits);
  else if (contiguous) factorOfRow(traits, group);
  else factors(traits);
  copyVectors(PANEL_SUM, GRADIENT_FACTOR, bytes64());
  for (let j = 0; j < width; j++) store<f32>(at32(GRADIENT_SCALE, j), <f32>load<f64>(at64(GRADIENT_FACTOR, j)));
  if (slope == Slope.Sign) bounds();
  if (columnwise) sumPanel(slope);
  else sumRows(slope, walk);
  if (slope == Slope.Selected) select(reductionIn(traits));
  const steepness = steepnessOf();
  for (let j = 0; j < width; j++) terms(traits, steepness, j);
  if (columnwise) outputPanel(slope);
  else outputRows(slope, walk);
  if (slope == Slope.Selected) writeSelected();
}

/** Mean and 1 / S of every group from what was saved. */
function takeSaved(traits: i32): void {
  const means = load<usize>(MEAN);
  const deviations = load<usize>(DEVIATION);
  for (let j = 0; j < width; j++) {
    const mean = means ? load<f32>(at32(means, group + j)) : 0;
    store<f64>(at64(PANEL_MEAN, j), <f64>mean);
    store<f32>(at32(PANEL_CENTRE, j), mean);
    store<f32>(at32(PANEL_REST, j), 0);
    let factor = 1.0;
    if (isScaled(traits)) factor = factorFrom(kindIn(traits), <f64>load<f32>(at32(deviations, group + j)), group + j);
    store<f64>(at64(PANEL_SUM, j), factor);
  }
}

/** What float32 that are above, or below, the mean are greater, or less, than. Only at a mean in float32 are they equal. */
function bounds(): void {
  for (let j = 0; j < width; j++) {
    const mean = load<f64>(at64(PANEL_MEAN, j));
    const near = <f32>mean;
    const order = toOrdered(near);
    store<f32>(at32(GRADIENT_UPPER, j), <f64>near > mean ? fromOrdered(order - 1) : near);
    store<f32>(at32(GRADIENT_LOWER, j), <f64>near < mean ? fromOrdered(order + 1) : near);
  }
}

/** From sums to the terms of dx of group j. */
function terms(traits: i32, steepness: f64, j: i32): void {
  const slope = slopeIn(traits);
  const task = load<i32>(TASK);
  const n = load<f64>(COUNT);
  const total = task & TASK_TOTAL ? 1.0 : n;
  const centred = (task & TASK_CENTRE) != 0;
  const factor = load<f64>(at64(GRADIENT_FACTOR, j));
  const rest = <f64>load<f32>(at32(PANEL_REST, j));
  const shape = load<f64>(at64(GRADIENT_SHAPE, j));
  let level = centred ? load<f64>(at64(GRADIENT_SUM, j)) / n : 0;
  let a = slope == Slope.None ? 0 : (load<f64>(at64(GRADIENT_DOT, j)) / total) * steepness;
  if (slope == Slope.Selected) {
    const k = reductionIn(traits) == Reduction.Largest ? <f64>load<i32>(TOP) : 1;
    if (centred) level -= (a * shape) / k;
    store<f64>(at64(GRADIENT_SUM, j), level);
    settle(j, (a * total) / k);
    a *= 0; // NaN and infinities are for all elements
    level += a;
  } else if (slope != Slope.Proportional && centred) {
    level -= (a * shape) / n;
  }
  store<f64>(at64(GRADIENT_SUM, j), level);
  store<f64>(at64(GRADIENT_DOT, j), a);
  // a slope of y, or of the distance from PANEL_CENTRE where the weight goes into the factor
  const uniform = Layout.columnwise() || !load<i32>(WEIGHT_STEP);
  let after = a * factor;
  let shift = level * factor;
  if (slope == Slope.Proportional && uniform) {
    after *= factor;
    shift -= rest * after;
  }
  if (slope == Slope.Sign) {
    const under = <f32>(shift - after);
    store<f32>(at32(GRADIENT_UNDER, j), under);
    store<i32>(at32(GRADIENT_OVER, j), reinterpret<i32>(under) ^ reinterpret<i32>(<f32>(shift + after)));
  } else {
    store<f32>(at32(GRADIENT_SLOPE, j), <f32>after);
  }
  store<f32>(at32(GRADIENT_SHIFT, j), <f32>shift);
  const weight: f32 = Layout.columnwise() ? load<f32>(at32(GRADIENT_WEIGHT, j)) : 1;
  store<f32>(at32(GRADIENT_GAIN, j), <f32>(factor * <f64>weight));
}

// --- columns: runs of neighbours that are, or are not, computed in float64 -----------------------------------

/** The sums of all columns, and their part of those for the weights. */
function sumPanel(slope: Slope): void {
  const step = load<i32>(WEIGHT_STEP);
  const first = weightOffset(group);
  const weights = load<usize>(WEIGHT);
  for (let j = 0; j < width; ) {
    const wide = isWide(slope, j);
    let end = j + 1;
    while (end < width && isWide(slope, end) == wide) end++;
    // up to whole vectors: those of the next run are cleared after that
    const bytes = (<usize>((end - j + 3) & ~3)) << 3;
    clearVectors(at64(GRADIENT_SUM, j), bytes);
    clearVectors(at64(GRADIENT_DOT, j), bytes);
    clearVectors(at64(GRADIENT_SHAPE, j), bytes);
    if (slope == Slope.Sign) {
      clearVectors(at32(GRADIENT_ABOVE, j), bytes >> 1);
      clearVectors(at32(GRADIENT_BELOW, j), bytes >> 1);
    }
    passGradientColumns(wide ? GradientPass.SumsWide : GradientPass.Sums, slope, j, end - j);
    for (; j < end; j++) {
      const number = <usize>(first + j * step);
      const sum = load<f64>(at64(GRADIENT_SUM, j));
      let dot = load<f64>(at64(GRADIENT_DOT, j));
      if (!wide) {
        const scale = <f64>load<f32>(at32(GRADIENT_SCALE, j));
        dot -= <f64>load<f32>(at32(PANEL_REST, j)) * scale * sum;
        dot *= load<f64>(at64(GRADIENT_FACTOR, j)) / scale;
        if (slope == Slope.Sign) {
          const sides = load<i32>(at32(GRADIENT_ABOVE, j)) - load<i32>(at32(GRADIENT_BELOW, j));
          store<f64>(at64(GRADIENT_SHAPE, j), <f64>sides);
        }
      }
      addTo(load<usize>(BIAS_SUMS) + (number << 3), sum);
      addTo(load<usize>(WEIGHT_SUMS) + (number << 3), dot);
      const weight: f32 = weights ? load<f32>(weights + (number << 2)) : 1;
      store<f32>(at32(GRADIENT_WEIGHT, j), weight);
      store<f64>(at64(GRADIENT_SUM, j), sum * <f64>weight);
      store<f64>(at64(GRADIENT_DOT, j), dot * <f64>weight);
    }
  }
}

function outputPanel(slope: Slope): void {
  for (let j = 0; j < width; ) {
    const wide = isWideOutput(slope, j);
    let end = j + 1;
    while (end < width && isWideOutput(slope, end) == wide) end++;
    passGradientColumns(wide ? GradientPass.OutputWide : GradientPass.Output, slope, j, end - j);
    j = end;
  }
}
