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

/** Fields of error statistics, in 64-bit floats: those that are added up, and those of which the largest counts. */
const SUMS = [
  report.ERRORS_ORDINARY,
  report.ERRORS_MISMATCHED,
  report.ERRORS_E,
  report.ERRORS_EE,
  report.ERRORS_VV,
  report.ERRORS_DD,
  report.ERRORS_CV,
  report.ERRORS_CC,
].map((field) => field >> 3);
const LARGEST = [report.ERRORS_ABSOLUTE, report.ERRORS_RELATIVE, report.ERRORS_LARGEST].map((field) => field >> 3);
/** Fields of a state. */
const STATE = report.ERRORS_BYTES >> 3;
const WORST = report.ERRORS_WORST >> 3;
const INDEX = report.ERRORS_INDEX >> 3;

/** Error statistics of some pairs, and then of others whose indices are all the same kind of number: but for the quantiles. */
function add(sum: Float64Array<ArrayBuffer>, more: Float64Array): Float64Array<ArrayBuffer> {
  const before = Math.abs(sum[WORST]);
  const size = Math.abs(more[WORST]);
  const first = sum[INDEX] < 0 || size > before || (size === before && more[INDEX] < sum[INDEX]);
  for (const field of SUMS) sum[field] += more[field];
  for (const field of LARGEST) sum[field] = Math.max(sum[field], more[field]);
  if (more[INDEX] >= 0 && first) {
    sum[WORST] = more[WORST];
    sum[INDEX] = more[INDEX];
  }
  return sum;
}

/** Where states of error statistics are. */
export const stateOf = (stage: number, kind: number): number =>
  report.ERRORS + (2 * stage + kind) * report.ERRORS_BYTES;

/** Counts of events and the places of the first, by stage and kind, and what there is one of. */
export interface Found {
  readonly counts: Float64Array;
  /** Groups of the first, -1 for none, and the elements in them, -1 for none. */
  readonly groups: Int32Array;
  readonly elements: Int32Array;
  readonly largestSum: number;
  readonly absorbed: number;
}

function addFound(sum: Found, more: Found): Found {
  const earlier = (i: number): boolean => sum.groups[i] < 0;
  return {
    counts: sum.counts.map((count, i) => count + more.counts[i]),
    groups: sum.groups.map((group, i) => (earlier(i) ? more.groups[i] : group)),
    elements: sum.elements.map((element, i) => (earlier(i) ? more.elements[i] : element)),
    largestSum: Math.max(sum.largestSum, more.largestSum),
    absorbed: sum.absorbed + more.absorbed,
  };
}

/**
 * The parts of a share as the kernels see them, each with the report that it has from one call to the next. A tensor of one part
 * leaves its own where the kernels have it, which for a small one is a twentieth of the time.
 */
export class Reports {
  private reports: readonly Float64Array<ArrayBuffer>[] = [];

  /**
   * @param job Over the share; its x is resident, its parameters have their places.
   * @param end What there is of a report ends there, in 64-bit floats.
   */
  constructor(
    private readonly own: Engine,
    private readonly job: Job,
    private readonly share: Share,
    private readonly end = END,
  ) {}

  /** Calls `run` for each part with its plan and its report, which stays with it. */
  each(run: (part: Part) => void): void {
    const { share } = this;
    if (share.isWhole) {
      this.enter(share.parts[0]);
      run(share.parts[0]);
      return;
    }
    this.reports = share.parts.map((part, i) => {
      this.enter(part);
      const before = this.reports[i];
      if (before) this.own.heap.f64.set(before, START);
      run(part);
      return this.report();
    });
  }

  /** Takes back all that is reported from now on, of a tensor of several parts. */
  mark(): () => void {
    const before = this.reports;
    return () => {
      this.reports = before;
    };
  }

  /** That of the part whose turn it was. */
  private report(): Float64Array<ArrayBuffer> {
    return this.own.heap.f64.slice(START, this.end);
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

  /**
   * Error statistics of all parts of the tensor, but for the quantiles, to where the kernels have them.
   *
   * @param addresses Where that is.
   * @param ofGroups Whether the pairs are of groups, not of elements.
   */
  join(addresses: readonly number[], ofGroups: boolean): void {
    this.joinWith(addresses, ofGroups, undefined, () => undefined);
  }

  /**
   * The same, and what each of a company has found besides goes with it: nobody has to wait for the others once more.
   *
   * @param join Is given the statistics as well.
   */
  joinWith<T, R>(
    addresses: readonly number[],
    ofGroups: boolean,
    mine: T,
    join: (states: readonly Float64Array[], all: readonly T[]) => R,
  ): R {
    const { own, share, reports } = this;
    const { f64 } = own.heap;
    if (share.isWhole)
      return join(
        addresses.map((address) => f64.subarray(address >> 3, (address >> 3) + STATE)),
        [mine],
      );
    // those of an address behind each other, in one array: of many, each takes its time to be told
    const many = reports.length * STATE;
    const states = new Float64Array(addresses.length * many);
    for (const [j, address] of addresses.entries()) {
      for (const [i, of] of reports.entries()) {
        states.set(this.stateIn(of, i, address, ofGroups), j * many + i * STATE);
      }
    }
    const [joined, found] = share.company.exchange({ states, mine }, (all): [Float64Array[], R] => {
      const sums = addresses.map((_, j) => {
        const parts = all.flatMap(({ states }) => {
          const many = states.length / addresses.length;
          return Array.from({ length: many / STATE }, (_, i) =>
            states.slice(j * many + i * STATE, j * many + (i + 1) * STATE),
          );
        });
        return parts.reduce(add);
      });
      return [
        sums,
        join(
          sums,
          all.map((each) => each.mine),
        ),
      ];
    });
    for (const [j, address] of addresses.entries()) f64.set(joined[j], address >> 3);
    return found;
  }

  /** A state in the report of part i, its index that of the whole tensor. */
  private stateIn(of: Float64Array, i: number, address: number, ofGroups: boolean): Float64Array<ArrayBuffer> {
    const { share } = this;
    const { number, element } = share.parts[i];
    const at = (address >> 3) - START;
    const state = new Float64Array(of.subarray(at, at + STATE));
    if (state[INDEX] >= 0) state[INDEX] = ofGroups ? state[INDEX] + number : share.elementOf(state[INDEX] + element);
    return state;
  }

  /** What all parts of the tensor have beside error statistics. */
  found(): Found {
    const { share } = this;
    const reports = share.isWhole ? [this.report()] : this.reports;
    const found = reports.map((of, i): Found => {
      const i32 = new Int32Array(of.buffer);
      const events = report.STAGE_COUNT * report.EVENT_KINDS;
      const f64At = (address: number): number => (address >> 3) - START;
      const i32At = (address: number): number => (address - report.ERRORS) >> 2;
      const groups = i32.slice(i32At(report.EVENT_GROUPS), i32At(report.EVENT_GROUPS) + events);
      return {
        counts: of.slice(f64At(report.EVENT_COUNTS), f64At(report.EVENT_COUNTS) + events),
        groups: groups.map((group) => (group < 0 ? group : group + share.parts[i].number)),
        elements: i32.slice(i32At(report.EVENT_ELEMENTS), i32At(report.EVENT_ELEMENTS) + events),
        largestSum: of[f64At(report.LARGEST_SUM)],
        absorbed: of[f64At(report.ABSORBED)],
      };
    });
    return share.company.exchange(found.reduce(addFound), (all) => all.reduce(addFound));
  }
}
