/** What half-precision hardware computed, through the public functions: every result bit for bit. */

import { describe, expect, test } from "vitest";
import { batchNorm, layerNorm, mean, norm, statistics } from "../../src/index.js";
import type { Norm } from "../../src/numerics/norm.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import { both, type Plain, type Storage } from "../support/call.js";
import { dataOf, numbers, type Result, toHalves } from "../support/compare.js";
import { checksum, type HardwareResult, hardwareCases } from "../support/hardware.js";

const EPS = 1e-5;

/** The result as float16 bits, every NaN as 0x7e00. */
function bits(result: Result): Uint16Array {
  return toHalves(numbers(result));
}

describe.each(hardwareCases())("hardware vector of $n elements", ({ n, bits: half, results }) => {
  const norms: Record<string, Norm> = { l1: "l1", l2: "l2", linf: "linf", topk10: { topk: Math.min(10, n) } };
  const values = Float32Array.from(numbers(half));
  const inputs: Record<string, (shape: readonly number[]) => Plain> = {
    float16: (shape) => ({ data: half, shape }),
    float32: (shape) => ({ data: values, shape }),
  };

  for (const storage of ["float16", "float32"] as Storage[]) {
    test.each(results)(`${storage} storage, $order, accumulating in $accumulate`, (expected) => {
      const { order, accumulate } = expected;
      const arithmetic = { compute: "float16", accumulate, order } as const;
      const x = inputs[storage]([n]);
      const actual: Record<string, string | number> = { order, accumulate };
      const add = (field: string, call: (x: TensorLike) => Result) => {
        actual[field] = bits(both(x, call))[0];
      };
      add("l1", (t) => norm(t, { arithmetic, norm: "l1" }));
      add("mean", (t) => mean(t, { arithmetic }));
      for (const [name, kind] of Object.entries(norms)) {
        add(`deviation_${name}`, (t) => statistics(t, { arithmetic, norm: kind }).deviation);
        const y = both(x, (t) => layerNorm(t, { arithmetic, norm: kind, eps: EPS }));
        expect(dataOf(y)).toBeInstanceOf(storage === "float16" ? Uint16Array : Float32Array);
        actual[`y_${name}`] = checksum(bits(y));
      }
      // sum x and sum x² are not results of their own; the norm below holds the latter.
      const { sum: _, sumsq: __, ...rest } = expected as HardwareResult & Record<string, number>;
      expect(actual).toEqual(rest);
    });

    test(`${storage} storage, as one channel of a batch`, () => {
      for (const { order, accumulate, ...expected } of results) {
        const arithmetic = { compute: "float16", accumulate, order } as const;
        for (const [name, kind] of Object.entries(norms)) {
          const options = { arithmetic, norm: kind, eps: EPS };
          const column = both(inputs[storage]([n, 1]), (t) => batchNorm(t, options));
          const label = `${order} ${accumulate} ${name}`;
          expect(checksum(bits(column)), `${label}, column`).toBe(expected[`y_${name}`]);
          const row = both(inputs[storage]([1, 1, n]), (t) => batchNorm(t, options));
          expect(checksum(bits(row)), `${label}, row`).toBe(expected[`y_${name}`]);
        }
      }
    });
  }

  test("the root of the sum of squares is the hardware's, rounded once", () => {
    for (const { order, accumulate, sumsq } of results) {
      const arithmetic = { compute: "float16", accumulate, order } as const;
      const found = both(inputs.float16([n]), (t) => norm(t, { arithmetic, norm: "l2" }));
      const sum = numbers(Uint16Array.of(sumsq as number));
      expect(bits(found)).toEqual(toHalves(sum.map(Math.sqrt)));
    }
  });
});
