// compare(): statistics, and tolerances held against the criteria of NumPy and PyTorch.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bfloat16,
  type Comparison,
  compare,
  type ErrorStatistics,
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
import { gaussian, uniform } from "../support/random.js";
import { validComparison } from "../support/schema.js";

/** Sums are in another order. */
function expectSame(found: ErrorStatistics, wanted: ErrorStatistics): void {
  for (const [key, value] of Object.entries(wanted)) {
    const other = found[key as keyof ErrorStatistics];
    if (value === null || Number.isInteger(value)) expect(other, key).toBe(value);
    else expect(Math.abs((other as number) / value - 1), key).toBeLessThan(1e-9);
  }
}

const numbers = (x: Float32Array | Uint16Array): Float32Array => (x instanceof Uint16Array ? fromFloat16(x) : x);

/** The next float64 towards 0. */
function below(value: number): number {
  const words = new BigInt64Array(Float64Array.of(value).buffer);
  words[0] -= 1n;
  return new Float64Array(words.buffer)[0];
}

/** numpy.isclose() and torch.isclose(), as they are documented. */
function close(a: ArrayLike<number>, e: ArrayLike<number>, rtol: number, atol: number, equalNan: boolean): boolean {
  return Array.from(a).every((actual, i) => {
    if (actual === e[i] || (equalNan && Number.isNaN(actual) && Number.isNaN(e[i]))) return true;
    return Number.isFinite(e[i]) && Math.abs(actual - e[i]) <= atol + rtol * Math.abs(e[i]);
  });
}

/** The smallest value that passes is one: the next smaller does not. null: none does. */
function expectLeast(found: number | null, passes: (value: number) => boolean): void {
  if (found === null) expect(passes(Number.MAX_VALUE)).toBe(false);
  else {
    expect(passes(found)).toBe(true);
    if (found > 0) expect(passes(below(found))).toBe(false);
  }
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
        const { tolerances, equalNans, equalInfinities, firstDifference } = compare(a, e);
        for (const { defaults, passes, ...found } of Object.values(tolerances)) {
          const { rtol, atol, equalNan } = defaults;
          expect(passes).toBe(close(a, e, rtol, atol, equalNan));
          expectLeast(found.rtol, (least) => close(a, e, least, 0, true));
          expectLeast(found.atol, (least) => close(a, e, 0, least, true));
          expectLeast(found.rtolAtDefaultAtol, (least) => close(a, e, least, atol, true));
          expectLeast(found.atolAtDefaultRtol, (least) => close(a, e, rtol, least, true));
        }
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
    expect(numpy).toEqual({
      defaults: { rtol: 1e-7, atol: 0, equalNan: true },
      passes: false,
      rtol: 1,
      atol: 1,
      rtolAtDefaultAtol: 1,
      atolAtDefaultRtol: 1 - 101 * 1e-7,
    });
    expect(torch.defaults).toEqual({ rtol: 1.3e-6, atol: 1e-5, equalNan: false });
    expect(torch.rtolAtDefaultAtol).toBe((0.25 - 1e-5) / 0.25);
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
    const [actual, expected] = [x, y].map((data) => ({ high: Float64Array.from(numbers(data)) }));
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
      expectSame(each, wanted);
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
  // biome-ignore lint/suspicious/noExplicitAny: arguments that no type allows are what is tested here
  const any = (value: unknown): any => value;
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
    [
      () => compare(x, any([1, 2])),
      new TypeError(
        '"expected" must be a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor, got [1, 2]',
      ),
    ],
    [
      () => compare(x, x, { format: any("float64") }),
      new RangeError(
        '"format" must be one of "float32", "float16", "bfloat16", "tfloat32", "float8_e5m2", "float8_e4m3fn", got "float64"',
      ),
    ],
    [() => compare(x, x, any({ tolerance: 1 })), new TypeError('unknown option "tolerance", known are format')],
  ];
  test.each(wrong.map(([call, error]) => [error.message, call, error] as const))("%s", (_, call, error) => {
    expect(call).toThrow(error);
    expect(call).toThrow(error.constructor as ErrorConstructor);
  });
});
