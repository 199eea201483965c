/** One row, as a model has it that decodes token by token, and short reductions: what a call costs beside its kernel. */

import { empty, layerNorm, mean, norm, rmsNorm, statistics } from "../../dist/index.js";
import { kernelsOf } from "../baselines/bare.mjs";
import * as baseline from "../baselines/plain.mjs";
import { count, EPS, first, firstDeviation, LOOP, PLAIN, Tensors, times } from "../harness/case.mjs";
import { normal, uniform } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

const PLAIN_GIVEN = "plain array, out given";
const RESIDENT_GIVEN = "resident, out given";

/** What the loop takes over what the calls take: plain with `out`, resident with `out`, plain. */
const TARGETS = /** @type {const} */ ({ 256: [1, 1.6, 0.7], 768: [3, 4.5, 1.8], 4096: [4.5, 7.5, 3] });

/** @returns {Case[]} */
export function shortCases() {
  const lengths = /** @type {(keyof typeof TARGETS)[]} */ (Object.keys(TARGETS).map(Number));
  return [...lengths.flatMap((n) => [oneRow("rms", n), oneRow("layer", n)]), lengthOf(768), ...overKernels(8192)];
}

/**
 * @param {"rms" | "layer"} layer
 * @param {keyof typeof TARGETS} n
 * @returns {Case}
 */
function oneRow(layer, n) {
  const shape = [1, n];
  const call = layer === "rms" ? rmsNorm : layerNorm;
  const [plainGiven, residentGiven, plainFresh] = TARGETS[n];
  return {
    id: `one-row/${layer}-norm/1x${n}`,
    row: `${layer === "rms" ? "RMS" : "layer"} norm of one row`,
    what: times(shape),
    elements: n,
    kernels: ["rows"],
    checks: [
      { label: PLAIN_GIVEN, unit: "speedup", of: PLAIN_GIVEN, against: LOOP, atLeast: plainGiven },
      { label: RESIDENT_GIVEN, unit: "speedup", of: RESIDENT_GIVEN, against: LOOP, atLeast: residentGiven },
      { label: PLAIN, unit: "speedup", of: PLAIN, against: LOOP, atLeast: plainFresh },
    ],
    prepare() {
      const data = normal(n, 1, 1, 0.5);
      const weight = uniform(n, 0.5, 1.5, 2);
      const bias = layer === "rms" ? undefined : uniform(n, -0.5, 0.5, 3);
      const y = new Float32Array(n);
      const held = new Tensors();
      const x = held.of(data, shape);
      const out = held.hold(empty(shape));
      const plain = { data, shape };
      const plainOut = { data: new Float32Array(n), shape };
      const options = { weight, ...(bias && { bias }), eps: EPS };
      const given = { ...options, out: plainOut };
      const parameters = { weight: held.of(weight), ...(bias && { bias: held.of(bias) }), eps: EPS, out };
      const loop = () =>
        bias ? baseline.layerNormRow(data, y, weight, bias, EPS) : baseline.rmsNormRow(data, y, weight, EPS);
      return {
        contenders: {
          [LOOP]: { run: () => loop()[0], result: loop },
          [PLAIN_GIVEN]: { run: () => void call(plain, given), result: () => plainOut.data },
          [RESIDENT_GIVEN]: { run: () => void call(x, parameters), result: () => out.data },
          [PLAIN]: { run: () => call(plain, options).data[0], result: () => call(plain, options).data },
        },
        exact: () =>
          exact.normalized({ x: data, weight, bias, centre: bias !== undefined, eps: EPS, ...exact.rows(shape) }),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * @param {number} n
 * @returns {Case}
 */
function lengthOf(n) {
  return {
    id: `one-row/l2/${n}`,
    row: "L2 of few numbers",
    what: count(n),
    elements: n,
    kernels: ["rows"],
    checks: [{ label: PLAIN, unit: "speedup", of: PLAIN, against: LOOP, atLeast: 1.8 }],
    prepare() {
      const x = normal(n);
      const options = /** @type {const} */ ({ norm: "l2" });
      return {
        contenders: {
          [LOOP]: { run: () => baseline.length(x), result: () => [baseline.length(x)] },
          [PLAIN]: { run: () => norm(x, options).data[0], result: () => norm(x, options).data },
        },
        exact: () => [exact.l2(x)],
      };
    },
  };
}

/** @typedef {import("../../dist/index.js").Tensor} Tensor */

/**
 * The functions that work on an instance, or on the package's own.
 * @typedef {Pick<import("../../dist/index.js").Halfnorm, "norm" | "mean" | "statistics">} Functions
 */

const LIBRARY = { norm, mean, statistics };

/** @type {Record<string, { atLeast: number, call: (own: Functions, x: Tensor) => number, exactly: (x: Float32Array) => number }>} */
const REDUCTIONS = {
  L1: { atLeast: 0.5, call: (own, x) => first(own.norm(x, { norm: "l1" })), exactly: exact.l1 },
  L2: { atLeast: 0.5, call: (own, x) => first(own.norm(x, { norm: "l2" })), exactly: exact.l2 },
  "L∞": { atLeast: 0.5, call: (own, x) => first(own.norm(x, { norm: "linf" })), exactly: exact.linf },
  mean: { atLeast: 0.5, call: (own, x) => first(own.mean(x)), exactly: exact.mean },
  "L1 deviation": {
    atLeast: 0.8,
    call: (own, x) => firstDeviation(own.statistics(x, { norm: "l1" })),
    exactly: exact.deviationL1,
  },
  "L2 deviation": {
    atLeast: 0.8,
    call: (own, x) => firstDeviation(own.statistics(x, { norm: "l2" })),
    exactly: exact.deviationL2,
  },
};

/**
 * Results in fresh tensors, of a tensor that is resident: what is left of the kernel's speed.
 * @param {number} n
 * @returns {Case[]}
 */
function overKernels(n) {
  const bare = "the kernel alone";
  return Object.entries(REDUCTIONS).map(([name, { atLeast, call, exactly }]) => ({
    id: `over-kernel/${name.toLowerCase().replaceAll(" ", "-").replace("∞", "inf")}/${n}`,
    row: "reductions over the kernel alone",
    what: `${name} of ${count(n)}`,
    elements: n,
    kernels: ["rows"],
    checks: [{ label: "resident", unit: "speedup", of: "resident", against: bare, atLeast }],
    async prepare() {
      const data = normal(n, 1, 1, 0.5);
      const held = new Tensors();
      const x = held.of(data);
      return {
        contenders: {
          [bare]: { run: await kernelsOf((own) => own.tensor(data), call) },
          resident: { run: () => call(LIBRARY, x), result: () => [call(LIBRARY, x)] },
        },
        exact: () => [exactly(data)],
        dispose: () => held.dispose(),
      };
    },
  }));
}
