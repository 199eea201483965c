/** Conversions, rounding, and sums in emulated float16. */

import { empty, fromFloat16, mean, norm, round, toFloat16, trelu } from "../../dist/index.js";
import { count, first, LOOP_FRESH, PLAIN, RESIDENT, Tensors, taken, times } from "../harness/case.mjs";
import { halves, normal, subnormal } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";
import { decode, encode, floats, table } from "../harness/float16.mjs";
import { SIZES } from "./reductions.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

/** @returns {Case[]} */
export function float16Cases() {
  return [
    ...SIZES.flatMap((n) => [toHalf(n, "normal"), toHalf(n, "subnormal")]),
    ...SIZES.flatMap((n) => [fromHalf(n, "normal"), fromHalf(n, "subnormal")]),
    ...SIZES.map(rounding),
    activation(1_000_000),
    emulated("N(0, 1)", 1),
    emulated("N(0, 1/64)", 1 / 64),
    exactSums(1_000_000),
    manyRows([1024, 1024], 0.6),
    manyRows([4096, 256], 0.6),
    manyRows([131072, 8]),
  ];
}

const DATA = { normal: { make: normal, name: "" }, subnormal: { make: subnormal, name: ", all subnormal" } };

/**
 * @param {number} n
 * @param {"normal" | "subnormal"} kind
 * @returns {Case}
 */
function toHalf(n, kind) {
  return {
    id: `to-float16/${kind}/${n}`,
    row: "float32 → float16",
    what: count(n) + DATA[kind].name,
    elements: n,
    kernels: ["pack"],
    checks: [
      { label: "resident", unit: "ns/element", of: RESIDENT, atMost: 0.45 },
      { label: "plain array", unit: "speedup", of: PLAIN, against: LOOP_FRESH, atLeast: 2.5 },
    ],
    prepare() {
      const x = DATA[kind].make(n);
      const held = new Tensors();
      const resident = held.of(x);
      const out = held.hold(empty([n], "float16"));
      const given = { out };
      const loop = () => encode(new Uint32Array(x.buffer), new Uint16Array(n));
      return {
        contenders: {
          [LOOP_FRESH]: { run: () => loop()[0], result: () => floats(loop()) },
          [RESIDENT]: {
            run: () => void toFloat16(resident, given),
            result: () => floats(/** @type {Uint16Array} */ (out.data)),
          },
          [PLAIN]: { run: () => plainData(toFloat16(x))[0], result: () => floats(plainData(toFloat16(x))) },
        },
        exact: () => exact.nearestFloat16(x),
        grid: exact.FLOAT16,
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * @param {number} n
 * @param {"normal" | "subnormal"} kind
 * @returns {Case}
 */
function fromHalf(n, kind) {
  return {
    id: `from-float16/${kind}/${n}`,
    row: "float16 → float32",
    what: count(n) + DATA[kind].name,
    elements: n,
    kernels: ["unpack"],
    checks: [
      { label: "resident", unit: "ns/element", of: RESIDENT, atMost: 0.3 },
      { label: "plain array", unit: "speedup", of: PLAIN, against: LOOP_FRESH, atLeast: 2.5 },
    ],
    prepare() {
      const bits = halves(DATA[kind].make(n));
      const held = new Tensors();
      const resident = held.of(bits);
      const out = held.hold(empty([n]));
      const given = { out };
      const loop = () => new Float32Array(decode(bits, new Uint32Array(n)).buffer);
      return {
        contenders: {
          [LOOP_FRESH]: { run: () => loop()[0], result: loop },
          [RESIDENT]: { run: () => void fromFloat16(resident, given), result: () => out.data },
          [PLAIN]: { run: () => plainData(fromFloat16(bits))[0], result: () => plainData(fromFloat16(bits)) },
        },
        exact: () => floats(bits),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Rounding to float16's grid against copying the same buffer.
 * @param {number} n
 * @returns {Case}
 */
function rounding(n) {
  return {
    id: `round/${n}`,
    row: "round to float16",
    what: count(n),
    elements: n,
    kernels: ["round"],
    checks: [
      { label: "resident, over a copy", unit: "slowdown", of: RESIDENT, against: "copy", atMost: 2 },
      { label: "plain array, over a copy", unit: "slowdown", of: PLAIN, against: "copy, fresh" },
    ],
    prepare() {
      const x = normal(n);
      const held = new Tensors();
      const resident = held.of(x);
      const out = held.hold(empty([n]));
      const given = { out };
      const copyTo = held.hold(empty([n]));
      return {
        contenders: {
          copy: {
            run: () => {
              const to = copyTo.data;
              to.set(resident.data);
              return to[0];
            },
          },
          "copy, fresh": { run: () => x.slice()[0] },
          [RESIDENT]: { run: () => void round(resident, "float16", given), result: () => out.data },
          [PLAIN]: { run: () => plainData(round(x, "float16"))[0], result: () => plainData(round(x, "float16")) },
        },
        exact: () => exact.nearestFloat16(x),
        grid: exact.FLOAT16,
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * The paper's activation; no figure to reach.
 * @param {number} n
 * @returns {Case}
 */
function activation(n) {
  return {
    id: `trelu/${n}`,
    row: "TReLU",
    what: count(n),
    elements: n,
    kernels: ["trelu"],
    checks: [{ label: "resident", unit: "ns/element", of: RESIDENT }],
    prepare() {
      const x = normal(n);
      const held = new Tensors();
      const resident = held.of(x);
      const out = held.hold(empty([n]));
      const given = { out };
      const spread = Math.sqrt(0.5 * (1 - 1 / Math.PI));
      return {
        contenders: { [RESIDENT]: { run: () => void trelu(resident, given), result: () => out.data } },
        exact: () => Float64Array.from(x, (v) => (Math.max(v, 0) - 1 / Math.sqrt(2 * Math.PI)) / spread),
        dispose: () => held.dispose(),
      };
    },
  };
}

const ORDERS = /** @type {const} */ (["lanes", "pairwise", "sequential"]);
const LIMITS = { lanes: 0.4, pairwise: 0.45, sequential: 1.8 };

/**
 * L1 of a million float16 values in emulated float16. At N(0, 1) the sum in lanes ends beyond 65,504; at N(0, 1/64) it
 * stays finite, and nearly every block of a thousand elements holds a subnormal one.
 * @param {string} data
 * @param {number} deviation
 * @returns {Case}
 */
function emulated(data, deviation) {
  const n = 1_000_000;
  return {
    id: `l1-emulated/${data.replaceAll(" ", "")}`,
    row: "L1 of float16, emulated",
    what: `${count(n)}, ${data}`,
    elements: n,
    kernels: ["emulate", "setFormat"],
    checks: ORDERS.map((order) => ({ label: order, unit: "ns/element", of: order, atMost: LIMITS[order] })),
    prepare() {
      const bits = halves(normal(n, 1, deviation));
      const held = new Tensors();
      const resident = held.of(bits);
      return {
        contenders: Object.fromEntries(
          ORDERS.map((order) => {
            const options = /** @type {const} */ ({ norm: "l1", arithmetic: { compute: "float16", order } });
            return [
              order,
              {
                run: () => first(norm(resident, options)),
                result: () => taken(norm(resident, options)),
              },
            ];
          }),
        ),
        exact: () => [exact.exactSum(n, (i) => Math.abs(table[bits[i]]))],
        grid: exact.FLOAT16,
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Sums that lose nothing: one of a million terms.
 * @param {number} n
 * @returns {Case}
 */
function exactSums(n) {
  return {
    id: `exact-sum/${n}`,
    row: "exact sum of float16, emulated",
    what: count(n),
    elements: n,
    kernels: ["emulate", "setFormat"],
    checks: [
      { label: "L1", unit: "ns/element", of: "L1", atMost: 1 },
      { label: "mean", unit: "ns/element", of: "mean", atMost: 1 },
    ],
    prepare() {
      const held = new Tensors();
      const resident = held.of(halves(normal(n)));
      const arithmetic = /** @type {const} */ ({ compute: "float16", accumulate: "exact" });
      const l1 = /** @type {const} */ ({ norm: "l1", arithmetic });
      return {
        contenders: {
          L1: { run: () => first(norm(resident, l1)) },
          mean: { run: () => first(mean(resident, { arithmetic })) },
        },
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * L1 of every row in emulated float16, sequential order.
 * @param {readonly [number, number]} shape
 * @param {number} [atMost]
 * @returns {Case}
 */
function manyRows(shape, atMost) {
  const n = shape[0] * shape[1];
  return {
    id: `l1-emulated-rows/${shape.join("x")}`,
    row: "L1 of float16 rows, emulated",
    what: times(shape),
    elements: n,
    kernels: ["emulate", "setFormat"],
    checks: [{ label: "sequential", unit: "ns/element", of: "sequential", atMost }],
    prepare() {
      const bits = halves(normal(n));
      const held = new Tensors();
      const resident = held.of(bits, shape);
      const options = /** @type {const} */ ({
        norm: "l1",
        axes: [1],
        arithmetic: { compute: "float16", order: "sequential" },
      });
      return {
        contenders: {
          sequential: {
            run: () => first(norm(resident, options)),
            result: () => taken(norm(resident, options)),
          },
        },
        exact: () =>
          Array.from({ length: shape[0] }, (_, r) =>
            exact.exactSum(shape[1], (i) => Math.abs(table[bits[r * shape[1] + i]])),
          ),
        grid: exact.FLOAT16,
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * The array of a result, whether it is one or holds one.
 * @param {any} result
 */
function plainData(result) {
  return ArrayBuffer.isView(result) ? /** @type {any} */ (result) : result.data;
}
