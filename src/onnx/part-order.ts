// In which order a model is run in parts, so that the output of a layer can be replaced before anybody takes it.

import type { Graph, GraphNode } from "./graph.js";
import type { Normalization } from "./normalization.js";

export interface PartOrder {
  /** All nodes that are not constant. */
  readonly nodes: readonly GraphNode[];
  /** Positions where a part has to end: between layers and those who take their outputs. */
  readonly ends: ReadonlySet<number>;
  /** Of each tensor the position of the last node that takes it, Infinity for what is an output of the model. */
  readonly lastUse: ReadonlyMap<string, number>;
  /** Names of the tensors that layers are told from. */
  readonly told: ReadonlySet<string>;
  /** The layers that can be judged when the node at a position has been run. */
  readonly layersAt: ReadonlyMap<number, readonly Normalization[]>;
}

/** Names of all tensors that a layer is told from. */
export const tensorsOf = ({ inputs, weight, bias, mean, variance, output }: Normalization): string[] =>
  [...inputs, weight, bias, mean, variance, output].filter((name) => name !== undefined);

/**
 * Nodes by their depth in layers: what takes the output of a layer is one deeper than the layer. Nodes of one depth have no layer
 * between them.
 */
export function partOrder(graph: Graph, layers: readonly Normalization[]): PartOrder {
  const replaced = new Set(layers.map(({ output }) => output));
  const depths = new Map<GraphNode, number>();
  for (const node of graph.nodes) {
    let depth = 0;
    for (const name of node.takes) {
      const maker = graph.producers.get(name);
      if (maker) depth = Math.max(depth, (depths.get(maker) as number) + (replaced.has(name) ? 1 : 0));
    }
    depths.set(node, depth);
  }
  const depthOf = (node: GraphNode): number => depths.get(node) as number;
  const nodes = graph.nodes
    .filter(({ constant }) => !constant)
    .sort((a, b) => depthOf(a) - depthOf(b) || a.index - b.index);
  const ends = new Set<number>();
  const positions = new Map<string, number>();
  const lastUse = new Map<string, number>();
  nodes.forEach((node, i) => {
    if (i + 1 === nodes.length || depthOf(nodes[i + 1]) > depthOf(node)) ends.add(i);
    for (const name of node.takes) lastUse.set(name, i);
    for (const name of node.outputs) positions.set(name, i);
  });
  const layersAt = new Map<number, Normalization[]>();
  for (const layer of layers) {
    const names = tensorsOf(layer);
    const at = Math.max(...names.map((name) => positions.get(name) ?? 0));
    const list = layersAt.get(at);
    if (list) list.push(layer);
    else layersAt.set(at, [layer]);
    for (const name of names) lastUse.set(name, Math.max(lastUse.get(name) ?? 0, at));
  }
  for (const { name } of graph.outputs) lastUse.set(name, Infinity);
  return { nodes, ends, lastUse, told: new Set(layers.flatMap(tensorsOf)), layersAt };
}
