/** The quantiles of errors against sorted ones, for numbers of every kind: order statistics leave nothing to rounding. */

import { describe, expect, test } from "vitest";
import * as at from "../../src/abi/report.js";
import { tracer } from "../../src/diagnosis/kernels.js";
import { tableBytes } from "../../src/diagnosis/quantiles.js";
import { engine } from "../../src/engine/engine.js";
import { uniform } from "../support/random.js";

const QUANTILES = [500, 990, 999];

/** What select() finds, whatever stands behind the numbers. */
function selected(numbers: Float32Array, behind: number): number[] {
  const own = engine();
  const { heap } = own;
  heap.begin();
  const table = heap.scratch(tableBytes(numbers.length));
  const errors = heap.scratch(4 * numbers.length + 64);
  const { f32, f64, i32 } = heap;
  f32.fill(behind, errors / 4, errors / 4 + numbers.length + 16);
  f32.set(numbers, errors / 4);
  const kernels = tracer(own);
  kernels.startErrors(at.ERRORS);
  numbers.forEach((x, i) => {
    // of special pairs, errors are this NaN
    if (Number.isNaN(x)) i32[errors / 4 + i] = 0x7fc00000;
  });
  f64[(at.ERRORS + at.ERRORS_ORDINARY) / 8] = numbers.filter((x) => !Number.isNaN(x)).length;
  f64[(at.ERRORS + at.ERRORS_WORST) / 8] = 1;
  kernels.select(at.ERRORS, errors, numbers.length, table);
  return QUANTILES.map((_, q) => f64[(at.ERRORS + at.ERRORS_QUANTILES) / 8 + q]);
}

function sorted(numbers: Float32Array): number[] {
  const ascending = numbers.filter((x) => !Number.isNaN(x)).sort();
  return QUANTILES.map((thousandths) => ascending[Math.ceil((ascending.length * thousandths) / 1000) - 1]);
}

const random = uniform(20261128);

const KINDS: Record<string, (i: number, n: number) => number> = {
  uniform: () => random() / 2,
  "many binades": () => 2 ** (60 * random() - 30),
  "a few values": () => Math.floor(random() * 4) / 8,
  "halves of a step, mostly": () => (random() < 0.7 ? 0.5 : random()),
  "zeros, mostly": () => (random() < 0.9995 ? 0 : random()),
  "all equal": () => 0.375,
  ascending: (i, n) => i / n,
  "two halves": (i, n) => (i < n / 2 ? random() : 1000 + random()),
  // the sample takes four neighbours of 12, of 36, or of 68
  "other ones where the sample is": (i, n) =>
    i % (n < 10_000 ? 12 : n < 40_000 ? 36 : 68) < 4 ? 1e6 + random() : random(),
  // so that there is no room for all others
  "fewer ones where the sample is": (i, n) =>
    i % (n < 10_000 ? 12 : n < 40_000 ? 36 : 68) < 4 ? i / n : 0.5 + random() / 1024,
  "NaN, mostly": () => (random() < 0.8 ? Number.NaN : random()),
  "some NaN": () => (random() < 0.01 ? Number.NaN : random()),
};

const SIZES = [1, 2, 5, 64, 65, 1000, 8_191, 8_192, 8_193, 8_195, 32_770, 70_002];

describe.each(Object.keys(KINDS))("numbers: %s", (kind) => {
  test.each(SIZES)("%d of them", (n) => {
    const numbers = Float32Array.from({ length: n }, (_, i) => KINDS[kind](i, n));
    if (numbers.every((x) => Number.isNaN(x))) numbers[0] = 1;
    const wanted = sorted(numbers);
    for (const behind of [-1, 1e30]) expect(selected(numbers, behind)).toEqual(wanted);
  });
});
