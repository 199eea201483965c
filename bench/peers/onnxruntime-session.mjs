/** The operations as ONNX models, for onnxruntime in a page and onnxruntime in Node alike. */

import { halves } from "../harness/data.mjs";
import { floats } from "../harness/float16.mjs";
import { onnxModel } from "./onnx.mjs";

/**
 * @typedef {import("./peer.mjs").Problem} Problem
 * @typedef {import("./onnx.mjs").Node} Node
 */

/**
 * @param {Pick<typeof import("onnxruntime-web/wasm"), "InferenceSession" | "Tensor">} ort
 * @param {object} options of its sessions
 */
export function solveWith(ort, options) {
  return async (/** @type {Problem} */ problem) => {
    const half = problem.operation === "layerNormHalf";
    const session = await ort.InferenceSession.create(model(problem), options);
    const x = new ort.Tensor(half ? "float16" : "float32", half ? problem.halves : problem.x, problem.shape);
    const feeds = { x };
    return {
      run: async () => Number((await session.run(feeds)).y.data[0]),
      result: async () => {
        const data = /** @type {Float32Array | Uint16Array} */ ((await session.run(feeds)).y.data);
        // Uint16Array, or Float16Array where the engine has it
        return half ? floats(new Uint16Array(data.buffer, data.byteOffset, data.length)) : data;
      },
      dispose: () => session.release(),
    };
  };
}

/** @param {Problem} problem */
export function model({ operation, shape, weight, bias, eps }) {
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
