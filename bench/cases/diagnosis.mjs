/** Diagnosis: what an arithmetic does to a layer, every stage and every remedy. */

import { compare, diagnose, empty, layerNorm } from "../../dist/index.js";
import { diagnoseRows } from "../baselines/diagnosis.mjs";
import { bareRemedies } from "../baselines/remedies.mjs";
import { count, EPS, LOOP, PLAIN, RESIDENT, Tensors, times } from "../harness/case.mjs";
import { halves, normal } from "../harness/data.mjs";
import { table } from "../harness/float16.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

const NATIVE = "native layer norm";
const BARE = "bare kernels of eleven remedies";

/** What the diagnosis is of. */
const OPTIONS = /** @type {const} */ ({ layer: "layer", norm: "l2", arithmetic: "float16", eps: EPS });

/** @type {Case["kernels"]} */
const KERNELS = ["setUnit", "select", "startInspection", "inspect", "trace", "sweep", "attribute", "judge", "equal"];

/** @returns {Case[]} */
export function diagnosisCases() {
  return [
    againstNative([512, 768], "float16", [35, 80]),
    againstNative([512, 768], "float32", [60, 130]),
    againstLoop([32, 768]),
    comparison(1_000_000),
  ];
}

/**
 * Against the native layer norm of the same data, whose verdict is "ok".
 * @param {readonly [number, number]} shape
 * @param {"float16" | "float32"} dtype
 * @param {[number, number]} targets as it is, with every remedy
 * @returns {Case}
 */
function againstNative(shape, dtype, [usual, all]) {
  const elements = shape[0] * shape[1];
  return {
    id: `diagnose/${dtype}/${shape.join("x")}`,
    row: "diagnosis of a layer norm",
    what: `${times(shape)}, ${dtype}`,
    elements,
    kernels: KERNELS,
    checks: [
      { label: "over native layer norm", unit: "slowdown", of: RESIDENT, against: NATIVE, atMost: usual },
      { label: "every remedy", unit: "slowdown", of: "every remedy", against: NATIVE, atMost: all },
      { label: "no remedies", unit: "slowdown", of: "no remedies", against: NATIVE },
      { label: BARE, unit: "slowdown", of: BARE, against: NATIVE },
      { label: "plain array", unit: "slowdown", of: PLAIN, against: NATIVE },
    ],
    prepare() {
      const data = normal(elements, 1, 1, 0.5);
      const plain = { data: dtype === "float16" ? halves(data) : data, shape };
      const held = new Tensors();
      const x = held.of(plain.data, shape);
      const out = held.hold(empty(shape, dtype));
      return {
        contenders: {
          [NATIVE]: { run: () => void layerNorm(x, { eps: EPS, out }) },
          [RESIDENT]: { run: () => diagnose(x, OPTIONS).remedies.length },
          "every remedy": { run: () => diagnose(x, { ...OPTIONS, remedies: true }).remedies.length },
          "no remedies": { run: () => diagnose(x, { ...OPTIONS, remedies: false }).stages.length },
          [PLAIN]: { run: () => diagnose(plain, OPTIONS).remedies.length },
          // of float32: half as much is to be read of float16, which takes as long to unpack as float32 to round
          [BARE]: { run: bareRemedies(data, shape) },
        },
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Against plain JavaScript, on fewer rows: it takes seconds.
 * @param {readonly [number, number]} shape
 * @returns {Case}
 */
function againstLoop(shape) {
  const elements = shape[0] * shape[1];
  return {
    id: `diagnose-loop/${shape.join("x")}`,
    row: "diagnosis of a layer norm",
    what: `${times(shape)}, float16`,
    elements,
    kernels: KERNELS,
    checks: [{ label: "plain array", unit: "speedup", of: PLAIN, against: LOOP, atLeast: 30 }],
    prepare() {
      const data = halves(normal(elements, 1, 1, 0.5));
      const values = Float64Array.from(data, (half) => table[half]);
      return {
        contenders: {
          [PLAIN]: { run: () => diagnose({ data, shape }, OPTIONS).remedies.length },
          [LOOP]: { run: () => diagnoseRows(values, shape, EPS) },
        },
      };
    },
  };
}

/**
 * @param {number} n
 * @returns {Case}
 */
function comparison(n) {
  return {
    id: `compare/${n}`,
    row: "comparison of two tensors",
    what: `${count(n)} float32`,
    elements: n,
    kernels: ["setUnit", "startErrors", "compare", "select", "countFirst", "countNext", "gatherDigits", "commonBits"],
    checks: [{ label: "resident", unit: "ns/element", of: RESIDENT }],
    prepare() {
      const data = normal(n);
      const held = new Tensors();
      const actual = held.of(data.map((value) => value * (1 + 1e-3 * Math.sin(value * 1e3))));
      const expected = held.of(data);
      return {
        contenders: { [RESIDENT]: { run: () => compare(actual, expected, { format: "float16" }).p99Ulp ?? 0 } },
        dispose: () => held.dispose(),
      };
    },
  };
}
