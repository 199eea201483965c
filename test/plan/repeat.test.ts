/** Calls like one before give the results of those made in full, to the bit. Which calls are that: kept.test.ts. */

import { describe, expect, test } from "vitest";
import {
  empty,
  layerNorm,
  load,
  memory,
  norm,
  rmsNorm,
  statistics,
  Tensor,
  type TensorLike,
  tensor,
} from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import { bits, IN_FULL, LAYERS, type Options, REDUCTIONS } from "../support/repeated.js";

/** An option that has a layer of any tensor made in full, and does nothing else. */
const inFull = (x: TensorLike): Options =>
  (x as { data: unknown }).data instanceof Uint16Array ? { dtype: "float16" } : IN_FULL;

function* inputs(): Generator<{ what: string; x: () => TensorLike & { data: unknown }; width: number }> {
  for (const [rows, width] of [[1, 1], [1, 5], [1, 256], [3, 17], [2, 600]]) {
    const shape = [rows, width];
    const data = gaussian(rows * width, rows + width);
    const half = Uint16Array.from(data, (_, i) => 0x3000 + ((i * 37) % 0x1000));
    yield { what: `float32 ${shape}`, x: () => ({ data, shape }), width };
    yield { what: `float16 ${shape}`, x: () => ({ data: half, shape }), width };
    yield { what: `dims ${shape}`, x: () => ({ data, dims: shape, type: "float32" }), width };
    yield { what: `tensor ${shape}`, x: () => tensor(data, shape), width };
    yield { what: `halves in a tensor ${shape}`, x: () => tensor(half, shape), width };
  } // biome-ignore format: one size a line
}

describe("results are those of calls made in full", () => {
  for (const [name, layer] of Object.entries(LAYERS)) {
    for (const { what, x, width } of inputs()) {
      test(`${name} of ${what}`, () => {
        const weight = gaussian(width, 3);
        const bias = gaussian(width, 4);
        for (const parameters of [{}, { weight }, { bias }, { weight, bias }, { weight: tensor(weight), bias }]) {
          for (const settings of [{}, { norm: "l1", eps: 0.5 }, { norm: "linf", calibrated: true, axis: 1 }]) {
            const o = { ...parameters, ...settings };
            const given = x();
            const expected = bits(layer(given, { ...o, ...inFull(given) }).data);
            for (let i = 0; i < 2; i++) {
              const fresh = layer(x(), o);
              expect(bits(fresh.data)).toEqual(expected);
              expect(fresh.shape).toEqual(layer(given, { ...o, ...inFull(given) }).shape);
              expect(fresh instanceof Tensor).toBe(given instanceof Tensor);
              const array = (given.data as Float32Array).slice();
              expect(layer(x(), { ...o, out: array })).toBe(array);
              expect(bits(array)).toEqual(expected);
              const shaped = { data: array.slice().fill(0), shape: fresh.shape };
              expect(layer(x(), { ...o, out: shaped })).toBe(shaped);
              expect(bits(shaped.data)).toEqual(expected);
              const resident = tensor(array.slice().fill(0), fresh.shape);
              expect(layer(x(), { ...o, out: resident })).toBe(resident);
              expect(bits(resident.data)).toEqual(expected);
              // in place
              const own: { data: Float32Array } = any(given instanceof Tensor ? x() : { ...x(), data: array.slice() });
              own.data.set(given.data as Float32Array);
              layer(any(own), { ...o, out: own });
              expect(bits(own.data)).toEqual(expected);
            }
          }
        }
      });
    }
  }

  for (const [name, reduction] of Object.entries(REDUCTIONS)) {
    for (const { what, x } of inputs()) {
      test(`${name} of ${what}`, () => {
        for (const axis of [0, 1, -1]) {
          for (const settings of name === "norm" ? [{}, { norm: "l1" }, { norm: "range" }] : [{}, { keepDims: true }]) {
            // a list of axes has it made in full
            const expected = reduction(x(), { ...settings, axes: [axis] });
            for (let i = 0; i < 2; i++) {
              const found = reduction(x(), { ...settings, axes: axis });
              expect(bits(found.data)).toEqual(bits(expected.data));
              expect(found.shape).toEqual(expected.shape);
              const out = new Float32Array(expected.data.length);
              expect(reduction(x(), { ...settings, axes: axis, out })).toBe(out);
              expect(bits(out)).toEqual(bits(expected.data));
              const resident = tensor(out.slice().fill(0), expected.shape);
              expect(reduction(x(), { ...settings, axes: axis, out: resident })).toBe(resident);
              expect(bits(resident.data)).toEqual(bits(expected.data));
            }
          }
        }
      });
    }
  }

  for (const { what, x } of inputs()) {
    test(`statistics of ${what}`, () => {
      for (const settings of [{}, { norm: "l1" }, { keepDims: true }] as const) {
        const expected = statistics(x(), { ...settings, axes: [1] });
        for (let i = 0; i < 3; i++) {
          const found = statistics(x(), { ...settings, axes: 1 });
          expect(found.count).toBe(expected.count);
          expect(bits(found.mean.data)).toEqual(bits(expected.mean.data));
          expect(bits(found.deviation.data)).toEqual(bits(expected.deviation.data));
          expect(found.deviation.shape).toEqual(expected.deviation.shape);
        }
      }
    });
  }

  test("of calls that differ take turns", () => {
    const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => [2, n]);
    const xs = shapes.map((shape) => ({ data: gaussian(2 * shape[1], shape[1]), shape }));
    const expected = xs.map((x) => bits(layerNorm(x, IN_FULL).data));
    for (let i = 0; i < 3; i++) {
      xs.forEach((x, j) => {
        expect(bits(layerNorm(x).data)).toEqual(expected[j]);
        norm(x);
        // what is between them writes another plan
        layerNorm(x, { arithmetic: "float16" });
      });
    }
  });

  test("memory grows in between", () => {
    const x = { data: gaussian(64, 1), shape: [4, 16] };
    const out = new Float32Array(64);
    const expected = bits(rmsNorm(x, IN_FULL).data);
    for (let i = 0; i < 4; i++) {
      rmsNorm(x, { out });
      expect(bits(out)).toEqual(expected);
      empty([memory().bytes / 4]).dispose();
      out.fill(0);
    }
  });

  test("on instances of their own", async () => {
    const [one, other] = await Promise.all([load(), load()]);
    const data = gaussian(32, 5);
    const expected = bits(layerNorm({ data, shape: [2, 16] }, IN_FULL).data);
    for (let i = 0; i < 3; i++) {
      for (const own of [one, other]) {
        using x = own.tensor(data, [2, 16]);
        using y = own.layerNorm(x);
        expect(bits(y.data)).toEqual(expected);
        // of another instance, as plain data
        expect(bits(layerNorm(x).data)).toEqual(expected);
      }
    }
  });
});
