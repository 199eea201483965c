// The diagnosis of a tensor: what is asked is checked, traced, judged and helped elsewhere, and put together here.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { RECORD_BYTES } from "../abi/report.js";
import { checkOptions, isObject, wrong } from "../checks/arguments.js";
import { copied } from "../conversion/create.js";
import { nameOf } from "../numerics/format.js";
import type { Walk } from "../plan/walk.js";
import type { TensorLike } from "../tensor/forms.js";
import { checkHeld, Operand, operand } from "../tensor/operand.js";
import { sizeOf } from "../tensor/shape.js";
import { dtypeOf } from "../tensor/storage.js";
import { Tensor } from "../tensor/tensor.js";
import { boundOf, conditionOf } from "./bound.js";
import type { Company } from "./company.js";
import type { ParameterCounts } from "./evidence.js";
import { LEAST_EXPONENT, type Level, levelsOf } from "./headroom.js";
import { type InputCounts, inspect, together } from "./input.js";
import { Subject } from "./normalization.js";
import { notesOf } from "./notes.js";
import { ask, type DiagnoseOptions, KEYS } from "./question.js";
import { keepsExact, remediesOf, type Suggestion } from "./remedies.js";
import {
  DIAGNOSIS_SCHEMA,
  type Diagnosis,
  type ErrorStatistics,
  EVENTS,
  type EventPlace,
  type InputSummary,
  STAGES,
  type Stage,
} from "./result.js";
import { Share } from "./share.js";
import { exactBytes, formatOf, type StageTrace, stagesOf, type Traced, trace } from "./trace.js";
import { arithmeticVerdict, verdictOf } from "./verdict.js";

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

/** Of what a tensor is a share, and with whom. */
interface Shared {
  readonly shape: readonly number[];
  readonly company: Company;
  /** Which remedies to run where none are wanted else. */
  readonly always?: ((remedy: Suggestion) => boolean) | undefined;
  /** What one call finds for the next ones of the same tensor: what it consists of. */
  readonly kept?: { counts?: InputCounts };
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
function untraced(subject: Subject): Traced {
  const { norm, numerics } = subject;
  const stages = stagesOf(subject.job()).map((stage) => ({
    name: STAGES[stage],
    format: formatOf(stage, norm, numerics),
    own: { ...NOTHING },
    total: { ...NOTHING },
    events: { overflow: 0, underflow: 0, subnormal: 0, stagnation: 0, invalid: 0 },
    firsts: {},
  }));
  return { stages, absorbedOverflow: 0, equalSpecials: 0, largest: {}, condition: new Float64Array() };
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

function summaryOf(x: Operand, { groups, count }: Walk, { exponents, ...counts }: InputCounts): InputSummary {
  const histogram: InputSummary["exponentHistogram"] = [];
  for (let i = 0; i < exponents.length; i++) {
    if (exponents[i] > 0) histogram.push({ exponent: i + LEAST_EXPONENT, count: exponents[i] });
  }
  return {
    shape: x.shape.slice(),
    dtype: dtypeOf(x.storage),
    count: x.size,
    groups,
    groupSize: count,
    ...counts,
    exponentHistogram: histogram,
  };
}

function parametersOf(subject: Subject): ParameterCounts[] {
  const found: ParameterCounts[] = [];
  for (const name of ["weight", "bias", "mean", "deviation"] as const) {
    const operand = subject[name];
    if (operand?.size) found.push({ name, ...inspect(operand) });
  }
  return found;
}

/** What JSON does not have gives way: null for what is not finite, 0 for -0. */
function plain<T extends object>(value: T): T {
  const all = value as Record<string, unknown>;
  for (const key of Object.keys(all)) {
    const each = all[key];
    // error statistics are so from the start, and histograms are counts
    if (isObject(each)) "sqnrDb" in each || key === "exponentHistogram" || plain(each);
    else if (typeof each === "number" && !(each && Number.isFinite(each))) all[key] = each === 0 ? 0 : null;
  }
  return value;
}

/** @internal Of a tensor of which each of a company has a share: of division.ts, in the order of the tensor. */
export function diagnose(x: Tensor, options: DiagnoseOptions, shared: Shared): Diagnosis;
/**
 * What an emulated arithmetic does to the normalization of a tensor, stage by stage: rounding errors against exact values,
 * overflow and underflow by operation, where the error of the sums comes from, and which changes would help, each of them
 * run. See {@link Diagnosis}.
 *
 * Every format is emulated exactly, none is refused. A tensor without elements is "ok": all statistics are null. Where
 * the exact output is NaN, as in a group with a NaN, or in a constant one with eps = 0, it is no error that the
 * computed one is NaN, too; but data with NaN or infinities, and an output of nothing else, are "failed". A group of one element, or of
 * equal ones, has deviation 0 and output 0, exactly, with an eps that does not round to 0; what rounding the mean makes of
 * it counts in full.
 *
 * Data is copied into kernel memory once, if it is not there, and work space takes 9 bytes an element, of up to 2^19 elements 25;
 * with remedies, it takes another 4, and up to 2^20 elements 20, or 24 where they are run in any case, and up to 8 more where
 * groups are short.
 *
 * @throws {TypeError} for a wrong type or an unknown option, among them an `arithmetic` that is missing.
 * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
 */
export function diagnose(x: TensorLike, options: DiagnoseOptions): Diagnosis;
export function diagnose(x: TensorLike, options: DiagnoseOptions, shared?: Shared): Diagnosis {
  const read = checkOptions(options, KEYS) as Record<string, unknown>;
  const o = Object.fromEntries(KEYS.map((key) => [key, read[key]])) as unknown as DiagnoseOptions;
  const given = operand("x", x);
  const whole = shared ? new Operand(undefined, 0, shared.shape, sizeOf(shared.shape), given.storage) : given;
  const { walk, norm, numerics, weight, bias, mean, deviation, subject: asked } = ask(whole, o);
  const share = new Share(walk, shared?.company);
  const { remedies = "auto" } = o;
  if (remedies !== "auto" && typeof remedies !== "boolean")
    throw wrong("remedies", 'true, false or "auto"', remedies, "string");
  for (const each of [given, weight, bias, mean, deviation]) if (each) checkHeld(each);
  const held = given.array && given.size ? copied(given) : undefined;
  let records: Tensor | undefined;
  let memory: Tensor | undefined;
  try {
    const numbers = given.size && (share.walk.groups * RECORD_BYTES) / 4;
    records = Tensor.make([numbers], numbers, STORAGE_FLOAT32);
    const { centred, eps, calibrated } = asked;
    const resident = held
      ? new Operand(undefined, held.address as number, given.shape, given.size, given.storage)
      : given;
    const subject = new Subject(
      resident,
      share,
      centred,
      norm,
      numerics,
      eps,
      calibrated,
      weight,
      bias,
      mean,
      deviation,
    );
    const counts =
      shared?.kept?.counts ?? (given.size ? share.company.exchange(inspect(resident), together) : NO_INPUT);
    if (shared?.kept) shared.kept.counts = counts;
    const values = remedies === true && keepsExact(subject) ? exactBytes(share.walk) : 0;
    // exact outputs, and behind them those that were computed: of several, nobody asks all others whether some are the same
    const alone = share.company.size === 1;
    const room = given.size && values && values / 4 + (alone ? given.size : 0);
    memory = room ? Tensor.make([room], room, STORAGE_FLOAT32) : undefined;
    const address = memory?.address as number;
    const kept = memory && { values: address, outputs: alone ? address + values : 0 };
    const traced = given.size ? trace(subject.job(), records.address as number, share, kept) : untraced(subject);
    const levels = levelsOf(subject, traced, counts);
    const stages = traced.stages.map(stageOf);
    const error = { ...stages[stages.length - 1].total };
    const { absorbedOverflow, equalSpecials } = traced;
    const found = {
      subject: asked,
      input: summaryOf(whole, walk, counts),
      stages,
      error,
      ...(equalSpecials && { equalSpecials }),
      absorbedOverflow,
    };
    const evidence = {
      compute: numerics.compute,
      statistics: numerics.statistics,
      parameters: parametersOf(subject),
      ...found,
    };
    const tightest = levels.reduce<Level | undefined>((a, b) => (a && a.binades <= b.binades ? a : b), undefined);
    const judgement = verdictOf(evidence, norm);
    // where all that is wrong is the data, nothing helps
    const helped = remedies === "auto" ? arithmeticVerdict(evidence, norm).verdict !== "ok" : remedies;
    const wanted = helped ? () => true : shared?.always;
    return plain({
      schema: DIAGNOSIS_SCHEMA,
      ...found,
      headroom: tightest?.binades ?? null,
      headroomAt: tightest?.at ?? null,
      condition: conditionOf(traced.condition.sort()),
      bound: boundOf(subject, stages),
      remedies:
        wanted && given.size ? remediesOf(subject, levels, counts, error, records.address as number, wanted, kept) : [],
      ...judgement,
      notes: notesOf(evidence, subject),
    });
  } finally {
    memory?.dispose();
    records?.dispose();
    held?.dispose();
  }
}
