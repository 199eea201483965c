// Reductions of plain data that is longer than a block: copied to the same block piece by piece, so that it passes
// through the cache once and memory stays as it is.

import * as at from "../abi/plan.js";
import { engine } from "../engine/engine.js";
import { BLOCK } from "../engine/sizes.js";
import type { NormName, NormSpec } from "../numerics/norm.js";
import { checkHeld, Operand, part, startOf } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import { Job, topScratchBytes, writePlan } from "./plan.js";
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

/**
 * The mean (for "none") or the norm of all elements of plain data, native arithmetic. Sums are taken in float64 over
 * the pieces; of the top-k norm, the largest of all pieces are put together.
 */
export function streamed(x: Operand, norm: NormSpec): number {
  checkHeld(x);
  const own = engine();
  const { heap } = own;
  const { kind, top } = norm;
  const pieces = PIECES[norm.name];
  const { size, storage } = x;
  const bytes = bytesOf(storage);
  // finding the largest has its price at the start of every piece
  const piece = top ? 4 * BLOCK : BLOCK;
  const length = piece / bytes;
  heap.begin();
  const block = heap.scratch(piece, startOf(x));
  const result = heap.scratch(8);
  const candidates = top && heap.scratch(Math.ceil(size / length) * top * 4);
  const scratch = top && heap.scratch(topScratchBytes(top));
  const task = top ? at.TASK_NORM | at.TASK_TOTAL : at.TASK_RAW | (kind ? at.TASK_NORM : at.TASK_CENTRE);
  /** Runs the kernel on `n` float32 or float16 at an address, all of them one group. */
  const run = (address: number, n: number, from: number): void => {
    const job = new Job(new Operand(undefined, address, [n], n, from), planWalk([n], 1, 0), task, norm, undefined);
    job.deviation = new Operand(undefined, result, [1], 1, at.STORAGE_FLOAT32);
    job.scratch = scratch;
    writePlan(own, job, 0, 1);
    own.kernels.rows();
  };
  const view = storage === at.STORAGE_FLOAT16 ? heap.u16 : heap.f32;
  let total = 0;
  let found = 0;
  for (let from = 0; from < size; from += length) {
    const n = Math.min(length, size - from);
    view.set(part(x, from, n), block / bytes);
    if (top > n) {
      // all of the rest are candidates
      if (storage) own.kernels.unpack(block, candidates + found * 4, n);
      else heap.f32.copyWithin(candidates / 4 + found, block / 4, block / 4 + n);
      found += n;
      continue;
    }
    run(block, n, storage);
    if (top) {
      heap.f32.copyWithin(candidates / 4 + found, scratch / 4, scratch / 4 + top);
      found += top;
    } else if (pieces) total = pieces.add(total, heap.f64[result / 8]);
  }
  if (pieces) return pieces.result(total, size);
  run(candidates, found, at.STORAGE_FLOAT32);
  return heap.f32[result / 4];
}
