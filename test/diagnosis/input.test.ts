// inspect(): every number against the plain way.

import { describe, expect, test } from "vitest";
import { inspect } from "../../src/diagnosis/input.js";
import { tensor } from "../../src/index.js";
import { operand } from "../../src/tensor/operand.js";
import { exponentOf } from "../oracle/formats.js";
import { numbers } from "../support/compare.js";
import { SPECIALS } from "../support/floats.js";
import { gaussian, randomBits, wide } from "../support/random.js";

describe("inspect", () => {
  function counts(x: Float32Array | Uint16Array) {
    const values = [...numbers(x)];
    const finite = values.filter(Number.isFinite);
    const sizes = finite.filter((v) => v !== 0).map(Math.abs);
    const exponents = new Array(277).fill(0);
    for (const size of sizes) exponents[exponentOf(size) + 149]++;
    return {
      finite: finite.length,
      subnormal: sizes.filter((size) => size < (x instanceof Uint16Array ? 2 ** -14 : 2 ** -126)).length,
      zero: finite.length - sizes.length,
      nan: values.filter(Number.isNaN).length,
      infinite: values.length - finite.length - values.filter(Number.isNaN).length,
      absMin: sizes.length ? sizes.reduce((a, b) => Math.min(a, b)) : null,
      absMax: finite.length ? sizes.reduce((a, b) => Math.max(a, b), 0) : null,
      exponents,
    };
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
    expect(inspect(operand("x", x))).toEqual(counts(x));
    const held = tensor(x);
    expect(inspect(operand("x", held))).toEqual(counts(x));
    held.dispose();
  });
});
