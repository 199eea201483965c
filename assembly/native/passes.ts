// What a pass over the elements of a panel adds up. A panel is one group in rows, or those that are walked together (rows.ts),
// or up to PANEL groups in columns (columns.ts); the accumulators of group j are the j-th of PANEL_SUM, PANEL_HIGH, ... (memory.ts)
// in both.

import { COUNT } from "../../src/abi/plan";

/** Elements of a group from which on one pass over rows for mean and squares takes less time than two. */
export const FEW_ELEMENTS: f64 = 1024;

/** Elements of a group that tell where its mean is. */
export const SAMPLE: i32 = 32;

export const enum Pass {
  /** Sum of x, in float64. */
  Plain,
  /** Sum of x, but into PANEL_PLAIN, and into PANEL_SUM sum of x², or of (x - centre)². */
  Moments,
  MomentsNear,
  /** Sum of |x - centre - rest|, and without the rest. */
  Magnitudes,
  MagnitudesNear,
  /** Sum of (x - centre)². */
  Squares,
  /** The same about the mean in float64, one group at a time. */
  MagnitudesWide,
  SquaresWide,
  /** Greatest |x| (rows only). */
  Greatest,
  /** Greatest and least x. */
  Extremes,
  /** The k largest |x - centre - rest|, up to four groups at a time. */
  Top,
  /** Sum of the terms of (x - mean) * PANEL_FIRST, one by one: of TermKind.Other. */
  Numbers,
}

/**
 * Whether a sum of |d| stands for the sum of |d - rest|: they differ by n |rest| at most, by far less unless most d have one
 * sign.
 */
export function isNear(rest: f32, total: f64): bool {
  return !(<f64>abs(rest) * load<f64>(COUNT) > total * 6e-8);
}

/** Whether no square left float32, nor so many were so small that their digits did. */
export function isWhole(squares: f64): bool {
  return squares < Infinity && squares > load<f64>(COUNT) * 1e-30;
}
