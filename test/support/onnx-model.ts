/** ONNX models, written from a description: messages of onnx.proto. */

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export type Attribute = number | readonly number[] | { float: number } | { tensor: TensorSpec } | { graph: GraphSpec };

export interface TensorSpec {
  dims: readonly number[];
  data: readonly number[] | Float32Array;
  /** Default: float32. */
  type?: "float32" | "int64" | "float64";
  /** How the elements are written. Default: raw. */
  as?: "raw" | "values" | { location: string; offset?: number; length?: number };
}

export interface NodeSpec {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  name?: string;
  domain?: string;
  attributes?: Record<string, Attribute>;
}

interface ValueSpec {
  type?: number;
  dims?: readonly (number | string)[];
}

interface GraphSpec {
  nodes: readonly NodeSpec[];
  initializers?: Record<string, TensorSpec>;
  inputs?: Record<string, ValueSpec>;
  outputs: Record<string, ValueSpec>;
}

export interface ModelSpec extends GraphSpec {
  opset: number;
  /** Versions of other domains. */
  domains?: Record<string, number>;
  functions?: readonly {
    name: string;
    domain: string;
    inputs: readonly string[];
    outputs: readonly string[];
    nodes: readonly NodeSpec[];
  }[];
}

const TYPES = { float32: 1, int64: 7, float64: 11 } as const;

function message(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, WireType.Varint).int64(value);

/** Little-endian elements. */
function bytesOf({ data, type = "float32" }: TensorSpec): Uint8Array {
  const array =
    type === "float32"
      ? Float32Array.from(data)
      : type === "float64"
        ? Float64Array.from(data)
        : BigInt64Array.from(Array.from(data, BigInt));
  return new Uint8Array(array.buffer);
}

function tensor(writer: BinaryWriter, spec: TensorSpec, name?: string): void {
  const { dims, data, type = "float32", as = "raw" } = spec;
  for (const dim of dims) integer(writer, 1, dim);
  writer.tag(2, WireType.Varint).int32(TYPES[type]);
  if (name !== undefined) text(writer, 8, name);
  if (as === "raw") writer.tag(9, WireType.LengthDelimited).bytes(bytesOf(spec));
  else if (as === "values") {
    message(writer, { float32: 4, int64: 7, float64: 10 }[type], (packed) => {
      for (const value of data) {
        if (type === "float32") packed.float(value);
        else if (type === "float64") packed.double(value);
        else packed.int64(value);
      }
    });
  } else {
    for (const [key, value] of Object.entries(as)) {
      message(writer, 13, (entry) => {
        text(entry, 1, key);
        text(entry, 2, String(value));
      });
    }
    integer(writer, 14, 1);
  }
}

function attribute(writer: BinaryWriter, name: string, value: Attribute): void {
  text(writer, 1, name);
  const type = (kind: number) => writer.tag(20, WireType.Varint).int32(kind);
  if (typeof value === "number") {
    integer(writer, 3, value);
    type(2);
  } else if (Array.isArray(value)) {
    for (const each of value as number[]) integer(writer, 8, each);
    type(7);
  } else if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    type(1);
  } else if ("tensor" in value) {
    message(writer, 5, (into) => tensor(into, value.tensor));
    type(4);
  } else {
    message(writer, 6, (into) => graph(into, (value as { graph: GraphSpec }).graph));
    type(5);
  }
}

function node(writer: BinaryWriter, { op, inputs, outputs, name, domain, attributes = {} }: NodeSpec): void {
  for (const each of inputs) text(writer, 1, each);
  for (const each of outputs) text(writer, 2, each);
  if (name !== undefined) text(writer, 3, name);
  text(writer, 4, op);
  for (const [key, value] of Object.entries(attributes)) message(writer, 5, (into) => attribute(into, key, value));
  if (domain) text(writer, 7, domain);
}

function valueInfo(writer: BinaryWriter, name: string, { type = 1, dims }: ValueSpec): void {
  text(writer, 1, name);
  message(writer, 2, (of) =>
    message(of, 1, (into) => {
      into.tag(1, WireType.Varint).int32(type);
      if (!dims) return;
      message(into, 2, (shape) => {
        for (const dim of dims) {
          message(shape, 1, (one) => {
            if (typeof dim === "number") integer(one, 1, dim);
            else if (dim) text(one, 2, dim);
          });
        }
      });
    }),
  );
}

function graph(writer: BinaryWriter, { nodes, initializers = {}, inputs = {}, outputs }: GraphSpec): void {
  for (const each of nodes) message(writer, 1, (into) => node(into, each));
  text(writer, 2, "graph");
  for (const [name, each] of Object.entries(initializers)) message(writer, 5, (into) => tensor(into, each, name));
  for (const [name, each] of Object.entries(inputs)) message(writer, 11, (into) => valueInfo(into, name, each));
  for (const [name, each] of Object.entries(outputs)) message(writer, 12, (into) => valueInfo(into, name, each));
}

/** The bytes of a .onnx file. */
export function modelBytes(spec: ModelSpec): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, 1, spec.opset > 21 ? 10 : 8);
  for (const [domain, version] of Object.entries({ "": spec.opset, ...spec.domains })) {
    message(writer, 8, (opset) => {
      text(opset, 1, domain);
      integer(opset, 2, version);
    });
  }
  message(writer, 7, (into) => graph(into, spec));
  for (const { name, domain, inputs, outputs, nodes } of spec.functions ?? []) {
    message(writer, 25, (into) => {
      text(into, 1, name);
      for (const each of inputs) text(into, 4, each);
      for (const each of outputs) text(into, 5, each);
      for (const each of nodes) message(into, 7, (one) => node(one, each));
      message(into, 9, (opset) => {
        text(opset, 1, "");
        integer(opset, 2, spec.opset);
      });
      text(into, 10, domain);
    });
  }
  return writer.finish();
}
