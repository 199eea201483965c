/** diagnose() of batch norm with statistics that are given, stage by stage against the simulation of the oracle. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchNorm, type DiagnoseOptions, diagnose, formatDiagnosis, tensor, toFloat16 } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { batch, channelsLast, check, pose, type Subject } from "../support/diagnosed.js";
import { arithmetic, arithmetics, FLOAT16, FLOAT32, FORMATS } from "../support/formats.js";
import { kernels } from "../support/kernels.js";
import { gaussian, wide } from "../support/random.js";
import { diagnosed } from "../support/schema.js";

type Given = NonNullable<Subject["given"]>;

/** Statistics of some channels. */
const STATISTICS: Readonly<Record<string, (channels: number) => Given>> = {
  plain: (n) => ({ mean: gaussian(n, 11), deviation: gaussian(n, 12).map((x) => Math.abs(x) + 0.1) }),
  "of other sizes": (n) => ({ mean: wide(n, 13, -30, 30), deviation: wide(n, 14, -30, 30).map(Math.abs) }),
  "beyond float16, or next to nothing": (n) => ({
    mean: gaussian(n, 15).map((x, i) => x * [1e5, 1e-9, 300][i % 3]),
    deviation: gaussian(n, 16).map((x, i) => Math.abs(x) * [1e-6, 400, 1e6, 1e-38][i % 4]),
  }),
  "zeros, also by sign": (n) => ({
    mean: new Float32Array(n).map((_, i) => (i % 2 ? 0 : -0)),
    deviation: new Float32Array(n).map((_, i) => [0, 1, -0, -2][i % 4]),
  }),
  specials: (n) => ({
    mean: gaussian(n, 17).map((x, i) => [x, Number.NaN, Number.POSITIVE_INFINITY, x, x][i % 5]),
    deviation: gaussian(n, 18).map((x, i) => [Number.NaN, x, 1, Number.NEGATIVE_INFINITY, Math.abs(x)][i % 5]),
  }),
};
const KINDS_GIVEN = Object.keys(STATISTICS);
const NORMS: readonly (Norm | "none")[] = [...everyNorm([3]), { topk: 5000 }, "none"];

const GROUPINGS = [batch, channelsLast];
const SHAPES = [
  [1, 1],
  [7, 5],
  [150, 3],
  [4, 40],
  [2, 3, 4, 5],
  [3, 37, 9],
  [2, 3, 1500],
];

/** The diagnosis is that of the oracle, and the output that of batchNorm(), to the bit, of whose errors it is. */
function verify(subject: Subject): void {
  const { actual, expected } = check(subject);
  const { x, options, what } = pose(subject);
  const { layer: _, remedies: _remedies, ...rest } = options;
  const y = batchNorm(x, { ...rest, dtype: "float32" }).data as Float32Array;
  const { high } = expected.traced.stage("output");
  for (let i = 0; i < y.length; i++) if (!Object.is(y[i], high[i])) expect(y[i], `${what}, output ${i}`).toBe(high[i]);
  expect(actual.subject.given, what).toBe(true);
}

test("any arithmetic, norm, shape, data and statistics", () => {
  fc.assert(
    fc.property(
      kernels,
      fc.constantFrom(...SHAPES),
      fc.constantFrom(...GROUPINGS),
      fc.constantFrom(...NORMS),
      fc.constantFrom(...KINDS),
      fc.constantFrom(...KINDS_GIVEN),
      fc.constantFrom(...STORAGES),
      fc.nat(3),
      fc.constantFrom(undefined, 0, 1e-3),
      (pair, shape, grouping, norm, data, kind, storage, weighted, eps) => {
        const given = STATISTICS[kind](grouping.weights?.(shape) ?? 0);
        verify({ shape, grouping, norm, pair, data, storage, weighted, eps, given });
      },
    ),
    { seed: 20261128, numRuns: 300 },
  );
}, 120_000);

test("specials in x, with statistics that the format has no numbers for", () => {
  const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7e4, -7e4, 1e-8, -0];
  for (const kind of KINDS_GIVEN) {
    const pairs = [...arithmetics(FLOAT16), ...[...FORMATS, FLOAT32].map((format) => arithmetic(format))];
    for (const [i, pair] of pairs.entries()) {
      const shape = [6, 40];
      const data = gaussian(240, i).map((value, at) => (at % 7 ? value : specials[(at + i) % specials.length]));
      const subject = { shape, grouping: batch, norm: NORMS[i % NORMS.length], pair, data, eps: i % 2 ? 0 : 1e-5 };
      verify({ ...subject, storage: STORAGES[i % 2], weighted: i % 4, given: STATISTICS[kind](40) });
    }
  }
});

/** Two channels of four elements. */
const X = { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [4, 2] };
const HALF = { layer: "batch", arithmetic: "float16" } as const;
const inference = (mean: number[], deviation: number[], options: Partial<DiagnoseOptions> = {}) =>
  diagnosed(X, { ...HALF, mean: Float32Array.from(mean), deviation: Float32Array.from(deviation), ...options });

describe("what it says", () => {
  test("stages, subject, and nothing of sums", () => {
    const found = inference([4, 5], [2, 3], { remedies: true });
    expect(found.stages.map(({ name }) => name)).toEqual([
      "input",
      "mean",
      "centre",
      "deviation",
      "reciprocal",
      "output",
    ]);
    expect(found.subject).toMatchObject({ layer: "batch", centred: true, given: true, norm: "l2" });
    expect(found.condition).toEqual({ max: null, median: null });
    expect(found.bound).toEqual({ terms: 0, depth: 0, worst: 0, probable: 0, measured: null });
    expect(found.verdict).toBe("ok");
    expect(found.notes).toEqual([]);
    const text = formatDiagnosis(found);
    expect(text).toContain("L2 batch norm of float32 [4, 2], mean and deviation given, in float16\n");
    expect(text.toLowerCase()).not.toContain("sum");
    expect(text).not.toContain("Condition");
    expect(diagnose(X, HALF).subject).not.toHaveProperty("given");
  });

  test("with statistics in another format, x - mean is part of the output", () => {
    const found = inference([4, 5], [2, 3], { arithmetic: { compute: "float16", statistics: "float32" } });
    expect(found.stages.map(({ name, format }) => `${name} ${format}`)).toEqual([
      "input float16",
      "mean float32",
      "deviation float32",
      "reciprocal float32",
      "roundedMean float16",
      "roundedReciprocal float16",
      "output float16",
    ]);
    expect(formatDiagnosis(found)).toContain("in float16, 1 / S in float32\n");
  });

  test("differences from the mean that overflow leave no headroom, whatever format the statistics are in", () => {
    const far = { data: Float32Array.of(-6e4, -6e4, -6e4, 1), shape: [4, 1] };
    const arithmetic = { compute: "float16", statistics: "float32" } as const;
    const given = { mean: Float32Array.of(6e4), deviation: Float32Array.of(1e4) };
    const room = Math.log2(65504 / 12e4);
    for (const [kernel, at] of [
      ["float16", "centre"],
      [arithmetic, "output"],
    ] as const) {
      const found = diagnosed(far, { layer: "batch", norm: "l1", arithmetic: kernel, ...given });
      expect(found).toMatchObject({ verdict: "failed", headroomAt: at });
      expect(found.headroom).toBeCloseTo(room, 5);
    }
    const own = { data: Float32Array.from({ length: 16 }, (_, i) => (i ? 5e4 : -6e4)), shape: [1, 16] };
    expect(diagnosed(own, { layer: "layer", arithmetic, remedies: false })).toMatchObject({
      verdict: "failed",
      headroomAt: "output",
    });
  });

  test("a deviation whose square overflows leaves zeros; scaling, and 1 / S in float32, help", () => {
    const found = inference([4, 5], [2, 300]);
    expect(found).toMatchObject({ verdict: "failed", absorbedOverflow: 1, headroomAt: "deviation" });
    expect(found.headroom).toBeCloseTo(Math.log2(65504 / 300 ** 2), 5);
    expect(found.reason).toBe(
      "the square of the deviation overflows in 1 of 2 groups (first: group 1) and the output there is zeros: " +
        "no NaN and no infinity shows it",
    );
    expect(found.remedies.map(({ change }) => change).sort()).toEqual([
      "compute in bfloat16",
      "compute in float32, store in float16",
      "scale x, mean and deviation by 2^-1, eps to 2.5e-6",
      "take 1 / S in float32",
    ]);
    for (const { error } of found.remedies) expect(error.sqnrDb).toBeGreaterThan(40);
    expect(inference([4, 5], [2, 300], { norm: "l1" }).verdict).toBe("ok");
  });

  test("a deviation whose square vanishes is eps alone; scaling up helps", () => {
    const found = inference([4, 5], [2, 1e-4], { eps: 1e-12 });
    expect(found.verdict).toBe("failed");
    expect(found.reason).toContain(
      "1 reciprocal of the scale overflows (first: group 1): 1 operation of the scale becomes 0",
    );
    expect(found.remedies.find(({ scale }) => scale)).toMatchObject({ error: { mismatchedSpecials: 0 } });
  });

  test("means far from the data, and means beyond the format", () => {
    expect(inference([1000.3, 5], [1, 1]).verdict).toBe("ok");
    const near = diagnosed(
      { data: X.data.map((x) => x / 64 + 1000), shape: [4, 2] },
      {
        ...HALF,
        mean: Float32Array.of(1000.21, 1000.1),
        deviation: Float32Array.of(0.05, 0.05),
      },
    );
    expect(near.reason).toContain("the mean is off by up to 0.21, by rounding it to the format");
    const beyond = inference([7e4, 5], [1, 1]);
    expect(beyond.verdict).toBe("failed");
    expect(beyond.reason).toContain("1 mean that is given overflows (first: group 0)");
    expect(beyond.notes).toEqual(["the mean goes up to 70000, which is beyond float16"]);
  });

  test("statistics that are no numbers", () => {
    const found = inference([Number.NaN, 5], [1, Number.POSITIVE_INFINITY]);
    expect(found).toMatchObject({ verdict: "failed", absorbedOverflow: 0, equalSpecials: 4, remedies: [] });
    expect(found.reason).toBe("the mean has 1 NaN, and the deviation has 1 infinity; of the rest, the output is exact");
  });

  test("a deviation of 0 with an eps of 0, in exact arithmetic too", () => {
    const found = inference([1, 5], [0, 1], { eps: 0 });
    expect(found).toMatchObject({ verdict: "failed", equalSpecials: 4 });
    expect(found.reason).toContain(
      "4 of 8 outputs are NaN or infinite, in exact arithmetic too: the scale of their groups is 0",
    );
    expect(found.notes).toEqual(["eps is 0: a deviation of 0 comes out as NaN and infinities; eps 5.96e-8 is enough"]);
    expect(inference([1, 5], [0, 1], { norm: "none", eps: 0 })).toMatchObject({ verdict: "ok", notes: [] });
  });
});

test("statistics in any form, and resident data, give the same", () => {
  const mean = Float32Array.of(4, 5);
  const deviation = Float32Array.of(2, 3);
  const plain = inference([4, 5], [2, 3], { remedies: true });
  using x = tensor(X.data, X.shape);
  using held = tensor(mean, [1, 2]);
  const forms = { mean: held, deviation: { data: toFloat16(deviation), dims: [2], type: "float16" } } as const;
  expect(diagnose(x, { ...HALF, ...forms, remedies: true })).toEqual(plain);
  expect(held.data).toEqual(mean);
  const empty = diagnosed({ data: new Float32Array(), shape: [0, 2] }, { ...HALF, mean, deviation });
  expect(empty).toMatchObject({ verdict: "ok", subject: { given: true }, bound: { terms: 0 } });
  expect(empty.stages.map(({ name }) => name)).toEqual(plain.stages.map(({ name }) => name));
  held.dispose();
  expect(() => diagnose(X, { ...HALF, mean: held, deviation })).toThrow(TypeError);
});
