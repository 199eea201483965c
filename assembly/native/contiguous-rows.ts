// Rows that lie each in one stretch of float32: what a model has for one token, or an image for a channel. Every number of a group
// stays in a register. Through a panel (panel.ts), which serves every layout, a group takes 60 (L2) to 140 ns (layer norm) more, as
// long as 200 to 400 elements. What comes out is the same to the bit.

import {
  BIAS,
  COUNT,
  DEVIATION,
  INPUT,
  KEPT_RANK,
  KEPT_STRIDE,
  KEPT_TOTAL,
  KEPT_WEIGHT,
  LENGTH,
  MEAN,
  OUTPUT,
  REDUCED_TOTAL,
  TASK,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_GIVEN,
  TASK_NORM,
  TASK_RAW,
  WEIGHT,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { at32 } from "../lanes/lists";
import { PANEL_CENTRE, PANEL_MEAN, PANEL_REST, PANEL_SUM } from "../memory";
import { kindIn, Reduction, reductionIn, TermKind } from "../norms/norm";
import { deviationOf, Float64, factorFrom, partsOf } from "../norms/scale";
import { Sizes, Squares } from "../norms/terms";
import { greatestMagnitude } from "../reductions/extremes";
import { Mean, Near, Origin, sumPlain, sumTerms, sumTermsWide } from "../reductions/sums";
import { keptOffset } from "../tensors/offsets";
import { affineBy, affineWeightedBy } from "./affine";
import { FEW_ELEMENTS, isNear, isWhole } from "./passes";

/** Whether rows that are walked one by one, where they lie, are such, and have a statistic that needs no panel. */
export function areContiguous(traits: i32): bool {
  const task = load<i32>(TASK);
  const reduction = reductionIn(traits);
  const kind = kindIn(traits);
  if (load<i32>(REDUCED_TOTAL) != 1 || task & (TASK_GIVEN | TASK_RAW)) return false;
  if (reduction == Reduction.None) return true;
  if (!(task & TASK_NORM)) return false;
  const centred = (task & TASK_CENTRE) != 0;
  if (reduction == Reduction.Greatest) return !centred;
  if (reduction != Reduction.Sum) return false;
  return kind == TermKind.Size || (kind == TermKind.Square && !(centred && load<f64>(COUNT) >= FEW_ELEMENTS));
}

function magnitudes(x: usize, n: i32, mean: f64, centre: f32, rest: f32): f64 {
  let total = centre == 0 ? sumTerms<Sizes, Origin>(x, n, 0, 0) : sumTerms<Sizes, Near>(x, n, centre, 0);
  if (!isNear(rest, total)) total = sumTerms<Sizes, Mean>(x, n, centre, rest);
  return total < Infinity ? total : sumTermsWide<Sizes>(x, n, mean);
}

function squares(x: usize, n: i32, mean: f64, centre: f32, rest: f32): f64 {
  let total = centre == 0 ? sumTerms<Squares, Origin>(x, n, 0, 0) : sumTerms<Squares, Near>(x, n, centre, 0);
  total -= load<f64>(COUNT) * <f64>rest * <f64>rest;
  return isWhole(total) ? total : sumTermsWide<Squares>(x, n, mean);
}

/** In line wherever it is called. */
class ContiguousRow {
  /** Bytes to row g, or to its weight: `field` is KEPT_STRIDE or KEPT_WEIGHT. */
  @inline
  static at(g: i32, field: usize): usize {
    return (<usize>(load<i32>(KEPT_RANK) > 1 ? keptOffset(g, field) : g * load<i32>(field))) << 2;
  }

  /** The mean of row g at x, which goes to `means` unless that is 0. */
  @inline
  static mean(means: usize, g: i32, x: usize, n: i32): f64 {
    const mean = sumPlain(x, n) / load<f64>(COUNT);
    if (means) store<f32>(at32(means, g), <f32>mean);
    return mean;
  }

  /** Its deviation, by a statistic that is divided by `parts` unless that is 0; it goes to `deviations`. */
  @inline
  static deviation(
    reduction: Reduction,
    kind: TermKind,
    parts: f64,
    deviations: usize,
    g: i32,
    x: usize,
    n: i32,
    mean: f64,
    centre: f32,
    rest: f32,
  ): f64 {
    let statistic: f64;
    if (reduction == Reduction.Greatest) statistic = <f64>reinterpret<f32>(greatestMagnitude(x, n));
    else if (kind == TermKind.Size) statistic = magnitudes(x, n, mean, centre, rest);
    else statistic = squares(x, n, mean, centre, rest);
    const deviation = deviationOf<Float64>(kind, parts ? statistic / parts : statistic);
    if (deviations) store<f32>(at32(deviations, g), <f32>deviation);
    return deviation;
  }
}

/** Row g as the one group of a panel: what factors() leaves there (panel.ts). */
export function factorOfRow(traits: i32, g: i32): void {
  const reduction = reductionIn(traits);
  const kind = kindIn(traits);
  const n = load<i32>(LENGTH);
  const x = load<usize>(INPUT) + ContiguousRow.at(g, KEPT_STRIDE);
  const mean = load<i32>(TASK) & TASK_CENTRE ? ContiguousRow.mean(load<usize>(MEAN), g, x, n) : 0;
  const centre = <f32>mean;
  const rest = <f32>(mean - <f64>centre);
  store<f64>(PANEL_MEAN, mean);
  store<f32>(PANEL_CENTRE, centre);
  store<f32>(PANEL_REST, rest);
  let factor = 1.0;
  if (reduction != Reduction.None) {
    const parts = partsOf<Float64>(reduction);
    const deviations = load<usize>(DEVIATION);
    factor = factorFrom(
      kind,
      ContiguousRow.deviation(reduction, kind, parts, deviations, g, x, n, mean, centre, rest),
      g,
    );
  }
  store<f64>(PANEL_SUM, factor);
}

/** Does the plan, after prepareRows(); false, and nothing done, where its rows need more. */
export function contiguousRows(traits: i32): bool {
  if (!areContiguous(traits)) return false;
  const task = load<i32>(TASK);
  const reduction = reductionIn(traits);
  const kind = kindIn(traits);
  const n = load<i32>(LENGTH);
  const parts = partsOf<Float64>(reduction);
  const weights = load<usize>(WEIGHT);
  const biases = load<usize>(BIAS);
  const step = load<i32>(WEIGHT_STEP);
  const means = load<usize>(MEAN);
  const deviations = load<usize>(DEVIATION);
  const groups = load<i32>(KEPT_TOTAL);
  for (let g = 0; g < groups; g++) {
    const at = ContiguousRow.at(g, KEPT_STRIDE);
    const x = load<usize>(INPUT) + at;
    const mean = task & TASK_CENTRE ? ContiguousRow.mean(means, g, x, n) : 0;
    const centre = <f32>mean;
    const rest = <f32>(mean - <f64>centre);
    let factor = 1.0;
    if (reduction != Reduction.None) {
      const deviation = ContiguousRow.deviation(reduction, kind, parts, deviations, g, x, n, mean, centre, rest);
      if (task & TASK_APPLY) factor = factorFrom(kind, deviation, g);
    }
    if (!(task & TASK_APPLY)) continue;
    const y = load<usize>(OUTPUT) + at;
    if (!(weights | biases)) {
      affineBy(x, y, n, centre, rest, factor, -0.0);
      continue;
    }
    const w = ContiguousRow.at(g, KEPT_WEIGHT);
    if (step) {
      affineWeightedBy(x, y, n, centre, rest, factor, weights ? weights + w : 0, biases ? biases + w : 0);
    } else {
      if (weights) factor *= <f64>load<f32>(weights + w);
      affineBy(x, y, n, centre, rest, factor, biases ? load<f32>(biases + w) : -0.0);
    }
  }
  return true;
}
