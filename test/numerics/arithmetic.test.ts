/** Arithmetics and formats that are refused. */

import { describe, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { float16, format } from "../../src/index.js";
import { any, FORMATS, plain, refuses } from "../support/refuses.js";

describe("arithmetic and formats", () => {
  test("arithmetic and formats", () => {
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
  ])("format %o", (spec, message) => {
    refuses(() => format(any(spec)), new RangeError(message));
  });

  test("format of a wrong type", () => {
    refuses(() => format(any("float16")), new TypeError('"format" must be an object, got "float16"'));
    refuses(
      () => format(any({ emin: -14, emax: 15 })),
      new TypeError('"precision" must be an integer in [2, 24], got undefined'),
    );
    refuses(
      () => format(any({ ...float16, subnormals: 1 })),
      new TypeError('"subnormals" must be true or false, got 1'),
    );
    refuses(
      () => format(any({ ...float16, bits: 16 })),
      new TypeError('unknown option "bits", known are precision, emin, emax, overflow, subnormals, max'),
    );
  });
});
