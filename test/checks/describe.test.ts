/** What messages say of what came: little, at once, whatever it is. */

import { describe, expect, test } from "vitest";
import { describe as describeValue } from "../../src/checks/describe.js";
import * as halfnorm from "../../src/index.js";
import { any, plain } from "../support/refuses.js";
import { seconds } from "../support/seconds.js";

const nested = (levels: number, width: number): unknown =>
  levels ? new Array(width).fill(nested(levels - 1, width)) : "x".repeat(30);

const circle: unknown[] = [];
circle.push(circle, circle);

const ring: Record<string, unknown> = {};
ring.self = ring;

const angry = new Proxy([], {
  get() {
    throw new Error("mine");
  },
});

const VALUES: [unknown, string | RegExp][] = [
  ["text", '"text"'],
  ["x".repeat(1e6), `"${"x".repeat(40)}"`],
  ["a\u001b[2J\n", '"a\\u001b[2J\\n"'],
  [1e-5, "0.00001"],
  [Number.NaN, "NaN"],
  [null, "null"],
  [undefined, "undefined"],
  [true, "true"],
  [Symbol("s"), "Symbol(s)"],
  [Symbol("s".repeat(1e6)), /^Symbol\(s+\.\.\.$/],
  [10n ** 100_000n, "a bigint"],
  [() => 0, "a function"],
  [class {}, "a function"],
  [[], "[]"],
  [[1, [2, [3]]], "[1, [2, [...]]]"],
  [[1, [2, []]], "[1, [2, []]]"],
  [Array.from({ length: 9 }, (_, i) => i), "[0, 1, 2, 3, 4, 5, 6, 7, 8]"],
  [Array.from({ length: 10 }, (_, i) => i), "[0, 1, 2, 3, 4, 5, 6, 7, 8, ...]"],
  [nested(7, 10), /^\[\[\[\.\.\.\], .*\.\.\.$/],
  [new Array(2 ** 32 - 1), /^\[, , , , , , , , , \.\.\.\]$/],
  [circle, "[[[...], [...]], [[...], [...]]]"],
  [{}, "{  }"],
  [ring, "{ self }"],
  [{ ["k".repeat(1e6)]: 1 }, /^\{ k+\.\.\.$/],
  [{ ["k".repeat(96)]: 1 }, `{ ${"k".repeat(96)} }`],
  [{ ["k".repeat(97)]: 1 }, `{ ${"k".repeat(97)} ...`],
  [Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i])), /^\{ key0, .*key8 \}$/],
  [new Map(), "Map"],
  [new Date(0), "Date"],
  [new Int8Array(3), "Int8Array(3)"],
  [new DataView(new ArrayBuffer(5)), "DataView(5)"],
  [{ get [Symbol.toStringTag]() { return "T".repeat(1e6); } }, /^T+\.\.\.$/], // biome-ignore format: one case a line
  [angry, "what cannot be read"],
  [new Proxy({}, { ownKeys() { throw new Error("mine"); } }), "what cannot be read"], // biome-ignore format: see above
];

test.each(VALUES)("%#", (value, expected) => {
  let text = "";
  const spent = seconds(() => {
    text = describeValue(value);
  });
  expect(spent).toBeLessThan(1);
  expect(text.length).toBeLessThanOrEqual(103);
  if (typeof expected === "string") expect(text).toBe(expected);
  else expect(text).toMatch(expected);
});

describe("whatever stands in the place of an argument", () => {
  /** Calls with a hole for each argument and option. */
  const CALLS: Record<string, (value: unknown) => unknown> = {
    x: (value) => halfnorm.norm(any(value)),
    "x.data": (value) => halfnorm.norm(any({ data: value, shape: [1] })),
    "x.shape": (value) => halfnorm.norm(any({ data: new Float32Array(1), shape: value })),
    dtype: (value) => halfnorm.layerNorm(plain(), any({ dtype: value })),
    options: (value) => halfnorm.layerNorm(plain(), any(value)),
    norm: (value) => halfnorm.layerNorm(plain(), any({ norm: value })),
    topk: (value) => halfnorm.layerNorm(plain(), any({ norm: { topk: value } })),
    axis: (value) => halfnorm.layerNorm(plain(), any({ axis: value })),
    axes: (value) => halfnorm.norm(plain(), any({ axes: value })),
    "axes[0]": (value) => halfnorm.norm(plain(), any({ axes: [value] })),
    eps: (value) => halfnorm.rmsNorm(plain(), any({ eps: value })),
    groups: (value) => halfnorm.groupNorm(plain(), any({ groups: value })),
    weight: (value) => halfnorm.batchNorm(plain(), any({ weight: value })),
    out: (value) => halfnorm.trelu(plain(), any({ out: value })),
    arithmetic: (value) => halfnorm.layerNorm(plain(), any({ arithmetic: value })),
    format: (value) => halfnorm.round(plain(), any(value)),
    "format.max": (value) => halfnorm.format(any({ precision: 4, emin: -6, emax: 8, max: value })),
    g: (value) => halfnorm.weightNorm(plain(), any({ g: value })),
    rho: (value) => halfnorm.boundedWeightNorm(plain(), any({ rho: value })),
    tensor: (value) => halfnorm.tensor(any([[value]])),
    shape: (value) => halfnorm.empty(any([value])),
    norms: (value) => halfnorm.rescaleToNorms(plain(), any({ norms: [value, value] })),
    state: (value) => halfnorm.BatchNorm.from(any(value)),
    settings: (value) => new halfnorm.BatchNorm(any(value)),
    partial: (value) => halfnorm.partial(any(value)),
    remedies: (value) => halfnorm.diagnose(plain(), any({ arithmetic: "float16", remedies: value })),
    diagnosis: (value) => halfnorm.formatDiagnosis(any(value)),
    comparison: (value) => halfnorm.formatComparison(any(value)),
    width: (value) => halfnorm.formatDiagnosis(any({ schema: "halfnorm.diagnosis/1" }), any({ width: value })),
  };

  test.each(Object.entries(CALLS))("%s", (_, call) => {
    for (const [value] of VALUES) {
      // what is right is no matter here
      let thrown: Error | undefined;
      const spent = seconds(() => {
        try {
          call(value);
        } catch (error) {
          thrown = error as Error;
        }
      });
      expect(spent).toBeLessThan(2);
      if (!thrown || thrown.message === "mine") continue;
      expect([TypeError, RangeError]).toContain(thrown.constructor);
      expect(thrown.message.length).toBeLessThan(500);
      expect(thrown.message).not.toMatch(/call stack|out of bounds|Invalid|undefined \(|not a function|Cannot/);
    }
  });
});
