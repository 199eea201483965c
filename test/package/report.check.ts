// Reports of the command line in a browser: on wide and on narrow screens, light and dark, on paper, and to axe, which knows
// the rules for those who do not see them.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch } from "../support/browsers.js";
import { deepModel } from "../support/onnx-deep.js";
import { modelBytes } from "../support/onnx-model.js";
import { HOSTILE_NAMES, reportTensors } from "../support/report.js";

const [consumer, peers] = [inject("consumer"), inject("peers")];
const installed = join(consumer, "node_modules", "halfnorm");
const folder = join(consumer, "reports");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const NARROW = { width: 375, height: 812 };
const WIDE = { width: 1280, height: 900 };

const names = Array.from({ length: 6 }, (_, i) => `model.layers.${i}.self_attn.o_proj`);
const usual = ["--layer", "layer", "--no-remedies"];
/** Formats of few binades, whose limits are close to each other, and of many. */
const REPORTS: Record<string, string[]> = {
  one: ["diagnose", join(installed, "samples", "transformer-residual-outlier.npy")],
  many: ["diagnose", "many.safetensors", ...usual],
  names: ["diagnose", "hostile.safetensors", ...usual, "--norm", "l1,l2"],
  float8: [
    "diagnose",
    "many.safetensors",
    ...usual,
    "--arithmetic",
    "float8_e5m2",
    "--norm",
    "l1,l2,linf,lp3,lp4,top2,top3,range",
  ],
  float32: ["diagnose", "many.safetensors", ...usual, "--arithmetic", "float32", "--norm", "l1,lp3"],
  layers: ["diagnose", "layers.onnx", "--random", "1"],
  "many layers": ["diagnose", "many.onnx", "--random", "1", "--runtime", "onnxruntime-web-webgpu", "--effect", "none"],
  sweep: ["sweep", "--n", "64,256", "--sigma", "1e-9:1e9", "--norm", "l1,top10"],
};

/** What runs in the page. Its own types are those of a page. */
const measured = () => {
  const plots = [...document.querySelectorAll("svg.plot")];
  const problems: string[] = [];
  for (const plot of plots) {
    const frame = plot.getBoundingClientRect();
    const name = plot.querySelector("title")?.textContent;
    const texts = [...plot.querySelectorAll("text")].filter((text) => text.textContent);
    // the height of a box is that of a line, which leaves room above and below letters
    const boxes = texts.map((text) => {
      const { left, right, top, bottom, height } = text.getBoundingClientRect();
      return { text: text.textContent, left, right, top: top + height / 6, bottom: bottom - height / 6 };
    });
    for (const [i, a] of boxes.entries()) {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top || a.bottom > frame.bottom)
        problems.push(`${name}: "${a.text}" leaves the drawing`);
      for (const b of boxes.slice(i + 1)) {
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          problems.push(`${name}: "${a.text}" and "${b.text}" collide`);
      }
    }
    const size = Number.parseFloat(getComputedStyle(texts[0]).fontSize);
    const shown = (size * frame.width) / (plot as SVGSVGElement).viewBox.baseVal.width;
    if (shown < 10.5) problems.push(`${name}: letters of ${shown} px`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth} px wide`);
  for (const table of document.querySelectorAll("table")) {
    const around = table.parentElement as HTMLElement;
    if (around.getBoundingClientRect().right > clientWidth) problems.push("a table leaves the page");
  }
  return { plots: plots.length, problems };
};

/** How a page is opened. */
interface Screen {
  readonly width: number;
  readonly height: number;
  readonly colours?: "dark" | "light";
  /** Without its policy, which would keep axe out. */
  readonly free?: boolean;
}

describe.skipIf(isMissing("chromium")).each(Object.keys(REPORTS))("the report %s", (name) => {
  let browser: Browser;
  let open: (screen: Screen) => Promise<Page>;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "many.safetensors"), reportTensors(names));
    writeFileSync(join(folder, "hostile.safetensors"), reportTensors(HOSTILE_NAMES));
    writeFileSync(join(folder, "layers.onnx"), modelBytes(deepModel(HOSTILE_NAMES.length + 3, HOSTILE_NAMES)));
    writeFileSync(join(folder, "many.onnx"), modelBytes(deepModel(40)));
    // models are run by what the other project has installed
    const project = REPORTS[name].some((argument) => argument.endsWith(".onnx")) ? peers : consumer;
    const cli = join(project, "node_modules", "halfnorm", "dist", "cli", "halfnorm.js");
    execFileSync(process.execPath, [cli, ...REPORTS[name], "--html", `${name}.html`], { cwd: folder });
    browser = await launch("chromium");
    open = async ({ width, height, colours = "light", free = false }) => {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: colours }]);
      await page.setBypassCSP(free);
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => complaints.push(request.url()));
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
      return page;
    };
  });
  afterAll(async () => {
    await browser?.close();
  });

  it("fits wide and narrow screens, and its labels do not collide", async () => {
    for (const viewport of [NARROW, WIDE]) {
      const { plots, problems } = await (await open(viewport)).evaluate(measured);
      expect(plots).toBeGreaterThan(0);
      expect(problems).toEqual([]);
    }
  });

  it("loads nothing and runs nothing, and its policy lets its style apply", async () => {
    complaints.length = 0;
    const page = await open(WIDE);
    const style = await page.evaluate(() => [
      getComputedStyle(document.body).maxWidth,
      (globalThis as { broken?: unknown }).broken ?? "whole",
    ]);
    expect(style).toEqual(["1152px", "whole"]);
    expect(complaints).toEqual([pathToFileURL(join(folder, `${name}.html`)).href]);
    // what somebody adds does not run
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.broken = true";
      document.body.append(script);
    });
    expect(await page.evaluate(() => (globalThis as { broken?: unknown }).broken)).toBe(undefined);
  });

  it("is black on white on paper, with everything opened", async () => {
    const page = await open({ width: 720, height: 1000, colours: "dark" });
    const seen = () =>
      page.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.documentElement);
        const shown = [...document.querySelectorAll("details table")].map((table) =>
          table.checkVisibility({ contentVisibilityAuto: true }),
        );
        return { color, backgroundColor, shown: new Set(shown).size === 1 && shown[0] };
      });
    expect(await seen()).toEqual({ color: "rgb(232, 234, 237)", backgroundColor: "rgb(22, 24, 29)", shown: false });
    await page.emulateMediaType("print");
    expect(await seen()).toEqual({ color: "rgb(27, 27, 31)", backgroundColor: "rgb(255, 255, 255)", shown: true });
    expect((await page.evaluate(measured)).problems).toEqual([]);
  });

  it("has nothing that axe minds", async () => {
    for (const [colours, rules] of [
      ["light", {}],
      ["dark", { runOnly: ["color-contrast"] }],
    ] as const) {
      const page = await open({ ...NARROW, colours, free: true });
      await page.evaluate(() => {
        for (const each of document.querySelectorAll("details")) each.open = true;
      });
      await page.evaluate(axe);
      const violations = await page.evaluate(async (options) => {
        const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
        const { passes, violations } = await axe.run(document, options as import("axe-core").RunOptions);
        if (!passes.length) throw new Error("axe has tried nothing");
        return violations.map(({ id, nodes }) => `${id}: ${nodes.length} such as ${nodes[0].html.slice(0, 200)}`);
      }, rules);
      expect(violations).toEqual([]);
    }
  });
});
