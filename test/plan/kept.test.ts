/** Which calls are like one before (repeat.ts), and which are made in full. */

import { expect, test } from "vitest";
import { engine } from "../../src/engine/engine.js";
import { BLOCK } from "../../src/engine/sizes.js";
import { layerNorm, mean, norm, statistics, tensor, tidy } from "../../src/index.js";
import { gaussian } from "../support/random.js";

/** Whether the plan that a call finds is taken once more. Others write one, of which nobody knows. */
function planIsKept(call: () => unknown): boolean {
  call();
  engine().planned = undefined;
  call();
  return engine().planned !== undefined;
}

const data = gaussian(64, 1);
const shape = [4, 16];
const x = { data, shape };
const halves = new Uint16Array(64).fill(0x3c00);
const weight = gaussian(16, 2);
const memoryOf = new Float32Array(1024);
const row = memoryOf.subarray(0, 64);
const next = memoryOf.subarray(64, 128);
const resident = tensor(data, shape);
const residentWeight = tensor(weight);
// the next time, they may be others
const top = { topk: 2 };
const list = [1];

test.each<[string, () => unknown]>([
  ["x by itself", () => layerNorm(data)],
  ["a shape", () => layerNorm(x)],
  ["dims and a type", () => layerNorm({ data, dims: shape, type: "float32" })],
  ["halves", () => layerNorm({ data: halves, shape, dtype: "float16" })],
  ["a tensor", () => tidy(() => void layerNorm(resident))],
  ["a norm, an axis, eps, calibrated", () => layerNorm(x, { norm: "l1", axis: 0, eps: 1, calibrated: true })],
  ["weight and bias", () => layerNorm(x, { weight, bias: weight })],
  ["weight and bias in tensors", () => layerNorm(x, { weight: residentWeight, bias: residentWeight })],
  ["all in tensors", () => tidy(() => void layerNorm(resident, { weight: residentWeight }))],
  ["out", () => layerNorm(x, { out: new Float32Array(64) })],
  ["out with a shape", () => layerNorm(x, { out: { data: new Float32Array(64), shape } })],
  ["out in a tensor", () => layerNorm(x, { out: resident })],
  ["in place", () => layerNorm({ data: row, shape }, { out: row })],
  ["in place of a tensor", () => layerNorm(resident, { out: resident })],
  ["out behind x", () => layerNorm({ data: row, shape }, { out: next })],
  ["out before x", () => layerNorm({ data: next, shape }, { out: row })],
  ["a weight behind out", () => layerNorm(x, { weight: memoryOf.subarray(64, 80), out: row })],
  ["a weight before out", () => layerNorm(x, { weight: memoryOf.subarray(48, 64), out: next })],
  ["as much as two blocks", () => layerNorm(new Float32Array(BLOCK / 2))],
  ["norm", () => norm(x, { norm: "linf", axes: 1, keepDims: true })],
  ["mean", () => mean(x, { axes: -1, out: new Float32Array(4) })],
  ["statistics", () => statistics(x, { axes: 1 })],
  ["statistics of a tensor", () => tidy(() => void statistics(resident, { axes: 1 }))],
])("%s", (_, call) => {
  expect(planIsKept(call)).toBe(true);
});

test.each<[string, () => unknown]>([
  ["more than two blocks", () => layerNorm(new Float32Array(BLOCK / 2 + 4))],
  ["an arithmetic", () => layerNorm(x, { arithmetic: "float16" })],
  ["a dtype", () => layerNorm(x, { dtype: "float16" })],
  ["a norm with a number", () => layerNorm(x, { norm: top })],
  ["a list of axes", () => norm(x, { axes: list })],
  ["a weight in float16", () => layerNorm(x, { weight: new Uint16Array(16) })],
  ["a tensor whose parameters are not in one", () => tidy(() => void layerNorm(resident, { weight }))],
  ["no elements", () => layerNorm({ data: new Float32Array(0), shape: [0, 4] })],
])("not %s", (_, call) => {
  expect(planIsKept(call)).toBe(false);
});

test("the last eight that differ", () => {
  const calls = Array.from({ length: 9 }, (_, i) => () => layerNorm({ data, shape }, { eps: 1 + i }));
  const kept = () => calls.slice(0, 8).map((call) => planIsKept(call) && engine().planned);
  for (const call of calls.slice(0, 8)) call();
  const plans = kept();
  expect(new Set(plans).size).toBe(8);
  expect(kept()).toEqual(plans);
  calls[8]();
  engine().planned = undefined;
  for (const call of calls.slice(1, 8)) {
    call();
    expect(engine().planned).toBeDefined();
    engine().planned = undefined;
  }
  calls[0]();
  expect(engine().planned).toBeUndefined();
});
