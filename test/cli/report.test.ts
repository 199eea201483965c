/** Reports in HTML: what is in them, how it is in order, and what may not get into them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decades, draw, legend, signedDecades, tickOf } from "../../src/cli/report/figure.js";
import { anchorOf, page } from "../../src/cli/report/html.js";
import { alongFigure, exponentFigure, sigmaFigure } from "../../src/cli/report/plots.js";
import { STYLE, STYLE_SHA256 } from "../../src/cli/report/style.js";
import { float16 } from "../../src/index.js";
import { halfnorm } from "../support/cli.js";
import { gaussian } from "../support/random.js";
import { checkedReport, HOSTILE_NAMES, repeatedSentences, reportTensors, sentencesOf } from "../support/report.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { safetensorsBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();

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

const exponents = (input = INPUT) => exponentFigure(input, { name: "float16", ...float16 });

const textOf = (elements: Iterable<Element>): string[] =>
  Array.from(elements, ({ textContent }) => (textContent ?? "").trim());

/** A report that the command line writes. */
async function reportOf(...args: string[]): Promise<Document> {
  const { code, stderr } = await halfnorm([...args, "--html", path("report.html")]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return checkedReport(readFileSync(path("report.html"), "utf8"));
}

it("the policy allows the style as it is", () => {
  expect(STYLE_SHA256).toBe(createHash("sha256").update(STYLE).digest("base64"));
});

describe("figures", () => {
  it("tell of the magnitudes what the format cannot hold, and no more", () => {
    expect(exponents().summary).toBe(
      "Of 6 elements, 1 is beyond the range of float16, 1 is where it is subnormal and has fewer digits, 1 is below its least number and 1 is zero.",
    );
    const normal = { ...INPUT, zero: 0, exponentHistogram: [{ exponent: 0, count: 6 }] };
    expect(exponents(normal).summary).toBe("All 6 elements are where float16 is normal.");
    expect(exponents({ ...normal, count: 9, nan: 2, infinite: 1 }).summary).toBe(
      "Of 9 elements, 2 are NaN and 1 is infinite.",
    );
  });

  it("have their numbers in a table", () => {
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
    expect(along.data.rows).toEqual([
      ["1", "0", "-"],
      ["100", "-12.5", "3"],
      ["200", "lost", "-"],
    ]);
    const ranges = [
      { label: "L2", usable: { from: 1e-3, to: null } },
      { label: "L1", usable: null },
    ];
    const sigma = (marks: number[]) => sigmaFigure({ title: "σ", ranges, sigma: [1e-5, 1e4], marks });
    expect(sigma([0.25]).data.rows).toEqual([
      ["L2", "0.001", ">10000"],
      ["L1", "nowhere", "nowhere"],
    ]);
    expect(sigma([]).summary).toBe("");
    expect(sigma([0.25]).summary).toBe("The σ of this data is 0.25.");
    expect(sigma([3, 0.25, 1e9]).summary).toBe("The σ of these 3 tensors are from 0.25 to 1e9.");
  });

  it("have few ticks, at powers of ten", () => {
    expect(decades(1e-5, 1e4, 5)).toEqual([1e-5, 1e-2, 10, 1e4]);
    expect(decades(1e-3, 15, 5)).toEqual([1e-3, 1e-2, 0.1, 1, 10]);
    expect(decades(2, 5)).toEqual([]);
    for (const high of [1, 9, 1e3, 1e20, 1e300]) {
      expect(decades(1e-3, high, 5).length).toBeLessThanOrEqual(5);
      expect(signedDecades(-1, high)).toContain(0);
    }
    expect(signedDecades(-1, 250)).toEqual([-1, 0, 1, 10, 100]);
    expect([0.001, 1000, 1e4, -1e5, -1e-5].map(tickOf)).toEqual(["0.001", "1000", "1e4", "−1e5", "−1e−5"]);
  });

  it("take names as text", () => {
    const evil = `</title><script>&"'`;
    for (const markup of [draw(evil, evil, {}), legend([evil])]) {
      expect(markup).not.toContain("<script");
      expect(markup).toContain("&lt;script&gt;&amp;");
    }
  });
});

describe("a page", () => {
  it("takes what it is given as text, wherever it stands", () => {
    const evil = '<script src="https://x.example/">&\'"\u202e';
    const html = page({
      command: evil,
      subject: evil,
      lead: [{ text: evil, style: "red" }],
      about: evil,
      parts: [
        {
          anchor: anchorOf("part", 1, evil),
          heading: evil,
          about: evil,
          blocks: [
            exponents(),
            { words: [evil] },
            { title: evil, findings: [{ about: evil, verdict: { text: evil }, why: evil }], notes: [evil] },
            {
              title: evil,
              columns: [{ title: evil, left: true }, { title: evil }],
              rows: [[evil, evil]],
              notes: [evil],
              terms: [{ term: evil, text: evil }],
            },
          ],
        },
      ],
    });
    checkedReport(html);
    const escaped = "&lt;script src=&quot;https://x.example/&quot;&gt;&amp;&#39;&quot;\\u{202e}";
    expect(html.split(escaped).length - 1).toBe(23);
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u202e");
  });

  it("has anchors of letters, digits and the number that makes them the only ones", () => {
    expect(anchorOf("tensor", 1, "Conv 1/weight")).toBe("tensor-1-conv-1-weight");
    expect(anchorOf("tensor", 2, '"重み')).toBe("tensor-2");
    expect(anchorOf("tensor", 3, "x".repeat(1e6)).length).toBeLessThan(100);
  });
});

/** Of two colours, as WCAG has it. */
function contrast(a: string, b: string): number {
  const [light, dark] = [a, b]
    .map((colour) => {
      const [red, green, blue] = [1, 3, 5]
        .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
    })
    .sort((one, other) => other - one);
  return light / dark;
}

it("its colours stand out from the page: letters 4.5 to 1, drawings 3 to 1", () => {
  const themes = STYLE.split("@media screen and (prefers-color-scheme: dark)").map(
    (css) => new Map(Array.from(css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g), ([, name, colour]) => [name, colour])),
  );
  expect(themes).toHaveLength(2);
  for (const theme of themes) {
    const onPage = (name: string) => contrast(theme.get(name) as string, theme.get("page") as string);
    for (const name of ["ink", "quiet", "link", "good", "warn", "bad"]) expect(onPage(name)).toBeGreaterThan(4.5);
    const series = [...theme.keys()].filter((name) => name.startsWith("series-"));
    expect(series).toHaveLength(8);
    for (const name of ["mark", ...series]) {
      expect(onPage(name)).toBeGreaterThan(3);
      expect(contrast(theme.get(name) as string, theme.get("zone") as string)).toBeGreaterThan(2.7);
    }
  }
});

describe("the report of a diagnosis", () => {
  it("of one tensor says each thing once, the result first", async () => {
    const document = await reportOf("diagnose", "transformer-residual-outlier.npy");
    expect(textOf(document.querySelectorAll("h1, h2"))).toEqual([
      "transformer-residual-outlier.npy",
      "Verdicts",
      "The norms side by side",
      "What helps, each tried on this data",
      "Magnitudes of the data against the range of float16",
      "Error by stage",
      "Error along the reduction",
      "Which σ the norms can take",
      "How to read this",
    ]);
    expect(textOf(document.querySelectorAll(".lead span"))).toEqual(["failed: L2.", "ok: L1, L∞, top-10, range."]);
    expect(repeatedSentences(document.body)).toEqual([]);
    // what does not help is none of what helps
    const gains = textOf(document.querySelectorAll("main > .scroll:nth-of-type(2) td:nth-child(5)"));
    expect(gains.length).toBeGreaterThan(0);
    for (const gain of gains) expect(gain).toMatch(/^\+/);
  });

  it("of many has an overview, the worst first, whose links lead to each of them", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `layers.${i}.out`);
    const file = write("many.safetensors", reportTensors(names));
    const document = await reportOf("diagnose", file, "--norm", "l2,l1", "--layer", "layer");
    const [counts, tensors] = document.querySelectorAll("#overview table");
    expect(textOf(counts.querySelectorAll("thead th"))).toEqual(["norm", "ok", "degraded", "failed"]);
    const rows = Array.from(tensors.querySelectorAll("tbody tr"), (row) => textOf(row.children));
    expect(rows.map(([name]) => name).sort()).toEqual([...names].sort());
    const badness = rows.map(([, ...verdicts]) => {
      const many = (verdict: string) => verdicts.filter((each) => each === verdict).length;
      return 10 * many("failed") + many("degraded");
    });
    expect(badness).toEqual([...badness].sort((a, b) => b - a));
    expect(new Set(badness).size).toBeGreaterThan(2);
    // the parts stand in the same order
    expect(textOf(document.querySelectorAll("section h2")).slice(1, 21)).toEqual(rows.map(([name]) => name));
    for (const link of tensors.querySelectorAll("a")) {
      const part = document.querySelector(`[id="${link.getAttribute("href")?.slice(1)}"]`);
      expect(part?.querySelector("h2")?.textContent).toBe(link.textContent);
    }
    expect(textOf(document.querySelectorAll("nav a"))).toEqual([
      "Overview",
      "Which σ the norms can take",
      "How to read this",
    ]);
    // what holds of all of them is said of none
    const sections = [...document.querySelectorAll('section[id^="tensor"]')];
    expect(sections.flatMap(repeatedSentences)).toEqual([]);
    const said = sections.map((section) => new Set(sentencesOf(section)));
    expect([...said[0]].filter((sentence) => said.every((each) => each.has(sentence)))).toEqual([]);
    for (const section of sections) section.remove();
    expect(repeatedSentences(document.body)).toEqual([]);
  });

  it("says once what was assumed, whatever the number of tensors", async () => {
    const file = write("same.safetensors", reportTensors(["a", "b", "c"]));
    const document = await reportOf("diagnose", file, "--norm", "l1", "--no-remedies");
    expect(textOf(document.querySelectorAll("dt")).filter((term) => term.startsWith("Assumed"))).toHaveLength(1);
    expect(repeatedSentences(document.body)).toEqual([]);
  });

  it("has names as text, and anchors of its own for names that are alike", async () => {
    const file = write("hostile.safetensors", reportTensors(HOSTILE_NAMES));
    // the same names once more
    const other = write("other.safetensors", reportTensors(HOSTILE_NAMES));
    const document = await reportOf("diagnose", file, other, "--norm", "l1", "--no-remedies", "--layer", "layer");
    expect(document.querySelectorAll("section h2")).toHaveLength(2 * HOSTILE_NAMES.length + 3);
    expect(document.querySelectorAll("#overview a")).toHaveLength(2 * HOSTILE_NAMES.length);
  });

  it("shows some hundred tensors of thousands, and lists them all", async () => {
    const names = Array.from({ length: 210 }, (_, i) => `t${i}`);
    const file = write("thousands.safetensors", reportTensors(names));
    const document = await reportOf("diagnose", file, "--norm", "linf", "--no-remedies", "--layer", "layer");
    expect(document.querySelectorAll("#overview table:nth-of-type(1) tbody tr")).toHaveLength(211);
    expect(document.querySelectorAll("#overview a")).toHaveLength(200);
    expect(document.body.textContent).toContain("The first 200 are shown below; --tensor names others.");
  });

  it("tells what was left out", async () => {
    const document = await reportOf("diagnose", "digits-cnn.safetensors", "--norm", "l1", "--no-remedies");
    expect(document.querySelector("#overview")?.textContent).toMatch(/Not diagnosed, of type "I64"/);
    const header = {
      x: { dtype: "F32", shape: [2, 4], data_offsets: [0, 32] },
      steps: { dtype: "I64", shape: [1], data_offsets: [32, 40] },
    };
    const bytes = safetensorsBytes(header, Buffer.concat([Buffer.from(gaussian(8, 1).buffer), Buffer.alloc(8)]));
    const one = await reportOf("diagnose", write("one.safetensors", bytes), "--norm", "l1", "--no-remedies");
    expect(one.querySelector("h1")?.textContent).toMatch(/one\.safetensors, x$/);
    expect(one.querySelector("#left-out")?.textContent).toMatch(/Not diagnosed, of type "I64": steps/);
  });
});

it("the report of a sweep has a part for each number of elements, and its numbers once", async () => {
  const few = ["--norm", "l2,top4", "--n", "64,128", "--sigma", "1e-4:100", "--order", "sequential"];
  const document = await reportOf("sweep", ...few);
  expect(textOf(document.querySelectorAll("h2"))).toEqual([
    "Groups of 64",
    "Groups of 128",
    "Long sums",
    "How to read this",
  ]);
  expect(document.querySelectorAll("table")).toHaveLength(7);
  expect(repeatedSentences(document.body)).toEqual([]);
  const kernels = await reportOf("sweep", ...few.slice(0, 6), "--kernel", "float16 sums,mlx mean");
  expect(textOf(kernels.querySelectorAll("h1"))).toEqual(["kernels of runtimes"]);
  expect(kernels.querySelectorAll("table")).toHaveLength(2);
});
