/** Batch norm folded into the layer before it. */

import { describe, expect, test } from "vitest";
import { batchNorm, foldBatchNorm, load, memory, Tensor, tensor } from "../../src/index.js";
import type { Normalizer } from "../../src/numerics/norm.js";
import { everyNorm } from "../support/cases.js";
import { numbers, toHalves } from "../support/compare.js";
import { gaussian, uniform } from "../support/random.js";
import { any, FORMS, refuses } from "../support/refuses.js";

const positive = (n: number, seed: number): Float32Array => {
  const next = uniform(seed);
  return Float32Array.from({ length: n }, () => 0.05 + 3 * next());
};

const CHANNELS = 6;
const parameters = (seed: number) => ({
  mean: gaussian(CHANNELS, seed, 1),
  deviation: positive(CHANNELS, seed + 1),
  weight: gaussian(CHANNELS, seed + 2),
  bias: gaussian(CHANNELS, seed + 3),
});

/** A convolution without padding in float64: x of [N, I, H, W], weight of [O, I, K, K]; gives [N, O, H', W']. */
function convolve(
  x: ArrayLike<number>,
  [n, i, h, w]: number[],
  weight: ArrayLike<number>,
  k: number,
  bias: ArrayLike<number>,
) {
  const [rows, columns] = [h - k + 1, w - k + 1];
  const y = new Float64Array(n * CHANNELS * rows * columns);
  let at = 0;
  for (let s = 0; s < n; s++) {
    for (let o = 0; o < CHANNELS; o++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let sum = bias[o];
          for (let j = 0; j < i; j++) {
            for (let p = 0; p < k; p++) {
              for (let q = 0; q < k; q++) {
                sum += x[((s * i + j) * h + r + p) * w + c + q] * weight[((o * i + j) * k + p) * k + q];
              }
            }
          }
          y[at++] = sum;
        }
      }
    }
  }
  return { y, shape: [n, CHANNELS, rows, columns] };
}

describe("a convolution", () => {
  const norms: Normalizer[] = [...everyNorm(), "none"];
  test.each(norms)("by %j gives what it and batch norm give one after the other", (norm) => {
    const shape = [2, 3, 6, 5];
    const x = gaussian(180, 1);
    const weight = { data: gaussian(CHANNELS * 27, 2), shape: [CHANNELS, 3, 3, 3] };
    const options = { norm, eps: 1e-3, ...parameters(3) };
    for (const bias of [undefined, gaussian(CHANNELS, 9)]) {
      const folded = foldBatchNorm({ weight, bias }, options);
      expect(folded.weight.shape).toEqual(weight.shape);
      expect(folded.bias.shape).toEqual([CHANNELS]);
      const { y, shape: after } = convolve(x, shape, weight.data, 3, bias ?? new Float32Array(CHANNELS));
      const expected = batchNorm({ data: Float32Array.from(y), shape: after }, options).data;
      const found = convolve(x, shape, folded.weight.data, 3, folded.bias.data).y;
      // the errors of float32 in y, twice, and in the folded weights, beside terms that cancel
      const size = Math.max(...expected.map(Math.abs));
      expected.forEach((value, i) => {
        expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(4 * 2 ** -23 * size);
      });
    }
  });
});

test("is computed in float64 and rounded once", () => {
  const given = parameters(5);
  const weight = { data: gaussian(CHANNELS * 4, 6), shape: [CHANNELS, 4] };
  const bias = gaussian(CHANNELS, 7);
  const folded = foldBatchNorm({ weight, bias }, given);
  for (let c = 0; c < CHANNELS; c++) {
    const factor = given.weight[c] * (1 / Math.sqrt(given.deviation[c] ** 2 + 1e-5));
    for (let i = 0; i < 4; i++) {
      expect(folded.weight.data[c * 4 + i]).toBe(Math.fround(weight.data[c * 4 + i] * factor));
    }
    expect(folded.bias.data[c]).toBe(Math.fround((bias[c] - given.mean[c]) * factor + given.bias[c]));
  }
});

test("channels last, float16, tensors", async () => {
  const given = { norm: "l1", ...parameters(8) } as const;
  const first = { data: gaussian(CHANNELS * 10, 6), shape: [CHANNELS, 10] };
  const last = { data: first.data.slice(), shape: [10, CHANNELS] };
  for (let c = 0; c < CHANNELS; c++) for (let i = 0; i < 10; i++) last.data[i * CHANNELS + c] = first.data[c * 10 + i];
  const expected = foldBatchNorm({ weight: first }, given).weight.data;
  for (const axis of [1, -1]) {
    const { data, shape } = foldBatchNorm({ weight: last }, { ...given, axis }).weight;
    expect(shape).toEqual([10, CHANNELS]);
    for (let c = 0; c < CHANNELS; c++)
      for (let i = 0; i < 10; i++) expect(data[i * CHANNELS + c]).toBe(expected[c * 10 + i]);
  }
  const half = { data: toHalves(first.data), shape: first.shape };
  const wide = { data: Float32Array.from(numbers(half)), shape: first.shape };
  expect(foldBatchNorm({ weight: half }, given)).toEqual(foldBatchNorm({ weight: wide }, given));
  const before = memory().tensors;
  const resident = tensor(first);
  const folded = foldBatchNorm({ weight: resident }, given);
  expect(folded.bias).toBeInstanceOf(Tensor);
  expect(folded.weight.data).toEqual(expected);
  expect(folded.bias.data).toEqual(foldBatchNorm({ weight: first }, given).bias.data);
  for (const each of [resident, folded.weight, folded.bias]) each.dispose();
  expect(memory().tensors).toBe(before);
  const own = await load({ maxBytes: 2 ** 20 });
  const big = own.tensor(new Float32Array(80_000), [80_000, 1]);
  const many = new Float32Array(80_000).fill(1);
  expect(() => own.foldBatchNorm({ weight: big }, { mean: many, deviation: many })).toThrow(/^not enough memory/);
  expect(own.memory().tensors).toBe(1);
});

test("a layer without weights in it", () => {
  const none = new Float32Array();
  const folded = foldBatchNorm({ weight: { data: none, shape: [0, 3] } }, { mean: none, deviation: none });
  expect([folded.weight.shape, folded.bias.shape]).toEqual([[0, 3], [0]]);
});

describe("refuses", () => {
  const layer = { weight: { data: gaussian(12, 1), shape: [3, 4] } };
  const three = Float32Array.of(1, 2, 3);
  const given = { mean: three, deviation: three };
  const range = 'finite and at least 0, above 0 if "eps" is 0';
  test.each([
    [undefined, given, new TypeError('"layer" must be an object, got undefined')],
    [layer, undefined, new TypeError('"options" must be an object, got undefined')],
    [{}, given, new TypeError(`"layer.weight" must be ${FORMS}, got undefined`)],
    [{ ...layer, gamma: 1 }, given, new TypeError('unknown option "gamma", known are weight, bias')],
    [{ ...layer, bias: new Float32Array(4) }, given, new RangeError('"layer.bias" must have 3 elements, got 4')],
    [layer, { ...given, mean: undefined }, new TypeError(`"mean" must be ${FORMS}, got undefined`)],
    [layer, { mean: three }, new TypeError(`"deviation" must be ${FORMS}, got undefined`)],
    [layer, { ...given, mean: new Float32Array(4) }, new RangeError('"mean" must have 3 elements, got 4')],
    [layer, { ...given, axis: 1 }, new RangeError('"mean" must have 4 elements, got 3')],
    [layer, { ...given, axis: 2 }, new RangeError('"axis" must be an integer in [-2, 1], got 2')],
    [layer, { ...given, weight: new Float32Array(1) }, new RangeError('"weight" must have 3 elements, got 1')],
    [layer, { ...given, eps: -1 }, new RangeError('"eps" must be a finite number of at least 0, got -1')],
    [
      layer,
      { ...given, calibrated: true },
      new TypeError('unknown option "calibrated", known are mean, deviation, norm, eps, weight, bias, axis'),
    ],
    [
      layer,
      { mean: three, deviation: Float32Array.of(1, 0, 1), eps: 0 },
      new RangeError(`"deviation[1]" must be ${range}, got 0`),
    ],
    [
      layer,
      { mean: three, deviation: Float32Array.of(1, 1, -1) },
      new RangeError(`"deviation[2]" must be ${range}, got -1`),
    ],
    [
      layer,
      { mean: three, deviation: Float32Array.of(Number.NaN, 1, 1) },
      new RangeError(`"deviation[0]" must be ${range}, got NaN`),
    ],
  ])("case %#", (layer, options, error) => {
    refuses(() => foldBatchNorm(any(layer), any(options)), error);
  });
});
