// Data that is made: drawn once for a distribution, in blocks that are the same for every length, then stretched and moved.

import { normal, uniform } from "../../src/random.js";
import type { Distribution, Made } from "../shared/view.js";

/** Elements that are drawn at a time. */
const BLOCK = 2 ** 16;
/** Elements of all groups together, at least: fewer say little. */
const LEAST = 2 ** 14;
/** Which element of a group is the outlier, as in the sample. */
const PLACE = 17;

/** Of mean 0 and standard deviation 1. */
const DRAW: Readonly<Record<Distribution, (seed: number) => Float64Array>> = {
  normal: (seed) => normal(seed, BLOCK),
  uniform: (seed) => {
    const next = uniform(seed);
    return Float64Array.from({ length: BLOCK }, () => (2 * next() - 1) * Math.sqrt(3));
  },
  laplace: (seed) => {
    const next = uniform(seed);
    return Float64Array.from({ length: BLOCK }, () => {
      const u = next() - 0.5;
      return (Math.sign(u) * -Math.log(1 - 2 * Math.abs(u))) / Math.SQRT2;
    });
  },
  // its own mean and deviation are 1/√(2π) and √(1/2 - 1/(2π))
  positive: (seed) =>
    normal(seed, BLOCK).map((z) => (Math.max(0, z) - Math.sqrt(0.5 / Math.PI)) / Math.sqrt(0.5 - 0.5 / Math.PI)),
};

const drawn = new Map<string, Float64Array>();

function block(distribution: Distribution, i: number): Float64Array {
  const key = `${distribution} ${i}`;
  const found = drawn.get(key) ?? DRAW[distribution](i + 1);
  drawn.set(key, found);
  return found;
}

export const shapeOf = ({ n }: Made): [number, number] => [Math.max(1, Math.ceil(LEAST / n)), n];

/**
 * The data, row by row.
 *
 * @param most Elements from the front, if not all.
 */
export function madeData(made: Made, most = Infinity): Float32Array<ArrayBuffer> {
  const { distribution, sigma, mean, outlier, n } = made;
  const [groups] = shapeOf(made);
  const result = new Float32Array(Math.min(groups * n, most));
  for (let from = 0; from < result.length; from += BLOCK) {
    const z = block(distribution, from / BLOCK);
    const length = Math.min(BLOCK, result.length - from);
    for (let i = 0; i < length; i++) result[from + i] = mean + sigma * z[i];
  }
  if (outlier) for (let i = Math.min(PLACE, n - 1); i < result.length; i += n) result[i] = mean + outlier * sigma;
  return result;
}

/** What can be made without anybody waiting for it. */
export const SOME = BLOCK;
