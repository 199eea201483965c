// Diagnoses and comparisons as text: columns, colours, and that what is shown of a tolerance passes.

import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { type Comparison, compare, formatComparison, round } from "../src/index.js";
import { gaussian } from "./support/random.js";

const ESCAPE = "\u001b[";
const lines = (text: string): string[] => text.split("\n");
const longest = (text: string): number => Math.max(...lines(text).map((line) => line.length));

const expected = gaussian(4_096, 1);
const shape = [64, 64];
const actual = round(expected, "float16").data;
const one = (change: (data: Float32Array) => void): Comparison => {
  const data = actual.slice();
  change(data);
  return compare({ data, shape }, { data: expected, shape }, { format: "float16" });
};

describe("a comparison", () => {
  test("is text of at most the width asked for", () => {
    const found = one((data) => {
      data[7] = Number.NaN;
      data[8] = 1e30;
    });
    for (const width of [80, 90, 100, undefined]) {
      const text = formatComparison(found, { width });
      expect(longest(text)).toBeLessThanOrEqual(width ?? 100);
      expect(text).not.toContain(ESCAPE);
      expect(text).not.toMatch(/undefined|NaN ulp|null/);
      expect(text.endsWith("\n")).toBe(true);
      expect(lines(text).every((line) => line === line.trimEnd())).toBe(true);
    }
  });

  test("says what is in it", () => {
    const text = formatComparison(one(() => {}));
    expect(text).toMatch(/^float32 against float32, \[64, 64\], 4,096 elements, in ulp of float16\n/);
    expect(text).toMatch(/\nSQNR {28}7\d\.\d dB\n/);
    expect(text).toMatch(/\nwith the defaults +fails +passes\n/);
  });

  test("shows tolerances that pass", () => {
    const found = one(() => {});
    const shown = formatComparison(found).match(/smallest rtol at atol 0 +(\S+)/)?.[1];
    expect(Number(shown)).toBeGreaterThanOrEqual(found.tolerances.numpy.rtol as number);
    expect(Number(shown)).toBeLessThan(1.01 * (found.tolerances.numpy.rtol as number));
    expect(formatComparison(one((data) => data.fill(Number.NaN, 3, 4)))).toMatch(/rtol at atol 0 +none +none\n/);
  });

  test("is coloured when asked, and only the colours differ", () => {
    const found = one(() => {});
    const [plain, coloured] = [false, true].map((color) => formatComparison(found, { color }));
    expect(coloured).toContain(ESCAPE);
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  test("survives JSON", () => {
    const found = one(() => {});
    expect(formatComparison(JSON.parse(JSON.stringify(found)))).toBe(formatComparison(found));
  });
});

describe("refuses", () => {
  // biome-ignore lint/suspicious/noExplicitAny: arguments that no type allows are what is tested here
  const any = (value: unknown): any => value;
  const found = one(() => {});
  const wrong: [() => unknown, Error][] = [
    [() => formatComparison(any(undefined)), new TypeError('"comparison" must be what compare() gives, got undefined')],
    [() => formatComparison(any({})), new TypeError('"comparison" must be what compare() gives, got {  }')],
    [() => formatComparison(found, { width: 79 }), new RangeError('"width" must be an integer in [80, 100], got 79')],
    [() => formatComparison(found, { color: any("red") }), new TypeError('"color" must be true or false, got "red"')],
  ];
  test.each(wrong.map(([call, error]) => [error.message, call, error] as const))("%s", (_, call, error) => {
    expect(call).toThrow(error);
    expect(call).toThrow(error.constructor as ErrorConstructor);
  });
});
