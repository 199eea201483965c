// Runs a job: brings the operands into kernel memory, block by block, and the results out of it.

import * as at from "../abi/plan.js";
import { type Engine, engine } from "../engine/engine.js";
import { type Operand, settle } from "../tensor/operand.js";
import { arrayOf, bytesOf } from "../tensor/storage.js";
import { copy, place, reserve, shareOf } from "./blocks.js";
import { type Job, topScratchBytes, writeJob, writeWalk } from "./plan.js";

/** Computes. Everything was checked; the tensor has elements, and so have its groups. */
function compute(own: Engine, job: Job): void {
  const { x, y, mean, deviation, walk, norm } = job;
  const { heap } = own;
  const { whole } = walk;
  const given = job.task & at.TASK_GIVEN;
  settle(y);
  if (!given) {
    settle(mean);
    settle(deviation);
  }
  heap.begin();
  const share = x.array && !y?.address ? shareOf(walk, bytesOf(x.storage)) : whole;
  const elements = (walk.elements / whole) * share;
  // plain data is worked on in place where the storage stays the same
  const inPlace = x.array && x.storage === y?.storage;
  let source = x.address;
  let destination = y ? y.address : 0;
  if (x.array) source = (inPlace && destination) || heap.scratch(elements * bytesOf(x.storage), x.array.byteOffset);
  if (y && !destination)
    destination = inPlace ? source : heap.scratch(elements * bytesOf(y.storage), y.array?.byteOffset ?? 0);
  const weight = place(own, job.weight);
  const bias = place(own, job.bias);
  const gain = place(own, job.gain);
  const centre = given ? place(own, mean) : reserve(heap, mean);
  const scale = given ? place(own, deviation) : reserve(heap, deviation);
  const scratch = norm.top && heap.scratch(topScratchBytes(norm.top));

  writeJob(own, job);
  const { i32, f64 } = heap;
  i32[at.INPUT >> 2] = source;
  i32[at.INPUT_STORAGE >> 2] = x.storage;
  i32[at.OUTPUT >> 2] = destination;
  i32[at.OUTPUT_STORAGE >> 2] = y ? y.storage : 0;
  i32[at.SCRATCH >> 2] = scratch;
  const step = walk.step * 4;
  const groups = (walk.groups / whole) * 4;
  for (let from = 0; from < whole; from += share) {
    const part = Math.min(share, whole - from);
    if (x.array) copy(heap, x, walk, source, from, part, false);
    writeWalk(i32, f64, walk, part);
    i32[at.WEIGHT >> 2] = weight && weight + from * step;
    i32[at.BIAS >> 2] = bias && bias + from * step;
    i32[at.GAIN >> 2] = gain && gain + from * groups;
    i32[at.MEAN >> 2] = centre && centre + from * groups;
    i32[at.DEVIATION >> 2] = scale && scale + from * groups;
    if (job.numerics) own.kernels.emulate();
    else if (i32[at.LAYOUT >> 2] === at.LAYOUT_ROWS) own.kernels.rows();
    else own.kernels.columns();
    if (y && !y.address) copy(heap, y, walk, destination, from, part, true);
  }
  if (!given) {
    if (mean && !mean.address) copy(heap, mean, walk, centre, 0, whole, true);
    if (deviation && !deviation.address) copy(heap, deviation, walk, scale, 0, whole, true);
  }
}

/**
 * Runs a job. When memory runs out, new tensors among the results are given back.
 *
 * @throws {RangeError} when memory cannot grow.
 */
export function run(job: Job): void {
  try {
    compute(engine(), job);
  } catch (error) {
    for (const to of [job.y, job.mean, job.deviation]) to?.tensor?.dispose();
    throw error;
  }
}

/** Instead of run() where there is nothing to compute with: a result that is all one value. */
export function fill(to: Operand, value: number): void {
  settle(to);
  const { heap } = engine();
  if (to.address) heap.f32.fill(value, to.address / 4, to.address / 4 + to.size);
  else {
    to.array ??= new (arrayOf(to.storage))(to.size);
    to.array.fill(value);
  }
}
