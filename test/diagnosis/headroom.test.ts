// The headroom that is left by the largest value of any stage.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Norm } from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { diagnosed } from "../support/schema.js";

const HALF = { arithmetic: "float16", remedies: false } as const;

/** Without eps, of a tensor that is scaled. */
const headroomOf = (x: Float32Array, scale: number, norm: Norm) => {
  const { headroom, headroomAt } = diagnosed(
    x.map((value) => value * scale),
    { ...HALF, norm, eps: 0 },
  );
  return { headroom: headroom as number, headroomAt };
};

describe("the headroom", () => {
  const data = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 2, maxLength: 60 });

  test("loses k by scaling by 2^k", () => {
    fc.assert(
      fc.property(
        data,
        fc.constantFrom<Norm>("l1", "linf", { topk: 2 }),
        fc.integer({ min: 0, max: 6 }),
        (list, norm, k) => {
          // sums beyond 1, so that neither outputs nor reciprocals are what is largest
          const x = Float32Array.from(list, (value, i) => value + (i % 2 ? 60 : -40));
          const [scaled, one] = [2 ** k, 1].map((scale) => headroomOf(x, scale, norm));
          expect(scaled.headroom).toBeCloseTo(one.headroom - k, 9);
          expect(scaled.headroomAt).toBe(one.headroomAt);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test("loses 2k where squares are summed", () => {
    const x = gaussian(256, 1);
    const one = headroomOf(x, 1, "l2");
    for (const k of [1, 2, 5]) {
      const scaled = headroomOf(x, 2 ** k, "l2");
      expect([one.headroomAt, scaled.headroomAt]).toEqual(["sum", "sum"]);
      expect(scaled.headroom).toBeCloseTo(one.headroom - 2 * k, 9);
    }
  });
});
