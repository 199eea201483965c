// What a model hands from node to node that is no tensor: sequences, maps and what is optional. JavaScript has no form for it.

import { graphsOf } from "./graph.js";
import type { NodeProto } from "./proto.js";

const MAKERS = /^(?:Sequence(?:Construct|Empty|Insert|Erase|Map)|SplitToSequence|Optional|OptionalGetElement)$/;

/** Names of what is no tensor. @param nodes Each behind those whose outputs it takes. @param given Those from outside. */
export function noTensors(nodes: readonly NodeProto[], given: Iterable<string> = []): Set<string> {
  const found = new Set(given);
  for (const node of nodes) {
    const { op, domain, inputs, outputs } = node;
    if (domain ? op === "ZipMap" : MAKERS.test(op) || (op === "Identity" && found.has(inputs[0]))) {
      for (const name of outputs) found.add(name);
    }
    if (domain) continue;
    for (const graph of graphsOf(node)) {
      const strange = graph.inputs.filter(({ type }) => type === undefined).map(({ name }) => name);
      const inside = noTensors(graph.nodes, [...found, ...strange]);
      // the first output of the body of a Loop is its condition
      const own = graph.outputs.slice(op === "Loop" ? 1 : 0);
      outputs.forEach((name, i) => {
        if (own[i] && inside.has(own[i].name)) found.add(name);
      });
    }
  }
  return found;
}
