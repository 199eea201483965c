/** Options of calls like one before: each is read once, and each value has the result or the error that it had before. */

import { describe, expect, test } from "vitest";
import { layerNorm, mean, norm, rmsNorm, statistics, type TensorLike } from "../../src/index.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import { bits, type Options } from "../support/repeated.js";

test("options are read once", () => {
  const x = { data: gaussian(64, 1), shape: [4, 16] };
  const reads: string[] = [];
  const keys = ["axis", "norm", "weight", "bias", "eps", "calibrated", "arithmetic", "dtype", "out"];
  const options = {};
  for (const key of keys) {
    Object.defineProperty(options, key, { enumerable: true, get: () => void reads.push(key) });
  }
  for (let i = 0; i < 3; i++) {
    reads.length = 0;
    layerNorm(x, options);
    expect(reads.toSorted()).toEqual(keys.toSorted());
  }
});

describe("every value of every option is what it is before anything is kept", () => {
  const VALUES = [
    null,
    Number.NaN,
    -1e9,
    -1,
    0,
    1,
    1.5,
    2,
    "",
    "l2",
    "none",
    "l3",
    true,
    false,
    [],
    {},
    { topk: 2 },
    1n,
  ];
  const CALLS: Record<string, [(x: TensorLike, options?: Options) => unknown, string[]]> = {
    layerNorm: [any(layerNorm), ["axis", "norm", "eps", "calibrated", "arithmetic", "dtype", "out", "weight", "bias"]],
    rmsNorm: [any(rmsNorm), ["axis", "norm", "eps", "calibrated", "arithmetic", "dtype", "out", "weight", "bias"]],
    norm: [any(norm), ["axes", "norm", "keepDims", "arithmetic", "out"]],
    mean: [any(mean), ["axes", "keepDims", "arithmetic", "out"]],
    statistics: [any(statistics), ["axes", "norm", "keepDims", "calibrated", "arithmetic"]],
  };
  // a shape that no other call has had: nothing is kept of it
  let rows = 1000;

  for (const [name, [call, keys]] of Object.entries(CALLS)) {
    test.each(keys)(`${name}, %s`, (key) => {
      for (const value of VALUES) {
        rows++;
        const x = { data: gaussian(rows * 2, rows), shape: [rows, 2] };
        const outcome = (): unknown => {
          try {
            return JSON.stringify(call(x, { [key]: value }), (_, part) =>
              ArrayBuffer.isView(part) ? bits(any(part)) : part,
            );
          } catch (error) {
            return String(error);
          }
        };
        const expected = outcome();
        // the defaults are kept, and what can be of this one
        for (let i = 0; i < 2; i++) {
          call(x);
          expect(outcome()).toBe(expected);
        }
      }
    });
  }
});
