// Emulated normalization beside the exact one: what every stage loses, and what becomes of outputs.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as at from "../abi/plan.js";
import * as report from "../abi/report.js";
import { type Engine, engine } from "../engine/engine.js";
import type { Numerics } from "../numerics/arithmetic.js";
import type { FormatSpec } from "../numerics/format.js";
import { comparedBy, type NormSpec } from "../numerics/norm.js";
import { place } from "../plan/blocks.js";
import { type Job, topScratchBytes, writePlan } from "../plan/plan.js";
import { readErrors, TABLE_BYTES } from "./errors.js";
import { tracer } from "./kernels.js";
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

/** One stage of a traced job. */
export interface StageTrace extends Omit<Stage, "format" | "first"> {
  format: FormatSpec;
}

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

const stateOf = (stage: number, kind: number): number => report.ERRORS + (2 * stage + kind) * report.ERRORS_BYTES;

const isGiven = ({ task }: Pick<Job, "task">): boolean => (task & at.TASK_GIVEN) !== 0;

/** The plan of a kernel of the diagnosis, which finds the output by itself, and its work space. */
function prepare(own: Engine, job: Job): void {
  const { heap } = own;
  const { walk, norm } = job;
  place(own, job.weight);
  place(own, job.bias);
  place(own, job.mean);
  place(own, job.deviation);
  const top = isGiven(job) ? 0 : norm.top;
  if (top) job.scratch = heap.scratch(topScratchBytes(top));
  // four groups side by side at most; see largestBytes() of assembly/diagnosis/top-float64.ts
  const largest = top && heap.scratch(4 * 8 * (top + Math.max(top, 64)));
  writePlan(own, job, 0, walk.whole);
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

const ELEMENT_STAGES = [report.INPUT_STAGE, report.CENTRE_STAGE, report.TERM_STAGE, report.OUTPUT_STAGE];
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

/** Where the error of the mean or the sum of the worst group comes from. */
function attributionOf(own: Engine, kernels: DiagnosisKernels, stage: number, group: number): Attribution {
  kernels.attribute(stage, group);
  const { f64 } = own.heap;
  const before = f64[report.PART_BEFORE >> 3];
  const accumulation = f64[report.PART_ADDITIONS >> 3];
  const total = f64[report.PART_TOTAL >> 3];
  if (stage === report.SUM_STAGE) return { group, terms: before, accumulation, total };
  return { group, input: before, accumulation, final: f64[report.PART_FINAL >> 3], total };
}

function eventsOf(own: Engine, stage: number): Pick<StageTrace, "events" | "firsts"> {
  const { i32, f64 } = own.heap;
  const events = {} as Record<DiagnosisEvent, number>;
  const firsts: Partial<Record<DiagnosisEvent, EventPlace>> = {};
  // in the order of the EVENT constants
  EVENTS.forEach((event, kind) => {
    const i = stage * report.EVENT_KINDS + kind;
    events[event] = f64[(report.EVENT_COUNTS >> 3) + i];
    const group = i32[(report.EVENT_GROUPS >> 2) + i];
    const element = i32[(report.EVENT_ELEMENTS >> 2) + i];
    if (group >= 0) firsts[event] = { group, index: element < 0 ? null : element };
  });
  return { events, firsts };
}

/** Largest exact magnitudes, from the totals of the stages. */
function largestOf(own: Engine, stages: number[]): Traced["largest"] {
  const { f64 } = own.heap;
  const largest: Traced["largest"] = {};
  for (const stage of stages) {
    const name = STAGES[stage];
    if (name === "mean") largest.total = f64[report.LARGEST_SUM >> 3];
    else if (name !== "input") largest[name] = f64[(stateOf(stage, report.TOTAL) + report.ERRORS_LARGEST) >> 3];
  }
  return largest;
}

/**
 * Runs a job, whose x is resident, with every operation watched and every stage held against the exact one: its own
 * exact result from the inputs that it was given, and that from the original data.
 *
 * @param records Memory that was allocated, for what judge() may know of the groups.
 */
export function trace(job: Job, records: number): Traced {
  const own = engine();
  const kernels = tracer(own);
  const { heap } = own;
  const { walk } = job;
  const { elements, groups } = walk;
  const numerics = job.numerics as Numerics;
  const stages = stagesOf(job);
  heap.begin();
  const conditions = heap.scratch(groups * 8);
  const table = heap.scratch(TABLE_BYTES);
  const errors = heap.scratch(4 * Math.max(elements, 2 * GROUP_STAGES.length * groups));
  const others = heap.scratch(4 * Math.max(elements, groups));
  prepare(own, job);
  const { i32, f64 } = heap;
  i32[report.RECORDS >> 2] = records;
  i32[report.CONDITIONS >> 2] = conditions;
  i32[report.GROUP_ERRORS >> 2] = errors;
  i32[report.TOTAL_ERRORS >> 2] = errors;
  i32[report.OWN_ERRORS >> 2] = others;
  kernels.trace();
  const condition = f64.slice(conditions / 8, conditions / 8 + groups);
  GROUP_STAGES.forEach((stage, i) => {
    if (!stages.includes(stage)) return;
    for (const kind of [report.OWN, report.TOTAL]) {
      kernels.select(stateOf(stage, kind), errors + (2 * i + kind) * groups * 4, groups, table);
    }
  });
  const given = isGiven(job);
  // no stage, but how large the differences from the mean are, of which the output is made
  if (given && numerics.tail === at.TAIL_STEPS) kernels.sweep(report.CENTRE_STAGE);
  let factors = elements;
  for (const stage of stages) {
    const swept = FACTOR_STAGES.includes(stage);
    if (!swept && !ELEMENT_STAGES.includes(stage)) continue;
    kernels.sweep(stage);
    if (swept && i32[report.SHARED >> 2]) factors = groups;
    const count = swept ? factors : elements;
    kernels.select(stateOf(stage, report.TOTAL), errors, count, table);
    if (stage !== report.INPUT_STAGE) kernels.select(stateOf(stage, report.OWN), others, count, table);
  }
  const adds = !comparedBy(job.norm);
  const traced = stages.map((stage): StageTrace => {
    const count = ELEMENT_STAGES.includes(stage) ? elements : FACTOR_STAGES.includes(stage) ? factors : groups;
    return {
      name: STAGES[stage],
      format: formatOf(stage, job.norm, numerics),
      // all that rounding the input does is its own
      own: readErrors(own, stateOf(stage, stage === report.INPUT_STAGE ? report.TOTAL : report.OWN), count),
      total: readErrors(own, stateOf(stage, report.TOTAL), count),
      ...eventsOf(own, stage),
    };
  });
  const absorbedOverflow = f64[report.ABSORBED >> 3];
  const output = stateOf(report.OUTPUT_STAGE, report.TOTAL);
  const counted = f64[(output + report.ERRORS_ORDINARY) >> 3] + f64[(output + report.ERRORS_MISMATCHED) >> 3];
  const largest = largestOf(own, given ? [...stages, report.CENTRE_STAGE] : stages);
  stages.forEach((stage, i) => {
    const group = traced[i].total.worstIndex;
    if (given || group === null || !(stage === report.MEAN_STAGE || (stage === report.SUM_STAGE && adds))) return;
    const attribution = attributionOf(own, kernels, stage, group);
    // a format that saturates makes a finite sum of infinite terms
    if (Object.values(attribution).every(Number.isFinite)) traced[i].attribution = attribution;
  });
  return { stages: traced, absorbedOverflow, equalSpecials: elements - counted, largest, condition };
}

/**
 * Error statistics of given outputs against the exact output of a job, in ulp of `unit`.
 *
 * @param address float32 in the order of x, in memory that was allocated; overwritten.
 * @param records Of trace().
 * @param known What is in them that is that of this job: one of the KNOWN constants.
 */
export function judge(
  reference: Job,
  address: number,
  unit: FormatSpec,
  records: number,
  known: number,
): ErrorStatistics {
  const own = engine();
  const kernels = tracer(own);
  const { heap } = own;
  const { elements } = reference.walk;
  const state = stateOf(report.INPUT_STAGE, report.TOTAL);
  heap.begin();
  const table = heap.scratch(TABLE_BYTES);
  prepare(own, reference);
  heap.i32[report.TOTAL_ERRORS >> 2] = address;
  heap.i32[report.RECORDS >> 2] = records;
  kernels.setUnit(unit.precision, unit.emin, unit.emax);
  kernels.judge(known);
  kernels.select(state, address, elements, table);
  return readErrors(own, state, elements);
}
