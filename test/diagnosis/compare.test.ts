// compare(): statistics, and tolerances held against the criteria of NumPy and PyTorch.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bfloat16,
  type Comparison,
  compare,
  float16,
  format,
  fromFloat16,
  load,
  memory,
  type TensorLike,
  tensor,
  toFloat16,
} from "../../src/index.js";
import { judge } from "../oracle/errors.js";
import { FLOAT16 } from "../oracle/formats.js";
import { Rounder } from "../oracle/rounder.js";
import { numbers } from "../support/compare.js";
import { expectStatistics } from "../support/error-statistics.js";
import { gaussian, uniform } from "../support/random.js";
import { any, FORMATS, FORMS, refuses } from "../support/refuses.js";
import { validComparison } from "../support/schema.js";

type Round = (value: number) => number;
const toSingle: Round = Math.fround;
const rounder = new Rounder(FLOAT16);
/** As processors without float16 arithmetic have it: float32, rounded once more. */
const toHalf: Round = (value) => rounder.round(toSingle(value));
const roundOf = (x: Float32Array | Uint16Array): Round => (x instanceof Uint16Array ? toHalf : toSingle);

type Library = "numpy" | "torch";

/** numpy.isclose() and torch.isclose(), step by step as their sources do it; NaN in the same places are equal. */
function close(
  library: Library,
  actual: Float32Array | Uint16Array,
  expected: Float32Array | Uint16Array,
  rtol: number,
  atol: number,
): boolean {
  const wider = actual instanceof Uint16Array ? roundOf(expected) : toSingle;
  const allowed = library === "numpy" ? roundOf(expected) : wider;
  const scalar = library === "numpy" ? allowed : toSingle;
  const [a, e] = [numbers(actual), numbers(expected)];
  return Array.from(a).every((value, i) => {
    if (value === e[i] || (Number.isNaN(value) && Number.isNaN(e[i]))) return true;
    const error = wider(Math.abs(value - e[i]));
    const most = allowed(scalar(atol) + allowed(scalar(rtol) * Math.abs(e[i])));
    return Number.isFinite(e[i]) && Number.isFinite(error) && error <= most;
  });
}

/** The largest float32. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

/** The smallest value of a grid that passes is one: what rounds to the next smaller does not. null: none does. */
function expectLeast(found: number | null, half: boolean, passes: (value: number) => boolean): void {
  if (found === null) expect(passes(half ? 65504 : MOST)).toBe(false);
  else {
    expect(passes(found)).toBe(true);
    expect((half ? toHalf : toSingle)(found)).toBe(found);
    if (found > 0) expect(passes(half ? halfBelow(found) : singleBelow(found))).toBe(false);
  }
}

/** The next number towards 0. */
function halfBelow(value: number): number {
  const half = toFloat16(Float32Array.of(value));
  half[0]--;
  return fromFloat16(half)[0];
}
function singleBelow(value: number): number {
  const word = new Int32Array(Float32Array.of(value).buffer);
  word[0]--;
  return new Float32Array(word.buffer)[0];
}

const special = fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0);
const value = fc.oneof(
  { arbitrary: fc.float({ min: -8, max: 8, noNaN: true }), weight: 8 },
  { arbitrary: special, weight: 1 },
);
const pair = fc.oneof(
  { arbitrary: fc.tuple(value, value), weight: 1 },
  { arbitrary: value.map((v) => [v, v] as [number, number]), weight: 3 },
  {
    arbitrary: fc.tuple(value, fc.double({ min: -1e-3, max: 1e-3, noNaN: true })).map(([v, by]) => [v * (1 + by), v]),
    weight: 6,
  },
);

describe("tolerances", () => {
  test("are the smallest ones at which the criteria hold", () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        const a = Float32Array.from(pairs, ([actual]) => actual);
        const e = Float32Array.from(pairs, ([, expected]) => expected);
        for (const [x, y] of [
          [a, e],
          [toFloat16(a), e],
          [a, toFloat16(e)],
          [toFloat16(a), toFloat16(e)],
        ]) {
          const { tolerances } = compare(x, y);
          for (const library of ["numpy", "torch"] as const) {
            const { defaults, passes, ...found } = tolerances[library];
            const { rtol, atol, equalNan } = defaults;
            const half = library === "numpy" && y instanceof Uint16Array;
            const nans = numbers(x).some(Number.isNaN);
            expect(passes).toBe(close(library, x, y, rtol, atol) && (equalNan || !nans));
            expectLeast(found.rtol, half, (least) => close(library, x, y, least, 0));
            expectLeast(found.atol, half, (least) => close(library, x, y, 0, least));
            expectLeast(found.rtolAtDefaultAtol, half, (least) => close(library, x, y, least, atol));
            expectLeast(found.atolAtDefaultRtol, half, (least) => close(library, x, y, rtol, least));
          }
        }
        const { equalNans, equalInfinities, firstDifference } = compare(a, e);
        const same = Array.from(a, (v, i) => v === e[i] || (Number.isNaN(v) && Number.isNaN(e[i])));
        expect(equalNans).toBe(a.filter((v, i) => Number.isNaN(v) && Number.isNaN(e[i])).length);
        expect(equalInfinities).toBe(a.filter((v, i) => Math.abs(v) === Infinity && v === e[i]).length);
        expect(firstDifference).toBe(same.includes(false) ? same.indexOf(false) : null);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  test("of numbers worked out by hand", () => {
    const a = Float32Array.of(1.5, 100, 0, 3);
    const e = Float32Array.of(1, 101, 0.25, 3);
    const { numpy, torch } = compare(a, e).tolerances;
    const { atolAtDefaultRtol, ...others } = numpy;
    expect(atolAtDefaultRtol).toBeCloseTo(1 - 101 * 1e-7, 7);
    expect(others).toEqual({
      defaults: { rtol: 1e-7, atol: 0, equalNan: true },
      passes: false,
      rtol: 1,
      atol: 1,
      rtolAtDefaultAtol: 1,
    });
    expect(torch.defaults).toEqual({ rtol: 1.3e-6, atol: 1e-5, equalNan: false });
    expect(torch.rtolAtDefaultAtol).toBeCloseTo((0.25 - 1e-5) / 0.25, 7);
  });

  test("defaults of torch are those of the dtypes", () => {
    const x = gaussian(8, 1);
    const half = toFloat16(x);
    const rtol = (a: TensorLike, e: TensorLike, options?: object) =>
      compare(a, e, options).tolerances.torch.defaults.rtol;
    expect(rtol(x, x)).toBe(1.3e-6);
    expect(rtol(half, half)).toBe(1e-3);
    expect(rtol(x, half)).toBe(1e-3);
    expect(rtol(half, x)).toBe(1e-3);
    expect(rtol(x, x, { format: float16 })).toBe(1e-3);
    expect(rtol(x, x, { format: "bfloat16" })).toBe(1.6e-2);
    expect(rtol(half, half, { format: format({ ...bfloat16 }) })).toBe(1.6e-2);
  });

  test("NaN in the same places pass in numpy, not in torch; nothing helps where they are not", () => {
    const { numpy, torch } = compare(Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN)).tolerances;
    expect([numpy.passes, numpy.rtol, torch.passes, torch.rtol]).toEqual([true, 0, false, 0]);
    for (const other of [1, Infinity, -Infinity]) {
      for (const pair of [[Number.NaN, other] as const, [other, Number.NaN] as const]) {
        const found = validComparison(compare(Float32Array.of(pair[0]), Float32Array.of(pair[1])));
        const none = { passes: false, rtol: null, atol: null, rtolAtDefaultAtol: null, atolAtDefaultRtol: null };
        expect(found.tolerances.numpy).toMatchObject(none);
        expect(found.tolerances.torch).toMatchObject(none);
        expect([found.mismatchedSpecials, found.firstDifference]).toEqual([1, 0]);
      }
    }
  });
});

describe("statistics", () => {
  const n = 40_000;
  const e = gaussian(n, 5);
  const next = uniform(6);
  const a = e.map((v) => v * (1 + 1e-3 * (next() - 0.5)));
  a[30_000] = Number.NaN;
  e[31_000] = a[31_000] = -Infinity;

  const forms: [string, Float32Array | Uint16Array, Float32Array | Uint16Array][] = [
    ["float32, float32", a, e],
    ["float16, float32", toFloat16(a), e],
    ["float32, float16", a, toFloat16(e)],
    ["float16, float16", toFloat16(a), toFloat16(e)],
  ];
  test.each(forms)("%s: plain, shaped, of onnxruntime, resident", (_, x, y) => {
    const [actual, expected] = [x, y].map((data) => ({ high: numbers(data) }));
    const wanted = judge(actual, expected, float16).statistics;
    const before = memory();
    const shape = [8, n / 8];
    const [p, q] = [tensor(x, shape), tensor(y, shape)];
    const type = (data: unknown) => (data instanceof Uint16Array ? "float16" : "float32");
    const found: Comparison[] = [
      compare({ data: x, shape }, { data: y, shape }, { format: "float16" }),
      compare({ data: x, dims: shape, type: type(x) }, { data: y, dims: shape, type: type(y) }, { format: float16 }),
      compare(p, q, { format: "float16" }),
      compare(p, { data: y, shape }, { format: "float16" }),
    ];
    p.dispose();
    q.dispose();
    for (const each of found) {
      expectStatistics(each, wanted);
      expect(each.shape).toEqual(shape);
      expect(each.dtypes).toEqual({ actual: type(x), expected: type(y) });
      expect(each.tolerances).toEqual(found[0].tolerances);
      expect([each.equalInfinities, each.equalNans, each.mismatchedSpecials]).toEqual([1, 0, 1]);
      validComparison(each);
    }
    expect(memory().used).toBe(before.used);
  });

  test("the unit is that of the storage of what is compared, unless it is given", () => {
    const half = toFloat16(Float32Array.of(1));
    const near = toFloat16(Float32Array.of(1 + 2 ** -10));
    expect(compare(near, half)).toMatchObject({ format: "float16", maxUlp: 1 });
    expect(compare(fromFloat16(near), half)).toMatchObject({ format: "float32", maxUlp: 2 ** 13 });
    expect(compare(near, half, { format: "float32" }).maxUlp).toBe(2 ** 13);
    const own = format({ precision: 5, emin: -3, emax: 4 });
    expect(compare(near, half, { format: own })).toMatchObject({ format: { ...own }, maxUlp: 2 ** -6 });
  });

  test("of equal and of empty tensors", () => {
    const x = gaussian(100, 1);
    const none = { sqnrDb: null, maxUlp: 0, maxAbs: 0, significantBits: 53, firstDifference: null };
    expect(validComparison(compare(x, x))).toMatchObject(none);
    expect(compare(x, x).tolerances.torch).toMatchObject({ passes: true, rtol: 0, atol: 0 });
    const empty = validComparison(compare(new Float32Array(), { data: new Uint16Array(), shape: [0] }));
    expect(empty).toMatchObject({ count: 0, maxUlp: null, sqnrDb: null, significantBits: null, firstDifference: null });
    expect(empty.tolerances.numpy.passes).toBe(true);
  });

  test("the first difference is found in any block; zeros of different sign do not differ", () => {
    const x = new Float32Array(50_000);
    const y = x.slice().fill(-0);
    expect(compare(x, y).firstDifference).toBeNull();
    y[40_000] = 1;
    expect(compare(x, y)).toMatchObject({ firstDifference: 40_000, worstIndex: 40_000 });
  });

  test("in an instance of one's own", async () => {
    const own = await load();
    const x = gaussian(100, 1);
    const y = gaussian(100, 2);
    expect(own.compare(own.tensor(x), y)).toEqual(compare(x, y));
  });
});

describe("refuses", () => {
  const x = new Float32Array(6);
  const wrong: [() => unknown, Error][] = [
    [() => compare(x, new Float32Array(5)), new RangeError('"expected" must have the shape [6] of "actual", got [5]')],
    [
      () => compare({ data: x, shape: [2, 3] }, x),
      new RangeError('"expected" must have the shape [2, 3] of "actual", got [6]'),
    ],
    [
      () => compare({ data: x, shape: [2, 3] }, { data: x, shape: [3, 2] }),
      new RangeError('"expected" must have the shape [2, 3] of "actual", got [3, 2]'),
    ],
    [() => compare(x, any([1, 2])), new TypeError(`"expected" must be ${FORMS}, got [1, 2]`)],
    [() => compare(x, x, { format: any("float64") }), new RangeError(`"format" must be ${FORMATS}, got "float64"`)],
    [() => compare(x, x, any({ tolerance: 1 })), new TypeError('unknown option "tolerance", known are format')],
  ];
  test.each(wrong.map(([call, error]) => [error.message, call, error] as const))("%s", (_, call, error) => {
    refuses(call, error);
  });
});
