// Which tensors a format cannot hold.

import type { FormatSpec } from "../index.js";
import type { RangeProblem } from "./result.js";

/** Where rounding to a format ends: everything from here on. */
export interface Limits {
  /** Becomes infinite, or what the format has in its place. */
  readonly over: number;
  /** Becomes zero, up to here. */
  readonly under: number;
  /** Is subnormal below. */
  readonly normal: number;
}

export const limitsOf = ({ precision, emin, emax, max, subnormals }: FormatSpec): Limits => ({
  // the halfway point to what would be the next number rounds to even, which is that
  over: max + 2 ** (emax - precision),
  under: subnormals ? 2 ** (emin - precision) : 0,
  normal: 2 ** emin,
});

/** What is known of a tensor over all runs. */
export type Range = Omit<RangeProblem, "tensor">;

export function rangeOf(
  values: ArrayLike<number>,
  { over, under, normal }: Limits,
  node: string,
  before?: Range,
): Range {
  let most = before?.maxAbs ?? -1;
  let { overflow, underflow, subnormal } = before ?? { overflow: 0, underflow: 0, subnormal: 0 };
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > most && size < Infinity) most = size;
    if (size >= over && size < Infinity) overflow++;
    else if (size < normal && size > 0) {
      if (size <= under) underflow++;
      else subnormal++;
    }
  }
  return { node, maxAbs: most < 0 ? null : most, overflow, underflow, subnormal };
}

/** Whether a format cannot hold it: something is beyond its largest number, or all that is there is beneath its least one. */
export const isProblem = ({ maxAbs, overflow }: Range, { under }: Limits): boolean =>
  overflow > 0 || (maxAbs !== null && maxAbs > 0 && maxAbs <= under);
