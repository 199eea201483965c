/** How far results are from exact ones, in units in the last place. */

import { FLOAT32, type Format, spacing } from "../oracle/formats.js";

/** Results beside exact values, element by element. */
export interface Compared {
  readonly found: ArrayLike<number>;
  /** float64 next to the exact values. */
  readonly exact: ArrayLike<number>;
  /** What the unit is taken at, where it is not the exact value: the sum of the magnitudes of all that it is made of. */
  readonly sizes?: ArrayLike<number>;
  /** Elements that are not judged: where rounding decides which branch of a slope is taken. */
  readonly skip?: (i: number) => boolean;
  /** Default: float32. */
  readonly format?: Format;
}

/** What is said of a list of errors, in ulp. */
export interface Errors {
  readonly count: number;
  readonly largest: number;
  /** No more than this in 99 of 100. */
  readonly p99: number;
  readonly mean: number;
}

/** The errors of a function on a distribution, as they come in. */
export class Collected {
  readonly #errors: number[] = [];

  add({ found, exact, sizes, skip, format = FLOAT32 }: Compared): void {
    for (let i = 0; i < exact.length; i++) {
      if (!skip?.(i)) this.#errors.push(errorOf(found[i], exact[i], Math.abs(sizes ? sizes[i] : exact[i]), format));
    }
  }

  get errors(): readonly number[] {
    return this.#errors;
  }
}

function errorOf(found: number, exact: number, size: number, format: Format): number {
  if (found === exact || (Number.isNaN(found) && Number.isNaN(exact))) return 0;
  // what is beyond the format is infinite in it
  if (Math.abs(exact) >= format.max + spacing(format, format.max) / 2)
    return found === Math.sign(exact) * Infinity ? 0 : Infinity;
  const error = Math.abs(found - exact) / spacing(format, Math.min(size, format.max));
  return Number.isNaN(error) ? Infinity : error;
}

/** Largest, 99 % quantile and mean of errors; undefined of none. */
export function summary(lists: readonly (readonly number[])[]): Errors | undefined {
  const errors = Float64Array.from(lists.flat()).sort();
  const count = errors.length;
  if (!count) return undefined;
  let sum = 0;
  for (const error of errors) sum += error;
  return { count, largest: errors[count - 1], p99: errors[Math.ceil(0.99 * count) - 1], mean: sum / count };
}
