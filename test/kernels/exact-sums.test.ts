/** Exact sums: in float64 while it holds them, then as a fixed-point number, and from one to the other within a group. */

import { expect, test } from "vitest";
import { mean } from "../../src/index.js";
import { divideSum } from "../oracle/arithmetic.js";
import { exactSum } from "../oracle/exact.js";
import { FLOAT32 } from "../oracle/formats.js";
import { ofExponents } from "../support/floats.js";

const spreads: [string, number, number][] = [
  ["of like numbers", -3, 3],
  ["of numbers too far apart for float64", -60, 60],
  ["of all exponents", -127, 121],
  ["of the smallest numbers", -127, -124],
  ["of the largest", 110, 121],
];
const mixed = (n: number) => {
  const far = ofExponents(n, 24, 9, -90, 90);
  return ofExponents(n, 24, 10, -4, 4).map((v, i) => ((i >> 7) % 3 === 1 ? far[i] : v));
};
const shapes = [1, 3, 4, 31, 128, 129, 1000, 5000];

test.each([...spreads, ["of both", 0, 0] as [string, number, number]])("%s", (name, low, high) => {
  for (const n of shapes) {
    const rowsOf = 5;
    const all = (name === "of both" ? mixed(rowsOf * n) : ofExponents(rowsOf * n, 24, n, low, high)).map((v) =>
      Number.isFinite(v) && Math.abs(v) < 2 ** 121 ? v : -0,
    );
    const arithmetic = { compute: "float32", accumulate: "exact" } as const;
    const across = mean({ data: all, shape: [rowsOf, n] }, { axes: [1], arithmetic }).data as Float32Array;
    const turned = Float32Array.from({ length: all.length }, (_, i) => all[(i % rowsOf) * n + Math.floor(i / rowsOf)]);
    const down = mean({ data: turned, shape: [n, rowsOf] }, { axes: [0], arithmetic }).data as Float32Array;
    const wanted = Float32Array.from({ length: rowsOf }, (_, i) => {
      return divideSum(FLOAT32, exactSum(all.subarray(i * n, (i + 1) * n)), n);
    });
    expect(across).toEqual(wanted);
    expect(down).toEqual(wanted);
  }
});

test("of infinities and NaN at every place", () => {
  const arithmetic = { compute: "bfloat16", accumulate: "exact" } as const;
  for (let i = 0; i < 70; i++) {
    const x = new Float32Array(70).fill(3);
    const sum = (v: number, w?: number) => {
      x[i] = v;
      if (w !== undefined) x[(i + 7) % 70] = w;
      return mean(x, { arithmetic }).data[0];
    };
    expect(sum(Number.NaN)).toBeNaN();
    expect(sum(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(sum(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(sum(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBeNaN();
  }
});
