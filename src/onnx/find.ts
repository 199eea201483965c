// All normalizations of a model, and those that cannot be reached.

import { decomposed, isReduction } from "./find-decomposed.js";
import { isNormalization, operatorOf } from "./find-operators.js";
import { type Graph, graphOf, graphsOf, type Surroundings } from "./graph.js";
import type { Normalization, NotReached } from "./normalization.js";
import type { FunctionProto, GraphProto, NodeProto } from "./proto.js";
import type { External } from "./values.js";
import { short } from "./words.js";

const NOTHING: Surroundings = { initializers: new Map(), producers: new Map() };

interface Finds {
  /** In the order of the graph. */
  readonly found: readonly Normalization[];
  readonly notReached: readonly NotReached[];
}

export const nameOf = ({ name, op, outputs }: NodeProto): string =>
  name || `${op} that makes ${outputs.find(Boolean) ?? "nothing"}`;

/** Normalizations in inner graphs, which are only run inside of their node. */
function inside(proto: GraphProto, outer: Surroundings, why: string, external: External, into: NotReached[]): void {
  for (const node of proto.nodes) if (isNormalization(node)) into.push({ name: nameOf(node), why });
  const inner = proto.nodes.filter((node) => graphsOf(node).length);
  if (!inner.length && !proto.nodes.some(isReduction)) return;
  const graph = graphOf(proto, outer);
  for (const { nodes } of decomposed(graph, external)) into.push({ name: nameOf(nodes[nodes.length - 1]), why });
  for (const node of inner) for (const each of graphsOf(node)) inside(each, graph, why, external, into);
}

/** A function is a graph that takes nothing from around it. */
const bodyOf = ({ name, nodes }: FunctionProto): GraphProto => ({
  name,
  nodes,
  initializers: [],
  sparse: new Map(),
  inputs: [],
  outputs: [],
});

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
      const why = `is inside of a graph of ${node.op} ${short(nameOf(node))}, which is run as a whole`;
      inside(inner, graph, why, external, notReached);
    }
  }
  for (const each of functions) {
    const why = `is inside of the model's function ${short(each.name)}, which is run as a whole`;
    inside(bodyOf(each), NOTHING, why, external, notReached);
  }
  found.push(...decomposed(graph, external));
  const order = ({ nodes }: Normalization): number => nodes[nodes.length - 1].index;
  return { found: found.sort((a, b) => order(a) - order(b)), notReached };
}
