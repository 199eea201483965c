/** Norms of weights, and division by the norm: native against real arithmetic, emulated to the bit. */
import { describe, expect, test } from "vitest";
import { boundedWeightNorm, lpNormalize, tensor, toFloat16, weightNorm } from "../../src/index.js";
import * as oracle from "../oracle/emulated.js";
import { Exact, exactSquareSum } from "../oracle/exact.js";
import { FLOAT32, spacing } from "../oracle/formats.js";
import * as real from "../oracle/real.js";
import { axesBut, groupsOf, sizeOf } from "../oracle/walk.js";
import { both, forms, STORAGES } from "../support/call.js";
import { everyNorm, normsOf, show } from "../support/cases.js";
import { expectBits, expectNear, numbers } from "../support/compare.js";
import { KINDS, stored, values } from "../support/data.js";
import { arithmetics, FLOAT16, FORMATS, MORE_FORMATS } from "../support/formats.js";
import { gaussian } from "../support/random.js";

const SHAPES: readonly (readonly [readonly number[], number])[] = [
  [[5, 3, 3, 3], 0],
  [[33, 40], 0],
  [[3, 513], 0],
  [[40, 33], 1],
  [[4, 5, 7], 1],
  [[6, 1], 0],
  [[130, 9], -1],
];

/** v times a factor for each group. */
function scaledBy(
  read: Float32Array,
  groups: ReturnType<typeof groupsOf>,
  factor: (group: Float32Array, g: number) => number,
) {
  const expected = new Float64Array(read.length);
  for (const [g, { elements }] of groups.entries()) {
    const group = Float32Array.from(elements, (position) => read[position]);
    const by = factor(group, g);
    for (const position of elements) expected[position] = read[position] * by;
  }
  return expected;
}

/** Four float32 roundings: of the norm, of the quotient, of the product and one for good measure. */
const expectProduct = (results: ReturnType<typeof forms>, expected: Float64Array, what: string) => {
  for (const y of results) {
    const half = !(y.data instanceof Float32Array);
    const unit = (i: number) => spacing(FLOAT32, expected[i]) * (half ? 2 ** 12 + 8 : 4) + (half ? 2 ** -25 : 0);
    expectNear(y, expected, unit, 1, what);
  }
};

describe.each(SHAPES)("weights of shape %o, axis %i", (shape, axis) => {
  const groups = groupsOf(shape, axesBut(shape, axis));
  const n = groups[0].elements.length;
  const norms = normsOf(n);

  test("weight norm", () => {
    const g = gaussian(groups.length, 2, 1, 0.3);
    for (const [i, norm] of norms.entries()) {
      const { x, read } = stored(gaussian(sizeOf(shape), i), shape, STORAGES[i % 2]);
      const expected = scaledBy(read, groups, (group, at) => g[at] / real.vectorNorm(norm, group).toNumber());
      expectProduct(
        forms(x, (t) => weightNorm(t, { g, norm, axis })),
        expected,
        show(norm),
      );
    }
  });

  test("bounded weight norm", () => {
    const g = gaussian(groups.length, 3, 1, 0.3);
    for (const [i, norm] of norms.entries()) {
      const { x, read } = stored(gaussian(sizeOf(shape), i), shape, STORAGES[i % 2]);
      const size = (group: Float32Array) => real.vectorNorm(norm, group).toNumber();
      // rho of its own: the root mean square of the channels' L2 norms, whatever the norm
      const whole = exactSquareSum(read)
        .over(new Exact(BigInt(groups.length)))
        .sqrt()
        .toNumber();
      const plain = scaledBy(read, groups, (group) => whole / size(group));
      expectProduct(
        forms(x, (t) => boundedWeightNorm(t, { norm, axis })),
        plain,
        `${show(norm)}, rho of the data`,
      );
      const given = scaledBy(read, groups, (group) => 0.75 / size(group));
      expectProduct(
        forms(x, (t) => boundedWeightNorm(t, { rho: 0.75, norm, axis })),
        given,
        `${show(norm)}, rho given`,
      );
      const length = exactSquareSum(g).sqrt().toNumber();
      const learned = scaledBy(read, groups, (group, at) => ((2.5 / length) * g[at]) / size(group));
      const call = forms(x, (t) => boundedWeightNorm(t, { rho: 2.5, g, norm, axis }));
      expectProduct(call, learned, `${show(norm)}, g and rho`);
    }
  });

  test("bounded weight norm keeps the norm of the whole", () => {
    const data = gaussian(sizeOf(shape), 8);
    const w = Float32Array.from(numbers(boundedWeightNorm({ data, shape }, { norm: "l2", axis })));
    const ratio = Math.sqrt(exactSquareSum(w).toNumber() / exactSquareSum(data).toNumber());
    expect(Math.abs(ratio - 1)).toBeLessThan(1e-6);
  });

  test("division by the norm", () => {
    const single = groupsOf(shape, [axis]);
    for (const [i, norm] of normsOf(single[0].elements.length).entries()) {
      const { x, read } = stored(gaussian(sizeOf(shape), i), shape, STORAGES[i % 2]);
      const expected = scaledBy(read, single, (group) => 1 / real.vectorNorm(norm, group).toNumber());
      if (norm === "range" && single[0].elements.length === 1) continue; // the range of one element is zero, see below
      expectProduct(
        forms(x, (t) => lpNormalize(t, { norm, axis })),
        expected,
        show(norm),
      );
    }
  });

  test("emulated", () => {
    const single = groupsOf(shape, [axis]);
    const pairs = [...arithmetics(FLOAT16), ...[...FORMATS, ...MORE_FORMATS].map((format) => arithmetics(format)[0])];
    const g = gaussian(groups.length, 4, 1, 0.3);
    for (const [i, pair] of pairs.entries()) {
      const kind = KINDS[i % KINDS.length];
      const { x, read } = stored(values(kind, pair.oracle.compute, sizeOf(shape), i), shape, STORAGES[i % 2]);
      const whole = (of: typeof groups, make: (group: number[], at: number) => number[]) => {
        const expected = new Float64Array(read.length);
        of.forEach(({ elements }, at) => {
          const group = elements.map((position) => read[position]);
          make(oracle.inputs(pair.oracle, group), at).forEach((value, j) => {
            expected[elements[j]] = value;
          });
        });
        return expected;
      };
      for (const norm of normsOf(n).filter((_, j) => (i + j) % 3 === 0)) {
        const recipe = { norm, arithmetic: pair.oracle };
        const options = { norm, axis, arithmetic: pair.asked };
        const label = `${show(norm)}, ${kind}; ${pair.label}`;
        const weighted = whole(groups, (group, at) => oracle.gained(recipe, group, g[at]));
        expectBits(
          both(x, (t) => weightNorm(t, { ...options, g })),
          weighted,
          `weight norm, ${label}`,
        );
        const bounded = whole(groups, (group) => oracle.gained(recipe, group, 0.7));
        expectBits(
          both(x, (t) => boundedWeightNorm(t, { ...options, rho: 0.7 })),
          bounded,
          `bounded, ${label}`,
        );
      }
      for (const norm of normsOf(single[0].elements.length).filter((_, j) => (i + j) % 3 === 0)) {
        const recipe = { norm, arithmetic: pair.oracle };
        const expected = whole(single, (group) => oracle.divided(recipe, group));
        const call = both(x, (t) => lpNormalize(t, { norm, axis, arithmetic: pair.asked }));
        expectBits(call, expected, `divided, ${show(norm)}, ${kind}; ${pair.label}`);
      }
    }
  });
});

test("vectors of zeros stay zeros, signs included", () => {
  const data = Float32Array.of(0, -0, 0, 3, 4, 0, -0, -0, -0);
  for (const arithmetic of [undefined, ...arithmetics(FLOAT16).map((pair) => pair.asked)]) {
    for (const norm of everyNorm([2])) {
      for (const [shape, axis] of [
        [[3, 3], 1],
        [[3, 3], 0],
      ] as const) {
        const x =
          shape[0] === 3 && axis === 1
            ? data
            : Float32Array.from(data, (_, i) => data[(i % 3) * 3 + Math.floor(i / 3)]);
        const y = both({ data: x, shape }, (t) => lpNormalize(t, { norm, axis, arithmetic }));
        const at = (i: number) => y.data[axis === 1 ? i : (i % 3) * 3 + Math.floor(i / 3)];
        const zeros = [0, 1, 2, 6, 7, 8].map(at);
        expect(zeros, show(norm)).toEqual([0, -0, 0, -0, -0, -0]);
        expect(at(3)).not.toBe(0);
      }
    }
  }
});

test("L2 of 3 and 4", () => {
  expect(Array.from(numbers(lpNormalize(Float32Array.of(3, 4), { norm: "l2", axis: 0 })))).toEqual(
    Array.from(Float32Array.of(0.6, 0.8)),
  );
  expect(Array.from(numbers(lpNormalize(Float32Array.of(1, -3), { norm: "l1", axis: 0 })))).toEqual([0.25, -0.75]);
});

describe("by hand", () => {
  const v = { data: Float32Array.of(3, 4, 0, 5, 6, 8), shape: [3, 2] };
  const near = (found: ArrayLike<number>, expected: number[]) =>
    expected.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5);
    });

  test("bounded weight norm", () => {
    const rho = Math.sqrt(150 / 3);
    near(boundedWeightNorm(v).data, [0.6 * rho, 0.8 * rho, 0, rho, 0.6 * rho, 0.8 * rho]);
    near(boundedWeightNorm(v, { rho: 10 }).data, [6, 8, 0, 10, 6, 8]);
    const g = [1, 2, 2];
    near(boundedWeightNorm(v, { g: Float32Array.from(g) }).data, [0.6, 0.8, 0, 2, 1.2, 1.6]);
    near(boundedWeightNorm(v, { g: toFloat16(Float32Array.from(g)), rho: 6 }).data, [1.2, 1.6, 0, 4, 2.4, 3.2]);
    using resident = tensor(g);
    near(boundedWeightNorm(v, { g: resident, rho: 6 }).data, [1.2, 1.6, 0, 4, 2.4, 3.2]);
    near(boundedWeightNorm(v, { g: new Float32Array(3), rho: 6 }).data, [0, 0, 0, 0, 0, 0]);
    using x = tensor(v);
    using y = boundedWeightNorm(x);
    near(y.data, [...boundedWeightNorm(v).data]);
  });

  test("weight norm along another axis, and vectors of zeros", () => {
    near(
      weightNorm(v, { g: Float32Array.of(1, 1), axis: 1 }).data,
      [3, 4, 0, 5, 6, 8].map((x, i) => x / Math.sqrt(i % 2 ? 105 : 45)),
    );
    const zeros = { data: new Float32Array(4), shape: [2, 2] };
    expect(lpNormalize(zeros).data).toEqual(zeros.data);
    expect(weightNorm(zeros, { g: Float32Array.of(1, 1) }).data).toEqual(new Float32Array(4).fill(Number.NaN));
  });
});
