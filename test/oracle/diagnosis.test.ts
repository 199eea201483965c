/** The oracle of diagnoses against other definitions: plain emulation, hardware, fractions, numbers worked out by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normsOf, show } from "../support/cases.js";
import { KINDS, values } from "../support/data.js";
import { CONSTRUCTED } from "../support/diagnosis-cases.js";
import { boundaries, SPECIALS } from "../support/floats.js";
import { arithmetics, FORMATS, MORE_FORMATS } from "../support/formats.js";
import { checksum, hardwareCases } from "../support/hardware.js";
import { eventsOf, stageOf } from "../support/stages.js";
import type { Arithmetic } from "./arithmetic.js";
import { diagnose } from "./diagnosis.js";
import * as emulated from "./emulated.js";
import { judge, unitAt } from "./errors.js";
import { FLOAT16, FLOAT32, HALVES, halfBits, roundTo } from "./formats.js";
import { FRACTIONS, Fraction, PAIRS, Pair } from "./reals.js";
import { Rounder } from "./rounder.js";
import { Traced } from "./traced.js";
import type { StageName, Work } from "./work.js";

const HALF: Arithmetic = { compute: FLOAT16, accumulate: FLOAT16, order: "sequential" };

/** One group in float16, sequential, centred, L2, without eps, unless it is said otherwise. */
const one = (values: readonly number[], more: Partial<Work> = {}): Work => ({
  values,
  groups: [values.map((_, i) => i)],
  norm: "l2",
  arithmetic: HALF,
  centred: true,
  eps: 0,
  ...more,
});

describe("rounding quickly", () => {
  test.each([...FORMATS, ...MORE_FORMATS])("$label", ({ oracle }) => {
    const rounder = new Rounder(oracle);
    const every = oracle.precision > 11 ? 2 ** (oracle.precision - 6) - 1 : 7;
    const wrong = [...SPECIALS, ...boundaries(oracle, every)].filter(
      (value) => !Object.is(rounder.round(value), roundTo(oracle, value)),
    );
    expect(wrong).toEqual([]);
    // float64 next to the boundaries
    for (const value of boundaries(oracle, 32 * every + 1)) {
      for (const near of [value * (1 + 2 ** -52), value * (1 - 2 ** -52)]) {
        if (!Object.is(rounder.round(near), roundTo(oracle, near))) wrong.push(near);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("pairs of float64", () => {
  const real = fc.tuple(
    fc.double({ min: 2 ** -100, max: 2 ** 100, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.boolean(),
  );
  const pair = real.map(([high, low, negative]) => {
    const { high: h, low: l } = Pair.sum(high, high * low * 2 ** -53);
    return negative ? new Pair(-h, -l) : new Pair(h, l);
  });
  const fraction = ({ high, low }: Pair) => Fraction.of(high).plus(Fraction.of(low));
  const close = (actual: Pair, expected: Fraction, scale: Fraction = expected) => {
    const miss = fraction(actual).minus(expected);
    expect(Math.abs(miss.over(scale).high)).toBeLessThan(2 ** -98);
    expect(Math.abs(actual.low)).toBeLessThanOrEqual(Math.abs(actual.high) * 2 ** -53);
  };

  test("operations agree with fractions", () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const [x, y] = [fraction(a), fraction(b)];
        close(a.plus(b), x.plus(y), x.abs().plus(y.abs()));
        close(a.minus(b), x.minus(y), x.abs().plus(y.abs()));
        close(a.times(b), x.times(y));
        close(a.over(b), x.over(y));
        close(a.abs().sqrt(), x.abs().sqrt());
        close(a.abs().power(3), x.abs().power(3));
        close(a.abs().power(2.5), x.abs().power(2.5));
        const cube = fraction(a.abs().root(3));
        expect(Math.abs(cube.power(3).over(x.abs()).minus(Fraction.of(1)).high)).toBeLessThan(2 ** -96);
        expect(Math.sign(a.compare(b))).toBe(Math.sign(x.compare(y)));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test.each([PAIRS, FRACTIONS])("infinities and NaN follow IEEE 754", (reals) => {
    const list = [0, 1, -2, Infinity, -Infinity, NaN];
    for (const a of list) {
      for (const b of list) {
        const [x, y] = [reals.of(a), reals.of(b)] as [Pair, Pair];
        expect([x.plus(y).high, x.minus(y).high, x.times(y).high].map((value) => value + 0)).toEqual(
          [a + b, a - b, a * b].map((value) => value + 0),
        );
        expect(x.over(y).high + 0).toBe(a / b + 0);
      }
    }
  });
});

describe("values of the stages", () => {
  let step = 0;
  test.each([...FORMATS, ...MORE_FORMATS])("$label: those of plain emulation", (compute) => {
    const wrong: string[] = [];
    for (const pair of arithmetics(compute)) {
      for (const [i, kind] of KINDS.entries()) {
        const n = [33, 130, 5, 129, 1, 3, 40][i];
        const norms = normsOf(n);
        const norm = norms[step++ % norms.length];
        const x = values(kind, compute.oracle, n, 3 + i);
        const centred = step % 3 > 0;
        const eps = [0, 1e-5, 1e-3][i % 3];
        const traced = new Traced(one(Array.from(x), { norm, arithmetic: pair.oracle, centred, eps }), PAIRS);
        const input = emulated.inputs(pair.oracle, x);
        const d = centred ? emulated.centred(pair.oracle, input, emulated.mean(pair.oracle, input)) : input;
        const scale = emulated.scale({ norm, arithmetic: pair.oracle }, d, eps);
        const expected = [scale, ...emulated.apply(pair.oracle, d, scale)];
        const actual = [traced.stage("deviation").high[0], ...traced.stage("output").high];
        const same = actual.every((value, k) => Object.is(value, expected[k]));
        if (!same) wrong.push(`${pair.label}, ${kind}, ${show(norm)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(hardwareCases())("those of the hardware, $n elements", ({ n, bits, results }) => {
    const x = Array.from(bits, (half) => HALVES[half]);
    for (const { order, accumulate, ...expected } of results) {
      const arithmetic = { compute: FLOAT16, accumulate: accumulate === "float16" ? FLOAT16 : FLOAT32, order };
      const norms = { l1: "l1", l2: "l2", linf: "linf", topk10: { topk: Math.min(10, n) } } as const;
      for (const [name, norm] of Object.entries(norms)) {
        const traced = new Traced(one(x, { norm, arithmetic, eps: 1e-5 }), PAIRS);
        expect(halfBits(traced.stage("mean").high[0])).toBe(expected.mean);
        expect(checksum(Array.from(traced.stage("output").high, halfBits))).toBe(expected[`y_${name}`]);
      }
    }
  });
});

describe("pairs and fractions give the same diagnosis", () => {
  test.each(FORMATS)("$label", (compute) => {
    for (const [i, pair] of arithmetics(compute).entries()) {
      const kind = KINDS[i % KINDS.length];
      const n = [17, 20, 3, 9, 34, 12, 33][i % 7];
      const norm = normsOf(n)[i % 9];
      const x = Array.from(values(kind, compute.oracle, n, 50 + i));
      const weight = Array.from(x, (_, j) => 1 + j / 7);
      const work = one(x, { norm, arithmetic: pair.oracle, eps: 1e-5, ...(i % 2 && { weight, bias: x }) });
      const [pairs, fractions] = [diagnose(work), diagnose(work, FRACTIONS)];
      for (const [s, actual] of pairs.stages.entries()) {
        const expected = fractions.stages[s];
        const what = `${pair.label}, ${kind}, ${show(norm)}, ${n}, ${actual.name}`;
        expect(actual.computed.high, what).toEqual(expected.computed.high);
        expect([actual.events, actual.firsts], what).toEqual([expected.events, expected.firsts]);
        for (const part of ["own", "total"] as const) {
          const [a, b] = [actual[part].ulps, expected[part].ulps];
          a.forEach((ulp, j) => {
            if (!(Math.abs(ulp - b[j]) <= 2 ** -40 * (1 + Math.abs(ulp))) && !Object.is(ulp, b[j]))
              expect.fail(`${what}: ${part} of ${j} is ${ulp} instead of ${b[j]}`);
          });
        }
        for (const [key, part] of Object.entries(actual.attribution ?? {})) {
          const other = (expected.attribution as unknown as Record<string, number>)[key];
          const size = Math.abs(actual.attribution?.total ?? 0) + Math.abs(part);
          expect(Math.abs(part - other), `${what}: ${key}`).toBeLessThanOrEqual(2 ** -40 * size);
        }
      }
    }
  });
});

describe("worked out by hand", () => {
  test.each(CONSTRUCTED)("$name", (constructed) => {
    const { compute, order = "sequential", absorbedOverflow = 0, output } = constructed;
    const arithmetic = { compute, accumulate: compute, order };
    const { values, norm, centred } = constructed;
    const diagnosis = diagnose(one(values, { norm, centred, arithmetic }));
    expect(eventsOf(diagnosis.stages)).toEqual(constructed.events);
    for (const [name, firsts] of Object.entries(constructed.firsts ?? {})) {
      expect(stageOf(diagnosis, name as StageName).firsts).toEqual(firsts);
    }
    expect(diagnosis.traced.absorbedOverflow).toBe(absorbedOverflow);
    if (output) expect(Array.from(diagnosis.traced.stage("output").high)).toEqual(output);
  });

  test("units in the last place", () => {
    expect(unitAt(FLOAT16, 1)).toBe(2 ** -10);
    expect(unitAt(FLOAT16, 1 - 2 ** -53)).toBe(2 ** -11);
    expect(unitAt(FLOAT16, -1)).toBe(2 ** -10);
    expect(unitAt(FLOAT16, 1e-30)).toBe(2 ** -24);
    expect(unitAt(FLOAT16, 0)).toBe(2 ** -24);
    expect(unitAt(FLOAT16, 1e9)).toBe(2 ** 5);
  });

  test("statistics of errors", () => {
    const high = Float64Array.of(1, 2, -4, 0, Infinity, NaN, Infinity, NaN, 8);
    const exact = Float64Array.of(1 + 2 ** -11, 2, -4 - 2 ** -8, 0, Infinity, NaN, 1e6, 1, 8);
    const { statistics, ulps } = judge({ high }, { high: exact }, FLOAT16);
    expect(Array.from(ulps)).toEqual([-0.5, 0, 1, 0, NaN, NaN, NaN, NaN, 0]);
    const sum = exact[0] ** 2 + 4 + exact[2] ** 2 + 64;
    expect(statistics).toEqual({
      count: 9,
      maxUlp: 1,
      meanUlp: 0.1,
      rmsUlp: 0.5,
      p50Ulp: 0,
      p99Ulp: 1,
      p999Ulp: 1,
      worstIndex: 2,
      maxAbs: 2 ** -8,
      maxRel: 2 ** -8 / (4 + 2 ** -8),
      sqnrDb: 10 * Math.log10(sum / (2 ** -22 + 2 ** -16)),
      cosine: expect.closeTo((exact[0] + 4 - 4 * exact[2] + 64) / Math.sqrt(85 * sum), 14),
      significantBits: 0,
      mismatchedSpecials: 2,
    });
    const nothing = judge({ high: Float64Array.of(NaN) }, { high: Float64Array.of(1) }, FLOAT16).statistics;
    expect(nothing).toMatchObject({ count: 1, maxUlp: null, worstIndex: null, p50Ulp: null, maxRel: null });
    expect(nothing).toMatchObject({ sqnrDb: null, cosine: null, significantBits: null, mismatchedSpecials: 1 });
    const same = judge({ high: Float64Array.of(3) }, { high: Float64Array.of(3) }, FLOAT16).statistics;
    expect(same).toMatchObject({ maxUlp: 0, worstIndex: 0, maxRel: 0, sqnrDb: null, cosine: 1, significantBits: 53 });
  });

  test("the error of a mean and of a sum, by cause", () => {
    // 2048 + 1 is a tie and stays, twice; the input is exact.
    const mean = diagnose(one([2048, 1, 1, -2050], { norm: "l1" }));
    expect(stageOf(mean, "mean").attribution).toEqual({
      group: 0,
      input: 0,
      accumulation: -0.5,
      final: 0,
      total: -0.5,
    });
    expect(stageOf(mean, "mean").total.statistics.maxUlp).toBe(-(2 ** 23));
    // 1 + 2^-11 is read as 1; the quotient 2/3 is rounded down by as much.
    const rounded = stageOf(diagnose(one([1 + 2 ** -11, 1, 0])), "mean").attribution;
    const third = 2 ** -11 / 3;
    expect(rounded?.input).toBe(-third);
    expect(rounded?.accumulation).toBe(0);
    expect(rounded?.final).toBeCloseTo(-third, 15);
    expect(rounded?.total).toBeCloseTo(-2 * third, 15);
    const squares = stageOf(diagnose(one([65, 1.5], { centred: false })), "sum").attribution;
    // 65² = 4225 -> 4224, + 2.25 -> 4228.
    expect(squares).toEqual({ group: 0, terms: -1, accumulation: 1.75, total: 0.75 });
  });
});

test("the parts of an error add up to it", () => {
  const kinds = fc.constantFrom(...KINDS.filter((kind) => kind !== "large"));
  const pairs = fc.constantFrom(...FORMATS.flatMap(arithmetics));
  fc.assert(
    fc.property(kinds, pairs, fc.integer({ min: 1, max: 33 }), fc.nat(), (kind, pair, n, seed) => {
      const x = Array.from(values(kind, pair.oracle.compute, n, seed));
      const norms = ["l1", "l2", { topk: Math.ceil(n / 3) }, { lp: 3 }] as const;
      const diagnosis = diagnose(one(x, { norm: norms[seed % 4], arithmetic: pair.oracle }), FRACTIONS);
      for (const { attribution } of diagnosis.stages) {
        if (!attribution) continue;
        const { input = 0, terms = 0, accumulation, final = 0, total } = attribution;
        const size = Math.abs(input) + Math.abs(terms) + Math.abs(accumulation) + Math.abs(final);
        expect(Math.abs(input + terms + accumulation + final - total)).toBeLessThanOrEqual(2 ** -50 * size);
      }
    }),
    { seed: 3, numRuns: 30 },
  );
});
