// What data is, and how far it is from other data.

import type { DiagnosisKernels } from "../abi/kernels.js";
import { STORAGE_FLOAT16 } from "../abi/plan.js";
import * as at from "../abi/report.js";
import { type Engine, engine } from "../engine/engine.js";
import { diagnosisBytes } from "../engine/wasm.generated.js";
import type { FormatSpec } from "../numerics/format.js";
import { BLOCK, viewOf } from "../plan/run.js";
import { bytesOf, type Operand } from "../tensor/operand.js";
import type { ErrorStatistics } from "./result.js";

/** What a tensor consists of. */
export interface InputCounts {
  finite: number;
  /** Below the smallest normal number of the storage. */
  subnormal: number;
  zero: number;
  nan: number;
  infinite: number;
  /** The least nonzero and the greatest finite magnitude, null for none. */
  absMin: number | null;
  absMax: number | null;
  /** Nonzero finite elements by floor(log2 |x|): entry i is that of i - 149, up to 127. */
  exponents: number[];
}

/** The kernels of the diagnosis. */
export const tracer = (own: Engine): DiagnosisKernels => own.part<DiagnosisKernels>(diagnosisBytes);

/** Calls `visit` with stretches of some operands of the same size: their addresses, the first element, the number. */
function visitBlocks(own: Engine, operands: Operand[], visit: (at: number[], first: number, n: number) => void): void {
  const { heap } = own;
  const [{ size }] = operands;
  const length = operands.some(({ array }) => array) ? BLOCK / 4 : size;
  const blocks = operands.map(({ array, storage }) => array && heap.scratch(Math.min(length, size) * bytesOf(storage)));
  for (let first = 0; first < size; first += length) {
    const n = Math.min(length, size - first);
    const addresses = operands.map(({ array, address, storage }, i) => {
      const block = blocks[i];
      if (!array || !block) return address + first * bytesOf(storage);
      viewOf(heap, storage).set(array.subarray(first, first + n), block / bytesOf(storage));
      return block;
    });
    visit(addresses, first, n);
  }
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

/** Work space of select(). */
export const TABLE_BYTES = 131072;

const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Reads a state of error statistics whose quantiles have been selected; `count`: pairs of all kinds. */
export function readErrors(own: Engine, state: number, count: number): ErrorStatistics {
  const { f64 } = own.heap;
  const get = (field: number): number => f64[(state + field) >> 3];
  const pairs = get(at.ERRORS_ORDINARY);
  const mismatchedSpecials = get(at.ERRORS_MISMATCHED);
  const some = (x: number): number | null => (pairs ? finite(x) : null);
  const relative = get(at.ERRORS_RELATIVE);
  const bits = mismatchedSpecials ? 0 : Math.min(Math.max(-Math.log2(relative), 0), 53);
  return {
    count,
    maxUlp: some(get(at.ERRORS_WORST)),
    meanUlp: some(get(at.ERRORS_E) / pairs),
    rmsUlp: some(Math.sqrt(get(at.ERRORS_EE) / pairs)),
    p50Ulp: some(get(at.ERRORS_QUANTILES)),
    p99Ulp: some(get(at.ERRORS_QUANTILES + 8)),
    p999Ulp: some(get(at.ERRORS_QUANTILES + 16)),
    worstIndex: some(get(at.ERRORS_INDEX)),
    maxAbs: some(get(at.ERRORS_ABSOLUTE)),
    maxRel: some(relative),
    sqnrDb: some(10 * Math.log10(get(at.ERRORS_VV) / get(at.ERRORS_DD))),
    cosine: some(get(at.ERRORS_CV) / Math.sqrt(get(at.ERRORS_CC)) / Math.sqrt(get(at.ERRORS_VV))),
    significantBits: some(bits),
    mismatchedSpecials,
  };
}

/**
 * Error statistics of the elements of a tensor against those of another of the same size, which count as exact, in ulp
 * of `unit`.
 */
export function errorsBetween(actual: Operand, expected: Operand, unit: FormatSpec): ErrorStatistics {
  const own = engine();
  const kernels = tracer(own);
  const { heap } = own;
  heap.begin();
  const table = heap.scratch(TABLE_BYTES);
  const errors = heap.scratch(actual.size * 4);
  kernels.setUnit(unit.precision, unit.emin, unit.emax);
  kernels.startErrors(at.ERRORS);
  visitBlocks(own, [actual, expected], ([c, v], first, n) => {
    kernels.compare(at.ERRORS, c, actual.storage, v, expected.storage, first, n, errors + first * 4);
  });
  kernels.select(at.ERRORS, errors, actual.size, table);
  return readErrors(own, at.ERRORS, actual.size);
}
