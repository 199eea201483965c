// Tensors: made from data, or empty, to be filled; and what they hold of memory.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { engine } from "../engine/engine.js";
import { elementwise } from "../plan/run-elementwise.js";
import type { Nested, TensorLike } from "../tensor/forms.js";
import { checkHeld, Operand, operand } from "../tensor/operand.js";
import { checkFit, checkShape, sizeOf } from "../tensor/shape.js";
import { bytesOf, checkDType, type DType } from "../tensor/storage.js";
import { Tensor } from "../tensor/tensor.js";

/** Sets the last bit of array[i] if it is not exactly x: then rounding it to fewer bits is rounding x itself. */
function toOdd(x: number, array: Float32Array, bits: Int32Array, i: number): void {
  if (array[i] === x || Number.isNaN(x)) return;
  if (Math.abs(array[i]) > Math.abs(x)) bits[i]--;
  bits[i] |= 1;
}

/** Elements that there is room for at first: what an array says of its length need not be true. */
const FEW = 1024;

/** Numbers of nested arrays as an operand of the shape that they have. */
function flatten(data: Nested, odd: boolean): Operand {
  const shape: number[] = [];
  for (let level: Nested | undefined = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    checkShape("data", shape);
  }
  const size = sizeOf(shape);
  checkBytes("data", shape, size * 4);
  let array = new Float32Array(Math.min(size, FEW));
  let bits = new Int32Array(array.buffer);
  let index = 0;
  const visit = (level: Nested, depth: number): void => {
    if (depth === shape.length) {
      if (typeof level !== "number") throw wrong("data", "numbers, nested one level for each dimension", level);
      if (index === array.length) {
        const larger = new Float32Array(Math.min(size, 2 * index));
        larger.set(array);
        array = larger;
        bits = new Int32Array(array.buffer);
      }
      array[index] = level;
      if (odd) toOdd(level, array, bits, index);
      index++;
      return;
    }
    if (!Array.isArray(level)) throw wrong("data", "numbers, nested one level for each dimension", level);
    const { length } = level;
    if (length !== shape[depth]) {
      throw new RangeError(`"data" must have rows of one length, got ${length} elements next to ${shape[depth]}`);
    }
    for (let i = 0; i < length; i++) visit(level[i], depth + 1);
  };
  visit(data, 0);
  return new Operand(array, 0, shape, size, STORAGE_FLOAT32);
}

/** A shape that is to be had in kernel memory. */
function checkBytes(name: string, shape: readonly number[], bytes: number): void {
  if (bytes > 2 ** 32) throw new RangeError(`"${name}" must fit into 4 GiB, got ${describe(shape)}`);
}

/**
 * Copies data into kernel memory, where calls on it copy nothing more: a {@link Tensor}, which holds 4 bytes an element in
 * float32, 2 in float16.
 *
 * @param data Any tensor, or numbers in nested arrays.
 * @param shape At most 8 dimensions, with as many elements as the data. Default: that of the data.
 * @param dtype Default: that of the data, float32 for numbers. Converted if need be, to nearest, ties to even.
 * @throws {TypeError} for a wrong type.
 * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
 */
export function tensor(data: TensorLike | Nested, shape?: readonly number[], dtype?: DType): Tensor {
  const storage = checkDType("dtype", dtype);
  const numbers = Array.isArray(data) || typeof data === "number";
  const from = numbers ? flatten(data as Nested, !!storage) : operand("data", data as TensorLike);
  const dimensions = shape === undefined ? from.shape.slice() : checkShape("shape", shape);
  checkFit("shape", dimensions, from.size);
  checkHeld(from);
  return copied(from, dimensions, storage);
}

/** A tensor with the elements of an operand. */
export function copied(from: Operand, shape = from.shape.slice(), storage = from.storage): Tensor {
  const { size } = from;
  const made = Tensor.make(shape, size, storage);
  const address = made.address as number;
  if (storage !== from.storage) {
    const to = new Operand(undefined, address, shape, size, storage);
    to.tensor = made;
    elementwise(from, to, true);
  } else if (size) {
    const { heap } = engine();
    const view = from.storage ? heap.u16 : heap.f32;
    const bytes = bytesOf(from.storage);
    const index = address / bytes;
    if (from.array) view.set(from.array, index);
    else view.copyWithin(index, from.address / bytes, from.address / bytes + size);
  }
  return made;
}

/**
 * A tensor to be filled through its `data`, without any copy. Its elements are whatever memory held before.
 *
 * @param shape At most 8 dimensions.
 * @param dtype Default: "float32".
 * @throws {TypeError} for a wrong type.
 * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
 */
export function empty(shape: readonly number[], dtype: DType = "float32"): Tensor {
  const dimensions = checkShape("shape", shape);
  const size = sizeOf(dimensions);
  checkBytes("shape", dimensions, size * 4);
  return Tensor.make(dimensions, size, checkDType("dtype", dtype) as number);
}

/** What kernel memory there is, and what tensors hold of it, in bytes. */
export function memory(): {
  /** Bytes of kernel memory in all: it grows, and never shrinks. */
  bytes: number;
  /** Bytes of it that tensors hold. */
  used: number;
  /** Number of those tensors. */
  tensors: number;
} {
  const { heap } = engine();
  return { bytes: heap.buffer.byteLength, used: heap.used, tensors: heap.blocks };
}
