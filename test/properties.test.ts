/** Properties on random tensors: any shape and axes against the oracle, and what must not change a result. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layerNorm, mean, norm, statistics } from "../src/index.js";
import * as emulated from "./oracle/emulated.js";
import { Exact, exactMean } from "./oracle/exact.js";
import * as real from "./oracle/real.js";
import { groupsOf, reducedShape, sizeOf } from "./oracle/walk.js";
import { both, forms, STORAGES } from "./support/call.js";
import { everyNorm, normsOf, show } from "./support/cases.js";
import { expectBits, expectNear, numbers } from "./support/compare.js";
import { grouped, KINDS, stored, values } from "./support/data.js";
import { arithmetics, FLOAT16, FORMATS, MORE_FORMATS } from "./support/formats.js";
import { gaussian, shuffled } from "./support/random.js";

/** fast-check prints the seed and the path of a failure; the seed is fixed so that runs are the same everywhere. */
const RUNS = { numRuns: 250, seed: 20180305 } as const;

/** A shape of up to eight dimensions with at most some thousand elements, and some of its axes, negative or not. */
const shapes = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.constant(1) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((shape) => {
    // Too many elements: shorten from the front.
    const smaller = [...shape];
    for (let i = 0; sizeOf(smaller) > 4000; i++) smaller[i] = Math.min(smaller[i], 2);
    return smaller;
  });

const shapesWithAxes = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc
      .subarray(
        shape.map((_, axis) => axis),
        { minLength: 0 },
      )
      .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length))))
      .map((axes) => axes as number[]),
    keepDims: fc.boolean(),
    seed: fc.nat(1e6),
    storage: fc.constantFrom(...STORAGES),
  }),
);

describe("any axes of any shape", () => {
  test("native", () => {
    fc.assert(
      fc.property(shapesWithAxes, fc.nat(), ({ shape, axes, keepDims, seed, storage }, pick) => {
        const { x, read } = stored(gaussian(sizeOf(shape), seed, (seed % 5) - 2), shape, storage);
        const groups = grouped(read, groupsOf(shape, axes)).map((group) => Float32Array.from(group));
        const n = groups[0].length;
        const all = normsOf(n);
        const kind = all[pick % all.length];
        const options = { axes, keepDims };
        const unit = (list: readonly Exact[]) => (i: number) =>
          Math.max(Math.abs(list[i].toNumber()), 2 ** -126) * 2 ** -23;
        const compare = (results: ReturnType<typeof forms>, exact: readonly Exact[], what: string) => {
          for (const y of results) {
            expect(y.shape).toEqual(reducedShape(shape, axes, keepDims));
            expectNear(
              y,
              exact.map((value) => value.toNumber()),
              unit(exact),
              2,
              `${what}, ${show(kind)}`,
            );
          }
        };
        compare(
          forms(x, (t) => norm(t, { ...options, norm: kind })),
          groups.map((group) => real.vectorNorm(kind, group)),
          "norm",
        );
        const constant = emulated.paperConstant(kind, n);
        const deviations = groups.map((group) => real.deviation(kind, group, constant));
        compare(
          forms(x, (t) => statistics(t, { ...options, norm: kind }).deviation),
          deviations,
          "deviation",
        );
        const means = groups.map(exactMean);
        for (const y of forms(x, (t) => mean(t, options))) {
          expectNear(
            y,
            means.map((value) => value.toNumber()),
            () => 2 ** -22,
            1,
            "mean",
          );
          expect(y.shape).toEqual(reducedShape(shape, axes, keepDims));
        }
      }),
      RUNS,
    );
  });

  const pairs = [...FORMATS, ...MORE_FORMATS].flatMap((format) => arithmetics(format));
  test("emulated", () => {
    fc.assert(
      fc.property(
        shapesWithAxes,
        fc.constantFrom(...pairs),
        fc.constantFrom(...KINDS),
        fc.nat(),
        ({ shape, axes, keepDims, seed, storage }, pair, kind, pick) => {
          const { x, read } = stored(values(kind, pair.oracle.compute, sizeOf(shape), seed), shape, storage);
          const groups = grouped(read, groupsOf(shape, axes)).map((group) => emulated.inputs(pair.oracle, group));
          const all = normsOf(groups[0].length);
          const recipe = { norm: all[pick % all.length], arithmetic: pair.oracle };
          const options = { axes, keepDims, arithmetic: pair.asked };
          const label = `${show(recipe.norm)}, ${kind}; ${pair.label}`;
          const total = both(x, (t) => norm(t, { ...options, norm: recipe.norm }));
          expectBits(
            total,
            groups.map((group) => emulated.vectorNorm(recipe, group)),
            `norm ${label}`,
          );
          expect(total.shape).toEqual(reducedShape(shape, axes, keepDims));
          const deviation = both(x, (t) => statistics(t, { ...options, norm: recipe.norm }).deviation);
          const expected = groups.map((group) =>
            emulated.deviation(recipe, emulated.centred(pair.oracle, group, emulated.mean(pair.oracle, group))),
          );
          expectBits(deviation, expected, `deviation ${label}`);
        },
      ),
      { ...RUNS, numRuns: 600 },
    );
  });

  test("layers over the last axes", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.constantFrom(...pairs), fc.nat(1e6), (shape, pick, pair, seed) => {
        const axis = pick % shape.length;
        const last = shape.map((_, i) => i).slice(axis);
        const x = { data: values("plain", pair.oracle.compute, sizeOf(shape), seed), shape };
        const groups = groupsOf(shape, last);
        const all = normsOf(groups[0].elements.length);
        const recipe = { norm: all[seed % all.length], arithmetic: pair.oracle };
        const y = both(x, (t) => layerNorm(t, { axis, norm: recipe.norm, eps: 1e-5, arithmetic: pair.asked }));
        const expected = groups.flatMap(({ elements }) => {
          const group = emulated.inputs(
            pair.oracle,
            elements.map((position) => x.data[position]),
          );
          const d = emulated.centred(pair.oracle, group, emulated.mean(pair.oracle, group));
          return emulated.apply(pair.oracle, d, emulated.scale(recipe, d, 1e-5));
        });
        expectBits(y, expected, `${show(recipe.norm)}; ${pair.label}`);
      }),
      RUNS,
    );
  });

  test("shapes with zeros", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }), fc.nat(), (shape, bits) => {
        const axes = shape.map((_, axis) => axis).filter((axis) => (bits >> axis) & 1);
        const x = { data: gaussian(sizeOf(shape), bits), shape };
        const groups = grouped(x.data, groupsOf(shape, axes));
        for (const y of forms(x, (t) => norm(t, { axes, norm: "linf" }))) {
          expect(y.shape).toEqual(reducedShape(shape, axes));
          expectBits(
            y,
            groups.map((group) => Math.max(0, ...group.map(Math.abs))),
            "maximum",
          );
        }
        for (const y of forms(x, (t) => mean(t, { axes }))) expect(y.shape).toEqual(reducedShape(shape, axes));
      }),
      RUNS,
    );
  });
});

describe("what does not change a result", () => {
  const vectors = fc.record({ n: fc.integer({ min: 1, max: 700 }), seed: fc.nat(1e6) });
  const value = (y: unknown) => numbers(y)[0];

  test("the order of elements, where sums are exact or there are none", () => {
    fc.assert(
      fc.property(vectors, ({ n, seed }) => {
        const data = gaussian(n, seed);
        const moved = Float32Array.from(shuffled(Array.from(data), seed));
        for (const kind of ["linf", "range", { topk: Math.ceil(n / 4) }, { topk: 1 }] as const) {
          expect(value(norm(moved, { norm: kind })), show(kind)).toBe(value(norm(data, { norm: kind })));
        }
        const arithmetic = { compute: "float16", accumulate: "exact" } as const;
        for (const kind of normsOf(n)) {
          const options = { norm: kind, arithmetic };
          expect(value(norm(moved, options)), show(kind)).toBe(value(norm(data, options)));
          expect(value(statistics(moved, options).deviation)).toBe(value(statistics(data, options).deviation));
        }
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  test("a power of two goes in and comes out", () => {
    fc.assert(
      fc.property(vectors, fc.integer({ min: -20, max: 20 }), ({ n, seed }, exponent) => {
        const data = gaussian(n, seed, 1);
        const scaled = data.map((item) => item * 2 ** exponent);
        for (const kind of normsOf(n)) {
          if (emulated.isPower(kind)) continue;
          const options = { norm: kind };
          expect(value(norm(scaled, options)), show(kind)).toBe(value(norm(data, options)) * 2 ** exponent);
          const deviation = value(statistics(scaled, options).deviation);
          expect(deviation, show(kind)).toBe(value(statistics(data, options).deviation) * 2 ** exponent);
        }
        expect(value(mean(scaled))).toBe(value(mean(data)) * 2 ** exponent);
        const y = layerNorm(data, { eps: 0 });
        expectBits(layerNorm(scaled, { eps: 0 }), numbers(y), "layer norm");
      }),
      RUNS,
    );
  });

  test("a power of two in emulated arithmetic, inside the range", () => {
    fc.assert(
      fc.property(vectors, fc.integer({ min: -3, max: 3 }), ({ n, seed }, exponent) => {
        // bfloat16 and tfloat32 have room for every term; L1 and the extremes do so in float16
        const data = values("plain", FLOAT16.oracle, n, seed).map((item) => Math.sign(item) * (1 + Math.abs(item)));
        const scaled = data.map((item) => item * 2 ** exponent);
        for (const arithmetic of ["bfloat16", "tfloat32", "float16"] as const) {
          for (const kind of ["l1", "linf", "range", { topk: 1 }] as const) {
            const options = { norm: kind, arithmetic };
            expect(value(norm(scaled, options)), show(kind)).toBe(value(norm(data, options)) * 2 ** exponent);
          }
        }
      }),
      RUNS,
    );
  });

  test("the sign of all elements, or of any for a norm", () => {
    fc.assert(
      fc.property(vectors, ({ n, seed }) => {
        const data = gaussian(n, seed);
        const flipped = data.map((item, i) => ((i * 7 + seed) % 3 ? item : -item));
        const negated = data.map((item) => -item);
        for (const kind of everyNorm([Math.ceil(n / 2)]).filter((kind) => kind !== "range")) {
          for (const arithmetic of [undefined, "float16", "bfloat16"] as const) {
            const options = { norm: kind, arithmetic };
            expect(value(norm(flipped, options)), show(kind)).toBe(value(norm(data, options)));
          }
        }
        for (const kind of normsOf(n)) {
          const options = { norm: kind };
          expect(value(statistics(negated, options).deviation), show(kind)).toBe(
            value(statistics(data, options).deviation),
          );
        }
        expect(value(mean(negated)) + value(mean(data))).toBe(0);
      }),
      RUNS,
    );
  });
});

test("a normalized group has mean 0 and deviation 1 by its own norm", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 600 }), fc.nat(1e6), (n, seed) => {
      const data = gaussian(n, seed, 5, 3);
      for (const kind of normsOf(n)) {
        const y = Float32Array.from(numbers(layerNorm(data, { norm: kind, eps: 0 })));
        const constant = emulated.paperConstant(kind, n);
        const deviation = real.deviation(kind, y, constant).minus(Exact.of(1)).toNumber();
        expect(Math.abs(deviation), show(kind)).toBeLessThan(1e-6);
        expect(Math.abs(exactMean(y).toNumber()), show(kind)).toBeLessThan(2e-6);
      }
    }),
    { ...RUNS, numRuns: 60 },
  );
});
