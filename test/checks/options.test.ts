/** Whose options there are: those of an object or of its class, and nobody else's. */

import { describe, expect, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { any, plain } from "../support/refuses.js";

describe("what other scripts put into Object.prototype", () => {
  const prototype = Object.prototype as Record<string, unknown>;
  const calls = (): unknown[] => [
    halfnorm.layerNorm(plain(), { norm: "l1", arithmetic: { compute: "float16", accumulate: "float32" } }),
    halfnorm.batchNorm(plain()),
    halfnorm.norm(plain(), { norm: { topk: 2 }, axes: [0] }),
    halfnorm.format({ precision: 4, emin: -6, emax: 8 }),
    halfnorm.layerNormBackward(plain(), plain(), { eps: 1 }),
    halfnorm.partial("l2", { axis: 1 }).add(plain()).result(),
    halfnorm.compare(plain(), plain(), { format: "bfloat16" }),
    new halfnorm.BatchNorm({ channels: 3 }).state(),
    halfnorm.diagnose(plain(), { arithmetic: "float16" }),
  ];

  test.each(["extra", "axis", "mean", "norm", "keepDims", "out"])("%s is nobody's option", (key) => {
    const expected = calls();
    prototype[key] = () => 1;
    try {
      expect(calls()).toEqual(expected);
      expect(() => halfnorm.layerNorm(plain(), any({ extras: 1 }))).toThrow(/^unknown option "extras", known are /);
    } finally {
      delete prototype[key];
    }
  });

  test("options may come from a class", () => {
    class Options {
      get axis() {
        return 1;
      }
      norm = "l1" as const;
    }
    expect(halfnorm.layerNorm(plain(), new Options())).toEqual(halfnorm.layerNorm(plain(), { axis: 1, norm: "l1" }));
  });
});
