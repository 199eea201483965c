// docs/bundlers-and-runtimes.md as its readers follow it: every section is a project of its own, of the files and the commands that
// stand there. What pages print is read in Chromium.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch, type Site, serve } from "../support/browsers.js";
import { filesIn } from "../support/folder.js";
import { asShown, type Block, blocksOf, environment, outputOfBlock, ROOT } from "./guide.js";
import { Tools } from "./tools.js";

const [consumer, next] = [inject("consumer"), inject("next")];
const tools = new Tools(inject("tools"));
const GUIDE = "docs/bundlers-and-runtimes.md";
const MIN = "node_modules/halfnorm/dist/halfnorm.min.js";
const blocks = blocksOf(GUIDE);
const START = "A program to try";
/** Sections that end in a page, and the folder that it is in. */
const PAGES: Record<string, string> = {
  Vite: "dist",
  webpack: "dist",
  esbuild: "dist",
  Parcel: "dist",
  "Web Workers": "dist",
  "No bundler": ".",
};

/** A new project with the package and the program to try, the folder above it being where it finds tools. */
function project(section: string, above = consumer) {
  const folder = join(above, `guide-${section.replaceAll(/\W/g, "-")}`);
  mkdirSync(folder);
  cpSync(join(consumer, "node_modules"), join(folder, "node_modules"), { recursive: true });
  symlinkSync(tools.script("@babel"), join(folder, "node_modules", "@babel")); // which is looked for from there
  writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "index.js", type: "module" })); // as by npm init
  // by its lockfile Parcel knows where a project begins, and Next by that of the folder above
  if (above === consumer) cpSync(join(consumer, "package-lock.json"), join(folder, "package-lock.json"));
  const native = (program: string) => `case "$1" in add) exit 0;; *) exec "${program}" "$@"; esac`;
  // package.json is written as readers write it
  const npm = `case "$1" in pkg) PATH="${process.env.PATH}" exec npm "$@"; esac`;
  const shims = { npm, deno: native(tools.deno()), bun: native(tools.bun()) };
  const programs = [tools.script(".bin"), join(above, "node_modules/.bin"), join(ROOT, "node_modules/.bin")];
  return { folder, env: environment(folder, programs, shims) };
}

/** Does what a section says, after what the first one says. */
async function follow(section: string, { folder, env }: ReturnType<typeof project>): Promise<Block[]> {
  const own = blocks.filter((block) => block.section === section);
  for (const block of [...blocks.filter((each) => each.section === START), ...own]) {
    const printed = await outputOfBlock(block, folder, env);
    if (printed !== undefined && block.output !== undefined) expect(printed).toMatch(asShown(block.output));
  }
  return own;
}

/** The last thing that is called so among the blocks that a section has, or else the program to try. */
const fileOf = (section: string, file: string) =>
  blocks.findLast((block) => block.file === file && [section, START].includes(block.section));

const sections = [...new Set(blocks.map(({ section }) => section))];
const elsewhere = [START, "Next", "Cloudflare", ...Object.keys(PAGES)];

describe.skipIf(!inject("tools"))("the guide to bundlers and runtimes, under", () => {
  it.each(sections.filter((section) => !elsewhere.includes(section)))("%s", async (section) => {
    await follow(section, project(section));
  });

  it("Cloudflare", async () => {
    const made = project("Cloudflare");
    const { folder } = made;
    await follow("Cloudflare", made);
    const { main, compatibility_date } = JSON.parse(readFileSync(join(folder, "wrangler.jsonc"), "utf8"));
    // as wrangler bundles it, which needs another Node than the least: .wasm files are modules beside the script
    const conditions = ["workerd", "worker", "browser"];
    const files = { entryPoints: [join(folder, main)], outfile: join(folder, "out.js") };
    await build({ ...files, bundle: true, format: "esm", conditions, external: ["*.wasm"] });
    cpSync(join(folder, "node_modules/halfnorm/dist/halfnorm.wasm"), join(folder, "halfnorm.wasm"));
    const config = `using Workerd = import "/workerd/workerd.capnp";
      const config :Workerd.Config = (
        services = [(name = "main", worker = (
          modules = [(name = "main", esModule = embed "out.js"), (name = "./halfnorm.wasm", wasm = embed "halfnorm.wasm")],
          compatibilityDate = "${compatibility_date}",
        ))],
        sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
      );`;
    writeFileSync(join(folder, "config.capnp"), config);
    const server = spawn(tools.workerd(), ["serve", "config.capnp", "--control-fd=3"], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    });
    try {
      const [told] = await once(server.stdio[3] as NodeJS.ReadableStream, "data");
      const [command, answer] = blocks.find(({ language }) => language === "console")?.code.split("\n") ?? [];
      const [, body, url] = /--data '(.*)' (\S+)$/.exec(command) ?? [];
      const port = JSON.parse(String(told).split("\n")[0]).port;
      const response = await fetch(url.replace(/:\d+$/, `:${port}`), { method: "POST", body });
      expect(await response.text()).toBe(answer);
    } finally {
      await stop(server);
    }
  });

  describe.skipIf(isMissing("chromium"))("in Chromium,", () => {
    let browser: Browser;
    const servers: Server[] = [];
    beforeAll(async () => {
      browser = await launch("chromium");
    });
    afterAll(async () => {
      await browser?.close();
      for (const server of servers) server.close();
    });

    it.each(Object.entries(PAGES))("%s", async (section, built) => {
      const made = project(section);
      await follow(section, made);
      const site: Site = {};
      for (const [name, body] of filesIn(join(made.folder, built))) {
        if (!name.startsWith("node_modules/") || name === MIN) site[`/${name}`] = { body };
      }
      const { origin, server } = await serve(site);
      servers.push(server);
      const shown = fileOf(section, "main.js")?.output?.split("\n") ?? [];
      expect(await printedBy(await browser.newPage(), `${origin}/index.html`, shown.length)).toEqual(shown);
    });

    it.skipIf(!next)("Next", async () => {
      const made = project(`Next-${Date.now()}`, next);
      await follow("Next", made);
      const program = join(next, "node_modules/next/dist/bin/next");
      const port = 20_000 + (process.pid % 20_000);
      const server = spawn(process.execPath, [program, "start", "-p", String(port), "-H", "127.0.0.1"], {
        cwd: made.folder,
        env: made.env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        for await (const text of server.stdout) if (/Ready in/.test(String(text))) break;
        const page = await browser.newPage();
        const errors: unknown[] = [];
        page.on("pageerror", (error) => errors.push(error));
        await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "networkidle0" });
        const texts = () => page.$$eval("p, button", (all) => all.map(({ textContent }) => textContent));
        expect(await texts()).toEqual(["server: -1.3416", "client: -1.3416"]);
        await page.click("button"); // which computes in the page: 1, 2, 3, 8
        await page.waitForFunction(() => document.querySelector("button")?.textContent !== "client: -1.3416");
        expect(await texts()).toEqual(["server: -1.3416", "client: -0.9285"]);
        expect(errors).toEqual([]);
      } finally {
        await stop(server);
        rmSync(made.folder, { recursive: true }); // the folder above stays, for other runs
      }
    });
  });
});

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = once(server, "exit");
  server.kill();
  await ended;
}

/** The first lines that a page prints. */
async function printedBy(page: Page, url: string, lines: number): Promise<string[]> {
  const printed: string[] = [];
  let limit: NodeJS.Timeout | undefined;
  const all = new Promise<void>((resolve, reject) => {
    page.on("pageerror", reject);
    page.on("console", (message) => {
      // a log, and not what the browser says of its own, such as of an icon that is not there
      if (message.type() === "log" && printed.push(message.text()) >= lines) resolve();
    });
    limit = setTimeout(() => reject(new Error(`${url} has printed ${JSON.stringify(printed)}`)), 20_000);
  });
  try {
    await page.goto(url);
    await all;
    return printed;
  } finally {
    clearTimeout(limit);
    await page.close();
  }
}
