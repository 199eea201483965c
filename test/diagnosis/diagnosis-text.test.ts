// Diagnoses and comparisons as text: columns, colours, and that what is shown of a tolerance passes.

import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type Arithmetic,
  type Comparison,
  compare,
  type Diagnosis,
  diagnose,
  format,
  formatComparison,
  formatDiagnosis,
  round,
} from "../../src/index.js";
import { gaussian, wide } from "../support/random.js";
import { any, refuses } from "../support/refuses.js";
import { sample } from "../support/samples.js";

const ESCAPE = "\u001b[";
const lines = (text: string): string[] => text.split("\n");
const longest = (text: string): number => Math.max(...lines(text).map((line) => line.length));

/** Text of at most the width that is asked for, 100 by default, without colours, and nothing in it that is not meant to be read. */
function expectFits(format: (options: { width: number | undefined }) => string, widths: readonly number[]): void {
  for (const width of [...widths, undefined]) {
    const text = format({ width });
    expect(longest(text)).toBeLessThanOrEqual(width ?? 100);
    expect(text).not.toContain(ESCAPE);
    expect(text).not.toMatch(/undefined|null|NaN ulp|\[object/);
    expect(text.endsWith("\n")).toBe(true);
    expect(lines(text).filter((line) => line !== line.trimEnd())).toEqual([]);
  }
}

function expectColours(format: (options: { color: boolean }) => string): void {
  const [plain, coloured] = [false, true].map((color) => format({ color }));
  expect(coloured).toContain(ESCAPE);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
}

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
    expectFits((options) => formatComparison(found, options), [40, 61, 80, 90, 200]);
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
    expectColours((options) => formatComparison(found, options));
  });

  test("survives JSON", () => {
    const found = one(() => {});
    expect(formatComparison(JSON.parse(JSON.stringify(found)))).toBe(formatComparison(found));
  });
});

describe("a diagnosis", () => {
  const outlier = sample("transformer-residual-outlier");
  const data = wide(600, 3, -30, 20);
  const found: Record<string, Diagnosis> = {
    outlier: diagnose(outlier, { arithmetic: "float16", layer: "layer" }),
    float8: diagnose(outlier, { arithmetic: "float8_e4m3fn", layer: "rms", norm: { lp: 2.5 }, remedies: false }),
    wide: diagnose(data, { arithmetic: { compute: "float16", accumulate: "exact" }, norm: "range" }),
    custom: diagnose(data, {
      arithmetic: { compute: format({ precision: 9, emin: -20, emax: 20 }), accumulate: "float32", order: "pairwise" },
      norm: "none",
    }),
    empty: diagnose(new Float32Array(), { arithmetic: "float16" }),
    special: diagnose(Float32Array.of(Number.NaN, 1, Infinity), { arithmetic: "float16", norm: { topk: 2 } }),
  };

  describe.each(Object.entries(found))("%s", (_, diagnosis) => {
    test("is text of at most the width asked for", () => {
      expectFits((options) => formatDiagnosis(diagnosis, options), [40, 57, 80, 93, 200]);
    });

    test("is coloured when asked, and only the colours differ", () => {
      expectColours((options) => formatDiagnosis(diagnosis, options));
    });

    test("survives JSON", () => {
      expect(formatDiagnosis(JSON.parse(JSON.stringify(diagnosis)))).toBe(formatDiagnosis(diagnosis));
    });
  });

  test("says what is in it", () => {
    const text = formatDiagnosis(found.outlier);
    const all = lines(text);
    expect(all[0]).toBe("L2 layer norm of float16 [256, 128], in float16, sums in 32 lanes");
    expect(all[1]).toBe("256 groups of 128; magnitudes 9e-5 to 7016");
    expect(all.slice(3, 5).join("").replace(/ +/g, " ")).toBe(`failed: ${found.outlier.reason}`);
    for (const { name } of found.outlier.stages) expect(text).toMatch(new RegExp(`\\n${name} `));
    expect(text).toMatch(/\nterm {3}overflow +240 +0 +17\n/);
    expect(text).toMatch(/\nHeadroom: -9\.\d+ binades, least at the stage sum\n/);
    expect(text).toMatch(/\nError of the mean of group \d+: .* = input [+-].*, accumulation [+-].*, final [+-]/);
    expect(text).toMatch(/\nscale x by 2\^-5, eps to 5\.96e-8 +\+66\.\d +66\.\d /);
    expect(formatDiagnosis(found.custom)).toMatch(
      /^centring normalization of float32 \[600\], over axes 0, in a format of 9 digits, sums in float32\s+pairwise\n/,
    );
    expect(formatDiagnosis(found.wide)).toMatch(/^range normalization .*, in float16, sums exact\n/);
  });

  test.each<[Arithmetic, string]>([
    ["float16", "float16, sums in 32 lanes"],
    [{ compute: "float16", accumulate: "float32", order: "sequential" }, "float16, sums in float32 one by one"],
    [{ compute: "float16", statistics: "float32" }, "float16, statistics in float32, sums in 32 lanes"],
    [
      { compute: "float16", statistics: "float32", accumulate: "exact", tail: "folded" },
      "float16, statistics in float32, sums exact, output as x · a + b",
    ],
    [
      { compute: "float16", accumulate: "float32", order: { lanes: 64 }, count: "rounded" },
      "float16, sums in float32 in 64 lanes, n rounded",
    ],
    [
      { compute: "float16", statistics: "bfloat16", accumulate: "float16" },
      "float16, statistics in bfloat16, sums in float16 in 32 lanes",
    ],
  ])("names what the arithmetic is: %j", (arithmetic, words) => {
    const text = formatDiagnosis(diagnose(new Float32Array(8), { arithmetic, remedies: false }), { width: 200 });
    expect(lines(text)[0]).toBe(`L2 normalization of float32 [8], over axes 0, in ${words}`);
  });

  test("columns are aligned", () => {
    const all = lines(formatDiagnosis(found.outlier));
    const head = all.findIndex((line) => line.startsWith("stage  "));
    const lengths = all.slice(head, head + 9).map((line) => line.length);
    expect(lengths).toEqual(new Array(9).fill(lengths[0]));
  });
});

describe("colours by themselves", () => {
  const small = diagnose(gaussian(64, 1), { arithmetic: "float16", remedies: false });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([
    [{ stdout: { isTTY: true }, env: {} }, true],
    [{ stdout: { isTTY: true }, env: { NO_COLOR: "1" } }, false],
    [{ stdout: { isTTY: true }, env: { NO_COLOR: "" } }, true],
    [{ stdout: { isTTY: true }, env: { TERM: "dumb" } }, false],
    [{ stdout: {}, env: {} }, false],
    [undefined, false],
  ])("process %j: %s", (process, coloured) => {
    vi.stubGlobal("process", process);
    const text = formatDiagnosis(small);
    vi.unstubAllGlobals();
    expect(text.includes(ESCAPE)).toBe(coloured);
  });
});

describe("refuses", () => {
  const found = one(() => {});
  const wrong: [() => unknown, Error][] = [
    [() => formatComparison(any(undefined)), new TypeError('"comparison" must be what compare() gives, got undefined')],
    [
      () =>
        formatDiagnosis(
          any({ ...diagnose(Float32Array.of(1, 2), { arithmetic: "float16", layer: "layer" }), notes: new Array(1e6) }),
        ),
      new TypeError('"diagnosis" must be what diagnose() gives, got other things in its place'),
    ],
    [() => formatDiagnosis(any({})), new TypeError('"diagnosis" must be what diagnose() gives, got {  }')],
    [() => formatComparison(any({})), new TypeError('"comparison" must be what compare() gives, got {  }')],
    [() => formatComparison(found, { width: 39 }), new RangeError('"width" must be an integer in [40, 200], got 39')],
    [() => formatComparison(found, { color: any("red") }), new TypeError('"color" must be true or false, got "red"')],
  ];
  test.each(wrong.map(([call, error]) => [error.message, call, error] as const))("%s", (_, call, error) => {
    refuses(call, error);
  });
});
