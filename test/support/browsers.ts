// Headless browsers, and a server on this machine for them.

import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join } from "node:path";
import { type Browser, launch as start } from "puppeteer-core";

/** What each is called on $PATH, beside what the variable of its name says. */
const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
  firefox: ["firefox-esr", "firefox"],
} as const;
export type BrowserName = keyof typeof NAMES;

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Path of a browser: $CHROMIUM or $FIREFOX, else the first one on $PATH. */
function findBrowser(name: BrowserName): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => NAMES[name].map((each) => join(folder, each)));
  return [process.env[name.toUpperCase()] ?? "", ...paths].find((path) => path !== "" && existsSync(path));
}

/** Whether tests in it are left out: a missing browser is an error in CI alone. */
export function isMissing(name: BrowserName): boolean {
  if (process.env.CI || findBrowser(name)) return false;
  console.warn(`No ${name} found, nothing is tried in it: install one, or give its path in ${name.toUpperCase()}.`);
  return true;
}

const background = ["networking", "timer-throttling"].map((what) => `--disable-background-${what}`);
const quiet = ["gpu", "quic", "component-update", "sync"].map((what) => `--disable-${what}`);
const ARGUMENTS = { chromium: ["--no-sandbox", "--no-first-run", ...quiet, ...background], firefox: [] };

/** @throws {Error} where there is none. */
export async function launch(name: BrowserName): Promise<Browser> {
  const executablePath = findBrowser(name);
  if (!executablePath) throw new Error(`no ${name} found: install one, or give its path in ${name.toUpperCase()}`);
  return start({
    browser: name === "firefox" ? "firefox" : "chrome",
    executablePath,
    headless: true,
    args: ARGUMENTS[name],
    protocolTimeout: 120_000,
  });
}

/** What a server answers with, by path. A policy is sent as the Content-Security-Policy of that file. */
export interface Site {
  [path: string]: { body: string | Uint8Array; policy?: string };
}

export async function serve(site: Site): Promise<{ origin: string; server: Server }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = site[path];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const headers: Record<string, string> = {
      "content-type": TYPES[extname(path) || (path.endsWith("/") ? ".html" : "")] ?? "application/octet-stream",
    };
    if (file.policy) headers["content-security-policy"] = file.policy;
    response.writeHead(200, headers).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Opens a page and waits for what its script leaves in `globalThis.result`, or for its first error. */
export async function resultOf<T>(browser: Browser, url: string, seconds = 20): Promise<T> {
  const page = await browser.newPage();
  try {
    const failed = new Promise<never>((_, reject) => {
      page.on("pageerror", (error) => {
        // Firefox tells in this way, too, that a policy has done its work
        if (!/^Content-Security-Policy:/.test((error as Error).message)) reject(error);
      });
      page.on("error", () => reject(new Error("the page crashed")));
    });
    const found = async (): Promise<T> => {
      // a script that computes at once keeps the page from having loaded
      await page.goto(url, { timeout: seconds * 1000 });
      // not waitForFunction(), which a strict policy blocks
      for (let i = 0; i < seconds * 20; i++) {
        const result = await page.evaluate(() => (globalThis as { result?: unknown }).result);
        if (result !== undefined) return result as T;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no result from ${url}`);
    };
    return await Promise.race([found(), failed]);
  } finally {
    await page.close();
  }
}
