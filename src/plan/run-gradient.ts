// Runs the job of a gradient: as run.ts, with two tensors to be brought in and sums for the parameters to be gathered.

import * as at from "../abi/plan.js";
import { type Engine, engine, type Part, partOf } from "../engine/engine.js";
import { gradientsBytes } from "../engine/gradients.generated.js";
import { MEAN_ONLY, selectedBy } from "../numerics/norm.js";
import { checkHeld, mayShare, Operand, settle, startOf } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import { copy, place, reserve, shareOf } from "./blocks.js";
import { type GradientJob, Job, topScratchBytes, writeGradient, writePlan } from "./plan.js";

const GRADIENTS: Part<"gradients"> = gradientsBytes;

/** Bytes of the list of selected elements of a panel, for a few groups at least. */
const SELECTED_MOST = 65536;

/** Brings in all but x and dy, a block of which has so many elements; dx takes the place of one of them if it can. */
function prepare(own: Engine, job: GradientJob, elements: number): void {
  const { heap } = own;
  const { x, dy, norm } = job;
  const dx = job.y as Operand;
  const scratch = (o: Operand): number => heap.scratch(elements * bytesOf(o.storage), startOf(o));
  if (x.array) x.place = scratch(x);
  if (dy.array) dy.place = scratch(dy);
  if (!dx.address) {
    if (dy.array && dy.storage === dx.storage) dx.place = dy.place;
    else dx.place = x.array && x.storage === dx.storage ? x.place : scratch(dx);
  }
  place(own, job.weight);
  place(own, job.mean);
  place(own, job.deviation);
  if (norm.top) job.scratch = heap.scratch(topScratchBytes(norm.top));
}

/** Writes numbers that stand in `values` from `index` on, rounded to float32, to a result that is float32. */
export function deliver(own: Engine, to: Operand, values: Float64Array | Float32Array, index: number): void {
  const { size } = to;
  if (!to.address) to.array ??= new Float32Array(size);
  const view = to.array ?? own.heap.f32;
  const first = to.address / 4;
  // a loop, since a subarray takes as long as a small call
  for (let i = 0; i < size; i++) view[first + i] = values[index + i];
}

/** How much of the split dimension makes a block. */
function shareOfGradient({ x, dy, walk }: GradientJob): number {
  const share = shareOf(walk, bytesOf(x.storage) + bytesOf(dy.storage));
  // sums for a weight per element are taken over eight groups in float32: so that blocks do not show in them
  const each = walk.weights[walk.sizes.length - 1] && !walk.kept[walk.sizes.length - 1];
  return each && !walk.step ? Math.min(walk.whole, Math.ceil(share / 8) * 8) : share;
}

function native(own: Engine, job: GradientJob): void {
  const { x, dy, dweight, dbias, walk, norm } = job;
  const dx = job.y as Operand;
  const { heap } = own;
  const { whole } = walk;
  const { size } = dweight;
  // in blocks, dx is written before all of the inputs is read
  const plain = x.array && dy.array && !dx.address && !mayShare(x, dx) && !mayShare(dy, dx);
  const share = plain ? shareOfGradient(job) : whole;
  prepare(own, job, (walk.elements / whole) * share);
  const entries = selectedBy(norm) * at.SELECTED_BYTES;
  job.selectedGroups = Math.max(4, Math.floor(SELECTED_MOST / Math.max(entries, 1)) & ~3);
  if (entries) job.selected = heap.scratch(entries * Math.min(job.selectedGroups, walk.groups));
  job.weightSums = heap.scratch(size * 8);
  job.biasSums = heap.scratch(size * 8);
  job.work = heap.scratch(size * 8);
  const { f64 } = heap;
  for (const sums of [job.weightSums, job.biasSums, job.work]) f64.fill(0, sums / 8, sums / 8 + size);
  const { backward } = partOf(own, GRADIENTS);
  for (let from = 0; from < whole; from += share) {
    const part = Math.min(share, whole - from);
    if (x.array) copy(heap, x, walk, from, part, false);
    if (dy.array) copy(heap, dy, walk, from, part, false);
    writeGradient(own, job, from, part);
    backward();
    if (!dx.address) copy(heap, dx, walk, from, part, true);
  }
  deliver(own, dweight, f64, job.weightSums / 8);
  if (dbias) deliver(own, dbias, f64, job.biasSums / 8);
}

/** Emulated sums of the elements of each parameter, to the place of a result in float32. */
function sumUp(own: Engine, { parameters, numerics }: GradientJob, x: Operand, to: Operand): void {
  const job = new Job(x, parameters, 0, MEAN_ONLY, numerics);
  job.mean = to;
  writePlan(own, job, 0, parameters.whole);
  partOf(own, GRADIENTS).emulateSums();
}

function emulated(own: Engine, job: GradientJob): void {
  const { x, dy, dweight, dbias, walk, parameters } = job;
  const dx = job.y as Operand;
  const { heap } = own;
  const { whole } = walk;
  prepare(own, job, walk.elements);
  job.terms = heap.scratch(x.size * 4);
  reserve(heap, dweight);
  reserve(heap, dbias);
  if (x.array) copy(heap, x, walk, 0, whole, false);
  if (dy.array) copy(heap, dy, walk, 0, whole, false);
  // dx may take the place of dy
  if (dbias) sumUp(own, job, dy, dbias);
  writeGradient(own, job, 0, whole);
  partOf(own, GRADIENTS).emulateBackward();
  if (!dx.address) copy(heap, dx, walk, 0, whole, true);
  sumUp(own, job, new Operand(undefined, job.terms, x.shape, x.size, at.STORAGE_FLOAT32), dweight);
  for (const to of [dweight, dbias]) if (to && !to.address) copy(heap, to, parameters, 0, parameters.whole, true);
}

/**
 * Runs the job of a gradient. When memory runs out, new tensors among the results are given back.
 *
 * @throws {RangeError} when memory cannot grow.
 */
export function differentiate(job: GradientJob): void {
  const results = [job.y, job.dweight, job.dbias, job.other];
  checkHeld(job.x);
  checkHeld(job.dy);
  for (const to of results) if (to) checkHeld(to);
  try {
    const own = engine();
    for (const to of results) settle(to);
    own.heap.begin();
    if (job.numerics) emulated(own, job);
    else native(own, job);
  } catch (error) {
    for (const to of results) to?.tensor?.dispose();
    throw error;
  }
}
