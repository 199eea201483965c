// What the page shows while it works on something that takes seconds: never what is out of date, and the newest request wins.

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type BrowserName, isMissing, launch } from "../support/browsers.js";
import { npyHeader } from "../support/tensor-files.js";
import { OpenedPage } from "./opened.js";

const site = inject("site");
/** Elements of what takes seconds. */
const MANY = 2 ** 24;

describe.each(["chromium", "firefox"] as BrowserName[])("the page at work in %s", (name) => {
  describe.skipIf(isMissing(name))("as it is served", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch(name);
    });
    afterAll(() => browser?.close());

    /** Drops a .npy file, made in the page, and gives what the page says of it at once. */
    const drop = ({ page }: OpenedPage, file: string, count: number): Promise<(string | null | undefined)[]> =>
      page.evaluate(
        (file, header, count) => {
          const length = Uint16Array.of(header.length);
          const content = ["\x93NUMPY\x01\0", length, header, new Float32Array(count).map((_, i) => (i % 7) - 3)];
          const bytes = content.map((part) =>
            typeof part === "string" ? Uint8Array.from(part, (char) => char.charCodeAt(0)) : part,
          );
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(bytes, file));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
          return ["#about", "#verdict"].map((part) => document.querySelector(part)?.textContent);
        },
        file,
        npyHeader("<f4", [count / 128, 128]),
        count,
      );
    /** Notes the first frame in which something is not shown: it may be again before the next question. */
    const watchFor = ({ page }: OpenedPage, selector: string): Promise<void> =>
      page.$eval(selector, (element) => {
        const own = globalThis as { gone?: boolean };
        own.gone = false;
        const look = (): void => {
          own.gone = getComputedStyle(element).visibility === "hidden";
          if (!own.gone) requestAnimationFrame(look);
        };
        look();
      });
    const isShown = ({ page }: OpenedPage, selector: string): Promise<boolean> =>
      page.$eval(selector, (element) => getComputedStyle(element).visibility === "visible");

    it("shows nothing of what was there before, ends what is out of date, and can be cancelled", async () => {
      const opened = await OpenedPage.open(browser, `${site}?norms=l2`);
      const { page } = opened;
      await opened.settled();
      await watchFor(opened, "#sigma-figure");
      expect(await drop(opened, "large.npy", MANY)).toEqual(["large.npy", "Looking …"]);
      const gone = () => page.evaluate(() => (globalThis as { gone?: boolean }).gone === true);
      await opened.until("the old result goes", gone);
      await opened.verdict(/^L2 layer norm/);

      const ended = await opened.countEnded();
      await page.evaluate(async () => {
        const select = document.querySelector("#format") as HTMLSelectElement;
        for (const format of ["bfloat16", "float8_e4m3fn"]) {
          select.value = format;
          select.dispatchEvent(new Event("change", { bubbles: true }));
          await new Promise((resolve) => setTimeout(resolve, 600));
        }
      });
      expect(await ended()).toBeGreaterThan(0);

      await opened.click("#cancel");
      expect(await opened.text("#verdict")).toBe("Cancelled.");
      await drop(opened, "small.npy", 1024);
      await opened.verdict(/^L2 layer norm .* in float8_e4m3fn/);
      expect(await opened.text("#about")).toMatch(/^small\.npy/);

      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["no tensor"], "bad.npy"));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      });
      await opened.verdict(/^This cannot be diagnosed/);
      await opened.until("no result", async () => !(await isShown(opened, "#norms-table")));
      expect(await opened.text("#code")).toBe("");
      expect(opened.complaints).toEqual([]);
      await opened.close();
    });
  });
});
