/** Kernels as runtimes have them, case by case: lengths beside the lanes, specials at every place, counts, constants. */

import { describe, expect, it, test } from "vitest";
import {
  type Arithmetic,
  diagnose,
  layerNorm,
  lpNormalize,
  mean,
  norm,
  rmsNorm,
  statistics,
  weightNorm,
} from "../../src/index.js";
import type { Arithmetic as Oracle } from "../oracle/arithmetic.js";
import * as oracle from "../oracle/emulated.js";
import type { Format } from "../oracle/formats.js";
import { expectBits, numbers } from "../support/compare.js";
import { values } from "../support/data.js";
import { FLOAT16, FLOAT32, ORACLES } from "../support/formats.js";

/** Every way that a kernel of a runtime differs in, narrower statistics among them. */
const WAYS = [
  { statistics: "float32", tail: "steps" },
  { statistics: "float32", tail: "folded" },
  { statistics: "float16", tail: "folded", count: "rounded" },
  { statistics: "float8_e5m2", tail: "steps" },
  { statistics: "bfloat16", tail: "folded", count: "rounded" },
] as const;
const LANES = [1, 2, 4, 8, 64, 256, 1024];

function pairOf(way: (typeof WAYS)[number], lanes: number): { asked: Arithmetic; known: Oracle } {
  const order = { lanes };
  const format: Format = ORACLES[way.statistics];
  const known = { ...way, compute: FLOAT16.oracle, statistics: format, accumulate: format, order };
  return { asked: { ...way, compute: "float16", order }, known };
}

/** The output of a layer norm, or an RMS norm, by the oracle. */
function expected(known: Oracle, x: ArrayLike<number>, by: "l1" | "l2", centred: boolean, eps: number): number[] {
  const read = oracle.inputs(known, x);
  const middle = centred ? oracle.mean(known, read) : undefined;
  const d = middle === undefined ? read : oracle.centred(known, read, middle);
  return oracle.output(known, read, middle, oracle.scale({ norm: by, arithmetic: known }, d, eps));
}

describe.each(WAYS)("%j", (way) => {
  test.each(LANES)("in %i lanes: one element, fewer than lanes, no multiple of them", (lanes) => {
    const { asked, known } = pairOf(way, lanes);
    for (const n of new Set([1, 2, 3, lanes - 1, lanes, lanes + 1, 2 * lanes + 3].filter((n) => n > 0))) {
      const x = Float32Array.from(values("plain", FLOAT16.oracle, n, n + lanes));
      for (const by of ["l1", "l2"] as const) {
        const options = { norm: by, eps: 1e-3, arithmetic: asked };
        expectBits(layerNorm({ data: x, shape: [1, n] }, options), expected(known, x, by, true, 1e-3), `${by}, n ${n}`);
        expectBits(rmsNorm({ data: x, shape: [1, n] }, options), expected(known, x, by, false, 1e-3), `${by}, n ${n}`);
      }
    }
  });

  it("takes NaN and infinities at every place as IEEE 754 has them", () => {
    const n = 37;
    const { asked, known } = pairOf(way, 16);
    const plain = values("plain", FLOAT16.oracle, n, 5);
    for (const special of [NaN, Infinity, -Infinity, 65504, -0]) {
      for (let place = 0; place < n; place++) {
        const x = Float32Array.from(plain);
        x[place] = special;
        const y = layerNorm({ data: x, shape: [1, n] }, { eps: 1e-3, arithmetic: asked });
        expectBits(y, expected(known, x, "l2", true, 1e-3), `${special} at ${place}`);
        if (Number.isNaN(special)) expect(numbers(y).every(Number.isNaN)).toBe(true);
      }
    }
  });

  it("of equal values with the eps that runtimes have", () => {
    const { asked, known } = pairOf(way, 64);
    const x = new Float32Array(96).fill(0.5);
    const y = layerNorm({ data: x, shape: [1, 96] }, { eps: 1e-12, arithmetic: asked });
    expectBits(y, expected(known, x, "l2", true, 1e-12), "eps 1e-12");
    // 10^6 is beyond float16, where 1 / S is not infinite before
    expect(numbers(y).every(Number.isNaN)).toBe(true);
    const d = diagnose({ data: x, shape: [1, 96] }, { layer: "layer", eps: 1e-12, arithmetic: asked, remedies: false });
    expect(d.verdict).toBe("failed");
    expect(d.error.mismatchedSpecials).toBe(96);
    const wide = layerNorm({ data: x, shape: [1, 96] }, { eps: 1e-12, arithmetic: "float32" });
    expect(numbers(wide).every((value) => value === 0)).toBe(true);
  });
});

it("lanes of 32 are the usual ones, to the bit, in whatever takes an arithmetic", () => {
  const shape = [3, 1100];
  const x = { data: Float32Array.from(values("wide", FLOAT16.oracle, 3300, 3)), shape };
  const g = Float32Array.of(1, 2, 3);
  for (const way of WAYS) {
    const [lanes, named] = [{ lanes: 32 }, "lanes" as const].map(
      (order) => ({ ...way, compute: "float16", order }) as const,
    );
    const of = (arithmetic: Arithmetic): Float32Array[] =>
      [
        ...(["l1", "l2", "linf", { topk: 50 }, "range", { lp: 3 }] as const).flatMap((by) => [
          layerNorm(x, { norm: by, arithmetic }),
          norm(x, { norm: by, axes: 1, arithmetic }),
          statistics(x, { norm: by, axes: 1, arithmetic }).deviation,
          weightNorm(x, { norm: by, g, arithmetic }),
          lpNormalize(x, { norm: by, axis: 1, arithmetic }),
        ]),
        mean(x, { axes: 1, arithmetic }),
      ].map(({ data }) => data as Float32Array);
    expect(of(lanes)).toEqual(of(named));
    const found = (arithmetic: Arithmetic) => diagnose(x, { layer: "layer", arithmetic });
    expect(found(lanes)).toEqual(found(named));
    expect(found(lanes).subject.arithmetic.order).toBe("lanes");
  }
});

it("a rounded n beyond 65,504 makes mean and deviation 0, and S of eps alone", () => {
  const n = 70_000;
  const data = Float32Array.from(values("plain", FLOAT16.oracle, n, 1), (value) => Math.abs(value) + 1);
  const x = { data, shape: [1, n] };
  for (const count of ["rounded", "exact"] as const) {
    const arithmetic = { compute: "float16", statistics: "float32", count } as const;
    const known: Oracle = {
      compute: FLOAT16.oracle,
      statistics: FLOAT32.oracle,
      accumulate: FLOAT32.oracle,
      order: "lanes",
      count,
    };
    const found = statistics(x, { axes: 1, arithmetic });
    if (count === "rounded") expect([found.mean.data[0], found.deviation.data[0]]).toEqual([0, 0]);
    else expect(Math.min(found.mean.data[0], found.deviation.data[0])).toBeGreaterThan(0.3);
    expectBits(layerNorm(x, { eps: 1e-3, arithmetic }), expected(known, data, "l2", true, 1e-3), count);
    const { verdict } = diagnose(x, { layer: "layer", eps: 1e-3, arithmetic, remedies: false });
    expect(verdict).toBe(count === "rounded" ? "failed" : "ok");
  }
});
