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
import { type Norm, paperConstant } from "../oracle/emulated.js";
import { centre, ruleOf, scaleOf, sum } from "../oracle/gradients.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { numbers, toHalves } from "../support/compare.js";
import { gaussian, trueNormal, wide } from "../support/random.js";
import { any } from "../support/refuses.js";

const NORMS: readonly Normalizer[] = [...everyNorm(), "none"];
const SHAPE = [4, 3, 5];
const CHANNELS = 3;

const batch = (seed: number) => ({
  data: gaussian(
    SHAPE.reduce((a, b) => a * b, 1),
    seed,
    0.5,
    2,
  ),
  shape: SHAPE,
});
const dataOf = (result: unknown) => numbers(result);

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
          const axes = shape.map((_, i) => i).filter((i) => i !== (axis + shape.length) % shape.length);
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

/** Mean and deviation of each channel in float64, by their definitions. */
function model(norm: Normalizer, { data, shape }: ReturnType<typeof batch>) {
  const inner = shape[2];
  const n = shape[0] * inner;
  const rule = ruleOf(norm as Norm | "none", n, 0);
  return Array.from({ length: shape[1] }, (_, c) => {
    const x = [...data].filter((_, i) => Math.floor(i / inner) % shape[1] === c);
    return { mean: sum(x) / n, deviation: scaleOf(rule, centre(rule, x)) };
  });
}

describe("running statistics", () => {
  test.each(NORMS)("by %j over 1,000 batches are those of a model in float64", (norm) => {
    const layer = new BatchNorm({ channels: CHANNELS, norm });
    const means = new Float64Array(CHANNELS);
    const deviations = new Float64Array(CHANNELS).fill(1);
    for (let t = 0; t < 1000; t++) {
      const x = batch(t);
      layer.train(x);
      model(norm, x).forEach(({ mean, deviation }, c) => {
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
    const [{ mean, deviation }] = model("l1", batch(1));
    expect(layer.runningMean[0]).toBeCloseTo(0.25 * mean, 6);
    expect(layer.runningDeviation[0]).toBeCloseTo(0.75 + 0.25 * deviation, 6);
  });

  test("are the average of all batches with momentum null", () => {
    const layer = new BatchNorm({ channels: CHANNELS, momentum: null });
    const all = Array.from({ length: 20 }, (_, t) => model("l2", batch(t)));
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

describe("ghost top-k", () => {
  const norm = { topk: 10 };
  const ghostOf = (layer: BatchNorm) => layer.state().ghostDeviation as number[];

  test("settles at the scale: the same batch again and again", () => {
    const shape = [32, 1, 4];
    const x = { data: gaussian(128, 5), shape };
    const layer = new BatchNorm({ channels: 1, norm, ghost: true });
    const scale = statistics(x, { norm }).deviation.data[0];
    const expected = dataOf(batchNorm(x, { norm }));
    for (let t = 0; t < 50; t++) {
      const y = layer.train(x);
      expect(Math.abs(ghostOf(layer)[0] / scale - 1)).toBeLessThan(4 * 2 ** -23);
      expect(Math.max(...dataOf(y).map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-5);
    }
    // as in the paper's code it would settle at 0.25 / (1 - 0.75 C(128)) = 0.398 of it
    expect(0.25 / (1 - 0.75 * paperConstant(norm, 128))).toBeCloseTo(0.398, 3);
  });

  test("settles at the scale: batches of N(0, 1)", () => {
    const next = trueNormal(3);
    const layer = new BatchNorm({ channels: 1, norm, ghost: 0.95, calibrated: true });
    for (let t = 0; t < 300; t++) {
      layer.train({ data: Float32Array.from({ length: 1024 }, next), shape: [1024, 1] });
    }
    // a coefficient of variation of 0.047, averaged over about 39 batches
    expect(Math.abs(ghostOf(layer)[0] - 1)).toBeLessThan(0.03);
  });

  test("divides by the average over the batches", () => {
    const layer = new BatchNorm({ channels: CHANNELS, norm: { topk: 3 }, ghost: 0.75, eps: 0.01, affine: false });
    const scales: number[][] = [];
    for (let t = 1; t <= 6; t++) {
      const x = batch(t);
      const stats = model({ topk: 3 }, x);
      scales.push(stats.map(({ deviation }) => deviation));
      const y = dataOf(layer.train(x));
      for (let c = 0; c < CHANNELS; c++) {
        const weights = scales.map((_, i) => 0.75 ** (t - 1 - i));
        const total = weights.reduce((a, b) => a + b, 0);
        const average = scales.reduce((sum, each, i) => sum + weights[i] * each[c], 0) / total;
        expect(ghostOf(layer)[c]).toBeCloseTo(average, 5);
        expect(y[c * 5]).toBeCloseTo((x.data[c * 5] - stats[c].mean) / (average + 0.01), 5);
      }
    }
  });

  test("is for top-k only", () => {
    const message = '"ghost" must be absent but for { topk }, got ';
    for (const other of ["l1", { lp: 2 }, undefined] as const) {
      expect(() => new BatchNorm({ channels: 1, norm: other, ghost: true })).toThrow(new RangeError(`${message}true`));
      expect(() => new BatchNorm({ channels: 1, norm: other, ghost: false })).not.toThrow();
    }
    for (const ghost of [1, -0.1, 2, Number.NaN]) {
      expect(() => new BatchNorm({ channels: 1, norm, ghost })).toThrow(RangeError);
    }
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

  test("of ghost top-k, emulated, is near that of native arithmetic, and the same for the first batch", () => {
    const settings = { channels: CHANNELS, norm: { topk: 3 }, ghost: true };
    const [native, half] = [undefined, "float16"].map((arithmetic) => new BatchNorm(any({ ...settings, arithmetic })));
    for (const seed of [1, 2]) {
      native.train(batch(seed));
      half.train(batch(seed));
      const [wanted, found] = [native, half].map((layer) => dataOf(layer.backward(batch(5)).dx));
      found.forEach((value, i) => {
        expect(Math.abs(value - wanted[i])).toBeLessThan(0.02);
      });
      const options = { norm: settings.norm, arithmetic: "float16" } as const;
      const plain = dataOf(batchNormBackward(batch(5), batch(seed), options).dx);
      expect([...found].every((value, i) => value === plain[i])).toBe(seed === 1);
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

  test("of ghost top-k is the derivative of what it computes", () => {
    const [k, eps, share] = [3, 0.01, 0.25 / (1 - 0.75 ** 2)];
    const layer = new BatchNorm({ channels: CHANNELS, norm: { topk: k }, ghost: true, eps, weight: gaussian(3, 8) });
    const weight = layer.weight as Float32Array;
    layer.train(batch(1));
    const old = model({ topk: k }, batch(1)).map(({ deviation }) => deviation);
    const x = batch(2);
    const dy = batch(3);
    const loss = (data: ArrayLike<number>): number => {
      let sum = 0;
      const shifted = { data: Float64Array.from(data) as unknown as Float32Array, shape: SHAPE };
      model({ topk: k }, shifted).forEach(({ mean, deviation }, c) => {
        const scale = (1 - share) * old[c] + share * deviation + eps;
        for (let i = 0; i < data.length; i++) {
          if (Math.floor(i / 5) % 3 === c) sum += dy.data[i] * (((data[i] - mean) / scale) * weight[c]);
        }
      });
      return sum;
    };
    layer.train(x);
    const { dx, dweight, dbias } = layer.backward(dy);
    const found = dataOf(dx);
    for (let i = 0; i < found.length; i++) {
      const [up, down] = [1e-6, -1e-6].map((step) => {
        const data = Float64Array.from(x.data);
        data[i] += step;
        return loss(data);
      });
      expect(Math.abs(found[i] - (up - down) / 2e-6)).toBeLessThan(2e-5);
    }
    const stats = model({ topk: k }, x);
    for (let c = 0; c < CHANNELS; c++) {
      const scale = (1 - share) * old[c] + share * stats[c].deviation + eps;
      let [products, sum] = [0, 0];
      x.data.forEach((value, i) => {
        if (Math.floor(i / 5) % 3 !== c) return;
        products += (dy.data[i] * (value - stats[c].mean)) / scale;
        sum += dy.data[i];
      });
      expect(dataOf(dweight)[c]).toBeCloseTo(products, 4);
      expect(dataOf(dbias)[c]).toBeCloseTo(sum, 4);
    }
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
