// Data times powers of two: how large the groups are, and what they are multiplied by, both in native arithmetic, which is exact.

import { STORAGE_FLOAT32, TASK_APPLY, TASK_GIVEN, TASK_NORM } from "../abi/plan.js";
import { engine } from "../engine/engine.js";
import { NAMED } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import { run } from "../plan/run.js";
import type { Walk } from "../plan/walk.js";
import { Operand } from "../tensor/operand.js";
import { Tensor } from "../tensor/tensor.js";

/** Exponents of the powers of two that float32 has, of which 1 / S is the reverse. */
const LEAST = -127;
const MOST = 149;

/** One number for each group. */
export const ofGroups = (values: Float32Array | undefined, { groups }: Walk): Operand =>
  new Operand(values, 0, [groups], groups, STORAGE_FLOAT32);

/** y = x / S of the groups. */
function divide(x: Operand, walk: Walk, scales: Float32Array, y: Operand): void {
  const job = new Job(x, walk, TASK_GIVEN | TASK_APPLY, NAMED.l1, undefined);
  job.mean = ofGroups(new Float32Array(walk.groups), walk);
  job.deviation = ofGroups(scales, walk);
  job.y = y;
  run(job);
}

/**
 * y = x · 2^exponent, one for each group of a resident x, each product rounded once to float32.
 *
 * @param y Resident float32, which may be x.
 */
export function multiply(x: Operand, walk: Walk, exponents: Float64Array, y: Operand): void {
  const near = new Float32Array(exponents.length);
  let rest: Float32Array | undefined;
  // groups have their exponents in common: a power takes longer than the rest of the loop
  let last = 0;
  let power = 1;
  for (let i = 0; i < near.length; i++) {
    const exponent = Math.min(Math.max(exponents[i], LEAST), MOST);
    if (exponent !== last) {
      last = exponent;
      power = 2 ** -exponent;
    }
    near[i] = power;
    if (exponents[i] === exponent) continue;
    rest ??= new Float32Array(near.length).fill(1);
    rest[i] = 2 ** (exponent - exponents[i]);
  }
  // what the first product rounds is 0 after the second
  if (rest) divide(x, walk, rest, y);
  divide(rest ? y : x, walk, near, y);
}

/** The largest |x| of each group of a resident tensor with nothing but numbers. */
function largestIn(x: Operand, walk: Walk): Float32Array {
  const job = new Job(x, walk, TASK_NORM, NAMED.linf, undefined);
  const to = ofGroups(undefined, walk);
  job.deviation = to;
  run(job);
  return to.array as Float32Array;
}

/**
 * The largest finite |x| of each group of a resident tensor.
 *
 * @param special Whether there is NaN or infinity in it.
 */
export function largestOf(x: Operand, walk: Walk, special: boolean): Float32Array {
  if (!special) return largestIn(x, walk);
  const tensor = Tensor.make([x.size], x.size, STORAGE_FLOAT32);
  try {
    const copy = new Operand(undefined, tensor.address as number, x.shape, x.size, STORAGE_FLOAT32);
    multiply(x, walk, new Float64Array(walk.groups), copy);
    const first = copy.address / 4;
    const { f32 } = engine().heap;
    for (let i = first; i < first + x.size; i++) if (!(Math.abs(f32[i]) < Infinity)) f32[i] = 0;
    return largestIn(copy, walk);
  } finally {
    tensor.dispose();
  }
}
