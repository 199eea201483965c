// Runs a job: brings the operands into kernel memory, block by block, and the results out of it.

import { TASK_GIVEN } from "../abi/plan.js";
import { type Engine, engine } from "../engine/engine.js";
import { checkHeld, mayShare, type Operand, part, settle, startOf } from "../tensor/operand.js";
import { arrayOf, bytesOf } from "../tensor/storage.js";
import { copy, place, reserve, shareOf } from "./blocks.js";
import { type Job, kernelFor, topScratchBytes, writePlan } from "./plan.js";

/** Computes. Everything was checked; where the tensor has no elements, all that there may be is y. */
function compute(own: Engine, job: Job): void {
  const { x, y, mean, deviation, walk, norm } = job;
  const { heap } = own;
  const { whole } = walk;
  const given = job.task & TASK_GIVEN;
  checkHeld(x);
  if (y) checkHeld(y);
  settle(y);
  if (!given) {
    settle(mean);
    settle(deviation);
  }
  if (!x.size) {
    if (y) y.array ??= new (arrayOf(y.storage))(0);
    return;
  }
  heap.begin();
  // in blocks, results are written before all of x is read
  const blocks = x.array && !y?.address && !mayShare(x, y);
  const share = blocks ? shareOf(walk, bytesOf(x.storage)) : whole;
  const elements = (walk.elements / whole) * share;
  // plain data is worked on in place where the storage stays the same
  const inPlace = x.array && x.storage === y?.storage;
  if (x.array) x.place = (inPlace && y?.address) || heap.scratch(elements * bytesOf(x.storage), startOf(x));
  if (y && !y.address) y.place = inPlace ? x.place : heap.scratch(elements * bytesOf(y.storage), startOf(y));
  place(own, job.weight);
  place(own, job.bias);
  place(own, job.gain);
  if (given) {
    place(own, mean);
    place(own, deviation);
  } else {
    reserve(heap, mean);
    reserve(heap, deviation);
    if (norm.top) job.scratch = heap.scratch(topScratchBytes(norm.top));
  }
  const kernel = job.numerics ? own.kernels.emulate : kernelFor(own, walk);
  for (let from = 0; from < whole; from += share) {
    const part = Math.min(share, whole - from);
    if (x.array) copy(heap, x, walk, from, part, false);
    writePlan(own, job, from, part);
    kernel();
    if (y && !y.address) copy(heap, y, walk, from, part, true);
  }
  if (!given) {
    if (mean && !mean.address) copy(heap, mean, walk, 0, whole, true);
    if (deviation && !deviation.address) copy(heap, deviation, walk, 0, whole, true);
  }
}

/**
 * Runs a job. When memory runs out, new tensors among the results are given back.
 *
 * @throws {TypeError} when an operand has lost its memory since it was checked.
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
  checkHeld(to);
  settle(to);
  const { heap } = engine();
  if (to.address) heap.f32.fill(value, to.address / 4, to.address / 4 + to.size);
  else {
    to.array ??= new (arrayOf(to.storage))(to.size);
    part(to, 0, to.size).fill(value);
  }
}

/** The same for several; new tensors among them are given back when memory runs out. */
export function fillAll(results: readonly (Operand | undefined)[], value: number): void {
  try {
    for (const to of results) if (to) fill(to, value);
  } catch (error) {
    for (const to of results) to?.tensor?.dispose();
    throw error;
  }
}
