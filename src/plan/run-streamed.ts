// Reductions of plain data that is longer than a block: copied to the same block piece by piece, so that it passes
// through the cache once and memory stays as it is.

import * as at from "../abi/plan.js";
import { type Engine, engine } from "../engine/engine.js";
import type { NormName, NormSpec } from "../numerics/norm.js";
import type { Operand } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import { BLOCK } from "./blocks.js";
import { Job, topScratchBytes, writeJob, writeWalk } from "./plan.js";
import { planWalk } from "./walk.js";

/** The largest k for which the candidates of all pieces are kept. */
const MOST_KEPT = 1024;

/** How the raw statistics of pieces are put together, and what they come to. */
interface Pieces {
  add(total: number, piece: number): number;
  result(total: number, size: number): number;
}

const add = (total: number, piece: number): number => total + piece;
const same = (total: number): number => total;

/** undefined: not by a number for each piece. */
const PIECES: Readonly<Record<NormName, Pieces | undefined>> = {
  l1: { add, result: same },
  l2: { add, result: Math.sqrt },
  linf: { add: Math.max, result: same },
  range: undefined,
  none: { add, result: (total, size) => total / size },
  topk: undefined,
  lp: undefined,
};

/** Whether streamed() answers, and pays off. */
export function streams(x: Operand, { name, top }: NormSpec): boolean {
  const long = x.array !== undefined && x.size * bytesOf(x.storage) > 2 * BLOCK;
  return long && (top ? top <= MOST_KEPT : PIECES[name] !== undefined);
}

/** Runs the kernel on `n` float32 or float16 at an address, all of them one group. */
function runRow(own: Engine, job: Job, n: number, address: number, storage: number, result: number): void {
  const { i32, f64 } = own.heap;
  writeJob(own, job);
  writeWalk(i32, f64, planWalk([n], 1, 0), 1);
  i32[at.INPUT >> 2] = address;
  i32[at.INPUT_STORAGE >> 2] = storage;
  i32[at.DEVIATION >> 2] = result;
  i32[at.OUTPUT >> 2] = i32[at.WEIGHT >> 2] = i32[at.BIAS >> 2] = i32[at.GAIN >> 2] = i32[at.MEAN >> 2] = 0;
  own.kernels.rows();
}

/**
 * The mean (for "none") or the norm of all elements of plain data, native arithmetic. Sums are taken in float64 over
 * the pieces; of the top-k norm, the largest of all pieces are put together.
 */
export function streamed(x: Operand, norm: NormSpec): number {
  const own = engine();
  const { heap } = own;
  const { kind, top } = norm;
  const pieces = PIECES[norm.name];
  const { size, storage } = x;
  const array = x.array as Float32Array;
  const bytes = bytesOf(storage);
  // finding the largest has its price at the start of every piece
  const piece = top ? 4 * BLOCK : BLOCK;
  const length = piece / bytes;
  const walk = planWalk([size], 1, 0);
  heap.begin();
  const block = heap.scratch(piece, array.byteOffset);
  const result = heap.scratch(8);
  const candidates = top && heap.scratch(Math.ceil(size / length) * top * 4);
  const scratch = top && heap.scratch(topScratchBytes(top));
  heap.i32[at.SCRATCH >> 2] = scratch;
  const view = storage === at.STORAGE_FLOAT16 ? heap.u16 : heap.f32;
  const task = top ? at.TASK_NORM | at.TASK_TOTAL : at.TASK_RAW | (kind ? at.TASK_NORM : at.TASK_CENTRE);
  const job = new Job(x, walk, task, norm, undefined);
  let total = 0;
  let found = 0;
  for (let from = 0; from < size; from += length) {
    const n = Math.min(length, size - from);
    view.set(array.subarray(from, from + n), block / bytes);
    if (top > n) {
      // all of the rest are candidates
      if (storage) own.kernels.unpack(block, candidates + found * 4, n);
      else heap.f32.copyWithin(candidates / 4 + found, block / 4, block / 4 + n);
      found += n;
      continue;
    }
    runRow(own, job, n, block, storage, result);
    if (top) {
      heap.f32.copyWithin(candidates / 4 + found, scratch / 4, scratch / 4 + top);
      found += top;
    } else if (pieces) total = pieces.add(total, heap.f64[result / 8]);
  }
  if (pieces) return pieces.result(total, size);
  runRow(own, job, found, candidates, at.STORAGE_FLOAT32, result);
  return heap.f32[result / 4];
}
