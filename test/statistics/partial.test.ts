/** Partial statistics: gathered chunk by chunk and merged, they are those of the whole. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { load, memory, norm, type PartialStatistics, partial, statistics, tensor } from "../../src/index.js";
import { isPower, isTop, type Norm, paperConstant, powerOf } from "../oracle/emulated.js";
import { Exact, exactAbsSum, exactMean, exactSum, ZERO } from "../oracle/exact.js";
import { FLOAT32, spacing } from "../oracle/formats.js";
import * as real from "../oracle/real.js";
import { axesBut, groupsOf, sizeOf } from "../oracle/walk.js";
import { STORAGES } from "../support/call.js";
import { everyNorm, fits, show } from "../support/cases.js";
import { expectClose, SIGNED_LIMIT } from "../support/compare.js";
import { grouped, stored } from "../support/data.js";
import { gaussian, shuffled, uniform, wide } from "../support/random.js";

const NORMS: readonly Norm[] = everyNorm([3, 1], [1.5, 4]);
/** Deviations by these are about the mean of all, without a centre. */
const CENTRED: readonly unknown[] = ["l2", "linf", "range"];

const shifted = (x: Float32Array, centre: number): Exact[] =>
  Array.from(x, (value) => Exact.float32(value).minus(Exact.of(centre)));

/** The norm of x - centre: exact for all but Lp, whose oracle works in float64. */
function exactNorm(kind: Norm, x: Float32Array, centre: number): Exact {
  if (centre === 0 || kind === "range") return real.vectorNorm(kind, x);
  if (isPower(kind) || isTop(kind)) return real.deviation(kind, x, 1, Exact.of(centre)).times(normPerMean(kind, x));
  const d = shifted(x, centre).map((value) => value.abs());
  if (kind === "linf") return d.reduce((a, b) => (b.compare(a) > 0 ? b : a));
  const sum = d.reduce((a, b) => a.plus(kind === "l1" ? b : b.times(b)), ZERO);
  return kind === "l1" ? sum : sum.sqrt();
}

/** What a statistic that is a mean is multiplied by for the norm. */
const normPerMean = (kind: Norm, x: Float32Array): Exact =>
  Exact.of(isPower(kind) ? x.length ** (1 / powerOf(kind)) : 1);

/** Holds the result of one group against the exact values. */
function expectGroup(
  found: { mean: number; norm: number; deviation: number | undefined },
  kind: Norm,
  x: Float32Array,
  centre: number | undefined,
  what: string,
): void {
  const about = centre === undefined ? exactMean(x) : Exact.of(centre);
  const condition = exactAbsSum(x).toNumber() / Math.abs(exactSum(x).toNumber());
  if (condition < SIGNED_LIMIT) expectClose(found.mean, exactMean(x), `mean of ${what}`);
  expectClose(found.norm, exactNorm(kind, x, centre ?? 0), `norm of ${what}`);
  if (found.deviation === undefined) {
    expect(centre, what).toBe(undefined);
    expect(CENTRED, what).not.toContain(kind);
    return;
  }
  const constant = Exact.of(paperConstant(kind, x.length));
  let raw = centre === undefined ? real.deviation(kind, x, 1, about) : exactNorm(kind, x, centre);
  const n = Exact.of(x.length);
  if (centre !== undefined) {
    if (kind === "l1") raw = raw.over(n);
    else if (kind === "l2") raw = raw.times(raw).over(n).sqrt();
    else if (isPower(kind)) raw = raw.over(normPerMean(kind, x));
  }
  expectClose(found.deviation, raw.times(constant), `deviation of ${what}`);
}

/** Values of group g of a result. */
function groupOf(result: ReturnType<PartialStatistics["result"]>, g: number) {
  return {
    mean: result.mean.data[g],
    norm: result.norm?.data[g] as number,
    deviation: result.deviation?.data[g],
  };
}

const clone = (from: PartialStatistics) => JSON.parse(JSON.stringify(from));

const DISTRIBUTIONS: Record<string, (n: number, seed: number) => Float32Array> = {
  "N(0, 1)": (n, seed) => gaussian(n, seed),
  "1e4 + N(0, 1)": (n, seed) => gaussian(n, seed, 1e4),
  "-1e6 + N(0, 1)": (n, seed) => gaussian(n, seed, -1e6),
  "1e20 N(0, 1)": (n, seed) => gaussian(n, seed, 0, 1e20),
  "1e-30 N(0, 1)": (n, seed) => gaussian(n, seed, 0, 1e-30),
  "exponents from -149 to 100": (n, seed) => wide(n, seed, -149, 100),
  "a sorted sample": (n, seed) => gaussian(n, seed).sort(),
  "equal values": (n) => new Float32Array(n).fill(0.1),
};

describe("any split and any order of merging", () => {
  const names = Object.keys(DISTRIBUTIONS);
  const cases = fc.record({
    name: fc.constantFrom(...names),
    kind: fc.constantFrom(...NORMS),
    n: fc.integer({ min: 4, max: 2000 }),
    seed: fc.nat(1e6),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
    centre: fc.constantFrom(undefined, 0, 1, -0.3, 1e4, 3e-30),
  });

  test("gives the statistics of the whole", () => {
    fc.assert(
      fc.property(cases, ({ name, kind, n, seed, cuts, centre }) => {
        const data = DISTRIBUTIONS[name](n, seed);
        const about = centre === undefined ? undefined : Math.fround(centre);
        const ends = [...cuts.map((cut) => Math.floor(cut * n)), 0, n].sort((a, b) => a - b);
        const chunks = ends.slice(1).map((end, i) => data.subarray(ends[i], end));
        // some workers, each of which takes chunks; then what they have is merged in any order, as it is or as JSON
        const next = uniform(seed);
        const workers = Array.from({ length: 1 + Math.floor(next() * 4) }, () => partial(kind, { centre }));
        for (const chunk of shuffled(chunks, seed)) workers[Math.floor(next() * workers.length)].add(chunk);
        while (workers.length > 1) {
          const [other] = workers.splice(Math.floor(next() * workers.length), 1);
          workers[Math.floor(next() * workers.length)].merge(next() < 0.5 ? other : clone(other));
        }
        const result = workers[0].result();
        expect(result.count).toBe(n);
        expectGroup(groupOf(result, 0), kind, data, about, `${n} of ${name} by ${show(kind)} about ${about}`);
      }),
      { numRuns: 250, seed: 20180305 },
    );
  });

  test("of tensors, along any axes", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(
        shapes,
        fc.nat(1e6),
        fc.constantFrom(...NORMS),
        fc.constantFrom(...STORAGES),
        (shape, seed, kind, storage) => {
          const reduced = shape.map((_, axis) => axis).filter((axis) => axis === 0 || (seed >> axis) & 1);
          const { x, read } = stored(gaussian(sizeOf(shape), seed, 1), shape, storage);
          const groups = grouped(read, groupsOf(shape, reduced)).map((group) => Float32Array.from(group));
          if (!fits(kind, groups[0].length)) return;
          const centre = seed % 3 ? gaussian(groups.length, seed + 1, 1, 0.1) : undefined;
          // samples are spread over two gatherers, one of plain arrays and one of tensors, as they come
          const gatherers = [0, 1].map(() => partial(kind, { axes: reduced, centre }));
          const each = x.data.length / shape[0];
          const sample = shape.slice();
          for (let i = 0, some = 1; i < shape[0]; i += some, some = 1 + ((seed >> i) & 1)) {
            sample[0] = Math.min(some, shape[0] - i);
            const data = x.data.slice(i * each, (i + sample[0]) * each);
            if (i % 2) gatherers[1].add({ data, shape: sample });
            else {
              const resident = tensor(data, sample);
              gatherers[0].add(resident);
              resident.dispose();
            }
          }
          const result = gatherers[0].merge(gatherers[1]).result();
          expect(result.mean.shape).toEqual(shape.filter((_, axis) => !reduced.includes(axis)));
          groups.forEach((group, g) => {
            expectGroup(
              groupOf(result, g),
              kind,
              group,
              centre?.[g],
              `group ${g} of ${shape} over ${reduced} by ${show(kind)}`,
            );
          });
        },
      ),
      { numRuns: 150, seed: 20180305 },
    );
  });
});

describe("one call on a whole tensor", () => {
  // cut along batch, channels, and within them; rows, and columns in more than one panel
  const cases: [number[], number][] = [
    [[3, 5, 7], 1],
    [[20, 8, 30, 30], 1],
    [[2, 2, 300, 300], 1],
    [[70, 1500], 1],
    [[50_000, 3], -1],
    [[5, 4000], -1],
    [[3000, 2], 0],
    [[2, 2, 9000, 5], -1],
    [[3, 20, 2, 1100], -1],
    [[3000], 0],
  ];
  test.each(cases)("of shape %j, axis %i", (shape, axis) => {
    const channel = axis < 0 ? axis + shape.length : axis;
    const axes = axesBut(shape, axis);
    const count = sizeOf(shape) / shape[channel];
    const data = gaussian(sizeOf(shape), 3, 0.5);
    for (const storage of STORAGES) {
      const { x } = stored(data, shape, storage);
      const centre = statistics(x, { axes }).mean;
      for (const kind of NORMS) {
        if (!fits(kind, count)) continue;
        const expected = statistics(x, { axes, norm: kind });
        const lengths = norm(x, { axes, norm: kind });
        const resident = tensor(x.data, x.shape);
        for (const chunk of [x, resident]) {
          const found = partial(kind, { axis }).add(chunk).result();
          const about = partial(kind, { axis, centre }).add(chunk).result();
          expect(found.count).toBe(count);
          expect(found.mean.shape).toEqual([shape[channel]]);
          expect(worst(found.mean.data, expected.mean.data, 0.5)).toBeLessThanOrEqual(2);
          expect(worst(found.norm?.data, lengths.data), `norm ${show(kind)}`).toBeLessThanOrEqual(2);
          // two ulp each, and what a mean in float32 makes of it
          const distance = worst(about.deviation?.data, expected.deviation.data, 0, centre.data);
          expect(distance, show(kind)).toBeLessThanOrEqual(4);
        }
        resident.dispose();
      }
    }
  });

  test("whose rows are longer than what is copied at a time", () => {
    const x = { data: new Float32Array(35 * 70_000).map((_, i) => Math.sin(i * i)), shape: [35, 70_000] };
    const found = partial("l2", { axis: 1 }).add(x).result();
    const expected = statistics(x, { axes: [0] });
    expect(worst(found.mean.data, expected.mean.data, 0.5)).toBeLessThanOrEqual(2);
    expect(worst(found.deviation?.data, expected.deviation.data)).toBeLessThanOrEqual(4);
  });

  /** The largest distance in ulp of numbers that are not below `size`, beyond an ulp of a centre. */
  function worst(a: Float32Array | undefined, b: Float32Array, size = 0, centre?: ArrayLike<number>): number {
    let most = 0;
    b.forEach((value, i) => {
      const unit = spacing(FLOAT32, Math.max(Math.abs(value), size));
      const allowed = Math.abs(centre?.[i] ?? 0) * 2 ** -23;
      const distance = Math.max(0, Math.abs((a?.[i] as number) - value) - allowed) / unit;
      if (!(distance <= most)) most = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    });
    return most;
  }
});

test("the mean alone", () => {
  const data = gaussian(5000, 4, 3);
  const whole = partial("mean", { axis: -1 });
  for (let i = 0; i < 50; i++) whole.add({ data: data.subarray(i * 100, i * 100 + 100), shape: [20, 5] });
  const { count, mean, norm, deviation } = whole.result();
  expect([count, norm, deviation]).toEqual([1000, undefined, undefined]);
  for (let c = 0; c < 5; c++) expectClose(mean.data[c], exactMean(data.filter((_, i) => i % 5 === c)), `channel ${c}`);
});

test("thirty thousand chunks in which nearly all cancels", () => {
  const whole = partial("l2");
  const cancelling = Float32Array.of(2 ** 24, -(2 ** 24), 2 ** -20);
  const one = partial("l2").add(cancelling).toJSON();
  for (let i = 0; i < 3e4; i++) whole.merge(one);
  expect(whole.count).toBe(9e4);
  expect(whole.result().mean.data[0]).toBe(Math.fround(2 ** -20 / 3));
});

test("calibrated, and without the constant of Lp", () => {
  const x = gaussian(1000, 6);
  for (const kind of ["linf", "range", { topk: 10 }] as const) {
    const options = { norm: kind, calibrated: true };
    const centre = statistics(x).mean.data[0];
    const found = partial(kind, { centre }).add(x).result({ calibrated: true });
    expect(found.deviation?.data[0]).toBeCloseTo(statistics(x, options).deviation.data[0], 6);
  }
  const unscaled = { lp: 3, unscaled: true };
  const found = partial(unscaled, { centre: 0.1 }).add(x).result().deviation?.data[0] as number;
  const scaled = partial({ lp: 3 }, { centre: 0.1 }).add(x).result().deviation?.data[0] as number;
  expect(scaled / found).toBeCloseTo(paperConstant({ lp: 3 }, 1000), 5);
});

describe("special values", () => {
  const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
  const cases = [[nan], [inf], [-inf], [inf, -inf], [inf, nan], [-nan, 1], [inf, inf]];
  test.each(cases)("%d, %d somewhere in the chunks show in the result as they do in one call", (...specials) => {
    for (const kind of NORMS) {
      for (let place = 0; place < 6; place++) {
        const data = gaussian(600, 5);
        data.set(specials, place * 100 + 37);
        const whole = partial(kind);
        for (const from of shuffled([0, 100, 200, 300, 400, 500], place)) whole.add(data.subarray(from, from + 100));
        const what = `${show(kind)} of ${specials} at ${place}`;
        const expected = statistics(data, { norm: kind });
        for (const from of [whole, partial(kind).merge(clone(whole))]) {
          const found = from.result();
          expect(found.mean.data[0], what).toBe(expected.mean.data[0]);
          expect(found.norm?.data[0], what).toBe(norm(data, { norm: kind }).data[0]);
          if (found.deviation) expect(found.deviation.data[0], what).toBe(expected.deviation.data[0]);
        }
      }
    }
  });

  test("stay in their groups", () => {
    const data = gaussian(60, 5);
    data[7] = nan;
    data[16] = inf;
    const { mean, deviation } = partial("l2", { axis: -1 })
      .add({ data, shape: [6, 10] })
      .result();
    expect([...mean.data].map(Number.isFinite).indexOf(false)).toBe(6);
    expect([...(deviation?.data ?? [])].map(Number.isFinite)).toEqual([...mean.data].map(Number.isFinite));
    expect([mean.data[6], mean.data[7]]).toEqual([inf, nan]);
  });
});

describe("few elements", () => {
  test("none", () => {
    const { count, mean, norm, deviation } = partial("l2").result();
    expect([count, mean.data[0], norm?.data[0], deviation?.data[0]]).toEqual([0, Number.NaN, 0, Number.NaN]);
    expect(partial("linf").add(new Float32Array()).result().norm?.data[0]).toBe(0);
    expect(() => partial("l2", { axis: 1 }).result()).toThrow(
      new RangeError("nothing was added yet: the number of groups is not known"),
    );
    expect(() => partial({ topk: 3 }).result()).toThrow(
      new RangeError('"topk" must be an integer in [1, 0], the elements of a group, got 3'),
    );
  });

  test("empty chunks tell the number of groups, and nothing else", () => {
    const whole = partial({ lp: 2 }, { axis: 1 });
    whole.add({ data: new Float32Array(), shape: [0, 3] });
    expect([whole.count, whole.shape]).toEqual([0, [3]]);
    expect([...(whole.result().norm?.data ?? [])]).toEqual([0, 0, 0]);
    whole.add({ data: Float32Array.of(1, 2, 3), shape: [1, 3] }).add({ data: new Float32Array(), shape: [0, 3] });
    whole.merge(partial({ lp: 2 }, { axis: 1 }));
    expect([...(whole.result().norm?.data ?? [])]).toEqual([1, 2, 3]);
    expect(
      partial("l1", { axis: 1 })
        .add({ data: new Float32Array(), shape: [5, 0] })
        .result().mean.shape,
    ).toEqual([0]);
  });

  test("one of each group", () => {
    const found = partial("l2", { axis: 0 }).add(Float32Array.of(5, -7)).result();
    expect(found.count).toBe(1);
    expect([...found.mean.data]).toEqual([5, -7]);
    expect([...(found.norm?.data ?? [])]).toEqual([5, 7]);
    expect([...(found.deviation?.data ?? [])]).toEqual([0, 0]);
  });

  test("fewer than the k of top-k in every chunk", () => {
    const whole = partial({ topk: 5 });
    whole.add(Float32Array.of(1, -8)).add(Float32Array.of(3));
    expect(() => whole.result()).toThrow(
      new RangeError('"topk" must be an integer in [1, 3], the elements of a group, got 5'),
    );
    expect(whole.add(Float32Array.of(2, -2, 9)).result().norm?.data[0]).toBe(Math.fround(24 / 5));
  });
});

test("a statistic merged with itself counts twice", () => {
  const x = gaussian(100, 8);
  const twice = Float32Array.of(...x, ...x);
  for (const kind of NORMS) {
    const whole = partial(kind, { centre: 0.5 }).add(x);
    const found = whole.merge(whole).result();
    expectGroup(groupOf(found, 0), kind, twice, 0.5, show(kind));
  }
});

describe("memory", () => {
  test("does not grow with the chunks, whatever their shape", () => {
    const data = new Float32Array(8_000_000).fill(1);
    const shapes: [number[], object][] = [
      [[8_000_000], {}],
      [[8, 100, 10_000], { axis: 1 }],
      [[2, 4_000_000], { axis: 0 }],
      [[1_000_000, 8], { axis: 1 }],
    ];
    const before = memory().bytes;
    for (const [shape, options] of shapes) {
      for (const kind of ["l2", { topk: 4 }] as const) partial(kind, options).add({ data, shape });
    }
    expect(memory().bytes - before).toBeLessThan(2 ** 20);
  });

  test("of an instance of its own may be smaller than a chunk", async () => {
    const own = await load({ maxBytes: 2 ** 20 });
    const x = { data: gaussian(600_000, 2), shape: [10, 6, 10_000] };
    const expected = partial("l2", { axis: 1 }).add(x).result();
    expect(own.partial("l2", { axis: 1 }).add(x).result()).toEqual(expected);
    expect(own.memory().bytes).toBeLessThanOrEqual(2 ** 20);
    // a chunk that does not fit leaves all as it was
    const whole = own.partial("l1", { axis: -1 });
    expect(() => whole.add({ data: x.data, shape: [2, 300_000] })).toThrow(/^not enough memory/);
    expect([whole.count, whole.shape]).toEqual([0, undefined]);
    whole.add({ data: x.data, shape: [200_000, 3] });
    expect(whole.count).toBe(200_000);
  });
});
