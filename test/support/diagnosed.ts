/** Diagnoses by the package beside those of the oracle, and the comparison of the two. */

import { expect } from "vitest";
import type { DiagnoseOptions } from "../../src/diagnosis/question.js";
import type { Diagnosis, ErrorStatistics, Stage } from "../../src/diagnosis/result.js";
import { diagnose } from "../../src/index.js";
import * as oracle from "../oracle/diagnosis.js";
import { isPower, isTop, type Norm } from "../oracle/emulated.js";
import type { Judged } from "../oracle/errors.js";
import type { Format } from "../oracle/formats.js";
import { PAIRS, type Pair, type Real, type Reals } from "../oracle/reals.js";
import { EVENTS } from "../oracle/steps.js";
import * as summary from "../oracle/summary.js";
import { groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import type { Work } from "../oracle/work.js";
import type { Plain, Storage } from "./call.js";
import { show } from "./cases.js";
import { type Kind, stored, values } from "./data.js";
import type { ArithmeticPair } from "./formats.js";
import { inputCounts } from "./input-counts.js";
import { type LayerGroups, ofBatch, ofGroups, ofInstance, ofLast } from "./layer-groups.js";
import { gaussian } from "./random.js";

/** What is normalized together: a layer of the package, or a set of axes, which has no weights. */
export interface Grouping
  extends Omit<LayerGroups, "weights" | "weightOf">,
    Partial<Pick<LayerGroups, "weights" | "weightOf">> {
  readonly options: Pick<DiagnoseOptions, "layer" | "axis" | "groups" | "axes" | "centred">;
}

export function over(axes: readonly number[], centred = true): Grouping {
  const options = { axes, ...(centred ? {} : { centred }) };
  return { name: `axes ${axes}`, options, groups: (shape) => groupsOf(shape, axes), centred };
}

export const batch: Grouping = { ...ofBatch(), options: { layer: "batch" } };
export const channelsLast: Grouping = { ...ofBatch(-1), options: { layer: "batch", axis: -1 } };
export const instance: Grouping = { ...ofInstance(), options: { layer: "instance" } };
export const inGroups = (groups: number): Grouping => ({ ...ofGroups(groups), options: { layer: "group", groups } });
export const last = (axes: number, centred: boolean): Grouping => ({
  ...ofLast(axes, centred),
  options: { layer: centred ? "layer" : "rms", axis: -axes },
});

/** One diagnosis. */
export interface Subject {
  readonly shape: readonly number[];
  readonly grouping: Grouping;
  readonly norm: Norm | "none";
  readonly pair: ArithmeticPair;
  /** Values, or the kind of values. */
  readonly data: Kind | Float32Array;
  readonly storage: Storage;
  /** Default: 1e-5. */
  readonly eps?: number;
  /** Bit 0: weight, bit 1: bias. */
  readonly weighted?: number;
  readonly remedies?: boolean;
  /** Statistics of the channels that are applied. */
  readonly given?: { readonly mean: Float32Array; readonly deviation: Float32Array };
  /** Factor of the statistic where it is not the paper's, and what is asked for to have it. */
  readonly constant?: number;
  readonly asked?: Pick<DiagnoseOptions, "norm" | "calibrated">;
}

/** The call of the package, and the work of the oracle. */
export interface Posed {
  readonly what: string;
  readonly x: Plain;
  readonly options: DiagnoseOptions;
  readonly work: Work;
}

export function pose(subject: Subject): Posed {
  const {
    shape,
    grouping,
    norm,
    pair,
    data,
    storage,
    eps = 1e-5,
    weighted = 0,
    remedies = false,
    constant,
    asked,
    given,
  } = subject;
  const size = sizeOf(shape);
  const elements = typeof data === "string" ? values(data, pair.oracle.compute, size, size + 1) : data;
  const { x, read } = stored(elements, shape, storage);
  const groups = grouping.groups(shape).map(({ elements }) => elements);
  const { weights, weightOf } = grouping;
  const parameters = weights?.(shape) ?? 0;
  const weight = weighted & 1 ? gaussian(parameters, 5, 1, 0.5) : undefined;
  const bias = weighted & 2 ? gaussian(parameters, 6) : undefined;
  const spread = (from: Float32Array | undefined) =>
    from && Float64Array.from({ length: size }, (_, i) => from[weightOf?.(shape, indexOf(shape, i)) ?? NaN]);
  const [weightAt, biasAt] = [spread(weight), spread(bias)];
  return {
    what: `${grouping.name}, ${show(norm)}, ${typeof data === "string" ? data : "values"} ${storage} [${shape}]${given ? ", given" : ""}, ${pair.label}`,
    x,
    options: {
      ...grouping.options,
      norm,
      arithmetic: pair.asked,
      remedies,
      eps,
      ...(weight && { weight }),
      ...(bias && { bias }),
      ...asked,
      ...given,
    },
    work: {
      values: read,
      groups,
      norm,
      arithmetic: pair.oracle,
      centred: grouping.centred,
      eps,
      ...(constant && { constant }),
      ...(given && { given }),
      ...(weightAt && { weight: weightAt }),
      ...(biasAt && { bias: biasAt }),
    },
  };
}

/** Whether the exact values depend on powers or constants that are no better than 1e-13. */
const isRough = (norm: Work["norm"]) => isPower(norm) || isTop(norm) || norm === "linf" || norm === "range";

/** How far off an error may be: relative to the exact value, and in ulp, of which a value of a format has up to 2^p. */
export interface Slack {
  readonly relative: number;
  readonly ulp: number;
}

/** Exact values are held to 2^-50 relative, constants to 1e-13; a bias may cancel digits. */
export const slack = ({ norm, bias }: Work, { precision }: Format): Slack => {
  const relative = (isRough(norm) ? 4e-13 : 2 ** -47) * (bias ? 100 : 1);
  return { relative, ulp: 2 ** precision * relative };
};

function near(actual: number | null, expected: number | null, tolerance: number): boolean {
  if (actual === null || expected === null) return actual === expected;
  return Math.abs(actual - expected) <= tolerance;
}

/** Where nothing but the errors of the exact values is left, there may as well be no error at all. */
const NOTHING_DB = 270;

/** Fails unless statistics are those of the errors that the oracle found. */
export function expectErrors(actual: ErrorStatistics, judged: Judged, slack: Slack, what: string): void {
  const { statistics: expected, ulps, unit, mostUnits } = judged;
  const { relative } = slack;
  const ulp = Math.max(slack.ulp, mostUnits * relative);
  const complain = (key: string, value: unknown, wanted: unknown) =>
    expect.fail(`${what}: ${key} is ${value} instead of ${wanted}`);
  const check = (key: keyof ErrorStatistics, tolerance: number) => {
    if (!near(actual[key], expected[key], tolerance)) complain(key, actual[key], expected[key]);
  };
  check("count", 0);
  check("mismatchedSpecials", 0);
  if (!judged.ambiguous) {
    const most = Math.abs(expected.maxUlp ?? 0);
    // Of two errors of the same size, the sign may be that of the other.
    if (!near(Math.abs(actual.maxUlp ?? NaN), Math.abs(expected.maxUlp ?? NaN), ulp + most * 1e-10)) {
      if (actual.maxUlp !== expected.maxUlp) complain("maxUlp", actual.maxUlp, expected.maxUlp);
    }
    const { worstIndex } = actual;
    if (worstIndex === null || expected.worstIndex === null) check("worstIndex", 0);
    else if (worstIndex !== expected.worstIndex) {
      const there = ulps[worstIndex];
      if (!near(Math.abs(there), most, 2 * ulp + most * 1e-10)) complain("worstIndex", worstIndex, expected.worstIndex);
      const reversed = Math.sign(there) !== Math.sign(actual.maxUlp ?? 0);
      if (reversed && Math.abs(there) > ulp) complain("sign", actual.maxUlp, there);
    }
    check("meanUlp", ulp + most * 1e-12);
    check("rmsUlp", ulp + most * 1e-10);
    for (const key of ["p50Ulp", "p99Ulp", "p999Ulp"] as const) check(key, ulp + 2 ** -22 * (expected[key] ?? 0));
  }
  check("maxAbs", ulp * unit + 1e-10 * (expected.maxAbs ?? 0));
  check("maxRel", relative + 1e-7 * (expected.maxRel ?? 0));
  check("cosine", 1e-12);
  const db = [actual.sqnrDb, expected.sqnrDb].map((value) => value ?? Infinity);
  // An error of the exact values weighs the more, the smaller the noise is.
  const weight = 20 * relative * 10 ** (Math.min(...db) / 20);
  if (Math.min(...db) < NOTHING_DB) check("sqnrDb", 1e-9 + weight);
  const bits = [actual.significantBits, expected.significantBits].map((value) => value ?? -1);
  if (Math.min(...bits) < 38) check("significantBits", 2e-7 + 2 * relative * 2 ** Math.min(...bits));
}

/** Fails unless two plain objects are the same; without the cost of an assertion where they are. */
function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual, what).toEqual(expected);
}

function expectAttribution<R extends Real<R>>(actual: Stage, expected: oracle.Diagnosis<R>, what: string): void {
  const { attribution, name, total } = actual;
  const wanted = oracle.attribute(expected.traced, expected.truth, name, total.worstIndex ?? 0);
  if (!attribution || !wanted || total.worstIndex === null) {
    const none = !attribution && (!wanted || total.worstIndex === null);
    if (!none) expect(attribution, `${what}: attribution`).toEqual(wanted);
    return;
  }
  expectSame(Object.keys(attribution).sort(), Object.keys(wanted).sort(), `${what}: attribution`);
  expectSame(attribution.group, total.worstIndex, `${what}: group of the attribution`);
  const { input = 0, terms = 0, accumulation, final = 0 } = attribution;
  const parts = Math.abs(input) + Math.abs(terms) + Math.abs(accumulation) + Math.abs(final);
  const size = Math.abs(expected.truth.stages.get(name)?.high[attribution.group] ?? 0);
  const tolerance = 1e-12 * parts + 2 ** -48 * size + 2 * Number.MIN_VALUE;
  for (const key of ["input", "terms", "accumulation", "final", "total"] as const) {
    const found: number = attribution[key] ?? 0;
    const real: number = wanted[key] ?? 0;
    if (!near(found, real, tolerance)) expect.fail(`${what}: attribution to ${key} is ${found} instead of ${real}`);
  }
  const rest = input + terms + accumulation + final - attribution.total;
  if (Math.abs(rest) > tolerance) expect.fail(`${what}: attribution leaves ${rest} over`);
}

/** Fails unless the data are said to be what they are. */
function expectInput({ input }: Diagnosis, { values, groups }: Work, what: string): void {
  const { shape: _, dtype, ...rest } = input;
  const { counts, exponents } = inputCounts(values, dtype === "float16");
  const wanted = {
    count: values.length,
    groups: groups.length,
    groupSize: groups[0].length,
    ...counts,
    exponentHistogram: [...exponents].map(([exponent, count]) => ({ exponent, count })),
  };
  expectSame(rest, wanted, `${what}: input`);
}

/** Fails unless a diagnosis says of every stage, and of the whole, what the oracle says. */
function expectDiagnosis<R extends Real<R>>(actual: Diagnosis, expected: oracle.Diagnosis<R>, what: string): void {
  const { work } = expected.traced;
  const names = (stages: readonly { readonly name: string }[]) => stages.map(({ name }) => name);
  expectSame(names(actual.stages), names(expected.stages), what);
  expectInput(actual, work, what);
  for (const [i, stage] of actual.stages.entries()) {
    const wanted = expected.stages[i];
    const where = `${what}: ${stage.name}`;
    for (const event of EVENTS) {
      expectSame(stage.events[event], wanted.events[event], `${where}: ${event}`);
      expectSame(stage.firsts[event], wanted.firsts[event], `${where}: first ${event}`);
    }
    const units = slack(work, wanted.format);
    expectErrors(stage.own, wanted.own, units, `${where}, own`);
    expectErrors(stage.total, wanted.total, units, `${where}, total`);
    expectAttribution(stage, expected, where);
  }
  expectSame(actual.error, actual.stages[actual.stages.length - 1].total, `${what}: error`);
  expectSame(actual.absorbedOverflow, expected.traced.absorbedOverflow, `${what}: absorbedOverflow`);

  const { binades, at } = summary.headroom(work, expected.truth);
  if (!near(actual.headroom, binades, 1e-10)) {
    expect.fail(`${what}: headroom is ${actual.headroom} instead of ${binades}`);
  }
  const found = actual.headroomAt;
  if (found === null ? at.length : !at.includes(found)) expectSame(found, at, `${what}: headroomAt`);
  const condition = summary.condition(expected.truth);
  for (const key of ["max", "median"] as const) {
    const found = actual.condition[key];
    const real = condition[key];
    if (!near(found, real, 1e-12 * (real ?? 0) ** 2)) {
      expect.fail(`${what}: condition ${key} is ${found} instead of ${real}`);
    }
  }
  const { measured, ...bound } = actual.bound;
  expectSame(bound, summary.bound(work, work.groups[0]?.length ?? 0), `${what}: bound`);
  const sum = actual.stages.find(({ name }) => name === (work.norm === "none" ? "mean" : "sum"));
  expectSame(measured, work.given ? null : (sum?.own.maxRel ?? null), `${what}: measured`);
}

/** Fails unless the package gives the oracle's diagnosis; returns both. */
export function check(subject: Subject): { actual: Diagnosis; expected: oracle.Diagnosis<Pair> } {
  return checkWith(subject, PAIRS);
}

export function checkWith<R extends Real<R>>(subject: Subject, reals: Reals<R>) {
  const { what, x, options, work } = pose(subject);
  const expected = oracle.diagnose(work, reals);
  const actual = diagnose(x, options);
  expectDiagnosis(actual, expected, what);
  return { actual, expected };
}
