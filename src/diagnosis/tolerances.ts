// The tolerances at which numpy.testing.assert_allclose and torch.testing.assert_close pass: |a - e| <= atol + rtol · |e|.

import { valuesOf } from "../plan/blocks.js";
import { Operand } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";

/** A function of a test library on two tensors, values taken in float64. */
export interface Tolerances {
  /** What it takes when nothing is said. */
  defaults: { rtol: number; atol: number; equalNan: boolean };
  /** Whether it passes with these. */
  passes: boolean;
  /** The smallest rtol at atol 0, and the smallest atol at rtol 0; null when none will do. */
  rtol: number | null;
  atol: number | null;
  /** The smallest of one at the default of the other. */
  rtolAtDefaultAtol: number | null;
  atolAtDefaultRtol: number | null;
}

/** Elements that are looked at together. */
const BLOCK = 1 << 14;

function block(o: Operand, from: number, n: number): Float32Array {
  const address = o.address && o.address + from * bytesOf(o.storage);
  return valuesOf(new Operand(o.array?.subarray(from, from + n), address, [n], n, o.storage));
}

const word = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));
const bitsOf = (value: number): bigint => {
  word.setFloat64(0, value);
  return word.getBigInt64(0);
};
const ofBits = (value: bigint): number => {
  word.setBigInt64(0, value);
  return word.getFloat64(0);
};

/** The smallest number of at least 0 that passes, Infinity for none: those that do are all above those that do not. */
function smallest(passes: (value: number) => boolean): number {
  // not negative, floats are in the order of their bits
  let below = -1n;
  let above = bitsOf(Number.POSITIVE_INFINITY);
  while (above - below > 1n) {
    const middle = (below + above) >> 1n;
    if (passes(ofBits(middle))) above = middle;
    else below = middle;
  }
  return ofBits(above);
}

const within = (error: number, size: number, rtol: number, atol: number): boolean => error <= atol + rtol * size;

/** The least of one tolerance for all elements seen so far, at a given value of the other. */
class Least {
  value = 0;

  constructor(
    readonly other: number,
    readonly relative: boolean,
  ) {}

  passes(error: number, size: number, value: number): boolean {
    return this.relative ? within(error, size, value, this.other) : within(error, size, this.other, value);
  }

  take(error: number, size: number): void {
    if (this.passes(error, size, this.value)) return;
    this.value = smallest((value) => this.passes(error, size, value));
  }
}

/** What a comparison is about besides errors. */
export interface Differences {
  /** Pairs of two NaN. */
  nans: number;
  /** Pairs of the same infinity. */
  infinities: number;
  /** The first element that differs, NaN and infinities like numbers; null for none. */
  first: number | null;
  /** By the order of the defaults that were given. */
  tolerances: Tolerances[];
}

/** NaN and infinities in the same places are equal; anywhere else, no tolerance will do. */
export function differences(
  actual: Operand,
  expected: Operand,
  defaults: readonly Tolerances["defaults"][],
): Differences {
  const least = [{ rtol: 0, atol: 0 }, ...defaults].map(({ rtol, atol }) => ({
    rtol: new Least(atol, true),
    atol: new Least(rtol, false),
  }));
  const all = least.flatMap(({ rtol, atol }) => [rtol, atol]);
  let [nans, infinities, special] = [0, 0, false];
  let first: number | null = null;
  for (let from = 0; from < actual.size; from += BLOCK) {
    const n = Math.min(BLOCK, actual.size - from);
    const a = block(actual, from, n);
    const e = block(expected, from, n);
    for (let i = 0; i < n; i++) {
      if (a[i] === e[i]) {
        if (Math.abs(a[i]) === Infinity) infinities++;
        continue;
      }
      const error = Math.abs(a[i] - e[i]);
      if (error < Infinity) for (const each of all) each.take(error, Math.abs(e[i]));
      else if (Number.isNaN(a[i]) && Number.isNaN(e[i])) {
        nans++;
        continue;
      } else special = true;
      first ??= from + i;
    }
  }
  const found = ({ value }: Least): number | null => (special || value === Infinity ? null : value);
  const [zero, ...others] = least;
  const tolerances = others.map(({ rtol, atol }, i) => {
    const given = defaults[i];
    const near = !special && rtol.value <= given.rtol;
    return {
      defaults: given,
      passes: near && (given.equalNan || !nans),
      rtol: found(zero.rtol),
      atol: found(zero.atol),
      rtolAtDefaultAtol: found(rtol),
      atolAtDefaultRtol: found(atol),
    };
  });
  return { nans, infinities, first, tolerances };
}
