/** onnxruntime-web, its WebAssembly backend on one thread. It copies inputs in and outputs out at every call. */

import * as ort from "onnxruntime-web/wasm";
import { halves } from "../harness/data.mjs";
import { table } from "../harness/float16.mjs";
import { onnxModel } from "./onnx.mjs";
import { versionOf } from "./peer.mjs";

/**
 * @typedef {import("./peer.mjs").Problem} Problem
 * @typedef {import("./onnx.mjs").Node} Node
 */

/** @returns {Promise<import("./peer.mjs").Peer>} */
export async function open() {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  // in Node its start defines a global Worker, at which jax-js would take this for a browser
  const globals = /** @type {Record<string, unknown>} */ (globalThis);
  const before = globals.Worker;
  const empty = new Float32Array();
  const session = await ort.InferenceSession.create(
    model({ operation: "l1", shape: [1], x: empty, halves: new Uint16Array(), weight: empty, bias: empty, eps: 0 }),
  );
  await session.release();
  globals.Worker = before;
  return { name: versionOf("onnxruntime-web"), data: "copied", solve };
}

/** @param {Problem} problem */
async function solve(problem) {
  const half = problem.operation === "layerNormHalf";
  const session = await ort.InferenceSession.create(model(problem), { executionProviders: ["wasm"] });
  const x = new ort.Tensor(half ? "float16" : "float32", half ? problem.halves : problem.x, problem.shape);
  const feeds = { x };
  return {
    run: async () => Number((await session.run(feeds)).y.data[0]),
    result: async () => {
      const data = /** @type {Float32Array | Uint16Array} */ ((await session.run(feeds)).y.data);
      // Uint16Array, or Float16Array where the engine has it
      return half
        ? Float32Array.from(new Uint16Array(data.buffer, data.byteOffset, data.length), (h) => table[h])
        : data;
    },
    dispose: () => session.release(),
  };
}

/** @param {Problem} problem */
function model({ operation, shape, weight, bias, eps }) {
  const scalar = /** @type {const} */ ({ ints: { keepdims: 0 } });
  const floats = { epsilon: eps };
  const vector = (/** @type {Float32Array | Uint16Array} */ data) => ({ data, shape: [data.length] });
  const affine = { weight: vector(weight), bias: vector(bias) };
  const inputs = ["x", "weight", "bias"];
  /** @type {{ nodes: Node[], constants?: any, opset?: number, half?: boolean }} */
  const parts = {
    l1: { nodes: [{ op: "ReduceL1", inputs: ["x"], ...scalar }] },
    l2: { nodes: [{ op: "ReduceL2", inputs: ["x"], ...scalar }] },
    linf: {
      nodes: [
        { op: "Abs", inputs: ["x"], outputs: ["size"] },
        { op: "ReduceMax", inputs: ["size"], ...scalar },
      ],
    },
    batchNorm: {
      nodes: [
        {
          op: "BatchNormalization",
          inputs: [...inputs, "zeros", "ones"],
          outputs: ["y", "running_mean", "running_variance"],
          ints: { training_mode: 1 },
          floats,
        },
      ],
      constants: {
        ...affine,
        zeros: vector(new Float32Array(weight.length)),
        ones: vector(new Float32Array(weight.length).fill(1)),
      },
    },
    layerNorm: { nodes: [{ op: "LayerNormalization", inputs, ints: { axis: -1 }, floats }], constants: affine },
    rmsNorm: {
      nodes: [{ op: "RMSNormalization", inputs: ["x", "weight"], ints: { axis: -1 }, floats }],
      constants: { weight: affine.weight },
      opset: 23,
    },
    layerNormHalf: {
      nodes: [{ op: "LayerNormalization", inputs, ints: { axis: -1 }, floats }],
      constants: { weight: vector(halves(weight)), bias: vector(halves(bias)) },
      half: true,
    },
  }[operation];
  return onnxModel({ opset: 18, shape, result: weight.length ? shape : [], ...parts });
}
