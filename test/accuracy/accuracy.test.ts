/** The command that measures accuracy: what it measures, what it says, also of a budget that is exceeded, what it refuses. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { FLOAT16 } from "../oracle/formats.js";
import { highestBudget } from "./budgets.js";
import { Collected, summary } from "./errors.js";
import { FUNCTIONS, measure, NAMES } from "./measure.js";
import { pageOf } from "./table.js";

const all = Object.values(FUNCTIONS).flat();
const norm = all.filter(({ name }) => name === "norm l1");

// beside the built command, from where it finds the tree
const folder = mkdtempSync(join(import.meta.dirname, "../../build/accuracy-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("errors are in units of the exact value, or of what is given", () => {
  const collected = new Collected();
  collected.add({ found: [1 + 2 ** -23, -3], exact: [1, -3] });
  collected.add({ found: [2 ** -24], exact: [0], sizes: [1] });
  collected.add({ found: [2 ** -149], exact: [0] });
  collected.add({ found: [1.5], exact: [1], format: FLOAT16 });
  expect(collected.errors).toEqual([1, 0, 0.5, 1, 512]);
  expect(summary([collected.errors])).toEqual({ count: 5, largest: 512, p99: 512, mean: 514.5 / 5 });
  expect(summary([[]])).toBeUndefined();
});

test("what is infinite or no number is wrong, unless it is right", () => {
  const collected = new Collected();
  collected.add({ found: [Number.NaN, Infinity, -Infinity], exact: [Number.NaN, 1e39, -1e39] });
  collected.add({ found: [Infinity, Number.NaN, 3e38, -Infinity, 1], exact: [1, 1, 1e39, 1e39, Number.NaN] });
  expect(collected.errors).toEqual([0, 0, 0, ...Array(5).fill(Infinity)]);
  const skipped = new Collected();
  skipped.add({ found: [1, 2], exact: [1, 1], skip: (i) => i === 1 });
  expect(skipped.errors).toEqual([0]);
});

test("every function that computes numbers is measured", () => {
  const named = new Set(all.map(({ name }) => name.split(" ")[0]));
  const others = "tensor empty memory tidy load format compare diagnose formatComparison formatDiagnosis".split(" ");
  // by another name, or of float64 numbers alone
  const within = [
    "PartialStatistics",
    "Tensor",
    "BatchNorm",
    "correctedLearningRate",
    "effectiveStepSize",
    "normSchedule",
  ];
  const functions = Object.entries(halfnorm).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect(functions.filter((name) => !named.has(name) && ![...others, ...within].includes(name))).toEqual([]);
  for (const { name } of all) expect(highestBudget(name), name).toBeGreaterThanOrEqual(0);
});

test("what exceeds its budget is said, by distribution", () => {
  const [measured] = norm;
  const row = measure({ ...measured, lengths: [7, 64] }, /normal$/, 5);
  expect(Object.keys(row?.on ?? {})).toEqual(["normal", "lognormal", "1e4 + normal", "subnormal"]);
  expect(row?.beyond).toEqual([]);
  const wrong = { ...measured, compare: () => [{ found: [1], exact: [2] }] };
  expect(measure(wrong, /lognormal/, 5)?.beyond).toEqual([
    expect.stringMatching(/^norm l1 on lognormal: 4\.19e\+6 ulp, the budget is 1\.5$/),
  ]);
  expect(measure(measured, /nothing/, 5)).toBeUndefined();
});

test("the page has a line for each function, and the libraries beside each other", () => {
  const row = measure({ ...norm[0], lengths: [7] }, /./, 1);
  const errors = { count: 1, largest: 0.123, p99: Infinity, mean: 0 };
  const page = pageOf({ Reductions: row ? [row] : [] }, [{ operation: "l1", peer: "other 1.0", errors }], 1);
  expect(page).toMatch(/^---\ntitle: Accuracy\n---\n/);
  expect(page).toMatch(/\| norm l1 \| 1\.5 \| 0\.\d+ \|/);
  for (const name of NAMES) expect(page).toContain(` ${name} |`);
  expect(page).toContain("| l1 | 0.12 / ∞ / 0 |");
});

test("the command prints the seed and the errors, and refuses what it does not know", () => {
  const file = join(folder, "main.mjs");
  const [entryPoints, outfile] = [[join(import.meta.dirname, "main.ts")], file];
  buildSync({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", packages: "external" });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      encoding: "utf8",
      cwd: tmpdir(),
    });
    return { status, stdout, stderr };
  };
  const fine = run("--filter", "^norm linf in float16/(normal|integers)", "--seed", "7");
  expect(fine).toMatchObject({ status: 0, stderr: "" });
  expect(fine.stdout).toMatch(
    /^seed 7; errors in ulp\n +budget +largest +99 % +mean\nnorm linf in float16 +0 +0 +0 +0\n1 function within/,
  );
  expect(run("--seed", "x")).toMatchObject({ status: 2, stderr: expect.stringContaining("--seed must be an integer") });
});
