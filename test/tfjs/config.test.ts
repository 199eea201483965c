// Layers for TensorFlow.js: arguments, what is saved of them with a model, what they refuse, and what they leave behind.

import * as tf from "@tensorflow/tfjs-core";
import {
  constraints,
  initializers,
  input,
  layers,
  model as modelOf,
  regularizers,
  sequential,
} from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { format, memory } from "../../src/index.js";
import * as tfjs from "../../src/tfjs/index.js";
import { reloaded, start } from "../support/tensorflow.js";

beforeAll(() => start("cpu"));

type Config = tf.serialization.ConfigDict;
const dense = () => layers.dense({ units: 3, inputShape: [4], kernelRegularizer: "l1l2" });
const spec = format({ precision: 9, emin: -30, emax: 31 });
const shared = {
  name: "it",
  axis: -1,
  epsilon: 0.5,
  scale: true,
  norm: { topk: 2 } as const,
  calibrated: true,
  arithmetic: "float8_e5m2" as const,
  gammaInitializer: initializers.randomNormal({ mean: 1, stddev: 0.5, seed: 1 }),
  gammaRegularizer: regularizers.l2({ l2: 0.25 }),
  gammaConstraint: "nonNeg",
};
const centred = {
  ...shared,
  center: true,
  betaInitializer: initializers.constant({ value: 0.25 }),
  betaRegularizer: "l1l2",
  betaConstraint: constraints.maxNorm({ maxValue: 2, axis: 0 }),
};

/** Layers with other settings than the default ones, and some of what they have to say about themselves. */
const LAYERS: [string, () => layers.Layer, Config][] = [
  [
    "batch normalization",
    () =>
      tfjs.batchNormalization({
        ...centred,
        momentum: 0.5,
        movingMeanInitializer: "ones",
        movingDeviationInitializer: "zeros",
      }),
    { epsilon: 0.5, momentum: 0.5, norm: { topk: 2 }, calibrated: true, arithmetic: "float8_e5m2", center: true },
  ],
  [
    "layer normalization",
    () =>
      tfjs.layerNormalization({
        ...centred,
        axis: [-1],
        norm: { lp: 1.5, unscaled: true },
        arithmetic: { compute: "float8_e4m3fn", accumulate: "exact", order: "pairwise" },
      }),
    {
      axis: [-1],
      norm: { lp: 1.5, unscaled: true },
      arithmetic: { compute: "float8_e4m3fn", accumulate: "exact", order: "pairwise" },
    },
  ],
  [
    "RMS normalization",
    () => tfjs.rmsNormalization({ ...shared, norm: "linf", arithmetic: spec, scale: false }),
    { norm: "linf", arithmetic: { ...spec }, scale: false },
  ],
  [
    "weight normalization",
    () => tfjs.weightNormalization({ layer: dense(), norm: { lp: 3, unscaled: undefined }, trainable: false }),
    { norm: { lp: 3 }, axis: -1, trainable: false },
  ],
  [
    "bounded weight normalization",
    () => tfjs.boundedWeightNormalization({ layer: dense(), norm: "l1", rho: 3, learnable: true, axis: 0 }),
    { norm: "l1", rho: 3, learnable: true, axis: 0 },
  ],
  ["TReLU", () => tfjs.trelu({ name: "t" }), { name: "t" }],
];

describe.each(LAYERS)("%s", (_, make, some) => {
  it("has all of its settings in its configuration, and in a model that is saved", async () => {
    const layer = make();
    const config = layer.getConfig();
    expect(config).toMatchObject(some);
    const model = sequential({ layers: [layers.inputLayer({ inputShape: [4] }), layer] });
    const loaded = await reloaded(model);
    const [, again] = loaded.layers;
    expect(again).not.toBe(layer);
    expect(again.constructor).toBe(layer.constructor);
    expect(JSON.parse(JSON.stringify(again.getConfig()))).toEqual(JSON.parse(JSON.stringify(layer.getConfig())));
    const x = tf.randomNormal([6, 4], 0, 1, "float32", 1);
    const [before, after] = [model, loaded].map((each) => each.predict(x) as tf.Tensor);
    expect(after.dataSync()).toEqual(before.dataSync());
  });

  it("works in a functional model and counts its parameters", () => {
    const layer = make();
    const start = input({ shape: [4] });
    const model = modelOf({ inputs: start, outputs: layer.apply(start) as never });
    expect(model.countParams()).toBe(layer.countParams());
    const { trainable } = layer;
    expect(layer.trainableWeights.length).toBe(trainable ? layer.getWeights(true).length : 0);
    layer.trainable = false;
    expect(model.trainableWeights).toHaveLength(0);
    layer.trainable = true;
    expect(model.trainableWeights.length + layer.nonTrainableWeights.length).toBe(model.weights.length);
  });
});

it("takes every initializer, regularizer and constraint in the forms that TensorFlow.js does", () => {
  const forms = ["zeros", "Zeros", initializers.zeros(), { className: "Zeros", config: {} }, null, undefined];
  for (const betaInitializer of forms) {
    const { betaInitializer: found } = tfjs
      .layerNormalization({ betaInitializer: betaInitializer as never })
      .getConfig();
    expect(found).toEqual({ className: "Zeros", config: {} });
  }
  const layer = tfjs.batchNormalization({
    gammaRegularizer: "l1",
    gammaConstraint: "nonNeg",
    gammaInitializer: "ones",
  });
  layer.build([null, 4]);
  const [loss] = layer.calculateLosses();
  expect(loss.dataSync()[0]).toBeCloseTo(0.04, 6);
  const [gamma] = layer.weights;
  gamma.write(tf.tensor1d([-1, 1, -2, 2]));
  expect([...gamma.read().dataSync()]).toEqual([0, 1, 0, 2]);
});

it("the wrappers are as good a first layer as the one they wrap, and share its losses", () => {
  const model = sequential({ layers: [tfjs.weightNormalization({ layer: dense() })] });
  expect(model.inputs[0].shape).toEqual([null, 4]);
  expect(model.outputs[0].shape).toEqual([null, 3]);
  expect(model.layers[0].calculateLosses()).toHaveLength(1);
});

it("top-k takes what there is when a batch is smaller", () => {
  const layer = tfjs.batchNormalization({ norm: { topk: 10 } });
  const smaller = tfjs.batchNormalization({ norm: { topk: 3 } });
  const x = tf.randomNormal([3, 4], 0, 1, "float32", 2);
  const [a, b] = [layer, smaller].map((each) => each.apply(x, { training: true }) as tf.Tensor);
  expect(a.dataSync()).toEqual(b.dataSync());
});

it("integers are converted, and a mask passes", () => {
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2], "int32");
  const y = tfjs.batchNormalization().apply(x, { training: true }) as tf.Tensor;
  expect(y.dtype).toBe("float32");
  const mask = tf.tensor2d([[1, 1, 0]], [1, 3], "bool");
  for (const layer of [
    tfjs.batchNormalization(),
    tfjs.rmsNormalization(),
    tfjs.weightNormalization({ layer: dense() }),
  ]) {
    expect(layer.computeMask(y, mask)).toBe(mask);
  }
});

it("TReLU has mean 0 and variance 1 on normal data", () => {
  const { mean, variance } = tf.moments(tfjs.trelu().apply(tf.randomNormal([40_000], 0, 1, "float32", 3)) as tf.Tensor);
  expect(mean.dataSync()[0]).toBeCloseTo(0, 1);
  expect(variance.dataSync()[0]).toBeCloseTo(1, 1);
});

describe("refuses", () => {
  const build = (layer: layers.Layer, shape: (number | null)[]) => layer.build(shape);
  const { batchNormalization, layerNormalization, weightNormalization, boundedWeightNormalization } = tfjs;
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ["a norm", () => batchNormalization({ norm: "l3" as never }), RangeError, /^"norm" must be "l1", .*, got "l3"/],
    ["no norm of its own", () => tfjs.rmsNormalization({ norm: "none" as never }), RangeError, /^"norm" must be/],
    ["a misspelt argument", () => batchNormalization({ norms: "l1" } as never), TypeError, /^unknown option "norms"/],
    [
      "what has another meaning",
      () => batchNormalization({ movingVarianceInitializer: "ones" } as never),
      TypeError,
      /"movingVarianceInitializer", known are .*"?movingDeviationInitializer/,
    ],
    ["a momentum", () => batchNormalization({ momentum: 1.5 }), RangeError, /^"momentum" must be .*, got 1.5/],
    ["an epsilon", () => layerNormalization({ epsilon: -1 }), RangeError, /^"epsilon" must be .*, got -1/],
    ["a type", () => layerNormalization({ center: "no" as never }), TypeError, /^"center" must be true or false/],
    [
      "an arithmetic",
      () => layerNormalization({ arithmetic: "float17" as never }),
      RangeError,
      /^"arithmetic" must be/,
    ],
    [
      "an initializer",
      () => layerNormalization({ betaInitializer: "nought" as never }),
      TypeError,
      /^"betaInitializer" must be .*, got { className }/,
    ],
    ["an axis", () => build(batchNormalization({ axis: 2 }), [null, 4]), RangeError, /^"axis" .* \[-2, 1\], got 2/],
    ["an unknown size", () => build(batchNormalization(), [null, null]), RangeError, /^"inputShape" must be of known/],
    [
      "axes that are not the last",
      () => build(layerNormalization({ axis: 1 }), [null, 4, 5]),
      RangeError,
      /^"axis" must be the last axis or all axes from one to the last, got 1/,
    ],
    ["a layer that is none", () => weightNormalization({ layer: {} as never }), TypeError, /^"layer" must be/],
    [
      "a layer without a kernel",
      () => build(weightNormalization({ layer: layers.flatten() }), [null, 4]),
      TypeError,
      /^"layer" must be one with a "kernel", got "Flatten"/,
    ],
    [
      "a bound",
      () => boundedWeightNormalization({ layer: dense(), rho: Number.NaN }),
      RangeError,
      /^"rho" must be a finite number of at least 0, got NaN/,
    ],
  ])("%s", (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

it("leaves no tensor behind, in neither memory", () => {
  const stack = sequential({
    layers: [
      tfjs.weightNormalization({ layer: layers.conv2d({ filters: 4, kernelSize: 2, inputShape: [4, 4, 2] }) }),
      tfjs.batchNormalization({ norm: "l1" }),
      tfjs.trelu(),
      layers.flatten(),
      tfjs.boundedWeightNormalization({ layer: layers.dense({ units: 6 }), learnable: true, norm: "l1" }),
      tfjs.layerNormalization({ norm: { topk: 2 } }),
      tfjs.boundedWeightNormalization({ layer: layers.dense({ units: 6 }) }),
      tfjs.rmsNormalization({ norm: "linf", arithmetic: "float16" }),
      layers.dense({ units: 1 }),
    ],
  });
  const x = tf.randomNormal([8, 4, 4, 2]);
  const optimizer = tf.train.momentum(0.01, 0.9);
  const step = () =>
    optimizer.minimize(() => tf.mean(tf.square(stack.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar);
  const infer = () => tf.dispose(stack.predict(x));
  for (const call of [step, infer]) call();
  const [tensors, blocks] = [tf.memory().numTensors, memory()];
  for (let i = 0; i < 20; i++) for (const call of [step, infer]) call();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(memory()).toEqual(blocks);
});
