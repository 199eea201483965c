// What the elements of a tensor are: counts, extremes, exponents.

import { STORAGE_FLOAT16 } from "../abi/plan.js";
import * as at from "../abi/report.js";
import { engine } from "../engine/engine.js";
import type { Operand } from "../tensor/operand.js";
import { tracer, visitBlocks } from "./kernels.js";
import type { InputSummary } from "./result.js";

/** What a tensor consists of. */
export interface InputCounts
  extends Pick<InputSummary, "finite" | "subnormal" | "zero" | "nan" | "infinite" | "absMin" | "absMax"> {
  /** Nonzero finite elements by floor(log2 |x|): entry i is that of i - 149, up to 127. */
  exponents: number[];
}

/** Counts what a tensor consists of. */
export function inspect(x: Operand): InputCounts {
  const own = engine();
  const kernels = tracer(own);
  own.heap.begin();
  kernels.startInspection();
  visitBlocks(own, [x], ([address], _first, n) => kernels.inspect(address, x.storage, n));
  const { i32, f32 } = own.heap;
  const counts = at.INSPECT_COUNTS >> 2;
  const exponents = Array.from(i32.subarray(counts, at.INSPECT_ZEROS >> 2));
  const nonzero = exponents.reduce((sum, count) => sum + count, 0);
  const zero = i32[at.INSPECT_ZEROS >> 2];
  const below = (x.storage === STORAGE_FLOAT16 ? -14 : -126) - at.INSPECT_LEAST;
  return {
    finite: nonzero + zero,
    subnormal: exponents.slice(0, below).reduce((sum, count) => sum + count, 0),
    zero,
    nan: i32[at.INSPECT_NAN >> 2],
    infinite: i32[at.INSPECT_INFINITE >> 2],
    absMin: nonzero ? f32[at.INSPECT_LOW >> 2] : null,
    absMax: nonzero + zero ? f32[at.INSPECT_HIGH >> 2] : null,
    exponents,
  };
}

/** What tensors consist of together. */
export function together(all: readonly InputCounts[]): InputCounts {
  const sum = (of: (counts: InputCounts) => number): number => all.reduce((sum, counts) => sum + of(counts), 0);
  const least = (values: (number | null)[]): number | null =>
    values.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.min(a, b)));
  const greatest = (values: (number | null)[]): number | null =>
    values.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b)));
  return {
    finite: sum(({ finite }) => finite),
    subnormal: sum(({ subnormal }) => subnormal),
    zero: sum(({ zero }) => zero),
    nan: sum(({ nan }) => nan),
    infinite: sum(({ infinite }) => infinite),
    absMin: least(all.map(({ absMin }) => absMin)),
    absMax: greatest(all.map(({ absMax }) => absMax)),
    exponents: all[0].exponents.map((_, i) => sum(({ exponents }) => exponents[i])),
  };
}
