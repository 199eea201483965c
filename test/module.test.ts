/** What the compiled module consists of, and what it weighs. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { KERNELS } from "../src/kernels.js";
import { moduleBytes } from "../src/wasm.generated.js";

const bytes = readFileSync(new URL("../build/halfnorm.wasm", import.meta.url));
const module = new WebAssembly.Module(bytes);

/** What the module may weigh, in bytes: a new kernel has to be worth it. */
const BUDGET = { raw: 32_768, gzip: 13_312 };

/** Sections of a module: id and content, names and lengths as the binary format has them. */
function sections(): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    found.set(id, bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

const [TABLE, ELEMENT, DATA] = [4, 9, 11];

test("exports are the functions of the table and nothing else", () => {
  const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
  expect(exported.sort()).toEqual(KERNELS.map(({ name }) => `function ${name}`).sort());
});

describe("what the module does without", () => {
  test("a table: no call can be indirect", () => {
    expect(sections().has(TABLE)).toBe(false);
    expect(sections().has(ELEMENT)).toBe(false);
  });

  test("data segments", () => {
    expect(sections().has(DATA)).toBe(false);
  });

  test("custom sections", () => {
    expect(sections().has(0)).toBe(false);
  });
});

test("its size is within the budget", () => {
  expect(bytes.length).toBeLessThanOrEqual(BUDGET.raw);
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(BUDGET.gzip);
});

test("what is embedded is what was built", () => {
  expect(Buffer.compare(moduleBytes(), bytes)).toBe(0);
});
