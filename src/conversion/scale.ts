// Multiplying by a constant.

import { elementwise } from "../plan/run-elementwise.js";
import type { Operand } from "../tensor/operand.js";

/** y = factor · x, each product rounded once to float32: exactly, by a power of two, within the normal range. */
export function scale(x: Operand, y: Operand, factor: number): void {
  elementwise(x, y, true, ({ heap: { f32 } }, from, to, n) => {
    const first = from / 4;
    const target = to / 4;
    for (let i = 0; i < n; i++) f32[target + i] = factor * f32[first + i];
  });
}
