// Gradients of the layers for TensorFlow.js against differences of their own values.

import * as tf from "@tensorflow/tfjs-core";
import { type LayerVariable, layers } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Norm } from "../../src/index.js";
import {
  batchNormalization,
  boundedWeightNormalization,
  layerNormalization,
  rmsNormalization,
  weightNormalization,
} from "../../src/tfjs/index.js";
import { sizeOf } from "../oracle/walk.js";
import { everyNorm, show } from "../support/cases.js";
import { normal } from "../support/random.js";
import { BACKENDS, start } from "../support/tensorflow.js";

const NORMS: Norm[] = everyNorm();

interface Case {
  layer: (norm: Norm) => layers.Layer;
  shape: number[];
  /** Of call(). */
  training?: boolean;
  /** TensorFlow.js has no kernel for the gradient on its WebAssembly backend. */
  cpu?: boolean;
}

const CASES: Record<string, Case> = {
  "batch normalization": { layer: (norm) => batchNormalization({ norm }), shape: [6, 4], training: true },
  "batch normalization, channels first": {
    layer: (norm) => batchNormalization({ norm, axis: 1, center: false, calibrated: true }),
    shape: [3, 2, 2, 3],
    training: true,
  },
  "batch normalization, channels last": {
    layer: (norm) => batchNormalization({ norm, scale: false, epsilon: 0.1 }),
    shape: [3, 2, 2, 3],
    training: true,
  },
  "batch normalization in inference": { layer: (norm) => batchNormalization({ norm }), shape: [6, 4] },
  "layer normalization": { layer: (norm) => layerNormalization({ norm }), shape: [3, 6] },
  "layer normalization over two axes": {
    layer: (norm) => layerNormalization({ norm, axis: [-2, -1], epsilon: 0.1 }),
    shape: [3, 2, 4],
  },
  "RMS normalization": { layer: (norm) => rmsNormalization({ norm }), shape: [3, 6] },
  "weight normalization of a dense layer": {
    layer: (norm) => weightNormalization({ norm, layer: layers.dense({ units: 3 }) }),
    shape: [4, 5],
  },
  "weight normalization of a convolution": {
    layer: (norm) => weightNormalization({ norm, layer: layers.conv2d({ filters: 3, kernelSize: 2 }) }),
    shape: [2, 4, 4, 2],
    cpu: true,
  },
  "weight normalization of a transposed convolution": {
    layer: (norm) => weightNormalization({ norm, layer: layers.conv2dTranspose({ filters: 3, kernelSize: 2 }) }),
    shape: [2, 3, 3, 2],
    cpu: true,
  },
  "bounded weight normalization": {
    layer: (norm) => boundedWeightNormalization({ norm, layer: layers.dense({ units: 3 }) }),
    shape: [4, 5],
  },
  "bounded weight normalization, learnable": {
    layer: (norm) => boundedWeightNormalization({ norm, rho: 2, learnable: true, layer: layers.dense({ units: 3 }) }),
    shape: [4, 5],
  },
};

/** The tf.Variable of a weight. */
const variableOf = (weight: LayerVariable): tf.Variable => (weight as unknown as { val: tf.Variable }).val;

/** Random values, none of them within a step of differences of a kink of a norm: that is a matter of the seed. */
function valuesOf(size: number, seed: number): Float32Array {
  const next = normal(seed);
  return Float32Array.from({ length: size }, next);
}

/** A loss that depends on every element of y in a way of its own. */
const lossOf = (y: tf.Tensor): tf.Scalar => {
  const next = normal(99);
  const factors = tf.tensor(Float32Array.from({ length: y.size }, next), y.shape);
  return tf.sum(tf.mul(y, factors)) as tf.Scalar;
};

/** Central differences of the loss by the elements of a variable. */
function differences(loss: () => tf.Scalar, variable: tf.Variable): Float64Array {
  const values = variable.dataSync().slice();
  const h = 2 ** -10;
  const at = (i: number, value: number): number => {
    const moved = values.slice();
    moved[i] = value;
    return tf.tidy(() => {
      variable.assign(tf.tensor(moved, variable.shape));
      return loss().dataSync()[0];
    });
  };
  const result = Float64Array.from(values, (value, i) => (at(i, value + h) - at(i, value - h)) / (2 * h));
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  return result;
}

describe.each(BACKENDS)("on the %s backend", (backend) => {
  beforeAll(() => start(backend));

  const cases = Object.entries(CASES).filter(([, { cpu }]) => backend === "cpu" || !cpu);
  describe.each(cases)("%s", (_, { layer: make, shape, training = false }) => {
    it.each(NORMS.map((norm) => [show(norm), norm] as const))("by %s has the gradients of its values", (_, norm) => {
      const x = tf.variable(tf.tensor(valuesOf(sizeOf(shape), 1), shape));
      const layer = make(norm);
      const loss = () => tf.tidy(() => lossOf(layer.apply(x, { training }) as tf.Tensor));
      loss().dispose();
      const weights = layer.trainableWeights;
      weights.forEach((weight, i) => {
        const { size, shape } = variableOf(weight);
        tf.tidy(() => void weight.write(tf.tensor(valuesOf(size, i + 2), shape)));
      });
      const variables = [x, ...weights.map(variableOf)];
      const { grads } = tf.variableGrads(loss, variables);
      for (const variable of variables) {
        const expected = differences(loss, variable);
        const actual = grads[variable.name].dataSync();
        const size = Math.max(...expected.map(Math.abs));
        for (let i = 0; i < expected.length; i++) {
          const distance = Math.abs(actual[i] - expected[i]);
          if (!(distance <= 2e-3 * (size + 1))) {
            expect.fail(`${variable.name}[${i}]: ${actual[i]} instead of ${expected[i]}`);
          }
        }
      }
      tf.dispose([grads as never, x]);
      layer.dispose();
    });
  });
});
