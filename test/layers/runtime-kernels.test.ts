/** Kernels as runtimes have them: a format of the statistics, a folded tail, a rounded n, any number of lanes. */

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  BatchNorm,
  batchNorm,
  batchNormBackward,
  boundedWeightNorm,
  layerNorm,
  lpNormalize,
  mean,
  norm,
  rmsNorm,
  statistics,
  weightNorm,
  weightNormBackward,
} from "../../src/index.js";
import type { Arithmetic as Oracle } from "../oracle/arithmetic.js";
import * as oracle from "../oracle/emulated.js";
import { roundTo } from "../oracle/formats.js";
import { groupsOf } from "../oracle/walk.js";
import { STORAGES } from "../support/call.js";
import { everyNorm, show } from "../support/cases.js";
import { expectBits, numbers } from "../support/compare.js";
import { KINDS, stored, values } from "../support/data.js";
import { checkLayer } from "../support/emulated-layers.js";
import { FLOAT16, FLOAT32, MORE_FORMATS } from "../support/formats.js";
import { kernels as pairs } from "../support/kernels.js";
import { batch, channelsLast, inGroups, instance, type Layer, layer } from "../support/normalizations.js";

const RUNS = { seed: 20260810 } as const;

const lengths = fc.oneof(
  fc.integer({ min: 1, max: 70 }),
  fc.constantFrom(127, 128, 129, 255, 257, 1023, 1024, 1025, 2049, 4097),
);
const kinds = fc.constantFrom(...KINDS);
const norms = fc.integer({ min: 1, max: 9 }).map((k) => everyNorm([k], [1, 1.5, 3]));

/** Layers whose groups have about n elements, and there are some of them. */
const LAYERS: readonly { layer: Layer; shape: (n: number, m: number) => number[] }[] = [
  { layer: batch, shape: (n, m) => [Math.ceil(n / 4), m, Math.min(n, 4)] },
  { layer: channelsLast, shape: (n, m) => [n, m] },
  { layer: instance, shape: (n, m) => [2, m, n] },
  { layer: inGroups(2), shape: (n, m) => [m, 4, Math.ceil(n / 2)] },
  { layer: layer(1, true), shape: (n, m) => [m, n] },
  { layer: layer(2, true), shape: (n, m) => [m, 2, Math.ceil(n / 2)] },
  { layer: layer(1, false), shape: (n, m) => [m, n] },
];

test("layers", () => {
  fc.assert(
    fc.property(
      pairs,
      fc.constantFrom(...LAYERS),
      lengths,
      fc.integer({ min: 1, max: 40 }),
      kinds,
      fc.constantFrom(...STORAGES),
      norms,
      fc.nat(),
      fc.nat(3),
      (pair, { layer, shape }, n, m, kind, storage, choices, which, weighted) => {
        const groups = Math.max(1, Math.min(m, Math.floor(6000 / n)));
        const among = choices.filter((choice) => typeof choice !== "object" || !("topk" in choice) || choice.topk <= n);
        const norm = among[which % among.length];
        checkLayer(layer, pair, { shape: shape(n, groups), kind, storage, norm, weighted });
      },
    ),
    { ...RUNS, numRuns: 500 },
  );
}, 120_000);

test("reductions, weight norms and vectors", () => {
  fc.assert(
    fc.property(
      pairs,
      lengths,
      kinds,
      fc.constantFrom(...STORAGES),
      norms,
      fc.nat(),
      (pair, n, kind, storage, choices, which) => {
        const rows = n < 100 ? 5 : 1;
        const shape = [rows, n];
        const { x, read } = stored(values(kind, pair.oracle.compute, rows * n, n), shape, storage);
        const among = choices.filter((choice) => typeof choice !== "object" || !("topk" in choice) || choice.topk <= n);
        const chosen = among[which % among.length];
        const recipe = { norm: chosen, arithmetic: pair.oracle };
        const groups = groupsOf(shape, [1]).map(({ elements }) =>
          oracle.inputs(
            pair.oracle,
            elements.map((i) => read[i]),
          ),
        );
        const options = { norm: chosen, arithmetic: pair.asked };
        const what = `${show(chosen)}, ${kind} ${storage} ${shape}; ${pair.label}`;
        const means = groups.map((group) => oracle.mean(pair.oracle, group));
        expectBits(mean(x, { axes: 1, arithmetic: pair.asked }), means, `mean, ${what}`);
        const found = statistics(x, { ...options, axes: 1 });
        const deviations = groups.map((group, i) =>
          oracle.deviation(recipe, oracle.centred(pair.oracle, group, means[i])),
        );
        expectBits(found.mean, means, `mean of statistics, ${what}`);
        expectBits(found.deviation, deviations, `deviation, ${what}`);
        const sizes = groups.map((group) => oracle.vectorNorm(recipe, group));
        expectBits(norm(x, { ...options, axes: 1 }), sizes, `norm, ${what}`);
        const g = values("plain", pair.oracle.compute, rows, 7);
        const gained = groups.flatMap((group, i) => oracle.gained(recipe, group, g[i]));
        expectBits(weightNorm(x, { ...options, g: Float32Array.from(g) }), gained, `weightNorm, ${what}`);
        const divided = groups.flatMap((group) => oracle.divided(recipe, group));
        expectBits(lpNormalize(x, { ...options, axis: 1 }), divided, `lpNormalize, ${what}`);
      },
    ),
    { ...RUNS, numRuns: 300 },
  );
}, 120_000);

test("statistics that are given", () => {
  fc.assert(
    fc.property(pairs, fc.integer({ min: 1, max: 300 }), fc.boolean(), fc.nat(3), (pair, n, squares, weighted) => {
      const chosen = squares ? "l2" : "l1";
      const x = values("plain", pair.oracle.compute, 3 * n, n);
      const [m, s, w, b] = [1, 2, 3, 4].map((seed) => Float32Array.from(values("plain", pair.oracle.compute, 3, seed)));
      const deviation = s.map(Math.abs);
      const y = batchNorm(
        { data: Float32Array.from(x), shape: [1, 3, n] },
        {
          norm: chosen,
          mean: m,
          deviation,
          eps: 1e-3,
          arithmetic: pair.asked,
          ...(weighted & 1 && { weight: w }),
          ...(weighted & 2 && { bias: b }),
        },
      );
      const expected = [0, 1, 2].flatMap((c) => {
        const read = oracle.inputs(pair.oracle, Array.from(Float32Array.from(x).subarray(c * n, c * n + n)));
        const format = pair.oracle.statistics ?? pair.oracle.compute;
        const scale = oracle.scaleFromDeviation({ norm: chosen, arithmetic: pair.oracle }, deviation[c], 1e-3);
        const weight = weighted & 1 ? () => w[c] : undefined;
        const bias = weighted & 2 ? () => b[c] : undefined;
        return oracle.output(pair.oracle, read, roundTo(format, m[c]), scale, weight, bias);
      });
      expectBits(y, expected, `${chosen}, n ${n}, weights ${weighted}; ${pair.label}`);
    }),
    { ...RUNS, numRuns: 300 },
  );
});

describe("lanes", () => {
  const x = { data: Float32Array.from(values("plain", FLOAT16.oracle, 3 * 3000, 3)), shape: [3, 3000] };

  it("of one are sequential, to the bit", () => {
    const one = layerNorm(x, { arithmetic: { compute: "float16", order: { lanes: 1 } } });
    const sequential = layerNorm(x, { arithmetic: { compute: "float16", order: "sequential" } });
    expectBits(one, numbers(sequential), "one lane");
  });

  it("are a power of two up to 1,024", () => {
    for (const lanes of [0, -1, 3, 48, 2048, 2 ** 32, 1.5, Number.NaN, Infinity]) {
      expect(() => norm(x, { arithmetic: { compute: "float16", order: { lanes } } })).toThrow(
        new RangeError(`"lanes" must be a power of two from 1 to 1024, got ${lanes}`),
      );
    }
    for (const lanes of ["64", null, undefined, [64]]) {
      const order = { lanes } as unknown as { lanes: number };
      expect(() => norm(x, { arithmetic: { compute: "float16", order } })).toThrow(TypeError);
    }
    const more = { lanes: 64, width: 2 } as unknown as { lanes: number };
    expect(() => norm(x, { arithmetic: { compute: "float16", order: more } })).toThrow('unknown option "width"');
  });
});

describe("a rounded n", () => {
  const n = 70_000;
  const x = { data: new Float32Array(n).fill(1), shape: [1, n] };
  const float16 = { compute: "float16", accumulate: "float32" } as const;

  it("is infinite beyond float16, and the mean 0", () => {
    expect(mean(x, { arithmetic: { ...float16, count: "rounded" } }).data[0]).toBe(0);
    expect(mean(x, { arithmetic: { ...float16, count: "exact" } }).data[0]).toBe(1);
  });

  it("is inexact beyond 2,048", () => {
    const ones = new Float32Array(2049).fill(1);
    const arithmetic = { compute: "float16", accumulate: "float32", count: "rounded" } as const;
    expect(mean(ones, { arithmetic }).data[0]).toBe(roundTo(FLOAT16.oracle, 2049 / 2048));
  });

  it("may be NaN and the largest number of a format", () => {
    const ones = { data: new Float32Array(500).fill(1), shape: [500] };
    for (const pair of MORE_FORMATS) {
      const arithmetic: Oracle = { compute: pair.oracle, accumulate: FLOAT32.oracle, order: "lanes", count: "rounded" };
      const asked = { compute: pair.asked, accumulate: "float32", count: "rounded" } as const;
      expectBits(mean(ones, { arithmetic: asked }), [oracle.mean(arithmetic, new Array(500).fill(1))], pair.label);
    }
  });
});

it("keeps a group of equal values finite by its default eps, whatever the two formats", () => {
  const x = { data: new Float32Array(64).fill(0.5), shape: [2, 32] };
  for (const statistics of ["float32", "bfloat16", "float16", "float8_e5m2"] as const) {
    for (const compute of ["float16", "float32", "float8_e4m3fn"] as const) {
      for (const chosen of everyNorm()) {
        const y = layerNorm(x, { norm: chosen, arithmetic: { compute, statistics } });
        expect(
          [...y.data].every((value) => value === 0),
          `${compute}, ${statistics}, ${show(chosen)}`,
        ).toBe(true);
      }
    }
  }
});

describe("what does not apply", () => {
  const x = { data: new Float32Array(12), shape: [3, 4] };
  const folded = { compute: "float16", tail: "folded" } as const;
  const wide = { compute: "float16", statistics: "float32" } as const;

  it("is named by gradients", () => {
    for (const [arithmetic, named] of [
      [folded, '"tail": "folded"'],
      [wide, '"statistics"'],
    ] as const) {
      const error = new TypeError(`${named} does not apply to gradients, whose operations are all in "compute"`);
      expect(() => batchNormBackward(x, x, { arithmetic })).toThrow(error);
      expect(() => weightNormBackward(x, x, { g: new Float32Array(3), arithmetic })).toThrow(error);
      const trained = new BatchNorm({ channels: 4, arithmetic });
      trained.train(x);
      expect(() => trained.backward(x)).toThrow(error);
    }
  });

  it("is refused with what is known", () => {
    const call = (arithmetic: object) => () => rmsNorm(x, { arithmetic: arithmetic as typeof folded });
    expect(call({ compute: "float16", tail: "fold" })).toThrow('"tail" must be one of "steps", "folded", got "fold"');
    expect(call({ compute: "float16", count: 3 })).toThrow('"count" must be one of "exact", "rounded", got 3');
    expect(call({ compute: "float16", statistics: "float64" })).toThrow('"statistics" must be one of "float32",');
    expect(call({ compute: "float16", statistic: "float32" })).toThrow(
      'unknown option "statistic", known are compute, accumulate, order, statistics, tail, count',
    );
  });

  it("applies to weight norms, which are folded as they are", () => {
    const v = { data: Float32Array.from({ length: 12 }, (_, i) => i - 5), shape: [3, 4] };
    const [steps, one] = [wide, { ...wide, tail: "folded" } as const].map((arithmetic) =>
      boundedWeightNorm(v, { arithmetic }),
    );
    expectBits(one, numbers(steps), "boundedWeightNorm");
  });
});

it("trains as the layer does with the statistics of the batch", () => {
  const x = { data: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) * 300), shape: [5, 3, 4] };
  const arithmetic = { compute: "float16", statistics: "float32", tail: "folded" } as const;
  const trained = new BatchNorm({ channels: 3, norm: "l1", arithmetic });
  expectBits(trained.train(x), numbers(batchNorm(x, { norm: "l1", eps: trained.eps, arithmetic })), "train");
});
