/** What the compiled modules consist of, and what they weigh. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PARTS } from "../support/parts.js";

/** What each may weigh, in bytes: a new kernel has to be worth it. */
const BUDGETS: Record<string, { raw: number; gzip: number }> = {
  core: { raw: 40_192, gzip: 15_776 },
  diagnosis: { raw: 52_096, gzip: 21_888 },
  gradients: { raw: 56_832, gzip: 21_760 },
  halfnorm: { raw: 105_472, gzip: 40_448 },
};

/** Sections of a module: id and content, names and lengths as the binary format has them. */
function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
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

describe.each(PARTS)("$name", ({ name, bytes, embedded }) => {
  const found = sections(bytes);

  test("no table: no call can be indirect", () => {
    expect(found.has(TABLE)).toBe(false);
    expect(found.has(ELEMENT)).toBe(false);
  });

  test("no data segments", () => {
    expect(found.has(DATA)).toBe(false);
  });

  test("no custom sections", () => {
    expect(found.has(0)).toBe(false);
  });

  test("its size is within the budget", () => {
    expect(bytes.length).toBeLessThanOrEqual(BUDGETS[name].raw);
    expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(BUDGETS[name].gzip);
  });

  if (embedded) {
    test("what is embedded is what was built", () => {
      expect(Buffer.compare(embedded(), bytes)).toBe(0);
    });
  }
});
