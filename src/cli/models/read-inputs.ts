// Inputs of a model from a file: all tensors in it, by name.

import type { ModelInputs } from "../../onnx/index.js";
import { inputOf } from "../files/input.js";
import { reasonOf } from "../files/left-out.js";
import { TensorFile } from "../files/tensor-file.js";
import { FileError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";

/** @throws {FileError} for what cannot be given to a model. */
export async function readInputs(name: string): Promise<ModelInputs> {
  const { path, label } = await inputOf(name);
  const file = await TensorFile.open(path, label, { integers: true });
  try {
    const [other] = file.skipped;
    if (other) throw new FileError(label, `tensor ${quote(other.name)} cannot be given to a model, ${reasonOf(other)}`);
    const inputs: Record<string, ModelInputs[string]> = Object.create(null);
    for (const tensor of file.tensors) {
      const { data, rounded } = await file.read(tensor);
      if (rounded && tensor.stored !== "float64") {
        throw new FileError(label, `tensor ${quote(tensor.name)} has integers beyond 2^24, which are not read exactly`);
      }
      const type = tensor.dtype === "float16" ? "float16" : undefined;
      inputs[tensor.name] = { data, shape: tensor.shape, ...(type && { type }) };
    }
    return inputs;
  } finally {
    await file.close();
  }
}
