// All normalizations of a model, and those that cannot be reached.

import { decomposed } from "./find-decomposed.js";
import { isNormalization, operatorOf } from "./find-operators.js";
import { type Graph, graphsOf } from "./graph.js";
import type { Normalization, NotReached } from "./normalization.js";
import type { FunctionProto, NodeProto } from "./proto.js";
import type { External } from "./values.js";

interface Finds {
  /** In the order of the graph. */
  readonly found: readonly Normalization[];
  readonly notReached: readonly NotReached[];
}

export const nameOf = ({ name, op, outputs }: NodeProto): string =>
  name || `${op} that makes ${outputs.find(Boolean) ?? "nothing"}`;

/** Normalizations in inner graphs, which are only run inside of their node. */
function inside(nodes: readonly NodeProto[], why: string, into: NotReached[]): void {
  for (const node of nodes) {
    if (isNormalization(node)) into.push({ name: nameOf(node), why });
    for (const graph of graphsOf(node)) inside(graph.nodes, why, into);
  }
}

export function findNormalizations(graph: Graph, functions: readonly FunctionProto[], external: External): Finds {
  const found: Normalization[] = [];
  const notReached: NotReached[] = [];
  for (const node of graph.nodes) {
    if (isNormalization(node)) {
      const one = operatorOf(node);
      if (typeof one === "string") notReached.push({ name: nameOf(node), why: one });
      else found.push(one);
    }
    for (const inner of graphsOf(node)) {
      inside(inner.nodes, `is inside of a graph of ${node.op} ${nameOf(node)}, which is run as a whole`, notReached);
    }
  }
  for (const { name, nodes } of functions) {
    inside(nodes, `is inside of the model's function ${name}, which is run as a whole`, notReached);
  }
  found.push(...decomposed(graph, external));
  const order = ({ nodes }: Normalization): number => nodes[nodes.length - 1].index;
  return { found: found.sort((a, b) => order(a) - order(b)), notReached };
}
