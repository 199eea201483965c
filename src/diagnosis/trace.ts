// Emulated normalization beside the exact one: what every stage loses, and what becomes of outputs.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as at from "../abi/plan.js";
import * as report from "../abi/report.js";
import { type Engine, engine } from "../engine/engine.js";
import type { Numerics } from "../numerics/arithmetic.js";
import type { FormatSpec } from "../numerics/format.js";
import { comparedBy, type NormSpec } from "../numerics/norm.js";
import { place } from "../plan/blocks.js";
import { type Job, topScratchBytes } from "../plan/plan.js";
import type { Walk } from "../plan/walk.js";
import { readErrors } from "./errors.js";
import { tracer } from "./kernels.js";
import { type Errors, Measures, tableBytes } from "./quantiles.js";
import { addFound, type Found, JUDGED_END, Reports, stateOf } from "./reports.js";
import {
  type Attribution,
  type DiagnosisEvent,
  type ErrorStatistics,
  EVENTS,
  type EventPlace,
  STAGES,
  type Stage,
  type StageName,
} from "./result.js";
import { Share } from "./share.js";

/** One stage of a traced job. */
export interface StageTrace extends Omit<Stage, "format" | "first"> {
  format: FormatSpec;
}

/** Where the outputs of a share are kept for the remedies, in memory that was allocated; 0 for nowhere. */
export interface Kept {
  /** As they were computed, float32 in the order of x. */
  readonly outputs: number;
  /** Exact, exactBytes() of them. */
  readonly values: number;
}

const NOWHERE: Kept = { outputs: 0, values: 0 };

export interface Traced {
  stages: StageTrace[];
  /** Groups of finite data where something infinite was divided by, and all outputs are finite. */
  absorbedOverflow: number;
  /** Outputs that are the same NaN or infinity in exact arithmetic. */
  equalSpecials: number;
  /** Greatest finite exact magnitude of the stages, of the mean that of its sum, or of the one given. */
  largest: Partial<Record<Exclude<StageName, "input" | "mean"> | "total", number>>;
  /** Σ|x| / |Σx| of each group; 1 without centring, NaN for zeros, for groups with specials, and for means that are given. */
  condition: Float64Array;
}

const isGiven = ({ task }: Pick<Job, "task">): boolean => (task & at.TASK_GIVEN) !== 0;

/** Places of the parameters, and work space. What kernels of the diagnosis find of the output, they find by themselves. */
function prepare(own: Engine, job: Job): void {
  const { heap } = own;
  const { norm } = job;
  place(own, job.weight);
  place(own, job.bias);
  place(own, job.mean);
  place(own, job.deviation);
  const top = isGiven(job) ? 0 : norm.top;
  if (top) job.scratch = heap.scratch(topScratchBytes(top));
  // four groups side by side at most; see largestBytes() of assembly/diagnosis/top-float64.ts
  const largest = top && heap.scratch(4 * 8 * (top + Math.max(top, 64)));
  heap.i32[report.LARGEST_SPACE >> 2] = largest;
}

/** The stages of a normalization in their order, as numbers. */
export function stagesOf({ task, norm, numerics }: Pick<Job, "task" | "norm" | "numerics">): number[] {
  const given = isGiven({ task });
  const centred = given || (task & at.TASK_CENTRE) !== 0;
  const scaled = norm.name !== "none";
  const tail = numerics?.tail;
  const apart = tail === at.TAIL_STEPS;
  const folded = tail === at.TAIL_FOLDED;
  return [
    report.INPUT_STAGE,
    ...(centred ? [report.MEAN_STAGE] : []),
    // where statistics are given, distances are taken for the output alone, if at all
    ...(centred && !(given && tail) ? [report.CENTRE_STAGE] : []),
    ...(scaled && !given ? [report.TERM_STAGE, report.SUM_STAGE] : []),
    ...(scaled ? [report.DEVIATION_STAGE, report.RECIPROCAL_STAGE] : []),
    ...(apart && centred ? [report.MEAN_ROUNDED_STAGE] : []),
    ...(apart && scaled ? [report.RECIPROCAL_ROUNDED_STAGE] : []),
    ...(folded ? FACTOR_STAGES : []),
    report.OUTPUT_STAGE,
  ];
}

/** The format that the results of a stage are rounded to; exact sums are numbers of no format. */
export function formatOf(stage: number, norm: NormSpec, numerics: Numerics): FormatSpec {
  const { compute, accumulate, statistics, exact } = numerics;
  if (COMPUTED.includes(stage)) return compute;
  return stage === report.SUM_STAGE && !comparedBy(norm) && !exact ? accumulate : statistics;
}

/** Stages behind the input of one value per element. */
const ELEMENT_STAGES = [report.CENTRE_STAGE, report.TERM_STAGE, report.OUTPUT_STAGE];
/** Stages of one value per group, in the order of the arrays of their errors. */
const GROUP_STAGES = [
  report.MEAN_STAGE,
  report.SUM_STAGE,
  report.DEVIATION_STAGE,
  report.RECIPROCAL_STAGE,
  report.MEAN_ROUNDED_STAGE,
  report.RECIPROCAL_ROUNDED_STAGE,
];
/** Stages of one value per group, or per element where those of a group have weights of their own. */
const FACTOR_STAGES = [report.SLOPE_STAGE, report.SHIFT_STAGE];
/** Those in the compute format; the others are in that of the statistics. */
const COMPUTED = [
  report.INPUT_STAGE,
  report.MEAN_ROUNDED_STAGE,
  report.RECIPROCAL_ROUNDED_STAGE,
  ...FACTOR_STAGES,
  report.OUTPUT_STAGE,
];

/** Whether there is one a and one b for each group: where its elements have no weights of their own. */
const sharesFactors = ({ weight, bias, walk: { kept, weights } }: Job): boolean =>
  !(weight || bias) || kept[kept.length - 1] || weights.every((step, i) => kept[i] || !step);

/** Where the error of a mean or a sum comes from, if it is one of a group that the share has. */
function attributionOf(
  own: Engine,
  kernels: DiagnosisKernels,
  reports: Reports,
  share: Share,
  stage: number,
  group: number,
): Attribution | undefined {
  const part = share.parts.find(({ number, walk }) => group >= number && group < number + walk.groups);
  if (!part) return undefined;
  reports.enter(part);
  kernels.attribute(stage, group - part.number);
  const { f64 } = own.heap;
  const before = f64[report.PART_BEFORE >> 3];
  const accumulation = f64[report.PART_ADDITIONS >> 3];
  const total = f64[report.PART_TOTAL >> 3];
  if (stage === report.SUM_STAGE) return { group, terms: before, accumulation, total };
  return { group, input: before, accumulation, final: f64[report.PART_FINAL >> 3], total };
}

function eventsOf({ counts, groups, elements }: Found, stage: number): Pick<StageTrace, "events" | "firsts"> {
  const events = {} as Record<DiagnosisEvent, number>;
  const firsts: Partial<Record<DiagnosisEvent, EventPlace>> = {};
  // in the order of the EVENT constants
  EVENTS.forEach((event, kind) => {
    const i = stage * report.EVENT_KINDS + kind;
    events[event] = counts[i];
    if (groups[i] >= 0) firsts[event] = { group: groups[i], index: elements[i] < 0 ? null : elements[i] };
  });
  return { events, firsts };
}

/** The most elements whose stages are swept in one pass, each with errors of its own: of more, these would take much memory. */
const MOST_TOGETHER = 2 ** 19;

/** Of so many elements of one of a company, one may be kept until all ask each other for quantiles. */
const KEPT = 2;

/** Where it is told where |e| of a stage go. */
const placeOf = (stage: number, kind: number): number => (report.ELEMENT_ERRORS >> 2) + 2 * stage + kind;

/** Where |e| of a stage are: its own, unless they are the same, and the total ones. */
interface StageErrors {
  readonly stage: number;
  readonly mine?: number;
  readonly total: number;
  /** Whether they are of groups, not of elements. */
  readonly ofGroups?: boolean;
}

/** Some numbers behind others. */
function joined(all: readonly Float64Array[]): Float64Array {
  if (all.length === 1) return all[0];
  const joined = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of all) {
    joined.set(each, at);
    at += each.length;
  }
  return joined;
}

/**
 * Runs a job over a share, whose x is resident, with every operation watched and every stage held against the exact one: its
 * own exact result from the inputs that it was given, and that from the original data.
 *
 * @param records Memory that was allocated, for what judge() may know of the groups.
 * @returns What there is of the whole tensor.
 */
export function trace(job: Job, records: number, share = new Share(job.walk), kept = NOWHERE): Traced {
  const own = engine();
  const kernels = tracer(own);
  const { heap } = own;
  const { all, parts, company } = share;
  const { elements, groups } = share.walk;
  const numerics = job.numerics as Numerics;
  const stages = stagesOf(job);
  const slots = 2 * GROUP_STAGES.length;
  heap.begin();
  const conditions = heap.scratch(groups * 8);
  const table = heap.scratch(tableBytes(Math.max(elements, groups)));
  const swept = stages.filter((stage) => FACTOR_STAGES.includes(stage) || ELEMENT_STAGES.includes(stage));
  const together = numerics.tail === at.TAIL_SAME && all.elements <= MOST_TOGETHER;
  // of elements two and two, at first those of the input
  const room = 4 * Math.max(elements, groups);
  const errors = heap.scratch(2 * room * (together ? swept.length : 1));
  const groupErrors = heap.scratch(4 * slots * groups);
  const { isWhole } = share;
  // no part has more groups than the first
  const ofPart = isWhole ? groupErrors : heap.scratch(4 * slots * parts[0].walk.groups);
  prepare(own, job);
  const reports = new Reports(own, job, share);
  const numbers = company.size > 1 ? Math.floor(all.elements / company.size / KEPT) : 0;
  const measures = new Measures(own, kernels, reports, company, table, { address: heap.scratch(4 * numbers), numbers });
  const { i32, f32, f64 } = heap;
  const measured: { own: ErrorStatistics; total: ErrorStatistics; size: number }[] = [];
  /** Joins the errors of stages. */
  const measure = (found: readonly StageErrors[], again?: () => void): void => {
    const errors: Errors[] = [];
    for (const { stage, mine, total, ofGroups } of found) {
      const [n, of] = ofGroups ? [groups, all.groups] : [elements, all.elements];
      if (mine) errors.push({ state: stateOf(stage, report.OWN), address: mine, n, all: of, ofGroups });
      errors.push({ state: stateOf(stage, report.TOTAL), address: total, n, all: of, ofGroups });
    }
    const read = (): void => {
      for (const { stage, mine, ofGroups } of found) {
        const count = ofGroups ? all.groups : all.elements;
        const state = stateOf(stage, report.TOTAL);
        measured[stage] = {
          own: readErrors(own, mine ? stateOf(stage, report.OWN) : state, count),
          total: readErrors(own, state, count),
          size: f64[(state + report.ERRORS_LARGEST) >> 3],
        };
      }
    };
    measures.measure(errors, read, again);
  };
  reports.each(({ group, element, walk }) => {
    i32[report.RECORDS >> 2] = records + group * report.RECORD_BYTES;
    i32[report.CONDITIONS >> 2] = conditions + group * 8;
    i32[report.GROUP_ERRORS >> 2] = ofPart;
    i32[placeOf(report.INPUT_STAGE, report.TOTAL)] = errors + element * 4;
    kernels.trace();
    for (let slot = 0; slot < slots && !isWhole; slot++) {
      const from = ofPart / 4 + slot * walk.groups;
      f32.copyWithin(groupErrors / 4 + slot * groups + group, from, from + walk.groups);
    }
  });
  const found: StageErrors[] = [];
  GROUP_STAGES.forEach((stage, i) => {
    const mine = groupErrors + 2 * i * groups * 4;
    if (stages.includes(stage)) found.push({ stage, mine, total: mine + groups * 4, ofGroups: true });
  });
  // all that rounding the input does is its own
  measure([...found, { stage: report.INPUT_STAGE, total: errors }]);
  const sweep = (found: readonly StageErrors[], ofGroups = false): void => {
    const { outputs } = kept;
    let { values } = kept;
    const bits = found.reduce((bits, { stage }) => bits | (1 << stage), 0);
    reports.each(({ group, element }) => {
      const at = 4 * (ofGroups ? group : element);
      for (const { stage, mine = 0, total } of found) {
        i32[placeOf(stage, report.OWN)] = mine + at;
        i32[placeOf(stage, report.TOTAL)] = total + at;
      }
      i32[report.OUTPUTS >> 2] = outputs && outputs + 4 * element;
      i32[report.EXACT_VALUES >> 2] = values;
      kernels.sweep(bits);
      // the kernel goes on from part to part
      values = i32[report.EXACT_VALUES >> 2];
    });
  };
  const given = isGiven(job);
  const largest: Traced["largest"] = {};
  // no stage, but how large the differences from the mean are, of which the output is made
  if (given && numerics.tail === at.TAIL_STEPS) {
    sweep([{ stage: report.CENTRE_STAGE, mine: errors, total: errors + room }]);
    reports.join([{ state: stateOf(report.CENTRE_STAGE, report.TOTAL) }]);
    largest.centre = f64[(stateOf(report.CENTRE_STAGE, report.TOTAL) + report.ERRORS_LARGEST) >> 3];
  }
  for (const pass of together ? [swept] : swept.map((stage) => [stage])) {
    const shared = FACTOR_STAGES.includes(pass[0]) && sharesFactors(job);
    const found = pass.map((stage, i) => {
      const mine = errors + 2 * i * room;
      return { stage, mine, total: mine + room, ofGroups: shared };
    });
    const back = company.size > 1 && reports.mark();
    sweep(found, shared);
    measure(found, () => {
      if (back) back();
      sweep(found, shared);
    });
  }
  measures.finish();
  const { events, condition } = company.exchange(
    { found: reports.found(), conditions: f64.slice(conditions / 8, conditions / 8 + groups) },
    (all) => ({
      events: all.map((each) => each.found).reduce(addFound),
      condition: joined(all.map((each) => each.conditions)),
    }),
  );
  const adds = !comparedBy(job.norm);
  const traced = stages.map((stage): StageTrace => {
    const { own, total, size } = measured[stage];
    const name = STAGES[stage];
    if (name === "mean") largest.total = events.largestSum;
    else if (name !== "input") largest[name] = size;
    return { name, format: formatOf(stage, job.norm, numerics), own, total, ...eventsOf(events, stage) };
  });
  const output = stateOf(report.OUTPUT_STAGE, report.TOTAL);
  const counted = f64[(output + report.ERRORS_ORDINARY) >> 3] + f64[(output + report.ERRORS_MISMATCHED) >> 3];
  const mine = stages.map((stage, i) => {
    const group = traced[i].total.worstIndex;
    if (given || group === null || !(stage === report.MEAN_STAGE || (stage === report.SUM_STAGE && adds)))
      return undefined;
    return attributionOf(own, kernels, reports, share, stage, group);
  });
  // each by the one who has the group
  const attributions = company.exchange(mine, (all) => stages.map((_, i) => all.find((each) => each[i])?.[i]));
  attributions.forEach((attribution, i) => {
    // a format that saturates makes a finite sum of infinite terms
    if (attribution && Object.values(attribution).every(Number.isFinite)) traced[i].attribution = attribution;
  });
  return {
    stages: traced,
    absorbedOverflow: events.absorbed,
    equalSpecials: all.elements - counted,
    largest,
    condition,
  };
}

/** Bytes that the exact outputs of a share take. */
export const exactBytes = ({ elements, groups }: Walk): number =>
  8 * elements + report.EXACT_HEAD_BYTES * Math.ceil(Math.min(groups + elements / 128, elements / 4));

/** Whether outputs of a share are the same, bit by bit. */
export const areEqual = (a: number, b: number, { elements }: Walk): boolean =>
  tracer(engine()).equal(a, b, elements) !== 0;

/**
 * Error statistics of given outputs of a share against the exact output of a job over it, in ulp of `unit`.
 *
 * @param address float32 in the order of x, in memory that was allocated; overwritten.
 * @param records Of trace().
 * @param known What is in them that is that of this job: one of the KNOWN constants.
 * @param values Memory that was allocated, exactBytes() of it, for exact outputs that are known then, or are; 0 for none.
 * @returns Those of the whole tensor.
 */
export function judge(
  reference: Job,
  address: number,
  unit: FormatSpec,
  records: number,
  known: number,
  share = new Share(reference.walk),
  values = 0,
): ErrorStatistics {
  const own = engine();
  const kernels = tracer(own);
  const { heap } = own;
  heap.begin();
  const table = heap.scratch(tableBytes(share.walk.elements));
  prepare(own, reference);
  kernels.setUnit(unit.precision, unit.emin, unit.emax);
  const reports = new Reports(own, reference, share, JUDGED_END);
  // the kernel goes on from part to part
  heap.i32[report.EXACT_VALUES >> 2] = values;
  reports.each(({ group, element }) => {
    heap.i32[placeOf(report.INPUT_STAGE, report.TOTAL)] = address + 4 * element;
    heap.i32[report.RECORDS >> 2] = records + group * report.RECORD_BYTES;
    kernels.judge(known);
  });
  const state = stateOf(report.INPUT_STAGE, report.TOTAL);
  const measures = new Measures(own, kernels, reports, share.company, table);
  const { elements } = share.all;
  const back = share.company.size > 1 ? reports.mark() : undefined;
  measures.measure([{ state, address, n: share.walk.elements, all: elements }], () => {}, back);
  return readErrors(own, state, elements);
}
