// Networks that are trained, saved, loaded and trained on.

import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memory, type Norm } from "../../src/index.js";
import {
  batchNormalization,
  boundedWeightNormalization,
  layerNormalization,
  rmsNormalization,
  trelu,
  weightNormalization,
} from "../../src/tfjs/index.js";
import { everyNorm, show } from "../support/cases.js";
import { BACKENDS, type Digits, digits, reloaded, start } from "../support/tensorflow.js";

const NORMS: Norm[] = everyNorm([10]);

const dense = (units: number, seed: number, more = {}) =>
  layers.dense({ units, kernelInitializer: initializers.glorotUniform({ seed }), ...more });
const first = (more = {}) => dense(64, 1, { inputShape: [64], ...more });
const relu = () => layers.activation({ activation: "relu" });

type Network = [string, () => layers.Layer[]];

/** Networks of one hidden layer, by what normalizes it. */
const BATCH: Network[] = NORMS.map((norm) => [
  `batch normalization by ${show(norm)}`,
  () => [first({ useBias: false }), batchNormalization({ norm, momentum: 0.9 }), relu()],
]);
const OTHERS: Network[] = [
  ["layer normalization by l1", () => [first(), layerNormalization({ norm: "l1" }), relu()]],
  ["RMS normalization by top-10", () => [first(), rmsNormalization({ norm: { topk: 10 } }), relu()]],
  [
    "weight normalization and mean-only batch normalization",
    () => [weightNormalization({ layer: first() }), batchNormalization({ norm: "none", momentum: 0.9 }), relu()],
  ],
  [
    "bounded weight normalization by l1, mean-only batch normalization and TReLU",
    () => [
      boundedWeightNormalization({ layer: first({ useBias: false }), norm: "l1", rho: 8 }),
      batchNormalization({ norm: "none", momentum: 0.9 }),
      trelu(),
    ],
  ],
  [
    "batch normalization by l1 in float16",
    () => [first({ useBias: false }), batchNormalization({ norm: "l1", arithmetic: "float16", momentum: 0.9 }), relu()],
  ],
];

function compile(model: LayersModel, rate: number): void {
  model.compile({ optimizer: tf.train.adam(rate), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
}

describe.each(BACKENDS)("on the %s backend", (backend) => {
  let training: Digits;
  let testing: Digits;
  beforeAll(async () => {
    await start(backend);
    [training, testing] = digits();
  });
  afterAll(() => tf.dispose([training, testing] as never));

  // the slow one need not do it all: the other tests of the layers run on both
  const networks = backend === "wasm" ? BATCH.concat(OTHERS) : BATCH.filter(([name]) => /l1|top/.test(name));
  it.each(networks)("learns the digits with %s", async (_, network) => {
    const kernels = memory();
    const tensors = tf.memory().numTensors;
    const model = sequential({ layers: [...network(), dense(10, 2, { activation: "softmax" })] });
    const fit = (model: LayersModel, epochs: number) =>
      model.fit(training.images, training.labels, { batchSize: 64, epochs, shuffle: false, verbose: 0 });
    compile(model, 0.03);
    await fit(model, 2);

    const loaded = await reloaded(model);
    const [before, after] = [model, loaded].map((each) => each.predict(testing.images) as tf.Tensor);
    expect(after.dataSync()).toEqual(before.dataSync());
    const names = (each: LayersModel) =>
      each.weights.map(({ name, trainable }) => [name.replace(/_\d+$/, ""), trainable]);
    expect(names(loaded)).toEqual(names(model));

    compile(loaded, 0.005);
    await fit(loaded, 2);
    const [loss, accuracy] = loaded.evaluate(testing.images, testing.labels, { batchSize: 512 }) as tf.Scalar[];
    expect(accuracy.dataSync()[0]).toBeGreaterThan(0.97);

    tf.dispose([before, after, loss, accuracy]);
    for (const each of [model, loaded]) {
      each.dispose();
      each.optimizer.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(memory()).toEqual({ ...kernels, bytes: memory().bytes });
  });
});
