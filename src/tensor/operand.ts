// What a function is given and what it gives: tensors of all forms, reduced to one.

import { checkSize, isObject, wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { engine } from "../engine/engine.js";
import type { Dense, Out, TensorLike } from "./forms.js";
import { checkFit, checkShape, sameShape } from "./shape.js";
import { bytesOf, checkDType, type Data, DTYPES, dtypeOf, STORAGES } from "./storage.js";
import type { Tensor } from "./tensor.js";

/**
 * A tensor, checked: an argument, or where a result goes. It is in kernel memory if it has an address, else in
 * `array`; a result that is yet to be made is in neither. One class for all, so that what handles them stays fast.
 */
export class Operand {
  /** A new tensor, if that is what the result becomes. */
  tensor: Tensor | undefined = undefined;
  /** Where a kernel finds it during a call: at its address, or the address of a copy. */
  place: number = this.address;

  /**
   * @param array Elements outside of kernel memory, float16 as bits.
   * @param storage One of the STORAGE constants.
   * @param like A tensor: results become tensors, too, and are made by it.
   * @param half A native Float16Array came and goes.
   * @param out What was given to be filled.
   */
  constructor(
    public array: Float32Array | Uint16Array | undefined,
    public address: number,
    readonly shape: readonly number[],
    readonly size: number,
    readonly storage: number,
    readonly like?: Tensor,
    readonly half = false,
    readonly out?: Out,
  ) {}
}

const FORMS = "a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor";

/** A typed array; `data` may be anything. */
function wrap(name: string, data: unknown, shape?: readonly number[]): Operand {
  // by its tag: the classes of another realm (iframe, vm, test runner) are not ours
  const tag = ArrayBuffer.isView(data) ? (data as Data)[Symbol.toStringTag] : "";
  const storage = STORAGES[tag];
  if (storage === undefined) throw wrong(name, shape ? "a Float32Array, Uint16Array or Float16Array" : FORMS, data);
  const { buffer, byteOffset, length } = data as Data;
  const half = tag === "Float16Array";
  // a view of our own memory would be cut off by a grow: it is known by its address instead
  const own = length && buffer === engine().heap.buffer;
  const array = half ? new Uint16Array(buffer, byteOffset, length) : (data as Float32Array | Uint16Array);
  return new Operand(
    own ? undefined : array,
    own ? byteOffset : 0,
    shape ?? [length],
    length,
    storage,
    undefined,
    half,
  );
}

/** Refuses another storage than is wanted; any will do for undefined. */
function checkStorage(name: string, wanted: number | undefined, storage: number, got: string): void {
  if (wanted !== undefined && wanted !== storage) {
    throw new TypeError(`"${name}" must hold ${dtypeOf(wanted)}, got ${got}`);
  }
}

/**
 * A tensor argument of any form. A tensor of another instance counts as plain data.
 *
 * @throws {TypeError} for other things, wrong dtypes and disposed tensors; {RangeError} for shapes that do not fit.
 */
export function operand(name: string, value: TensorLike): Operand {
  if (ArrayBuffer.isView(value)) return wrap(name, value);
  if (!isObject(value) || !("data" in value)) throw wrong(name, FORMS, value);
  // only a tensor has an engine; its class is not named, so that it is only in the bundles of those who make one
  const { engine: own } = value as Tensor;
  if (own && own === engine()) {
    const { address, shape, size, dtype } = value as Tensor;
    if (address === undefined) throw new TypeError(`"${name}" must be a live tensor, got one that was disposed of`);
    return new Operand(undefined, address, shape, size, DTYPES[dtype], value as Tensor);
  }
  const { data, shape, dims, dtype, type } = value as object as Record<string, unknown>;
  const key = `${name}.${shape === undefined && dims !== undefined ? "dims" : "shape"}`;
  const result = wrap(`${name}.data`, data, checkShape(key, shape ?? dims));
  checkFit(key, result.shape, result.size);
  const storage = checkDType(`${name}.${dtype === undefined ? "type" : "dtype"}`, dtype ?? type);
  checkStorage(`${name}.data`, storage, result.storage, describe(data));
  return result;
}

/** A tensor argument with one element for each of something, undefined for undefined. */
export function parameter(name: string, value: TensorLike | undefined, size: number): Operand | undefined {
  if (value === undefined) return undefined;
  const result = operand(name, value);
  checkSize(name, size, result.size);
  return result;
}

/**
 * Where a result goes.
 *
 * @param from What the result follows when `out` is not given.
 * @param storage Demanded by the function or the caller; undefined takes that of `out` or `from`.
 */
export function target(
  out: Out | undefined,
  shape: readonly number[],
  size: number,
  storage: number | undefined,
  from: Operand,
): Operand {
  if (out === undefined) {
    return new Operand(undefined, 0, shape, size, storage ?? from.storage, from.like, from.half);
  }
  const shaped = isObject(out) && !ArrayBuffer.isView(out);
  // of { data } without a shape there is only the size to be checked
  const bare = shaped && "data" in out && !("shape" in out || "dims" in out);
  const found = bare ? wrap("out.data", out.data) : operand("out", out as TensorLike);
  checkSize("out", size, found.size);
  if (shaped && !bare && !sameShape(found.shape, shape)) {
    throw wrong("out", `of shape ${describe(shape)}`, found.shape, "object");
  }
  checkStorage("out", storage, found.storage, dtypeOf(found.storage));
  return new Operand(found.array, found.address, shape, size, found.storage, undefined, found.half, out);
}

/** Where the elements begin, in their buffer. */
const startOf = ({ array, address }: Operand): number => (array ? array.byteOffset : address);

const byteLengthOf = ({ size, storage }: Operand): number => size * bytesOf(storage);

/**
 * Refuses an `out` that shares memory with an operand, since it would be overwritten while it is read.
 *
 * @param inPlace `out` may be exactly the operand.
 */
export function checkOverlap(to: Operand, name: string, from: Operand | undefined, inPlace = false): void {
  if (to.out === undefined || !from?.size || !to.size || to.array?.buffer !== from.array?.buffer) return;
  const distance = startOf(to) - startOf(from);
  if (distance >= byteLengthOf(from) || -distance >= byteLengthOf(to)) return;
  if (inPlace && !distance && to.storage === from.storage && to.size === from.size) return;
  throw new RangeError(`"out" must not overlap "${name}"${inPlace ? " in part" : ""}`);
}

/** Gives a target that becomes a tensor its memory. */
export function settle(to: Operand | undefined): void {
  if (to?.like) {
    to.tensor = to.like.another(to.shape, to.size, to.storage);
    to.place = to.address = to.tensor.address as number;
  }
}

/** What the caller gets. */
export function finish(to: Operand): Out | Dense {
  const made = to.out ?? to.tensor;
  if (made) return made;
  const { array, shape, storage } = to;
  const half = to.half && storage;
  return {
    data: half ? new (globalThis as typeof globalThis).Float16Array(array?.buffer as ArrayBuffer) : (array as Data),
    shape: shape.slice(),
    dtype: dtypeOf(storage),
  };
}
