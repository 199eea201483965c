// A model, run by onnxruntime-web, which is loaded here and nowhere else.

import { type DiagnoseModelOptions, diagnoseModel, type ModelInputs } from "halfnorm/onnx";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { contentsOf } from "../../src/cli/files/contents.js";
import { foreign } from "../../src/cli/files/foreign.js";
import { reasonOf } from "../../src/cli/files/left-out.js";
import { readTensor } from "../../src/cli/files/stored-tensor.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import { quote } from "../../src/cli/terminal/printable.js";
import { BlobBytes } from "./blob-bytes.js";
import type { Answer } from "./task.js";

/** Runs with random inputs, where none are given. */
const RANDOM = 2;

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(wasm, import.meta.url).href };
ort.env.logLevel = "fatal";

async function inputsOf(file: File): Promise<ModelInputs> {
  const bytes = new BlobBytes(file, file.name);
  const { tensors, skipped } = await contentsOf(bytes, file.name, { integers: true });
  const [other] = skipped;
  if (other)
    throw new FileError(file.name, `tensor ${quote(other.name)} cannot be given to a model, ${reasonOf(other)}`);
  const inputs: Record<string, ModelInputs[string]> = Object.create(null);
  for (const tensor of tensors) {
    const { data } = await readTensor(bytes, tensor);
    inputs[tensor.name] = { data, shape: tensor.shape, ...(tensor.dtype === "float16" && { type: "float16" }) };
  }
  return inputs;
}

export async function model(file: File, inputs: File | undefined, target: string, answer: Answer) {
  const bytes = new Uint8Array(file.size);
  await new BlobBytes(file, file.name).read(bytes, 0);
  const other = foreign(bytes.subarray(0, 512));
  if (other) throw new FileError(file.name, other);
  if (!bytes.length) throw new FileError(file.name, "is empty");
  const given = inputs ? { inputs: await inputsOf(inputs), sources: [inputs.name] } : { random: RANDOM };
  try {
    return await diagnoseModel(bytes, {
      runtime: ort,
      ...given,
      name: file.name,
      target: (target || undefined) as DiagnoseModelOptions["target"],
      progress: (done) => answer.progress(done),
    });
  } catch (error) {
    throw new FileError(file.name, (error as Error).message, { cause: error });
  }
}
