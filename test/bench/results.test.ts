// What is kept of measurements, and the texts that are written from it: nothing is measured here.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { withTables } from "../../bench/results/readme-section.mjs";
import { resultsText } from "../../bench/results/results-text.mjs";
import { merged, readStored } from "../../bench/results/stored.mjs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const stored = readStored();
if (!stored) throw new Error("bench/results.json is missing");

describe("the benchmark", () => {
  it("has a case for every kernel, without which it does not start", () => {
    const main = fileURLToPath(new URL("../../bench/main.mjs", import.meta.url));
    const listed = execFileSync(process.execPath, [main, "--list", "--checks"], { encoding: "utf8" }).split("\n");
    expect(listed).toEqual(expect.arrayContaining(["diagnose/float16/512x768/every remedy"]));
  });
});

describe("the results of the benchmark", () => {
  it("stand in bench/RESULTS.md as npm run bench:write -- --stored writes them", () => {
    expect(read("bench/RESULTS.md")).toBe(resultsText(stored));
  });

  it("stand in the README as npm run bench:write -- --stored writes them", () => {
    const readme = read("README.md");
    expect(withTables(readme, stored)).toBe(readme);
  });

  it("are one of each, and judged by their own figures", () => {
    const ids = stored.measurements.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { value, atLeast, atMost, reached, spread, close } of stored.measurements) {
      const wanted = atLeast ?? atMost;
      if (wanted === undefined) {
        expect([reached, close]).toEqual([undefined, undefined]);
        continue;
      }
      expect(reached).toBe(atLeast === undefined ? value <= wanted : value >= wanted);
      if (spread) expect(close).toBe(spread[0] <= wanted && wanted <= spread[1]);
    }
  });

  it("of rows that are measured again take the place of the old ones; rows that are gone go", () => {
    const row = (id: string, value: number) => ({ id, value });
    const old = [row("a", 1), row("b", 1), row("c", 1)];
    const found = [row("c", 2), row("d", 2)];
    const idOf = ({ id }: { id: string }) => id;
    expect(merged(old, found, idOf, ["d", "c", "a"])).toEqual([row("d", 2), row("c", 2), row("a", 1)]);
    expect(merged(old, found, idOf)).toEqual([row("a", 1), row("b", 1), row("c", 2), row("d", 2)]);
  });
});
