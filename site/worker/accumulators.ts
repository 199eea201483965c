// A sum in lanes that goes on: what the package gives as a mean is the sum, where it is divided by a power of two.

import { type FormatName, mean, type Order } from "halfnorm";

export class Accumulators {
  private sums: Float32Array;

  /** @param lanes Side by side, a power of two. */
  constructor(
    private readonly lanes: number,
    private readonly format: FormatName,
  ) {
    this.sums = new Float32Array(lanes);
  }

  private arithmetic(order: Order) {
    // everything that is added is a number of the format, or of a wider one that float32 holds
    return { compute: "float32", accumulate: this.format, order } as const;
  }

  /** Rows of `lanes` terms, one for each lane, behind what there is already. */
  private rows(terms: Float32Array): Float32Array {
    const { lanes, sums } = this;
    const count = terms.length / lanes + 1;
    const data = new Float32Array(terms.length + lanes);
    data.set(sums);
    data.set(terms, lanes);
    const found = mean({ data, shape: [count, lanes] }, { axes: [0], arithmetic: this.arithmetic("sequential") });
    return (found.data as Float32Array).map((value) => value * count);
  }

  /** Adds terms whose number is a multiple of the lanes. */
  add(terms: Float32Array): void {
    for (let at = 0; at < terms.length; ) {
      const left = (terms.length - at) / this.lanes + 1;
      // with the sums, as many rows as a power of two
      const rows = 2 ** Math.floor(Math.log2(left)) - 1;
      const end = at + rows * this.lanes;
      this.sums = this.rows(terms.subarray(at, end));
      at = end;
    }
  }

  /** The sum with a few more terms, fewer than there are lanes. */
  with(terms: Float32Array): number {
    const { lanes } = this;
    let sums = this.sums;
    if (terms.length) {
      const row = new Float32Array(lanes);
      row.set(terms);
      sums = this.rows(row);
    }
    if (lanes === 1) return sums[0];
    return mean(sums, { arithmetic: this.arithmetic({ lanes }) }).data[0] * lanes;
  }
}

/** The sum of all of them in pairs, rounded to the format again: its quotient by their number has more digits than that. */
export function pairwiseSum(terms: Float32Array, format: FormatName): number {
  const arithmetic = { compute: "float32", accumulate: format, order: "pairwise" } as const;
  return mean(terms, { arithmetic }).data[0] * terms.length;
}
