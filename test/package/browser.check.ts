// The package in a page: bundled without configuration and not bundled at all, in a worker, and under a strict
// Content-Security-Policy.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type BrowserName, isMissing, launch, resultOf, type Site, serve } from "../support/browsers.js";
import { filesIn } from "../support/folder.js";
import { BUNDLERS, type Bundle, type Bundler, bundle } from "./bundle.js";
import { COMPUTE } from "./compute.js";
import { outputOf, Tools } from "./tools.js";

const consumer = inject("consumer");
const wasm = readFileSync(join(consumer, "node_modules", "halfnorm", "dist", "halfnorm.wasm"));

const PAGE = (script: string) =>
  `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
const IMPORT = 'import * as halfnorm from "halfnorm";';
const START_WORKER = `new Worker("worker.js", { type: "module" }).onmessage = ({ data }) => { globalThis.result = data; };`;
const REPORT_ERROR = ".catch((error) => { globalThis.result = String(error); })";

/** A page of its own: the files of a bundle under a folder, and index.html. */
function pageOf(folder: string, files: Bundle, script: string): Site {
  const site: Site = { [`/${folder}/index.html`]: { body: PAGE(script) } };
  for (const [name, body] of files) site[`/${folder}/${name}`] = { body };
  return site;
}

/** Bundles are made once. */
const BROWSERS: readonly BrowserName[] = ["chromium", "firefox"];

describe.skipIf(BROWSERS.some(isMissing))("in Chromium and Firefox", () => {
  const browsers: Browser[] = [];
  let expected: number[];
  const servers: Server[] = [];
  const open = async <T>(site: Site, path: string) => {
    const { origin, server } = await serve(site);
    servers.push(server);
    const results: T[] = [];
    for (const browser of browsers) results.push(await resultOf<T>(browser, origin + path));
    return results;
  };

  beforeAll(async () => {
    for (const name of BROWSERS) browsers.push(await launch(name));
    const script = join(consumer, "expected.mjs");
    writeFileSync(script, `${IMPORT}${COMPUTE}\nconsole.log(JSON.stringify(compute(halfnorm)));`);
    expected = JSON.parse(execFileSync(process.execPath, [script], { cwd: consumer, encoding: "utf8" }));
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    for (const server of servers) server.close();
  });

  describe.each(Object.keys(BUNDLERS) as Bundler[])("bundled by %s", (bundler) => {
    it("computes at once, in the page's own thread, what Node computes", async () => {
      const files = await bundle(
        bundler,
        consumer,
        "main",
        `${IMPORT}${COMPUTE}\nglobalThis.result = compute(halfnorm);`,
      );
      expect(await open(pageOf("main", files, "main.js"), "/main/index.html")).toEqual([expected, expected]);
    });

    it("computes in a worker", async () => {
      const worker = await bundle(bundler, consumer, "worker", `${IMPORT}${COMPUTE}\npostMessage(compute(halfnorm));`);
      const files: Bundle = new Map([...worker, ["main.js", Buffer.from(START_WORKER)]]);
      expect(await open(pageOf("worker", files, "main.js"), "/worker/index.html")).toEqual([expected, expected]);
    });
  });

  it.each(["vite", "webpack"] as const)("%s finds a worker and the .wasm file by new URL()", async (bundler) => {
    const path = join(consumer, "src", "found-worker.js");
    const entry = `
      const worker = new Worker(new URL("./found-worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => { globalThis.result = data; };`;
    await bundle(bundler, consumer, "found", "// makes the folders"); // then the worker can be written beside it
    writeFileSync(
      path,
      `import { load } from "halfnorm";${COMPUTE}
       const url = new URL("../node_modules/halfnorm/dist/halfnorm.wasm", import.meta.url);
       load({ url }).then((own) => postMessage(compute(own))).catch((error) => postMessage(String(error)));`,
    );
    const files = await bundle(bundler, consumer, "found", entry);
    expect([...files.keys()].filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
    expect(await open(pageOf("found", files, "found.js"), "/found/index.html")).toEqual([expected, expected]);
  });

  it.skipIf(!inject("tools"))("bundled by Parcel, computes what Node computes", async () => {
    const folder = join(consumer, "parcel");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.html"), PAGE("main.js"));
    writeFileSync(join(folder, "main.js"), `${IMPORT}${COMPUTE}\nglobalThis.result = compute(halfnorm);`);
    const parcel = new Tools(inject("tools")).script("parcel/lib/bin.js");
    const options = ["--no-cache", "--no-autoinstall", "--dist-dir", "out"];
    await outputOf(process.execPath, [parcel, "build", "index.html", ...options], folder);
    const site: Site = {};
    for (const [name, body] of filesIn(join(folder, "out"))) site[`/${name}`] = { body };
    expect(await open(site, "/index.html")).toEqual([expected, expected]);
  });

  describe("without a bundler", () => {
    const FILE = "/node_modules/halfnorm/dist/halfnorm.min.js";
    const script = readFileSync(join(consumer, FILE));

    it("is one file, for an import map", async () => {
      const map = JSON.stringify({ imports: { halfnorm: FILE } });
      const page = PAGE("/main.js").replace("<script", `<script type="importmap">${map}</script><script`);
      const source = `${IMPORT}${COMPUTE}\nglobalThis.result = compute(halfnorm);`;
      const site = { [FILE]: { body: script }, "/index.html": { body: page }, "/main.js": { body: source } };
      expect(await open(site, "/index.html")).toEqual([expected, expected]);
    });

    it("is one file, for a worker", async () => {
      const worker = `import * as halfnorm from "${FILE}";${COMPUTE}\npostMessage(compute(halfnorm));`;
      const site = {
        [FILE]: { body: script },
        "/index.html": { body: PAGE("/main.js") },
        "/main.js": { body: START_WORKER },
        "/worker.js": { body: worker },
      };
      expect(await open(site, "/index.html")).toEqual([expected, expected]);
    });
  });

  describe("under a strict policy", () => {
    const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
    const WITHOUT_WASM = POLICY.replace(" 'wasm-unsafe-eval'", "");
    const pageWith = async <T>(policy: string, source: string, extra: Site = {}) => {
      const files = await bundle("esbuild", consumer, "strict", `${IMPORT}${COMPUTE}\n${source}`);
      const site: Site = { "/": { body: PAGE("/strict.js"), policy }, "/halfnorm.wasm": { body: wasm }, ...extra };
      for (const [name, body] of files) site[`/${name}`] = { body };
      site["/index.html"] = site["/"];
      return open<T>(site, "/index.html");
    };

    it("load() takes the URL of the .wasm file", async () => {
      const source = `halfnorm.load({ url: "/halfnorm.wasm" }).then((own) => { globalThis.result = compute(own); })${REPORT_ERROR};`;
      expect(await pageWith(POLICY, source)).toEqual([expected, expected]);
    });

    it("load() takes a module that a worker compiled, where the page itself may not compile", async () => {
      const worker = `
        WebAssembly.compileStreaming(fetch("/halfnorm.wasm")).then((module) => postMessage(module));`;
      const source = `
        const worker = new Worker("/compile.js");
        worker.onmessage = ({ data }) => {
          halfnorm.load({ module: data }).then((own) => { globalThis.result = compute(own); })${REPORT_ERROR};
        };
        worker.onmessageerror = () => { globalThis.result = "refused"; };`;
      const site: Site = { "/compile.js": { body: worker, policy: POLICY } };
      // Firefox lets no module into such a page
      expect(await pageWith(WITHOUT_WASM, source, site)).toEqual([expected, "refused"]);
    });

    it("a page that may not compile can import the package, and is told what to do", async () => {
      const called = `
        try { compute(halfnorm); } catch (error) { globalThis.result = error.name + ": " + error.message; }`;
      const loaded = `halfnorm.load({ url: "/halfnorm.wasm" })${REPORT_ERROR};`;
      for (const source of [called, loaded]) {
        for (const result of await pageWith<string>(WITHOUT_WASM, source)) {
          expect(result).toMatch(/^CompileError: .*(?:Content Security Policy|CSP)/);
          expect(result).toMatch(/allow 'wasm-unsafe-eval' or use load\(\{ module \}\)$/);
        }
      }
    });

    it("a module that is none is not taken for a policy", async () => {
      const source = `halfnorm.load({ bytes: new Uint8Array(8) })${REPORT_ERROR};`;
      for (const result of await pageWith<string>(POLICY, source)) {
        expect(result).toMatch(/^CompileError: (?!.*wasm-unsafe-eval)/);
      }
    });
  });
});
