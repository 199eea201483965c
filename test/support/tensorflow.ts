/** TensorFlow.js for the tests: its two backends, models that are saved and loaded, the digits. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { uniform } from "./random.js";

export const BACKENDS = ["cpu", "wasm"] as const;
export type Backend = (typeof BACKENDS)[number];

/**
 * Starts a backend. On the CPU, TensorFlow.js looks for tensors that an operation leaves behind, as in its own tests; on
 * the other one it would find some of its own.
 */
export async function start(backend: Backend): Promise<void> {
  tf.env().set("IS_TEST", backend === "cpu");
  setThreadsCount(1);
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} did not start`);
  await tf.ready();
}

/** A model that was saved to memory and loaded, its layers as JSON. */
export async function reloaded(model: LayersModel): Promise<LayersModel> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = { ...saved, modelTopology: JSON.parse(JSON.stringify(saved.modelTopology)) };
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
    }),
  );
  return loadLayersModel(tf.io.fromMemory(artifacts));
}

export interface Digits {
  /** 64 pixels of 0 to 1 each. */
  images: tf.Tensor2D;
  /** One of ten set. */
  labels: tf.Tensor2D;
}

/** Of the digits, how many are for training. */
const TRAINING = 1437;

/** The digits in an order of their own, for training and for testing. */
export function digits(): [Digits, Digits] {
  const file = new URL("../fixtures/digits.csv.gz", import.meta.url);
  const rows = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  const next = uniform(1);
  const shuffled = rows
    .map((row) => ({ row: row.split(",").map(Number), key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ row }) => row);
  const set = (part: number[][]): Digits => ({
    images: tf.tensor2d(
      part.flatMap((row) => row.slice(0, 64).map((pixel) => pixel / 16)),
      [part.length, 64],
    ),
    labels: tf.tensor2d(
      part.flatMap((row) => Array.from({ length: 10 }, (_, digit) => +(digit === row[64]))),
      [part.length, 10],
    ),
  });
  return [set(shuffled.slice(0, TRAINING)), set(shuffled.slice(TRAINING))];
}
