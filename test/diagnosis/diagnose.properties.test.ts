/** diagnose(): any tensor, any axes, any arithmetic against the oracle; and what has to hold between its numbers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnosis, ErrorStatistics } from "../../src/diagnosis/result.js";
import { compare, diagnose, layerNorm, type Norm, type Order, tensor } from "../../src/index.js";
import { judge } from "../oracle/errors.js";
import { FLOAT16 as HALF } from "../oracle/formats.js";
import { FRACTIONS } from "../oracle/reals.js";
import { truth } from "../oracle/truth.js";
import { STORAGES } from "../support/call.js";
import { normsOf } from "../support/cases.js";
import { KINDS, values } from "../support/data.js";
import { check, checkWith, expectErrors, last, over, pose, type Subject, slack } from "../support/diagnosed.js";
import {
  arithmetic,
  arithmetics,
  BFLOAT16,
  EXACT,
  FLOAT16,
  FLOAT32,
  FORMATS,
  MORE_FORMATS,
} from "../support/formats.js";
import { gaussian, shuffled } from "../support/random.js";
import { diagnosed } from "../support/schema.js";
import { stageOf } from "../support/stages.js";

const PAIRS = [...FORMATS, ...MORE_FORMATS].flatMap(arithmetics);

const subjects = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    axes: fc.nat(15),
    pair: fc.constantFrom(...PAIRS),
    kinds: fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom(...KINDS)),
    norm: fc.nat(),
    storage: fc.constantFrom(...STORAGES),
    centred: fc.boolean(),
    eps: fc.constantFrom(0, 1e-5, 0.1),
    seed: fc.nat(1000),
  })
  .map(({ shape, axes: bits, pair, kinds, norm, storage, centred, eps, seed }): Subject => {
    const some = shape.map((_, i) => i).filter((i) => (bits >> i) & 1);
    const axes = some.length > 0 ? some : [shape.length - 1];
    const n = axes.reduce((product, axis) => product * shape[axis], 1);
    const norms = normsOf(n);
    const size = shape.reduce((a, b) => a * b, 1);
    const [one, other] = kinds.map((kind, i) => values(kind, pair.oracle.compute, size, seed + i));
    const data = one.map((value, i) => (i % 5 ? value : other[i]));
    return { shape, grouping: over(axes, centred), norm: norms[norm % norms.length], pair, data, storage, eps };
  });

test("any tensor", () => {
  fc.assert(
    fc.property(subjects, (subject) => {
      check(subject);
    }),
    { seed: 11, numRuns: 120 },
  );
});

test("small tensors, in fractions", () => {
  fc.assert(
    fc.property(
      subjects.filter(({ shape }) => shape.reduce((a, b) => a * b, 1) <= 40),
      (subject) => {
        checkWith(subject, FRACTIONS);
      },
    ),
    { seed: 12, numRuns: 25 },
  );
});

describe("what has to hold", () => {
  const base: Subject = {
    shape: [6, 200],
    grouping: over([1]),
    norm: "l2",
    pair: arithmetic(FLOAT16),
    data: "plain",
    storage: "float32",
  };
  const made = (more: Partial<Subject>): Diagnosis => {
    const { x, options } = pose({ ...base, ...more });
    return diagnose(x, options);
  };

  test("one rounded operation is off by half a unit at the most", () => {
    for (const pair of PAIRS) {
      for (const data of ["plain", "wide"] as const) {
        const { stages } = made({ pair, data, shape: [3, 40] });
        const { overflow, subnormals, precision } = pair.oracle.compute;
        if (overflow !== "infinity" || !subnormals) continue;
        for (const { name, own, events } of stages) {
          // Sums and the deviation are several operations; the mean is two, as soon as there is something to add.
          const single = name !== "mean" && name !== "sum" && name !== "deviation";
          if (!single || events.overflow > 0) continue;
          const tie = 0.5 * (1 + 2 ** (precision - 48));
          expect(Math.abs(own.maxUlp ?? 0), `${pair.label}, ${data}, ${name}`).toBeLessThanOrEqual(tie);
        }
      }
    }
  });

  test("a power of two shifts the headroom and nothing else", () => {
    // so large that it is the sums that have the least room
    const data = gaussian(1200, 7, 0, 2 ** 20);
    const relative = ({ error, stages }: Diagnosis) => ({
      error: { ...error },
      events: stages.map(({ events }) => events),
      ulps: stages.map(({ own, total }) => [own.maxUlp, own.meanUlp, own.p99Ulp, total.maxUlp, total.rmsUlp]),
      bits: stages.map(({ total }) => total.significantBits),
    });
    for (const norm of ["l1", "linf", { topk: 10 }, "range"] as const) {
      // a range where neither end is near
      const pair = arithmetic(BFLOAT16);
      const one = made({ data, norm, pair, eps: 0 });
      for (const k of [-9, 4, 20]) {
        const other = made({ data: data.map((value) => value * 2 ** k), norm, pair, eps: 0 });
        expect(relative(other)).toEqual(relative(one));
        expect((one.headroom ?? 0) - (other.headroom ?? 0)).toBeCloseTo(k, 10);
        expect(other.condition).toEqual(one.condition);
      }
    }
  });

  test("elements in another order: the same exact values", () => {
    const data = gaussian(200, 8);
    const sorted = shuffled(Array.from(data), 9);
    const pair = arithmetic(FLOAT16, EXACT);
    const one = made({ data, shape: [1, 200], pair });
    const other = made({ data: Float32Array.from(sorted), shape: [1, 200], pair });
    const sizes = ({ maxUlp, p50Ulp, p99Ulp, p999Ulp, maxAbs, maxRel }: ErrorStatistics) =>
      [Math.abs(maxUlp ?? NaN), p50Ulp, p99Ulp, p999Ulp, maxAbs, maxRel] as number[];
    for (const [i, stage] of one.stages.entries()) {
      for (const errors of ["own", "total"] as const) {
        const others = sizes(other.stages[i][errors]);
        for (const [j, size] of sizes(stage[errors]).entries()) expect(others[j]).toBeCloseTo(size, 8);
      }
    }
  });

  test("plain arrays and tensors, float16 bits and the same numbers", () => {
    const { x, options, work } = pose({ ...base, storage: "float16", data: "wide" });
    const held = tensor(x.data, x.shape);
    const same = { data: Float32Array.from(work.values), shape: x.shape };
    const one = diagnose(x, options);
    expect(diagnose(held, options)).toEqual(one);
    held.dispose();
    expect(diagnose(same, options).stages).toEqual(one.stages);
  });

  test("the error is what compare() finds between the emulated output and an exact one", () => {
    const weightless: Subject = { ...base, shape: [3, 30], grouping: last(1, true) };
    for (const data of ["plain", "offset", "wide"] as const) {
      const { x, work, options } = pose({ ...weightless, data });
      const y = layerNorm({ data: x.data as Float32Array, shape: x.shape }, { arithmetic: "float16" });
      const exact = truth(FRACTIONS, work).stages.get("output")?.high ?? new Float64Array();
      const { error } = diagnose(x, options);
      const judged = judge({ high: Float64Array.from(y.data) }, { high: exact }, HALF);
      expectErrors(error, judged, slack(work, HALF), data);
      // An exact reference that is rounded to float32 moves errors by 2^-24 relative, 2^-13 of a unit.
      const found = compare(y, { data: Float32Array.from(exact), shape: x.shape }, { format: "float16" });
      expect(found.worstIndex).toBe(error.worstIndex);
      expect(Math.abs((found.maxUlp ?? 0) - (error.maxUlp ?? 0))).toBeLessThan(2 ** -12);
      expect(Math.abs((found.rmsUlp ?? 0) - (error.rmsUlp ?? 0))).toBeLessThan(2 ** -12);
    }
  });

  test("sequential sums stagnate where pairwise ones do not", () => {
    const data = new Float32Array(4096).map((_, i) => 1 + (i % 7) / 8);
    const stagnation = (order: "sequential" | "lanes" | "pairwise") => {
      const pair = arithmetic(FLOAT16, FLOAT16, order);
      const found = made({ data, shape: [1, 4096], norm: "l1", grouping: over([1], false), pair });
      return stageOf(found, "sum").events.stagnation;
    };
    expect(stagnation("sequential")).toBeGreaterThan(1000);
    expect(stagnation("lanes")).toBe(0);
    expect(stagnation("pairwise")).toBe(0);
  });

  test("accumulating in more digits is never worse, by a bound", () => {
    for (const seed of [1, 2, 3]) {
      const data = gaussian(1200, seed, 1, 2);
      for (const order of ["sequential", "lanes", "pairwise"] as const) {
        const sums = [FLOAT16, FLOAT32].map((accumulate) => {
          const found = made({ data, norm: "l1", pair: arithmetic(FLOAT16, accumulate, order) });
          const own = stageOf(found, "sum").own.maxRel ?? NaN;
          expect(own).toBeLessThanOrEqual(found.bound.worst ?? Infinity);
          return own;
        });
        expect(sums[1]).toBeLessThan(sums[0]);
      }
    }
  });

  test("the parts of an error are all of it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 2, maxLength: 60 }),
        fc.constantFrom<Norm>("l1", "l2", { lp: 3 }),
        fc.constantFrom<Order>("sequential", "lanes"),
        (list, norm, order) => {
          const arithmetic = { compute: "float16", order } as const;
          const { stages } = diagnosed(Float32Array.from(list), { arithmetic, norm, remedies: false });
          const most = Math.max(...list.map(Math.abs));
          const power = norm === "l1" ? 1 : norm === "l2" ? 2 : 3;
          for (const { name, attribution, total } of stages) {
            if (!attribution) continue;
            const { input = 0, terms = 0, accumulation, final = 0, total: whole } = attribution;
            // exact values are held to 2^-50
            const size = name === "mean" ? most : list.length * (2 * most) ** power;
            const parts = [input, terms, accumulation, final];
            const near = 2 ** -46 * parts.reduce((sum, part) => sum + Math.abs(part), size);
            expect(Math.abs(input + terms + accumulation + final - whole)).toBeLessThanOrEqual(near);
            expect(Math.abs(Math.abs(whole) - (total.maxAbs as number))).toBeLessThanOrEqual(near);
          }
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });
});
