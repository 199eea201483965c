// What a function is given and what it gives: tensors of all forms, reduced to one.

import { describe, rangeError, typeError } from "./check.js";
import { engine } from "./engine.js";
import { STORAGE_FLOAT16, STORAGE_FLOAT32 } from "./layout.js";
import { checkFit, checkShape } from "./shape.js";
import { Tensor } from "./tensor.js";
import type { Data, Dense, DType, Out, TensorLike } from "./types.js";

/**
 * A tensor, checked: an argument, or where a result goes. It is in kernel memory if it has an address, else in
 * `array`; a result that is yet to be made is in neither. One class for all, so that what handles them stays fast.
 */
export class Operand {
  /** Elements outside of kernel memory, float16 as bits. */
  array: Float32Array | Uint16Array | undefined;
  address: number;
  readonly shape: readonly number[];
  readonly size: number;
  /** One of the STORAGE constants. */
  readonly storage: number;
  /** Results go to kernel memory as well. */
  readonly resident: boolean;
  /** A native Float16Array came and goes. */
  readonly half: boolean;
  /** What was given to be filled. */
  readonly out: Out | undefined;
  /** A new tensor, if that is what the result becomes. */
  tensor: Tensor | undefined;

  constructor(
    array: Float32Array | Uint16Array | undefined,
    address: number,
    shape: readonly number[],
    size: number,
    storage: number,
    resident = false,
    half = false,
    out?: Out,
  ) {
    this.array = array;
    this.address = address;
    this.shape = shape;
    this.size = size;
    this.storage = storage;
    this.resident = resident;
    this.half = half;
    this.out = out;
    this.tensor = undefined;
  }
}

const FORMS = "a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor";

/** Bytes of an element. */
export const bytesOf = (storage: number): number => (storage === STORAGE_FLOAT16 ? 2 : 4);

const dtypeOf = (storage: number): DType => (storage === STORAGE_FLOAT16 ? "float16" : "float32");

/** STORAGE constant of a dtype, undefined for undefined. */
export function checkDType(name: string, dtype: unknown): number | undefined {
  if (dtype === undefined) return undefined;
  if (dtype === "float32") return STORAGE_FLOAT32;
  if (dtype === "float16") return STORAGE_FLOAT16;
  throw (typeof dtype === "string" ? rangeError : typeError)(name, '"float32" or "float16"', dtype);
}

/** A typed array; `data` may be anything. */
function wrap(name: string, data: unknown, shape: readonly number[] | undefined): Operand {
  // by its tag: the classes of another realm (iframe, vm, test runner) are not ours
  const tag = ArrayBuffer.isView(data) && (data as Data)[Symbol.toStringTag];
  const half = tag === "Float16Array";
  if (tag !== "Float32Array" && tag !== "Uint16Array" && !half) {
    throw typeError(name, shape ? "a Float32Array, Uint16Array or Float16Array" : FORMS, data);
  }
  const { buffer, byteOffset, length } = data as Data;
  const storage = tag === "Float32Array" ? STORAGE_FLOAT32 : STORAGE_FLOAT16;
  // a view of our own memory would be cut off by a grow: it is known by its address instead
  if (length && buffer === engine().heap.buffer) {
    return new Operand(undefined, byteOffset, shape ?? [length], length, storage, false, half);
  }
  const array = half ? new Uint16Array(buffer, byteOffset, length) : (data as Float32Array | Uint16Array);
  return new Operand(array, 0, shape ?? [length], length, storage, false, half);
}

/**
 * A tensor argument of any form. A tensor of another instance counts as plain data.
 *
 * @throws {TypeError} for other things, wrong dtypes and disposed tensors; {RangeError} for shapes that do not fit.
 */
export function operand(name: string, value: TensorLike): Operand {
  if (value instanceof Tensor && value.engine === engine()) {
    const { address, shape, size, storage } = value;
    if (address === undefined) throw new TypeError(`"${name}" must be a live tensor, got one that was disposed of`);
    return new Operand(undefined, address, shape, size, storage, true);
  }
  if (ArrayBuffer.isView(value)) return wrap(name, value, undefined);
  if (typeof value !== "object" || value === null || !("data" in value)) throw typeError(name, FORMS, value);
  const { data, shape, dims, dtype, type } = value as {
    data: unknown;
    shape?: unknown;
    dims?: unknown;
    dtype?: unknown;
    type?: unknown;
  };
  const key = shape === undefined && dims !== undefined ? "dims" : "shape";
  const result = wrap(`${name}.data`, data, checkShape(`${name}.${key}`, shape ?? dims));
  checkFit(`${name}.${key}`, result.shape, result.size);
  const storage = checkDType(`${name}.${dtype === undefined ? "type" : "dtype"}`, dtype ?? type);
  if (storage !== undefined && storage !== result.storage) {
    throw new TypeError(`"${name}.data" must hold ${dtypeOf(storage)}, got ${describe(data)}`);
  }
  return result;
}

/** A tensor argument with one element for each of something, undefined for undefined. */
export function parameter(name: string, value: TensorLike | undefined, size: number): Operand | undefined {
  if (value === undefined) return undefined;
  const result = operand(name, value);
  if (result.size !== size) throw new RangeError(`"${name}" must have ${size} elements, got ${result.size}`);
  return result;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i === a.length && i === b.length;
}

/**
 * Where a result goes.
 *
 * @param like What the result follows when `out` is not given.
 * @param storage Demanded by the function or the caller; undefined takes that of `out` or `like`.
 */
export function target(
  out: Out | undefined,
  shape: readonly number[],
  size: number,
  storage: number | undefined,
  like: Operand,
): Operand {
  if (out === undefined) {
    return new Operand(undefined, 0, shape, size, storage ?? like.storage, like.resident, like.half);
  }
  const shaped = typeof out === "object" && out !== null && !ArrayBuffer.isView(out);
  // of { data } without a shape there is only the size to be checked
  const bare = shaped && !(out instanceof Tensor) && "data" in out && !("shape" in out || "dims" in out);
  const found = bare ? wrap("out.data", out.data, undefined) : operand("out", out as TensorLike);
  if (found.size !== size) throw new RangeError(`"out" must have ${size} elements, got ${found.size}`);
  if (shaped && !bare && !sameShape(found.shape, shape)) {
    throw rangeError("out", `of shape ${describe(shape)}`, found.shape);
  }
  if (storage !== undefined && storage !== found.storage) {
    throw new TypeError(`"out" must hold ${dtypeOf(storage)}, got ${dtypeOf(found.storage)}`);
  }
  return new Operand(found.array, found.address, shape, size, found.storage, found.resident, found.half, out);
}

function overlap(a: Operand, b: Operand): boolean {
  if (!a.size || !b.size || a.array?.buffer !== b.array?.buffer) return false;
  const start = a.array ? a.array.byteOffset : a.address;
  const other = b.array ? b.array.byteOffset : b.address;
  return start < other + b.size * bytesOf(b.storage) && other < start + a.size * bytesOf(a.storage);
}

/**
 * Refuses an `out` that shares memory with an operand, since it would be overwritten while it is read.
 *
 * @param inPlace `out` may be exactly the operand.
 */
export function checkOverlap(to: Operand | undefined, name: string, from: Operand | undefined, inPlace = false): void {
  if (to?.out === undefined || !from || !overlap(to, from)) return;
  const same = inPlace && to.storage === from.storage && to.size === from.size;
  if (same && (to.array ? to.array.byteOffset === from.array?.byteOffset : to.address === from.address)) return;
  throw new RangeError(`"out" must not overlap "${name}"${inPlace ? " in part" : ""}`);
}

/** Gives a target that becomes a tensor its memory. */
export function settle(to: Operand | undefined): void {
  if (to?.resident && to.out === undefined) {
    to.tensor = new Tensor(to.shape, to.size, to.storage);
    to.address = to.tensor.address as number;
  }
}

/** What the caller gets. */
export function finish(to: Operand): Out | Dense {
  if (to.out !== undefined) return to.out;
  if (to.tensor) return to.tensor;
  const array = to.array as Float32Array | Uint16Array;
  const half = to.half && to.storage === STORAGE_FLOAT16;
  return {
    data: half ? new (globalThis as typeof globalThis).Float16Array(array.buffer as ArrayBuffer) : array,
    shape: to.shape.slice(),
    dtype: dtypeOf(to.storage),
  };
}
