/** Gradients of weight norms: native against the oracle, emulated to the bit. */
import { describe, expect, test } from "vitest";
import {
  boundedWeightNorm,
  boundedWeightNormBackward,
  memory,
  type Norm,
  type Tensor,
  tensor,
  weightNorm,
  weightNormBackward,
} from "../../src/index.js";
import { compensatedSum } from "../oracle/compensated.js";
import * as emulated from "../oracle/emulated.js";
import { type EmulatedRule, emulatedGradient, emulatedSum } from "../oracle/emulated-gradients.js";
import { roundTo } from "../oracle/formats.js";
import { differences, groupGradient, type Rule, scaleOf } from "../oracle/gradients.js";
import { axesBut, groupsOf, sizeOf } from "../oracle/walk.js";
import { type Plain, STORAGES } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { expectBits, expectNear } from "../support/compare.js";
import { KINDS, stored, values } from "../support/data.js";
import { arithmetics, CUSTOM, FORMATS } from "../support/formats.js";
import { gaussian } from "../support/random.js";

const SHAPES: readonly (readonly [readonly number[], number])[] = [
  [[5, 3, 3, 3], 0],
  [[33, 40], 0],
  [[3, 513], 0],
  [[40, 33], 1],
  [[4, 5, 7], 1],
  [[6, 1], 0],
  [[30, 9], -1],
];

const ruleOf = (norm: Norm): Rule => ({ norm: norm as Rule["norm"], constant: 1, eps: 0, centred: false, total: true });
const label = (norm: Norm) => show(norm as emulated.Norm);

/** dv, the gradients h with respect to the gains, and the sums of the magnitudes of their parts. */
function reference(
  shape: readonly number[],
  axis: number,
  norm: Norm,
  v: Float32Array,
  dw: Float32Array,
  gains: number[],
) {
  const dv = new Float64Array(v.length);
  const sizes = new Float64Array(v.length);
  const groups = groupsOf(shape, axesBut(shape, axis));
  const h = groups.map(({ elements }, i) => {
    const upstream = elements.map((position) => dw[position]);
    const x = elements.map((position) => v[position]);
    const g = upstream.map((value) => value * gains[i]);
    const group = groupGradient(ruleOf(norm), x, g);
    elements.forEach((position, k) => {
      dv[position] = group.dx[k];
      sizes[position] = group.size[k];
    });
    const parts = upstream.map((value, k) => value * group.y[k]);
    return { value: compensatedSum(parts), size: compensatedSum(parts.map(Math.abs)) };
  });
  return { dv, sizes, h };
}

const expectClose = (result: Plain, expected: ArrayLike<number>, sizes: ArrayLike<number>, what: string) => {
  const half = result.data instanceof Uint16Array;
  const unit = (i: number) =>
    10 * 2 ** -24 * sizes[i] + 2 ** -149 + (half ? 2 ** -11 * Math.abs(expected[i]) + 2 ** -25 : 0);
  expectNear(result, expected, unit, 1, what);
};

describe.each(SHAPES)("weights of shape %o, axis %i", (shape, axis) => {
  const groups = groupsOf(shape, axesBut(shape, axis));
  const size = sizeOf(shape);
  const n = groups[0].elements.length;
  const cases = normsOf(n).map((norm, i) => {
    const v = stored(gaussian(size, i, 0.2), shape, STORAGES[i % 2]);
    const dw = stored(gaussian(size, i + 9), shape, STORAGES[(i >> 1) % 2]);
    return { norm, v, dw, g: gaussian(groups.length, i + 2, 1, 0.4) };
  });

  test("weight norm", () => {
    for (const { norm, v, dw, g } of cases) {
      const expected = reference(shape, axis, norm, v.read, dw.read, [...g]);
      const sizes = expected.h.map((part) => part.size);
      const values = expected.h.map((part) => part.value);
      const held = [tensor(dw.x.data, shape), tensor(v.x.data, shape)];
      const resident = weightNormBackward(held[0], held[1], { g, norm, axis });
      for (const result of [weightNormBackward(dw.x, v.x, { g, norm, axis }), resident]) {
        expect(result.dv.shape).toEqual(shape);
        expect(result.dg.shape).toEqual([groups.length]);
        expectClose(result.dv as Plain, expected.dv, expected.sizes, `dv, ${label(norm)}`);
        expectClose(result.dg as Plain, values, sizes, `dg, ${label(norm)}`);
      }
      for (const one of [...held, resident.dv, resident.dg]) (one as Tensor).dispose();
    }
  });

  test("bounded weight norm", () => {
    for (const { norm, v, dw } of cases) {
      const rho = norm === "l1" ? undefined : 1.7;
      const frobenius = Math.sqrt(compensatedSum(v.read.map((value) => value * value))) / Math.sqrt(groups.length);
      const gains = new Array(groups.length).fill(Math.fround(rho ?? frobenius));
      const expected = reference(shape, axis, norm, v.read, dw.read, gains);
      const result = boundedWeightNormBackward(dw.x, v.x, { norm, axis, rho });
      expect(Object.keys(result)).toEqual(["dv"]);
      expectClose(result.dv as Plain, expected.dv, expected.sizes, label(norm));
    }
  });

  test("bounded weight norm with g", () => {
    for (const { norm, v, dw, g } of cases) {
      const rho = norm === "l1" ? undefined : 1.7;
      const length = Math.sqrt(compensatedSum(g.map((value) => value * value)));
      const factor = (rho ?? length) / length;
      const gains = Array.from(g, (value) => Math.fround(value * factor));
      const expected = reference(shape, axis, norm, v.read, dw.read, gains);
      const h = expected.h.map((part) => part.value);
      const dot = compensatedSum(h.map((value, i) => value * g[i]));
      const most = compensatedSum(expected.h.map((part, i) => part.size * Math.abs(g[i])));
      const dg = h.map((value, i) => factor * (value - (g[i] * dot) / length ** 2));
      const sizes = expected.h.map((part, i) => factor * (part.size + (Math.abs(g[i]) * most) / length ** 2));
      const held = tensor(v.x.data, shape);
      const resident = boundedWeightNormBackward(dw.x, held, { g, norm, axis, rho });
      for (const result of [boundedWeightNormBackward(dw.x, v.x, { g, norm, axis, rho }), resident]) {
        expectClose(result.dv as Plain, expected.dv, expected.sizes, `dv, ${label(norm)}`);
        expectClose(result.dg as Plain, dg, sizes, `dg, ${label(norm)}`);
      }
      for (const one of [held, resident.dv, resident.dg]) (one as Tensor).dispose();
    }
  });

  test.each([...FORMATS.slice(0, 4), CUSTOM])("emulated in $label", (compute) => {
    for (const [i, pair] of arithmetics(compute).entries()) {
      if (size > 300 && i % 3) continue;
      const { oracle } = pair;
      for (const [j, norm] of normsOf(n).entries()) {
        if ((i + j) % 5 || (emulated.isPower(norm) && emulated.powerOf(norm) === 2.7)) continue;
        const v = stored(values(KINDS[(i + j) % KINDS.length], oracle.compute, size, j), shape, STORAGES[i % 2]);
        const dw = stored(values("plain", oracle.compute, size, j + 1), shape, STORAGES[j % 2]);
        const g = gaussian(groups.length, 2, 1, 0.3);
        const rule: EmulatedRule = { norm, arithmetic: oracle, eps: 0, centred: false, total: true };
        const dv: number[] = new Array(size).fill(0);
        const h = groups.map(({ elements }, k) => {
          const read = (data: Float32Array) =>
            emulated.inputs(
              oracle,
              elements.map((position) => data[position]),
            );
          const group = emulatedGradient(rule, read(v.read), read(dw.read), () => g[k]);
          elements.forEach((position, at) => {
            dv[position] = group.dx[at];
          });
          return emulatedSum(oracle, group.terms);
        });
        const options = { g, norm, axis, arithmetic: pair.asked };
        const result = weightNormBackward(dw.x, v.x, options);
        const what = `${label(norm)}; ${pair.label}`;
        expectBits(result.dv, dv, `dv, ${what}`);
        expectBits(result.dg, h, `dg, ${what}`);
        // without rho the gains are g itself
        const bounded = boundedWeightNormBackward(dw.x, v.x, options);
        expectBits(bounded.dv, dv, `dv of bounded weight norm, ${what}`);
        const square = g.reduce((total, value) => total + value * value, 0);
        const dot = g.reduce((total, value, k) => total + value * h[k], 0);
        const dg = h.map((value, k) => roundTo(oracle.compute, Math.fround(value - (g[k] * dot) / square)));
        expectBits(bounded.dg, dg, `dg of bounded weight norm, ${what}`);
      }
    }
  });
});

test("gradients are the differences of the functions", () => {
  const shape = [4, 6];
  const at = (v: ArrayLike<number>, norm: Norm, gain: (i: number) => number) =>
    groupsOf(shape, [1]).flatMap(({ elements }, i) => {
      const row = elements.map((position) => v[position]);
      return row.map((value) => (gain(i) * value) / scaleOf(ruleOf(norm), row));
    });
  for (const norm of normsOf(6)) {
    const [v, dw, g] = [gaussian(24, 1), gaussian(24, 2), gaussian(4, 3, 1, 0.3)];
    const rho = 2.5;
    const loss = (w: number[]) => compensatedSum(w.map((value, i) => value * dw[i]));
    const bounded = (v: ArrayLike<number>, g: ArrayLike<number>) => {
      const length = Math.sqrt(compensatedSum(Array.from(g, (value) => value * value)));
      return loss(at(v, norm, (i) => (rho * g[i]) / length));
    };
    const result = boundedWeightNormBackward({ data: dw, shape }, { data: v, shape }, { g, norm, rho });
    const dv = differences(v, 1e-6, (x) => bounded(x, g));
    const dg = differences(g, 1e-6, (x) => bounded(v, x));
    expectNear(result.dv, dv, () => 1e-5, 1, `dv, ${label(norm)}`);
    expectNear(result.dg, dg, () => 1e-5, 1, `dg, ${label(norm)}`);
  }
});

test("steps along the gradient keep the norm of bounded weights", () => {
  const shape = [8, 30];
  const rho = 1.3;
  for (const norm of ["l1", "l2", "linf", { topk: 5 }] as const) {
    const v = gaussian(240, 4);
    for (let step = 0; step < 20; step++) {
      const w = boundedWeightNorm({ data: v, shape }, { norm, rho });
      for (const { elements } of groupsOf(shape, [1])) {
        const row = elements.map((position) => w.data[position]);
        expect(Math.abs(scaleOf(ruleOf(norm), row) / rho - 1)).toBeLessThan(1e-6);
      }
      const { dv } = boundedWeightNormBackward({ data: gaussian(240, step), shape }, { data: v, shape }, { norm, rho });
      for (const { elements } of groupsOf(shape, [1])) {
        const dot = compensatedSum(elements.map((position) => dv.data[position] * v[position]));
        const size = compensatedSum(elements.map((position) => Math.abs(dv.data[position] * v[position])));
        expect(Math.abs(dot)).toBeLessThan(1e-6 * size);
      }
      for (let i = 0; i < 240; i++) v[i] -= 0.1 * dv.data[i];
    }
  }
});

test("channels of norm 0, and g that is 0", () => {
  const shape = [2, 3];
  const [dw, v] = [
    { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape },
    { data: Float32Array.of(0, 0, 0, 1, 2, 2), shape },
  ];
  for (const norm of normsOf(3)) {
    const { dv, dg } = weightNormBackward(dw, v, { g: Float32Array.of(1, 1), norm });
    expect([...dv.data.subarray(0, 3), dg.data[0]], label(norm)).toEqual(new Array(4).fill(Number.NaN));
    expect([...weightNorm(v, { g: Float32Array.of(1, 1), norm }).data.subarray(0, 3)]).toEqual(
      new Array(3).fill(Number.NaN),
    );
    expect(dg.data[1]).toBeGreaterThan(0);
  }
  const one = { data: Float32Array.of(1, 2, 3, 1, 2, 2), shape };
  const zero = boundedWeightNormBackward(dw, one, { g: new Float32Array(2), rho: 2 });
  expect([...zero.dv.data].map(Math.abs)).toEqual(new Array(6).fill(0));
  expect([...(zero.dg as { data: Float32Array }).data]).toEqual([0, 0]);
});

test("arguments that are refused", () => {
  const shape = [3, 4];
  const [dw, v] = [
    { data: gaussian(12, 1), shape },
    { data: gaussian(12, 2), shape },
  ];
  const g = new Float32Array(3).fill(1);
  const before = memory().tensors;
  expect(() => weightNormBackward({ data: dw.data, shape: [4, 3] }, v, { g })).toThrow(
    '"dw" must be of the shape of "v", [3, 4], got [4, 3]',
  );
  expect(() => weightNormBackward(dw, v, {} as { g: Float32Array })).toThrow('"g" must be');
  expect(() => weightNormBackward(dw, v, { g: new Float32Array(4) })).toThrow('"g" must have 3 elements, got 4');
  expect(() => weightNormBackward(dw, v, { g, rho: 1 } as { g: Float32Array })).toThrow('unknown option "rho"');
  expect(() => boundedWeightNormBackward(dw, v, { rho: -1 })).toThrow(
    '"rho" must be a finite number of at least 0, got -1',
  );
  expect(() => boundedWeightNormBackward(dw, v, { out: { dg: g } })).toThrow('unknown option "dg", known are dv');
  expect(() => weightNormBackward(dw, v, { g, out: { dg: g } })).toThrow('"out.dg" must not overlap "g"');
  expect(() => weightNormBackward(dw, v, { g, out: { dv: new Float32Array(11) } })).toThrow(
    '"out.dv" must have 12 elements',
  );
  expect(() => weightNormBackward(dw, tensor(v.data, shape), { g, out: { dg: new Uint16Array(3) } })).toThrow(
    '"out.dg" must hold float32, got float16',
  );
  expect(memory().tensors).toBe(before + 1);
  const out = { dv: v, dg: new Float32Array(3) };
  const expected = weightNormBackward(dw, { data: v.data.slice(), shape }, { g });
  const result = weightNormBackward(dw, v, { g, out });
  expect(result.dv).toBe(v);
  expect(result.dg).toBe(out.dg);
  expect(v.data).toEqual(expected.dv.data);
  expect(out.dg).toEqual(expected.dg.data);
  const none = boundedWeightNormBackward(
    { data: new Float32Array(0), shape: [2, 0] },
    { data: new Float32Array(0), shape: [2, 0] },
    { g: new Float32Array(2) },
  );
  expect([...none.dg.data]).toEqual([0, 0]);
});
