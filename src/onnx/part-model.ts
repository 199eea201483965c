// A model of some of another one's nodes: the messages of those are taken over as they are.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { elementBytes } from "./data-types.js";
import type { Graph, GraphNode } from "./graph.js";
import { ModelError, type ModelProto, type TensorProto } from "./proto.js";
import type { External } from "./values.js";
import { quote } from "./words.js";

interface Typed {
  readonly name: string;
  /** One of TensorProto.DataType. */
  readonly type: number;
}

/** A message as a field of another one. */
function message(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

const bytes = (writer: BinaryWriter, field: number, value: Uint8Array): unknown =>
  writer.tag(field, WireType.LengthDelimited).bytes(value);

const text = (writer: BinaryWriter, field: number, value: string): unknown =>
  writer.tag(field, WireType.LengthDelimited).string(value);

/** A TensorProto with its elements in it, wherever they were. */
function inlined(writer: BinaryWriter, tensor: TensorProto, external: External): void {
  const raw = external(tensor);
  const wanted = tensor.dims.reduce((product, dim) => product * dim, elementBytes(tensor.type));
  if (wanted && raw.length !== wanted) {
    throw new ModelError(
      `has a tensor ${quote(tensor.name)} of ${wanted} bytes, of which another file has ${raw.length}`,
    );
  }
  for (const dim of tensor.dims) writer.tag(1, WireType.Varint).int64(dim);
  writer.tag(2, WireType.Varint).int32(tensor.type);
  text(writer, 8, tensor.name);
  bytes(writer, 9, raw);
}

/** Nodes that are constant, and what they take, together with these. */
function withConstants(graph: Graph, nodes: readonly GraphNode[], outputs: readonly string[]): Set<GraphNode> {
  const found = new Set(nodes);
  const wanted = [...outputs, ...nodes.flatMap(({ takes }) => takes)];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const node = graph.producers.get(name);
    if (!node?.constant || found.has(node)) continue;
    found.add(node);
    wanted.push(...node.takes);
  }
  return found;
}

/**
 * The bytes of a model that has these nodes, the constants that they take, and no other.
 *
 * @param inputs What is made by other nodes, or given.
 */
export function partModel(
  { irVersion, opsets, functions }: ModelProto,
  graph: Graph,
  nodes: readonly GraphNode[],
  inputs: readonly Typed[],
  outputs: readonly string[],
  external: External,
): Uint8Array {
  const all = [...withConstants(graph, nodes, outputs)].sort((a, b) => a.index - b.index);
  const names = new Set([...all.flatMap(({ takes }) => takes), ...outputs]);
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion);
  for (const [domain, version] of opsets) {
    message(writer, 8, (opset) => {
      text(opset, 1, domain);
      opset.tag(2, WireType.Varint).int64(version);
    });
  }
  for (const each of functions) bytes(writer, 25, each.bytes);
  message(writer, 7, (part) => {
    for (const node of all) bytes(part, 1, node.bytes);
    text(part, 2, "part");
    for (const name of names) {
      const tensor = graph.initializers.get(name);
      if (tensor?.external) message(part, 5, (into) => inlined(into, tensor, external));
      else if (tensor) bytes(part, 5, tensor.bytes);
      const sparse = graph.proto.sparse.get(name);
      if (sparse) bytes(part, 15, sparse);
    }
    for (const { name, type } of inputs) {
      message(part, 11, (input) => {
        text(input, 1, name);
        message(input, 2, (of) => message(of, 1, (tensor) => tensor.tag(1, WireType.Varint).int32(type)));
      });
    }
    for (const name of outputs) message(part, 12, (output) => text(output, 1, name));
  });
  return writer.finish();
}
