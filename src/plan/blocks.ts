// Blocks of plain arrays in kernel memory.

import * as at from "../abi/plan.js";
import { type Engine, engine } from "../engine/engine.js";
import type { Heap } from "../engine/heap.js";
import { BLOCK } from "../engine/sizes.js";
import { checkHeld, type Operand, part } from "../tensor/operand.js";
import { arrayOf, bytesOf } from "../tensor/storage.js";
import { put } from "../tensor/views.js";
import type { Walk } from "./walk.js";

/** How much of the split dimension makes a block. */
export function shareOf(walk: Walk, bytes: number): number {
  // segments that are shorter are not worth a copy of their own
  const least = 2048;
  const { whole } = walk;
  if (walk.elements * bytes <= 2 * BLOCK) return whole;
  const each = (walk.elements / whole) * bytes;
  let share = Math.max(1, Math.floor(BLOCK / each));
  // columns side by side: whole vectors of them; so few that none is left are short segments
  if (walk.split === walk.sizes.length - 1) share -= share % 64;
  return (share * each) / walk.outer < least ? whole : share;
}

/** A view of kernel memory that has elements of a storage. */
export const viewOf = (heap: Heap, storage: number): Float32Array | Uint16Array => (storage ? heap.u16 : heap.f32);

/** Copies a block, elements [from, from + share) of the split dimension, between an array and its place. */
export function copy(heap: Heap, o: Operand, walk: Walk, from: number, share: number, out: boolean): void {
  const view = viewOf(heap, o.storage);
  let index = o.place / bytesOf(o.storage);
  const all = share === walk.whole;
  if (!o.array) {
    // a new result
    if (all) {
      o.array = view.slice(index, index + o.size);
      return;
    }
    o.array = new (arrayOf(o.storage))(o.size);
  }
  const segments = all ? 1 : walk.outer;
  const stride = o.size / segments;
  const length = (stride / walk.whole) * share;
  for (let start = (stride / walk.whole) * from; start < o.size; start += stride) {
    const segment = all ? o.array : part(o, start, length);
    if (out) put(segment, view.subarray(index, index + length));
    else view.set(segment, index);
    index += length;
  }
}

/** Makes sure that the float32 values of a parameter have a place. */
export function place(own: Engine, o: Operand | undefined): void {
  if (!o) return;
  checkHeld(o);
  const { heap } = own;
  const { array, size, storage } = o;
  if (array) {
    o.place = heap.scratch(size * bytesOf(storage));
    viewOf(heap, storage).set(array, o.place / bytesOf(storage));
  }
  if (storage === at.STORAGE_FLOAT32) return;
  const wide = heap.scratch(size * 4);
  own.kernels.unpack(array ? o.place : o.address, wide, size);
  o.place = wide;
}

/** A float32 copy of the values of an operand. */
export function valuesOf(from: Operand): Float32Array {
  const own = engine();
  own.heap.begin();
  place(own, from);
  const index = from.place / 4;
  // what comes next may want it as it is
  from.place = from.address;
  return own.heap.f32.slice(index, index + from.size);
}

/** Makes sure that float32 results have a place. */
export function reserve(heap: Heap, to: Operand | undefined): void {
  if (!to) return;
  checkHeld(to);
  if (!to.address) to.place = heap.scratch(to.size * 4);
}
