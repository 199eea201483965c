/** Every call of a planned kernel has a plan of its own: nothing in it is left of a call before. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../src/abi/kernels.js";
import * as at from "../../src/abi/plan.js";
import { diagnosisBytes } from "../../src/engine/diagnosis.generated.js";
import { engine, partOf } from "../../src/engine/engine.js";
import { gradientsBytes } from "../../src/engine/gradients.generated.js";
import {
  BatchNorm,
  batchNorm,
  batchNormBackward,
  boundedWeightNorm,
  boundedWeightNormBackward,
  channelNorms,
  diagnose,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  lpNormalize,
  mean,
  type Normalizer,
  norm,
  partial,
  rmsNorm,
  rmsNormBackward,
  statistics,
  type TensorLike,
  tensor,
  weightNorm,
  weightNormBackward,
} from "../../src/index.js";
import { topScratchBytes } from "../../src/plan/plan.js";
import { everyNorm } from "../support/cases.js";
import { values } from "../support/layers.js";

const own = engine();

/** Kernels by the plan, with the layouts that they walk. */
const planned = new Map<string, readonly number[]>();
for (const part of Object.values(KERNELS)) {
  for (const [name, { layouts }] of Object.entries(part) as [string, { layouts?: readonly number[] }][]) {
    if (layouts) planned.set(name, layouts);
  }
}

const PLAN_FIELDS = Object.entries(at).filter(
  ([name, place]) => name !== "PANEL" && place >= at.TASK && place < at.PLAN_END,
);
const DOUBLES = ["COUNT", "EPS", "CONSTANT", "POWER"];

/** A plan without the levels behind the rank, and without the fields of gradients where there are none. */
function planOf(kernel: string): Record<string, number[]> {
  const { i32, f64 } = own.heap;
  const ofGradients = /backward/i.test(kernel);
  const plan: Record<string, number[]> = {};
  for (const [name, place] of PLAN_FIELDS) {
    if (place >= at.GRADIENT && !ofGradients) continue;
    const [, side] = /^(KEPT|REDUCED)_(?:COUNT|STRIDE|WEIGHT)$/.exec(name) ?? [];
    const length = side ? i32[(side === "KEPT" ? at.KEPT_RANK : at.REDUCED_RANK) >> 2] : 1;
    plan[name] = DOUBLES.includes(name) ? [f64[place >> 3]] : [...i32.subarray(place >> 2, (place >> 2) + length)];
  }
  return plan;
}

let calls: { kernel: string; plan: Record<string, number[]> }[] = [];

/** Kernels that note the plans that they are given. */
function watched<K extends object>(kernels: K): K {
  const entries = Object.entries(kernels).map(([kernel, run]) => [
    kernel,
    (...given: number[]) => {
      if (planned.has(kernel)) calls.push({ kernel, plan: planOf(kernel) });
      return run(...given);
    },
  ]);
  return Object.fromEntries(entries) as K;
}

Object.assign(own, { kernels: watched(own.kernels) });
own.parts = new Map([gradientsBytes, diagnosisBytes].map((bytes) => [bytes, watched(partOf(own, bytes))]));

/** What a result is made of, arrays by their hash; its tensors are given back, so that all calls find memory the same. */
function taken(result: unknown): unknown {
  if (ArrayBuffer.isView(result)) {
    const { buffer, byteOffset, byteLength } = result;
    return createHash("sha256")
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest("hex");
  }
  if (typeof result !== "object" || result === null) return result;
  if ("dispose" in result && "slice" in result) {
    const copy = taken((result as { slice(): Float32Array }).slice());
    (result as { dispose(): void }).dispose();
    return copy;
  }
  return Object.fromEntries(Object.entries(result).map(([key, each]) => [key, taken(each)]));
}

const SHAPE = [3, 4, 5, 6];
const SIZE = 360;
const EMULATED = { compute: "float16", accumulate: "float32", order: "pairwise" } as const;
const channel = values(4, 2);
const last = values(6, 3);
const g = values(3, 4);
const dy = values(SIZE, 8);
const deviation = values(4, 5).map((value) => Math.abs(value) + 0.1);

type Call = (x: TensorLike, y: TensorLike) => unknown[];

/** The families of public functions that run planned kernels. */
const FAMILIES: Record<string, Call> = {
  reductions: (x) =>
    everyNorm().flatMap((each) => [
      norm(x, { norm: each }),
      norm(x, { norm: each, axes: [0, 2], arithmetic: "float16" }),
      mean(x, { axes: [1, 3] }),
      mean(x, { arithmetic: EMULATED }),
      statistics(x, { norm: each, axes: 0 }),
      statistics(x, { norm: each, axes: -1, arithmetic: "bfloat16" }),
      channelNorms(x),
    ]),
  normalizations: (x) =>
    [...everyNorm(), "none" as const].flatMap((each: Normalizer) =>
      [undefined, EMULATED].flatMap((arithmetic) => [
        batchNorm(x, { norm: each, weight: channel, bias: channel, arithmetic }),
        batchNorm(x, { norm: each, axis: -1, arithmetic }),
        batchNorm(x, { norm: each, mean: channel, deviation, arithmetic }),
        layerNorm(x, { norm: each, weight: last, bias: last, arithmetic }),
        instanceNorm(x, { norm: each, arithmetic, dtype: "float16" }),
        groupNorm(x, { norm: each, groups: 2, weight: channel, arithmetic }),
        each === "none" ? 0 : rmsNorm(x, { norm: each, bias: last, arithmetic }),
      ]),
    ),
  weights: (x) =>
    everyNorm().flatMap((each) =>
      [undefined, EMULATED].flatMap((arithmetic) => [
        lpNormalize(x, { norm: each, arithmetic }),
        lpNormalize(x, { norm: each, axis: 1, arithmetic }),
        weightNorm(x, { norm: each, g, arithmetic }),
        boundedWeightNorm(x, { norm: each, arithmetic }),
      ]),
    ),
  "long data": () => {
    const long = values(200_000);
    const table = { data: long, shape: [200, 1000] };
    return [
      ...everyNorm([3, 5000]).map((each) => norm(long, { norm: each })),
      mean(long),
      layerNorm(table, { weight: values(1000) }),
      batchNorm(table, { norm: { topk: 3 }, bias: values(1000) }),
      batchNormBackward(table, table, { weight: values(1000) }),
    ];
  },
  partial: (x) =>
    [...everyNorm([3, 50]), "mean" as const].flatMap((each) => [
      partial(each, { axis: 1, centre: channel }).add(x).toJSON(),
      partial(each, { axis: -1, centre: 1 }).add(x).toJSON(),
      partial(each).add(x).toJSON(),
    ]),
  gradients: (x, y) =>
    [...everyNorm(), "none" as const].flatMap((each: Normalizer) =>
      [undefined, EMULATED].flatMap((arithmetic) => [
        batchNormBackward(y, x, { norm: each, weight: channel, arithmetic }),
        batchNormBackward(y, x, { norm: each, mean: channel, deviation, axis: 1, arithmetic }),
        batchNormBackward(y, x, { norm: each, axis: -1, arithmetic }),
        layerNormBackward(y, x, { norm: each, weight: last, arithmetic }),
        instanceNormBackward(y, x, { norm: each, arithmetic }),
        groupNormBackward(y, x, { norm: each, groups: 2, arithmetic, dtype: "float16" }),
        each === "none" ? 0 : rmsNormBackward(y, x, { norm: each, arithmetic }),
        each === "none" ? 0 : weightNormBackward(y, x, { norm: each, g, arithmetic }),
        each === "none" ? 0 : boundedWeightNormBackward(y, x, { norm: each, g, arithmetic }),
      ]),
    ),
  training: (x, y) =>
    [undefined, "float16" as const].flatMap((arithmetic) => {
      const layer = new BatchNorm({ channels: 4, norm: { topk: 3 }, ghost: true, arithmetic });
      return [layer.train(x), layer.backward(y), layer.infer(x)];
    }),
  diagnosis: (x) =>
    [...everyNorm(), "none" as const].flatMap((each: Normalizer) => [
      diagnose(x, { remedies: true, arithmetic: EMULATED, norm: each, layer: "batch", weight: channel, bias: channel }),
      diagnose(x, { arithmetic: "float16", norm: each, layer: "layer", weight: last, remedies: false }),
      diagnose(x, { remedies: true, arithmetic: "float16", norm: each, layer: "batch", axis: -1 }),
    ]),
};

/** What a call may find in the place of its plan. */
const HISTORIES: Record<string, () => void> = {
  "a gradient": () => {
    const x = { data: dy, shape: SHAPE };
    taken(batchNormBackward(x, x, { norm: { topk: 7 }, weight: channel, axis: 1 }));
  },
  ones: () => {
    own.heap.i32.fill(-1, at.TASK >> 2, at.PLAN_END >> 2);
  },
};

function outcome(call: Call, x: TensorLike, y: TensorLike): { calls: typeof calls; results: unknown } {
  calls = [];
  const results = taken(call(x, y));
  const found = calls;
  calls = [];
  return { calls: found, results };
}

describe.each(Object.entries(FAMILIES))("%s", (_, call) => {
  test.each(["plain arrays", "tensors"])("of %s", (form) => {
    const given = [values(SIZE), dy].map((data) => ({ data, shape: SHAPE }));
    const tensors = form === "tensors" ? given.map(({ data, shape }) => tensor(data, shape)) : undefined;
    const [x, y] = tensors ?? given;
    try {
      own.heap.i32.fill(0, at.TASK >> 2, at.PLAN_END >> 2);
      const expected = outcome(call, x, y);
      expect(expected.calls.length).toBeGreaterThan(0);
      for (const [name, before] of Object.entries(HISTORIES)) {
        before();
        const found = outcome(call, x, y);
        expect(found.calls.length).toBe(expected.calls.length);
        for (const [i, one] of found.calls.entries()) {
          expect(one, `${name} before call ${i} of a kernel`).toEqual(expected.calls[i]);
        }
        expect(found.results, name).toEqual(expected.results);
      }
    } finally {
      for (const each of tensors ?? []) each.dispose();
    }
  });
});

test("these are all planned kernels, in all of their layouts", () => {
  const x = { data: values(SIZE), shape: SHAPE };
  const walked = new Map<string, Set<number>>();
  for (const call of Object.values(FAMILIES)) {
    for (const { kernel, plan } of outcome(call, x, { data: dy, shape: SHAPE }).calls) {
      walked.set(kernel, (walked.get(kernel) ?? new Set()).add(plan.LAYOUT[0]));
    }
  }
  const found = [...walked].map(([kernel, layouts]) => [kernel, [...layouts].sort()]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(planned));
});

test("the top-k norm writes into its scratch space alone", () => {
  const { heap } = own;
  for (const k of [1, 3000]) {
    for (const shape of [[2, 3001], [3001, 40]]) {
      const x = { data: values(shape[0] * shape[1]), shape };
      const axes = [shape[0] === 2 ? 1 : 0];
      const end = () => heap.i32[at.SCRATCH >> 2] + topScratchBytes(k);
      norm(x, { norm: { topk: k }, axes });
      const rest = heap.i32.subarray(Math.ceil(end() / 4));
      rest.fill(0x5a5a5a5a);
      norm(x, { norm: { topk: k }, axes });
      expect(rest.every((each) => each === 0x5a5a5a5a)).toBe(true);
      expect(rest.byteOffset).toBe(end());
    }
  } // biome-ignore format: one shape a line
});
