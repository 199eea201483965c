/** Arithmetics of runtimes' kernels, at random. */

import fc from "fast-check";
import type { Order } from "../oracle/arithmetic.js";
import { type ArithmeticPair, FLOAT16, FLOAT32, FORMATS, MORE_FORMATS } from "./formats.js";

const formats = fc.constantFrom(...FORMATS, ...MORE_FORMATS);
const orders: fc.Arbitrary<Order> = fc.oneof(
  fc.constantFrom<Order>("sequential", "lanes", "pairwise"),
  fc.nat(10).map((k) => ({ lanes: 2 ** k })),
);

/** Any combination; the formats that runtimes have more often than others. */
export const kernels: fc.Arbitrary<ArithmeticPair> = fc
  .record({
    compute: fc.oneof(fc.constant(FLOAT16), formats),
    statistics: fc.option(fc.oneof(fc.constantFrom(FLOAT32, FLOAT16), formats), { nil: undefined }),
    accumulate: fc.option(fc.oneof(fc.constant("exact" as const), formats), { nil: undefined }),
    order: orders,
    tail: fc.constantFrom(undefined, "steps" as const, "folded" as const),
    count: fc.constantFrom(undefined, "exact" as const, "rounded" as const),
  })
  .map(({ compute, statistics: g, accumulate, order, tail, count }) => {
    const sums = accumulate ?? g ?? compute;
    const plain = { order, ...(tail && { tail }), ...(count && { count }) };
    const label = `${compute.label}, statistics ${g?.label}, sums ${sums === "exact" ? sums : sums.label}`;
    return {
      label: `${label}, ${JSON.stringify(plain)}`,
      asked: {
        ...plain,
        compute: compute.asked,
        ...(g && { statistics: g.asked }),
        ...(accumulate && { accumulate: accumulate === "exact" ? accumulate : accumulate.asked }),
      },
      oracle: {
        ...plain,
        compute: compute.oracle,
        ...(g && { statistics: g.oracle }),
        accumulate: sums === "exact" ? sums : sums.oracle,
      },
    };
  });
