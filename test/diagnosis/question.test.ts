// What diagnose() may be asked, and what it refuses.

import { describe, test } from "vitest";
import { diagnose } from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { any, FORMATS, FORMS, NORMS, refuses } from "../support/refuses.js";

const HALF = { arithmetic: "float16", remedies: false } as const;

describe("refuses", () => {
  const x = { data: gaussian(24, 1), shape: [2, 3, 4] };
  const wrong: [unknown, Error][] = [
    [undefined, new TypeError('"arithmetic" must be a format or { compute, accumulate, order }, got undefined')],
    [{}, new TypeError('"arithmetic" must be a format or { compute, accumulate, order }, got undefined')],
    [{ arithmetic: "float64" }, new RangeError(`"arithmetic" must be ${FORMATS}, got "float64"`)],
    [
      { ...HALF, layer: "weight" },
      new RangeError('"layer" must be one of "batch", "layer", "instance", "group", "rms", got "weight"'),
    ],
    [{ ...HALF, layer: "batch", axes: [0] }, new TypeError('"axes" cannot be given with "layer"')],
    [{ ...HALF, layer: "rms", centred: true }, new TypeError('"centred" cannot be given with "layer"')],
    [{ ...HALF, axis: 1 }, new TypeError('"axis" can only be given with "layer"')],
    [{ ...HALF, weight: new Float32Array(24) }, new TypeError('"weight" can only be given with "layer"')],
    [{ ...HALF, layer: "batch", groups: 1 }, new TypeError('"groups" can only be given with "layer" "group"')],
    [
      { ...HALF, layer: "layer", mean: new Float32Array(3) },
      new TypeError('"mean" can only be given with "layer" "batch"'),
    ],
    [{ ...HALF, deviation: new Float32Array(3) }, new TypeError('"deviation" can only be given with "layer" "batch"')],
    [
      { ...HALF, layer: "batch", mean: new Float32Array(3) },
      new TypeError('"mean" and "deviation" must be given both or neither'),
    ],
    [
      { ...HALF, layer: "batch", deviation: new Float32Array(3) },
      new TypeError('"mean" and "deviation" must be given both or neither'),
    ],
    [
      { ...HALF, layer: "batch", mean: new Float32Array(4), deviation: new Float32Array(3) },
      new RangeError('"mean" must have 3 elements, got 4'),
    ],
    [
      { ...HALF, layer: "batch", mean: new Float32Array(3), deviation: null },
      new TypeError(`"deviation" must be ${FORMS}, got null`),
    ],
    [{ ...HALF, layer: "group" }, new TypeError('"groups" must be an integer in [1, 3], got undefined')],
    [{ ...HALF, layer: "group", groups: 2 }, new RangeError('"groups" must be a divisor of the 3 channels, got 2')],
    [{ ...HALF, axes: 3 }, new RangeError('"axes" must be an integer in [-3, 2], got 3')],
    [{ ...HALF, layer: "layer", axis: 3 }, new RangeError('"axis" must be an integer in [-3, 2], got 3')],
    [{ ...HALF, layer: "layer", bias: new Float32Array(5) }, new RangeError('"bias" must have 4 elements, got 5')],
    [{ ...HALF, layer: "rms", norm: "none" }, new RangeError(`"norm" must be ${NORMS}, got "none"`)],
    [
      { ...HALF, norm: { topk: 25 } },
      new RangeError('"topk" must be an integer in [1, 24], the elements of a group, got 25'),
    ],
    [{ ...HALF, eps: -1 }, new RangeError('"eps" must be a finite number of at least 0, got -1')],
    [{ ...HALF, remedies: "all" }, new RangeError('"remedies" must be true, false or "auto", got "all"')],
    [
      { ...HALF, out: x },
      new TypeError(
        'unknown option "out", known are arithmetic, norm, layer, axis, groups, axes, centred, weight, bias, eps, calibrated, mean, deviation, remedies',
      ),
    ],
  ];
  test.each(wrong.map(([options, error]) => [error.message, options, error] as const))("%s", (_, options, error) => {
    refuses(() => diagnose(x, any(options)), error);
  });
});
