/** A plan leads to the elements that each group has, in order, and to their weights. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as at from "../../src/abi/plan.js";
import type { Engine } from "../../src/engine/engine.js";
import { MEAN_ONLY } from "../../src/numerics/norm.js";
import { Job, writePlan } from "../../src/plan/plan.js";
import { planWalk, type Walk } from "../../src/plan/walk.js";
import { Operand } from "../../src/tensor/operand.js";
import { groupsOf } from "../oracle/walk.js";
import { weightsOf } from "../support/layer-groups.js";

interface Element {
  index: number;
  weight: number;
}

/** What the kernels do with a plan: the elements of every group, in order. */
function follow(walk: Walk, share: number): Element[][] {
  const i32 = new Int32Array(at.PLAN_END / 4);
  const f64 = new Float64Array(i32.buffer);
  const job = new Job(new Operand(undefined, 0, [], walk.elements, at.STORAGE_FLOAT32), walk, 0, MEAN_ONLY, undefined);
  writePlan({ heap: { i32, f64 } } as Engine, job, 0, share);
  const field = (address: number, i = 0) => i32[(address >> 2) + i];
  const levels = (count: number, stride: number, weight: number, rank: number) => {
    let places = [{ index: 0, weight: 0 }];
    for (let level = 0; level < rank; level++) {
      places = places.flatMap((place) =>
        Array.from({ length: field(count, level) }, (_, i) => ({
          index: place.index + i * field(stride, level),
          weight: place.weight + i * field(weight, level),
        })),
      );
    }
    return places;
  };
  const kept = levels(at.KEPT_COUNT, at.KEPT_STRIDE, at.KEPT_WEIGHT, field(at.KEPT_RANK));
  const reduced = levels(at.REDUCED_COUNT, at.REDUCED_STRIDE, at.REDUCED_WEIGHT, field(at.REDUCED_RANK));
  expect(kept.length).toBe(field(at.KEPT_TOTAL));
  expect(reduced.length).toBe(field(at.REDUCED_TOTAL));
  expect(field(at.KEPT_RANK)).toBeLessThanOrEqual(at.LEVELS);
  expect(field(at.REDUCED_RANK)).toBeLessThanOrEqual(at.LEVELS);
  const step = field(at.WEIGHT_STEP);
  expect(step === 0 || step === 1).toBe(true);
  const columns = field(at.LAYOUT) === at.LAYOUT_COLUMNS;
  const length = field(at.LENGTH);
  expect(f64[at.COUNT >> 3]).toBe(columns ? reduced.length : reduced.length * length);
  const along = (a: Element, b: Element, j: number) => ({
    index: a.index + b.index + j,
    weight: a.weight + b.weight + step * j,
  });
  const positions = Array.from({ length }, (_, j) => j);
  return columns
    ? kept.flatMap((group) => positions.map((j) => reduced.map((segment) => along(group, segment, j))))
    : kept.map((group) => reduced.flatMap((segment) => positions.map((j) => along(group, segment, j))));
}

/** The same by definition. */
function naive(shape: readonly number[], reduced: number, weighted: number): Element[][] {
  const axesIn = (set: number) => [...shape.keys()].filter((axis) => (set >> axis) & 1);
  const weightOf = weightsOf(shape, axesIn(weighted));
  return groupsOf(shape, axesIn(reduced)).map(({ elements }) =>
    elements.map((index) => ({ index, weight: weightOf(index) })),
  );
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 });
const sets = fc.integer({ min: 0, max: 511 });

describe("walk", () => {
  test("visits every element once, group by group, in logical order, with its weight", () => {
    fc.assert(
      fc.property(shapes, sets, sets, (shape, reduced, weighted) => {
        const walk = planWalk(shape, reduced, weighted);
        const expected = naive(shape, reduced, weighted);
        expect(follow(walk, walk.whole)).toEqual(expected);
        expect(walk.groups).toBe(expected.length);
        expect(walk.count).toBe(expected[0].length);
      }),
      { numRuns: 300 },
    );
  });

  test("a block of the split dimension is a walk over its segments, put together", () => {
    fc.assert(
      fc.property(shapes, sets, sets, fc.nat(), fc.nat(), (shape, reduced, weighted, a, b) => {
        const walk = planWalk(shape, reduced, weighted);
        fc.pre(walk.split < walk.sizes.length);
        const { whole } = walk;
        const from = a % whole;
        const share = 1 + (b % (whole - from));
        const inner = walk.elements / walk.outer / whole;
        const groups = walk.groups / whole;
        const expected = naive(shape, reduced, weighted).slice(from * groups, (from + share) * groups);
        const found = follow(walk, share).map((group) =>
          group.map(({ index, weight }) => ({
            index: (Math.floor(index / (share * inner)) * whole + from) * inner + (index % (share * inner)),
            weight: weight + from * walk.weights[walk.split],
          })),
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    // shape, reduced axes, weighted axes, sizes, layout of the last
    { shape: [32, 64, 56, 56], reduced: 0b1101, weighted: 0b0010, sizes: [32, 64, 3136], columns: false },
    { shape: [32, 56, 56, 64], reduced: 0b0111, weighted: 0b1000, sizes: [100352, 64], columns: true },
    { shape: [4, 5, 6], reduced: 0b111, weighted: 0, sizes: [120], columns: false },
    { shape: [4, 5, 6], reduced: 0, weighted: 0, sizes: [120], columns: true },
    { shape: [4, 5, 6], reduced: 0b110, weighted: 0b110, sizes: [4, 30], columns: false },
    { shape: [4, 5, 6], reduced: 0b111, weighted: 0b110, sizes: [4, 30], columns: false },
    { shape: [1, 5, 1, 6, 1], reduced: 0b01000, weighted: 0, sizes: [5, 6], columns: false },
    { shape: [1, 1], reduced: 0, weighted: 0, sizes: [1], columns: false },
    { shape: [], reduced: 0, weighted: 0, sizes: [1], columns: false },
    {
      shape: [2, 2, 2, 2, 2, 2, 2, 2],
      reduced: 0b01010101,
      weighted: 0,
      sizes: [2, 2, 2, 2, 2, 2, 2, 2],
      columns: true,
    },
  ])("merges $shape to $sizes", ({ shape, reduced, weighted, sizes, columns }) => {
    const walk = planWalk(shape, reduced, weighted);
    expect(walk.sizes).toEqual(sizes);
    expect(walk.kept.at(-1)).toBe(columns);
  });

  test("counts groups and elements where there are none", () => {
    expect(planWalk([3, 0, 2], 0b010, 0)).toMatchObject({ groups: 6, count: 0, elements: 0 });
    expect(planWalk([3, 0, 2], 0b001, 0)).toMatchObject({ groups: 0, count: 3, elements: 0 });
  });

  test("where nothing is kept, is split behind its last dimension", () => {
    expect(planWalk([2, 3], 0b11, 0)).toMatchObject({ split: 1, whole: 1, step: 0, outer: 6 });
    expect(planWalk([2, 3], 0b11, 0b10)).toMatchObject({ sizes: [2, 3], split: 2, whole: 1, step: 0, outer: 6 });
  });
});
