// Layers for TensorFlow.js: what they compute, against the functions of the package and against those of TensorFlow.js.

import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Arithmetic, Dense, Norm } from "../../src/index.js";
import * as halfnorm from "../../src/index.js";
import * as tfjs from "../../src/tfjs/index.js";
import { sizeOf } from "../oracle/walk.js";
import { everyNorm, show } from "../support/cases.js";
import { normal } from "../support/random.js";
import { BACKENDS, start } from "../support/tensorflow.js";

const NORMS: Norm[] = everyNorm();
const ARITHMETICS: (Arithmetic | undefined)[] = [undefined, "float16", { compute: "bfloat16", accumulate: "exact" }];

function randomTensor(shape: number[], seed: number, offset = 0): tf.Tensor {
  const next = normal(seed);
  return tf.tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => next() + offset),
    shape,
  );
}

const valuesOf = (x: tf.Tensor) => ({ data: x.dataSync().slice() as Float32Array, shape: x.shape });
const call = (layer: layers.Layer, x: tf.Tensor, training = false) => layer.apply(x, { training }) as tf.Tensor;
/** Without the layer before it, and without a number behind it. */
const nameOf = ({ name }: { readonly name: string }) => name.replace(/^.*\/|_\d+$/g, "");

/** Gives the weights of a layer random values, and says what they are. */
function randomize(layer: layers.Layer): Record<string, Float32Array> {
  const weights = layer.weights.map(({ shape }, i) => tf.abs(randomTensor(shape as number[], i + 10)));
  layer.setWeights(weights);
  return Object.fromEntries(layer.weights.map((weight, i) => [nameOf(weight), valuesOf(weights[i]).data]));
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  const size = Math.max(1, ...b.map(Math.abs));
  const worst = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  expect(worst).toBeLessThanOrEqual(tolerance * size);
}

describe.each(BACKENDS)("on the %s backend", (backend) => {
  beforeAll(() => start(backend));

  describe.each(NORMS.map((norm) => [show(norm), norm] as const))("by %s", (_, norm) => {
    it.each(ARITHMETICS)("gives the results and gradients of the package, arithmetic %o", (arithmetic) => {
      const x = randomTensor([6, 5, 4], 1, 2);
      const dy = randomTensor([6, 5, 4], 2);
      const options = { norm, arithmetic, eps: 1e-3 };
      const check = (
        layer: layers.Layer,
        forward: (x: halfnorm.TensorLike, o: object) => Dense,
        backward: (dy: halfnorm.TensorLike, x: halfnorm.TensorLike, o: object) => { dx: Dense },
        axis: number,
      ) => {
        call(layer, x).dispose();
        const { gamma: weight, beta: bias } = randomize(layer);
        const o = { ...options, axis, weight, ...(bias ? { bias } : {}) };
        expect(call(layer, x, true).dataSync()).toEqual(forward(valuesOf(x), o).data);
        const dx = tf.grad((each) => call(layer, each, true))(x, dy);
        expect(dx.dataSync()).toEqual(backward(valuesOf(dy), valuesOf(x), o).dx.data);
      };
      const batch = tfjs.batchNormalization({ norm, arithmetic, axis: 1, epsilon: 1e-3 });
      check(batch, halfnorm.batchNorm as never, halfnorm.batchNormBackward as never, 1);
      const layer = tfjs.layerNormalization({ norm, arithmetic, axis: [-1, -2], epsilon: 1e-3 });
      check(layer, halfnorm.layerNorm as never, halfnorm.layerNormBackward as never, 1);
      const rms = tfjs.rmsNormalization({ norm, arithmetic, epsilon: 1e-3 });
      check(rms, halfnorm.rmsNorm as never, halfnorm.rmsNormBackward as never, 2);
    });

    it("normalizes in inference by the moving averages, which followed the batches", () => {
      const layer = tfjs.batchNormalization({ norm, momentum: 0.75, calibrated: true, epsilon: 0.01 });
      const means = new Float64Array(3);
      const deviations = new Float64Array(3).fill(1);
      for (let i = 0; i < 20; i++) {
        const x = randomTensor([16, 3], i, i % 5);
        call(layer, x, true).dispose();
        const { mean, deviation } = halfnorm.statistics(valuesOf(x), { norm, axes: [0], calibrated: true });
        for (let j = 0; j < 3; j++) {
          means[j] = 0.75 * means[j] + 0.25 * mean.data[j];
          deviations[j] = 0.75 * deviations[j] + 0.25 * deviation.data[j];
        }
      }
      const { gamma, beta, moving_mean, moving_deviation } = Object.fromEntries(
        layer.getWeights().map((value, i) => [nameOf(layer.weights[i]), valuesOf(value)]),
      );
      for (let j = 0; j < 3; j++) {
        expect(moving_mean.data[j]).toBeCloseTo(means[j], 5);
        expect(moving_deviation.data[j]).toBeCloseTo(deviations[j], 5);
      }
      const x = randomTensor([7, 3], 99);
      const o = { norm, weight: gamma, bias: beta, mean: moving_mean, deviation: moving_deviation, eps: 0.01 };
      expect(call(layer, x).dataSync()).toEqual(halfnorm.batchNorm(valuesOf(x), o).data);
      expect(layer.trainableWeights).toHaveLength(2);
      expect(layer.nonTrainableWeights).toHaveLength(2);
    });

    it("normalizes the kernels of layers", () => {
      const kernelOf = (layer: layers.Layer) => call(layer, tf.eye(5));
      const inner = () => layers.dense({ units: 4, useBias: false });
      const weight = tfjs.weightNormalization({ layer: inner(), norm });
      const initial = valuesOf(kernelOf(weight));
      expectClose(tf.tensor(initial.data, [5, 4]), weight.getWeights()[0], 1e-6);
      const { kernel: v, g } = randomize(weight);
      const expected = halfnorm.weightNorm({ data: v, shape: [5, 4] }, { g, norm, axis: 1 });
      expect(kernelOf(weight).dataSync()).toEqual(expected.data);

      const bounded = tfjs.boundedWeightNormalization({ layer: inner(), norm });
      const first = kernelOf(bounded);
      const own = { data: bounded.getWeights()[0].dataSync() as Float32Array, shape: [5, 4] };
      expectClose(
        first,
        tf.tensor(halfnorm.boundedWeightNorm(own, { norm, axis: 1 }).data as Float32Array, [5, 4]),
        1e-6,
      );
      expect(bounded.nonTrainableWeights).toHaveLength(1);

      const learnable = tfjs.boundedWeightNormalization({ layer: inner(), norm, learnable: true });
      const before = kernelOf(learnable);
      expectClose(before, learnable.getWeights()[0], 1e-6); // it begins as the layer it wraps
    });
  });

  it("batch and layer normalization by l2 are those of TensorFlow.js", () => {
    for (const shape of [
      [7, 4],
      [5, 3, 2, 4],
    ]) {
      const x = randomTensor(shape, 3, 1);
      const dy = randomTensor(shape, 4);
      const args = { epsilon: 0.01, momentum: 0.5 };
      const pair = [tfjs.batchNormalization(args), layers.batchNormalization(args)];
      for (const layer of pair) call(layer, x).dispose();
      const weights = pair[0].getWeights();
      weights[0] = randomTensor(weights[0].shape, 5);
      weights[1] = randomTensor(weights[1].shape, 6);
      for (const layer of pair) layer.setWeights(weights);
      const [ours, theirs] = pair.map((layer) => [
        call(layer, x, true),
        ...tf.grads((x) => call(layer, x, true))([x], dy),
        ...Object.values(tf.variableGrads(() => tf.sum(tf.mul(call(layer, x, true), dy)) as tf.Scalar).grads),
        layer.getWeights()[2],
      ]);
      expect(ours).toHaveLength(theirs.length);
      ours.forEach((tensor, i) => void expectClose(tensor, theirs[i], 1e-5));
      const [deviation, variance] = pair.map((layer) => layer.getWeights()[3]);
      expect(deviation.shape).toEqual(variance.shape);
      const state = pair[1].getWeights();
      pair[0].setWeights([...state.slice(0, 3), tf.sqrt(state[3])]);
      expectClose(call(pair[0], x), call(pair[1], x), 1e-5);
    }
    const x = randomTensor([5, 3, 4], 7, 1);
    const dy = randomTensor([5, 3, 4], 8);
    for (const axis of [-1, [1, 2]]) {
      const pair = [tfjs.layerNormalization({ axis }), layers.layerNormalization({ axis })];
      for (const layer of pair) call(layer, x).dispose();
      const weights = pair[0].getWeights().map((weight, i) => randomTensor(weight.shape, i));
      for (const layer of pair) layer.setWeights(weights);
      expectClose(call(pair[0], x), call(pair[1], x), 1e-5);
      const [ours, theirs] = pair.map((layer) => tf.grad((x) => call(layer, x))(x, dy));
      expectClose(ours, theirs, 1e-5);
    }
  });
});
