// A page that is open in a browser, and what a user sees and does there.

import type { Browser, ElementHandle, Page } from "puppeteer-core";

/** For what takes long on a busy machine. */
const MOST_SECONDS = 60;

export class OpenedPage {
  /** What went wrong in it: errors of scripts, requests that failed. */
  readonly complaints: string[] = [];
  /** What was asked for, elsewhere than where the page comes from. */
  readonly strangers: string[] = [];

  private constructor(readonly page: Page) {}

  static async open(browser: Browser, address: string): Promise<OpenedPage> {
    const page = await browser.newPage();
    const opened = new OpenedPage(page);
    const { origin } = new URL(address);
    page.on("pageerror", (error) => opened.complaints.push((error as Error).message));
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(?:data|blob):/.test(url) && !url.startsWith(origin)) opened.strangers.push(url);
    });
    page.setDefaultTimeout(MOST_SECONDS * 1000);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(address);
    return opened;
  }

  close(): Promise<void> {
    return this.page.close();
  }

  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => element.textContent ?? "");
  }

  /** Waits until something is seen; a strict policy lets waitForFunction() do nothing. */
  async until(what: string, seen: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + MOST_SECONDS * 1000;
    while (!(await seen())) {
      if (Date.now() > end) throw new Error(`never seen: ${what}; the page says: ${await this.text("#answer")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for a verdict. */
  verdict(words: RegExp): Promise<void> {
    return this.until(String(words), async () => words.test(await this.text("#verdict")));
  }

  /** Until nothing is computed any more. */
  async settled(): Promise<void> {
    await this.until("the end of the work", () =>
      this.page.evaluate(
        () =>
          !!document.querySelector("#sigma-figure.drawn") &&
          !!document.querySelector("#stages-figure.drawn") &&
          !!document.querySelector<HTMLElement>("#progress")?.hidden &&
          !document.querySelector("#norms-table td .dim"),
      ),
    );
  }

  async choose(selector: string, value: string): Promise<void> {
    await this.page.select(selector, value);
  }

  /** A radio button, a button or a box. */
  click(selector: string): Promise<void> {
    return this.page.$eval(selector, (element) => (element as HTMLElement).click());
  }

  async type(selector: string, text: string): Promise<void> {
    await this.page.$eval(
      selector,
      (element, value) => {
        (element as HTMLInputElement).value = value;
        element.dispatchEvent(new Event("change", { bubbles: true }));
      },
      text,
    );
  }

  /** Moves a slider, and lets go of it. */
  async slide(selector: string, at: number): Promise<void> {
    await this.page.$eval(
      selector,
      (element, value) => {
        (element as HTMLInputElement).value = String(value);
        element.dispatchEvent(new Event("input", { bubbles: true }));
        element.dispatchEvent(new Event("change", { bubbles: true }));
      },
      at,
    );
  }

  async upload(selector: string, path: string): Promise<void> {
    await ((await this.page.$(selector)) as ElementHandle<HTMLInputElement>).uploadFile(path);
  }

  /** Counts the workers that are ended from now on. */
  async countEnded(): Promise<() => Promise<number>> {
    await this.page.evaluate(() => {
      const own = globalThis as { ended?: number };
      own.ended = 0;
      const { terminate } = Worker.prototype;
      Worker.prototype.terminate = function () {
        own.ended = (own.ended ?? 0) + 1;
        terminate.call(this);
      };
    });
    return () => this.page.evaluate(() => (globalThis as { ended?: number }).ended as number);
  }

  /** What a button saves: the name and the bytes of the file, as text in Latin-1. */
  async saved(button: string): Promise<{ name: string; text: string }> {
    await this.page.evaluate(() => {
      const own = globalThis as { saved?: unknown; blobs?: Map<string, Blob> };
      own.saved = undefined;
      own.blobs ??= new Map();
      const create = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (object) => {
        const url = create(object);
        if (object instanceof Blob) own.blobs?.set(url, object);
        return url;
      };
      HTMLAnchorElement.prototype.click = function () {
        const blob = own.blobs?.get(this.href);
        const name = this.download;
        void blob?.arrayBuffer().then((buffer) => {
          own.saved = { name, text: Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("") };
        });
      };
    });
    await this.click(button);
    await this.until(`a file of ${button}`, () =>
      this.page.evaluate(() => (globalThis as { saved?: unknown }).saved !== undefined),
    );
    return this.page.evaluate(() => (globalThis as unknown as { saved: { name: string; text: string } }).saved);
  }
}

/** Waits for the figures, in a page that is open in some other way. */
export async function drawn(page: Page): Promise<void> {
  const timeout = MOST_SECONDS * 1000;
  for (const figure of ["#stages-figure", "#sigma-figure"]) await page.waitForSelector(`${figure}.drawn`, { timeout });
}

export const utf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");
