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
  const zero = i32[at.INSPECT_ZEROS >> 2];
  const below = (x.storage === STORAGE_FLOAT16 ? -14 : -126) - at.INSPECT_LEAST;
  const exponents: number[] = [];
  let nonzero = 0;
  let subnormal = 0;
  for (let i = at.INSPECT_COUNTS >> 2; i < at.INSPECT_ZEROS >> 2; i++) {
    if (exponents.length < below) subnormal += i32[i];
    nonzero += i32[i];
    exponents.push(i32[i]);
  }
  return {
    finite: nonzero + zero,
    subnormal,
    zero,
    nan: i32[at.INSPECT_NAN >> 2],
    infinite: i32[at.INSPECT_INFINITE >> 2],
    absMin: nonzero ? f32[at.INSPECT_LOW >> 2] : null,
    absMax: nonzero + zero ? f32[at.INSPECT_HIGH >> 2] : null,
    exponents,
  };
}

/** What tensors consist of together. */
export const together = (all: readonly InputCounts[]): InputCounts =>
  all.reduce((a, b) => ({
    finite: a.finite + b.finite,
    subnormal: a.subnormal + b.subnormal,
    zero: a.zero + b.zero,
    nan: a.nan + b.nan,
    infinite: a.infinite + b.infinite,
    absMin: a.absMin === null || b.absMin === null ? (a.absMin ?? b.absMin) : Math.min(a.absMin, b.absMin),
    absMax: a.absMax === null || b.absMax === null ? (a.absMax ?? b.absMax) : Math.max(a.absMax, b.absMax),
    exponents: a.exponents.map((count, i) => count + b.exponents[i]),
  }));
