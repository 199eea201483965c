/** What partial statistics refuse: nothing changes then. */
import { describe, expect, test } from "vitest";
import { type PartialJson, PartialStatistics, partial } from "../../src/index.js";
import { everyNorm } from "../support/cases.js";
import { gaussianTensor as plain } from "../support/random.js";
import { any, FORMS, NORMS, refuses as refusesTo } from "../support/refuses.js";

/** The call throws exactly this, and leaves the statistics as they were. */
const refuses = (whole: PartialStatistics, call: () => unknown, error: Error): void =>
  refusesTo(call, error, () => JSON.stringify(whole));

describe("making one", () => {
  test.each([
    ["l3", {}, new RangeError(`"norm" must be ${NORMS}, got "l3"`)],
    ["none", {}, new RangeError(`"norm" must be ${NORMS}, got "none"`)],
    [2, {}, new TypeError(`"norm" must be ${NORMS}, got 2`)],
    [{ topk: 0 }, {}, new RangeError('"topk" must be an integer in [1, 2147483647], the elements of a group, got 0')],
    [{ lp: 0.5 }, {}, new RangeError('"lp" must be a finite number of at least 1, got 0.5')],
    ["l1", { axis: 0, axes: 1 }, new TypeError('only one of "axes", "axis" can be given')],
    ["l1", { axis: 8 }, new RangeError('"axis" must be an integer in [-8, 7], got 8')],
    ["l1", { axes: "0" }, new TypeError('"axes" must be an array of integers, got "0"')],
    ["l1", { axes: [0, 0] }, new RangeError('"axes" must be without repetition, got [0, 0]')],
    ["l1", { center: 0 }, new TypeError('unknown option "center", known are axes, axis, centre')],
    ["l1", { centre: "0" }, new TypeError(`"centre" must be ${FORMS}, got "0"`)],
    ["l1", { centre: Number.NaN }, new RangeError('"centre" must be of finite float32, got NaN')],
    ["l1", { centre: 1e39 }, new RangeError('"centre" must be of finite float32, got 1e+39')],
    [
      "l1",
      { centre: Float32Array.of(1, -Infinity) },
      new RangeError('"centre" must be of finite float32, got -Infinity'),
    ],
    ["l1", 3, new TypeError('"options" must be an object, got 3')],
  ])("%j with %j", (norm, options, error) => {
    expect(() => partial(any(norm), any(options))).toThrow(error);
  });
});

describe("add", () => {
  test("what is no tensor, or none with that axis", () => {
    const whole = partial("l2", { axis: 1 }).add(plain([2, 3]));
    refuses(whole, () => whole.add(any([1])), new TypeError(`"chunk" must be ${FORMS}, got [1]`));
    refuses(whole, () => whole.add(new Float32Array(3)), new RangeError('"axis" must be an integer in [-1, 0], got 1'));
    const over = partial("l2", { axes: [0, 2] }).add(plain([2, 3, 4]));
    refuses(over, () => over.add(plain([2, 3])), new RangeError('"axes" must be an integer in [-2, 1], got 2'));
  });

  test("groups of another shape", () => {
    const whole = partial("l2", { axis: 1 }).add(plain([2, 3, 4]));
    const error = (got: string) => new RangeError(`"chunk" must have groups of shape [3], got [${got}]`);
    refuses(whole, () => whole.add(plain([2, 4, 3])), error("4"));
    refuses(whole, () => whole.add(plain([0, 5])), error("5"));
    const over = partial("l2", { axes: 0 }).add(plain([2, 3, 4]));
    refuses(
      over,
      () => over.add(plain([2, 4, 3])),
      new RangeError('"chunk" must have groups of shape [3, 4], got [4, 3]'),
    );
  });

  test("another number of groups than centres", () => {
    const whole = partial("l1", { axis: 1, centre: Float32Array.of(1, 2) });
    refuses(whole, () => whole.add(plain([2, 3])), new RangeError('"centre" must have 3 elements, got 2'));
    expect(whole.shape).toBe(undefined);
  });
});

describe("merge", () => {
  test("another norm", () => {
    const whole = partial("l2").add(plain([4]));
    const expected = (got: string) => new RangeError(`"other.norm" must be "l2", got "${got}"`);
    refuses(whole, () => whole.merge(partial("l1").add(plain([4]))), expected("l1"));
    refuses(whole, () => whole.merge(partial("mean")), expected("mean"));
    const top = partial({ topk: 3 });
    refuses(
      top,
      () => top.merge(partial({ topk: 4 })),
      new RangeError('"other.norm" must be {"topk":3}, got {"topk":4}'),
    );
    const power = partial({ lp: 3 });
    const other = (got: string) => new RangeError(`"other.norm" must be {"lp":3}, got ${got}`);
    refuses(power, () => power.merge(partial({ lp: 3, unscaled: true })), other('{"lp":3,"unscaled":true}'));
    refuses(power, () => power.merge(partial({ lp: 2 })), other('{"lp":2}'));
    expect(() => power.merge(partial({ lp: 3, unscaled: false }))).not.toThrow();
  });

  test("another centre", () => {
    const whole = partial("l1", { centre: 1 }).add(plain([4]));
    const absent = new TypeError('"other.centre" must be [1], got undefined');
    refuses(whole, () => whole.merge(partial("l1")), absent);
    const another = new RangeError('"other.centre" must be [1], got [0]');
    refuses(whole, () => whole.merge(partial("l1", { centre: 0 })), another);
    const plainly = partial("l1");
    refuses(plainly, () => plainly.merge(whole), new RangeError('"other.centre" must be absent, got [1]'));
    // the same for each group
    expect(() => whole.merge(partial("l1", { centre: Float32Array.of(1, 1) }))).not.toThrow();
  });

  test("groups of another shape", () => {
    const whole = partial("range", { axis: 0 }).add(plain([3, 4]));
    const error = new RangeError('"other" must have groups of shape [3], got [4]');
    refuses(whole, () => whole.merge(partial("range", { axis: 1 }).add(plain([3, 4]))), error);
  });

  test("what is none", () => {
    const whole = partial("l2");
    refuses(whole, () => whole.merge(any(undefined)), new TypeError('"json" must be an object, got undefined'));
    refuses(
      whole,
      () => whole.merge(any({})),
      new TypeError('"json.schema" must be "halfnorm.partial/1", got undefined'),
    );
  });

  test("more elements than can be counted", () => {
    const json = {
      ...partial("l2")
        .add(plain([4]))
        .toJSON(),
      count: Number.MAX_SAFE_INTEGER,
    };
    const whole = PartialStatistics.from(json);
    refuses(
      whole,
      () => whole.merge(partial("l2").add(plain([4]))),
      new RangeError('"other" must leave the count of elements below 2^53, got 4 more'),
    );
    refuses(
      whole,
      () => whole.add(plain([1])),
      new RangeError('"chunk" must leave the count of elements below 2^53, got 1 more'),
    );
  });
});

describe("from JSON", () => {
  const make = (norm: unknown) =>
    partial(any(norm), { axis: 1, centre: Float32Array.of(1, 2, 3) })
      .add(plain([5, 3]))
      .toJSON();

  test("gives back what was made, for every norm", () => {
    for (const norm of ["mean", ...everyNorm([2, 9]), { lp: 3, unscaled: true }]) {
      const json = JSON.parse(JSON.stringify(make(norm)));
      expect(PartialStatistics.from(json).toJSON()).toEqual(make(norm));
    }
    const fresh = partial("l2", { axes: [-1] });
    expect(PartialStatistics.from(JSON.parse(JSON.stringify(fresh))).toJSON()).toEqual(fresh.toJSON());
  });

  test.each<[string, Partial<Record<keyof PartialJson | "extra", unknown>>, string]>([
    [
      "of something else",
      { schema: "halfnorm.diagnosis/1" },
      '"json.schema" must be "halfnorm.partial/1", got "halfnorm.diagnosis/1"',
    ],
    ["with a key more", { extra: 1 }, 'unknown key "extra" in "json"'],
    ["of no norm", { norm: null }, '"norm" must be'],
    ["of a norm with more", { norm: { topk: 2, constructor: 1 } }, 'unknown option "constructor", known are topk'],
    ["of an axis of text", { axis: "1" }, '"axis" must be an integer'],
    ["with both", { axes: [0] }, 'only one of "axes", "axis" can be given'],
    ["with a centre of text", { centre: "abc" }, '"json.centre" must be an array of numbers, got "abc"'],
    ["with an infinite centre", { centre: [1, 2, "Infinity"] }, '"centre" must be of finite float32, got Infinity'],
    ["with a centre too few", { centre: [1, 2] }, '"centre" must have 3 elements, got 2'],
    ["with a shape of text", { shape: "3" }, '"json.shape" must be an array of lengths, got "3"'],
    ["with a huge shape", { shape: [2 ** 32 - 1] }, '"json.sums" must have 4294967295 elements, got 3'],
    [
      "with nine dimensions",
      { shape: [3, 1, 1, 1, 1, 1, 1, 1, 1] },
      '"json.shape" must be a shape of at most 8 dimensions',
    ],
    ["of a fraction of an element", { count: 1.5 }, '"json.count" must be an integer'],
    ["of less than none", { count: -1 }, '"json.count" must be an integer'],
    ["of elements without a shape", { shape: null }, '"json.count" must be an integer in [0, 0], got 5'],
    ["with no sums", { sums: undefined }, '"json.sums" must be an array of numbers, got undefined'],
    ["with sums in an object", { sums: { length: 3 } }, '"json.sums" must be an array of numbers, got { length }'],
    [
      "with a sum of text",
      { sums: [1, "2", 3] },
      '"json.sums[1]" must be a finite number, "NaN", "Infinity" or "-Infinity", got "2"',
    ],
    ["with a sum missing", { sums: [1, 2] }, '"json.sums" must have 3 elements, got 2'],
    ["with holes", { sums: new Array(3) }, '"json.sums[0]" must be a finite number'],
    ["with sums that are not JSON", { sums: [1, Number.NaN, 3] }, '"json.sums[1]" must be a finite number'],
    ["with a negative total", { totals: [1, -1e-9, 3] }, '"json.totals[1]" must be at least 0, got -1e-9'],
    ["with lists of another norm", { highs: [1] }, '"json.highs" must have 0 elements, got 1'],
    ["with the largest of another norm", { largest: [[1]] }, '"json.largest" must have 0 elements, got 1'],
    ["with the largest as an object", { largest: {} }, '"json.largest" must be an array of arrays, got {  }'],
  ])("refuses one %s", (_, change, message) => {
    const json = JSON.parse(JSON.stringify(make("l2")));
    expect(() => PartialStatistics.from({ ...json, ...change })).toThrow(message);
  });

  test("refuses one with any key missing", () => {
    for (const key of Object.keys(make("l2"))) {
      const { [key]: _, ...rest } = make("l2") as unknown as Record<string, unknown>;
      const says = key === "schema" ? /^"json\.schema" must be/ : new TypeError(`"json.${key}" is missing`);
      expect(() => PartialStatistics.from(any(rest)), key).toThrow(says);
    }
  });

  test("refuses extremes in the wrong order, and other numbers of the largest than there are", () => {
    const range = make("range");
    expect(() => PartialStatistics.from({ ...range, highs: [-9, 9, 9] })).toThrow(
      /^"json.highs\[0\]" must be at least/,
    );
    const top = make({ topk: 2 });
    const [first, ...rest] = top.largest;
    expect(() => PartialStatistics.from({ ...top, largest: [[1], ...rest] })).toThrow(
      '"json.largest[0]" must have 2 elements, got 1',
    );
    expect(() => PartialStatistics.from({ ...top, largest: [[1, -1], ...rest] })).toThrow(
      '"json.largest[0][1]" must be at least 0, got -1',
    );
    expect(() => PartialStatistics.from({ ...top, largest: any([1, first, first]) })).toThrow(
      '"json.largest[0]" must be an array',
    );
    // their order is not taken on trust
    const turned = PartialStatistics.from({ ...top, largest: [[1, 9], ...rest] });
    expect(turned.toJSON().largest[0]).toEqual([9, 1]);
  });

  test("takes nothing from one without elements", () => {
    const json = { ...partial("l1").toJSON(), sums: [5], totals: [7] };
    const whole = PartialStatistics.from(any(json)).add(Float32Array.of(1));
    expect(whole.result().norm?.data[0]).toBe(1);
  });
});
