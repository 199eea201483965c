// The same bits on three engines: V8 in Node and Chromium, SpiderMonkey in Firefox, JavaScriptCore in Bun. In the browsers the tests of
// kernels run as well, as they are.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installTools, outputOf, Tools } from "../package/tools.js";
import { type BrowserName, isMissing, launch, resultOf, serve } from "../support/browsers.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { bundled } from "./in-page/bundled.js";

const GOLDEN = readFileSync(new URL("../fixtures/golden.txt", import.meta.url), "utf8");
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

/** Of test/, without their ends. */
const CONFORMANCE = ["kernels/hardware", "conversion/float16", "layers/layers.emulated"];

const golden = (then: string): Promise<string> =>
  bundled(`import { goldenText } from "../support/golden.js";\n(${then})(await goldenText());`);
const { path } = temporaryFolder();

/** What a script leaves in `result`, as a module of a page with a strict policy. */
async function inPage<T>(browser: Awaited<ReturnType<typeof launch>>, script: string): Promise<T> {
  const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>';
  const { origin, server } = await serve({
    "/index.html": { body: page, policy: POLICY },
    "/script.js": { body: script },
  });
  try {
    return await resultOf<T>(browser, `${origin}/index.html`, 100);
  } finally {
    server.close();
  }
}

describe.each(["chromium", "firefox"] as BrowserName[])("%s", (name) => {
  describe.skipIf(isMissing(name))("in a page", () => {
    let browser: Awaited<ReturnType<typeof launch>>;
    beforeAll(async () => {
      browser = await launch(name);
    });
    afterAll(() => browser?.close());

    it("computes the golden results to the bit", async () => {
      expect(await inPage(browser, await golden("(text) => { globalThis.result = text; }"))).toBe(GOLDEN);
    });

    it.each(CONFORMANCE)("passes the tests of %s", async (file) => {
      const source = `import "../${file}.test.js";\nimport { run } from "vitest";\nglobalThis.result = await run();`;
      const { passed, failed } = await inPage<{ passed: number; failed: string[] }>(browser, await bundled(source));
      console.log(`${name}: ${passed} tests of ${file} pass`);
      expect(failed).toEqual([]);
      expect(passed).toBeGreaterThan(0);
    });
  });
});

it("Bun computes the golden results to the bit", async ({ skip }) => {
  const folder = await installTools(["bun@1.4.5"]);
  if (!folder) skip("Bun could not be installed");
  const script = path("golden.mjs");
  writeFileSync(script, await golden("(text) => console.log(text.trimEnd())"));
  expect(await outputOf(new Tools(folder as string).bun(), [script], join(script, ".."))).toBe(GOLDEN);
});
