/**
 * The kernels with their assertions on (test/support/checked.ts), over all norms, formats, orders, layouts and storages: none
 * fails, and the results are those of the kernels that are published.
 */

import { expect, test } from "vitest";
import { HEAP } from "../../src/abi/plan.js";
import { Engine } from "../../src/engine/engine.js";
import type { Arithmetic, Format, Halfnorm, Norm, Tensor, TensorLike } from "../../src/index.js";
import * as published from "../../src/index.js";
import { axesBut, sizeOf } from "../oracle/walk.js";
import type { Plain } from "../support/call.js";
import { everyNorm, normsOf, show } from "../support/cases.js";
import { CHECKED, checked } from "../support/checked.js";
import { expectBits, numbers, type Result } from "../support/compare.js";
import { stored } from "../support/data.js";
import { FORMATS, MORE_FORMATS } from "../support/formats.js";
import { hardwareCases } from "../support/hardware.js";
import { gaussian, randomBits } from "../support/random.js";

/** What an instance has, and so has the package. */
type Instance = Pick<Halfnorm, keyof Halfnorm & keyof typeof published>;

/** Every tensor in a result, and the way to it. */
function tensorsOf(result: unknown, path = ""): [string, Result][] {
  if (typeof result !== "object" || result === null) return [];
  if ("data" in result && "shape" in result) return [[path, result as Result]];
  return Object.entries(result).flatMap(([key, value]) => tensorsOf(value, `${path}.${key}`));
}

/** The call gives the same on both instances, on plain data and on tensors. */
function alike(what: string, inputs: readonly Plain[], call: (on: Instance, ...x: TensorLike[]) => unknown): void {
  const expected = tensorsOf(call(published, ...inputs));
  expect(expected.length, what).toBeGreaterThan(0);
  const held = inputs.map(({ data, shape }) => checked.tensor(data, shape));
  for (const x of [inputs, held]) {
    const found = tensorsOf(call(checked, ...x));
    const paths = (tensors: typeof found): string[] => tensors.map(([path]) => path);
    expect(paths(found), what).toEqual(paths(expected));
    expected.forEach(([path, tensor], i) => {
      expectBits(found[i][1], numbers(tensor), `${what}${path}`);
    });
    for (const [, tensor] of found) (tensor as Partial<Tensor>).dispose?.();
  }
  for (const tensor of held) tensor.dispose();
}

const bits = randomBits(1);
const pick = <T>(list: readonly T[]): T => list[bits() % list.length];

/** Native one time in three. */
function anyArithmetic(): Arithmetic | undefined {
  if (bits() % 3 === 0) return undefined;
  const compute: Format = pick([...FORMATS, ...MORE_FORMATS]).asked;
  const accumulate = pick<Format | "exact">([compute, "float32", "exact"]);
  return { compute, accumulate, order: pick(["sequential", "lanes", "pairwise"]) };
}

/** The same as kernels of runtimes have it. */
function anyKernel(): Arithmetic {
  return {
    compute: pick([...FORMATS, ...MORE_FORMATS]).asked,
    statistics: pick([...FORMATS, ...MORE_FORMATS]).asked,
    order: pick(["sequential", "lanes", "pairwise", { lanes: 2 ** (bits() % 11) }]),
    tail: pick(["steps", "folded"]),
    count: pick(["exact", "rounded"]),
  };
}

/** Normal numbers of any scale, in any storage. */
function anyPlain(shape: readonly number[], seed: number): Plain {
  const scale = 2 ** ((bits() % 20) - 10);
  const values = gaussian(sizeOf(shape), seed, pick([0, 0, 3])).map((value) => value * scale);
  return stored(values, shape, pick(["float32", "float16"])).x;
}

/** A norm of n elements and an arithmetic, at random, a few times over. */
function variously(n: number, run: (what: string, options: { norm: Norm; arithmetic?: Arithmetic }) => void): void {
  for (let round = 0; round < (n < 1000 ? 5 : 3); round++) {
    const norm = pick(normsOf(n));
    const arithmetic = anyArithmetic();
    run(`${show(norm)}, ${JSON.stringify(arithmetic)}`, arithmetic ? { norm, arithmetic } : { norm });
  }
}

/** Rows and columns; vectors, tiles, bundles and panels that are full and that are not. */
const SHAPES: readonly (readonly number[])[] = [
  [1, 1],
  [3, 5],
  [5, 35],
  [33, 4],
  [40, 3],
  [2, 129],
  [129, 8],
  [2, 4097],
  [1, 5000],
  [5, 1030],
  [70, 33],
  [4, 3, 3, 5],
  [2, 5, 8, 9],
  [2, 2, 32, 43],
  [20, 2, 7],
  [2, 70, 2, 33],
];

const titled = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => [shape.join("×"), shape] as const);

type Layer = (on: Instance, x: TensorLike, options: { norm?: Norm; arithmetic?: Arithmetic }) => unknown;

test.each(titled(SHAPES))("layers and reductions of %s", (_, shape) => {
  const [first, channels] = shape;
  const last = shape[shape.length - 1];
  const all = sizeOf(shape);
  const weight = gaussian(channels, 2);
  const [w, b] = [gaussian(last, 3), gaussian(last, 4)];
  const sample = axesBut(shape, 0);
  const layers: [string, number, Layer][] = [
    ["batch norm", all / channels, (on, x, o) => on.batchNorm(x, { weight, bias: weight, ...o })],
    ["channels last", all / last, (on, x, o) => on.batchNorm(x, { axis: -1, weight: w, ...o })],
    ["layer norm", last, (on, x, o) => on.layerNorm(x, { weight: w, bias: b, ...o })],
    ["layer norm of samples", all / first, (on, x, o) => on.layerNorm(x, { axis: 1, ...o })],
    ["RMS norm", last, (on, x, o) => on.rmsNorm(x, { bias: b, dtype: "float16", ...o })],
    ["weight norm", all / first, (on, x, o) => on.weightNorm(x, { g: gaussian(first, 5), ...o })],
    ["lpNormalize", last, (on, x, o) => on.lpNormalize(x, o)],
    ["statistics", all / first, (on, x, o) => on.statistics(x, { axes: sample, ...o })],
    ["norm", all, (on, x, o) => on.norm(x, o)],
    ["norm of columns", first, (on, x, o) => on.norm(x, { axes: 0, ...o })],
  ];
  for (const [name, n, layer] of layers) {
    variously(n, (what, options) => {
      alike(`${name}, ${what}`, [anyPlain(shape, bits())], (on, x) => layer(on, x, options));
    });
  }
  const x = anyPlain(shape, 6);
  alike("means", [x], (on, x) => [on.mean(x), on.mean(x, { axes: -1, arithmetic: "bfloat16" })]);
  alike("mean only", [x], (on, x) => [
    on.layerNorm(x, { norm: "none" }),
    on.batchNorm(x, { norm: "none", arithmetic: "float16" }),
  ]);
  alike("given", [x], (on, x) => {
    const { mean, deviation } = on.statistics(x, { axes: axesBut(shape, 1) });
    const y = on.batchNorm(x, { mean, deviation });
    const largest = on.batchNorm(x, { mean, deviation, norm: { topk: 10 }, arithmetic: "float16" });
    return [y, largest, mean, deviation];
  });
});

type Gradient = (
  on: Instance,
  dy: TensorLike,
  x: TensorLike,
  options: { norm: Norm; arithmetic?: Arithmetic },
) => unknown;

test.each(titled(SHAPES))("gradients of %s", (_, shape) => {
  const [first, channels] = shape;
  const last = shape[shape.length - 1];
  const all = sizeOf(shape);
  const weight = gaussian(channels, 2);
  const w = gaussian(last, 3);
  const g = gaussian(first, 4);
  const gradients: [string, number, Gradient][] = [
    ["batch norm", all / channels, (on, dy, x, o) => on.batchNormBackward(dy, x, { weight, ...o })],
    ["channels last", all / last, (on, dy, x, o) => on.batchNormBackward(dy, x, { axis: -1, ...o })],
    ["layer norm", last, (on, dy, x, o) => on.layerNormBackward(dy, x, { weight: w, ...o })],
    ["instance norm", all / first / channels, (on, dy, x, o) => on.instanceNormBackward(dy, x, { weight, ...o })],
    ["RMS norm of samples", all / first, (on, dy, x, o) => on.rmsNormBackward(dy, x, { axis: 1, ...o })],
    ["weight norm", all / first, (on, dy, x, o) => on.weightNormBackward(dy, x, { g, ...o })],
  ];
  for (const [name, n, gradient] of gradients) {
    variously(n, (what, options) => {
      const inputs = [anyPlain(shape, bits()), anyPlain(shape, bits())];
      alike(`${name}, ${what}`, inputs, (on, dy, x) => gradient(on, dy, x, options));
    });
  }
  variously(all / channels, (what, options) => {
    const inputs = [anyPlain(shape, 5), anyPlain(shape, 6)];
    const { mean, deviation } = published.statistics(inputs[1], { axes: axesBut(shape, 1), ...options });
    const saved = { mean: Float32Array.from(mean.data), deviation: Float32Array.from(deviation.data) };
    alike(`saved, ${what}`, inputs, (on, dy, x) => on.batchNormBackward(dy, x, { ...saved, ...options }));
  });
});

test.each(
  titled([
    [5, 35],
    [40, 33],
    [1, 4200],
    [300, 5],
    [4, 3, 3, 5],
  ]),
)("diagnoses of %s", (_, shape) => {
  const given = { mean: gaussian(shape[1], 3), deviation: gaussian(shape[1], 4) };
  const layers = [
    { layer: "batch" },
    { layer: "batch", ...given },
    { layer: "layer" },
    { layer: "rms" },
    { axes: [0], centred: false },
  ] as const;
  for (const layer of layers) {
    const reduced =
      "axes" in layer ? shape[0] : layer.layer === "batch" ? sizeOf(shape) / shape[1] : shape[shape.length - 1];
    variously(reduced, (what, { norm, arithmetic = "float16" }) => {
      const x = anyPlain(shape, bits());
      const options = { ...layer, norm, arithmetic, remedies: bits() % 4 === 0 };
      expect(checked.diagnose(x, options), `${JSON.stringify(layer)}, ${what}`).toEqual(published.diagnose(x, options));
      const weights = "layer" in layer ? (layer.layer === "batch" ? shape[1] : shape[shape.length - 1]) : 0;
      const parameters = weights ? { weight: gaussian(weights, 3), bias: gaussian(weights, 4) } : {};
      const kernel = { ...layer, ...parameters, norm, arithmetic: anyKernel(), remedies: bits() % 4 === 0 };
      expect(checked.diagnose(x, kernel), JSON.stringify(kernel)).toEqual(published.diagnose(x, kernel));
    });
  }
  const [a, b] = [anyPlain(shape, 1), anyPlain(shape, 2)];
  expect(checked.compare(a, b)).toEqual(published.compare(a, b));
});

test.each([1, 7, 100, 4099, 9_001])("%i elements one by one", (n) => {
  const x = { data: gaussian(n, 1), shape: [n] };
  const modes = ["nearest-even", "toward-zero", "up", "down", "odd", "stochastic"] as const;
  alike("rounding", [x], (on, x) =>
    FORMATS.flatMap(({ asked }) => modes.map((mode) => on.round(x, asked, { mode, seed: 3, dtype: "float16" }))),
  );
  alike("trelu", [x], (on, x) => [on.trelu(x), on.trelu(x, { dtype: "float16" })]);
  alike("float16", [x], (on, x) => on.toFloat16(x as Float32Array));
  alike("float32", [stored(x.data, [n], "float16").x], (on, x) => on.fromFloat16(x as Uint16Array));
});

test.each<"mean" | Norm>(["mean", ...everyNorm([40], [2.7])])("pieces, %j", (norm) => {
  for (const shape of [
    [3, 1030, 7],
    [2, 5, 33],
    [12, 3000],
  ]) {
    for (const axis of [0, 1, shape.length - 1]) {
      const [a, b] = [anyPlain(shape, 1), anyPlain(shape, 2)];
      const gathered = [published, checked].map((on) => {
        const held = on.tensor(b.data, b.shape);
        const pieces = on.partial(norm, { axis, ...(norm !== "mean" && { centre: 0.5 }) });
        const json = JSON.stringify(pieces.add(a).add(held));
        held.dispose();
        return json;
      });
      expect(gathered[1]).toBe(gathered[0]);
    }
  }
});

test("the hardware's vectors", () => {
  for (const { n, bits: data, results } of hardwareCases()) {
    for (const { order, accumulate } of results) {
      for (const norm of ["l1", "l2", "linf", { topk: Math.min(10, n) }] as const) {
        const options = { norm, arithmetic: { compute: "float16", accumulate, order } } as const;
        alike(`${n} elements`, [{ data, shape: [n] }], (on, x) => on.layerNorm(x, options));
      }
    }
  }
});

test("an assertion that does not hold throws, and says where", () => {
  const { kernels } = new Engine(CHECKED, 8, true);
  expect(() => kernels.pack(HEAP, HEAP + 4, 8)).toThrow(/assembly\/preconditions\.ts:\d+:\d+$/);
  // an empty plan
  expect(() => kernels.rows()).toThrow(/assembly\/preconditions\.ts:\d+:\d+$/);
  expect(() => kernels.setFormat(3, 11, -14, 15, 65504, 0, 1)).toThrow(/assembly\/formats\/format\.ts:\d+:\d+$/);
});
