// Operators that are normalizations: of ONNX, and of onnxruntime's own domain.

import type { GraphNode } from "./graph.js";
import type { Extent, Normalization } from "./normalization.js";

type Found = Partial<Normalization> & { readonly extent: Extent };

const attribute = (node: GraphNode, name: string) => node.attributes.get(name);
const float = (node: GraphNode, name: string, or: number): number => attribute(node, name)?.f ?? or;
const integer = (node: GraphNode, name: string, or: number): number => attribute(node, name)?.i ?? or;
const from = (node: GraphNode): Extent => ({ from: integer(node, "axis", -1) });

/** An input by its number; "" is for one that is left out. */
const input = ({ inputs }: GraphNode, i: number): string | undefined => inputs[i] || undefined;

const epsilon = (node: GraphNode, or = 1e-5): number => float(node, "epsilon", or);

/** input + skip + bias. */
const summed = (node: GraphNode, bias: number): string[] =>
  [input(node, 0), input(node, 1), input(node, bias)].filter((name) => name !== undefined);

const rms = (node: GraphNode): Found => ({
  extent: from(node),
  centred: false,
  epsilon: epsilon(node),
  weight: input(node, 1),
});

/** Of operators that are a normalization together with an activation, a table or another order of the axes. */
const ALSO = "is a normalization and something else in one operator, which is not taken apart";

/** What each operator is, or why nothing can be told about this one. Defaults are those of its specification. */
const OPERATORS: Readonly<Record<string, (node: GraphNode) => Found | string>> = {
  LayerNormalization: (node) => ({
    extent: from(node),
    epsilon: epsilon(node),
    weight: input(node, 1),
    bias: input(node, 2),
  }),
  SimplifiedLayerNormalization: rms,
  RMSNormalization: rms,
  SkipLayerNormalization: (node) => ({
    inputs: summed(node, 4),
    extent: { from: -1 },
    epsilon: epsilon(node, 1e-12),
    weight: input(node, 2),
    bias: input(node, 3),
  }),
  SkipSimplifiedLayerNormalization: (node) => ({
    inputs: summed(node, 3),
    extent: { from: -1 },
    centred: false,
    epsilon: epsilon(node, 1e-12),
    weight: input(node, 2),
  }),
  GroupNormalization: (node) => {
    const groups = integer(node, "num_groups", 0);
    if (groups < 1) return "has no num_groups";
    return {
      extent: { spatial: true, groups },
      epsilon: epsilon(node),
      weight: input(node, 1),
      bias: input(node, 2),
    };
  },
  InstanceNormalization: (node) => ({
    extent: { spatial: true },
    epsilon: epsilon(node),
    weight: input(node, 1),
    bias: input(node, 2),
  }),
  BatchNormalization: (node) => {
    // before version 14, training was told by the number of outputs
    if (integer(node, "training_mode", 0) || node.outputs.filter(Boolean).length > 1) {
      return "is in training: its statistics are those of the batch";
    }
    const [mean, variance] = [input(node, 3), input(node, 4)];
    if (!mean || !variance) return "lacks its statistics";
    return {
      extent: { channels: true },
      epsilon: epsilon(node),
      weight: input(node, 1),
      bias: input(node, 2),
      mean,
      variance,
    };
  },
  LpNormalization: (node) => ({
    extent: { axes: [integer(node, "axis", -1)] },
    centred: false,
    norm: integer(node, "p", 2) === 1 ? "l1" : "l2",
    summed: true,
    epsilon: 0,
  }),
  GroupNorm: () => ALSO,
  SkipGroupNorm: () => ALSO,
  EmbedLayerNormalization: () => ALSO,
  QLayerNorm: () => ALSO,
  // its 1e-9 is beside the root, not under it
  MeanVarianceNormalization: (node) => ({
    extent: { axes: attribute(node, "axes")?.ints ?? [0, 2, 3] },
    epsilon: 1e-18,
  }),
};

/** Domains of operators that are ONNX's, or were onnxruntime's before. */
const DOMAINS = ["", "com.microsoft"];

export const isNormalization = ({ op, domain }: { op: string; domain: string }): boolean =>
  Object.hasOwn(OPERATORS, op) && DOMAINS.includes(domain);

/** A normalization, or why there is nothing to be told about a node that is one. */
export function operatorOf(node: GraphNode): Normalization | string {
  const found = OPERATORS[node.op](node);
  if (typeof found === "string") return found;
  const [output] = node.outputs;
  const { inputs = node.inputs.slice(0, 1) } = found;
  if (!output || !inputs.every(Boolean) || !inputs.length) return "lacks its input or its output";
  return {
    operator: node.op,
    nodes: [node],
    centred: true,
    norm: "l2",
    summed: false,
    factor: 1,
    epsilon: 0,
    weight: undefined,
    bias: undefined,
    mean: undefined,
    variance: undefined,
    ...found,
    inputs,
    output,
  };
}
