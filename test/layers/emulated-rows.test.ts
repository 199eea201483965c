/**
 * Rows that are centred, squared and summed in one pass (assembly/emulated/quick-sums.ts), against the oracle, to the bit: one
 * element at a time leaves what that pass rounds, and the rest of the row, of the tensor and of the sum is as it is without it.
 */

import { describe, expect, test } from "vitest";
import { STORAGES } from "../support/call.js";
import { checkLayer } from "../support/emulated-layers.js";
import { arithmetic, FLOAT16, FLOAT32, FORMATS } from "../support/formats.js";
import { layer } from "../support/normalizations.js";

/** Of 32 lanes: none, some and all of a row, whole rows and one more, one tile and some of the next. */
const LENGTHS = [1, 4, 31, 32, 33, 36, 64, 95, 96, 100, 768, 4096, 4131];

describe.each(FORMATS)("$label", (compute) => {
  const { emin, emax, max, precision } = compute.oracle;
  /** What stands in one place of the data. */
  const ODD: Record<string, number> = {
    NaN: Number.NaN,
    infinity: -Infinity,
    "the largest number": max,
    "a square beyond the format": 1.1 * 2 ** Math.ceil(emax / 2),
    "a square just within": -(2 ** Math.floor(emax / 2)),
    "a square of the smallest numbers": 2 ** Math.floor((emin - precision) / 2) * 1.5,
    "a square below them": 2 ** (Math.floor((emin - precision) / 2) - 2),
    "the smallest number": 2 ** (emin - precision + 1),
    "-0": -0,
  };

  test.each([compute, FLOAT32, FLOAT16].map((accumulate) => arithmetic(compute, accumulate)))("$label", (pair) => {
    const odd = Object.values(ODD);
    for (const [i, n] of LENGTHS.entries()) {
      const few = n > 100;
      for (const [j, value] of odd.entries()) {
        if (few && j !== (i + precision) % odd.length) continue;
        const centring = (i + j) % 2 === 0;
        // in the last row of a short tensor, whose end is that of its memory
        const shape = [few ? 1 : 2, n];
        const change = (data: Float32Array): void => {
          data[data.length - 1 - ((7 * j) % n)] = value;
        };
        const storage = STORAGES[(i + j) % 2];
        for (const kind of few ? (["plain"] as const) : (["plain", "zeros"] as const))
          checkLayer(layer(1, centring), pair, { shape, kind, storage, norm: "l2", weighted: j % 4, change });
      }
    }
  });
});

test("squares of up to 11 digits that float32 rounds below 2^-126 are rounded once: none is half way between two numbers then", () => {
  const even = (x: number, unit: number): number => {
    const low = Math.floor(x / unit) * unit;
    const over = x - low - unit / 2;
    return over > 0 || (over === 0 && (low / unit) % 2) ? low + unit : low;
  };
  for (let precision = 2; precision <= 11; precision++) {
    for (let root = 2 ** (precision - 1); root < 2 ** precision; root++) {
      for (let exponent = -62 - precision; exponent > -90; exponent--) {
        const square = root ** 2 * 4 ** exponent;
        const unit = 2 ** (-126 - precision + 1);
        if (square < 2 ** -126 && even(Math.fround(square), unit) !== even(square, unit))
          expect.fail(`${root} · 2^${exponent} of ${precision} digits`);
      }
    }
  }
});
