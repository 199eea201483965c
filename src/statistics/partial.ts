// Statistics of data that comes in chunks, or that others have seen: gathered, merged, and sent about as JSON.

import {
  checkAxes,
  checkAxis,
  checkBoolean,
  checkInteger,
  checkOptions,
  checkSize,
  isObject,
  wrong,
} from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { checkState, fromJson, type JsonNumber, toJson } from "../checks/saved-state.js";
import { type Engine, engine, within } from "../engine/engine.js";
import { MOST_TOP } from "../numerics/constants.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm, MEAN_ONLY, type Norm, type NormSpec, sameNorm, showNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import type { Dense, TensorLike } from "../tensor/forms.js";
import { operand } from "../tensor/operand.js";
import { checkResults, checkShape, keptShape, MAX_RANK, sameShape, sizeOf } from "../tensor/shape.js";
import { gather } from "./gather.js";
import { PartialState } from "./partial-state.js";

/** Of `partial()`: one piece of data that is reduced in pieces. */
export interface PartialOptions {
  /** Axes to reduce, negative ones from the end. Default: all of them. */
  axes?: number | readonly number[] | undefined;
  /** Instead of `axes`: the axis of the channels, negative from the end. All others are reduced, as by batchNorm. */
  axis?: number | undefined;
  /**
   * What distances are taken from, a finite float32: one for each group, or a number for all. Default: 0 for norms;
   * deviations are then from the mean of all elements, as far as they can be.
   */
  centre?: TensorLike | number | undefined;
}

/** Of the result that pieces come to. */
export interface PartialResultOptions {
  /** As for `statistics()`. */
  calibrated?: boolean | undefined;
}

/** float32 in the shape of the axes that are kept. */
export interface PartialResult {
  /** Elements of a group. */
  count: number;
  /** NaN for no elements. */
  mean: Dense<Float32Array>;
  /** The norm of x - centre; of x without a centre. undefined for "mean". */
  norm: Dense<Float32Array> | undefined;
  /**
   * The paper's S without eps, about the centre. Without a centre: about the mean for L2, L∞ and range; undefined for
   * L1, top-k and Lp, which need the mean beforehand, and for "mean".
   */
  deviation: Dense<Float32Array> | undefined;
}

/** What a PartialStatistics is made of, as JSON. */
export interface PartialJson {
  /** Name of this form: it changes with its meaning. */
  schema: "halfnorm.partial/1";
  /** The norm, or "mean" for the mean alone. */
  norm: Norm | "mean";
  /** Axes that are reduced, as they were given; null for all, or where `axis` is given. */
  axes: number | number[] | null;
  /** The axis of the channels, as it was given; null where it was not. */
  axis: number | null;
  /** What distances are taken from, one for each group or one for all; null for none. */
  centre: number[] | null;
  /** null until the first chunk. */
  shape: number[] | null;
  /** Elements of a group so far. */
  count: number;
  /** Sums of the elements. Of this list and those below, each has an element for each group; those that the norm does not have are empty. */
  sums: JsonNumber[];
  /** Parts of the sums that were lost to rounding. */
  rests: JsonNumber[];
  /** What the terms of the norm add up to. */
  totals: JsonNumber[];
  /** The greatest elements. */
  highs: JsonNumber[];
  /** The least elements. */
  lows: JsonNumber[];
  /** The k largest |x - centre| of each group, for top-k. */
  largest: JsonNumber[][];
}

const SCHEMA = "halfnorm.partial/1";
const OPTION_KEYS = ["axes", "axis", "centre"];
const LISTS = ["sums", "rests", "totals", "highs", "lows"] as const;
const JSON_KEYS = /* @__PURE__ */ ["norm", "shape", "count", "largest"].concat(OPTION_KEYS, LISTS);

const ORIGIN: Float32Array = /* @__PURE__ */ new Float32Array(1);

/** The norm, or the mean alone: a copy of what was given, and what it says. */
function checkGathered(norm: Norm | "mean" = "l2"): { given: Norm | "mean"; spec: NormSpec } {
  if (norm === "mean") return { given: norm, spec: MEAN_ONLY };
  const given = isObject(norm) ? { ...norm } : norm;
  return { given, spec: checkNorm(given, MOST_TOP, false) };
}

/** Axes by themselves: more than there can be are enough to be refused. */
function copyOf(axes: number | readonly number[] | undefined): number | number[] | undefined {
  if (!Array.isArray(axes)) return axes as number | undefined;
  return Array.from({ length: Math.min(axes.length, MAX_RANK + 1) }, (_, i) => axes[i]);
}

const centreOf = (centre: Float32Array | undefined, j: number): number =>
  centre ? centre[centre.length > 1 ? j : 0] : 0;

function sameCentre(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (!a || !b) return a === b;
  const length = Math.max(a.length, b.length);
  if (Math.min(a.length, b.length) !== length && Math.min(a.length, b.length) !== 1) return false;
  for (let j = 0; j < length; j++) if (centreOf(a, j) !== centreOf(b, j)) return false;
  return true;
}

const showCentre = (centre: Float32Array | undefined): string => (centre ? describe([...centre]) : "absent");

function checkCentre(centre: TensorLike | number): Float32Array {
  const values = typeof centre === "number" ? Float32Array.of(centre) : valuesOf(operand("centre", centre));
  const wrongAt = values.findIndex((value) => !Number.isFinite(value));
  if (wrongAt >= 0)
    throw wrong("centre", "of finite float32", typeof centre === "number" ? centre : values[wrongAt], "number");
  return values;
}

/**
 * Statistics that are gathered chunk by chunk and merged with those that others have gathered: other workers, other
 * machines, other days. Made by {@link partial}; for the same data in any order and any split they agree to about
 * float64, so that results in float32 are those of the whole.
 *
 * Of every group are kept: the sum of the elements, and Σ|x - centre| (L1), Σ(x - mean)², merged as by Chan, Golub and
 * LeVeque (L2), the greatest and the least element (L∞, range), the k largest |x - centre| (top-k), or the Lp norm.
 */
export class PartialStatistics {
  /** What is gathered: a norm, or "mean" for the mean alone. */
  readonly norm: Norm | "mean";
  #engine: Engine = engine();
  #spec: NormSpec;
  #axes: number | number[] | undefined;
  #axis: number | undefined;
  /** One number for all groups is a centre of length 1. */
  #centre: Float32Array | undefined;
  #shape: number[] | undefined;
  #count = 0;
  #state: PartialState;

  /**
   * Use {@link partial}.
   *
   * @throws {TypeError} for a wrong type or an unknown option.
   * @throws {RangeError} for a wrong value.
   */
  constructor(norm: Norm | "mean" | undefined, options?: PartialOptions) {
    const o = checkOptions(options, OPTION_KEYS);
    const { given, spec } = checkGathered(norm);
    const { axis, centre } = o;
    const axes = copyOf(o.axes);
    if (axes !== undefined && axis !== undefined) throw new TypeError('only one of "axes", "axis" can be given');
    // against the rank of the chunks again
    if (axes !== undefined) checkAxes(axes, MAX_RANK);
    if (axis !== undefined) checkAxis("axis", axis, MAX_RANK);
    this.norm = given;
    this.#spec = spec;
    this.#axes = axes;
    this.#axis = axis;
    this.#centre = centre === undefined ? undefined : checkCentre(centre);
    // without axes there is one group, whatever the chunks
    if (axes === undefined && axis === undefined) this.#shape = [];
    this.#state = new PartialState(spec, this.#shape ? 1 : 0);
  }

  /** Elements of a group so far. */
  get count(): number {
    return this.#count;
  }

  /** Shape of the axes that are kept; undefined until the first chunk, if there are such axes. */
  get shape(): readonly number[] | undefined {
    return this.#shape?.slice();
  }

  /**
   * Adds the elements of a tensor, in native arithmetic. A chunk without elements adds none.
   *
   * @throws {TypeError} for a wrong type; nothing was added then.
   * @throws {RangeError} for a wrong value, groups of another shape, or when memory cannot grow; nothing was added then.
   */
  add(chunk: TensorLike): this {
    within(this.#engine, () => {
      const x = operand("chunk", chunk);
      const rank = x.shape.length;
      const channel = this.#axis === undefined ? 0 : 1 << checkAxis("axis", this.#axis, rank);
      const reduced = channel ? ((1 << rank) - 1) ^ channel : checkAxes(this.#axes, rank);
      const shape = keptShape(x.shape, reduced, false);
      const groups = sizeOf(shape);
      const count = groups && x.size / groups;
      this.#accept("chunk", shape, count);
      // numbers of float64, and up to four of each group
      checkResults("chunk", groups, 32);
      const state = this.#shape ? this.#state : new PartialState(this.#spec, groups);
      gather(x, reduced, state, this.#centre ?? ORIGIN);
      this.#become(shape, state, count);
    });
    return this;
  }

  /**
   * Adds the elements that others have seen.
   *
   * @param other Statistics by the same norm, about the same centre, of groups of the same shape, or their JSON.
   * @throws {TypeError} for a wrong type; nothing was added then.
   * @throws {RangeError} for another norm, centre or shape; nothing was added then.
   */
  merge(other: PartialStatistics | PartialJson): this {
    const from = other instanceof PartialStatistics ? other : PartialStatistics.from(other);
    if (!sameNorm(from.#spec, this.#spec)) {
      throw new RangeError(`"other.norm" must be ${showNorm(this.norm)}, got ${showNorm(from.norm)}`);
    }
    if (!sameCentre(this.#centre, from.#centre)) {
      throw wrong("other.centre", showCentre(this.#centre), from.#centre ? [...from.#centre] : undefined, "object");
    }
    if (!from.#shape) return this;
    this.#accept("other", from.#shape, from.#count);
    const state = this.#shape ? this.#state : new PartialState(this.#spec, from.#state.groups);
    state.merge(from.#state, 0, state.groups);
    this.#become(from.#shape, state, from.#count);
    return this;
  }

  /**
   * The statistics of all elements so far; more can be added afterwards.
   *
   * @throws {TypeError} for a wrong type or an unknown option.
   * @throws {RangeError} while the number of groups is not known, or groups have fewer elements than the k of top-k.
   */
  result(options?: PartialResultOptions): PartialResult {
    const { calibrated } = checkOptions(options, ["calibrated"]);
    const exact = checkBoolean("calibrated", calibrated);
    const shape = this.#shape;
    if (!shape) throw new RangeError("nothing was added yet: the number of groups is not known");
    const count = this.#count;
    const spec = this.#spec;
    const centre = this.#centre;
    const state = this.#state;
    const { top } = spec;
    if (top) checkInteger("topk", top, 1, count, ", the elements of a group");
    const dense = (value: (j: number) => number): Dense<Float32Array> => {
      const data = new Float32Array(state.groups);
      for (let j = 0; j < data.length; j++) data[j] = value(j);
      return { data, shape: shape.slice(), dtype: "float32" };
    };
    const mean = dense((j) => state.mean(j));
    if (this.norm === "mean") return { count, mean, norm: undefined, deviation: undefined };
    const norm = dense((j) => state.size(j, centreOf(centre, j), false));
    const about = centre !== undefined || state.gathered.about !== "centre";
    const factor = deviationFactor(spec, count, exact);
    const from = (j: number): number => (centre ? centreOf(centre, j) : state.mean(j));
    const deviation = about ? dense((j) => factor * state.size(j, from(j), true)) : undefined;
    return { count, mean, norm, deviation };
  }

  /** Everything, as plain data for JSON.stringify() or postMessage(): {@link PartialStatistics.from} takes it back. */
  toJSON(): PartialJson {
    const state = this.#state;
    const axes = this.#axes;
    return {
      schema: SCHEMA,
      norm: this.norm,
      axes: axes === undefined ? null : typeof axes === "number" ? axes : axes.slice(),
      axis: this.#axis ?? null,
      centre: this.#centre ? [...this.#centre] : null,
      shape: this.#shape?.slice() ?? null,
      count: this.#count,
      sums: toJson(state.sums),
      rests: toJson(state.rests),
      totals: toJson(state.totals),
      highs: toJson(state.highs),
      lows: toJson(state.lows),
      largest: state.largest.map(toJson),
    };
  }

  /**
   * Statistics from their JSON, which may come from anywhere: all of it is checked.
   *
   * @throws {TypeError} for a wrong type, or what is missing or unknown.
   * @throws {RangeError} for a wrong value.
   */
  static from(json: PartialJson): PartialStatistics {
    const given = checkState("json", json, SCHEMA, JSON_KEYS);
    const { centre } = given;
    const shape = given.shape === null ? null : checkShape("json.shape", given.shape);
    const centres =
      centre === null
        ? undefined
        : Float32Array.from(fromJson("json.centre", centre, Array.isArray(centre) ? centre.length : 0));
    const made = new PartialStatistics(given.norm, {
      axes: given.axes ?? undefined,
      axis: given.axis ?? undefined,
      centre: centres,
    });
    const count = checkInteger("json.count", given.count, 0, shape ? Number.MAX_SAFE_INTEGER : 0);
    const groups = shape === null ? 0 : sizeOf(shape);
    // no memory for groups that are not there
    const sums = fromJson("json.sums", given.sums, groups);
    const state = new PartialState(made.#spec, groups);
    state.sums.set(sums);
    for (const list of LISTS) {
      if (list === "sums") continue;
      state[list].set(fromJson(`json.${list}`, given[list], state[list].length, list === "totals" ? 0 : undefined));
    }
    const { largest } = given;
    if (!Array.isArray(largest)) throw wrong("json.largest", "an array of arrays", largest);
    checkSize("json.largest", state.largest.length, largest.length);
    for (let j = 0; j < state.largest.length; j++) {
      const values = fromJson(`json.largest[${j}]`, largest[j], Math.min(made.#spec.top, count), 0);
      state.largest[j] = Float32Array.from(values).sort().reverse();
    }
    for (let j = 0; j < state.highs.length; j++) {
      if (count && state.highs[j] < state.lows[j]) {
        throw wrong(`json.highs[${j}]`, `at least ${state.lows[j]}`, state.highs[j], "number");
      }
    }
    if (shape === null) return made;
    made.#accept("json.shape", shape, count);
    state.counts.fill(count);
    // what has no elements begins afresh
    made.#become(shape, count ? state : new PartialState(made.#spec, groups), count);
    return made;
  }

  /** Throws unless there can be a chunk or another's statistics of `count` elements in groups of a shape. */
  #accept(name: string, shape: readonly number[], count: number): void {
    if (this.#shape && !sameShape(shape, this.#shape)) {
      throw new RangeError(`"${name}" must have groups of shape ${describe(this.#shape)}, got ${describe(shape)}`);
    }
    const groups = sizeOf(shape);
    const centres = this.#centre?.length ?? 1;
    if (centres !== 1 && centres !== groups) checkSize("centre", groups, centres);
    if (this.#count + count > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(`"${name}" must leave the count of elements below 2^53, got ${count} more`);
    }
  }

  #become(shape: readonly number[], state: PartialState, count: number): void {
    this.#shape = shape.slice();
    this.#state = state;
    this.#count += count;
  }
}

/**
 * Statistics of data that comes in chunks, or is spread over workers or machines, by any of the norms, or the mean alone.
 *
 * Deviations by L1, top-k and Lp are about a centre that has to be known: gather the mean first, and give it to a second
 * round as `centre`.
 *
 *     const whole = partial("l2", { axis: 1 });
 *     for (const chunk of chunks) whole.add(chunk);
 *     whole.merge(JSON.parse(textFromElsewhere));
 *     const { count, mean, deviation } = whole.result();
 *
 * @param norm Default: "l2".
 * @see Chan, Golub and LeVeque, *Updating formulae and a pairwise algorithm for computing sample variances* (1979).
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for a wrong value.
 */
export function partial(norm?: Norm | "mean", options?: PartialOptions): PartialStatistics {
  return new PartialStatistics(norm, options);
}
