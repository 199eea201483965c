// diagnose(): verdicts on real activations, what it says of special data, and what it makes of its parts.

import { describe, expect, test } from "vitest";
import {
  type DiagnoseOptions,
  diagnose,
  EVENTS,
  float8_e4m3fn,
  format,
  fromFloat16,
  load,
  memory,
  STAGES,
  tensor,
  toFloat16,
} from "../../src/index.js";
import { everyNorm } from "../support/cases.js";
import { gaussian, wide } from "../support/random.js";
import { sample } from "../support/samples.js";
import { diagnosed, SCHEMA } from "../support/schema.js";
import { stageOf } from "../support/stages.js";

/** Stages where the statistics are in the compute format. */
const USUAL = STAGES.filter((name) => !["roundedMean", "roundedReciprocal", "slope", "shift"].includes(name));
const HALF = { arithmetic: "float16", remedies: false } as const;

describe("real activations", () => {
  const outlier = sample("transformer-residual-outlier");
  const layer = (options: Partial<DiagnoseOptions>) => diagnosed(outlier, { ...HALF, layer: "layer", ...options });

  test("the outlier residual stream fails by L2: absorbed overflow", () => {
    const found = layer({ norm: "l2" });
    expect(found.verdict).toBe("failed");
    expect(found.absorbedOverflow).toBe(240);
    expect(found.reason).toBe(
      "a square overflows in 240 of 256 groups (first: group 0, element 17) and the output there is zeros: " +
        "no NaN and no infinity shows it",
    );
    expect(found.error.mismatchedSpecials).toBe(0);
    expect(found.headroom).toBeLessThan(0);
    expect(stageOf(found, "term").events.overflow).toBe(240);
    expect(stageOf(found, "term").first).toEqual({ event: "overflow", group: 0, index: 17 });
  });

  test.each([["l1"], ["linf"], [{ topk: 10 }]] as const)("and not by %j", (norm) => {
    const found = layer({ norm });
    expect(found.verdict).toBe("ok");
    expect(found.reason).toMatch(/^the output keeps 10\.\d of the 11 bits of float16 \(SQNR 6\d(\.\d)? dB\)$/);
    expect(found.absorbedOverflow).toBe(0);
    expect(found.headroom).toBeGreaterThan(0);
  });

  test("groups that absorb an overflow, and groups that become NaN", () => {
    const data = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 300 * Math.sin(i) : 4000 + i));
    const found = diagnosed({ data, shape: [2, 32] }, { ...HALF, layer: "layer", norm: "l2" });
    expect(found.absorbedOverflow).toBe(1);
    expect(found.error.mismatchedSpecials).toBe(32);
    expect(found.reason).toMatch(
      /^a square overflows in 1 of 2 groups .*; besides, 32 of 64 outputs are NaN or infinite/,
    );
  });

  test("the gradients of the digits underflow", () => {
    const gradients = sample("digits-conv2-grad");
    const found = diagnosed(gradients, { ...HALF, layer: "batch", eps: 1e-12 });
    const { underflow, subnormal } = stageOf(found, "input").events;
    const nonzero = found.input.finite - found.input.zero;
    expect(underflow / nonzero).toBeCloseTo(0.07, 2);
    expect((underflow + subnormal) / nonzero).toBeCloseTo(0.985, 2);
    expect(stageOf(found, "term").events.underflow).toBeGreaterThan(0.9 * nonzero);
    expect(found.verdict).toBe("failed");
    expect(found.reason).toMatch(
      /^131,072 of 131,072 outputs are NaN or infinite and should not be: 64 reciprocals of the scale overflow \(first: group 0\): [\d,]+ squares become 0/,
    );
    expect(found.notes).toEqual([
      "eps 1e-12 rounds to 0 in float16: a group of equal values comes out as NaN",
      "6.9 % of the nonzero elements round to 0, and 92 % of the nonzero elements are subnormal in float16",
    ]);
  });

  test("a sequential sum stagnates", () => {
    const x = sample("digits-conv1-out");
    const arithmetic = { compute: "float16", order: "sequential" } as const;
    const found = diagnosed(x, { arithmetic, remedies: false, layer: "batch", norm: "l1" });
    expect(found.verdict).toBe("degraded");
    expect(found.reason).toMatch(/^the output keeps 3\.\d+ of the 11 bits .*: the sum of \|d\| is off by up to 15 %: /);
    expect(found.reason).toMatch(/operations of the sum of \|d\| change nothing \(first: group 0, element \d+\)$/);
    expect(stageOf(found, "sum").events.stagnation).toBeGreaterThan(10_000);
    expect(found.bound).toMatchObject({ terms: 4096, depth: 4095, worst: null });
  });
});

describe("what is special", () => {
  test.each([
    ["layer", [0]],
    ["layer", [3, 0]],
    ["layer", [0, 5]],
    ["batch", [2, 0, 3]],
  ] as const)("no elements: %s norm of shape %j", (layer, shape) => {
    const found = diagnosed({ data: new Float32Array(), shape }, { arithmetic: "float16", layer, remedies: true });
    expect(found).toMatchObject({
      verdict: "ok",
      reason: "there is nothing to normalize: the tensor has no elements",
      headroom: null,
      condition: { max: null, median: null },
      remedies: [],
    });
    expect(found.input).toMatchObject({ count: 0, absMin: null, absMax: null, exponentHistogram: [] });
    expect(found.stages.map(({ name }) => name)).toEqual(USUAL);
    expect(found.stages.every(({ own, total }) => own.count === 0 && total.sqnrDb === null)).toBe(true);
  });

  test("some NaN and infinities cost only their groups", () => {
    const data = gaussian(64, 1);
    const clean = diagnosed({ data: data.slice(0, 32), shape: [4, 8] }, { ...HALF, layer: "layer" });
    data[40] = Number.NaN;
    data[50] = Infinity;
    data[60] = -Infinity;
    const found = diagnosed({ data, shape: [8, 8] }, { ...HALF, layer: "layer" });
    expect(found.verdict).toBe("failed");
    expect(found.reason).toMatch(
      /^the data has 1 NaN and 2 infinities; of the rest, the output keeps [\d.]+ of the 11 bits of float16/,
    );
    expect(clean.verdict).toBe("ok");
    expect(found.input).toMatchObject({ finite: 61, nan: 1, infinite: 2 });
    expect(found.error).toMatchObject({ count: 64, mismatchedSpecials: 0 });
    expect(found.error.worstIndex).toBeLessThan(40);
    expect(clean.error.mismatchedSpecials).toBe(0);
  });

  test("one element", () => {
    for (const norm of [...everyNorm([1]), "none"] as const) {
      const found = diagnosed(Float32Array.of(0.1), { arithmetic: "float16", norm });
      expect(found.verdict).toBe("ok");
      expect(found.error).toMatchObject({ count: 1, mismatchedSpecials: 0 });
      expect(found.notes).toEqual(["a group is one element: x - mean is 0, and so is the output"]);
    }
  });

  test("equal elements, with and without eps", () => {
    const x = { data: new Float32Array(48).fill(0.5), shape: [3, 16] };
    const found = diagnosed(x, { arithmetic: "float16", layer: "layer" });
    expect(found).toMatchObject({ verdict: "ok", reason: "the output is exact" });
    const without = diagnosed(x, { arithmetic: "float16", layer: "layer", eps: 0 });
    expect(without).toMatchObject({
      verdict: "failed",
      reason: "the output is NaN everywhere, in exact arithmetic too: the scale is 0, and so is eps",
    });
    expect(without.error.mismatchedSpecials).toBe(0);
  });

  test("an eps that rounds to 0 makes NaN of equal elements, and is noted", () => {
    const x = { data: new Float32Array(48).fill(0.5), shape: [3, 16] };
    const found = diagnosed(x, { ...HALF, layer: "layer", norm: "l1", eps: 2e-8 });
    expect(found.verdict).toBe("failed");
    expect(found.reason).toBe(
      "48 of 48 outputs are NaN or infinite and should not be: 3 reciprocals of the scale overflow (first: group 0)",
    );
    expect(found.notes).toContain("eps 2e-8 rounds to 0 in float16: a group of equal values comes out as NaN");
    for (const [eps, arithmetic, noted] of [
      [2 ** -25, "float16", true],
      [2 ** -25 * 1.01, "float16", false],
      [1e-5, float8_e4m3fn, true],
      [0.75 * 2 ** -14, format({ precision: 11, emin: -14, emax: 15, subnormals: false }), true],
      [1e-5, "bfloat16", false],
    ] as const) {
      const { notes } = diagnosed(gaussian(32, 1), { arithmetic, eps, remedies: false });
      expect(notes.some((note) => note.includes("rounds to 0"))).toBe(noted);
    }
  });

  test("equal elements whose mean is rounded: noise where the exact output is 0", () => {
    const data = new Float32Array(96).fill(0.1);
    const found = diagnosed(data, { ...HALF, arithmetic: { compute: "float16", order: "sequential" } });
    expect(found.verdict).toBe("failed");
    expect(found.reason).toMatch(/^the exact output is 0 everywhere, and this one is up to /);
  });

  test("zeros", () => {
    const found = diagnosed(new Float32Array(64), { arithmetic: "float16", norm: "linf", eps: 1e-3 });
    expect(found).toMatchObject({ verdict: "ok", reason: "the output is exact" });
    // 1 / 1e-5 is beyond the largest float16, and 0 times infinity is NaN
    const small = diagnosed(new Float32Array(64), { arithmetic: "float16", norm: "linf", eps: 1e-5 });
    expect(small.reason).toBe(
      "64 of 64 outputs are NaN or infinite and should not be: 1 reciprocal of the scale overflows (first: group 0)",
    );
    expect(small.notes).toContain(
      "1 / S overflows float16 where S is made of eps 1e-5 alone: a group of equal values comes out as NaN; eps 1.532e-5 is enough",
    );
    const unasked = diagnosed(new Float32Array(64), { arithmetic: "float16", norm: "linf" });
    expect(unasked).toMatchObject({ verdict: "ok", reason: "the output is exact", notes: [] });
    expect(found.input).toMatchObject({ zero: 64, absMin: null, absMax: 0, exponentHistogram: [] });
  });
});

describe("what it is made of", () => {
  test("stages by norm and centring", () => {
    const names = (options: Partial<DiagnoseOptions>) =>
      diagnosed(gaussian(64, 1), { ...HALF, ...options }).stages.map(({ name }) => name);
    expect(names({})).toEqual(USUAL);
    expect(names({ centred: false })).toEqual(USUAL.filter((name) => name !== "mean" && name !== "centre"));
    expect(names({ norm: "none" })).toEqual(["input", "mean", "centre", "output"]);
    const arithmetic = { compute: "float16", statistics: "float32" } as const;
    const factors: string[] = ["slope", "shift"];
    expect(names({ arithmetic })).toEqual(STAGES.filter((name) => !factors.includes(name)));
    expect(names({ arithmetic, norm: "none" })).toEqual(["input", "mean", "centre", "roundedMean", "output"]);
    for (const statistics of ["float16", "float32"] as const) {
      const folded = { ...arithmetic, statistics, tail: "folded" } as const;
      expect(names({ arithmetic: folded })).toEqual([...USUAL.slice(0, -1), ...factors, "output"]);
      expect(names({ arithmetic: folded, norm: "none" })).toEqual(["input", "mean", "centre", ...factors, "output"]);
    }
  });

  test("the options, with nothing left out", () => {
    const x = { data: gaussian(2 * 6 * 4, 1), shape: [2, 6, 4] };
    const subject = (options: Partial<DiagnoseOptions>) => diagnosed(x, { ...HALF, ...options }).subject;
    const base = {
      norm: "l2",
      arithmetic: { compute: "float16", accumulate: "float16", order: "lanes" },
      layer: null,
      axes: [0, 1, 2],
      centred: true,
      weight: false,
      bias: false,
      eps: 1e-5,
      calibrated: false,
    };
    expect(subject({})).toEqual(base);
    expect(subject({ axes: -1, centred: false })).toEqual({ ...base, axes: [2], centred: false });
    expect(subject({ layer: "batch" })).toEqual({ ...base, layer: "batch", axes: [0, 2] });
    expect(subject({ layer: "batch", axis: -1 })).toEqual({ ...base, layer: "batch", axes: [0, 1] });
    expect(subject({ layer: "layer", axis: 1 })).toEqual({ ...base, layer: "layer", axes: [1, 2] });
    expect(subject({ layer: "rms" })).toEqual({ ...base, layer: "rms", axes: [2], centred: false });
    expect(subject({ layer: "instance" })).toEqual({ ...base, layer: "instance", axes: [2] });
    expect(subject({ layer: "group", groups: 3 })).toEqual({ ...base, layer: "group", axes: [1, 2], groups: 3 });
    expect(subject({ layer: "group", groups: 2, axis: 2 })).toEqual({
      ...base,
      layer: "group",
      axes: [1, 2],
      groups: 2,
    });
    const own = format({ precision: 9, emin: -20, emax: 20 });
    const arithmetic = { compute: own, accumulate: "exact", order: "pairwise" } as const;
    expect(subject({ arithmetic, norm: { lp: 3, unscaled: true }, eps: 0, calibrated: true })).toEqual({
      ...base,
      arithmetic: { ...arithmetic, compute: { ...own } },
      norm: { lp: 3, unscaled: true },
      eps: 0,
      calibrated: true,
    });
  });

  test("layers are the groups that they are", () => {
    const data = gaussian(2 * 6 * 4, 1);
    const at = (shape: number[], options: Partial<DiagnoseOptions>) => {
      const { stages, input } = diagnosed({ data, shape }, { ...HALF, ...options });
      return [stages, input.groups, input.groupSize];
    };
    const shape = [2, 6, 4];
    expect(at(shape, { layer: "batch" })).toEqual(at(shape, { axes: [0, 2] }));
    expect(at(shape, { layer: "layer", axis: -2 })).toEqual(at(shape, { axes: [1, 2] }));
    expect(at(shape, { layer: "rms" })).toEqual(at(shape, { axes: [2], centred: false }));
    expect(at(shape, { layer: "instance" })).toEqual(at(shape, { axes: [2] }));
    expect(at(shape, { layer: "group", groups: 3 })).toEqual(at([2, 3, 8], { axes: [2] }));
  });

  test("weight and bias", () => {
    const x = { data: gaussian(96, 1), shape: [6, 16] };
    const [weight, bias] = [gaussian(16, 2), gaussian(16, 3)];
    const plain = diagnosed(x, { ...HALF, layer: "layer" });
    const found = diagnosed(x, { ...HALF, layer: "layer", weight, bias });
    expect(found.subject).toMatchObject({ weight: true, bias: true });
    expect(found.stages.slice(0, -1)).toEqual(plain.stages.slice(0, -1));
    expect(found.error.rmsUlp).not.toBe(plain.error.rmsUlp);
    const resident = { weight: tensor(weight), bias: toFloat16(bias) };
    const other = diagnosed(x, { ...HALF, layer: "layer", ...resident });
    expect(other).toEqual(diagnosed(x, { ...HALF, layer: "layer", weight, bias: fromFloat16(resident.bias) }));
    resident.weight.dispose();
  });

  test("depth of the sums, by order, and the bounds", () => {
    const bound = (n: number, options: Partial<DiagnoseOptions>) =>
      diagnosed(gaussian(n, 1), { ...HALF, ...options }).bound;
    const order = (name: "sequential" | "lanes" | "pairwise", accumulate?: "float32" | "exact") => ({
      arithmetic: { compute: "float16", order: name, accumulate } as const,
    });
    expect(bound(1000, order("sequential")).depth).toBe(999);
    expect(bound(1000, order("lanes")).depth).toBe(31 + 5);
    expect(bound(1000, order("pairwise")).depth).toBe(3 + 5 + 3);
    expect(bound(100, order("pairwise")).depth).toBe(3 + 5);
    expect(bound(1000, order("lanes", "exact")).depth).toBe(0);
    expect(bound(1000, { norm: { topk: 7 }, ...order("sequential") })).toMatchObject({ terms: 7, depth: 6 });
    expect(bound(1000, { norm: "linf" })).toMatchObject({ depth: 0, worst: 0, measured: 0 });
    const { depth, worst, probable, measured } = bound(1000, order("lanes"));
    expect(worst).toBeCloseTo((depth * 2 ** -11) / (1 - depth * 2 ** -11), 12);
    expect(probable).toBeCloseTo(Math.sqrt(depth) * 2 ** -11, 12);
    expect(measured).toBeLessThan(worst as number);
    expect(bound(1000, order("lanes", "float32")).probable).toBeCloseTo(6 * 2 ** -24, 15);
    // no bound where depth · 2^-11 is 1 or more
    expect(bound(100_000, { ...order("sequential"), norm: "l1" })).toMatchObject({ worst: null });
  });

  test("the first of all events is the lowest place", () => {
    const found = diagnosed(wide(4096, 3, -26, 15), { ...HALF, axes: 0 });
    for (const { firsts, first, events } of found.stages) {
      const places = EVENTS.filter((event) => events[event] > 0).map((event) => ({ event, ...firsts[event] }));
      expect(Object.keys(firsts).length).toBe(places.length);
      const order = (place: { index?: number | null }) => place.index ?? Infinity;
      expect(first).toEqual(places.reduce((a, b) => (a && order(a) <= order(b) ? a : b), places[0]));
    }
  });

  test("a resident tensor is diagnosed as plain data is, and memory is given back", async () => {
    const plain = { data: toFloat16(gaussian(4096, 1)), shape: [64, 64] };
    const options = { arithmetic: "float16", layer: "layer" } as const;
    const before = memory();
    const x = tensor(plain);
    const found = diagnosed(x, options);
    x.dispose();
    expect(found).toEqual(diagnosed(plain, options));
    expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
    const own = await load();
    expect(own.diagnose(plain, options)).toEqual(found);
  });

  test("what is given is looked at once", () => {
    const data = gaussian(64, 7);
    const seen: Record<string, number> = {};
    const x = new Proxy(
      { data, shape: [4, 16] },
      {
        get: (target, key, self) => {
          seen[String(key)] = (seen[String(key)] ?? 0) + 1;
          return Reflect.get(target, key, self);
        },
      },
    );
    const options = { arithmetic: "float16", layer: "layer" } as const;
    expect(diagnose(x, options)).toEqual(diagnose({ data, shape: [4, 16] }, options));
    expect(seen).toMatchObject({ data: 1, shape: 1 });
    expect(Object.values(seen).filter((times) => times !== 1)).toEqual([]);
  });

  // of few elements all stages have errors at the same time
  test.each([
    [2 ** 20, 6],
    [2 ** 19, 15],
  ])("memory of %i float16 is at most %i times the tensor", async (n, most) => {
    const own = await load();
    const data = new Uint16Array(n);
    toFloat16(gaussian(2 ** 16, 1), { out: data.subarray(0, 2 ** 16) });
    for (let i = 2 ** 16; i < data.length; i += 2 ** 16) data.copyWithin(i, 0, 2 ** 16);
    own.norm(data); // what every instance needs
    const before = own.memory().bytes;
    own.diagnose({ data, shape: [n / 1024, 1024] }, { arithmetic: "float16", layer: "layer" });
    expect(own.memory().bytes - before).toBeLessThan(most * data.byteLength);
    expect(own.memory().used).toBe(0);
  });

  test("the schema has the stages, the events and the name", () => {
    const { properties, $defs } = SCHEMA;
    expect($defs.stage.properties.name.enum).toEqual(STAGES);
    expect(Object.keys($defs.stage.properties.events.properties)).toEqual(EVENTS);
    expect(properties.schema.const).toBe(diagnose(gaussian(8, 1), HALF).schema);
  });
});
