// The epsilon of layers for TensorFlow.js where none is given: their own, or more where equal values need it.

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Arithmetic } from "../../src/index.js";
import { batchNormalization, layerNormalization, rmsNormalization } from "../../src/tfjs/index.js";
import { everyNorm, show } from "../support/cases.js";
import { start } from "../support/tensorflow.js";

beforeAll(() => start("cpu"));

const epsilonOf = (layer: layers.Layer): unknown => layer.getConfig().epsilon;

it("is theirs wherever that will do", () => {
  expect(epsilonOf(batchNormalization({ norm: "l1", arithmetic: "float16" }))).toBe(1e-3);
  expect(epsilonOf(layerNormalization({}))).toBe(1e-3);
  expect(epsilonOf(rmsNormalization({ norm: "l1" }))).toBe(1e-6);
  expect(epsilonOf(rmsNormalization({ arithmetic: "float16" }))).toBe(1e-6);
  expect(epsilonOf(rmsNormalization({ norm: "l1", arithmetic: "float16" }))).toBe(257 * 2 ** -24);
  expect(epsilonOf(rmsNormalization({ norm: "l1", arithmetic: "float16", epsilon: 1e-6 }))).toBe(1e-6);
  expect(epsilonOf(layerNormalization({ norm: "l1", arithmetic: "float8_e4m3fn" }))).toBe(2 ** -8);
});

const ARITHMETICS: Arithmetic[] = ["float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"];

describe.each(everyNorm().map((norm) => [show(norm), norm] as const))("by %s, equal values stay finite", (_, norm) => {
  it.each(ARITHMETICS)("in %s", (arithmetic) => {
    const x = tf.zeros([4, 12]);
    const dead = [batchNormalization, layerNormalization, rmsNormalization].map((make) => make({ norm, arithmetic }));
    for (const layer of dead) {
      const y = layer.apply(x, { training: true }) as tf.Tensor;
      expect([...y.dataSync()].every((value) => value === 0)).toBe(true);
    }
    const [batch] = dead;
    batch.setWeights(batch.weights.map(({ shape }) => tf.zeros(shape as number[])));
    const inferred = batch.apply(x) as tf.Tensor;
    expect([...inferred.dataSync()].every(Number.isFinite)).toBe(true);
  });
});
