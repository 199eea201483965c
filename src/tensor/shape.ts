// Shapes of tensors.

import { LEVELS as MAX_RANK } from "../abi/plan.js";
import { checkInteger, wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";

/** Most dimensions of a tensor: all of them may become levels of a walk. */
export { MAX_RANK };

/** Number of elements of a shape, of its dimensions from `from` on. */
export function sizeOf(shape: readonly number[], from = 0): number {
  let size = 1;
  for (let i = from; i < shape.length; i++) size *= shape[i];
  return size;
}

/** A loop, since every() takes a fifth of the time of a small call. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i === a.length && i === b.length;
}

/** A copy of a shape that was given: every length is read once. */
export function checkShape(name: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) throw wrong(name, "an array of lengths", shape);
  const rank = shape.length;
  if (rank > MAX_RANK) throw wrong(name, `a shape of at most ${MAX_RANK} dimensions`, shape, "object");
  const copy: number[] = [];
  for (let i = 0; i < rank; i++) {
    const length = shape[i];
    copy.push(Number.isInteger(length) && length >= 0 ? length : checkInteger(`${name}[${i}]`, length, 0, 2 ** 32 - 1));
  }
  return copy;
}

/** The shape that is given must be that of `size` elements. */
export function checkFit(name: string, shape: readonly number[], size: number): void {
  if (sizeOf(shape) !== size) {
    throw new RangeError(`"${name}" must have the ${size} elements of its data, got ${describe(shape)}`);
  }
}

/** What is left of a shape when the axes in the set are reduced. */
export function keptShape(shape: readonly number[], reduced: number, keepDims: boolean): number[] {
  const kept: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!((reduced >> i) & 1)) kept.push(shape[i]);
    else if (keepDims) kept.push(1);
  }
  return kept;
}

/** Only what has no elements can have so many results. @param bytes Of each. */
export function checkResults(name: string, size: number, bytes = 4): void {
  if (size > 2 ** 32 / bytes) {
    throw new RangeError(`"${name}" must have a result that fits into 4 GiB, got ${size} elements`);
  }
}
