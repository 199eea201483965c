/**
 * Mean and L2 deviation of groups that one pass is enough for, and of those that need more: where a sample says little about the
 * mean, where all is equal, where squares leave float32, and at the borders of what is taken at a time.
 */
import { describe, expect, test } from "vitest";
import { layerNorm, statistics } from "../../src/index.js";
import { type Norm, paperConstant } from "../oracle/emulated.js";
import { exactMean } from "../oracle/exact.js";
import * as real from "../oracle/real.js";
import { forms } from "../support/call.js";
import { expectClose, numbers, toHalves } from "../support/compare.js";
import { gaussian, wide } from "../support/random.js";

/** [segments, groups, length]: of one segment, groups one after the other; of segments of one element, side by side. */
function tensorOf(groups: readonly Float32Array[], length: number) {
  const [n, count] = [groups[0].length, groups.length];
  const data = new Float32Array(n * count);
  groups.forEach((group, g) => {
    group.forEach((value, i) => {
      data[(Math.floor(i / length) * count + g) * length + (i % length)] = value;
    });
  });
  return { data, shape: [n / length, count, length] };
}

function expectStatistics(groups: readonly Float32Array[], length: number, what: string, norm: Norm = "l2"): void {
  const x = tensorOf(groups, length);
  const axes = [0, 2];
  const means = groups.map((group) => exactMean(group));
  const deviations = groups.map((group, g) => real.deviation(norm, group, paperConstant(norm, group.length), means[g]));
  for (const result of forms(x, (t) => statistics(t, { norm, axes }).deviation)) {
    for (const [g, found] of numbers(result).entries()) expectClose(found, deviations[g], `deviation ${g} of ${what}`);
  }
  for (const result of forms(x, (t) => statistics(t, { norm, axes }).mean)) {
    numbers(result).forEach((found, g) => {
      const error = Math.abs(found - means[g].toNumber());
      const size = groups[g].reduce((sum, value) => sum + Math.abs(value), 0) / groups[g].length;
      const bound = Math.max(Math.abs(means[g].toNumber()) * 2 ** -23, size * 2 ** -40, 2 ** -149);
      if (!(error <= bound)) expect.fail(`mean ${g} of ${what}: ${found}, ${error} off`);
    });
  }
}

const DATA: Record<string, (n: number) => Float32Array> = {
  "N(0, 1)": (n) => gaussian(n, 1),
  "1 + N(0, 1)": (n) => gaussian(n, 2, 1),
  "1e6 + N(0, 1)": (n) => gaussian(n, 3, 1e6),
  "two levels": (n) => Float32Array.from({ length: n }, (_, i) => (i % 3 ? 0.1 : 0.3)),
  "two levels that cancel": (n) => Float32Array.from({ length: n }, (_, i) => (i % 2 ? 0.1 : -0.1)),
  "a step in the middle": (n) => gaussian(n, 4).map((value, i) => (i < n / 2 ? value : value + 1000)),
  "a sorted sample": (n) => gaussian(n, 5, 100, 3).sort(),
  "an outlier first": (n) => gaussian(n, 6).map((value, i) => (i ? value : 1e6)),
  "an outlier last": (n) => gaussian(n, 7, 5).map((value, i) => (i < n - 1 ? value : -1e6)),
  "a sample like no other": (n) => gaussian(n, 8).map((value, i) => (i % (n >> 5) === 0 ? value + 1e4 : value)),
  "equal values": (n) => new Float32Array(n).fill(0.7),
  "all but one equal": (n) => new Float32Array(n).fill(0.7).map((value, i) => (i === n - 3 ? 0.8 : value)),
  zeros: (n) => new Float32Array(n),
  "1e19 N(0, 1)": (n) => gaussian(n, 9, 0, 1e19),
  "1e37 N(1, 1)": (n) => gaussian(n, 10, 1e37, 1e37),
  "1e-19 N(0, 1)": (n) => gaussian(n, 11, 0, 1e-19),
  subnormals: (n) => gaussian(n, 12, 0, 1e-40),
  "wide exponents": (n) => wide(n, 13, -60, 60),
};

describe.each(Object.entries(DATA))("%s", (name, make) => {
  test("rows", () => {
    for (const n of [1023, 1024, 1025, 1031, 4097]) expectStatistics([make(n), gaussian(n, 20)], n, `${n} of ${name}`);
  });

  test("segments around those that are staged", () => {
    for (const length of [15, 16, 17, 25, 49, 63, 65]) {
      const n = length * Math.ceil(1024 / length);
      expectStatistics([gaussian(n, 20), make(n)], length, `${n} in segments of ${length} of ${name}`);
    }
  });

  test("columns", () => {
    for (const n of [127, 128, 129, 261]) {
      expectStatistics([gaussian(n, 21), make(n), gaussian(n, 22, 3), make(n), make(n)], 1, `${n} of ${name}`);
    }
  });
});

test.each([1, 22, 1100])("what one group needs changes no other, in segments of %i", (length) => {
  const n = 1100;
  const alone = gaussian(n, 30);
  const results = [gaussian(n, 31), gaussian(n, 32).sort(), new Float32Array(n).fill(Number.NaN)].map((other) => {
    const x = tensorOf([alone, other], length);
    return numbers(statistics(x, { norm: "l2", axes: [0, 2] }).deviation)[0];
  });
  expect(new Set(results).size).toBe(1);
});

test.each(["one", "all"])("what is not finite, at any place, segments of %s", (segment) => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const n of [1024, 1037]) {
      const other = gaussian(n, 41);
      const exact = real.deviation("l2", other, 1);
      for (const at of [0, 1, 31, 32, 33, 127, 128, 512, n - 2, n - 1]) {
        const group = gaussian(n, 40);
        group[at] = bad;
        const x = tensorOf([group, other], segment === "one" ? 1 : n);
        const found = statistics(x, { norm: "l2", axes: [0, 2] });
        expect(numbers(found.mean)[0], `${bad} at ${at}`).toBe(bad);
        expect(numbers(found.deviation)[0], `${bad} at ${at}`).toBeNaN();
        expectClose(numbers(found.deviation)[1], exact, `beside ${bad} at ${at}`);
      }
    }
  }
});

test("segments, channels first, float16 longer than a tile", () => {
  const [size, channels, plane] = [5, 3, 211];
  const data = gaussian(size * channels * plane, 50, 2, 0.5);
  const groups = Array.from({ length: channels }, (_, c) =>
    Float32Array.from(
      { length: size * plane },
      (_, i) => data[(Math.floor(i / plane) * channels + c) * plane + (i % plane)],
    ),
  );
  const found = numbers(statistics({ data, shape: [size, channels, plane] }, { norm: "l2", axes: [0, 2] }).deviation);
  groups.forEach((group, c) => {
    expectClose(found[c], real.deviation("l2", group, 1), `channel ${c}`);
  });

  for (const n of [4096, 4097, 9001]) {
    const halves = toHalves(gaussian(n, 51, 7, 3));
    const exact = real.deviation("l2", Float32Array.from(numbers(halves)), 1);
    const deviation = numbers(statistics({ data: halves, shape: [n] }, { norm: "l2" }).deviation)[0];
    expectClose(deviation, exact, `${n} halves`);
  }
});

test("outputs of long rows", () => {
  const n = 5003;
  for (const centre of [0, 0.7, 1e4]) {
    const x = gaussian(n, 60, centre);
    const mean = exactMean(x);
    const exact = real.normalized(x, mean, real.scale("l2", real.deviation("l2", x, 1, mean).toNumber(), 1, 1e-5));
    const y = numbers(layerNorm({ data: x, shape: [1, n] }, { eps: 1e-5 }));
    y.forEach((value, i) => {
      expect(Math.abs(value - exact[i])).toBeLessThanOrEqual(8 * 2 ** -24 * Math.abs(exact[i]));
    });
  }
});

test.each(["l1", "l2", "linf", "range", { topk: 5 }, { lp: 3 }] as const)("short segments, %j", (norm) => {
  for (const length of [3, 15, 16, 17, 36, 49, 63, 64]) {
    const groups = Array.from({ length: 7 }, (_, g) => gaussian(24 * length, 50 + g, g / 10));
    expectStatistics(groups, length, `segments of ${length}`, norm);
  }
});
