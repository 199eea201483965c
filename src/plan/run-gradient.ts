// Runs the job of a gradient: as run.ts, with two tensors to be brought in and sums for the parameters to be gathered.

import type { GradientKernels } from "../abi/kernels.js";
import * as at from "../abi/plan.js";
import { type Engine, engine, type Part } from "../engine/engine.js";
import { gradientsBytes } from "../engine/wasm.generated.js";
import { selectedBy } from "../numerics/norm.js";
import { type Operand, settle } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import { copy, place, shareOf } from "./blocks.js";
import { Job, topScratchBytes, writeJob, writeWalk } from "./plan.js";
import type { Walk } from "./walk.js";

const GRADIENTS: Part<GradientKernels> = gradientsBytes;

/** A gradient: x, weight, mean, deviation as in the layer, dx in the place of its output. */
export class GradientJob extends Job {
  /** The upstream gradient, of the shape of x. */
  declare dy: Operand;
  /** Results in float32, one element per parameter. */
  declare dweight: Operand;
  /** Not wanted by weight norm. */
  dbias: Operand | undefined = undefined;
  /** A result that follows from these. */
  other: Operand | undefined = undefined;
  /** Whose groups are the elements of one parameter, for emulated arithmetic. */
  declare parameters: Walk;
}

/** Bytes of the list of selected elements of a panel, for a few groups at least. */
const SELECTED_MOST = 65536;

/** Addresses of the operands of a block of native arithmetic. */
class Places {
  source = 0;
  upstream = 0;
  destination = 0;
}

/** Where x, dy and dx of a block are: where they lie, else in scratch space, dx in the place of an input if it can be. */
function placesOf(own: Engine, job: GradientJob, elements: number): Places {
  const { heap } = own;
  const { x, dy } = job;
  const dx = job.y as Operand;
  const places = new Places();
  const scratch = (o: Operand): number => heap.scratch(elements * bytesOf(o.storage), o.array?.byteOffset ?? 0);
  places.source = x.array ? scratch(x) : x.address;
  places.upstream = dy.array ? scratch(dy) : dy.address;
  places.destination = dx.address;
  if (!dx.address) {
    if (dy.array && dy.storage === dx.storage) places.destination = places.upstream;
    else if (x.array && x.storage === dx.storage) places.destination = places.source;
    else places.destination = scratch(dx);
  }
  return places;
}

function writePlaces(i32: Int32Array, job: GradientJob, { source, upstream, destination }: Places): void {
  i32[at.INPUT >> 2] = source;
  i32[at.INPUT_STORAGE >> 2] = job.x.storage;
  i32[at.GRADIENT >> 2] = upstream;
  i32[at.GRADIENT_STORAGE >> 2] = job.dy.storage;
  i32[at.OUTPUT >> 2] = destination;
  i32[at.OUTPUT_STORAGE >> 2] = (job.y as Operand).storage;
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
  const { whole, step } = walk;
  const { size } = dweight;
  const plain = x.array && dy.array && !dx.address;
  const share = plain ? shareOfGradient(job) : whole;
  const places = placesOf(own, job, (walk.elements / whole) * share);
  const weight = place(own, job.weight);
  const centre = place(own, job.mean);
  const scale = place(own, job.deviation);
  const entries = selectedBy(norm) * at.SELECTED_BYTES;
  const groups = Math.max(4, Math.floor(SELECTED_MOST / Math.max(entries, 1)) & ~3);
  const selected = entries && heap.scratch(entries * Math.min(groups, walk.groups));
  const scratch = norm.top && heap.scratch(topScratchBytes(norm.top));
  const weightSums = heap.scratch(size * 8);
  const biasSums = heap.scratch(size * 8);
  const work = heap.scratch(size * 8);
  const { i32, f64 } = heap;
  f64.fill(0, weightSums / 8, weightSums / 8 + size);
  f64.fill(0, biasSums / 8, biasSums / 8 + size);
  f64.fill(0, work / 8, work / 8 + size);

  writeJob(own, job);
  writePlaces(i32, job, places);
  i32[at.SCRATCH >> 2] = scratch;
  i32[at.SELECTED >> 2] = selected;
  i32[at.SELECTED_GROUPS >> 2] = groups;
  i32[at.PARAMETER_WORK >> 2] = work;
  const { backward } = own.part(GRADIENTS);
  const each = (walk.groups / whole) * 4;
  for (let from = 0; from < whole; from += share) {
    const part = Math.min(share, whole - from);
    if (x.array) copy(heap, x, walk, places.source, from, part, false);
    if (dy.array) copy(heap, dy, walk, places.upstream, from, part, false);
    writeWalk(i32, f64, walk, part);
    i32[at.WEIGHT >> 2] = weight && weight + from * step * 4;
    i32[at.WEIGHT_SUMS >> 2] = weightSums + from * step * 8;
    i32[at.BIAS_SUMS >> 2] = biasSums + from * step * 8;
    i32[at.PARAMETERS >> 2] = size - from * step;
    i32[at.MEAN >> 2] = centre && centre + from * each;
    i32[at.DEVIATION >> 2] = scale && scale + from * each;
    backward();
    if (!dx.address) copy(heap, dx, walk, places.destination, from, part, true);
  }
  deliver(own, dweight, f64, weightSums / 8);
  if (dbias) deliver(own, dbias, f64, biasSums / 8);
}

/** Emulated sums of the elements of each parameter, to float32 at an address. */
function sumUp(own: Engine, job: GradientJob, from: number, storage: number, to: number): void {
  const { i32, f64 } = own.heap;
  writeJob(own, job);
  writeWalk(i32, f64, job.parameters, job.parameters.whole);
  i32[at.TASK >> 2] = 0;
  i32[at.NORM >> 2] = at.NORM_NONE;
  i32[at.INPUT >> 2] = from;
  i32[at.INPUT_STORAGE >> 2] = storage;
  i32[at.MEAN >> 2] = to;
  own.part(GRADIENTS).emulateSums();
}

function emulated(own: Engine, job: GradientJob): void {
  const { x, dy, dweight, dbias, walk, norm } = job;
  const dx = job.y as Operand;
  const { heap } = own;
  const { whole } = walk;
  const places = placesOf(own, job, walk.elements);
  const weight = place(own, job.weight);
  const centre = place(own, job.mean);
  const scale = place(own, job.deviation);
  const scratch = norm.top && heap.scratch(topScratchBytes(norm.top));
  const terms = heap.scratch(x.size * 4);
  const weightSums = dweight.address || heap.scratch(dweight.size * 4);
  const biasSums = dbias && (dbias.address || heap.scratch(dbias.size * 4));
  if (x.array) copy(heap, x, walk, places.source, 0, whole, false);
  if (dy.array) copy(heap, dy, walk, places.upstream, 0, whole, false);
  // dx may take the place of dy
  if (biasSums) sumUp(own, job, places.upstream, dy.storage, biasSums);
  const { i32, f64 } = heap;
  writeJob(own, job);
  writeWalk(i32, f64, walk, whole);
  writePlaces(i32, job, places);
  i32[at.SCRATCH >> 2] = scratch;
  i32[at.TERMS >> 2] = terms;
  i32[at.WEIGHT >> 2] = weight;
  i32[at.MEAN >> 2] = centre;
  i32[at.DEVIATION >> 2] = scale;
  own.part(GRADIENTS).emulateBackward();
  if (!dx.address) copy(heap, dx, walk, places.destination, 0, whole, true);
  sumUp(own, job, terms, at.STORAGE_FLOAT32, weightSums);
  if (!dweight.address) copy(heap, dweight, job.parameters, weightSums, 0, job.parameters.whole, true);
  if (dbias && biasSums && !dbias.address) copy(heap, dbias, job.parameters, biasSums, 0, job.parameters.whole, true);
}

/**
 * Runs the job of a gradient. When memory runs out, new tensors among the results are given back.
 *
 * @throws {RangeError} when memory cannot grow.
 */
export function differentiate(job: GradientJob): void {
  const results = [job.y, job.dweight, job.dbias, job.other];
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
