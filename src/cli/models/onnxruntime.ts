// onnxruntime, which the user has or has not.

import { createRequire as requireOf } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { OrtRuntime } from "../../onnx/index.js";
import { UsageError } from "../terminal/errors.js";

/** The faster one first. */
const PACKAGES = ["onnxruntime-node", "onnxruntime-web"];

/** Beside this package, or in the folder that the user is in. */
async function found(name: string): Promise<OrtRuntime | undefined> {
  const places = [import.meta.url, pathToFileURL(join(process.cwd(), "package.json"))];
  for (const place of places) {
    let path: string;
    try {
      path = requireOf(place).resolve(name);
    } catch {
      continue;
    }
    try {
      const module = (await import(pathToFileURL(path).href)) as OrtRuntime & { default?: OrtRuntime };
      return module.InferenceSession ? module : module.default;
    } catch (error) {
      throw new UsageError(`${name} cannot be loaded: ${(error as Error).message}`, { cause: error });
    }
  }
  return undefined;
}

/** @throws {UsageError} that says what to install. */
export async function onnxruntime(): Promise<OrtRuntime> {
  for (const name of PACKAGES) {
    const runtime = await found(name);
    if (!runtime) continue;
    // nothing goes on beside the diagnosis, and threads would outlive it
    const { env } = runtime as { env?: { wasm?: { numThreads?: number }; logLevel?: string } };
    if (env?.wasm) env.wasm.numThreads = 1;
    if (env) env.logLevel = "fatal";
    return runtime;
  }
  throw new UsageError(
    "a model is run by onnxruntime, which is not there: npm install onnxruntime-node (or onnxruntime-web)",
  );
}
