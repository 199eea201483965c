/**
 * Conversions and rounding on all 2^32 float32 values, to nearest; the other modes have files of their own, so that all cores have
 * something to do. They take minutes each, so they are not part of the ordinary run: npm run test:exhaustive.
 */

import { expect, test } from "vitest";
import { empty, toFloat16 } from "../../../src/index.js";
import { toHalfBits } from "../../oracle/formats.js";
import { FORMATS, MORE_FORMATS } from "../../support/formats.js";
import { BATCH, compare, expectRounded, isListed, runsOf } from "./all-floats.js";

test("float32 to float16", () => {
  const input = empty([BATCH]);
  const output = empty([BATCH], "float16");
  const wrong = compare(
    () => {
      toFloat16(input, { out: output });
      return output.data as Uint16Array;
    },
    new Uint32Array(input.data.buffer, input.data.byteOffset, BATCH),
    runsOf(toHalfBits, (bits) => bits),
    (bits) => (bits & 0x7fff) > 0x7c00,
  );
  expect(wrong).toEqual([]);
  input.dispose();
  output.dispose();
});

test.each([...FORMATS, ...MORE_FORMATS].filter(isListed))("rounding to $label", (format) => {
  expectRounded(format, "nearest-even");
});
