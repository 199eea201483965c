/** Conversions of all 2^32 float32 values, and how they are compared with the oracle. */

import { expect } from "vitest";
import { empty, round } from "../../../src/index.js";
import { type Mode, roundTo } from "../../oracle/formats.js";
import type { FormatPair } from "../../support/formats.js";

/** Values that are converted in one call. */
export const BATCH = 2 ** 22;
const INFINITY = 0x7f800000;

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

function floatOf(bits: number): number {
  wordBits[0] = bits;
  return word[0];
}

function bitsOf(value: number): number {
  word[0] = value;
  return wordBits[0];
}

/** Runs of float32 bits with the same result: where each begins, and the bits of the result. */
interface Runs {
  readonly starts: Float64Array;
  readonly bits: Uint32Array;
  readonly count: number;
}

/**
 * The longest runs, over all but NaNs. Rounding is monotonic, so the end of a run is found by bisection: few calls of the oracle
 * decide on many values.
 */
export function runsOf(result: (value: number) => number, encode: (value: number) => number): Runs {
  const starts: number[] = [];
  const bits: number[] = [];
  for (const sign of [0, 2 ** 31]) {
    let from = sign;
    const end = sign + INFINITY;
    while (from <= end) {
      const here = result(floatOf(from));
      const same = (bits: number) => Object.is(result(floatOf(bits)), here);
      let reach = 1;
      while (from + reach <= end && same(from + reach)) reach *= 2;
      let low = from + Math.floor(reach / 2);
      let high = Math.min(from + reach, end + 1);
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (same(middle)) low = middle;
        else high = middle;
      }
      starts.push(from);
      bits.push(encode(here));
      from = low + 1;
    }
  }
  return { starts: Float64Array.from(starts), bits: Uint32Array.from(bits), count: starts.length };
}

/** Compares a conversion of all float32 values with the runs that are expected; returns the first few that differ. */
export function compare<T extends Uint16Array | Uint32Array>(
  convert: () => T,
  input: Uint32Array,
  expected: Runs,
  isNaNBits: (bits: number) => boolean,
): string[] {
  const wrong: string[] = [];
  let run = 0;
  for (let start = 0; start < 2 ** 32 && wrong.length < 5; start += BATCH) {
    for (let i = 0; i < BATCH; i++) input[i] = start + i;
    const found = convert();
    for (let i = 0; i < BATCH; ) {
      const bits = start + i;
      if ((bits & 0x7fffffff) > INFINITY) {
        if (!isNaNBits(found[i])) wrong.push(`NaN ${bits.toString(16)} gives ${found[i].toString(16)}`);
        i++;
        continue;
      }
      while (run + 1 < expected.count && expected.starts[run + 1] <= bits) run++;
      const wanted = expected.bits[run];
      const nan = isNaNBits(wanted);
      const signEnd = (bits >= 2 ** 31 ? 2 ** 31 : 0) + INFINITY + 1;
      const end = Math.min(run + 1 < expected.count ? expected.starts[run + 1] : 2 ** 32, signEnd) - start;
      for (const stop = Math.min(end, BATCH); i < stop; i++) {
        if (found[i] !== wanted && !(nan && isNaNBits(found[i]))) {
          wrong.push(`${(start + i).toString(16)} gives ${found[i].toString(16)} instead of ${wanted.toString(16)}`);
          if (wrong.length >= 5) return wrong;
        }
      }
    }
  }
  return wrong;
}

/** The runs of a format with many digits are too many to list; the ordinary tests compare those in a sample. */
export const isListed = ({ oracle }: FormatPair): boolean => oracle.precision <= 13;

/** Rounding all float32 values to the grid of a format. */
export function expectRounded({ asked, oracle }: FormatPair, mode: Mode): void {
  const input = empty([BATCH]);
  const output = empty([BATCH]);
  const view = (tensor: typeof input) => new Uint32Array(tensor.data.buffer, tensor.data.byteOffset, BATCH);
  const wrong = compare(
    () => {
      round(input, asked, { mode, out: output });
      return view(output);
    },
    view(input),
    runsOf((value) => roundTo(oracle, value, mode), bitsOf),
    (bits) => (bits & 0x7fffffff) > INFINITY,
  );
  expect(wrong).toEqual([]);
  input.dispose();
  output.dispose();
}
