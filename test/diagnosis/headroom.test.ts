// The headroom that is left by the largest value of any stage.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Norm } from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { diagnosed } from "../support/schema.js";

const HALF = { arithmetic: "float16", remedies: false } as const;

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
          const headroom = (scale: number) =>
            diagnosed(
              x.map((value) => value * scale),
              { ...HALF, norm, eps: 0 },
            ).headroom as number;
          expect(headroom(2 ** k)).toBeCloseTo(headroom(1) - k, 9);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test("loses 2k where squares are summed", () => {
    const x = gaussian(256, 1);
    const headroom = (scale: number) => {
      const found = diagnosed(
        x.map((value) => value * scale),
        { ...HALF, eps: 0 },
      );
      expect(found.headroomAt).toBe("sum");
      return found.headroom as number;
    };
    for (const k of [1, 2, 5]) expect(headroom(2 ** k)).toBeCloseTo(headroom(1) - 2 * k, 9);
  });
});
