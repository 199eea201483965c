/** Small networks with normalizations in them. */

import { layerNormBy } from "./onnx-cases.js";
import { affineOf, GraphBuilder, positive } from "./onnx-graph.js";
import type { ModelSpec } from "./onnx-model.js";
import { gaussian } from "./random.js";

/** One block of a transformer: attention without heads, and a network behind it. */
export function transformer(opset: number, native: boolean, scale = 1): ModelSpec {
  const n = 32;
  const g = new GraphBuilder(opset);
  const norm = (x: string): string => {
    if (!native) return layerNormBy({})(g, x, n);
    const [weight, bias] = affineOf(g, n, 30);
    return g.node("LayerNormalization", [x, weight, bias], { axis: -1, epsilon: { float: 1e-5 } });
  };
  const linear = (x: string, from: number, to: number, seed: number): string =>
    g.node("MatMul", [
      x,
      g.tensor(
        gaussian(from * to, seed).map((w) => w / Math.sqrt(from)),
        [from, to],
      ),
    ]);
  const first = norm(g.node("Mul", ["x", g.scalar(scale)]));
  const [q, k, v] = [40, 41, 42].map((seed) => linear(first, n, n, seed));
  const scores = g.node("Softmax", [g.node("MatMul", [q, g.node("Transpose", [k], { perm: [0, 2, 1] })])], {
    axis: -1,
  });
  const attended = g.node("Add", ["x", g.node("MatMul", [scores, v])]);
  const hidden = g.node("Relu", [linear(norm(attended), n, 2 * n, 43)]);
  const last = g.node("Add", [attended, linear(hidden, 2 * n, n, 44)]);
  g.nodes.push({
    op: "MatMul",
    inputs: [norm(last), g.tensor(gaussian(n * 5, 45), [n, 5])],
    outputs: ["logits"],
    name: "head",
  });
  const { nodes, initializers } = g;
  return { opset, nodes, initializers, inputs: { x: { dims: ["batch", "time", n] } }, outputs: { logits: {} } };
}

/** A layer norm of what stands in a table under numbers. */
export const tokens = (): ModelSpec => ({
  opset: 17,
  nodes: [
    { op: "Gather", inputs: ["table", "ids"], outputs: ["e"], name: "look" },
    { op: "LayerNormalization", inputs: ["e", "w"], outputs: ["y"], name: "norm" },
  ],
  initializers: { table: { dims: [10, 16], data: gaussian(160, 1) }, w: { dims: [16], data: positive(16, 2) } },
  inputs: { ids: { type: 7, dims: ["batch", "tokens"] } },
  outputs: { y: {} },
});

/** A convolutional network. */
export function convolutional(opset: number): ModelSpec {
  const g = new GraphBuilder(opset);
  const conv = (x: string, from: number, to: number, seed: number): string =>
    g.node(
      "Conv",
      [
        x,
        g.tensor(
          gaussian(from * to * 9, seed).map((w) => w / 3),
          [to, from, 3, 3],
        ),
      ],
      { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
    );
  const batch = (x: string, seed: number): string =>
    g.node(
      "BatchNormalization",
      [x, ...affineOf(g, 8, seed), g.tensor(gaussian(8, seed + 2)), g.tensor(positive(8, seed + 3))],
      {},
    );
  const one = g.node("Relu", [batch(conv("image", 3, 8, 50), 51)]);
  const two = g.node("InstanceNormalization", [conv(one, 8, 8, 55), ...affineOf(g, 8, 56)], {});
  const three = batch(conv(g.node("Add", [one, two]), 8, 8, 58), 59);
  g.nodes.push({ op: "GlobalAveragePool", inputs: [three], outputs: ["features"], name: "pool" });
  const { nodes, initializers } = g;
  return { opset, nodes, initializers, inputs: { image: { dims: [1, 3, 12, 12] } }, outputs: { features: {} } };
}
