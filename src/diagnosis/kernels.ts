// The kernels of the diagnosis, and the blocks in which they see a tensor.

import type { DiagnosisKernels } from "../abi/kernels.js";
import { diagnosisBytes } from "../engine/diagnosis.generated.js";
import { type Engine, partOf } from "../engine/engine.js";
import { BLOCK } from "../engine/sizes.js";
import { viewOf } from "../plan/blocks.js";
import { type Operand, part } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";

/** The kernels of the diagnosis. */
export const tracer = (own: Engine): DiagnosisKernels => partOf<"diagnosis">(own, diagnosisBytes);

/** Calls `visit` with stretches of some operands of the same size: their addresses, the first element, the number. */
export function visitBlocks(
  own: Engine,
  operands: Operand[],
  visit: (at: number[], first: number, n: number) => void,
): void {
  const { heap } = own;
  const [{ size }] = operands;
  const length = operands.some(({ array }) => array) ? BLOCK / 4 : size;
  const blocks = operands.map(({ array, storage }) => array && heap.scratch(Math.min(length, size) * bytesOf(storage)));
  for (let first = 0; first < size; first += length) {
    const n = Math.min(length, size - first);
    const addresses = operands.map((o, i) => {
      const { array, address, storage } = o;
      const block = blocks[i];
      if (!array || !block) return address + first * bytesOf(storage);
      viewOf(heap, storage).set(part(o, first, n), block / bytesOf(storage));
      return block;
    });
    visit(addresses, first, n);
  }
}
