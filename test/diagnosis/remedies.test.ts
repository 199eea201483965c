// Remedies: that each is what it says, by the oracle, and that the best exponent is the best.

import { describe, expect, test } from "vitest";
import { gainOf, gainWords } from "../../src/diagnosis/words.js";
import {
  type Arithmetic,
  type ArithmeticInUse,
  type DiagnoseOptions,
  format,
  type Norm,
  type Remedy,
  toFloat16,
} from "../../src/index.js";
import { errorOf } from "../oracle/diagnosis.js";
import type { Errors } from "../oracle/errors.js";
import { PAIRS } from "../oracle/reals.js";
import { truth } from "../oracle/truth.js";
import { groupsOf } from "../oracle/walk.js";
import type { Work } from "../oracle/work.js";
import { everyNorm } from "../support/cases.js";
import { numbers } from "../support/compare.js";
import { gaussian, wide } from "../support/random.js";
import { oracleArithmetic, remedied } from "../support/remedies.js";
import { type Sample, sample } from "../support/samples.js";
import { diagnosed } from "../support/schema.js";

/** Rows of a matrix, as the oracle has them. */
function workOf(x: Sample, norm: Norm, arithmetic: ArithmeticInUse, centred: boolean, eps: number): Work {
  const groups = groupsOf(x.shape, [x.shape.length - 1]).map(({ elements }) => elements);
  return {
    values: numbers(x),
    groups,
    norm: norm as Work["norm"],
    arithmetic: oracleArithmetic(arithmetic),
    centred,
    eps,
  };
}

/** What a remedy does, done by the oracle. */
function expected(work: Work, remedy: Remedy): Errors {
  const { changed, reference } = remedied(work, remedy);
  return errorOf(changed, truth(PAIRS, reference), work.arithmetic.compute);
}

/** Exact values are held to 2^-50, which is 2^-26 ulp of float32; quantiles are of errors that were rounded to float32. */
const tolerance = (key: string, value: number, { rmsUlp }: Errors): number =>
  (/^p\d/.test(key) ? 2 ** -23 : 1e-9) * (Math.abs(value) + (rmsUlp ?? 0)) + 2 ** -25;

const list = (found: Remedy[]): string[] => found.map(({ change }) => change);

/** Every remedy of the rows of a matrix is what the oracle finds. */
function check(x: Sample, norm: Norm, arithmetic: Arithmetic, centred: boolean, eps = 1e-5): Remedy[] {
  const axes = x.shape.length - 1;
  const found = diagnosed(x, { norm, arithmetic, axes, centred, eps, remedies: true });
  const work = workOf(x, norm, found.subject.arithmetic, centred, eps);
  for (const remedy of found.remedies) {
    const wanted = expected(work, remedy);
    for (const [key, value] of Object.entries(wanted)) {
      const got = remedy.error[key as keyof Errors];
      const what = `${remedy.change}: ${key}`;
      if (value === null || Number.isInteger(value)) expect(got, what).toBe(value);
      else expect(Math.abs((got as number) - value), what).toBeLessThanOrEqual(tolerance(key, value, wanted));
    }
    const [a, b] = [remedy.error.sqnrDb, found.error.sqnrDb];
    if (a === null || b === null) expect(remedy.gainDb).toBeNull();
    else expect(remedy.gainDb).toBe(a - b);
  }
  const quality = ({ sqnrDb, maxAbs }: Remedy["error"]) => sqnrDb ?? (maxAbs ? -Infinity : Infinity);
  found.remedies.forEach(({ error }, i) => {
    const next = found.remedies[i + 1]?.error;
    if (!next) return;
    expect(error.mismatchedSpecials).toBeLessThanOrEqual(next.mismatchedSpecials);
    if (error.mismatchedSpecials === next.mismatchedSpecials)
      expect(quality(error)).toBeGreaterThanOrEqual(quality(next));
  });
  return found.remedies;
}

/** Norms that are tried in the place of L2: all outputs by one are multiples of those by another. */
const NORMS_BUT_L2 = ["L1", "L∞", "top-10"];

/** Of the digits of float16, and of numbers as large as those of float32. */
const WIDE_RANGE = format({ precision: 11, emin: -14, emax: 127 });

const rows = (data: Float32Array, count: number): Sample => ({ data, shape: [count, data.length / count] });

describe("every remedy is run as it says", () => {
  test.each<Norm>(everyNorm([10, 3]))("%j", (norm) => {
    check(rows(gaussian(400, 1, 5, 2), 2), norm, "float16", true);
    check(rows(wide(400, 2, -20, 8), 2), norm, "float16", false);
    check({ data: toFloat16(gaussian(40, 3, 0, 100)), shape: [4, 10] }, norm, "float8_e5m2", true);
  });

  test.each<Arithmetic>([
    { compute: "float16", order: "sequential" },
    { compute: "float16", accumulate: "exact" },
    { compute: "float16", accumulate: "float32", order: "pairwise" },
    "bfloat16",
    "float8_e4m3fn",
    "tfloat32",
    "float32",
  ])("%j", (arithmetic) => {
    check(rows(gaussian(300, 4, 1), 2), "l2", arithmetic, true);
    check(rows(gaussian(300, 5, 0, 40), 2), "l1", arithmetic, true, 1e-3);
  });

  // of whole lines of 32, elements that are rounded stay where they are
  test.each<[Norm, Arithmetic, number]>([
    ["l2", "float16", 256],
    ["l1", "float16", 96],
    ["linf", "bfloat16", 64],
    [{ topk: 7 }, "float16", 4096],
    ["l2", { compute: "float16", order: "pairwise" }, 1024],
    ["l2", { compute: "float16", order: "sequential" }, 64],
    ["l2", { compute: "float16", accumulate: "exact" }, 64],
    ["l2", { compute: "float16", statistics: "float32", accumulate: "float32" }, 128],
    ["l2", { compute: "float16", tail: "folded" }, 128],
    ["l2", "float8_e4m3fn", 32],
  ])("rows of whole lines, %j, %j, %i", (norm, arithmetic, count) => {
    check(rows(gaussian(3 * count, 9, 1), 3), norm, arithmetic, true);
    const wild = gaussian(3 * count, 10, 0, 40).map((value, i) => (i % 7 ? value : i % 2 ? -0 : 1e-7 * value));
    wild[5] = Number.NaN;
    wild[count + 1] = -Infinity;
    check(rows(wild, 3), norm, arithmetic, true);
  });

  test("outputs that are exact, and multiples of them by other norms that are not", () => {
    const x = rows(
      Float32Array.from({ length: 256 }, (_, i) => (i % 2 ? -1 : 1)),
      2,
    );
    const [best] = check(x, "l2", "float16", false, 0);
    expect(best.error).toMatchObject({ maxAbs: 0, sqnrDb: null, cosine: 1 });
  });

  test("data with NaN and infinities", () => {
    const data = gaussian(60, 6);
    data[3] = Number.NaN;
    data[25] = Infinity;
    check(rows(data, 6), "l2", "float16", true);
  });

  test("outputs whose errors are 0 in float32 and their relative errors are not", () => {
    const data = gaussian(256, 7, 0, 1e38).map((value, i) => (i < 128 ? value : (i % 2) * 1e-40));
    const [scaled] = check(rows(data, 1), "l2", "float16", false);
    expect(scaled).toMatchObject({ scale: 2 ** -122, error: { maxRel: 1 } });
  });

  test("outputs that are all 0 have 0 dB by any norm", () => {
    const found = check(rows(gaussian(256, 8, 0, 2 ** 70), 1), "l2", { compute: WIDE_RANGE }, false);
    const others = found.filter(({ change }) => change.startsWith("normalize by"));
    expect(others.map(({ error, gainDb }) => [error.sqnrDb, gainDb])).toEqual(NORMS_BUT_L2.map(() => [0, 0]));
  });
});

describe("what is tried", () => {
  const x = rows(gaussian(512, 1), 2);
  const of = (options: Partial<DiagnoseOptions>, from = x) =>
    list(diagnosed(from, { arithmetic: "float16", axes: 1, eps: 1e-3, remedies: true, ...options }).remedies).sort();
  const NORMS = ["normalize by L1", "normalize by L2", "normalize by L∞", "normalize by top-10"];
  const without = (...names: string[]) => NORMS.filter((name) => !names.includes(name));
  const STORED = "compute in float32, store in float16";
  const ARITHMETICS = [
    "accumulate in float32",
    "add pairwise",
    "statistics in float32",
    "compute in bfloat16",
    "subtract the mean twice",
    STORED,
  ];

  test("is what differs from what is diagnosed", () => {
    expect(of({ norm: "l1" })).toEqual([...ARITHMETICS, ...without("normalize by L1")].sort());
    expect(of({ norm: { topk: 10 } })).toEqual([...ARITHMETICS, ...without("normalize by top-10")].sort());
    expect(of({ norm: { topk: 9 } })).toEqual([...ARITHMETICS, ...NORMS].sort());
    expect(of({ norm: "range", centred: false })).toEqual(
      ["statistics in float32", "compute in bfloat16", STORED, ...NORMS].sort(),
    );
    expect(of({ norm: "none" })).toEqual([...ARITHMETICS].sort());
    const exact = { compute: "float16", accumulate: "exact" } as const;
    expect(of({ norm: "l1", arithmetic: exact })).toEqual(
      [...ARITHMETICS.slice(2), ...without("normalize by L1")].sort(),
    );
    expect(of({ norm: "l1", arithmetic: "float32" })).toEqual(
      ["add pairwise", "subtract the mean twice", ...without("normalize by L1")].sort(),
    );
    const kernel = { compute: "float16", statistics: "float32" } as const;
    const tried = [...ARITHMETICS.slice(1, 2), ...ARITHMETICS.slice(3), ...without("normalize by L1")];
    expect(of({ norm: "l1", arithmetic: kernel })).toEqual([...tried].sort());
    const steps = "subtract and multiply in steps";
    expect(of({ norm: "l1", arithmetic: { ...kernel, tail: "folded" } })).toEqual([...tried, steps].sort());
    expect(of({ norm: "l1", arithmetic: { compute: "float16", tail: "folded" } })).toEqual(
      [...ARITHMETICS, steps, ...without("normalize by L1")].sort(),
    );
    expect(of({ remedies: false })).toEqual([]);
  });

  test("by default, where the verdict is not ok", () => {
    expect(diagnosed(x, { arithmetic: "float16", axes: 1 })).toMatchObject({ verdict: "ok", remedies: [] });
    expect(of({ remedies: "auto" })).toEqual([]);
    expect(of({ remedies: "auto", eps: 1e-3, norm: "l2" }, rows(gaussian(512, 1, 0, 1000), 2))).not.toEqual([]);
  });

  test("a raised eps, and another one along with a norm, where equal values would come out as NaN", () => {
    const dead = rows(gaussian(512, 1).fill(3, 256), 2);
    const found = diagnosed(dead, { arithmetic: "float16", axes: 1, norm: "l1", eps: 1e-5 });
    expect(found.verdict).toBe("failed");
    const least = 257 * 2 ** -24;
    const raised = found.remedies.find(({ change }) => change === "raise eps to 1.532e-5");
    expect(raised).toMatchObject({ eps: least, safeOnConstant: true, error: { mismatchedSpecials: 0 } });
    const linf = found.remedies.find(({ change }) => change === "normalize by L∞, eps to 1.532e-5");
    expect(linf).toMatchObject({ norm: "linf", eps: least, safeOnConstant: true });
    expect(found.remedies.find(({ change }) => change === "accumulate in float32")?.safeOnConstant).toBe(false);
    expect(found.remedies[0].error.mismatchedSpecials).toBe(0);
  });

  test("of a total failure, with what they gain in words", () => {
    const found = diagnosed(rows(new Float32Array(512).fill(3), 2), {
      arithmetic: "float16",
      axes: 1,
      norm: "l1",
      eps: 1e-5,
    });
    expect(found.error.sqnrDb).toBeNull();
    const [best] = found.remedies;
    expect([best.gainDb, best.error.mismatchedSpecials, best.safeOnConstant]).toEqual([null, 0, true]);
    expect(gainWords(best, found.error)).toBe("no NaN/inf left");
    expect(gainOf(best, found.error)).toBe(Infinity);
  });

  test("nothing is scaled that has no finite number", () => {
    for (const value of [Number.NaN, Infinity, 0]) {
      const { remedies } = diagnosed(rows(new Float32Array(512).fill(value), 2), {
        arithmetic: "float16",
        remedies: true,
      });
      expect(remedies.filter(({ scale }) => scale)).toEqual([]);
    }
  });

  test("an eps of 0 stays 0, and one that is infinite is none, where a large power of a scale is", () => {
    const small = rows(
      gaussian(64, 1, 0, 2e-6).map((value, i) => (i < 32 ? value : value / 16)),
      2,
    );
    const eight = { arithmetic: "float8_e5m2", axes: 1, norm: { lp: 100 }, remedies: true } as const;
    const scales = ({ scale, groupScale }: Remedy) => scale !== undefined || groupScale !== undefined;
    const none = diagnosed(small, { ...eight, eps: 0 }).remedies.filter(scales);
    expect(list(none).sort()).toEqual(["scale each group, eps along with it", "scale x by 2^18"]);
    expect(none.map(({ eps }) => eps)).toEqual([0, 0]);
    expect(diagnosed(small, { ...eight, norm: { lp: 600 }, eps: 1e-5 }).remedies.filter(scales)).toEqual([]);
  });

  test("pairwise is lanes up to 128 elements", () => {
    const short = rows(gaussian(256, 1), 2);
    expect(of({}, short)).not.toContain("add pairwise");
    expect(of({ arithmetic: { compute: "float16", order: "sequential" } }, short)).toContain("add pairwise");
  });
});

describe("real activations", () => {
  test("the outlier residual stream: scaled, or by another norm, L2 is as good as it can be", () => {
    const x = sample("transformer-residual-outlier");
    const { remedies, error } = diagnosed(x, { arithmetic: "float16", layer: "layer" });
    expect(error.sqnrDb).toBeLessThan(1);
    expect(list(remedies.slice(0, 7))).toEqual([
      "compute in float32, store in float16",
      "statistics in float32",
      // 9.77e-9 would be 0 in float16
      "scale x by 2^-5, eps to 5.96e-8",
      "scale each group, eps along with it",
      // and 1e-5 too little where S is the deviation plus eps
      "normalize by L∞, eps to 1.532e-5",
      "normalize by top-10, eps to 1.532e-5",
      "normalize by L1, eps to 1.532e-5",
    ]);
    expect(remedies[1].arithmetic).toMatchObject({ compute: "float16", statistics: "float32" });
    expect(remedies[2]).toMatchObject({ scale: 2 ** -5, eps: 2 ** -24, safeOnConstant: true });
    for (const { error } of remedies.slice(0, 7)) expect(error.sqnrDb).toBeGreaterThan(60);
    for (const { change, gainDb } of remedies) {
      if (/accumulate|mean/.test(change)) expect(Math.abs(gainDb as number)).toBeLessThan(0.1);
    }
  });

  test.each([
    ["transformer-residual-outlier", "layer", 1e-5, "l2"],
    ["digits-conv2-grad", "batch", 1e-12, "l2"],
    ["digits-conv2-grad", "batch", 1e-12, "l1"],
    ["digits-conv2-grad", "instance", 1e-12, "linf"],
    ["digits-conv3-out", "batch", 1e-5, { lp: 3 }],
  ] as const)("%s, %s norm, eps %d, %j: no other power of two does better", (name, layer, eps, norm) => {
    const x = sample(name);
    const options = { arithmetic: "float16", layer, norm, remedies: false } as const;
    const found = diagnosed(x, { ...options, eps, remedies: true });
    const remedy = found.remedies.find(({ scale }) => scale);
    const chosen = remedy?.scale ?? 1;
    const least = (remedy ?? found).error.sqnrDb as number;
    const power = norm === "l2" ? 2 : typeof norm === "object" ? norm.lp : 1;
    const data = numbers(x);
    for (const exponent of [-8, -4, -2, -1, 1, 2, 4, 8]) {
      const scale = chosen * 2 ** exponent;
      const scaled = { data: Float32Array.from(data, (value) => value * scale), shape: x.shape };
      const { error } = diagnosed(scaled, { ...options, eps: eps * scale ** power });
      if (!error.mismatchedSpecials) expect(error.sqnrDb, `2^${Math.log2(scale)}`).toBeLessThan(least + 0.5);
    }
  });
});
