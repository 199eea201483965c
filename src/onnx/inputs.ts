// What a model is run on: given tensors, held against what it wants, or random ones.

import { describe } from "../checks/describe.js";
import { toFloat16 } from "../index.js";
import { normal, uniform } from "../random.js";
import { FLOAT, typeName } from "./data-types.js";
import type { Graph } from "./graph.js";
import type { ValueInfoProto } from "./proto.js";
import type { OrtData, OrtRuntime, OrtTensor } from "./runtime.js";
import { quote, short } from "./words.js";

/** A tensor for an input: of this package, of onnxruntime, or an array with its shape. */
export interface ModelInput {
  /** Elements, row-major. */
  readonly data: unknown;
  /** One length for each dimension. Default: `dims`, else one dimension. */
  readonly shape?: readonly number[] | undefined;
  /** The same, as onnxruntime names it. */
  readonly dims?: readonly number[] | undefined;
  /** As onnxruntime has it. Default: what the model wants. */
  readonly type?: string | undefined;
}

/** Inputs of one run by name. */
export type ModelInputs = Readonly<Record<string, ModelInput>>;

/** Arrays in which elements of a type are given to onnxruntime. */
const ARRAYS: Readonly<Record<number, (values: ArrayLike<number>) => OrtData>> = {
  1: (values) => Float32Array.from(values),
  2: (values) => Uint8Array.from(values),
  3: (values) => Int8Array.from(values),
  4: (values) => Uint16Array.from(values),
  5: (values) => Int16Array.from(values),
  6: (values) => Int32Array.from(values),
  7: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  9: (values) => Uint8Array.from(values, (value) => (value ? 1 : 0)),
  10: (values) => toFloat16(Float32Array.from(values)),
  11: (values) => Float64Array.from(values),
  12: (values) => Uint32Array.from(values),
  13: (values) => BigUint64Array.from(Array.from(values, BigInt)),
};

const FLOATS = [FLOAT, 10, 11];

/** "float32 [batch, 16, 96]". */
const wordsOf = ({ type, dims }: ValueInfoProto): string =>
  `${type === undefined ? "something that is no tensor" : typeName(type)} ${dims ? `[${short(dims.map((dim) => (dim === "" ? "any" : dim)).join(", "))}]` : "of any shape"}`;

/** Inputs that a message names. */
const MOST_WANTED = 20;

const wants = (graph: Graph): string =>
  `the model wants ${
    graph.inputs
      .slice(0, MOST_WANTED)
      .map((info) => `${short(info.name)}: ${wordsOf(info)}`)
      .join("; ") || "none"
  }${graph.inputs.length > MOST_WANTED ? `; and ${graph.inputs.length - MOST_WANTED} more` : ""}`;

/** Elements as numbers. */
function numbersIn(name: string, data: unknown, type: string | undefined): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data as BigInt64Array, Number);
  if (data instanceof Uint16Array && type === "float16") throw new TypeError(`${quote(name)}: float16 goes as it is`);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return data as unknown as ArrayLike<number>;
  if (Array.isArray(data) && data.every((each) => typeof each === "number")) return data;
  throw new TypeError(
    `${quote(`${short(name)}.data`)} must be a typed array or an array of numbers, got ${describe(data)}`,
  );
}

/** Sizes of dimensions that have a name, as inputs show them. */
type Names = Map<string, number>;

function checkShape(name: string, info: ValueInfoProto, shape: readonly number[], names: Names, graph: Graph): void {
  const { dims } = info;
  const fits =
    !dims ||
    (dims.length === shape.length &&
      dims.every((dim, i) => {
        if (typeof dim === "number") return dim === shape[i];
        if (dim === "") return true;
        const known = names.get(dim);
        names.set(dim, shape[i]);
        return known === undefined || known === shape[i];
      }));
  if (!fits) throw new RangeError(`${quote(name)} is of shape [${shape}]: ${wants(graph)}`);
}

function tensorOf(runtime: OrtRuntime, info: ValueInfoProto, given: ModelInput, names: Names, graph: Graph): OrtTensor {
  const { name, type = 0 } = info;
  if (typeof given !== "object" || given === null)
    throw new TypeError(`${quote(name)} must be { data, shape }, got ${describe(given)}`);
  const { data } = given;
  const shape = given.shape ?? given.dims ?? (ArrayBuffer.isView(data) ? [(data as Float32Array).length] : undefined);
  if (!Array.isArray(shape) || !shape.every((dim) => Number.isInteger(dim) && dim >= 0)) {
    throw new TypeError(`${quote(`${short(name)}.shape`)} must be an array of lengths, got ${describe(shape)}`);
  }
  const own = [...shape];
  checkShape(name, info, own, names, graph);
  const size = own.reduce((product, dim) => product * dim, 1);
  const make = Object.hasOwn(ARRAYS, type) ? ARRAYS[type] : undefined;
  if (!make) throw new TypeError(`${quote(name)} is ${typeName(type)} in the model, which cannot be given here`);
  const halves = type === 10 && given.type === "float16" && data instanceof Uint16Array;
  const values = halves ? data : numbersIn(name, data, given.type === typeName(type) ? undefined : given.type);
  if (values.length !== size) throw new RangeError(`${quote(name)} has ${values.length} elements, and shape [${own}]`);
  if (!FLOATS.includes(type)) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isInteger(values[i]))
        throw new RangeError(`${quote(name)} has ${values[i]} at ${i}: ${wants(graph)}`);
    }
  }
  return new runtime.Tensor(typeName(type), halves ? data : make(values), own);
}

/** @throws {TypeError | RangeError} that says what the model wants. */
export function givenInputs(runtime: OrtRuntime, graph: Graph, given: ModelInputs): Map<string, OrtTensor> {
  const wanted = new Set(graph.inputs.map(({ name }) => name));
  const unknown = Object.keys(given).find((name) => !wanted.has(name));
  if (unknown !== undefined) throw new RangeError(`there is no input ${describe(unknown)}: ${wants(graph)}`);
  const names: Names = new Map();
  return new Map(
    graph.inputs.map((info) => {
      if (!Object.hasOwn(given, info.name))
        throw new RangeError(`input ${describe(info.name)} is missing: ${wants(graph)}`);
      return [info.name, tensorOf(runtime, info, given[info.name], names, graph)];
    }),
  );
}

/** Length of a dimension that may be any: the first is most often a batch, of four the last two are those of images. */
function anyLength(axis: number, rank: number): number {
  if (axis === 0) return 1;
  return rank === 4 && axis > 1 ? 64 : 16;
}

/** Elements that a random input may have. */
const MOST_RANDOM = 2 ** 28;

/**
 * Inputs by the model's shapes and types: floats are normal, masks 1, other integers 0 to 9. Dimensions of any length are 1
 * where they come first, 64 where they are the last two of four, else 16; the same name is the same length.
 */
export function randomInputs(runtime: OrtRuntime, graph: Graph, seed: number): Map<string, OrtTensor> {
  const lengths = new Map<string, number>();
  return new Map(
    graph.inputs.map((info, i) => {
      const { name, type = 0, dims = [] } = info;
      const make = Object.hasOwn(ARRAYS, type) ? ARRAYS[type] : undefined;
      if (!make) throw new RangeError(`there are no random inputs for ${quote(name)}: ${wordsOf(info)}`);
      const shape = dims.map((dim, axis) => {
        if (typeof dim === "number" && dim > 0) return dim;
        const key = dim === "" || typeof dim === "number" ? undefined : dim;
        const length = (key !== undefined && lengths.get(key)) || anyLength(axis, dims.length);
        if (key !== undefined) lengths.set(key, length);
        return length;
      });
      const size = shape.reduce((product, dim) => product * dim, 1);
      if (size > MOST_RANDOM)
        throw new RangeError(`input ${quote(name)} of shape [${shape}] is too large to be made at random`);
      const own = seed + 1000 * i; // no input is like another one
      const next = uniform(own);
      const mask = /mask/i.test(name) || type === 9;
      const values = FLOATS.includes(type)
        ? normal(own, size)
        : Array.from({ length: size }, () => (mask ? 1 : Math.floor(next() * 10)));
      return [name, new runtime.Tensor(typeName(type), make(values), shape)];
    }),
  );
}
