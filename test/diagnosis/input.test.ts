// inspect(): every number against the plain way.

import { describe, expect, test } from "vitest";
import { inspect } from "../../src/diagnosis/input.js";
import { tensor } from "../../src/index.js";
import { operand } from "../../src/tensor/operand.js";
import { numbers } from "../support/compare.js";
import { SPECIALS } from "../support/floats.js";
import { inputCounts } from "../support/input-counts.js";
import { gaussian, randomBits, wide } from "../support/random.js";

describe("inspect", () => {
  /** What inspect() gives. */
  function counted(x: Float32Array | Uint16Array) {
    const { counts, exponents } = inputCounts(numbers(x), x instanceof Uint16Array);
    const list = new Array(277).fill(0);
    for (const [exponent, count] of exponents) list[exponent + 149] = count;
    return { ...counts, exponents: list };
  }

  const bits = randomBits(7);
  const cases: Record<string, Float32Array | Uint16Array> = {
    nothing: new Float32Array(0),
    normal: gaussian(100_003, 1),
    zeros: new Float32Array(4099),
    "not a number": new Float32Array(7).fill(Number.NaN),
    wide: wide(10_001, 2, -149, 127),
    specials: SPECIALS,
    "any bits": new Float32Array(Uint32Array.from({ length: 20_001 }, bits).buffer),
    "all halves": Uint16Array.from({ length: 65_536 }, (_, i) => i),
    "subnormal halves": Uint16Array.from({ length: 5_000 }, () => bits() & 0x83ff),
  };
  test.each(Object.keys(cases))("%s", (name) => {
    const x = cases[name];
    expect(inspect(operand("x", x))).toEqual(counted(x));
    const held = tensor(x);
    expect(inspect(operand("x", held))).toEqual(counted(x));
    held.dispose();
  });
});
