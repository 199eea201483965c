// Numbers in tensors: of initializers and constants in a model, and of what onnxruntime gives.

import { fromFloat16 } from "../index.js";
import { FLOAT, STRING } from "./data-types.js";
import type { Graph } from "./graph.js";
import { ModelError, type TensorProto } from "./proto.js";

/** Bytes of a tensor that is in another file. */
export type External = (tensor: TensorProto) => Uint8Array;

export interface Constant {
  readonly dims: readonly number[];
  readonly values: Float64Array | Float32Array;
}

/** More is no axis, no eps and no weight. */
const MAX_CONSTANT = 2 ** 24;

/** The upper half of float32. */
function fromBfloat16(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  const words = new Uint32Array(result.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return result;
}

/** Elements at any address, as an array of another type. */
function elements<T>(raw: Uint8Array, Kind: new (buffer: ArrayBuffer) => T, bytes: number): T {
  if (raw.length % bytes) throw new ModelError("has a tensor whose bytes are no whole number of elements");
  return new Kind(new Uint8Array(raw).buffer);
}

/** @throws {ModelError} for elements that are no numbers. */
function tensorValues(tensor: TensorProto, external: External): Constant {
  const { dims, type, values } = tensor;
  const raw = tensor.external ? external(tensor) : tensor.raw;
  const count = dims.reduce((product, dim) => product * dim, 1);
  let found: Float64Array | Float32Array;
  if (raw === undefined) {
    const bits = (): Uint16Array => Uint16Array.from(values);
    if (type === 10) found = fromFloat16(bits());
    else found = type === 16 ? fromBfloat16(bits()) : Float64Array.from(values);
  } else if (type === FLOAT) found = elements(raw, Float32Array, 4);
  else if (type === 10) found = fromFloat16(elements(raw, Uint16Array, 2));
  else if (type === 16) found = fromBfloat16(elements(raw, Uint16Array, 2));
  else if (type === 11) found = elements(raw, Float64Array, 8);
  else if (type === 7) found = Float64Array.from(elements(raw, BigInt64Array, 8), Number);
  else if (type === 6) found = Float64Array.from(elements(raw, Int32Array, 4));
  else throw new ModelError(`has elements of type ${type} where numbers are wanted`);
  if (found.length !== count) throw new ModelError(`has a tensor of ${found.length} elements and dims [${dims}]`);
  return { dims, values: found };
}

/** Elements that are looked at side by side. */
const BLOCK = 2 ** 16;

/** The elements of a floating-point tensor, block by block: memory is bounded whatever its size. A block is overwritten by the next. */
export function* blocksOf(tensor: TensorProto, external: External): Generator<ArrayLike<number>> {
  const raw = tensor.external ? external(tensor) : tensor.raw;
  if (tensor.type !== FLOAT || raw === undefined) {
    yield tensorValues(tensor, external).values;
    return;
  }
  const block = new Float32Array(Math.min(BLOCK, Math.floor(raw.length / 4)));
  const bytes = new Uint8Array(block.buffer);
  for (let at = 0; at + 4 <= raw.length; at += bytes.length) {
    const part = raw.subarray(at, at + bytes.length);
    bytes.set(part);
    yield block.subarray(0, part.length / 4);
  }
}

/**
 * What a tensor is in every run: an initializer, or what a node Constant gives, cast, copied or reshaped as it may be.
 * undefined for any other, and for a large one.
 */
export function constantOf(graph: Graph, name: string, external: External): Constant | undefined {
  let from = name;
  let node = graph.producers.get(from);
  // longer chains than a stack would hold
  while (node?.constant && !node.domain && (node.op === "Cast" || node.op === "Identity")) {
    from = node.inputs[0];
    node = graph.producers.get(from);
  }
  const tensor = graph.initializers.get(from);
  if (tensor) {
    const count = tensor.dims.reduce((product, dim) => product * dim, 1);
    return count > MAX_CONSTANT || tensor.type === STRING ? undefined : tensorValues(tensor, external);
  }
  if (node?.op !== "Constant" || node.domain) return undefined;
  const value = (key: string) => node.attributes.get(key);
  const t = value("value")?.t;
  if (t) return t.type === STRING ? undefined : tensorValues(t, external);
  const single = value("value_float")?.f ?? value("value_int")?.i;
  if (single !== undefined) return { dims: [], values: Float64Array.of(single) };
  const several = value("value_floats")?.floats ?? value("value_ints")?.ints;
  return several && { dims: [several.length], values: Float64Array.from(several) };
}
