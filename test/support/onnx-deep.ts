/** A model of many layers, each of which is given something larger or smaller, with names as long as they are in models. */

import { GraphBuilder, positive } from "./onnx-graph.js";
import type { ModelSpec } from "./onnx-model.js";
import { gaussian } from "./random.js";

const FEATURES = 64;

export function deepModel(layers: number, names: readonly string[] = []): ModelSpec {
  const g = new GraphBuilder(17);
  let x = "x";
  for (let i = 0; i < layers; i++) {
    const scaled = g.node("Mul", [x, g.tensor([10 ** (2 * gaussian(1, i)[0])], [])]);
    const name = names[i] ?? `/model/transformer/encoder/layers.${i}/self_attention/layer_norm/LayerNormalization`;
    const parameters = [g.tensor(positive(FEATURES, 1)), g.tensor(gaussian(FEATURES, 2))];
    g.nodes.push({ op: "LayerNormalization", inputs: [scaled, ...parameters], outputs: [`normal${i}`], name });
    x = g.node("Add", [`normal${i}`, x]);
  }
  const { opset, nodes, initializers } = g;
  return { opset, nodes, initializers, inputs: { x: { dims: ["b", 8, FEATURES] } }, outputs: { [x]: {} } };
}
