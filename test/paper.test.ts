// npm run paper: the command itself, and the network that it trains.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readDataset, syntheticDataset } from "../bench/paper/dataset.mjs";
import { gradientError, smallProblem } from "../bench/paper/differences.mjs";
import { addProduct } from "../bench/paper/matrix.mjs";
import { trainingPool } from "../bench/paper/pool.mjs";
import { train } from "../bench/paper/training.mjs";
import { temporaryFolder } from "./support/temporary-folder.js";

const MAIN = "bench/paper/main.mjs";
const { path, write } = temporaryFolder();

test("the command writes what it found, the same every time", () => {
  const [both, one] = ["10,2", "2"].map((only, i) => {
    const out = path(`${i}.md`);
    const progress = execFileSync("node", [MAIN, "--quick", "--only", only, "--out", out], { encoding: "utf8" });
    expect(progress).toMatch(/^ 2\. holds .*\n(10\. holds .*\n)?\d+ s, .*\n$/);
    return readFileSync(out, "utf8").split(/(?=^## )/m);
  });
  expect(both[1]).toMatch(/^## 2\. Gradients orthogonal to weights/);
  expect(both[2]).toContain("| 4,096 | 0.91 | 0.915 |");
  expect(one[1].split("\n")).toEqual([...both[1].trimEnd().split("\n"), "", expect.stringMatching(/^Not tried/), ""]);
});

test.each([
  [["--only", "17"], "--only must be numbers from 1 to 16, separated by commas, got 17"],
  [["--seeds", "1"], "--seeds must be an integer of at least 2, got 1"],
  [["--data", path("none.csv")], "ENOENT"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (options, message) => {
  const { status, stderr } = spawnSync("node", [MAIN, ...options], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain("usage: npm run paper");
});

test("data is read from a file, and refused with its line when it is no such image", () => {
  const { pixels, labels } = syntheticDataset();
  const lines = Array.from(labels, (label, i) => [...pixels.subarray(i * 64, (i + 1) * 64), label].join(","));
  const dataset = (text: string) => readDataset(write("images.csv", Buffer.from(text)));
  const read = dataset(`${lines.join("\n")}\n`);
  expect(read.pixels).toEqual(pixels);
  expect(read.labels).toEqual(labels);
  expect(() => dataset([...lines.slice(0, 4), "1,2,3", ...lines.slice(5)].join("\n"))).toThrow(
    /images\.csv, line 5: expected 64 integers .* got "1,2,3"/,
  );
  expect(() => dataset(lines.slice(0, 9).join("\n"))).toThrow(/expected more than 1280 lines, got 9/);
});

test.each(["l2", "l1", "linf", { topk: 3 }, "range", { lp: 3 }, "none"] as const)(
  "the network's gradients with batch norm by %j match finite differences",
  (norm) => {
    const { network, x, labels } = smallProblem(norm);
    expect(gradientError(network, x, labels)).toBeLessThan(1e-8);
  },
);

test.each(["l2", "l1", "linf"] as const)("and those with weights bounded by %s", (norm) => {
  const { network, x, labels } = smallProblem("none", norm);
  expect(gradientError(network, x, labels)).toBeLessThan(1e-8);
});

test("products of any shape, with operands stored along or across", () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 4, 3],
    [3, 5, 7],
    [4, 6, 2],
    [5, 3, 1],
  ]) {
    const a = Float64Array.from({ length: m * k }, (_, i) => (i % 7) - 3);
    const b = Float64Array.from({ length: n * k }, (_, i) => (i % 5) - 2);
    const across = (x: Float64Array, rows: number) => x.map((_, i) => x[(i % rows) * k + Math.floor(i / rows)]);
    const expected = Float64Array.from({ length: m * n }, (_, i) => {
      let sum = 1;
      for (let l = 0; l < k; l++) sum += a[Math.floor(i / n) * k + l] * b[(i % n) * k + l];
      return sum;
    });
    for (const ofA of ["along", "across"] as const) {
      for (const ofB of ["along", "across"] as const) {
        const c = new Float64Array(m * n).fill(1);
        addProduct(c, ofA === "along" ? a : across(a, m), ofB === "along" ? b : across(b, n), [m, n, k], [ofA, ofB]);
        expect(c).toEqual(expected);
      }
    }
  }
});

test("scaled weights with scaled rates train the same, to the bit, in float32; the seed decides everything", () => {
  const dataset = syntheticDataset();
  const setting = { seed: 3, epochs: 2, norm: "l1", eps: 0 } as const;
  const plain = train(dataset, setting);
  expect(plain.loss[1]).toBeLessThan(plain.loss[0]);
  expect(train(dataset, { ...setting, weightScale: 64 }).loss).toEqual(plain.loss);
  expect(train(dataset, setting)).toEqual(plain);
  expect(train(dataset, { ...setting, seed: 4 }).loss).not.toEqual(plain.loss);
});

test("threads train as this one does, and the same run once", async () => {
  const dataset = syntheticDataset();
  const first = { seed: 1, epochs: 1, norm: { topk: 10 }, arithmetic: "float16", lossScale: 1024 } as const;
  const second = { seed: 2, epochs: 1, norm: "none", bounded: true, rate: 0.05 } as const;
  const advanced: number[][] = [];
  const pool = trainingPool(dataset, (done, total) => advanced.push([done, total]));
  const found = await Promise.all([pool.train([[first], [second]]), pool.train([[second]])]);
  await pool.close();
  expect(found[0]).toEqual([[train(dataset, first)], [train(dataset, second)]]);
  expect(found[1]).toEqual([found[0][1]]);
  expect(advanced.map(([, total]) => total)).toEqual([2, 2]);
});

test("what follows a reference keeps its norms, or its effective rates", () => {
  const dataset = syntheticDataset();
  const setting = { seed: 1, epochs: 2, norm: "l2", batch: 32, rate: 0.3, momentum: 0 } as const;
  const reference = train(dataset, { ...setting, decay: 0.05 });
  const scheduled = train(dataset, { ...setting, follow: "norms" }, reference.norms);
  for (const [i, norms] of scheduled.norms.entries()) {
    for (const [c, norm] of norms.entries()) expect(norm / reference.norms[i][c]).toBeCloseTo(1, 5);
  }
  const corrected = train(dataset, { ...setting, follow: "rates" }, reference.norms);
  const free = train(dataset, setting);
  const distance = ({ loss }: { loss: number[] }) => Math.abs(loss[1] - reference.loss[1]);
  expect(distance(corrected)).toBeLessThan(distance(free) / 2);
});
