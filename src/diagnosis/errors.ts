// How far a tensor is from another of its size: error statistics, by the kernels.

import * as at from "../abi/report.js";
import { type Engine, engine } from "../engine/engine.js";
import type { FormatSpec } from "../numerics/format.js";
import type { Operand } from "../tensor/operand.js";
import { tracer, visitBlocks } from "./kernels.js";
import { tableBytes } from "./quantiles.js";
import type { ErrorStatistics } from "./result.js";

/** As JSON has it: -0 is 0. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x + 0 : null);

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
  const table = heap.scratch(tableBytes(actual.size));
  const errors = heap.scratch(actual.size * 4);
  kernels.setUnit(unit.precision, unit.emin, unit.emax);
  kernels.startErrors(at.ERRORS);
  visitBlocks(own, [actual, expected], ([c, v], first, n) => {
    kernels.compare(at.ERRORS, c, actual.storage, v, expected.storage, first, n, errors + first * 4);
  });
  kernels.select(at.ERRORS, errors, actual.size, table);
  return readErrors(own, at.ERRORS, actual.size);
}
