/** diagnose() stage by stage against the simulation of the oracle: values, errors, events, attribution. */
import { describe, test } from "vitest";
import type { Norm } from "../oracle/emulated.js";
import { STORAGES } from "../support/call.js";
import { normsOf } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { check, over } from "../support/diagnosed.js";
import {
  type ArithmeticPair,
  arithmetic,
  arithmetics,
  BFLOAT16,
  FLOAT8_E4M3FN,
  FLOAT16,
  FLOAT32,
  FORMATS,
  MORE_FORMATS,
} from "../support/formats.js";
import { uniform } from "../support/random.js";

/** Around lanes, blocks and tiles. */
const SIZES = [1, 3, 4, 5, 31, 32, 33, 64, 127, 128, 129, 257];
const LONG_SIZES = [1000, 1025, 4097];

/** What a test does not go through is drawn, the same in every run. */
const SEED = 5;
const next = uniform(SEED);
const draw = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];

function checkShape(pair: ArithmeticPair, shape: readonly number[], axes: readonly number[]): void {
  const n = axes.reduce((product, axis) => product * shape[axis], 1);
  const norm = draw<Norm | "none">([...normsOf(n), "none"]);
  const grouping = over(axes, norm === "none" || draw([true, true, false]));
  const eps = draw([undefined, 0, 1e-3]);
  check({ shape, grouping, norm, pair, data: draw(KINDS), storage: draw(STORAGES), eps });
}

describe("every size", () => {
  test.each(arithmetics(FLOAT16))("$label", (pair) => {
    for (const n of SIZES) {
      checkShape(pair, [draw([2, 3, 4, 5]), n], [1]);
      checkShape(pair, [n, draw([1, 2, 3, 4, 5, 6, 8])], [0]);
    }
    checkShape(pair, [1, draw(LONG_SIZES)], [1]);
    checkShape(pair, [draw(LONG_SIZES), 2], [0]);
  });
});

test("many tiles, many columns", () => {
  checkShape(arithmetic(FLOAT16, FLOAT16, "pairwise"), [1, 20_001], [1]);
  checkShape(arithmetic(FLOAT16, FLOAT32, "sequential"), [20_001], [0]);
  checkShape(arithmetic(BFLOAT16), [300, 67], [0]);
  checkShape(arithmetic(FLOAT8_E4M3FN), [67, 300], [1]);
});

describe.each([...FORMATS, ...MORE_FORMATS])("computing in $label", (compute) => {
  test.each(arithmetics(compute))("$label", (pair) => {
    checkShape(pair, [draw([1, 2, 3, 4, 5]), draw(SIZES)], [1]);
    checkShape(pair, [draw(SIZES), draw([1, 2, 3, 4, 5, 7])], [0]);
    const strided: readonly (readonly [number[], number[]])[] = [
      [
        [3, 2, 5, 7],
        [0, 2, 3],
      ],
      [
        [2, 3, 7, 5],
        [1, 3],
      ],
      [
        [20, 2, 3, 3],
        [0, 2],
      ],
      [[2, 33, 5], [1]],
    ];
    checkShape(pair, ...draw(strided));
  });
});

describe("any number of groups side by side", () => {
  test.each([7, 8, 9, 31, 32, 33, 65, 100])("%i groups", (count) => {
    for (let i = 0; i < 2; i++) {
      checkShape(draw(arithmetics(FLOAT16)), [count, 37], [1]);
      checkShape(draw(arithmetics(FLOAT16)), [130, count], [0]);
    }
  });
});

test("terms of one format, sums of another", () => {
  for (const compute of FORMATS) {
    for (const accumulate of [...FORMATS, ...MORE_FORMATS]) {
      const pair = arithmetic(compute, accumulate, draw(["lanes", "sequential", "pairwise"]));
      if (next() < 0.5) checkShape(pair, [2, 130], [1]);
      else checkShape(pair, [130, 2], [0]);
    }
  }
});
