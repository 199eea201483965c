/** Arithmetics and formats: what one is given, and what is refused. */

import { describe, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import {
  type Arithmetic,
  diagnose,
  float8_e4m3fn,
  float16,
  format,
  layerNormBackward,
  norm,
  round,
} from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { any, FORMATS, plain, refuses } from "../support/refuses.js";

describe("formats", () => {
  test("are checked once and immutable", () => {
    const spec = format({ precision: 11, emin: -14, emax: 15 });
    expect(spec).toEqual(float16);
    expect(format(spec)).toBe(spec);
    expect(format({ ...spec, overflow: "saturate" })).not.toBe(spec);
    expect(Object.isFrozen(spec)).toBe(true);
    expect(float16.max).toBe(65504);
    expect(float8_e4m3fn.max).toBe(448);
  });

  test("the overflow rule is an option", () => {
    const x = Float32Array.of(464, 465, -1e9, Infinity);
    expect(round(x, "float8_e4m3fn").data).toEqual(Float32Array.of(448, Number.NaN, Number.NaN, Number.NaN));
    const saturating = format({ ...float8_e4m3fn, overflow: "saturate" });
    expect([...round(x, saturating).data.subarray(0, 3)]).toEqual([448, 448, -448]);
    expect(round(x, "float8_e4m3fn").data[1]).toBeNaN();
  });

  test("an arithmetic may be a spec", () => {
    const x = Float32Array.of(1, 2 ** -11, 2 ** -11);
    for (const arithmetic of ["float16", float16, { ...float16 }, { compute: float16 }] as const) {
      expect(norm(x, { norm: "l1", arithmetic }).data[0]).toBe(1);
    }
    for (const accumulate of ["float32", "exact"] as const) {
      const wide = norm(x, { norm: "l1", arithmetic: { compute: "float16", accumulate } });
      expect(wide.data[0]).toBe(1 + 2 ** -10);
    }
  });
});

test("formats of an arithmetic that have the same numbers are one, in whatever form each is given", () => {
  const [dy, x] = [0, 1].map((seed) => ({ data: gaussian(600, seed), shape: [2, 300] }));
  for (const compute of ["float16", format({ precision: 7, emin: -30, emax: 18 })] as const) {
    const copy = () => ({ ...(compute === "float16" ? float16 : compute) });
    const options = { layer: "layer", norm: "l2", remedies: true } as const;
    const of = (arithmetic: Arithmetic) => diagnose(x, { ...options, arithmetic });
    const same = { compute, accumulate: copy(), statistics: copy() };
    expect(of(same)).toEqual(of(compute));
    expect(of({ compute: copy(), accumulate: copy(), statistics: "float32" })).toEqual(
      of({ compute, accumulate: compute, statistics: "float32" }),
    );
    expect(layerNormBackward(dy, x, { arithmetic: same })).toEqual(layerNormBackward(dy, x, { arithmetic: compute }));
  }
});

test("arithmetics and modes that are refused", () => {
  refuses(
    () => halfnorm.norm(plain(), any({ arithmetic: "half" })),
    new RangeError(`"arithmetic" must be ${FORMATS}, got "half"`),
  );
  refuses(
    () => halfnorm.norm(plain(), any({ arithmetic: 16 })),
    new TypeError(`"arithmetic" must be ${FORMATS}, got 16`),
  );
  refuses(
    () => halfnorm.norm(plain(), any({ arithmetic: { compute: "float16", order: "tree" } })),
    new RangeError('"order" must be one of "sequential", "lanes", "pairwise", got "tree"'),
  );
  refuses(
    () => halfnorm.norm(plain(), any({ arithmetic: {} })),
    new TypeError(`"compute" must be ${FORMATS}, got undefined`),
  );
  refuses(
    () => halfnorm.norm(plain(), any({ arithmetic: { compute: "float16", acc: "float32" } })),
    new TypeError('unknown option "acc", known are compute, accumulate, order, statistics, tail, count'),
  );
  refuses(
    () => halfnorm.round(plain(), any("toString")),
    new RangeError(`"format" must be ${FORMATS}, got "toString"`),
  );
  refuses(
    () => halfnorm.round(plain(), "float16", any({ mode: "nearest" })),
    new RangeError(
      '"mode" must be one of "nearest-even", "toward-zero", "up", "down", "odd", "stochastic", got "nearest"',
    ),
  );
  refuses(
    () => halfnorm.round(plain(), "float16", { mode: "stochastic", seed: -1 }),
    new RangeError('"seed" must be an integer in [0, 4294967295], got -1'),
  );
});

test.each([
  [{ precision: 1, emin: -14, emax: 15 }, '"precision" must be an integer in [2, 24], got 1'],
  [{ precision: 25, emin: -14, emax: 15 }, '"precision" must be an integer in [2, 24], got 25'],
  [{ precision: 11, emin: -14, emax: 128 }, '"emax" must be an integer in [-126, 127], got 128'],
  [{ precision: 11, emin: -140, emax: 15 }, '"emin" must be an integer in [-139, 15], got -140'],
  [{ precision: 11, emin: 16, emax: 15 }, '"emin" must be an integer in [-139, 15], got 16'],
  [
    { ...float16, max: 65000 },
    '"max" must be a number in the largest binade, and the last one where overflow gives infinity, got 65000',
  ],
  [
    { ...float16, max: 65472 },
    '"max" must be a number in the largest binade, and the last one where overflow gives infinity, got 65472',
  ],
  [{ ...float16, overflow: "wrap" }, '"overflow" must be one of "infinity", "nan", "saturate", got "wrap"'],
])("the format %o is refused", (spec, message) => {
  refuses(() => format(any(spec)), new RangeError(message));
});

test("so is a format of a wrong type", () => {
  refuses(() => format(any("float16")), new TypeError('"format" must be an object, got "float16"'));
  refuses(
    () => format(any({ emin: -14, emax: 15 })),
    new TypeError('"precision" must be an integer in [2, 24], got undefined'),
  );
  refuses(() => format(any({ ...float16, subnormals: 1 })), new TypeError('"subnormals" must be true or false, got 1'));
  refuses(
    () => format(any({ ...float16, bits: 16 })),
    new TypeError('unknown option "bits", known are precision, emin, emax, overflow, subnormals, max'),
  );
});
