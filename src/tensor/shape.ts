// Shapes of tensors.

import { LEVELS as MAX_RANK } from "../abi/plan.js";
import { checkInteger, describe, wrong } from "../checks/arguments.js";

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

/** A copy of a shape that was given. */
export function checkShape(name: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) throw wrong(name, "an array of lengths", shape);
  if (shape.length > MAX_RANK) throw wrong(name, `a shape of at most ${MAX_RANK} dimensions`, shape, "object");
  for (let i = 0; i < shape.length; i++) {
    if (!(Number.isInteger(shape[i]) && shape[i] >= 0)) checkInteger(`${name}[${i}]`, shape[i], 0, 2 ** 32 - 1);
  }
  return shape.slice();
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
