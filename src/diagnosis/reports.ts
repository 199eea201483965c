// What kernels report of the parts of a tensor, one after another, and what the reports of all parts come to.

import * as report from "../abi/report.js";
import type { Engine } from "../engine/engine.js";
import { type Job, turnToPlace, writePlan } from "../plan/plan.js";
import { bytesOf } from "../tensor/storage.js";
import type { Part, Share } from "./share.js";

const START = report.ERRORS >> 3;
const END = report.REPORT_END >> 3;
/** Behind the first state for each kind of errors, which is all that judge() leaves. */
export const JUDGED_END = (report.ERRORS + 2 * report.ERRORS_BYTES) >> 3;

/** Fields of a state, in 64-bit floats. Behind those that are added up are those of which the largest counts. */
const STATE = report.ERRORS_BYTES >> 3;
const ORDINARY = report.ERRORS_ORDINARY >> 3;
const WORST = report.ERRORS_WORST >> 3;
const INDEX = report.ERRORS_INDEX >> 3;
const LARGEST = report.ERRORS_ABSOLUTE >> 3;

/**
 * Adds to error statistics in `sum` those of other pairs in `more`, whose indices are all the same kind of number. There are no
 * quantiles yet.
 *
 * @param to Where the one begins, and
 * @param from where the other does.
 */
function add(sum: Float64Array, to: number, more: Float64Array, from: number): void {
  let worst = sum[to + WORST];
  let first = sum[to + INDEX];
  const index = more[from + INDEX];
  const before = Math.abs(worst);
  const size = Math.abs(more[from + WORST]);
  if (index >= 0 && (first < 0 || size > before || (size === before && index < first))) {
    worst = more[from + WORST];
    first = index;
  }
  for (let i = 0; i < STATE; i++) {
    const each = more[from + i];
    sum[to + i] = i < LARGEST ? sum[to + i] + each : Math.max(sum[to + i], each);
  }
  sum[to + WORST] = worst;
  sum[to + INDEX] = first;
}

/** Where states of error statistics are. */
export const stateOf = (stage: number, kind: number): number =>
  report.ERRORS + (2 * stage + kind) * report.ERRORS_BYTES;

/** Error statistics in a report. */
export interface ErrorState {
  /** Where they are. */
  readonly state: number;
  /** Whether the pairs are of groups, not of elements. */
  readonly ofGroups?: boolean | undefined;
}

/** Counts of events and the places of the first, by stage and kind, and what there is one of. */
export interface Found {
  readonly counts: Float64Array;
  /** Groups of the first, -1 for none, and the elements in them, -1 for none. */
  readonly groups: Int32Array;
  readonly elements: Int32Array;
  largestSum: number;
  absorbed: number;
}

const EVENTS = report.STAGE_COUNT * report.EVENT_KINDS;

/** Puts what those behind have found to what `sum` has. */
export function addFound(sum: Found, more: Found): Found {
  for (let i = 0; i < EVENTS; i++) {
    sum.counts[i] += more.counts[i];
    if (sum.groups[i] >= 0) continue;
    sum.groups[i] = more.groups[i];
    sum.elements[i] = more.elements[i];
  }
  sum.largestSum = Math.max(sum.largestSum, more.largestSum);
  sum.absorbed += more.absorbed;
  return sum;
}

/**
 * The parts of a share as the kernels see them, each with the report that it has from one call to the next. A tensor of one part
 * leaves its own where the kernels have it, which for a small one is a twentieth of the time.
 */
export class Reports {
  /** Where the reports of the parts are behind each other, and how long each is, in 64-bit floats. */
  private readonly reports: number;
  private readonly length: number;
  private begun = false;

  /**
   * Takes scratch space.
   *
   * @param job Over the share; its x is resident, its parameters have their places.
   * @param end What there is of a report ends there, in 64-bit floats.
   */
  constructor(
    private readonly own: Engine,
    private readonly job: Job,
    private readonly share: Share,
    end = END,
  ) {
    this.length = end - START;
    this.reports = share.isWhole ? START : own.heap.scratch(8 * this.length * share.parts.length) / 8;
  }

  /** Calls `run` for each part with its plan and its report, which stays with it. */
  each(run: (part: Part) => void): void {
    const { share, reports, length } = this;
    const { f64 } = this.own.heap;
    share.parts.forEach((part, i) => {
      const at = reports + i * length;
      this.enter(part);
      if (this.begun && at !== START) f64.copyWithin(START, at, at + length);
      run(part);
      if (at !== START) f64.copyWithin(at, START, START + length);
    });
    this.begun = true;
  }

  /** Takes back all that is reported from now on, of a tensor of several parts. */
  mark(): () => void {
    const { reports, length, share } = this;
    const { f64 } = this.own.heap;
    const before = f64.slice(reports, reports + share.parts.length * length);
    return () => f64.set(before, reports);
  }

  /** The plan of a part. */
  enter(part: Part): void {
    const { own, job } = this;
    const { x, walk } = job;
    x.place = x.address + part.element * bytesOf(x.storage);
    writePlan(own, job, part.first, part.length);
    turnToPlace(own.heap.i32, walk, part.length);
    x.place = x.address;
  }

  /** How many errors the share has where all of them are 0; undefined where some are not. */
  zeros(state: number): number | undefined {
    const { f64 } = this.own.heap;
    let ordinary = 0;
    for (let i = 0; i < this.share.parts.length; i++) {
      const at = this.placeIn(i, state);
      if (f64[at + WORST]) return undefined;
      ordinary += f64[at + ORDINARY];
    }
    return ordinary;
  }

  /** Error statistics of all parts of the tensor, but for the quantiles, to where the kernels have them. */
  join(states: readonly ErrorState[]): void {
    const { own, share } = this;
    const { f64 } = own.heap;
    if (share.company.size > 1) this.joinWith(states, undefined, () => undefined);
    else if (!share.isWhole)
      for (const each of states) {
        const to = each.state / 8;
        for (let i = 0; i < share.parts.length; i++) {
          const from = this.stateIn(i, each);
          if (i) add(f64, to, f64, from);
          else f64.copyWithin(to, from, from + STATE);
        }
      }
  }

  /**
   * The same in a company, and what each of it has found besides goes with it: nobody has to wait for the others once more.
   *
   * @param join Is given the statistics as well.
   */
  joinWith<T, R>(
    states: readonly ErrorState[],
    mine: T,
    join: (sums: readonly Float64Array[], all: readonly T[]) => R,
  ): R {
    const { own, share } = this;
    const { f64 } = own.heap;
    const parts = share.parts.length;
    // behind each other, in one array: of many, each takes its time to be told
    const found = new Float64Array(states.length * parts * STATE);
    states.forEach((each, j) => {
      for (let i = 0; i < parts; i++) {
        const from = this.stateIn(i, each);
        found.set(f64.subarray(from, from + STATE), (j * parts + i) * STATE);
      }
    });
    return share.company.exchange({ found, mine }, (all): R => {
      const sums = states.map(({ state }, j) => {
        const sum = new Float64Array(STATE);
        sum[INDEX] = -1;
        for (const { found } of all) {
          const many = found.length / states.length;
          for (let from = j * many; from < (j + 1) * many; from += STATE) add(sum, 0, found, from);
        }
        f64.set(sum, state / 8);
        return sum;
      });
      return join(
        sums,
        all.map((each) => each.mine),
      );
    });
  }

  /** Where the report of part i has what the kernels have at an address. */
  private placeIn(i: number, address: number): number {
    return this.reports + i * this.length + address / 8 - START;
  }

  /** The same of a state. It is asked for once: its index becomes one of the whole tensor. */
  private stateIn(i: number, { state: address, ofGroups }: ErrorState): number {
    const { own, share } = this;
    const { f64 } = own.heap;
    const { number, element } = share.parts[i];
    const state = this.placeIn(i, address);
    const index = f64[state + INDEX];
    if (index >= 0) f64[state + INDEX] = ofGroups ? index + number : share.elementOf(index + element);
    return state;
  }

  /** What all parts of the share have beside error statistics. */
  found(): Found {
    const { parts } = this.share;
    const { f64, i32 } = this.own.heap;
    const found = parts.map(({ number }, i): Found => {
      const at = (address: number): number => this.placeIn(i, address);
      const counts = at(report.EVENT_COUNTS);
      const groups = 2 * at(report.EVENT_GROUPS);
      const elements = 2 * at(report.EVENT_ELEMENTS);
      return {
        counts: f64.slice(counts, counts + EVENTS),
        groups: i32.slice(groups, groups + EVENTS).map((group) => (group < 0 ? group : group + number)),
        elements: i32.slice(elements, elements + EVENTS),
        largestSum: f64[at(report.LARGEST_SUM)],
        absorbed: f64[at(report.ABSORBED)],
      };
    });
    return found.reduce(addFound);
  }
}
