/** Batch norm by ghost top-k: what training divides by settles at the scale, and its gradient is that of what is computed. */
import { describe, expect, test } from "vitest";
import { BatchNorm, batchNorm, batchNormBackward, statistics } from "../../src/index.js";
import { paperConstant } from "../oracle/emulated.js";
import { batch, CHANNELS, channelStatistics, SHAPE } from "../support/batch-norm.js";
import { numbers as dataOf } from "../support/compare.js";
import { gaussian, trueNormal } from "../support/random.js";
import { any } from "../support/refuses.js";

describe("what is divided by", () => {
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
      const stats = channelStatistics({ topk: 3 }, x);
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
  test("emulated, is near that of native arithmetic, and the same for the first batch", () => {
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

  test("is the derivative of what it computes", () => {
    const [k, eps, share] = [3, 0.01, 0.25 / (1 - 0.75 ** 2)];
    const layer = new BatchNorm({ channels: CHANNELS, norm: { topk: k }, ghost: true, eps, weight: gaussian(3, 8) });
    const weight = layer.weight as Float32Array;
    layer.train(batch(1));
    const old = channelStatistics({ topk: k }, batch(1)).map(({ deviation }) => deviation);
    const x = batch(2);
    const dy = batch(3);
    const loss = (data: ArrayLike<number>): number => {
      let sum = 0;
      const shifted = { data: Float64Array.from(data) as unknown as Float32Array, shape: SHAPE };
      channelStatistics({ topk: k }, shifted).forEach(({ mean, deviation }, c) => {
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
    const stats = channelStatistics({ topk: k }, x);
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
