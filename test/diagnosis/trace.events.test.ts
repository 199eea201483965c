/** Events, absorbed overflow and special values: cases worked out by hand, then NaN and infinity at many places. */
import { describe, expect, test } from "vitest";
import { diagnose, format, type StageName } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { STORAGES } from "../support/call.js";
import { everyNorm } from "../support/cases.js";
import { check, over } from "../support/diagnosed.js";
import { CONSTRUCTED } from "../support/diagnosis-cases.js";
import { arithmetic, BFLOAT16, EXACT, FLOAT8_E4M3FN, FLOAT16, FLOAT32, SATURATING } from "../support/formats.js";
import { gaussian } from "../support/random.js";
import { eventsOf, stageOf } from "../support/stages.js";

describe("worked out by hand", () => {
  test.each(CONSTRUCTED)("$name", ({ values, norm, compute, order = "sequential", centred, ...expected }) => {
    const found = diagnose(Float32Array.from(values), {
      norm,
      centred,
      eps: 0,
      arithmetic: { compute: format(compute), order },
      remedies: false,
    });
    expect(eventsOf(found.stages)).toEqual(expected.events);
    for (const [name, firsts] of Object.entries(expected.firsts ?? {})) {
      expect(stageOf(found, name as StageName).firsts).toEqual(firsts);
    }
    expect(found.absorbedOverflow).toBe(expected.absorbedOverflow ?? 0);
    if (expected.absorbedOverflow) expect(found.verdict).toBe("failed");
  });
});

const NORMS: readonly Norm[] = everyNorm([3], [3, 1.5]);
const SPECIALS = [NaN, Infinity, -Infinity];
const PAIRS = [
  arithmetic(FLOAT16),
  arithmetic(FLOAT16, FLOAT32, "pairwise"),
  arithmetic(FLOAT16, EXACT),
  arithmetic(BFLOAT16, BFLOAT16, "sequential"),
  arithmetic(FLOAT8_E4M3FN, FLOAT32, "sequential"),
  arithmetic(SATURATING, SATURATING, "pairwise"),
];

describe.each(PAIRS)("NaN and infinity, $label", (pair) => {
  test.each(STORAGES)("%s", (storage) => {
    let step = 0;
    for (const place of [0, 1, 3, 4, 31, 32, 36, 39]) {
      for (const special of SPECIALS) {
        // In one storage half of them, in the other one the rest.
        if ((step++ + STORAGES.indexOf(storage)) % 2) continue;
        const norm = NORMS[(step >> 1) % NORMS.length];
        const rows = (step >> 1) % 2;
        const grouping = over([rows], step % 3 > 0);
        const shape = rows ? [5, 40] : [40, 5];
        const data = gaussian(200, step);
        // The third of five groups; the others must not notice. Now and then a second one that cancels the first.
        const position = (i: number) => (rows ? 80 + i : 5 * i + 2);
        data[position(place)] = special;
        if (step % 5 === 1) data[position((place + 7) % 40)] = -special;
        check({ shape, grouping, norm, pair, data, storage });
      }
    }
  });
});

test("nothing but NaN, infinities, zeros", () => {
  let step = 0;
  for (const value of [...SPECIALS, 0, -0, 65504, 2 ** -24]) {
    for (const norm of NORMS) {
      const data = new Float32Array(66).fill(value);
      const pair = PAIRS[step++ % PAIRS.length];
      for (const eps of [0, 1e-5]) {
        check({ shape: [33, 2], grouping: over([0]), norm, pair, data, storage: "float32", eps });
      }
    }
  }
});

test("infinities at the end of the range, saturated or not", () => {
  for (const pair of PAIRS) {
    for (const [i, norm] of NORMS.entries()) {
      const { max } = pair.oracle.compute;
      const data = gaussian(129, i).map((value, j) => (j % 40 === 17 ? value * Math.min(max / 2, 1e38) : value));
      check({ shape: [129], grouping: over([0], i % 2 > 0), norm, pair, data, storage: "float32" });
    }
  }
});
