// The messages of onnx.proto that are needed here, read from their bytes. Numbers of fields are those of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. What is copied unread keeps its bytes; no payload is copied.

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Graphs inside of graphs: more is no model that anybody has. */
const MAX_DEPTH = 64;

/** What a file is not. */
export class ModelError extends Error {
  /** "ModelError". */
  override readonly name = "ModelError";
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  /** One of TensorProto.DataType. */
  readonly type: number;
  /** Elements as they are in memory, little-endian; undefined where they are in `values` or in another file. */
  readonly raw: Uint8Array | undefined;
  /** Elements in a field of their own type, one by one. */
  readonly values: readonly number[];
  /** Where the elements are, if in another file: keys are location, offset, length. */
  readonly external: ReadonlyMap<string, string> | undefined;
  /** The message itself. */
  readonly bytes: Uint8Array;
}

export interface AttributeProto {
  readonly name: string;
  readonly f: number | undefined;
  readonly i: number | undefined;
  readonly s: string | undefined;
  readonly t: TensorProto | undefined;
  readonly graphs: readonly GraphProto[];
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

export interface NodeProto {
  readonly name: string;
  readonly op: string;
  /** "" for the operators of ONNX itself. */
  readonly domain: string;
  /** Names of tensors; "" for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  readonly bytes: Uint8Array;
}

export interface ValueInfoProto {
  readonly name: string;
  /** One of TensorProto.DataType; undefined for what is no tensor. */
  readonly type: number | undefined;
  /** undefined for any number of dimensions; a name, or "" for one without, for a dimension of any length. */
  readonly dims: readonly (number | string)[] | undefined;
  readonly bytes: Uint8Array;
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  /** Names of sparse initializers, and their messages. */
  readonly sparse: ReadonlyMap<string, Uint8Array>;
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
}

/** A function of the model's own: an operator made of others. */
export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly nodes: readonly NodeProto[];
  readonly bytes: Uint8Array;
}

export interface ModelProto {
  readonly irVersion: number;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: GraphProto;
  readonly functions: readonly FunctionProto[];
}

/** Reads a field, or comes back with false for one that is not wanted. */
type Visit = (field: number, reader: BinaryReader, wire: WireType) => unknown;

/** Goes over the fields of a message. */
function fields(bytes: Uint8Array, visit: Visit): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const before = reader.pos;
    visit(field, reader, wire);
    if (reader.pos === before) reader.skip(wire, field);
  }
}

/** A message inside of another one, which has to be of the wire type that it is declared with. */
function bytesOf(reader: BinaryReader, wire: WireType): Uint8Array {
  if (wire !== WireType.LengthDelimited) throw new Error(`wire type ${wire} in place of a message`);
  return reader.bytes();
}

const decoder = new TextDecoder();
const textOf = (reader: BinaryReader, wire: WireType): string => decoder.decode(bytesOf(reader, wire));

/** Numbers one by one, or packed. */
function numbers(
  into: number[],
  reader: BinaryReader,
  wire: WireType,
  read: (reader: BinaryReader) => number | bigint | string,
): void {
  if (wire !== WireType.LengthDelimited) {
    into.push(Number(read(reader)));
    return;
  }
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) into.push(Number(read(packed)));
}

const float = (reader: BinaryReader): number => reader.float();
const double = (reader: BinaryReader): number => reader.double();
const int64 = (reader: BinaryReader): bigint | string => reader.int64();
const uint64 = (reader: BinaryReader): bigint | string => reader.uint64();
const int32 = (reader: BinaryReader): number => reader.int32();

function readEntry(bytes: Uint8Array): [string, string] {
  const entry: [string, string] = ["", ""];
  fields(bytes, (field, reader, wire) => {
    if (field === 1 || field === 2) entry[field - 1] = textOf(reader, wire);
  });
  return entry;
}

function readTensor(bytes: Uint8Array): TensorProto {
  let [name, type] = ["", 0];
  let raw: Uint8Array | undefined;
  let external: Map<string, string> | undefined;
  let elsewhere = false;
  const dims: number[] = [];
  const values: number[] = [];
  fields(bytes, (field, reader, wire) => {
    if (field === 1) numbers(dims, reader, wire, int64);
    else if (field === 2) type = reader.int32();
    // packed floats are as they are in memory
    else if (field === 4 && wire === WireType.LengthDelimited) raw = reader.bytes();
    else if (field === 4) numbers(values, reader, wire, float);
    else if (field === 5) numbers(values, reader, wire, int32);
    else if (field === 7) numbers(values, reader, wire, int64);
    else if (field === 8) name = textOf(reader, wire);
    else if (field === 9) raw = bytesOf(reader, wire);
    else if (field === 10) numbers(values, reader, wire, double);
    else if (field === 11) numbers(values, reader, wire, uint64);
    else if (field === 13) {
      external ??= new Map();
      external.set(...readEntry(bytesOf(reader, wire)));
    } else if (field === 14) elsewhere = reader.int32() === 1;
  });
  if (dims.some((dim) => !(dim >= 0 && Number.isSafeInteger(dim)))) throw new Error("a tensor with impossible dims");
  return { name, dims, type, raw, values, external: elsewhere ? (external ?? new Map()) : undefined, bytes };
}

function readAttribute(bytes: Uint8Array, depth: number): AttributeProto {
  let name = "";
  let f: number | undefined;
  let i: number | undefined;
  let s: string | undefined;
  let t: TensorProto | undefined;
  const graphs: GraphProto[] = [];
  const floats: number[] = [];
  const ints: number[] = [];
  fields(bytes, (field, reader, wire) => {
    if (field === 1) name = textOf(reader, wire);
    else if (field === 2) f = reader.float();
    else if (field === 3) i = Number(reader.int64());
    else if (field === 4) s = textOf(reader, wire);
    else if (field === 5) t = readTensor(bytesOf(reader, wire));
    else if (field === 6 || field === 11) graphs.push(readGraph(bytesOf(reader, wire), depth + 1));
    else if (field === 7) numbers(floats, reader, wire, float);
    else if (field === 8) numbers(ints, reader, wire, int64);
  });
  return { name, f, i, s, t, graphs, floats, ints };
}

function readNode(bytes: Uint8Array, depth: number): NodeProto {
  let [name, op, domain] = ["", "", ""];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, AttributeProto>();
  fields(bytes, (field, reader, wire) => {
    if (field === 1) inputs.push(textOf(reader, wire));
    else if (field === 2) outputs.push(textOf(reader, wire));
    else if (field === 3) name = textOf(reader, wire);
    else if (field === 4) op = textOf(reader, wire);
    else if (field === 5) {
      const attribute = readAttribute(bytesOf(reader, wire), depth);
      attributes.set(attribute.name, attribute);
    } else if (field === 7) domain = textOf(reader, wire);
  });
  return { name, op, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes, bytes };
}

/** The dims of a TensorShapeProto. */
function readShape(bytes: Uint8Array): (number | string)[] {
  const dims: (number | string)[] = [];
  fields(bytes, (field, reader, wire) => {
    if (field !== 1) return;
    let dim: number | string = "";
    fields(bytesOf(reader, wire), (kind, inner, type) => {
      if (kind === 1) dim = Number(inner.int64());
      else if (kind === 2) dim = textOf(inner, type);
    });
    dims.push(dim);
  });
  return dims;
}

function readValueInfo(bytes: Uint8Array): ValueInfoProto {
  let name = "";
  let type: number | undefined;
  let dims: (number | string)[] | undefined;
  fields(bytes, (field, reader, wire) => {
    if (field === 1) name = textOf(reader, wire);
    else if (field === 2) {
      fields(bytesOf(reader, wire), (kind, inner, innerWire) => {
        if (kind !== 1) return;
        fields(bytesOf(inner, innerWire), (part, last, lastWire) => {
          if (part === 1) type = last.int32();
          else if (part === 2) dims = readShape(bytesOf(last, lastWire));
        });
      });
    }
  });
  return { name, type, dims, bytes };
}

function readGraph(bytes: Uint8Array, depth: number): GraphProto {
  if (depth > MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} graphs, each inside of the one before`);
  let name = "";
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const sparse = new Map<string, Uint8Array>();
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  fields(bytes, (field, reader, wire) => {
    if (field === 1) nodes.push(readNode(bytesOf(reader, wire), depth));
    else if (field === 2) name = textOf(reader, wire);
    else if (field === 5) initializers.push(readTensor(bytesOf(reader, wire)));
    else if (field === 11) inputs.push(readValueInfo(bytesOf(reader, wire)));
    else if (field === 12) outputs.push(readValueInfo(bytesOf(reader, wire)));
    else if (field === 15) {
      const message = bytesOf(reader, wire);
      fields(message, (part, inner, innerWire) => {
        if (part === 1) sparse.set(readTensor(bytesOf(inner, innerWire)).name, message);
      });
    }
  });
  return { name, nodes, initializers, sparse, inputs, outputs };
}

function readFunction(bytes: Uint8Array): FunctionProto {
  let [name, domain] = ["", ""];
  const nodes: NodeProto[] = [];
  fields(bytes, (field, reader, wire) => {
    if (field === 1) name = textOf(reader, wire);
    else if (field === 7) nodes.push(readNode(bytesOf(reader, wire), 0));
    else if (field === 10) domain = textOf(reader, wire);
  });
  return { name, domain, nodes, bytes };
}

function readOpset(bytes: Uint8Array): [string, number] {
  let [domain, version] = ["", 0];
  fields(bytes, (field, reader, wire) => {
    if (field === 1) domain = textOf(reader, wire);
    else if (field === 2) version = Number(reader.int64());
  });
  return [domain === "ai.onnx" ? "" : domain, version];
}

/**
 * A model from the bytes of its file.
 *
 * @throws {ModelError} for what is none, or is cut off.
 */
export function readModel(bytes: Uint8Array): ModelProto {
  let irVersion = 0;
  const graphs: Uint8Array[] = [];
  const opsets = new Map<string, number>();
  const functions: FunctionProto[] = [];
  try {
    fields(bytes, (field, reader, wire) => {
      if (field === 1) irVersion = Number(reader.int64());
      else if (field === 7) graphs.push(bytesOf(reader, wire));
      else if (field === 8) opsets.set(...readOpset(bytesOf(reader, wire)));
      else if (field === 25) functions.push(readFunction(bytesOf(reader, wire)));
    });
    if (!graphs.length) throw new ModelError("is no ONNX model: there is no graph in it");
    if (!opsets.size) throw new ModelError("is no ONNX model: it names no version of the operators");
    // a message in several parts is one
    const parts = graphs.map((part) => readGraph(part, 0));
    const graph: GraphProto = {
      name: parts[0].name,
      nodes: parts.flatMap(({ nodes }) => nodes),
      initializers: parts.flatMap(({ initializers }) => initializers),
      sparse: new Map(parts.flatMap(({ sparse }) => [...sparse])),
      inputs: parts.flatMap(({ inputs }) => inputs),
      outputs: parts.flatMap(({ outputs }) => outputs),
    };
    return { irVersion, opsets, graph, functions };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`is no ONNX model, or is cut off: ${(error as Error).message}`, { cause: error });
  }
}
