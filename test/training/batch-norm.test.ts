/** Batch norm with a state: what it computes, what it keeps, what it gives away as JSON. */
import { describe, expect, test } from "vitest";
import {
  type Arithmetic,
  BatchNorm,
  batchNorm,
  batchNormBackward,
  foldBatchNorm,
  load,
  memory,
  type Normalizer,
  statistics,
  Tensor,
  tensor,
} from "../../src/index.js";
import { axesBut } from "../oracle/walk.js";
import { batch, CHANNELS, channelStatistics, SHAPE } from "../support/batch-norm.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { numbers as dataOf, toHalves } from "../support/compare.js";
import { gaussian, wide } from "../support/random.js";

const NORMS: readonly Normalizer[] = [...everyNorm(), "none"];

describe("train", () => {
  const weight = gaussian(CHANNELS, 1);
  const bias = gaussian(CHANNELS, 2);
  const arithmetics: (Arithmetic | undefined)[] = [undefined, "float16", { compute: "float16", accumulate: "exact" }];

  test.each(NORMS)("by %j gives what batchNorm gives, and its statistics", (norm) => {
    for (const arithmetic of arithmetics) {
      for (const axis of [1, -1]) {
        const channels = SHAPE.at(axis) as number;
        const options = { norm, axis, eps: 1e-3, arithmetic, weight: weight.slice(0, channels), bias };
        if (axis === -1) Object.assign(options, { weight: gaussian(channels, 4), bias: gaussian(channels, 5) });
        for (const storage of STORAGES) {
          const layer = new BatchNorm({ channels, momentum: 1, ...options });
          const { data, shape } = batch(7);
          const x = { data: storage === "float16" ? toHalves(data) : data, shape };
          const expected = batchNorm(x, options);
          expect(layer.train(x)).toEqual(expected);
          const resident = tensor(x.data, shape);
          const y = layer.train(resident);
          expect(y).toBeInstanceOf(Tensor);
          expect(y.data).toEqual(expected.data);
          expect(layer.train(x, { out: y })).toBe(y);
          expect(layer.train(x, { dtype: "float16" })).toEqual(batchNorm(x, { ...options, dtype: "float16" }));
          y.dispose();
          // with momentum 1 the running statistics are those of the batch
          const axes = axesBut(shape, axis);
          const { mean, deviation } = statistics(x, { norm: norm === "none" ? "l2" : norm, axes, arithmetic });
          expect(layer.runningMean).toEqual(mean.data);
          if (norm === "none") expect([...layer.runningDeviation]).toEqual(new Array(channels).fill(1));
          else expect(layer.runningDeviation).toEqual(deviation.data);
          expect(layer.numBatches).toBe(4);
          resident.dispose();
        }
      }
    }
  });

  test("calibrated", () => {
    const layer = new BatchNorm({ channels: CHANNELS, norm: "linf", calibrated: true });
    expect(layer.train(batch(3))).toEqual(
      batchNorm(batch(3), { norm: "linf", calibrated: true, weight: layer.weight, bias: layer.bias }),
    );
  });

  test("without weight and bias", () => {
    const layer = new BatchNorm({ channels: CHANNELS, affine: false });
    expect([layer.weight, layer.bias]).toEqual([undefined, undefined]);
    expect(layer.train(batch(3))).toEqual(batchNorm(batch(3)));
  });
});

describe("running statistics", () => {
  test.each(NORMS)("by %j over 1,000 batches are those of a model in float64", (norm) => {
    const layer = new BatchNorm({ channels: CHANNELS, norm });
    const means = new Float64Array(CHANNELS);
    const deviations = new Float64Array(CHANNELS).fill(1);
    for (let t = 0; t < 1000; t++) {
      const x = batch(t);
      layer.train(x);
      channelStatistics(norm, x).forEach(({ mean, deviation }, c) => {
        means[c] = 0.9 * means[c] + 0.1 * mean;
        deviations[c] = 0.9 * deviations[c] + 0.1 * deviation;
      });
    }
    expect(layer.numBatches).toBe(1000);
    for (let c = 0; c < CHANNELS; c++) {
      // half an ulp a step, of which a tenth is forgotten at the next
      expect(Math.abs(layer.runningDeviation[c] / deviations[c] - 1)).toBeLessThan(6 * 2 ** -23);
      expect(Math.abs(layer.runningMean[c] - means[c])).toBeLessThan(6 * 2 ** -23);
    }
  });

  test("begin with 0 and 1, and take their share of the first batch", () => {
    const layer = new BatchNorm({ channels: CHANNELS, norm: "l1", momentum: 0.25 });
    expect([...layer.runningMean, ...layer.runningDeviation]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(layer.infer(batch(1))).toEqual(
      batchNorm(batch(1), { norm: "l1", mean: new Float32Array(3), deviation: new Float32Array(3).fill(1) }),
    );
    layer.train(batch(1));
    const [{ mean, deviation }] = channelStatistics("l1", batch(1));
    expect(layer.runningMean[0]).toBeCloseTo(0.25 * mean, 6);
    expect(layer.runningDeviation[0]).toBeCloseTo(0.75 + 0.25 * deviation, 6);
  });

  test("are the average of all batches with momentum null", () => {
    const layer = new BatchNorm({ channels: CHANNELS, momentum: null });
    const all = Array.from({ length: 20 }, (_, t) => channelStatistics("l2", batch(t)));
    for (let t = 0; t < 20; t++) layer.train(batch(t));
    for (let c = 0; c < CHANNELS; c++) {
      const average = all.reduce((sum, channels) => sum + channels[c].deviation, 0) / 20;
      expect(layer.runningDeviation[c]).toBeCloseTo(average, 5);
    }
  });

  test("with momentum 0 stay", () => {
    const layer = new BatchNorm({ channels: CHANNELS, momentum: 0 });
    layer.train(batch(1));
    expect([...layer.runningMean, ...layer.runningDeviation]).toEqual([0, 0, 0, 1, 1, 1]);
    layer.momentum = 1;
    layer.train(batch(1));
    expect(layer.runningMean[0]).not.toBe(0);
  });

  test("keep what is not finite in its channel", () => {
    const layer = new BatchNorm({ channels: CHANNELS });
    const x = batch(1);
    x.data[0] = Number.NaN;
    x.data[5] = Number.POSITIVE_INFINITY;
    layer.train(x);
    layer.train(batch(2));
    expect([...layer.runningMean]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, expect.any(Number)]);
    expect(Number.isFinite(layer.runningMean[2])).toBe(true);
  });

  test("may be set, from another framework", () => {
    const layer = new BatchNorm({ channels: 2, affine: false });
    layer.runningMean.set([1, 2]);
    layer.runningDeviation.set([2, 4]);
    const { data } = layer.infer({ data: Float32Array.of(3, 6), shape: [1, 2] });
    expect(data[0]).toBeCloseTo(1, 5);
    expect(data[1]).toBeCloseTo(1, 5);
  });
});

describe("infer", () => {
  test.each(NORMS)("by %j is batchNorm with the running statistics, and a folded layer", (norm) => {
    const layer = new BatchNorm({ channels: CHANNELS, norm, weight: gaussian(3, 8), bias: gaussian(3, 9) });
    for (let t = 0; t < 5; t++) layer.train(batch(t));
    const before = layer.state();
    const x = batch(100);
    const expected = batchNorm(x, layer.parameters());
    expect(layer.infer(x)).toEqual(expected);
    const resident = tensor(x.data, x.shape);
    expect(layer.infer(resident, { out: resident })).toBe(resident);
    expect(resident.data).toEqual(expected.data);
    resident.dispose();
    expect(layer.state()).toEqual(before);
    // an identity before it, folded
    const identity = { data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), shape: [3, 3] };
    const { weight, bias } = foldBatchNorm({ weight: identity }, layer.parameters());
    dataOf(expected).forEach((value, i) => {
      const c = Math.floor(i / 5) % 3;
      expect(Math.abs(x.data[i] * weight.data[c * 4] + bias.data[c] - value)).toBeLessThan(1e-5);
    });
  });
});

describe("state", () => {
  test.each(NORMS)("by %j goes through JSON and back", (norm) => {
    const ghost = typeof norm === "object" && "topk" in norm ? 0.5 : undefined;
    for (const more of [{}, { arithmetic: { compute: "bfloat16", order: "pairwise" } as const, calibrated: true }]) {
      const settings = { channels: CHANNELS, norm, axis: -2, eps: 1e-4, momentum: null, ghost, ...more };
      const layer = new BatchNorm({ ...settings, weight: gaussian(3, 8), bias: gaussian(3, 9) });
      for (let t = 0; t < 5; t++) layer.train(batch(t));
      const state = JSON.parse(JSON.stringify(layer.state()));
      expect(state).toEqual(layer.state());
      const other = BatchNorm.from(state);
      expect(other.state()).toEqual(state);
      // and goes on as the first one does
      expect(other.infer(batch(50))).toEqual(layer.infer(batch(50)));
      expect(other.train(batch(51))).toEqual(layer.train(batch(51)));
      expect(other.state()).toEqual(layer.state());
      const third = new BatchNorm(settings);
      third.restore(layer.state());
      expect(third.train(batch(52))).toEqual(layer.train(batch(52)));
    }
  });

  test("is a copy", () => {
    const layer = new BatchNorm({ channels: 1 });
    const state = layer.state();
    layer.train({ data: Float32Array.of(1, 5), shape: [2, 1] });
    expect(state.runningMean).toEqual([0]);
    const other = BatchNorm.from(state);
    other.runningMean[0] = 5;
    expect(state.runningMean).toEqual([0]);
  });

  test("without weight and bias, and with numbers that JSON does not have", () => {
    const layer = new BatchNorm({ channels: 2, affine: false });
    layer.runningMean.set([Number.NaN, Number.NEGATIVE_INFINITY]);
    const state = JSON.parse(JSON.stringify(layer.state()));
    expect(state).toMatchObject({ weight: null, bias: null, runningMean: ["NaN", "-Infinity"] });
    const other = BatchNorm.from(state);
    expect([other.weight, ...other.runningMean]).toEqual([undefined, Number.NaN, Number.NEGATIVE_INFINITY]);
    layer.bias = new Float32Array(2);
    expect(BatchNorm.from(layer.state()).state()).toEqual(layer.state());
  });
});

describe("backward", () => {
  test.each(NORMS)("by %j is the gradient of the last batch, with the weight of then", (norm) => {
    for (const calibrated of [false, true]) {
      const settings = { norm, axis: 1, eps: 1e-3, calibrated };
      const layer = new BatchNorm({ channels: CHANNELS, ...settings, weight: gaussian(3, 8), bias: gaussian(3, 9) });
      layer.train(batch(1));
      const x = batch(2);
      layer.train(x);
      const weight = layer.weight?.slice();
      layer.weight?.fill(7);
      const dy = batch(3);
      const expected = batchNormBackward(dy, x, { ...settings, weight });
      const found = layer.backward(dy);
      for (const key of ["dx", "dweight", "dbias"] as const) {
        const wanted = dataOf(expected[key]);
        const size = Math.max(...wanted.map(Math.abs));
        dataOf(found[key]).forEach((value, i) => {
          // the saved statistics are float32
          expect(Math.abs(value - wanted[i])).toBeLessThanOrEqual(1e-6 * size);
        });
      }
      expect(layer.backward(dy)).toEqual(found);
    }
  });

  test.each(NORMS)("by %j, emulated, is that of batchNormBackward to the bit", (norm) => {
    for (const arithmetic of ["float16", { compute: "bfloat16", accumulate: "float32" }] as const) {
      const settings = { norm, eps: 1e-3, arithmetic };
      const layer = new BatchNorm({ channels: CHANNELS, ...settings, weight: gaussian(3, 8) });
      layer.train(batch(2));
      const expected = batchNormBackward(batch(3), batch(2), { ...settings, weight: layer.weight });
      expect(layer.backward(batch(3))).toEqual(expected);
    }
  });

  test("of a tensor is a tensor", () => {
    const before = memory().tensors;
    const layer = new BatchNorm({ channels: CHANNELS, norm: "l1" });
    const x = tensor(batch(1).data, SHAPE);
    const y = layer.train(x);
    const { dx, dweight, dbias } = layer.backward(y) as { dx: Tensor; dweight: Tensor; dbias: Tensor };
    for (const each of [dx, dweight, dbias]) expect(each).toBeInstanceOf(Tensor);
    for (const each of [dx, dweight, dbias, y]) each.dispose();
    x.dispose();
    expect(memory().tensors).toBe(before);
    expect(() => layer.backward(batch(1))).toThrow(
      new TypeError('"x" must be a live tensor, got one that was disposed of'),
    );
  });
});

test("layers of an instance of its own work there", async () => {
  const own = await load({ maxBytes: 2 ** 20 });
  const layer = new own.BatchNorm({ channels: 3, norm: "l1" });
  expect(layer).toBeInstanceOf(BatchNorm);
  expect(layer).toBeInstanceOf(own.BatchNorm);
  const before = memory();
  const x = own.tensor(batch(1).data, SHAPE);
  const y = layer.train(x);
  expect(own.memory().tensors).toBe(2);
  const other = own.BatchNorm.from(layer.state());
  const z = other.infer(x);
  expect(own.memory().tensors).toBe(3);
  expect(memory()).toEqual(before);
  const { dx, dweight, dbias } = layer.backward(z) as { dx: Tensor; dweight: Tensor; dbias: Tensor };
  for (const each of [x, y, z, dx, dweight, dbias]) each.dispose();
  expect(own.memory().tensors).toBe(0);
});

test("memory stays as it is over many steps", () => {
  const layer = new BatchNorm({ channels: 3, norm: { topk: 2 }, ghost: true });
  const x = tensor(wide(60, 1, -3, 3), SHAPE);
  const y = tensor(new Float32Array(60), SHAPE);
  const step = () => {
    layer.train(x, { out: y });
    layer.infer(x, { out: y });
    layer.backward(x, { out: { dx: y, dweight: new Float32Array(3), dbias: new Float32Array(3) } });
  };
  step();
  const before = memory();
  for (let i = 0; i < 1000; i++) step();
  expect(memory()).toEqual(before);
  x.dispose();
  y.dispose();
});
