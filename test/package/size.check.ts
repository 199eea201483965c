// What a page pays for.

import { gzipSync } from "node:zlib";
import { describe, expect, inject, it } from "vitest";
import { BUNDLERS, type Bundler, bundle } from "./bundle.js";

const consumer = inject("consumer");
const BUDGET = 15_000;

async function gzipped(bundler: Bundler, name: string, source: string): Promise<number> {
  const files = await bundle(bundler, consumer, name, source);
  expect([...files.keys()]).toEqual([`${name}.js`]);
  return gzipSync(files.get(`${name}.js`) as Buffer, { level: 9 }).length;
}

describe.each(Object.keys(BUNDLERS) as Bundler[])("a bundle by %s", (bundler) => {
  it(`of batchNorm is at most ${BUDGET} bytes gzipped`, async () => {
    const source = 'import { batchNorm } from "halfnorm";\nglobalThis.batchNorm = batchNorm;';
    const size = await gzipped(bundler, "size", source);
    console.log(`${bundler}: batchNorm ${size} bytes gzipped`);
    expect(size).toBeLessThanOrEqual(BUDGET);
  });

  it("is empty when nothing is used", async () => {
    expect(await gzipped(bundler, "unused", 'import "halfnorm";')).toBeLessThan(60);
  });

  it("does not carry the module for a function that has no kernel", async () => {
    const source = 'import { float16 } from "halfnorm";\nglobalThis.float16 = float16;';
    expect(await gzipped(bundler, "formats", source)).toBeLessThan(2_500);
  });
});
