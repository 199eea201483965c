/** onnxruntime-node, the library of the machine itself, on one thread. Outputs are arrays of its own at every call. */

import * as ort from "onnxruntime-node";
import { solveWith } from "./onnxruntime-session.mjs";
import { versionOf } from "./peer.mjs";

/** @returns {Promise<import("./peer.mjs").Peer>} */
export async function open() {
  const solve = solveWith(ort, { executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1 });
  return { name: versionOf("onnxruntime-node"), data: "copied", solve };
}
