// The page in either colour and any width, and by the keyboard alone.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch } from "../support/browsers.js";
import { drawn, OpenedPage } from "./opened.js";

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
  ] as const)("%s and %i px wide, axe minds nothing, and nothing is wider than the window", async (scheme, width) => {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 812 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(site);
    await drawn(page);
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
