// How many elements are further off than a tolerance.

import { type FormatName, fromFloat16, type Tensor } from "../../index.js";
import { spacing, specOf } from "../report/spacing.js";

const valuesOf = ({ data }: Tensor): Float32Array => (data instanceof Float32Array ? data : fromFloat16(data));

/** Pairs of finite numbers whose error is larger, in ulp of the format at the expected one. */
export function beyond(actual: Tensor, expected: Tensor, format: FormatName, tolerance: number): number {
  const spec = specOf(format);
  const a = valuesOf(actual);
  const e = valuesOf(expected);
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    const error = Math.abs(a[i] - e[i]); // NaN where both are infinite
    if (error > tolerance * spacing(spec, e[i]) && Number.isFinite(error)) count++;
  }
  return count;
}
