/** Graphs of models, node by node. */

import type { Attribute, ModelSpec, NodeSpec, TensorSpec } from "./onnx-model.js";
import { gaussian } from "./random.js";

/** Puts nodes together; every node and tensor has a name of its own. */
export class GraphBuilder {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: Record<string, TensorSpec> = {};
  private count = 0;

  constructor(readonly opset: number) {}

  /** @returns The name of the output. */
  node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, domain = ""): string {
    const name = `${op}_${this.count++}`;
    this.nodes.push({ op, inputs, outputs: [`${name}_out`], name, attributes, domain });
    return `${name}_out`;
  }

  tensor(
    data: readonly number[] | Float32Array,
    dims: readonly number[] = [data.length],
    as?: TensorSpec["as"],
  ): string {
    const name = `constant_${this.count++}`;
    this.initializers[name] = { data, dims, ...(as && { as }) };
    return name;
  }

  scalar(value: number): string {
    return this.tensor([value], []);
  }

  /** √(variance + eps). */
  root(variance: string, eps: number): string {
    return this.node("Sqrt", [this.node("Add", [variance, this.scalar(eps)])]);
  }

  /** A node Constant. */
  constant(value: number): string {
    return this.node("Constant", [], { value: { tensor: { dims: [], data: [value] } } });
  }

  integers(data: readonly number[]): string {
    const name = `axes_${this.count++}`;
    this.initializers[name] = { data, dims: [data.length], type: "int64" };
    return name;
  }

  /** A reduction: its axes became an input with version 18, of ReduceSum with 13. */
  reduce(op: string, x: string, axes: readonly number[]): string {
    const from = op === "ReduceSum" ? 13 : 18;
    return this.opset >= from
      ? this.node(op, [x, this.integers(axes)], { keepdims: 1 })
      : this.node(op, [x], { keepdims: 1, axes });
  }

  cast(x: string, to = 1): string {
    return this.node("Cast", [x], { to });
  }

  affine(y: string, weight: string | undefined, bias: string | undefined): string {
    const weighted = weight === undefined ? y : this.node("Mul", [y, weight]);
    return bias === undefined ? weighted : this.node("Add", [weighted, bias]);
  }
}

export const positive = (n: number, seed: number): Float32Array => gaussian(n, seed).map((x) => 1 + 0.2 * x);

/** A weight and a bias. */
export const affineOf = (g: GraphBuilder, n: number, seed: number): [string, string] => [
  g.tensor(positive(n, seed)),
  g.tensor(gaussian(n, seed + 1)),
];

/** What is between x and the normalization under test: something that other nodes are made of. */
export function around(
  opset: number,
  shape: readonly (number | string)[],
  write: (g: GraphBuilder, x: string) => string,
  domains: Record<string, number> = {},
): ModelSpec {
  const g = new GraphBuilder(opset);
  const x = g.node("Mul", ["x", g.scalar(1.5)]);
  const y = write(g, x);
  g.nodes.push({ op: "Tanh", inputs: [y], outputs: ["y"], name: "last" });
  const { nodes, initializers } = g;
  return { opset, nodes, initializers, inputs: { x: { dims: shape } }, outputs: { y: {} }, domains };
}
