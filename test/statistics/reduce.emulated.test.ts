/** Emulated norms, means and deviations against the oracle, to the bit. */
import { describe, expect, test } from "vitest";
import { mean, norm, statistics } from "../../src/index.js";
import { ORDERS } from "../oracle/arithmetic.js";
import * as oracle from "../oracle/emulated.js";
import { groupsOf, sizeOf } from "../oracle/walk.js";
import { both, STORAGES, type Storage } from "../support/call.js";
import { everyNorm, LONG_SIZES, normsOf, SIZES, show } from "../support/cases.js";
import { expectBits } from "../support/compare.js";
import { grouped, KINDS, type Kind, stored, values } from "../support/data.js";
import {
  type ArithmeticPair,
  arithmetic,
  arithmetics,
  BFLOAT16,
  CUSTOM,
  DIGITS_23,
  DIGITS_24,
  FLOAT16,
  FLOAT32,
  FORMATS,
  MORE_FORMATS,
  TFLOAT32,
} from "../support/formats.js";

interface Case {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly kind: Kind;
  readonly storage: Storage;
  readonly norms: readonly oracle.Norm[];
}

/** Mean, norms and deviations of one tensor. */
function check(pair: ArithmeticPair, { shape, axes, kind, storage, norms }: Case): void {
  const n = sizeOf(axes.map((axis) => shape[axis]));
  const size = sizeOf(shape);
  const { x, read } = stored(values(kind, pair.oracle.compute, size, size + n), shape, storage);
  const groups = grouped(read, groupsOf(shape, axes)).map((group) => oracle.inputs(pair.oracle, group));
  const middles = groups.map((group) => oracle.mean(pair.oracle, group));
  const distances = groups.map((group, g) => oracle.centred(pair.oracle, group, middles[g]));
  const what = `${pair.label}; ${kind} ${storage} ${JSON.stringify(shape)} over ${JSON.stringify(axes)}`;
  const options = { axes, arithmetic: pair.asked };

  expectBits(
    both(x, (t) => mean(t, options)),
    middles,
    `mean; ${what}`,
  );
  for (const kind of norms) {
    const recipe = { norm: kind, arithmetic: pair.oracle };
    const label = `${show(kind)}; ${what}`;
    const total = both(x, (t) => norm(t, { ...options, norm: kind }));
    expectBits(
      total,
      groups.map((group) => oracle.vectorNorm(recipe, group)),
      `norm ${label}`,
    );
    const found = both(x, (t) => statistics(t, { ...options, norm: kind }).deviation);
    expectBits(
      found,
      distances.map((d) => oracle.deviation(recipe, d)),
      `deviation ${label}`,
    );
  }
}

describe.each(FORMATS)("computing in $label", (compute) => {
  const pairs = arithmetics(compute).map((pair, turn) => ({ ...pair, pair, turn }));
  describe.each(pairs)("$label", ({ pair, turn }) => {
    test("short rows and columns, every norm", () => {
      for (const [i, n] of SIZES.entries()) {
        const norms = normsOf(n);
        const kind = KINDS[(i + 3 * turn) % KINDS.length];
        // storages take turns, so that each length is in either, in rows and in columns, in some of the arithmetics
        const [first, second] = [STORAGES[(i + turn) % 2], STORAGES[(i + turn + 1) % 2]];
        check(pair, { shape: [2 + (i % 3), n], axes: [1], kind, storage: first, norms });
        check(pair, { shape: [n, 1 + (i % 6)], axes: [0], kind, storage: second, norms });
      }
    });

    test("long rows and columns", () => {
      for (const [i, n] of LONG_SIZES.entries()) {
        const all = normsOf(n);
        // Norms take turns: each length has two of them, each norm several lengths.
        const norms = [all[(2 * i) % all.length], all[(2 * i + 1) % all.length]];
        const storage = STORAGES[i % 2];
        const kind = KINDS[i % KINDS.length];
        if (i % 2) check(pair, { shape: [1, n], axes: [1], kind, storage, norms });
        else check(pair, { shape: [n, 2], axes: [0], kind, storage, norms });
      }
    });
  });
});

describe("any number of groups side by side", () => {
  const chosen = [...arithmetics(FLOAT16), ...arithmetics(BFLOAT16)];
  test.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 65, 100])("%i groups", (count) => {
    for (const [i, pair] of chosen.entries()) {
      const n = [3, 40, 130, 33][i % 4];
      const norms = normsOf(n).filter((_, j) => (j + i + count) % 3 === 0);
      check(pair, { shape: [count, n], axes: [1], kind: KINDS[i % 7], storage: STORAGES[i % 2], norms });
      check(pair, { shape: [n, count], axes: [0], kind: KINDS[(i + 1) % 7], storage: STORAGES[(i + 1) % 2], norms });
    }
  });
});

describe("groups of several segments", () => {
  const shapes: { shape: readonly number[]; axes: readonly number[] }[] = [
    { shape: [3, 2, 5, 7], axes: [0, 2, 3] },
    { shape: [5, 3, 1, 9], axes: [0, 2, 3] },
    { shape: [4, 2, 8, 8], axes: [0, 2, 3] },
    { shape: [2, 3, 7, 5], axes: [0, 1, 2] },
    { shape: [2, 3, 7, 5], axes: [1, 3] },
    { shape: [3, 4, 5, 6], axes: [0, 2] },
    { shape: [3, 1, 5, 1, 6], axes: [0, 2] },
    { shape: [2, 3, 2, 3, 2, 3, 2, 3], axes: [0, 2, 5, 7] },
    { shape: [50, 2, 13], axes: [0, 2] },
    { shape: [50, 2, 3, 5], axes: [0, 2] },
    { shape: [200, 2, 41], axes: [0, 2] },
  ];
  test.each(shapes)("$shape over $axes", ({ shape, axes }) => {
    const n = sizeOf(axes.map((axis) => shape[axis]));
    for (const [i, pair] of [...arithmetics(FLOAT16), ...arithmetics(CUSTOM)].entries()) {
      const norms = normsOf(n).filter((_, j) => (j + i) % 4 === 0);
      check(pair, { shape, axes, kind: KINDS[i % 7], storage: STORAGES[i % 2], norms });
    }
  });
});

describe.each(MORE_FORMATS)("a format of one's own: $label", (compute) => {
  test.each(arithmetics(compute))("$label", (pair) => {
    for (const [i, kind] of KINDS.entries()) {
      const n = [33, 257, 5, 130, 64, 31, 1030][i];
      check(pair, { shape: [2, n], axes: [1], kind, storage: STORAGES[i % 2], norms: normsOf(n) });
      check(pair, { shape: [n, 3], axes: [0], kind, storage: STORAGES[(i + 1) % 2], norms: normsOf(n) });
    }
  });
});

test("an accumulator narrower than the terms", () => {
  for (const compute of FORMATS) {
    for (const accumulate of FORMATS) {
      const pair = {
        label: `${compute.label}, ${accumulate.label}`,
        asked: { compute: compute.asked, accumulate: accumulate.asked, order: "pairwise" },
        oracle: { compute: compute.oracle, accumulate: accumulate.oracle, order: "pairwise" },
      } as const;
      check(pair, { shape: [2, 200], axes: [1], kind: "plain", storage: "float32", norms: normsOf(200) });
      check(pair, { shape: [200, 3], axes: [0], kind: "wide", storage: "float16", norms: ["l1", "l2"] });
    }
  }
});

describe("sums that are easily rounded in the wrong place", () => {
  const total = (pair: ArithmeticPair, terms: readonly number[]) => {
    // The mean of a power of two of elements is their sum but for the exponent.
    const x = Float32Array.from({ length: 64 }, (_, i) => terms[i] ?? 0);
    const expected = oracle.mean(pair.oracle, oracle.inputs(pair.oracle, x));
    expectBits(
      both({ data: x, shape: [64] }, (t) => mean(t, { arithmetic: pair.asked })),
      [expected],
      pair.label,
    );
    const columns = Float32Array.from({ length: 320 }, (_, i) => x[Math.floor(i / 5)]);
    const call = both({ data: columns, shape: [64, 5] }, (t) => mean(t, { axes: [0], arithmetic: pair.asked }));
    expectBits(call, new Array(5).fill(expected), `columns; ${pair.label}`);
  };

  test("a sum that falls just below a power of two, where the grid is finer", () => {
    for (const compute of [...FORMATS, ...MORE_FORMATS]) {
      for (const pair of arithmetics(compute)) {
        const ulp = 2 ** (1 - compute.oracle.precision);
        for (const size of [1, -1]) {
          for (const part of [0.2, 0.25, 0.3, 0.4, 0.5, 0.6]) {
            // 1 on its own for a block of additions, then a little less
            total(pair, [size, ...new Array(31).fill(0), -size * ulp * part]);
            total(pair, [size, -size * ulp * part]);
            total(pair, [...new Array(20).fill(0), size, 0, 0, -size * ulp * part, size * 0.75]);
          }
        }
      }
    }
  });

  test("sums of any size, up to the largest", () => {
    for (const compute of [...FORMATS, ...MORE_FORMATS]) {
      for (const pair of arithmetics(compute)) {
        const { precision, emax } = compute.oracle;
        for (let e = emax - 1; e > emax - 28; e -= 3) {
          const size = 2 ** e;
          const ulp = size * 2 ** (1 - precision);
          // what is added is just above or below half of a unit, or is nothing to the format beside the sum
          const parts = [0.55, 0.45, 1.55, 0.001, 0.5].map((part) => Math.fround(part * ulp));
          total(pair, [size, ...new Array(9).fill(0), ...parts, ...parts]);
          total(pair, [size, ...new Array(31).fill(0), ...parts, ...parts, ...parts]);
        }
      }
    }
  });

  test("a tie that a term far below the accumulator's digits decides", () => {
    for (const compute of [FLOAT32, DIGITS_23, DIGITS_24]) {
      for (const accumulate of [BFLOAT16, TFLOAT32, FLOAT16]) {
        for (const order of ORDERS) {
          const pair = arithmetic(compute, accumulate, order);
          const tie = 1 + 2 ** -accumulate.oracle.precision;
          for (const small of [2 ** -14, 2 ** -24, 2 ** -60, 2 ** -100]) {
            total(pair, [small, tie]);
            total(pair, [-small, tie]);
            total(pair, [small, ...new Array(31).fill(0), tie]);
            total(pair, [-small, ...new Array(31).fill(0), -tie]);
          }
        }
      }
    }
  });
});

describe("empty groups", () => {
  test("norms are zero, mean and variance are not numbers", () => {
    for (const arithmetic of [undefined, ...arithmetics(FLOAT16).map((pair) => pair.asked)]) {
      const x = { data: new Float32Array(0), shape: [3, 0, 2] };
      const options = { axes: [1], arithmetic };
      for (const kind of everyNorm([])) {
        expectBits(
          both(x, (t) => norm(t, { ...options, norm: kind })),
          [0, 0, 0, 0, 0, 0],
          show(kind),
        );
      }
      const nothing = new Array(6).fill(Number.NaN);
      expectBits(
        both(x, (t) => mean(t, options)),
        nothing,
        "mean",
      );
      expectBits(
        both(x, (t) => statistics(t, { ...options, norm: "l2" }).deviation),
        nothing,
        "deviation",
      );
      expect(both(x, (t) => norm(t, { ...options, keepDims: true })).shape).toEqual([3, 1, 2]);
      // No group at all: no result.
      expect(both(x, (t) => norm(t, { axes: [0], arithmetic })).shape).toEqual([0, 2]);
    }
  });
});

test.each([1, 2, 3, 4, 5, 33, 65, 129, 300])("a sum of %i that underflows to -0 stays that", (n) => {
  // in a narrower format every addition of these rounds to -0, and what fills up the last row of accumulators adds nothing
  const x = new Float32Array(n).fill(-1e-12);
  for (const order of ["sequential", "lanes", "pairwise", { lanes: 2 }, { lanes: 4 }, { lanes: 64 }] as const) {
    const { asked, oracle: own } = arithmetic(FLOAT32, FLOAT16, order);
    const exact = [oracle.mean(own, oracle.inputs(own, x))];
    expectBits(mean(x, { arithmetic: asked }), exact, `${n}, ${JSON.stringify(order)}`);
  }
});
