// A headless Chromium and a server on this machine for it.

import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Path of a Chromium: $CHROMIUM, else the first one on $PATH. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM ?? "", ...paths].find((path) => path !== "" && existsSync(path));
}

export function launch(executablePath: string): Promise<Browser> {
  const background = ["networking", "timer-throttling"].map((what) => `--disable-background-${what}`);
  const quiet = ["gpu", "quic", "component-update", "sync"].map((what) => `--disable-${what}`);
  return chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--no-first-run", ...quiet, ...background],
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
    const headers: Record<string, string> = { "content-type": TYPES[extname(path)] ?? "application/octet-stream" };
    if (file.policy) headers["content-security-policy"] = file.policy;
    response.writeHead(200, headers).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Opens a page and waits for what its script leaves in `globalThis.result`, or for its first error. */
export async function resultOf<T>(browser: Browser, url: string): Promise<T> {
  const page = await browser.newPage();
  try {
    const failed = new Promise<never>((_, reject) => {
      page.on("pageerror", reject);
      page.on("crash", () => reject(new Error("the page crashed")));
    });
    const found = async (): Promise<T> => {
      await page.goto(url);
      // not waitForFunction(), which a strict policy blocks
      for (let i = 0; i < 400; i++) {
        const result = await page.evaluate(() => (globalThis as { result?: unknown }).result);
        if (result !== undefined) return result as T;
        await page.waitForTimeout(50);
      }
      throw new Error(`no result from ${url}`);
    };
    return await Promise.race([found(), failed]);
  } finally {
    await page.close();
  }
}
