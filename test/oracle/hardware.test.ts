/** The oracle against the hardware: every field of every case. What the oracle then says can be relied on. */
import { describe, expect, test } from "vitest";
import { checksum, hardwareCases } from "../support/hardware.js";
import { type Arithmetic, multiply, roundSum, sum } from "./arithmetic.js";
import { apply, centred, deviation, mean, type Norm, scale } from "./emulated.js";
import { FLOAT16, FLOAT32, HALVES, halfBits } from "./formats.js";

const EPS = 1e-5;

describe.each(hardwareCases())("hardware vector of $n elements", ({ n, bits, results }) => {
  const x = Array.from(bits, (half) => HALVES[half]);
  test.each(results)("$order, accumulating in $accumulate", (expected) => {
    const arithmetic: Arithmetic = {
      compute: FLOAT16,
      accumulate: expected.accumulate === "float16" ? FLOAT16 : FLOAT32,
      order: expected.order,
    };
    const reduced = (terms: number[]) => halfBits(roundSum(FLOAT16, sum(arithmetic, terms)));
    const middle = mean(arithmetic, x);
    const d = centred(arithmetic, x, middle);
    const actual: Record<string, string | number> = {
      order: expected.order,
      accumulate: expected.accumulate,
      sum: reduced(x),
      l1: reduced(x.map(Math.abs)),
      sumsq: reduced(x.map((value) => multiply(FLOAT16, value, value))),
      mean: halfBits(middle),
    };
    const norms: Record<string, Norm> = { l1: "l1", l2: "l2", linf: "linf", topk10: { topk: Math.min(10, n) } };
    for (const [name, norm] of Object.entries(norms)) {
      const recipe = { norm, arithmetic };
      actual[`deviation_${name}`] = halfBits(deviation(recipe, d));
      actual[`y_${name}`] = checksum(apply(arithmetic, d, scale(recipe, d, EPS)).map(halfBits));
    }
    expect(actual).toEqual(expected);
  });
});
