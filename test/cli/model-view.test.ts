/** A model's diagnosis in sentences and names of layers in a table. */

import { describe, expect, it } from "vitest";
import { keepSentence } from "../../src/cli/models/sections.js";
import { shownNames } from "../../src/cli/models/view.js";
import type { ModelDiagnosis, ModelLayer } from "../../src/onnx/index.js";
import { any } from "../support/refuses.js";

const named = (...names: string[]): ModelDiagnosis =>
  any({ layers: names.map((name) => ({ name }) as ModelLayer), runtime: null, keep: { "float16 sums": names } });

const LONG = "/model/transformer/encoder/";

describe("names of layers in a table", () => {
  it("are as they are where they are short, or there is one", () => {
    for (const model of [named("/a/norm", "/b/norm"), named(`${LONG}layers.0/norm/LayerNormalization`), named()]) {
      expect(shownNames(model)).toEqual({ names: model.layers.map(({ name }) => name), note: undefined });
    }
  });

  it("are without the folders that all have, which is said", () => {
    const of = (sign: string, ...layers: string[]) =>
      shownNames(named(...layers.map((each) => `${LONG}${each}/norm/LayerNormalization`.replaceAll("/", sign))));
    expect(of("/", "layers.1", "layers.11")).toEqual({
      names: ["layers.1", "layers.11"],
      note: `Names in the table are without ${LONG} before and /norm/LayerNormalization behind them.`,
    });
    expect(of(".", "layers.1", "layers.11").names).toEqual(["1", "11"]);
    expect(of("/", "layers.1", "a/layers.1").names).toEqual(["layers.1", "a/layers.1"]);
  });

  it("are never nothing", () => {
    const names = ["/model/transformer/encoder/layers/norm", "/model/transformer/encoder/layers/norm/norm"];
    for (const each of [names, [names[0], names[0]], ["x".repeat(50), "y".repeat(50)]]) {
      const shown = shownNames(named(...each)).names;
      for (const name of shown) expect(name).not.toBe("");
      expect(new Set(shown).size).toBe(new Set(each).size);
    }
  });
});

it("nodes to keep are named in full, a few of many", () => {
  const long = `${LONG}layers.11/self_attention/layer_norm_before/LayerNormalization`;
  expect(keepSentence(named(long))).toBe(`Keep in float32: ${long}.`);
  const many = keepSentence(named(...Array.from({ length: 20 }, (_, i) => `n${i}`)));
  expect(many).toMatch(/, n11 and 8 more, which --keep and --json have\.$/);
  expect(keepSentence(named())).toBe("Keep nothing in float32.");
});
