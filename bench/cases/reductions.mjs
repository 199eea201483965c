/** Reductions of a whole tensor to one number, in native arithmetic. */

import { mean, norm, statistics } from "../../dist/index.js";
import * as baseline from "../baselines/reductions.mjs";
import { count, first, firstDeviation, LOOP, PLAIN, RESIDENT, speedups, Tensors } from "../harness/case.mjs";
import { ascending, halves, normal } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";
import { sumAbsTable, table } from "../harness/float16.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

export const SIZES = [30_000, 1_000_000];

/**
 * @param {object} reduction
 * @param {string} reduction.id
 * @param {string} reduction.row
 * @param {string} [reduction.data]
 * @param {[number, number]} reduction.targets resident, plain
 * @param {(n: number) => Float32Array} [reduction.make]
 * @param {(x: Float32Array | import("../harness/case.mjs").Tensor) => number} reduction.library
 * @param {(x: Float32Array) => number} reduction.loop
 * @param {(x: Float32Array) => number} reduction.exact
 * @returns {Case[]}
 */
function reduction({ id, row, data = "", targets, make = normal, library, loop, exact: exactly }) {
  return SIZES.map((n) => ({
    id: `${id}/${n}`,
    row,
    what: `${count(n)}${data}`,
    elements: n,
    kernels: ["rows"],
    checks: speedups(...targets),
    prepare() {
      const x = make(n);
      const held = new Tensors();
      const resident = held.of(x);
      return {
        contenders: {
          [LOOP]: { run: () => loop(x), result: () => [loop(x)] },
          [RESIDENT]: { run: () => library(resident), result: () => [library(resident)] },
          [PLAIN]: { run: () => library(x), result: () => [library(x)] },
        },
        exact: () => [exactly(x)],
        dispose: () => held.dispose(),
      };
    },
  }));
}

const L1 = /** @type {const} */ ({ norm: "l1" });
const L2 = /** @type {const} */ ({ norm: "l2" });
const LINF = /** @type {const} */ ({ norm: "linf" });
const TOP10 = /** @type {const} */ ({ norm: { topk: 10 } });

/** @returns {Case[]} */
export function reductionCases() {
  return [
    ...reduction({
      id: "l1",
      row: "L1",
      targets: [4, 1.4],
      library: (x) => first(norm(x, L1)),
      loop: (x) => baseline.sumAbs(x, 0, x.length),
      exact: exact.l1,
    }),
    ...reduction({
      id: "l2",
      row: "L2",
      targets: [4, 1.4],
      library: (x) => first(norm(x, L2)),
      loop: (x) => Math.sqrt(baseline.sumSquares(x, 0, x.length)),
      exact: exact.l2,
    }),
    ...reduction({
      id: "linf",
      row: "L∞",
      targets: [6.5, 2.2],
      library: (x) => first(norm(x, LINF)),
      loop: (x) => baseline.maxAbs(x, 0, x.length),
      exact: exact.linf,
    }),
    ...reduction({
      id: "mean",
      row: "mean",
      targets: [2.3, 1.2],
      // of data about 1: a mean that cancels to almost nothing says little about the error
      make: (n) => normal(n, 1, 1, 1),
      library: (x) => first(mean(x)),
      loop: (x) => baseline.sum(x, 0, x.length) / x.length,
      exact: exact.mean,
    }),
    ...reduction({
      id: "deviation-l2",
      row: "L2 deviation",
      targets: [4.5, 1.9],
      library: (x) => firstDeviation(statistics(x, L2)),
      loop: baseline.deviationL2,
      exact: exact.deviationL2,
    }),
    ...reduction({
      id: "deviation-l1",
      row: "L1 deviation",
      targets: [3.5, 2.3],
      library: (x) => firstDeviation(statistics(x, L1)),
      loop: baseline.deviationL1,
      exact: exact.deviationL1,
    }),
    ...reduction({
      id: "top10-random",
      row: "top-10",
      data: " random",
      targets: [12, 4.5],
      library: (x) => first(norm(x, TOP10)),
      loop: (x) => baseline.topMean(x, 10),
      exact: (x) => exact.topMean(x, 10),
    }),
    ...reduction({
      id: "top10-ascending",
      row: "top-10",
      data: " ascending",
      targets: [1, 1],
      make: ascending,
      library: (x) => first(norm(x, TOP10)),
      loop: (x) => baseline.topMean(x, 10),
      exact: (x) => exact.topMean(x, 10),
    }),
    ...SIZES.map(l1Half),
  ];
}

/**
 * @param {number} n
 * @returns {Case}
 */
function l1Half(n) {
  return {
    id: `l1-float16/${n}`,
    row: "L1 of float16",
    what: count(n),
    elements: n,
    kernels: ["rows"],
    checks: speedups(3, undefined),
    prepare() {
      const bits = halves(normal(n));
      const held = new Tensors();
      const resident = held.of(bits);
      return {
        contenders: {
          [LOOP]: { run: () => sumAbsTable(bits), result: () => [sumAbsTable(bits)] },
          [RESIDENT]: { run: () => first(norm(resident, L1)), result: () => [first(norm(resident, L1))] },
          [PLAIN]: { run: () => first(norm(bits, L1)), result: () => [first(norm(bits, L1))] },
        },
        exact: () => [exact.exactSum(n, (i) => Math.abs(table[bits[i]]))],
        dispose: () => held.dispose(),
      };
    },
  };
}
