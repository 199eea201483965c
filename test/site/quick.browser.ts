// The page is quick: what it loads and what that weighs, and what it shows before all is counted.

import { gzipSync } from "node:zlib";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch } from "../support/browsers.js";
import { drawn, OpenedPage } from "./opened.js";

const site = inject("site");

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
    await drawn(page);
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
    const ended = await opened.countEnded();
    const captions = await page.evaluate(async () => {
      const figure = document.querySelector("#magnitudes-figure") as HTMLElement;
      const slider = document.querySelector("#sigma") as HTMLInputElement;
      const captions: string[] = [];
      const drawn = new Promise<void>((resolve) => {
        new MutationObserver(() => {
          if (captions.push(figure.querySelector("figcaption p")?.textContent ?? "") === 2) resolve();
        }).observe(figure, { childList: true });
      });
      slider.value = "1";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await drawn;
      return captions;
    });
    expect(captions).toEqual([
      "The first 65,536 of 1,000,000 elements; the rest is being counted.",
      expect.stringMatching(/^(?:All|Of) 1,000,000 elements/),
    ]);
    expect(await ended()).toBe(1);
    await opened.settled();
    await opened.close();
  });
});
