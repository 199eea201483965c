// Cloudflare's workers: what their tools bundle, in the runtime that they run in, at the ends of its compatibility dates.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { COMPUTE } from "./compute.js";
import { Tools } from "./tools.js";

const consumer = inject("consumer");
const folder = join(consumer, "workerd");
const dist = join(consumer, "node_modules", "halfnorm", "dist");

/** The oldest date that there is, and one of the year of the runtime in test/package/tools.ts. */
const DATES = { oldest: "2021-11-03", newest: "2026-11-01" };

/** Workers by name: each answers with what it computes, or with the error of it. */
const SOURCES = {
  plain: `import * as halfnorm from "halfnorm";
    ${COMPUTE}
    const atOnce = compute(halfnorm); // before there is a request
    const answer = async () => [atOnce, compute(halfnorm), compute(await halfnorm.load({ maxBytes: 2 ** 22 }))];`,
  layers: `import * as halfnorm from "halfnorm";
    import { layerNorm, Tensor, tensor } from "halfnorm/layers";
    const x = tensor([[1, 2]]);
    const answer = async () => [x instanceof halfnorm.Tensor, layerNorm === halfnorm.layerNorm, layerNorm(x).size];`,
  load: `import { load } from "halfnorm/load";
    import module from "./halfnorm.wasm";
    ${COMPUTE}
    const answer = async () => [compute(await load({ module }))];`,
  nothing: `import { load } from "halfnorm/load";
    const answer = () => load();`,
  bytes: `import { load } from "halfnorm/load";
    const answer = () => load({ bytes: Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) });`,
};
const ANSWER = `
  const asText = (error) => error.name + ": " + error.message;
  export default { fetch: async () => new Response(JSON.stringify(await answer().catch(asText))) };`;

/** A worker as wrangler bundles it: .wasm files are modules beside the script. */
async function bundle(name: string, source: string): Promise<void> {
  const entry = join(folder, `${name}.entry.js`);
  writeFileSync(entry, source + ANSWER);
  await build({
    entryPoints: [entry],
    outfile: join(folder, `${name}.js`),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm"],
    logLevel: "error",
  });
}

function config(): string {
  const names = Object.keys(SOURCES).flatMap((name) => Object.keys(DATES).map((date) => ({ name, date })));
  const list = (text: (each: { name: string; date: string }) => string): string => names.map(text).join(", ");
  const workers = Object.entries(DATES).flatMap(([date, compatibilityDate]) =>
    Object.keys(SOURCES).map(
      (name) => `const ${name}${date} :Workerd.Worker = (
        modules = [
          (name = "main", esModule = embed "${name}.js"),
          (name = "./halfnorm.wasm", wasm = embed "halfnorm.wasm"),
        ],
        compatibilityDate = "${compatibilityDate}",
      );`,
    ),
  );
  return `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [${list(({ name, date }) => `(name = "${name}${date}", worker = .${name}${date})`)}],
      sockets = [${list(
        ({ name, date }) => `(name = "${name}${date}", address = "127.0.0.1:0", http = (), service = "${name}${date}")`,
      )}],
    );
    ${workers.join("\n")}`;
}

describe.skipIf(!inject("tools"))("in workerd", () => {
  const ports = new Map<string, number>();
  let server: ChildProcess;
  let expected: unknown;

  const fetched = async (name: keyof typeof SOURCES, date: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${ports.get(name + date)}/`)).json();

  beforeAll(async () => {
    const script = join(consumer, "workerd-expected.mjs");
    writeFileSync(
      script,
      `import * as halfnorm from "halfnorm";${COMPUTE}console.log(JSON.stringify(compute(halfnorm)));`,
    );
    expected = JSON.parse(execFileSync(process.execPath, [script], { cwd: consumer, encoding: "utf8" }));
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(dist, "halfnorm.wasm"), join(folder, "halfnorm.wasm"));
    for (const [name, source] of Object.entries(SOURCES)) await bundle(name, source);
    writeFileSync(join(folder, "config.capnp"), config());
    server = spawn(new Tools(inject("tools")).workerd(), ["serve", "config.capnp", "--control-fd=3"], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    });
    let told = "";
    for await (const text of server.stdio[3] as Readable) {
      told += text;
      for (const [, socket, port] of told.matchAll(/"socket":\s*"(\w+)",\s*"port":\s*(\d+)/g)) {
        ports.set(socket, Number(port));
      }
      if (ports.size === Object.keys(SOURCES).length * Object.keys(DATES).length) break;
    }
  });
  afterAll(async () => {
    if (!server || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill();
    await ended;
  });

  describe.each(Object.keys(DATES))("at the %s date", (date) => {
    it("computes without another word, and in instances of its own", async () => {
      expect(await fetched("plain", date)).toEqual([expected, expected, expected]);
    });

    it("has the layers alone, which are those of the whole", async () => {
      expect(await fetched("layers", date)).toEqual([true, true, 2]);
    });

    it("load() takes the module where nothing is embedded", async () => {
      expect(await fetched("load", date)).toEqual([expected]);
    });

    it("says what to do where there is no module, and where there are only its bytes", async () => {
      expect(await fetched("nothing", date)).toBe(
        'TypeError: halfnorm/load embeds no module: give "url", "response", "bytes" or "module"',
      );
      expect(await fetched("bytes", date)).toMatch(/^CompileError: .*use load\(\{ module \}\)$/);
    });
  });

  it("carries no module in the script, and of the program what is used", async () => {
    expect(readFileSync(join(folder, "plain.js"), "utf8")).not.toMatch(/_TEXT|TextEncoder/);
    await bundle("small", 'import { batchNorm } from "halfnorm"; const answer = async () => batchNorm.name;');
    expect(readFileSync(join(folder, "small.js")).length).toBeLessThan(70_000);
  });
});
