// The page in either colour and any width, by the keyboard alone, and on a slow line.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch } from "../support/browsers.js";
import { OpenedPage } from "./opened.js";

const site = inject("site");

describe.skipIf(isMissing("chromium"))("the page is for everyone", () => {
  let browser: Browser;
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  beforeAll(async () => {
    browser = await launch("chromium");
  });
  afterAll(() => browser?.close());

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 375],
    ["dark", 375],
  ] as const)("%s and %i px wide, axe minds nothing, and nothing leaves the page", async (scheme, width) => {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 812 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(site);
    await page.waitForSelector("#stages-figure.drawn", { timeout: 60_000 });
    await page.waitForSelector("#sigma-figure.drawn", { timeout: 60_000 });
    await page.evaluate(() => {
      for (const each of document.querySelectorAll("details")) each.open = true;
    });
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
    expect(scrollWidth).toBe(clientWidth);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { passes, violations } = await axe.run(document);
      if (!passes.length) throw new Error("axe has tried nothing");
      return violations.map(({ id, nodes }) => `${id}: ${nodes.length} such as ${nodes[0].html.slice(0, 200)}`);
    });
    expect(violations).toEqual([]);
    await page.close();
  });

  it("is used by the keyboard alone", async () => {
    const opened = await OpenedPage.open(browser, site);
    const { page } = opened;
    await opened.settled();
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || "");
    const tabTo = async (wanted: string): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        if ((await focused()) === wanted) return;
      }
      throw new Error(`the Tab key never comes to ${wanted}`);
    };
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the result");
    await tabTo("format");
    await page.keyboard.type("bfloat16");
    await page.keyboard.press("Tab");
    await opened.verdict(/^L2 layer norm .* in bfloat16\.$/);
    await tabTo("norms-scroll");
    await tabTo("L1");
    await page.keyboard.press("Enter");
    await opened.verdict(/^L1 layer norm/);
    // the button is a new one, and has the focus still
    expect(await focused()).toBe("L1");
    await opened.close();
  });
});

describe.skipIf(isMissing("chromium"))("the page is quick", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch("chromium");
  });
  afterAll(() => browser?.close());

  it("weighs little, stands still, and loads onnxruntime for models alone", async () => {
    const page = await browser.newPage();
    const bodies = new Map<string, Promise<Buffer>>();
    page.on("response", (response) => {
      const url = response.url();
      if (url.startsWith("http") && !bodies.has(url))
        bodies.set(
          url,
          fetch(url).then(async (one) => Buffer.from(await one.arrayBuffer())),
        );
    });
    await page.evaluateOnNewDocument(() => {
      const own = globalThis as { shifted?: number };
      own.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) {
          own.shifted = (own.shifted ?? 0) + entry.value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(site);
    await page.waitForSelector("#stages-figure.drawn", { timeout: 60_000 });
    await page.waitForSelector("#sigma-figure.drawn", { timeout: 60_000 });
    const sizes: Record<string, number> = {};
    for (const [url, body] of bodies)
      sizes[new URL(url).pathname.replace(/^.*\//, "")] = gzipSync(await body, { level: 9 }).length;
    const sum = (all: number[]): number => all.reduce((total, size) => total + size, 0);
    const own = sum(Object.values(sizes));
    console.log(`the page and its first sample, gzipped: ${own} bytes`, sizes);
    expect(Object.keys(sizes).filter((each) => /ort|model|archives/.test(each))).toEqual([]);
    expect(own).toBeLessThanOrEqual(200_000);
    expect(await page.evaluate(() => (globalThis as { shifted?: number }).shifted)).toBeLessThan(0.01);
    await page.close();
  });

  it("shows what a slider does to a million numbers by the first of them, and stops what is out of date", async () => {
    const opened = await OpenedPage.open(browser, `${site}?source=made&n=1000000`);
    const { page } = opened;
    // the thorough worker is at work
    await opened.until("a first norm", async () => /^L2\D*\d/.test(await opened.text("#norms-table tbody")));
    const { captions, ended } = await page.evaluate(async () => {
      const figure = document.querySelector("#magnitudes-figure") as HTMLElement;
      const slider = document.querySelector("#sigma") as HTMLInputElement;
      let ended = 0;
      const { terminate } = Worker.prototype;
      Worker.prototype.terminate = function () {
        ended++;
        terminate.call(this);
      };
      const captions: string[] = [];
      const drawn = new Promise<void>((resolve) => {
        new MutationObserver(() => {
          if (captions.push(figure.querySelector("figcaption p")?.textContent ?? "") === 2) resolve();
        }).observe(figure, { childList: true });
      });
      slider.value = "1";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await drawn;
      return { captions, ended };
    });
    expect(captions).toEqual([
      "The first 65,536 of 1,000,000 elements; the rest is being counted.",
      expect.stringMatching(/^(?:All|Of) 1,000,000 elements/),
    ]);
    expect(ended).toBe(1);
    await opened.settled();
    await opened.close();
  });
});
