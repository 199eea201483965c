/** The oracle's own parts against independent definitions. */
import { describe, expect, test } from "vitest";
import { gaussian, randomBits, uniform, wide } from "../support/random.js";
import { add, divideSum, type Order, sum } from "./arithmetic.js";
import { gaussianMoment, powerConstant } from "./constants.js";
import * as exact from "./exact.js";
import * as formats from "./formats.js";
import { power, root } from "./power.js";
import { groupsOf, reducedShape } from "./walk.js";

const { Exact } = exact;

describe("formats", () => {
  test("float32 is what Math.fround gives", () => {
    const bits = randomBits(1);
    const view = new DataView(new ArrayBuffer(8));
    const wrong: number[] = [];
    for (let i = 0; i < 100_000; i++) {
      view.setUint32(0, bits());
      view.setUint32(4, bits());
      // Half of them with an exponent around float32's.
      if (i % 2) view.setUint32(0, (view.getUint32(0) & 0x800fffff) | ((0x380 + (bits() % 300)) << 20));
      const value = view.getFloat64(0);
      if (!Object.is(formats.roundTo(formats.FLOAT32, value), Math.fround(value))) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });

  test("every half and the middles between them round as the definition says", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7c00; bits++) {
      const value = formats.HALVES[bits];
      const next = bits === 0x7bff ? 65536 : formats.HALVES[bits + 1];
      const middle = (value + next) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const around = [value, -value, middle, middle * (1 - 2 ** -40), middle * (1 + 2 ** -40)].map(formats.toHalfBits);
      if (String(around) !== String([bits, bits | 0x8000, even, bits, bits + 1])) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test("the ranges of the named formats", () => {
    expect(formats.FLOAT32.max).toBe(3.4028234663852886e38);
    expect(formats.FLOAT16.max).toBe(65504);
    expect(formats.BFLOAT16.max).toBe(3.3895313892515355e38);
    expect(formats.FLOAT8_E5M2.max).toBe(57344);
    expect(formats.roundTo(formats.FLOAT8_E4M3FN, 464)).toBe(448);
    expect(formats.roundTo(formats.FLOAT8_E4M3FN, 464.1)).toBe(Number.NaN);
    expect(formats.roundTo(formats.FLOAT8_E4M3FN_SATURATE, -1e9)).toBe(-448);
    expect(formats.roundTo(formats.FLOAT8_E4M3FN, 2 ** -10)).toBe(0);
    expect(formats.roundTo(formats.FLOAT8_E4M3FN, 1.1 * 2 ** -10)).toBe(2 ** -9);
  });

  test("directed modes bracket the value, odd takes the odd neighbour", () => {
    for (const value of wide(2000, 3, -30, 20)) {
      const down = formats.roundTo(formats.FLOAT16, value, "down");
      const up = formats.roundTo(formats.FLOAT16, value, "up");
      expect(down).toBeLessThanOrEqual(value);
      expect(up).toBeGreaterThanOrEqual(value);
      expect(formats.roundTo(formats.FLOAT16, value, "toward-zero")).toBe(value < 0 ? up : down);
      const odd = formats.roundTo(formats.FLOAT16, value, "odd");
      expect([down, up]).toContain(odd);
      if (down !== up && Number.isFinite(odd)) expect(formats.halfBits(odd) % 2).toBe(1);
    }
  });
});

describe("exact numbers", () => {
  const naive = (values: Iterable<number>) => {
    let total = exact.ZERO;
    for (const value of values) total = total.plus(Exact.of(value));
    return total;
  };

  test("sums agree with additions of fractions", () => {
    const data = wide(300, 5, -149, 127);
    expect(exact.exactSum(data).compare(naive(data))).toBe(0);
    expect(exact.exactAbsSum(data).compare(naive(data.map(Math.abs)))).toBe(0);
    const squares = Array.from(data, (value) => Exact.of(value).times(Exact.of(value)));
    const total = squares.reduce((a, b) => a.plus(b));
    expect(exact.exactSquareSum(data).compare(total)).toBe(0);
  });

  test("deviations agree with their definitions", () => {
    const data = gaussian(101, 6, 1e6);
    const n = new Exact(101n);
    const middle = exact.exactMean(data);
    const d = Array.from(data, (value) => Exact.of(value).minus(middle));
    const absolute = d.map((item) => item.abs()).reduce((a, b) => a.plus(b));
    const squared = d.map((item) => item.times(item)).reduce((a, b) => a.plus(b));
    expect(exact.exactMeanAbsDeviation(data).compare(absolute.over(n))).toBe(0);
    expect(exact.exactVariance(data).compare(squared.over(n))).toBe(0);
    const sorted = d.map((item) => item.abs()).sort((a, b) => b.compare(a));
    const farthest = exact.exactFarthest(data, 7, middle);
    expect(farthest.map((item, i) => item.compare(sorted[i]))).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test("values equal to the mean belong to neither side", () => {
    expect(exact.exactMeanAbsDeviation(Float32Array.of(1, 2, 3)).compare(Exact.of(2).over(Exact.of(3)))).toBe(0);
    expect(exact.exactMeanAbsDeviation(new Float32Array(1000).fill(0.1)).sign).toBe(0);
  });

  test("square roots and float64 values", () => {
    for (const value of [2, 3, 1e-30, 1e30, 4, 0.1]) {
      const root = Exact.of(value).sqrt();
      const back = root.times(root).minus(Exact.of(value)).abs().over(Exact.of(value));
      expect(back.toNumber()).toBeLessThan(2 ** -118);
      expect(Exact.of(value).toNumber()).toBe(value);
    }
    // to odd: the float64 next to 1/3 has its last bit set, that next to 1/5 is one above what has
    expect(new Exact(1n, 3n).toOdd()).toBe(1 / 3);
    expect(new Exact(1n, 5n).toOdd()).toBe(1 / 5 - 2 ** -55);
    expect(new Exact((1n << 60n) + 1n).toOdd()).toBe(2 ** 60 + 256);
  });

  test("distances in units in the last place", () => {
    expect(exact.ulpError(1, Exact.of(1 + 2 ** -24))).toBe(-0.5);
    expect(exact.ulpError(2 ** -149, Exact.of(0))).toBe(1);
    expect(exact.ulpError(1 + 2 ** -23, Exact.of(1))).toBe(1);
    expect(exact.ulpError(Number.POSITIVE_INFINITY, Exact.of(1))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("operations", () => {
  test("an addition of different formats is rounded once", () => {
    // 1 + 2^-8 is a tie of bfloat16; a float64 sum would lose the 2^-100 that decides it.
    expect(add(formats.BFLOAT16, 1 + 2 ** -8, 2 ** -100)).toBe(1 + 2 ** -7);
    expect(add(formats.BFLOAT16, 1 + 2 ** -8, -(2 ** -100))).toBe(1);
    expect(add(formats.BFLOAT16, -1 - 2 ** -8, -(2 ** -100))).toBe(-1 - 2 ** -7);
    expect(add(formats.BFLOAT16, 1 + 2 ** -8, 0)).toBe(1);
  });

  test("float32 additions are the machine's", () => {
    const data = wide(4000, 8, -30, 30);
    for (let i = 0; i < data.length; i += 2) {
      expect(add(formats.FLOAT32, data[i], data[i + 1])).toBe(Math.fround(data[i] + data[i + 1]));
    }
  });

  test.each<[Order, number]>([
    ["sequential", 2 ** 11],
    [{ lanes: 4 }, 2 ** 13],
    ["lanes", 2 ** 16],
    ["pairwise", 2 ** 17],
  ])("%o: 2^17 equal terms in float16 stop growing at %i of them", (order, limit) => {
    const arithmetic = { compute: formats.FLOAT16, accumulate: formats.FLOAT16, order } as const;
    // all of them are less than the largest number
    expect(sum(arithmetic, new Array(2 ** 17).fill(2 ** -2))).toBe(limit * 2 ** -2);
  });

  test("a sum is divided by more than a format can hold", () => {
    expect(divideSum(formats.FLOAT16, 65504, 65503)).toBe(1);
    expect(divideSum(formats.FLOAT16, Exact.of(2 ** 30), 2 ** 30)).toBe(1);
    expect(divideSum(formats.FLOAT16, 0, 0)).toBe(Number.NaN);
  });

  test("powers and roots, ties included", () => {
    expect(power(formats.FLOAT16, 3, 4)).toBe(81);
    // 4097^1 does not exist, but 13^3 = 2197 lies between 2196 and 2198: a tie.
    expect(power(formats.FLOAT16, 13, 3)).toBe(2196);
    expect(power(formats.FLOAT16, 169, 1.5)).toBe(2196);
    expect(power(formats.FLOAT16, 15, 3)).toBe(3376);
    expect(root(formats.FLOAT16, 2196, 3)).toBe(formats.roundTo(formats.FLOAT16, Math.cbrt(2196)));
    const next = uniform(9);
    for (let i = 0; i < 1000; i++) {
      const base = formats.roundTo(formats.FLOAT16, 10 * next());
      expect(power(formats.FLOAT16, base, 2)).toBe(formats.roundTo(formats.FLOAT16, base * base));
      expect(root(formats.FLOAT16, base, 2)).toBe(formats.roundTo(formats.FLOAT16, Math.sqrt(base)));
    }
  });

  test("moments of the normal distribution", () => {
    expect(gaussianMoment(1)).toBeCloseTo(Math.sqrt(2 / Math.PI), 14);
    expect(gaussianMoment(4)).toBeCloseTo(3, 13);
    expect(gaussianMoment(6)).toBeCloseTo(15, 12);
    expect([1.5, 2, 3, 4].map((p) => powerConstant(p).toFixed(5))).toEqual([
      "1.10574",
      "1.00000",
      "0.85574",
      "0.75984",
    ]);
  });
});

test("groups of a tensor", () => {
  expect(groupsOf([2, 3], [0])).toEqual([
    { kept: [0], elements: [0, 3] },
    { kept: [1], elements: [1, 4] },
    { kept: [2], elements: [2, 5] },
  ]);
  expect(groupsOf([2, 3, 2], [0, -1]).map((group) => group.elements)).toEqual([
    [0, 1, 6, 7],
    [2, 3, 8, 9],
    [4, 5, 10, 11],
  ]);
  expect(groupsOf([2, 2])).toEqual([{ kept: [], elements: [0, 1, 2, 3] }]);
  expect(groupsOf([2, 0], [1])).toEqual([
    { kept: [0], elements: [] },
    { kept: [1], elements: [] },
  ]);
  expect(groupsOf([0, 2], [1])).toEqual([]);
  expect(reducedShape([2, 3, 4], [1])).toEqual([2, 4]);
  expect(reducedShape([2, 3, 4], [1], true)).toEqual([2, 1, 4]);
});
