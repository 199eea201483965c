// What a pass over the elements of a panel adds up. A panel is one group in rows (rows.ts) or up to PANEL groups in columns
// (columns.ts); the accumulators of group j are the j-th of PANEL_SUM, PANEL_HIGH, ... (memory.ts) in both.

/** Elements of a group that tell where its mean is. */
export const SAMPLE: i32 = 32;

export const enum Pass {
  /** Sum of x, in float64. */
  Plain,
  /** The same into PANEL_SUM, and into PANEL_SQUARES sum of x², or of (x - centre)². */
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
