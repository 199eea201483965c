// Sums and maxima over plain data that is longer than a block: copied to the same block piece by piece, so that it
// passes through the cache once, and added up in float64.

import { engine } from "./engine.js";
import * as at from "./layout.js";
import type { NormSpec } from "./norms.js";
import { bytesOf, type Operand } from "./operand.js";
import { Job, writeJob, writeWalk } from "./plan.js";
import { BLOCK } from "./run.js";
import { planWalk } from "./shape.js";

/** Whether raw() answers, and pays off. */
export function streams(x: Operand, kind: number): boolean {
  return x.array !== undefined && x.size * bytesOf(x.storage) > 2 * BLOCK && kind <= at.NORM_LINF;
}

/** Sum (NORM_NONE), sum of |x|, sum of squares or maximum of |x| over all elements of plain data, in float64. */
export function raw(x: Operand, norm: NormSpec): number {
  const own = engine();
  const { heap, kernels } = own;
  const bytes = bytesOf(x.storage);
  const length = BLOCK / bytes;
  heap.begin();
  const block = heap.scratch(BLOCK);
  const result = heap.scratch(8);
  const { i32, f64 } = heap;
  const array = x.array as Float32Array;
  const view = x.storage === at.STORAGE_FLOAT16 ? heap.u16 : heap.f32;
  const task = at.TASK_RAW | (norm.kind === at.NORM_NONE ? at.TASK_CENTRE : at.TASK_NORM);
  let walk = planWalk([length], 1, 0);
  writeJob(own, new Job(task, norm, at.SCALE_NORMALIZE, 0, 1, undefined, walk));
  writeWalk(i32, f64, walk, 1);
  i32[at.INPUT >> 2] = block;
  i32[at.INPUT_STORAGE >> 2] = x.storage;
  i32[at.DEVIATION >> 2] = result;
  i32[at.OUTPUT >> 2] = i32[at.WEIGHT >> 2] = i32[at.BIAS >> 2] = i32[at.GAIN >> 2] = i32[at.MEAN >> 2] = 0;
  let total = 0;
  for (let from = 0; from < x.size; from += length) {
    const part = Math.min(length, x.size - from);
    if (part < length) {
      walk = planWalk([part], 1, 0);
      writeWalk(i32, f64, walk, 1);
    }
    view.set(array.subarray(from, from + part), block / bytes);
    kernels.rows();
    const value = f64[result / 8];
    total = norm.kind === at.NORM_LINF ? Math.max(total, value) : total + value;
  }
  return total;
}
