// What a page pays for.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, inject, it } from "vitest";
import { BUNDLERS, type Bundler, bundle } from "./bundle.js";

const consumer = inject("consumer");
// The goal is 15,000 bytes. This is what has been reached, rounded up to the next 50.
const BUDGET = 24_100;

const gzip = (text: string | Buffer): number => gzipSync(text, { level: 9 }).length;

/** The one script of a bundle. */
async function bundled(bundler: Bundler, name: string, source: string): Promise<Buffer> {
  const files = await bundle(bundler, consumer, name, source);
  expect([...files.keys()]).toEqual([`${name}.js`]);
  return files.get(`${name}.js`) as Buffer;
}

it("no export weighs more than docs/sizes.md says", () => {
  const script = new URL("../../scripts/sizes.mjs", import.meta.url).pathname;
  // what has grown is said on standard error
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
});

describe.each(Object.keys(BUNDLERS) as Bundler[])("a bundle by %s", (bundler) => {
  it(`of batchNorm is at most ${BUDGET} bytes gzipped`, async () => {
    const loader = await bundled(
      bundler,
      "loader",
      'import { instantiateSync } from "@assemblyscript/loader";\nglobalThis.instantiateSync = instantiateSync;',
    );
    const code = await bundled(
      bundler,
      "size",
      'import { batchNorm } from "halfnorm";\nglobalThis.batchNorm = batchNorm;',
    );
    // the module is the long strings, and the only ones
    const rest = code
      .toString()
      .replace(/(["'`])(?:\\.|(?!\1)[^\\])*\1/gs, (literal) => (literal.length > 1000 ? '""' : literal));
    const [whole, program, loading] = [gzip(code), gzip(rest), gzip(loader)];
    const wasm = gzip(readFileSync(join(consumer, "node_modules", "halfnorm", "dist", "halfnorm.wasm")));
    console.log(
      `${bundler}: batchNorm ${whole} bytes gzipped: module ${whole - program} (as a file ${wasm}), ` +
        `@assemblyscript/loader ${loading}, halfnorm's own code ${program - loading}`,
    );
    expect(whole).toBeLessThanOrEqual(BUDGET);
  });

  it("of batchNorm by halfnorm/layers is no larger", async () => {
    const source = 'import { batchNorm } from "halfnorm/layers";\nglobalThis.batchNorm = batchNorm;';
    expect(gzip(await bundled(bundler, "layers", source))).toBeLessThanOrEqual(BUDGET);
  });

  it("is empty when nothing is used", async () => {
    expect(gzip(await bundled(bundler, "unused", 'import "halfnorm"; import "halfnorm/layers";'))).toBeLessThan(60);
  });

  it("does not carry the module for a function that has no kernel", async () => {
    const source = 'import { float16 } from "halfnorm";\nglobalThis.float16 = float16;';
    expect(gzip(await bundled(bundler, "formats", source))).toBeLessThan(2_500);
  });

  it("of load() alone embeds no module", async () => {
    const source = 'import { load } from "halfnorm/load";\nglobalThis.load = load;';
    expect(gzip(await bundled(bundler, "alone", source))).toBeLessThan(46_100);
  });

  it("does not carry tensors for a function that only takes them", async () => {
    const source = 'import { batchNorm } from "halfnorm";\nglobalThis.batchNorm = batchNorm;';
    expect((await bundled(bundler, "tensors", source)).includes("FinalizationRegistry")).toBe(false);
  });
});
