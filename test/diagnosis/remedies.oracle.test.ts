/** Every remedy that diagnose() reports, run by the oracle as the report describes it. */

import { describe, expect, test } from "vitest";
import type { Remedy } from "../../src/diagnosis/result.js";
import { diagnose } from "../../src/index.js";
import { judgeOutput } from "../oracle/diagnosis.js";
import { isTop } from "../oracle/emulated.js";
import { PAIRS } from "../oracle/reals.js";
import { safeEps, survives, trialsOf } from "../oracle/remedies.js";
import { scaledEps } from "../oracle/summary.js";
import { truth } from "../oracle/truth.js";
import type { Work } from "../oracle/work.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { batch, expectErrors, last, over, pose, type Subject, slack } from "../support/diagnosed.js";
import { arithmetic, arithmetics, BFLOAT16, CUSTOM, FLOAT16, FLOAT32, FORMATS } from "../support/formats.js";
import { gaussian } from "../support/random.js";
import { oracleArithmetic, remedied } from "../support/remedies.js";

function check(subject: Subject): Remedy[] {
  const { what, x, options, work } = pose({ ...subject, remedies: true });
  const { remedies, error } = diagnose(x, options);
  for (const remedy of remedies) {
    const { changed, reference } = remedied(work, remedy);
    const { compute } = work.arithmetic;
    const judged = judgeOutput(changed, truth(PAIRS, reference), compute);
    expect(remedy.safeOnConstant, what).toBe(survives(changed, changed.eps));
    expectErrors(remedy.error, judged, slack(reference, compute), `${what}: ${remedy.change}`);
    expect(remedy.verified).toBe(true);
    if (remedy.groupScale !== undefined) expect(remedy.eps, what).toBe(changed.eps);
    if (remedy.scale !== undefined) {
      expect(Number.isInteger(Math.log2(remedy.scale)), what).toBe(true);
      expect(remedy.eps, what).toBe(safeEps(work, scaledEps(work, remedy.scale)));
    }
    const gain = remedy.error.sqnrDb === null || error.sqnrDb === null ? null : remedy.error.sqnrDb - error.sqnrDb;
    expect(remedy.gainDb, what).toBe(gain);
  }
  const mismatches = remedies.map(({ error: { mismatchedSpecials } }) => mismatchedSpecials);
  expect(mismatches, what).toEqual([...mismatches].sort((a, b) => a - b));
  const gains = remedies.filter((_, i) => mismatches[i] === 0).map(({ gainDb }) => gainDb);
  const known = gains.filter((gain) => gain !== null);
  expect(known, what).toEqual([...known].sort((a, b) => b - a));
  return remedies;
}

let step = 0;

describe.each([...FORMATS, FLOAT32])("computing in $label", (compute) => {
  test.each(arithmetics(compute))("$label", (pair) => {
    for (const data of KINDS) {
      // Two of seven for each.
      if (step++ % 7 > 1) continue;
      const norms = [...everyNorm([2]), "none"] as const;
      const norm = norms[(step + (step >> 3)) % norms.length];
      const centred = norm === "none" || step % 4 > 0;
      const storage = STORAGES[step % 2];
      const weighted = step % 4;
      if (step % 3) check({ shape: [3, 50], grouping: last(1, centred), norm, pair, data, storage, weighted });
      else check({ shape: [30, 4], grouping: over([0], centred), norm, pair, data, storage });
    }
  });
});

/** A remedy in the oracle's words. */
function labelOf({ change, arithmetic, scale, groupScale, eps, norm, centrings }: Remedy, work: Work): string {
  if (groupScale !== undefined) return "groups";
  if (scale !== undefined) return "scale";
  if (norm) return JSON.stringify(norm);
  if (eps !== undefined) return "eps";
  if (change.includes("store in")) return "stored";
  if (!arithmetic) return `${centrings} centrings`;
  if (/^statistics in|^take 1 /.test(change)) return "float32 statistics";
  if (change.endsWith("in steps")) return "steps";
  const { compute, order } = oracleArithmetic(arithmetic);
  if (JSON.stringify(order) !== JSON.stringify(work.arithmetic.order)) return String(order);
  return JSON.stringify(compute) === JSON.stringify(work.arithmetic.compute) ? "float32 sums" : "bfloat16";
}

/** The remedies are those that the oracle tries, a scale of all apart. */
function expectTried(remedies: readonly Remedy[], work: Work, what?: string): void {
  const labels = remedies.map((remedy) => labelOf(remedy, work)).filter((label) => label !== "scale");
  expect(labels.sort(), what).toEqual(
    trialsOf(work)
      .map(({ label }) => label)
      .sort(),
  );
}

test("what is tried: all that is not so already", () => {
  for (const pair of [...arithmetics(FLOAT16), arithmetic(FLOAT32)]) {
    for (const norm of [...everyNorm([10, 3]), "none"] as const) {
      for (const centred of [true, false]) {
        for (const n of [1, 3, 150]) {
          if ((norm === "none" && !centred) || (isTop(norm) && norm.topk > n)) continue;
          const subject: Subject = {
            shape: [4, n],
            grouping: over([1], centred),
            norm,
            pair,
            data: "plain",
            storage: "float32",
          };
          const { x, options, work, what } = pose({ ...subject, remedies: true });
          expectTried(diagnose(x, options).remedies, work, what);
        }
      }
    }
  }
});

test("scaling makes squares fit that overflow, and those that underflow", () => {
  for (const size of [1000, 2 ** -13]) {
    const data = gaussian(256, 3, 0, size);
    const pair = arithmetic(FLOAT16);
    const subject: Subject = { shape: [256], grouping: over([0]), norm: "l2", pair, data, storage: "float32", eps: 0 };
    const [best] = check(subject).filter(({ scale }) => scale);
    expect(best.error.mismatchedSpecials).toBe(0);
    expect(best.error.sqnrDb).toBeGreaterThan(55);
  }
});

describe("groups of very different sizes, each scaled by itself", () => {
  const SIZES = [1e-6, 1, 3e4, 0, 1e-3];
  const data = (shape: readonly number[], axis: number) => {
    const behind = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return gaussian(shape.reduce((a, b) => a * b) as number, 4).map(
      (value, i) => value * SIZES[Math.floor(i / behind) % shape[axis]],
    );
  };

  test.each<[string, number[], number, Subject["grouping"]]>([
    ["rows", [5, 64], 0, over([1])],
    ["columns", [64, 5], 1, over([0], false)],
    ["channels", [3, 5, 4, 6], 1, batch],
    ["channels between others", [2, 5, 3, 4], 1, over([0, 2])],
  ])("%s", (_, shape, axis, grouping) => {
    for (const norm of ["l2", "l1", { lp: 3 }, { topk: 2 }] as const) {
      const pair = arithmetic(FLOAT16);
      const subject = { shape, grouping, norm, pair, data: data(shape, axis), storage: "float32", eps: 1e-12 } as const;
      const remedies = check({ ...subject, weighted: grouping === batch ? 3 : 0 });
      const found = remedies.find(({ groupScale }) => groupScale);
      expect(found).toMatchObject({ safeOnConstant: true, error: { mismatchedSpecials: 0 } });
      expect(found?.error.sqnrDb).toBeGreaterThan(55);
      const one = remedies.find(({ scale }) => scale);
      if (one && norm === "l2") expect(found?.error.sqnrDb).toBeGreaterThan((one.error.sqnrDb ?? 0) + 20);
    }
  });

  test("not where all are of one binade", () => {
    const same = Float32Array.from({ length: 12 }, (_, i) => (i % 4 ? 1000 + i : 1900));
    const subject = { shape: [3, 4], grouping: over([1]), norm: "l2", data: same, storage: "float32" } as const;
    expect(check({ ...subject, pair: arithmetic(FLOAT16) }).filter(({ groupScale }) => groupScale)).toEqual([]);
  });
});

test("weights of a batch norm go along", () => {
  for (const pair of arithmetics(FLOAT16)) {
    check({ shape: [6, 3, 4], grouping: batch, norm: "l2", pair, data: "offset", storage: "float16", weighted: 3 });
  }
});

test("statistics that are given: nothing of sums, and a scale for all of them", () => {
  const given = {
    mean: Float32Array.of(1, -300, 1e-3),
    deviation: Float32Array.of(300, 1e-4, 2),
  };
  for (const [i, pair] of [...FORMATS, FLOAT32].map((format) => arithmetic(format)).entries()) {
    for (const norm of [...everyNorm([5]), "none"] as const) {
      const data = gaussian(90, i).map((x, at) => x * given.deviation[Math.floor(at / 5) % 3]);
      const of = { shape: [6, 3, 5], grouping: batch, norm, pair, data, storage: "float32", given } as const;
      const subject: Subject = { ...of, eps: i % 2 ? 1e-5 : 1e-12, weighted: i % 4 };
      expectTried(check(subject), pose(subject).work);
    }
  }
});

test("kernels of runtimes are changed as they are", () => {
  const pairs = [
    { statistics: FLOAT32, tail: "steps" },
    { statistics: FLOAT32, tail: "folded" },
    { statistics: FLOAT16, tail: "folded", count: "rounded" },
    { statistics: CUSTOM, tail: "steps" },
    { statistics: BFLOAT16, tail: "steps", count: "rounded" },
  ] as const;
  for (const { statistics, ...others } of pairs) {
    const sums = { order: { lanes: 64 }, ...others } as const;
    const pair = {
      label: `statistics in ${statistics.label}, ${JSON.stringify(sums)}`,
      asked: { compute: FLOAT16.asked, statistics: statistics.asked, ...sums },
      oracle: { compute: FLOAT16.oracle, accumulate: statistics.oracle, statistics: statistics.oracle, ...sums },
    };
    for (const [i, norm] of ([...everyNorm([2]), "none"] as const).entries()) {
      const data = KINDS[i % KINDS.length];
      const storage = STORAGES[i % 2];
      const remedies = check({
        shape: [3, 150],
        grouping: last(1, norm !== "l1"),
        norm,
        pair,
        data,
        storage,
        weighted: i % 4,
      });
      const made = remedies.map(({ change }) => change);
      expect(made.includes("statistics in float32")).toBe(statistics !== FLOAT32);
      expect(made.includes("subtract and multiply in steps")).toBe(others.tail === "folded");
    }
  }
});

test("statistics in float32 keep squares that overflow in float16", () => {
  const data = gaussian(512, 3, 0, 400);
  const subject = { shape: [2, 256], grouping: over([1]), norm: "l2", data, storage: "float32" } as const;
  const found = check({ ...subject, pair: arithmetic(FLOAT16) }).find(
    ({ change }) => change === "statistics in float32",
  );
  expect(found?.arithmetic).toEqual({
    compute: "float16",
    accumulate: "float32",
    order: "lanes",
    statistics: "float32",
  });
  expect(found?.error.mismatchedSpecials).toBe(0);
  expect(found?.error.sqnrDb).toBeGreaterThan(60);
});
