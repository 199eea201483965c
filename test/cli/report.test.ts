/** Reports in HTML: what screens do not show. */
import { expect, test } from "vitest";
import { page } from "../../src/cli/report/html.js";
import { alongFigure, exponentFigure, sigmaFigure } from "../../src/cli/report/plots.js";
import { float16 } from "../../src/index.js";

const INPUT = {
  shape: [2, 3],
  dtype: "float32" as const,
  count: 6,
  groups: 2,
  groupSize: 3,
  finite: 6,
  subnormal: 0,
  zero: 1,
  nan: 0,
  infinite: 0,
  absMin: 2 ** -30,
  absMax: 2 ** 17,
  exponentHistogram: [
    { exponent: -30, count: 1 },
    { exponent: -20, count: 1 },
    { exponent: 0, count: 2 },
    { exponent: 17, count: 1 },
  ],
};

const exponents = () => exponentFigure(INPUT, { name: "float16", ...float16 });

test("the summary of the magnitudes tells what the format cannot hold", () => {
  expect(exponents().summary).toBe(
    "Of 6 elements, 1 are beyond the range of float16, 1 are where it is subnormal and has fewer digits, 1 are below its least number, and 1 are zero.",
  );
});

test("every figure has its numbers in a table, and hides its drawing from readers", () => {
  const along = alongFigure([
    {
      label: "L1",
      points: [
        { index: 1, ulp: 0 },
        { index: 100, ulp: -12.5 },
        { index: 200, ulp: null },
      ],
    },
    { label: "L2", points: [{ index: 100, ulp: 3 }] },
  ]);
  const sigma = sigmaFigure(
    "σ",
    [
      { label: "L2", usable: { from: 1e-3, to: null } },
      { label: "L1", usable: null },
    ],
    [1e-5, 1e4],
    0.25,
  );
  expect(along.data.rows).toEqual([
    ["1", "0", "-"],
    ["100", "-12.5", "3"],
    ["200", "lost", "-"],
  ]);
  expect(sigma.data.rows).toEqual([
    ["L2", "0.001", ">10000"],
    ["L1", "nowhere", "nowhere"],
  ]);
  for (const { markup } of [exponents(), along, sigma]) {
    const drawings = markup.match(/<svg[^>]*>/g) as string[];
    expect(drawings.length).toBeGreaterThan(0);
    for (const drawing of drawings) expect(drawing).toContain('aria-hidden="true"');
  }
});

test("a page loads nothing, and what it is given is text", () => {
  const evil = '<script src="https://x.example/">&\'"';
  const html = page(evil, [{ text: evil, style: "red" }], [{ heading: evil, text: [] }, exponents()]);
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|href=/);
  expect(html).toContain("&lt;script src=&quot;https://x.example/&quot;&gt;&amp;&#39;&quot;");
  expect(html.match(/<table>/g)).toHaveLength(1);
  expect(html.match(/<th scope="col"/g)).toHaveLength(2);
});
