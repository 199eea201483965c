/** What the machine itself can do, in the same run: the roofs above every kernel, and what of a ratio is noise. */

import { statistics } from "../../dist/index.js";
import { bareKernels } from "../baselines/bare.mjs";
import { sumSquares } from "../baselines/reductions.mjs";
import { count, firstDeviation, LOOP, RESIDENT, Tensors } from "../harness/case.mjs";
import { normal } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

/** In the cache of the first level, of the second, of the third, and in memory. */
const SIZES = [4_096, 32_768, 1_000_000, 6_422_528];

/** @returns {Case[]} */
export function machineCases() {
  return [spread(4_096), ...SIZES.map(roofs), onePass(32_768, 0.75), onePass(1_000_000, 0.85)];
}

/**
 * A loop against itself: 1, and the spread that any ratio has here.
 * @param {number} n
 * @returns {Case}
 */
function spread(n) {
  const again = "the same loop";
  return {
    id: "machine/spread",
    row: "spread of this machine",
    what: count(n),
    elements: n,
    kernels: [],
    checks: [{ label: "a loop over itself", unit: "speedup", of: again, against: LOOP }],
    prepare() {
      const x = normal(n);
      const run = () => sumSquares(x, 0, n);
      return { contenders: { [LOOP]: { run }, [again]: { run } } };
    },
  };
}

/**
 * @param {number} n
 * @returns {Case}
 */
function roofs(n) {
  return {
    id: `machine/roof/${n}`,
    row: "roof: nothing but memory",
    what: count(n),
    elements: n,
    kernels: [],
    checks: [
      { label: "loads", unit: "ns/element", of: "loads" },
      { label: "loads and stores", unit: "ns/element", of: "loads and stores" },
    ],
    async prepare() {
      const { kernels, from, room } = bareKernels(normal(n));
      return {
        contenders: {
          loads: { run: () => kernels.loads(from, n) },
          "loads and stores": { run: () => kernels.stores(from, n, room) },
        },
      };
    },
  };
}

/**
 * The deviation of a tensor against a kernel that reads it once and checks nothing.
 * @param {number} n
 * @param {number} atLeast
 * @returns {Case}
 */
function onePass(n, atLeast) {
  const bare = "a bare kernel, one pass";
  // results have the mean as well
  const exactly = "a bare kernel that sums in float64";
  return {
    id: `over-kernel/one-pass/${n}`,
    row: "L2 deviation over one bare pass",
    what: count(n),
    elements: n,
    kernels: ["rows"],
    checks: [
      { label: "resident", unit: "speedup", of: RESIDENT, against: bare, atLeast },
      { label: exactly, unit: "speedup", of: exactly, against: bare },
    ],
    async prepare() {
      const data = normal(n, 1, 1, 0.5);
      const held = new Tensors();
      const x = held.of(data);
      const options = /** @type {const} */ ({ norm: "l2" });
      const call = () => firstDeviation(statistics(x, options));
      const { kernels, from } = bareKernels(data);
      const pass = () => kernels.deviation(from, n, data[0]);
      const sums = () => kernels.moments(from, n, data[0]);
      return {
        contenders: {
          [bare]: { run: pass, result: () => [pass()] },
          [exactly]: { run: sums, result: () => [sums()] },
          [RESIDENT]: { run: call, result: () => [call()] },
        },
        exact: () => [exact.deviationL2(data)],
        dispose: () => held.dispose(),
      };
    },
  };
}
