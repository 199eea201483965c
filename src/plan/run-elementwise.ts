// Runs what works element by element.

import * as at from "../abi/plan.js";
import { type Engine, engine } from "../engine/engine.js";
import { BLOCK } from "../engine/sizes.js";
import type { Dense, Out } from "../tensor/forms.js";
import { checkHeld, finish, mayShare, type Operand, part, settle, startOf } from "../tensor/operand.js";
import { arrayOf, bytesOf } from "../tensor/storage.js";
import { put } from "../tensor/views.js";

/** float32 to float32, in place allowed. */
export type Step = (own: Engine, from: number, to: number, n: number) => void;

/**
 * y = step(x), between any storages; without a step x and y differ in storage.
 *
 * @param blocks Whether it may be done in blocks: whether the step does not depend on the position.
 */
function transfer(own: Engine, x: Operand, y: Operand, blocks: boolean, step?: Step): void {
  const { heap, kernels } = own;
  settle(y);
  const narrow = y.storage === at.STORAGE_FLOAT16;
  const wide = narrow && step;
  const most = !blocks || mayShare(x, y) ? x.size : Math.min(x.size, BLOCK / 4);
  heap.begin();
  const input = x.address || heap.scratch(most * bytesOf(x.storage), x.array && startOf(x));
  const middle = wide ? heap.scratch(most * 4) : 0;
  const inPlace = x.array && x.storage === y.storage;
  const output = y.address || (inPlace ? input : heap.scratch(most * bytesOf(y.storage), startOf(y)));
  const source = x.storage ? heap.u16 : heap.f32;
  const result = narrow ? heap.u16 : heap.f32;
  const xBytes = bytesOf(x.storage);
  const yBytes = bytesOf(y.storage);
  for (let from = 0; from < x.size; from += most) {
    const n = Math.min(most, x.size - from);
    let current = x.address ? input + from * xBytes : input;
    const last = y.address ? output + from * yBytes : output;
    const next = narrow ? middle : last;
    const array = x.array as Float32Array;
    if (array) source.set(n < x.size ? part(x, from, n) : array, input / xBytes);
    if (x.storage) {
      kernels.unpack(current, next, n);
      current = next;
    }
    if (step) {
      step(own, current, next, n);
      current = next;
    }
    if (narrow) kernels.pack(current, last, n);
    if (y.address) continue;
    const index = output / yBytes;
    if (n === x.size && !y.array) {
      y.array = result.slice(index, index + n);
    } else {
      y.array ??= new (arrayOf(y.storage))(x.size);
      put(y.array, result.subarray(index, index + n), from);
    }
  }
  if (!y.size) y.array ??= new (arrayOf(y.storage))();
}

/** As transfer(); a new tensor is given back when memory runs out. */
export function elementwise(x: Operand, y: Operand, blocks: boolean, step?: Step): Out | Dense {
  checkHeld(x);
  checkHeld(y);
  try {
    transfer(engine(), x, y, blocks, step);
  } catch (error) {
    y.tensor?.dispose();
    throw error;
  }
  return finish(y);
}
