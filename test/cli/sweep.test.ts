/** halfnorm sweep: the command, and what the paper says of half precision, as it finds it. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type SweepOptions, sweep } from "../../src/cli/sweep/sweep.js";
import { KERNEL_KINDS } from "../../src/numerics/kernels.js";
import type { Norm } from "../../src/numerics/norm.js";
import { normal } from "../../src/random.js";
import { halfnorm } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const OPTIONS: SweepOptions = {
  norms: ["l2", "l1", "linf", { topk: 10 }],
  counts: [256],
  sigma: [1e-5, 1e4],
  compute: "float16",
  accumulates: ["float32", "float16"],
  orders: ["lanes"],
  kernels: [],
  tolerance: 0.25,
  seed: 1,
};

it("finds the usable σ of each norm", async () => {
  const { ranges } = await sweep(OPTIONS, async () => {});
  const usable = (norm: Norm, sums: string) => {
    const found = ranges.find((one) => JSON.stringify(one.norm) === JSON.stringify(norm) && one.accumulate === sums);
    const { from, to } = found?.usable ?? {};
    return [from ?? OPTIONS.sigma[0], to ?? OPTIONS.sigma[1]];
  };
  const expectEnd = (value: number, expected: number, factor: number) => {
    expect(value).toBeGreaterThan(expected / factor);
    expect(value).toBeLessThan(expected * factor);
  };
  // squares: from 2^-24 = (2.4e-4)² to 65504 = 256², and 256 of them to 65504 = 256 · 16²
  const [from, to] = usable("l2", "float32");
  expectEnd(from, 2.4e-4, 1.3);
  expectEnd(to, 60, 1.3);
  expectEnd(usable("l2", "float16")[1], 16, 1.3);
  // 256 of them to 65504 = 256 · 320 · √(2 / π)
  expectEnd(usable("l1", "float16")[1], 320, 1.3);
  for (const norm of ["l1", "linf", { topk: 10 }] as const) {
    const [least, most] = usable(norm, "float32");
    expect(least).toBeLessThan(6e-5);
    expect(most).toBeGreaterThan(8000);
  }
});

it("finds the usable σ of L2 under each kind of kernel", async () => {
  const { kernels, ranges, stagnation } = await sweep(
    { ...OPTIONS, norms: ["l2"], accumulates: [], kernels: KERNEL_KINDS },
    async () => {},
  );
  expect([ranges, stagnation]).toEqual([[], []]);
  expect(kernels.map(({ kernel }) => kernel)).toEqual(KERNEL_KINDS);
  const [half, sums, statistics, single] = kernels.map(({ usable }) => usable);
  // as the sums of the same formats that are not called kernels
  const same = await sweep({ ...OPTIONS, norms: ["l2"], accumulates: ["float16", "float32"] }, async () => {});
  expect([half, sums]).toEqual(same.ranges.map(({ usable }) => usable));
  // what has no squares in float16 ends where float16 does
  for (const range of [statistics, single]) expect(range?.to).toBeNull();
  // 1 / S is rounded to 65504 at most in the one, and never in the other
  expect(statistics?.from).toBeGreaterThan(1.4e-5);
  expect(statistics?.from).toBeLessThan(2e-5);
  expect(single?.from).toBeNull();
});

it("finds that a rounded count leaves nothing of large groups", async () => {
  const kernel = "onnxruntime-web/webgpu ReduceMean";
  const { kernels } = await sweep(
    { ...OPTIONS, norms: ["l2"], counts: [1024, 70_000], sigma: [0.5, 2], accumulates: [], kernels: [kernel] },
    async () => {},
  );
  expect(kernels.map(({ n, usable }) => [n, usable !== null])).toEqual([
    [1024, true],
    [70_000, false],
  ]);
});

it("finds sequential sums that stop growing, and others that do not", async () => {
  const options = { ...OPTIONS, norms: ["l1"] as const, sigma: [1, 1] as const, accumulates: ["float16"] as const };
  const { stagnation } = await sweep({ ...options, orders: ["sequential", "pairwise"] }, async () => {});
  const ratios = (order: string) => stagnation.filter((one) => one.order === order).map(({ n, ratio }) => [n, ratio]);
  const sequential = new Map(ratios("sequential") as [number, number][]);
  expect(sequential.get(4096)).toBeCloseTo(0.91, 2);
  expect(sequential.get(16384)).toBeCloseTo(0.46, 2);
  expect(sequential.get(65536)).toBeCloseTo(0.16, 2);
  for (const [, ratio] of ratios("pairwise")) expect(Math.abs((ratio as number) - 1)).toBeLessThan(1e-3);
});

it("draws standard normal numbers", () => {
  const z = normal(7, 100_000);
  const mean = z.reduce((sum, each) => sum + each, 0) / z.length;
  const variance = z.reduce((sum, each) => sum + each * each, 0) / z.length;
  const fourth = z.reduce((sum, each) => sum + each ** 4, 0) / z.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  expect(Math.abs(fourth - 3)).toBeLessThan(0.1);
  expect(normal(7, 5)).toEqual(z.slice(0, 5));
});

describe("the command", () => {
  const { path } = temporaryFolder();
  const few = ["sweep", "--norm", "l2,top4", "--n", "64", "--sigma", "1e-4:100", "--order", "sequential"];

  it("gives the golden result", async () => {
    const { code, stdout } = await halfnorm([...few, "--json"]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot("../fixtures/cli/sweep.json");
  });

  it("fits 80 columns", async () => {
    const { code, stdout } = await halfnorm(["sweep", "--norm", "l1", "--sigma", "1e-3:1e3"]);
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect([...line].length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^65,536 .* 0\.1[56]\d /m); // a sequential sum that has stopped growing
  });

  it("writes a report that loads nothing", async () => {
    expect((await halfnorm([...few, "--html", path("sweep.html")])).code).toBe(0);
    const html = readFileSync(path("sweep.html"), "utf8");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
    expect(html).not.toMatch(/https?:|src=|@import/);
  });
});
