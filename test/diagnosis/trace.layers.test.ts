/** diagnose() of layers with weights and biases against the oracle. */
import { describe, test } from "vitest";
import { C_L1 } from "../oracle/constants.js";
import type { Norm } from "../oracle/emulated.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { KINDS } from "../support/data.js";
import { batch, channelsLast, check, type Grouping, inGroups, instance, last } from "../support/diagnosed.js";
import {
  arithmetics,
  BFLOAT16,
  CUSTOM,
  FLOAT8_E4M3FN,
  FLOAT16,
  FLOAT32,
  WITHOUT_SUBNORMALS,
} from "../support/formats.js";

const CASES: readonly { grouping: Grouping; shapes: readonly (readonly number[])[] }[] = [
  {
    grouping: batch,
    shapes: [
      [4, 3, 3, 5],
      [33, 2],
      [5, 35],
      [2, 1, 1025],
    ],
  },
  {
    grouping: channelsLast,
    shapes: [
      [4, 3, 5, 3],
      [2, 4, 4, 33],
    ],
  },
  {
    grouping: instance,
    shapes: [
      [2, 3, 33],
      [3, 2, 5, 7],
    ],
  },
  { grouping: inGroups(2), shapes: [[3, 4, 2, 5]] },
  { grouping: inGroups(3), shapes: [[2, 6, 40]] },
  {
    grouping: last(1, true),
    shapes: [
      [5, 129],
      [2, 3, 64],
    ],
  },
  { grouping: last(2, true), shapes: [[3, 7, 9]] },
  {
    grouping: last(1, false),
    shapes: [
      [4, 65],
      [9, 32],
    ],
  },
  { grouping: last(2, false), shapes: [[2, 13, 11]] },
];
const NORMS: readonly (Norm | "none")[] = [...everyNorm(), "none"];

test("other constants: calibrated ones, and none", () => {
  for (const pair of arithmetics(FLOAT16)) {
    const base = { shape: [3, 40], grouping: last(1, true), pair, data: "plain", storage: "float32" } as const;
    // The mean of all |d| has the constant of L1.
    check({ ...base, norm: { topk: 40 }, constant: C_L1, asked: { calibrated: true } });
    check({ ...base, norm: { lp: 3 }, constant: 1, asked: { norm: { lp: 3, unscaled: true } } });
    check({ ...base, norm: "l2", asked: { calibrated: true } });
  }
});

let step = 0;

describe.each(CASES)("$grouping.name", ({ grouping, shapes }) => {
  test.each([FLOAT16, BFLOAT16, FLOAT8_E4M3FN, CUSTOM, FLOAT32, WITHOUT_SUBNORMALS])("$label", (compute) => {
    for (const pair of arithmetics(compute)) {
      for (const shape of shapes) {
        if (step++ % 4) continue;
        let norm = NORMS[(step * 3) % NORMS.length];
        if (norm === "none" && !grouping.centred) norm = "l2";
        const eps = [1e-5, 1e-2, 0][step % 3];
        const [data, storage] = [KINDS[(step >> 1) % KINDS.length], STORAGES[step % 2]];
        check({ shape, grouping, norm, pair, data, storage, eps, weighted: (step >> 1) % 4 });
      }
    }
  });
});
