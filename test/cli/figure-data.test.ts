/** What the figures of a report show: errors of partial sums, against the oracle. */
import { describe, expect, it } from "vitest";
import { groupOf, partialErrors } from "../../src/cli/report/figure-data.js";
import { spacing, specOf } from "../../src/cli/report/spacing.js";
import { diagnose, empty, type Norm, round, tensor } from "../../src/index.js";
import { gaussian } from "../support/random.js";

describe("the elements of a group", () => {
  const data = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i);
  const x = tensor(data, [2, 3, 4]);

  it("are those along the axes, the others row-major", () => {
    expect(Array.from(groupOf(x, [2], 4))).toEqual([16, 17, 18, 19]);
    expect(Array.from(groupOf(x, [0, 2], 1))).toEqual([4, 5, 6, 7, 16, 17, 18, 19]);
    expect(Array.from(groupOf(x, [1], 5))).toEqual([13, 17, 21]);
    expect(Array.from(groupOf(x, [0, 1, 2], 0))).toEqual(Array.from(data));
  });

  it("of float16 are decoded", () => {
    const half = tensor(data, [2, 3, 4], "float16");
    expect(Array.from(groupOf(half, [0], 3))).toEqual([3, 15]);
  });
});

describe("errors of partial sums", () => {
  const x = tensor(gaussian(3 * 4096, 9, 0.25), [3, 4096]);

  it.each<[string, Norm]>([
    ["L1", "l1"],
    ["L2", "l2"],
    ["L3", { lp: 3 }],
  ])("of %s end at the error that the diagnosis has", (_, norm) => {
    for (const order of ["sequential", "lanes"] as const) {
      const arithmetic = { compute: "float16", order } as const;
      const diagnosis = diagnose(x, { norm, axes: [1], arithmetic, remedies: false });
      const points = partialErrors(x, diagnosis);
      const attribution = diagnosis.stages.find(({ name }) => name === "sum")?.attribution;
      const { index, ulp } = points[points.length - 1];
      expect(index).toBe(4096);
      expect(points.map((point) => point.index)).toEqual([...points.map((point) => point.index)].sort((a, b) => a - b));
      const data = groupOf(x, [1], attribution?.group as number);
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      const power = norm === "l1" ? 1 : norm === "l2" ? 2 : 3;
      const exact = data.reduce((sum, value) => sum + Math.abs(value - mean) ** power, 0);
      const error = (attribution?.total as number) / spacing(specOf("float16"), exact);
      expect(Math.abs((ulp as number) - error)).toBeLessThan(1e-3 * Math.max(1, Math.abs(error)));
    }
  });

  it("of statistics in another format end there as well, though terms are beyond the compute format", () => {
    const far = tensor(
      gaussian(2 * 4096, 9, 0).map((value) => 700 * value),
      [2, 4096],
    );
    for (const statistics of ["float32", "bfloat16"] as const) {
      const arithmetic = { compute: "float16", statistics } as const;
      const diagnosis = diagnose(far, { norm: "l2", axes: [1], arithmetic, remedies: false });
      const sum = diagnosis.stages.find(({ name }) => name === "sum");
      const [point] = partialErrors(far, diagnosis).slice(-1);
      const data = groupOf(far, [1], sum?.attribution?.group as number);
      const mean = data.reduce((total, value) => total + value, 0) / data.length;
      const exact = data.reduce((total, value) => total + (value - mean) ** 2, 0);
      const error = (sum?.attribution?.total as number) / spacing(specOf(statistics), exact);
      expect(Math.abs((point.ulp as number) - error)).toBeLessThan(1e-3 * Math.max(1, Math.abs(error)) + 0.01);
    }
  });

  it("are there for sums alone, and in the format that is summed in", () => {
    const errors = (norm: Norm, accumulate: "float16" | "float32" | "exact") =>
      partialErrors(
        x,
        diagnose(x, { norm, axes: [1], arithmetic: { compute: "float16", accumulate }, remedies: false }),
      );
    expect(errors("linf", "float16")).toEqual([]);
    expect(errors({ topk: 10 }, "float16")).toEqual([]);
    expect(errors("l1", "exact")).toEqual([]);
    // what rounding the terms left, in ulp of float32
    expect(Math.abs(errors("l1", "float32").at(-1)?.ulp as number)).toBeGreaterThan(10);
  });

  it("are lost where the sum is", () => {
    const large = empty([1, 4096]);
    (large.data as Float32Array).set(round(gaussian(4096, 3, 0, 60), "float16").data);
    const diagnosis = diagnose(large, { norm: "l1", axes: [1], arithmetic: "float16", remedies: false });
    const points = partialErrors(large, diagnosis);
    expect(points[0].ulp).not.toBe(null);
    expect(points.at(-1)?.ulp).toBe(null);
  });
});
