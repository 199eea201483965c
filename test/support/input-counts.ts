/** What the elements of a tensor are, by looking at each of them. */

import { exponentOf } from "../oracle/formats.js";

/** @param half Whether they are stored in float16. */
export function inputCounts(values: ArrayLike<number>, half: boolean) {
  const list = Array.from(values);
  const finite = list.filter(Number.isFinite);
  const sizes = finite
    .filter((value) => value !== 0)
    .map(Math.abs)
    .sort((a, b) => a - b);
  /** Nonzero finite elements by floor(log2 |x|), ascending. */
  const exponents = new Map<number, number>();
  for (const size of sizes) {
    const exponent = exponentOf(size);
    exponents.set(exponent, (exponents.get(exponent) ?? 0) + 1);
  }
  return {
    counts: {
      finite: finite.length,
      subnormal: sizes.filter((size) => size < (half ? 2 ** -14 : 2 ** -126)).length,
      zero: finite.length - sizes.length,
      nan: list.filter(Number.isNaN).length,
      infinite: list.filter((value) => Math.abs(value) === Infinity).length,
      absMin: sizes[0] ?? null,
      absMax: finite.length > 0 ? (sizes.at(-1) ?? 0) : null,
    },
    exponents,
  };
}
