/** Pages of text: lines, colours, and tables that are wider than the page. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf, Page, wrap } from "../../src/text/page.js";

const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 }).map((all) => all.join(" "));

describe("wrap()", () => {
  it("breaks at spaces alone, as late as it can", () => {
    const indents = fc.nat(6);
    fc.assert(
      fc.property(words, indents, indents, fc.integer({ min: 20, max: 60 }), (text, first, further, width) => {
        const lines = wrap(text, first, width, further).split("\n");
        expect(lines.map((line) => line.trim()).join(" ")).toBe(text);
        for (const [i, line] of lines.entries()) {
          expect(line).toMatch(new RegExp(`^ {${i ? further : first}}\\S`));
          expect(line.length).toBeLessThanOrEqual(width);
          const next = lines[i + 1]?.trim().split(" ")[0];
          if (next) expect(line.length + 1 + next.length).toBeGreaterThan(width);
        }
      }),
    );
  });
});

describe("a table", () => {
  const columns = columnsOf(["name", "one", "two", "three"]);
  const rows = [
    ["Σ", "1", { text: "22", style: "red" as const }, "333"],
    ["range", "1,000", "", "3"],
  ];
  const table = (width: number, below: boolean, color = false) => {
    const page = new Page(color, width);
    page.table(columns, rows, { below, titles: "dim", rows: (i) => (i ? "green" : undefined) });
    return page.toString();
  };
  const WIDE = ["name     one  two  three", "Σ          1   22    333", "range  1,000           3", ""].join("\n");

  it("has columns as wide as they have to be, the first to the left", () => {
    expect(table(24, true)).toBe(WIDE);
    expect(table(24, false)).toBe(WIDE);
  });

  it("leaves out the columns that do not fit, or has them below", () => {
    const left = ["name     one  two", "Σ          1   22", "range  1,000", ""].join("\n");
    expect(table(23, false)).toBe(left);
    expect(table(23, true)).toBe(`${left}\nname   three\nΣ        333\nrange      3\n`);
  });

  it("leaves out rows that would say nothing below", () => {
    expect(table(12, true).split("\n\n")[1]).toBe("name   two\nΣ       22");
  });

  it("is coloured by cell and by row, and nothing else differs", () => {
    const text = table(24, true, true);
    expect(text).toBe(
      [
        "\u001b[2mname     one  two  three\u001b[0m",
        "Σ          1   \u001b[31m22\u001b[0m    333",
        "\u001b[32mrange  1,000           3\u001b[0m",
        "",
      ].join("\n"),
    );
  });
});

it("a paragraph has its first word painted", () => {
  const page = new Page(true, 20);
  page.text("failed: the square of a term overflows", "red");
  page.text("plain");
  expect(page.toString()).toBe("\u001b[31mfailed:\u001b[0m the square\n  of a term\n  overflows\nplain\n");
});
