/** Large tensors are diagnosed part by part: what the parts come to is what there is of all of it. */
import { expect, it } from "vitest";
import { partsFor, partsOf, rangeOf, walkOver } from "../../src/diagnosis/division.js";
import { diagnose, type ErrorStatistics, type Remedy } from "../../src/index.js";
import { planWalk } from "../../src/plan/walk.js";
import { uniform } from "../support/random.js";

/** Four times the same groups, so that all but sums are known from one of them. */
const GROUPS = 512;
const LENGTH = 600;
const TIMES = 4;
const random = uniform(11);
const one = Float32Array.from({ length: GROUPS * LENGTH }, () => (random() - 0.4) * 2 ** Math.floor(8 * random() - 6));
one[700] = 3e4;
const half = { arithmetic: "float16", remedies: true } as const;

/** Exact outputs by another norm are multiples of those that were kept, but of a tensor of more than 2^20 elements quotients. */
const rounded = (error: ErrorStatistics): ErrorStatistics =>
  Object.fromEntries(
    Object.entries(error).map(([key, value]) => [key, value && Number(value.toPrecision(10))]),
  ) as unknown as ErrorStatistics;

/** The same but for what is made of sums. */
const compared = ({ meanUlp, rmsUlp, sqnrDb, cosine, ...rest }: ErrorStatistics, times: number) => ({
  ...rest,
  count: rest.count * times,
  mismatchedSpecials: rest.mismatchedSpecials * times,
  sums: [meanUlp, rmsUlp, sqnrDb, cosine].map((value) => value?.toPrecision(10)),
});

it.each([
  ["rows", "layer", [GROUPS, LENGTH], [GROUPS * TIMES, LENGTH]],
  ["columns", "batch", [LENGTH, GROUPS], [LENGTH, GROUPS * TIMES]],
] as const)("%s", (_, layer, shape, shapes) => {
  const [, width] = shape;
  const all = new Float32Array(one.length * TIMES);
  for (let i = 0; i < TIMES; i++) {
    if (layer === "layer") all.set(one, i * one.length);
    else
      for (let row = 0; row < LENGTH; row++)
        all.set(one.subarray(row * width, (row + 1) * width), (row * TIMES + i) * width);
  }
  const part = diagnose({ data: one, shape }, { ...half, layer, norm: "l2" });
  const whole = diagnose({ data: all, shape: shapes }, { ...half, layer, norm: "l2" });
  const index = (at: number | null, stage: string): number | null =>
    at === null || layer === "layer" || !["input", "centre", "term", "output"].includes(stage)
      ? at
      : Math.floor(at / width) * width * TIMES + (at % width);
  expect(whole.stages.map(({ name }) => name)).toEqual(part.stages.map(({ name }) => name));
  for (const [i, { name, own, total, events, firsts, attribution }] of part.stages.entries()) {
    const found = whole.stages[i];
    for (const [a, b] of [
      [found.own, own],
      [found.total, total],
    ]) {
      expect(compared(a, 1)).toEqual({ ...compared(b, TIMES), worstIndex: index(b.worstIndex, name) });
    }
    expect(found.events).toEqual(
      Object.fromEntries(Object.entries(events).map(([event, many]) => [event, many * TIMES])),
    );
    expect(found.firsts).toEqual(firsts);
    expect(found.attribution).toEqual(attribution);
  }
  expect(whole.input).toMatchObject({ absMin: part.input.absMin, absMax: part.input.absMax });
  expect({ ...whole.condition, at: whole.headroomAt, binades: whole.headroom }).toEqual({
    ...part.condition,
    at: part.headroomAt,
    binades: part.headroom,
  });
  expect(whole.verdict).toBe(part.verdict);
  const errorOf = ({ norm, error }: Remedy): ErrorStatistics => (norm ? rounded(error) : error);
  const remedies = new Map(whole.remedies.map((remedy) => [remedy.change, errorOf(remedy)]));
  expect([...remedies.keys()].sort()).toEqual(part.remedies.map(({ change }) => change).sort());
  for (const remedy of part.remedies) {
    const { change } = remedy;
    const error = errorOf(remedy);
    expect(compared(remedies.get(change) as ErrorStatistics, 1)).toEqual({
      ...compared(error, TIMES),
      worstIndex: index(error.worstIndex, "output"),
    });
  }
});

it("parts are ranges of groups that follow each other, whoever has them", () => {
  for (const [shape, reduced] of [
    [[16384, 768], 2],
    [[32, 100, 3136], 5],
    [[3000, 1001], 1],
    [[5, 3, 1 << 20], 4],
    [[1 << 22], 1],
    [[7], 0],
  ] as const) {
    const walk = planWalk(shape, reduced, 0);
    const parts = partsOf(walk);
    expect(parts[0].first).toBe(0);
    for (let size = 1; size <= Math.min(parts.length, 9); size++) {
      let next = 0;
      for (let rank = 0; rank < size; rank++) {
        const range = rangeOf(partsFor(parts, rank, size));
        expect(range.first).toBe(next);
        expect(walkOver(walk, range).elements).toBe((walk.elements / walk.whole) * range.length);
        next += range.length;
      }
      expect(next).toBe(walk.whole);
    }
  }
});
