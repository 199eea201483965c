/** Native gradients of the layers against the oracle, for every layer, norm, storage and layout. */
import { describe, expect, test } from "vitest";
import {
  batchNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNormBackward,
  statistics,
  tensor,
} from "../../src/index.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { compensatedSum } from "../oracle/compensated.js";
import { isPower, isTop, type Norm } from "../oracle/emulated.js";
import { FLOAT16, spacing } from "../oracle/formats.js";
import { type LayerGradient, layerGradient, type Rule, ruleOf } from "../oracle/gradients.js";
import { sizeOf } from "../oracle/walk.js";
import { type Plain, STORAGES } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { dataOf, expectNear, type Result } from "../support/compare.js";
import { stored } from "../support/data.js";
import { GRADIENT_LAYERS, type GradientLayer, type GradientResult } from "../support/gradient-layers.js";
import { gaussian } from "../support/random.js";

/** Within a few roundings of the sum of the magnitudes of all parts; float16 results, half an ulp besides. */
function expectGradient(result: Result, expected: Float64Array, sizes: Float64Array, what: string): void {
  const bound = (i: number) => 8 * 2 ** -24 * sizes[i] + 2 ** -149;
  if (dataOf(result) instanceof Uint16Array) {
    const finite = expected.map((value) => (Math.abs(value) < 65520 ? value : Math.sign(value) / 0));
    expectNear(result, finite, (i) => spacing(FLOAT16, expected[i]) / 2 + bound(i), 1.0001, what);
  } else {
    expectNear(result, expected, bound, 1, what);
  }
}

function expectGradients(result: GradientResult, expected: LayerGradient, what: string): void {
  expectGradient(result.dx, expected.dx, expected.sizes.dx, `dx, ${what}`);
  expectGradient(result.dweight, expected.dweight, expected.sizes.dweight, `dweight, ${what}`);
  expectGradient(result.dbias, expected.dbias, expected.sizes.dbias, `dbias, ${what}`);
}

/** The results on plain arrays and on tensors, which have to be the same bits. */
function both(layer: GradientLayer, dy: Plain, x: Plain, options: object, what: string): GradientResult {
  const plain = layer.call(dy, x, options);
  const held = [tensor(dy.data, dy.shape), tensor(x.data, x.shape)];
  const resident = layer.call(held[0], held[1], options);
  for (const name of ["dx", "dweight", "dbias"] as const) {
    const bytes = [plain[name], resident[name]].map((result) => {
      const data = dataOf(result);
      return Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    });
    expect(resident[name].shape, `${what}: shape of ${name}`).toEqual(plain[name].shape);
    if (Buffer.compare(bytes[0], bytes[1]) !== 0) expect.fail(`${what}: plain arrays and tensors give another ${name}`);
    (resident[name] as Tensor).dispose();
  }
  for (const one of held) one.dispose();
  return plain;
}

/** Storage of x and of dy, of dx if it is another than that of x; weights; the mean of x. */
const VARIANTS = [
  { x: 0, dy: 0, weighted: true, offset: 0 },
  { x: 1, dy: 1, weighted: false, offset: 0.5 },
  { x: 0, dy: 1, dx: 1, weighted: true, offset: -2 },
  { x: 1, dy: 0, dx: 0, weighted: true, offset: 1 },
  { x: 0, dy: 0, weighted: false, offset: 50 },
];

describe.each(GRADIENT_LAYERS)("$name", (layer) => {
  test.each(layer.shapes.map((shape) => [shape]))("shape %o", (shape) => {
    const places = layer.layout(shape);
    const size = sizeOf(shape);
    const n = places.groups[0].elements.length;
    const norms = [...(layer.centred ? (["none"] as const) : []), ...normsOf(n)];
    for (const [i, norm] of norms.entries()) {
      const variant = VARIANTS[(i + shape.length + shape[0]) % VARIANTS.length];
      const { x, read } = stored(gaussian(size, i, variant.offset), shape, STORAGES[variant.x]);
      const upstream = stored(gaussian(size, i + 50, 0.1, 0.7), shape, STORAGES[variant.dy]);
      const weight = variant.weighted ? gaussian(places.weights, 3, 1, 0.4) : undefined;
      const dtype = variant.dx === undefined ? undefined : STORAGES[variant.dx];
      const eps = [1e-5, 0.1, 1e-3][i % 3];
      const what = `${show(norm)} of [${shape}], ${STORAGES[variant.x]}, case ${i}`;
      const result = both(layer, upstream.x, x, { norm, weight, eps, dtype }, what);
      expect(result.dweight.shape).toEqual(layer.weightShape(shape));
      expect(result.dbias.shape).toEqual(layer.weightShape(shape));
      const rule = (count: number): Rule => ruleOf(norm, count, eps, layer.centred);
      expectGradients(result, layerGradient(places, rule, read, upstream.read, weight), what);
    }
  });
});

test("every length of a row, every number of columns", () => {
  const [rows, columns] = [GRADIENT_LAYERS[0], GRADIENT_LAYERS[1]];
  for (const n of [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257]) {
    for (const [i, norm] of (["l2", "l1", "linf", { topk: Math.ceil(n / 4) }] as const).entries()) {
      for (const [layer, shape] of [
        [rows, [1, 2, n]],
        [rows, [2, 1, n]],
        [columns, [5, n]],
        [columns, [n, 3]],
      ] as const) {
        const places = layer.layout(shape);
        const x = gaussian(sizeOf(shape), n + i, 3);
        const dy = gaussian(sizeOf(shape), n + i + 9);
        const what = `${show(norm)} of [${shape}]`;
        const count = places.groups[0].elements.length;
        const chosen = typeof norm === "object" ? { topk: Math.min(norm.topk, count) } : norm;
        const result = both(layer, { data: dy, shape }, { data: x, shape }, { norm: chosen }, what);
        const rule = (m: number) => ruleOf(chosen, m, 1e-5);
        expectGradients(result, layerGradient(places, rule, x, dy), what);
      }
    }
  }
});

test("plain arrays of more than one block", () => {
  const shapes: readonly (readonly number[])[] = [
    [9, 20, 20, 21],
    [25, 20, 20, 7],
    [3, 25_000],
    [30, 8, 31, 10],
    [20, 9, 100, 4],
    [65, 8, 28, 5],
    [11, 35, 32, 6],
    [70, 1025],
    [70, 32, 33],
    [5, 14_000],
    [5, 7, 60, 35],
  ];
  for (const [i, layer] of GRADIENT_LAYERS.entries()) {
    const shape = shapes[i];
    const places = layer.layout(shape);
    const n = places.groups[0].elements.length;
    const all = normsOf(n).filter((norm) => !isPower(norm) && (!isTop(norm) || norm.topk === 10));
    const norm = all[i % all.length];
    const [x, dy] = [gaussian(sizeOf(shape), i, 1), gaussian(sizeOf(shape), i + 20)];
    const weight = gaussian(places.weights, 3, 1, 0.4);
    const what = `${layer.name}, ${show(norm)} of [${shape}]`;
    const result = both(layer, { data: dy, shape }, { data: x, shape }, { norm, weight }, what);
    expectGradients(
      result,
      layerGradient(places, (m) => ruleOf(norm, m, 1e-5, layer.centred), x, dy, weight),
      what,
    );
  }
});

test("saved statistics give the same gradients", () => {
  const shape = [6, 5, 9, 7];
  for (const layer of GRADIENT_LAYERS.slice(0, 2)) {
    const places = layer.layout(shape);
    const [x, dy] = [gaussian(sizeOf(shape), 1, 0.5), gaussian(sizeOf(shape), 2)];
    const channel = layer === GRADIENT_LAYERS[0] ? 1 : 3;
    for (const norm of normsOf(places.groups[0].elements.length)) {
      const axes = [0, 1, 2, 3].filter((axis) => axis !== channel);
      const { mean, deviation } = statistics({ data: x, shape }, { norm, axes });
      const weight = gaussian(shape[channel], 3);
      const options = { norm, mean, deviation, weight, eps: 1e-3 };
      const result = both(layer, { data: dy, shape }, { data: x, shape }, options, show(norm));
      const expected = layerGradient(places, (n) => ruleOf(norm, n, 1e-3), x, dy, weight);
      expectGradients(result, expected, `${layer.name}, ${show(norm)}`);
    }
  }
});

describe("elements of equal distance", () => {
  const call = (x: number[], norm: Norm, dy: number[], extra = {}) => {
    const shape = [1, 1, x.length];
    const [data, upstream] = [Float32Array.from(x), Float32Array.from(dy)];
    const result = batchNormBackward({ data: upstream, shape }, { data, shape }, { norm, eps: 0.5, ...extra });
    const places = GRADIENT_LAYERS[0].layout(shape);
    return { result, expected: layerGradient(places, (n) => ruleOf(norm, n, 0.5), data, upstream) };
  };

  test.each<[string, number[], Norm]>([
    ["L1, elements at the mean", [1, 2, 3, 2, 2], "l1"],
    ["L1, all at the mean", [4, 4, 4, 4], "l1"],
    ["L∞, the first of two maxima", [0, 3, -3, 3, -3], "linf"],
    ["L∞, the minimum first", [1, -3, 3, -1], "linf"],
    ["L∞, all equal", [2, 2, 2], "linf"],
    ["range, several of both", [1, 5, -1, 5, -1, 2], "range"],
    ["range, all equal", [7, 7, 7, 7, 7], "range"],
    ["top-k, ties at the end", [3, -2, 2, -2, 2, -3], { topk: 3 }],
    ["top-k of zeros", [2, 2, 2, 2], { topk: 2 }],
    ["top-k, all elements", [1, 2, 3, 6], { topk: 4 }],
    ["Lp at the mean", [1, 2, 3, 2], { lp: 1.5 }],
    ["L2, all equal", [5, 5, 5], "l2"],
  ])("%s", (what, x, norm) => {
    const dy = x.map((_, i) => i * i - 2.5);
    const { result, expected } = call(x, norm, dy);
    expectGradients(result as GradientResult, expected, what);
    // the same as a column
    const shape = [x.length, 5];
    const spread = (list: number[]) =>
      Float32Array.from({ length: 5 * list.length }, (_, i) => list[Math.floor(i / 5)]);
    const columns = batchNormBackward({ data: spread(dy), shape }, { data: spread(x), shape }, { norm, eps: 0.5 });
    const repeated = expected.dx.length * 5;
    expectGradient(
      columns.dx,
      Float64Array.from({ length: repeated }, (_, i) => expected.dx[Math.floor(i / 5)]),
      Float64Array.from({ length: repeated }, (_, i) => expected.sizes.dx[Math.floor(i / 5)]),
      `${what}, shape [${shape}]`,
    );
  });

  test("a group of one element has no gradient but that of the bias", () => {
    for (const norm of normsOf(1)) {
      const { result } = call([3], norm, [2]);
      expect([...result.dx.data, ...result.dweight.data, ...result.dbias.data], show(norm)).toEqual([0, 0, 2]);
    }
  });

  test("a deviation of 0 without eps: NaN, as in the output", () => {
    for (const norm of normsOf(4)) {
      const { result } = call([3, 3, 3, 3], norm, [1, 2, 3, 4], { eps: 0 });
      expect([...result.dx.data, ...result.dweight.data], show(norm)).toEqual(new Array(5).fill(Number.NaN));
      expect(result.dbias.data[0]).toBe(10);
    }
  });
});

test("the range is of the data: distances from a large mean are equal in float64 where elements are not", () => {
  const x = [2.2e-11, -5.6e10, -5.5e-10, 1.9e-9];
  const dy = [0.5, -1, 2, 0.25];
  const shape = [1, 1, 4];
  const options = { norm: "range", eps: 1e-8 } as const;
  // the oracle goes by distances, and takes the first of equal ones
  const order = [3, 1, 2, 0];
  const [first, upstream] = [x, dy].map((list) => Float32Array.from(order, (i) => list[i]));
  const places = GRADIENT_LAYERS[0].layout(shape);
  const expected = layerGradient(places, (n) => ruleOf("range", n, 1e-8), first, upstream);
  for (const each of [order, [0, 1, 2, 3]]) {
    const [data, above] = [x, dy].map((list) => Float32Array.from(each, (i) => list[i]));
    const { dx } = batchNormBackward({ data: above, shape }, { data, shape }, options);
    const back = Float32Array.from(order, (i) => dx.data[each.indexOf(i)]);
    expectGradient({ data: back, shape }, expected.dx, expected.sizes.dx, `in the order ${each}`);
  }
});

test("a saved deviation whose power leaves float64", () => {
  const x = Float32Array.of(-3.1e-14, 2e7, -3.9e9, 9e11);
  const dy = Float32Array.of(1.4e-8, 0, 0, 0);
  const deviation = statistics(x, { norm: { lp: 64 }, axes: 0 }).deviation;
  // without the mean, and next to nothing of the norm is its own
  const { dx } = rmsNormBackward(dy, x, { norm: { lp: 64 }, eps: 0, deviation });
  expect(Math.abs((dx.data[0] * deviation.data[0]) / dy[0] - 1)).toBeLessThan(1e-6);
});

test("huge and tiny data", () => {
  for (const layout of [0, 1]) {
    const layer = GRADIENT_LAYERS[layout];
    const at = layout ? [2, 65, 3] : [2, 3, 65];
    const map = layer.layout(at);
    for (const [i, scale] of [1e20, 3e37, 1e-20, 1e-30, 1e-36].entries()) {
      for (const norm of normsOf(130)) {
        const x = gaussian(390, i, 0, scale);
        // the gradient of one channel is ordinary
        const dy = gaussian(390, i + 9, 0, 1e-3).map((value, j) => value * (map.weightOf(j) ? scale : 1));
        for (const [j, value] of x.entries()) if (map.weightOf(j) === 2) x[j] = value / scale;
        const result = both(layer, { data: dy, shape: at }, { data: x, shape: at }, { norm, eps: 0 }, show(norm));
        const expected = layerGradient(map, (n) => ruleOf(norm, n, 0), x, dy);
        expectGradients(result, expected, `${show(norm)} at ${scale}, layout ${layout}`);
      }
    }
  }
});

test("NaN and infinities make the gradients of their group NaN", () => {
  for (const special of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const [layer, shape] of [
      [GRADIENT_LAYERS[0], [2, 3, 40]],
      [GRADIENT_LAYERS[1], [2, 40, 3]],
    ] as const) {
      const places = layer.layout(shape);
      for (const norm of normsOf(80)) {
        const x = gaussian(240, 1);
        const dy = gaussian(240, 2);
        x[places.groups[1].elements[7]] = special;
        const result = both(layer, { data: dy, shape }, { data: x, shape }, { norm }, show(norm));
        const data = dataOf(result.dx);
        for (const [g, { elements }] of places.groups.entries()) {
          const lost = elements.filter((position) => Number.isNaN(data[position])).length;
          expect(lost, `${show(norm)} with ${special}, group ${g}`).toBe(g === 1 ? 80 : 0);
        }
      }
    }
  }
});

test("float32 gradients keep the paper's invariants", () => {
  // orthogonal to the data (scale) and to constants (shift), to rounding
  const shape = [8, 4, 50];
  const places = GRADIENT_LAYERS[0].layout(shape);
  for (const norm of normsOf(400)) {
    const [x, dy] = [gaussian(1600, 1, 2), gaussian(1600, 2)];
    const { dx } = batchNormBackward({ data: dy, shape }, { data: x, shape }, { norm, eps: 0 });
    for (const { elements } of places.groups) {
      const size = compensatedSum(elements.map((i) => Math.abs(dx.data[i])));
      expect(Math.abs(compensatedSum(elements.map((i) => dx.data[i]))), show(norm)).toBeLessThan(1e-6 * size);
      expect(Math.abs(compensatedSum(elements.map((i) => dx.data[i] * x[i]))), show(norm)).toBeLessThan(5e-6 * size);
    }
  }
});

test("a large p: powers of the deviation leave float64, and what follows from it is what it is at any size", () => {
  const shape = [1, 16];
  const options = { norm: { lp: 40 } };
  const dy = { data: gaussian(16, 2), shape };
  const of = (size: number, eps: number) => {
    const x = { data: gaussian(16, 1).map((value) => value * size), shape };
    const { dx } = layerNormBackward(dy, x, { ...options, eps });
    return [layerNorm(x, { ...options, eps }).data, dx.data.map((value) => value * size)];
  };
  const expected = of(1, 0);
  for (const size of [2 ** -60, 2 ** -20, 2 ** 20, 2 ** 60]) expect(of(size, 0)).toEqual(expected);
  for (const size of [2 ** 20, 2 ** 60]) expect(of(size, 1e-5)).toEqual(expected);
});
