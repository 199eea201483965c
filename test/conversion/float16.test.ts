/** float16 bits from numbers, and back. */

import { describe, expect, test } from "vitest";
import { fromFloat16, tensor, toFloat16 } from "../../src/index.js";
import { FLOAT16, HALVES, toHalfBits } from "../oracle/formats.js";
import { dataOf, expectBits } from "../support/compare.js";
import { boundaries, strided } from "../support/floats.js";
import { wide } from "../support/random.js";

const ALL_HALVES = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNBits = (half: number) => (half & 0x7fff) > 0x7c00;

/** Fails unless the bits are those of the definition; any NaN stands for any other. */
function expectHalves(actual: ArrayLike<number>, values: Float32Array): void {
  const wrong: string[] = [];
  for (let i = 0; i < values.length && wrong.length < 5; i++) {
    const expected = toHalfBits(values[i]);
    if (actual[i] !== expected && !(isNaNBits(expected) && isNaNBits(actual[i]))) {
      wrong.push(`${values[i]} gives ${actual[i].toString(16)} instead of ${expected.toString(16)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(actual.length).toBe(values.length);
}

describe("float16", () => {
  test("all 65,536 halves have the value of their bits", () => {
    expectBits(fromFloat16(ALL_HALVES), HALVES, "all halves");
    const resident = tensor(ALL_HALVES);
    const wide = fromFloat16(resident);
    expectBits(wide, HALVES, "all halves, resident");
    resident.dispose();
  });

  test("all halves come back as they were", () => {
    const back = dataOf(toFloat16(fromFloat16(ALL_HALVES)));
    const wrong = Array.from(ALL_HALVES).filter(
      (bits) => back[bits] !== bits && !(isNaNBits(bits) && isNaNBits(back[bits])),
    );
    expect(wrong).toEqual([]);
    expect(back).toBeInstanceOf(Uint16Array);
  });

  test("a sample of all float32 values", () => {
    const values = strided(4099);
    expectHalves(dataOf(toFloat16(values)), values);
  });

  test("every rounding boundary and the values next to it", () => {
    const values = boundaries(FLOAT16);
    expectHalves(dataOf(toFloat16(values)), values);
    const resident = tensor(values);
    const result = toFloat16(resident);
    expectHalves(dataOf(result), values);
    resident.dispose();
  });

  test.each(Array.from({ length: 40 }, (_, n) => n))("%i elements, at odd places", (n) => {
    const values = wide(n + 7, n, -30, 20);
    for (const offset of [0, 1, 3, 7]) {
      const part = values.subarray(offset, offset + n);
      const bits = dataOf(toFloat16(part));
      expectHalves(bits, part);
      const halves = new Uint16Array(n + 7);
      halves.set(Array.from(bits), offset);
      expectBits(
        fromFloat16(halves.subarray(offset, offset + n)),
        Array.from(part, (value) => HALVES[toHalfBits(value)]),
        "back",
      );
    }
  });
});
