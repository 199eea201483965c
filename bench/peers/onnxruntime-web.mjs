/** onnxruntime-web, its WebAssembly backend on one thread. It copies inputs in and outputs out at every call. */

import * as ort from "onnxruntime-web/wasm";
import { model, solveWith } from "./onnxruntime-session.mjs";
import { versionOf } from "./peer.mjs";

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
  return {
    name: versionOf("onnxruntime-web"),
    data: "copied",
    solve: solveWith(ort, { executionProviders: ["wasm"] }),
  };
}
