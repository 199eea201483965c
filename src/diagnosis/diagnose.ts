import { NORM_LINF, NORM_NONE, NORM_RANGE, ORDER_PAIRWISE, ORDER_SEQUENTIAL } from "../abi/plan.js";
import { checkAxes, checkBoolean, checkNumber, checkOptions, choose, isObject, wrong } from "../checks/arguments.js";
import { tensor } from "../conversion/create.js";
import { batchAxes, groupAxes, instanceAxes, type LayerAxes, lastAxes } from "../layers/axes.js";
import { arithmeticOf, checkArithmetic, type Numerics, nameOf } from "../numerics/format.js";
import { checkNorm, type NormSpec } from "../numerics/norm.js";
import { dtypeOf, type Operand, operand, parameter } from "../tensor/operand.js";
import { planWalk, type Walk } from "../tensor/shape.js";
import type { Arithmetic, Normalizer, TensorLike } from "../types.js";
import { type InputCounts, inspect } from "./errors.js";
import { LEAST_EXPONENT, type Level, levelsOf } from "./headroom.js";
import { Subject } from "./normalization.js";
import { remediesOf } from "./remedies.js";
import {
  DIAGNOSIS_SCHEMA,
  type Diagnosis,
  type DiagnosisSubject,
  type ErrorStatistics,
  EVENTS,
  type EventPlace,
  type InputSummary,
  type LayerName,
  STAGES,
  type Stage,
  type SumBound,
} from "./result.js";
import { type StageTrace, type Traced, trace } from "./trace.js";
import { notesOf, verdictOf } from "./verdict.js";

export interface DiagnoseOptions {
  /** What is diagnosed. There is no default: native arithmetic has nothing to be diagnosed. */
  arithmetic: Arithmetic;
  /** Default: "l2". */
  norm?: Normalizer | undefined;
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
  /** Factors and summands of the normalized values, as the layer takes them. Default: none. */
  weight?: TensorLike | undefined;
  bias?: TensorLike | undefined;
  /** As in the layers. Default: 1e-5. */
  eps?: number | undefined;
  /** As in the layers: constants in place of the paper's C(n). */
  calibrated?: boolean | undefined;
  /** Whether to run what might help. Default: true. */
  remedies?: boolean | undefined;
}

const KEYS = [
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
  "remedies",
];

const LAYERS: Record<LayerName, (x: Operand, o: DiagnoseOptions) => LayerAxes> = {
  batch: (x, { axis }) => batchAxes(x, axis),
  layer: (x, { axis }) => lastAxes(x, axis),
  instance: (x, { axis }) => instanceAxes(x, axis),
  group: (x, { axis, groups }) => groupAxes(x, axis, groups as number),
  rms: (x, { axis }) => lastAxes(x, axis),
};

/** Options that go with a layer, and those that stand for one. */
const OF_LAYERS = ["axis", "groups", "weight", "bias"] as const;
const OF_AXES = ["axes", "centred"] as const;

function layerAxes(x: Operand, o: DiagnoseOptions): LayerAxes {
  const { layer } = o;
  const strange = (layer === undefined ? OF_LAYERS : OF_AXES).find((key) => o[key] !== undefined);
  if (strange) throw new TypeError(`"${strange}" can${layer === undefined ? " only" : "not"} be given with "layer"`);
  if (layer === undefined)
    return { shape: x.shape, reduced: checkAxes(o.axes, x.shape.length), weighted: 0, parameters: 0 };
  const axesOf = choose("layer", LAYERS, layer);
  if (o.groups !== undefined && layer !== "group")
    throw new TypeError('"groups" can only be given with "layer" "group"');
  return axesOf(x, o);
}

/** What a call asks for, besides the tensor: everything is checked. */
interface Question {
  readonly walk: Walk;
  readonly norm: NormSpec;
  readonly numerics: Numerics;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  readonly subject: DiagnosisSubject;
}

function ask(x: Operand, o: DiagnoseOptions): Question {
  const numerics = checkArithmetic(o.arithmetic);
  if (!numerics) throw wrong("arithmetic", "a format or { compute, accumulate, order }", o.arithmetic);
  const { shape, reduced, weighted, parameters } = layerAxes(x, o);
  const walk = planWalk(shape, reduced, weighted);
  const layer = o.layer ?? null;
  const centred = layer ? layer !== "rms" : checkBoolean("centred", o.centred, true);
  // norms of nothing are as good as any
  const norm = checkNorm(o.norm, walk.count, centred);
  const weight = parameter("weight", o.weight, parameters);
  const bias = parameter("bias", o.bias, parameters);
  // of a group norm, the channels are two axes
  const split = shape.length > x.shape.length ? 30 - Math.clz32(weighted) : shape.length;
  const axes = [...shape.keys()].filter((i) => (reduced >> i) & 1).map((i) => (i > split ? i - 1 : i));
  const subject: DiagnosisSubject = {
    norm: typeof o.norm === "object" ? { ...o.norm } : (o.norm ?? "l2"),
    arithmetic: arithmeticOf(numerics),
    layer,
    axes,
    ...(o.groups !== undefined && { groups: o.groups }),
    centred,
    weight: !!weight,
    bias: !!bias,
    eps: o.eps === undefined ? 1e-5 : checkNumber("eps", o.eps, 0),
    calibrated: checkBoolean("calibrated", o.calibrated),
  };
  return { walk, norm, numerics, weight, bias, subject };
}

/** Rounded additions that a term passes through, at most. */
function depthOf(n: number, order: number): number {
  if (order === ORDER_SEQUENTIAL) return n - 1;
  // 32 lanes, halved five times
  const lanes = (m: number): number => Math.ceil(m / 32) + 4;
  if (order !== ORDER_PAIRWISE) return lanes(n);
  return lanes(Math.min(n, 128)) + Math.ceil(Math.log2(Math.ceil(n / 128)));
}

function boundOf({ norm, numerics, walk }: Subject, stages: readonly Stage[]): SumBound {
  const { kind, top } = norm;
  const terms = top || walk.count;
  const { precision } = kind === NORM_RANGE ? numerics.compute : numerics.accumulate;
  // the largest is found without rounding, and the range with one
  const compared = kind === NORM_LINF || kind === NORM_RANGE;
  const depth = compared ? +(kind === NORM_RANGE) : numerics.exact || !terms ? 0 : depthOf(terms, numerics.order);
  const unit = 2 ** -precision;
  const share = depth * unit;
  const measured = stages.find(({ name }) => name === (kind === NORM_NONE ? "mean" : "sum"));
  return {
    terms,
    depth,
    worst: share < 1 ? share / (1 - share) : null,
    probable: Math.sqrt(depth) * unit,
    measured: measured?.own.maxRel ?? null,
  };
}

function conditionOf(groups: Float64Array): Diagnosis["condition"] {
  const sorted = groups.filter((value) => !Number.isNaN(value)).sort();
  const finite = (value: number | undefined): number | null => (value !== undefined && value < Infinity ? value : null);
  return { max: finite(sorted[sorted.length - 1]), median: finite(sorted[Math.ceil(sorted.length / 2) - 1]) };
}

/** Whether a place is before another one; operations of no element come behind all others of their group. */
const before = (a: EventPlace, b: EventPlace): boolean =>
  a.group < b.group || (a.group === b.group && (a.index ?? Infinity) < (b.index ?? Infinity));

function stageOf({ name, format, own, total, events, firsts, attribution }: StageTrace): Stage {
  let first: Stage["first"];
  for (const event of EVENTS) {
    const place = firsts[event];
    if (place && (!first || before(place, first))) first = { event, ...place };
  }
  const stage: Stage = { name, format: nameOf(format), own, total, events, firsts };
  if (first) stage.first = first;
  if (attribution) stage.attribution = attribution;
  return stage;
}

const NOTHING: ErrorStatistics = {
  count: 0,
  maxUlp: null,
  meanUlp: null,
  rmsUlp: null,
  p50Ulp: null,
  p99Ulp: null,
  p999Ulp: null,
  worstIndex: null,
  maxAbs: null,
  maxRel: null,
  sqnrDb: null,
  cosine: null,
  significantBits: null,
  mismatchedSpecials: 0,
};

/** What tracing a tensor without elements would give. */
function untraced({ centred, norm, numerics }: Subject): Traced {
  const names = STAGES.filter(
    (name) =>
      (centred || (name !== "mean" && name !== "centre")) &&
      (norm.kind !== NORM_NONE || !["term", "sum", "deviation", "reciprocal"].includes(name)),
  );
  const summed = norm.kind !== NORM_LINF && norm.kind !== NORM_RANGE && !numerics.exact;
  const stages = names.map((name) => ({
    name,
    format: name === "sum" && summed ? numerics.accumulate : numerics.compute,
    own: NOTHING,
    total: NOTHING,
    events: { overflow: 0, underflow: 0, subnormal: 0, stagnation: 0, invalid: 0 },
    firsts: {},
  }));
  return { stages, absorbedOverflow: 0, largest: {}, condition: new Float64Array() };
}

const NO_INPUT: InputCounts = {
  finite: 0,
  subnormal: 0,
  zero: 0,
  nan: 0,
  infinite: 0,
  absMin: null,
  absMax: null,
  exponents: [],
};

function summaryOf(x: Operand, { groups, count }: Walk, counts: InputCounts): InputSummary {
  const { finite, subnormal, zero, nan, infinite, absMin, absMax, exponents } = counts;
  const histogram = Array.from(exponents, (of, i) => ({ exponent: i + LEAST_EXPONENT, count: of }));
  return {
    shape: x.shape.slice(),
    dtype: dtypeOf(x.storage),
    count: x.size,
    groups,
    groupSize: count,
    finite,
    subnormal,
    zero,
    nan,
    infinite,
    absMin,
    absMax,
    exponentHistogram: histogram.filter(({ count: of }) => of > 0),
  };
}

/** The same with nothing that JSON does not have: null for what is not finite, 0 for -0. */
function plain<T>(value: T): T {
  if (typeof value === "number") return (Number.isFinite(value) ? value + 0 : null) as T;
  if (Array.isArray(value)) return value.map(plain) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) as T;
}

/**
 * What an emulated arithmetic does to the normalization of a tensor, stage by stage: rounding errors against exact values,
 * overflow and underflow by operation, where the error of the sums comes from, and which changes would help, each of them
 * run. See {@link Diagnosis}.
 *
 * Every format is emulated exactly, none is refused. A tensor without elements is "ok": all statistics are null. Where
 * the exact output is NaN, as in a group with a NaN, or in a constant one with eps = 0, it is no error that the
 * computed one is NaN, too; a tensor of nothing else is "ok", with the reason in words. A group of one element, or of
 * equal ones, has deviation 0 and output 0, exactly, with an eps that does not round to 0; what rounding the mean makes of
 * it counts in full.
 *
 * Data is copied into kernel memory once, if it is not there; with remedies, it takes another 4 bytes an element.
 *
 * @throws {TypeError} for a wrong type, among them an `arithmetic` that is missing; {RangeError} for a wrong value, or
 * when memory cannot grow.
 */
export function diagnose(x: TensorLike, options: DiagnoseOptions): Diagnosis {
  const o = checkOptions(options, KEYS);
  const given = operand("x", x);
  const { walk, norm, numerics, weight, bias, subject: asked } = ask(given, o);
  const wanted = checkBoolean("remedies", o.remedies, true);
  const held = given.array && given.size ? tensor(x) : undefined;
  try {
    const { centred, eps, calibrated } = asked;
    const resident = held ? operand("x", held) : given;
    const subject = new Subject(resident, walk, centred, norm, numerics, eps, calibrated, weight, bias);
    const counts = given.size ? inspect(resident) : NO_INPUT;
    const traced = given.size ? trace(subject.job()) : untraced(subject);
    const levels = levelsOf(subject, traced, counts);
    const stages = traced.stages.map(stageOf);
    const error = stages[stages.length - 1].total;
    const { absorbedOverflow } = traced;
    const evidence = { subject: asked, input: summaryOf(given, walk, counts), stages, error, absorbedOverflow };
    const tightest = levels.reduce<Level | undefined>((a, b) => (a && a.binades <= b.binades ? a : b), undefined);
    return plain({
      schema: DIAGNOSIS_SCHEMA,
      ...evidence,
      headroom: tightest?.binades ?? null,
      headroomAt: tightest?.at ?? null,
      condition: conditionOf(traced.condition),
      bound: boundOf(subject, stages),
      remedies: wanted && given.size ? remediesOf(subject, levels, counts, error) : [],
      ...verdictOf(evidence, numerics.compute, norm),
      notes: notesOf(evidence, numerics.compute),
    });
  } finally {
    held?.dispose();
  }
}
