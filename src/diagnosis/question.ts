// What diagnose() is asked: its options, checked.

import { checkBoolean, checkNumber, isObject, wrong } from "../checks/arguments.js";
import type { LayerAxes } from "../layers/axes.js";
import type { NormalizationOptions } from "../layers/normalize.js";
import { type Arithmetic, arithmeticOf, checkArithmetic, type Numerics } from "../numerics/arithmetic.js";
import { UNBOUNDED } from "../numerics/constants.js";
import { defaultEps } from "../numerics/eps.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm, type NormSpec } from "../numerics/norm.js";
import type { Walk } from "../plan/walk.js";
import type { TensorLike } from "../tensor/forms.js";
import { type Operand, parameter } from "../tensor/operand.js";
import { groupingAxes, walkOf } from "./grouping.js";
import type { DiagnosisSubject, LayerName } from "./result.js";

/** Of `diagnose()`: the layer or axes, the norm, and the arithmetic that is judged. */
export interface DiagnoseOptions extends Pick<NormalizationOptions, "norm" | "weight" | "bias" | "eps" | "calibrated"> {
  /** What is diagnosed. There is no default: native arithmetic has nothing to be diagnosed. */
  arithmetic: Arithmetic;
  /** The layer, by its function without the `Norm`; it says what a group is. Default: by `axes`. */
  layer?: LayerName | undefined;
  /** As the layer takes it: the channels (default 1), or the first of the normalized axes (default -1). */
  axis?: number | undefined;
  /** Of the group norm. */
  groups?: number | undefined;
  /** Without a layer: the axes that a group extends over. Default: all of them. */
  axes?: number | readonly number[] | undefined;
  /** Without a layer: whether the mean is subtracted. Default: true. */
  centred?: boolean | undefined;
  /**
   * Of batch norm: means and deviations to apply, one per channel, as in inference: both or neither. Default: those of x.
   */
  mean?: TensorLike | undefined;
  /** Deviations to divide by, without eps, one per channel: see `mean`. */
  deviation?: TensorLike | undefined;
  /** Whether to run what might help; "auto": where the verdict is not "ok", for more than what the data is. Default: "auto". */
  remedies?: boolean | "auto" | undefined;
}

export const KEYS = [
  "arithmetic",
  "norm",
  "layer",
  "axis",
  "groups",
  "axes",
  "centred",
  "weight",
  "bias",
  "eps",
  "calibrated",
  "mean",
  "deviation",
  "remedies",
];

/** Options that go with a layer, and those that stand for one. */
const OF_LAYERS = ["axis", "groups", "weight", "bias"] as const;
const OF_AXES = ["axes", "centred"] as const;

function layerAxes(x: Operand, o: DiagnoseOptions): LayerAxes {
  const { layer } = o;
  const strange = (layer === undefined ? OF_LAYERS : OF_AXES).find((key) => o[key] !== undefined);
  if (strange) throw new TypeError(`"${strange}" can${layer === undefined ? " only" : "not"} be given with "layer"`);
  return groupingAxes(x, o);
}

/** Whether statistics are given. */
function isGiven({ layer, mean, deviation }: DiagnoseOptions): boolean {
  const given = mean !== undefined;
  const other = deviation !== undefined;
  if ((given || other) && layer !== "batch")
    throw new TypeError(`"${given ? "mean" : "deviation"}" can only be given with "layer" "batch"`);
  if (given !== other) throw new TypeError('"mean" and "deviation" must be given both or neither');
  return given;
}

/** What a call asks for, besides the tensor: everything is checked. */
interface Question {
  readonly walk: Walk;
  readonly norm: NormSpec;
  readonly numerics: Numerics;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  readonly mean: Operand | undefined;
  readonly deviation: Operand | undefined;
  readonly subject: DiagnosisSubject;
}

/** @param x As much of it as its shape. */
export function ask(x: Operand, o: DiagnoseOptions): Question {
  const numerics = checkArithmetic(o.arithmetic);
  if (!numerics) throw wrong("arithmetic", "a format or { compute, accumulate, order }", o.arithmetic);
  const grouped = layerAxes(x, o);
  const { shape, reduced, weighted, parameters } = grouped;
  const walk = walkOf(grouped, o.weight !== undefined || o.bias !== undefined);
  const layer = o.layer === undefined ? null : o.layer;
  const centred = layer ? layer !== "rms" : checkBoolean("centred", o.centred, true);
  const given = isGiven(o);
  const asked = isObject(o.norm) ? { ...o.norm } : o.norm;
  // norms of nothing are as good as any
  const norm = checkNorm(asked, given ? UNBOUNDED : walk.count, centred);
  const weight = parameter("weight", o.weight, parameters);
  const bias = parameter("bias", o.bias, parameters);
  const mean = parameter("mean", o.mean, parameters);
  const deviation = parameter("deviation", o.deviation, parameters);
  // of a group norm, the channels are two axes
  const split = shape.length > x.shape.length ? 30 - Math.clz32(weighted) : shape.length;
  const axes: number[] = [];
  for (let i = 0; i < shape.length; i++) if ((reduced >> i) & 1) axes.push(i > split ? i - 1 : i);
  const calibrated = checkBoolean("calibrated", o.calibrated);
  const factor = given ? 1 : deviationFactor(norm, walk.count, calibrated);
  const { eps = defaultEps(numerics, norm, factor, given) } = o;
  const subject: DiagnosisSubject = {
    norm: asked === undefined ? "l2" : asked,
    arithmetic: arithmeticOf(numerics),
    layer,
    axes,
    ...(o.groups !== undefined && { groups: o.groups }),
    centred,
    ...(given && { given: true as const }),
    weight: !!weight,
    bias: !!bias,
    eps: checkNumber("eps", eps, 0),
    calibrated,
  };
  return { walk, norm, numerics, weight, bias, mean, deviation, subject };
}
