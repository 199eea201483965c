// A worker that compares the golden results of modules, whose bytes it is sent: for scripts/mutate-kernels.mjs.

import { parentPort, workerData } from "node:worker_threads";
import { load } from "../../src/load.js";
import { goldenLines } from "./golden.js";

/** The first line that is another than that of the file, or what is thrown; undefined where there is none. */
async function different(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const lines: readonly string[] = workerData;
  let at = 0;
  try {
    for await (const line of goldenLines(await load({ module: new WebAssembly.Module(bytes) }))) {
      if (line !== lines[at++]) return line.slice(line.indexOf("  ") + 2);
    }
  } catch (error) {
    return String(error);
  }
  return undefined;
}

parentPort?.on("message", async (bytes) => parentPort?.postMessage(await different(bytes)));
