// A model's graph with what follows from it: who makes and who takes each tensor, the order of the nodes, what is constant.

import { type AttributeProto, type GraphProto, ModelError, type NodeProto, type TensorProto } from "./proto.js";
import { quote } from "./words.js";

/** Names that the nodes of inner graphs take from outside of them. */
function captured(node: NodeProto): string[] {
  const found = new Set<string>();
  const visit = (graph: GraphProto, outside: ReadonlySet<string>): void => {
    const known = new Set(outside);
    for (const { name } of graph.inputs) known.add(name);
    for (const { name } of graph.initializers) known.add(name);
    for (const name of graph.sparse.keys()) known.add(name);
    // nodes of inner graphs may stand in any order
    for (const each of graph.nodes) for (const name of each.outputs) known.add(name);
    const take = (name: string): unknown => known.has(name) || name === "" || found.add(name);
    for (const each of graph.nodes) {
      each.inputs.forEach(take);
      for (const inner of graphsOf(each)) visit(inner, known);
    }
    for (const { name } of graph.outputs) take(name);
  };
  for (const graph of graphsOf(node)) visit(graph, new Set());
  return [...found];
}

export const graphsOf = ({ attributes }: NodeProto): GraphProto[] =>
  [...attributes.values()].flatMap(({ graphs }: AttributeProto) => graphs);

/** A node in its graph. */
export interface GraphNode extends NodeProto {
  /** Position in the graph's order. */
  readonly index: number;
  /** What it takes: inputs that are given, and what its inner graphs take from outside. */
  readonly takes: readonly string[];
  /** Whether it gives the same every time. */
  readonly constant: boolean;
}

export interface Graph {
  readonly proto: GraphProto;
  /** Each behind those whose outputs it takes. */
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Who makes a tensor; not there for initializers and for the inputs of the graph. */
  readonly producers: ReadonlyMap<string, GraphNode>;
  readonly consumers: ReadonlyMap<string, readonly GraphNode[]>;
  /** Inputs that have to be given: those that are not initializers as well. */
  readonly inputs: GraphProto["inputs"];
  readonly outputs: GraphProto["outputs"];
}

/** What there is around an inner graph. */
export type Surroundings = Pick<Graph, "initializers" | "producers">;

/** What is not in it is looked up around it: nothing is copied, however many graphs there are in another. */
class Inner<T> extends Map<string, T> {
  constructor(private readonly around: (name: string) => T | undefined) {
    super();
  }
  override get(name: string): T | undefined {
    return super.get(name) ?? this.around(name);
  }
  override has(name: string): boolean {
    return super.has(name) || this.around(name) !== undefined;
  }
}

/** Operators that give another result each time. */
const RANDOM = /^(?:Random|Multinomial$|Bernoulli$|Dropout$)/;

/**
 * @param outer What an inner graph is in: names that nobody makes are from there.
 * @throws {ModelError} for a graph that cannot be run in any order, or where a name means two tensors.
 */
export function graphOf(proto: GraphProto, outer?: Surroundings): Graph {
  const initializers = new Inner<TensorProto>((name) => outer?.initializers.get(name));
  for (const tensor of proto.initializers) initializers.set(tensor.name, tensor);
  const inputs = proto.inputs.filter(({ name }) => !initializers.has(name) && !proto.sparse.has(name));
  const makers = new Map<string, number>();
  proto.nodes.forEach(({ outputs }, i) => {
    for (const name of outputs) {
      if (!name) continue;
      if (makers.has(name)) throw new ModelError(`is no valid model: two nodes make the tensor ${quote(name)}`);
      makers.set(name, i);
    }
  });
  const given = new Set([...initializers.keys(), ...proto.sparse.keys(), ...inputs.map(({ name }) => name)]);
  for (const { name } of inputs)
    if (makers.has(name)) throw new ModelError(`is no valid model: a node makes the input ${quote(name)}`);
  const takes = proto.nodes.map((node) => [...new Set([...node.inputs.filter(Boolean), ...captured(node)])]);
  const waiting = takes.map((names) => names.filter((name) => makers.has(name)).length);
  const takers = new Map<string, number[]>();
  takes.forEach((names, i) => {
    for (const name of names) {
      if (!outer && !makers.has(name) && !given.has(name)) {
        throw new ModelError(`is no valid model: nothing makes the tensor ${quote(name)}, which a node takes`);
      }
      const list = takers.get(name);
      if (list) list.push(i);
      else takers.set(name, [i]);
    }
  });
  const nodes: GraphNode[] = [];
  const producers = new Inner<GraphNode>((name) => {
    const node = outer?.producers.get(name);
    return node?.constant ? node : undefined;
  });
  const isConstant = (name: string): boolean =>
    initializers.has(name) || proto.sparse.has(name) || !!producers.get(name)?.constant;
  const ready = [...waiting.keys()].filter((i) => !waiting[i]);
  for (const i of ready) {
    const node = proto.nodes[i];
    const constant = takes[i].every(isConstant) && !RANDOM.test(node.op);
    const placed: GraphNode = { ...node, index: nodes.length, takes: takes[i], constant };
    nodes.push(placed);
    for (const name of node.outputs) {
      if (!name) continue;
      producers.set(name, placed);
      for (const next of takers.get(name) ?? []) if (!--waiting[next]) ready.push(next);
    }
  }
  if (nodes.length < proto.nodes.length) {
    const stuck = proto.nodes[waiting.findIndex((left) => left > 0)];
    throw new ModelError(
      `is no valid model: node ${quote(stuck.name || stuck.op)} takes what is made of its own output`,
    );
  }
  const consumers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const name of node.takes) {
      const list = consumers.get(name);
      if (list) list.push(node);
      else consumers.set(name, [node]);
    }
  }
  for (const { name } of proto.outputs) {
    if (!outer && !makers.has(name) && !given.has(name))
      throw new ModelError(`is no valid model: nothing makes its output ${quote(name)}`);
  }
  return { proto, nodes, initializers, producers, consumers, inputs, outputs: proto.outputs };
}
