// Where the fast format stands for bfloat16, it gives the bits of bfloat16.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RECORD_BYTES } from "../../src/abi/report.js";
import { levelsOf } from "../../src/diagnosis/headroom.js";
import { bfloat16For, INNER } from "../../src/diagnosis/inner-bfloat16.js";
import { inspect } from "../../src/diagnosis/input.js";
import { Subject } from "../../src/diagnosis/normalization.js";
import { Share } from "../../src/diagnosis/share.js";
import { trace } from "../../src/diagnosis/trace.js";
import { bfloat16, empty, type Format, fromFloat16, type Norm, type Order, tensor } from "../../src/index.js";
import { checkArithmetic, type Numerics } from "../../src/numerics/arithmetic.js";
import { checkNorm } from "../../src/numerics/norm.js";
import { run } from "../../src/plan/run.js";
import { planWalk } from "../../src/plan/walk.js";
import { Operand, operand } from "../../src/tensor/operand.js";
import { gaussian, wide } from "../support/random.js";

interface Case {
  readonly data: Float32Array;
  readonly norm?: Norm;
  readonly order?: Order;
  readonly accumulate?: "float32" | "exact" | undefined;
  readonly centred?: boolean;
  readonly eps?: number;
}

/** What bfloat16For() chooses, and whether both formats give the same bits. */
function outcome({ data, norm = "l2", order = "lanes", accumulate, centred = true, eps = 1e-5 }: Case) {
  const x = tensor(data);
  const numericsOf = (compute: Format) => checkArithmetic({ compute, accumulate, order }) as Numerics;
  const spec = checkNorm(norm, data.length, centred);
  const subject = new Subject(
    operand("x", x),
    new Share(planWalk([data.length], 1, 0)),
    centred,
    spec,
    numericsOf("float16"),
    eps,
    false,
    undefined,
    undefined,
  );
  const input = inspect(subject.x);
  const records = empty([RECORD_BYTES / 4]);
  const traced = trace(subject.job(), operand("records", records).address);
  records.dispose();
  const chosen = bfloat16For(subject, levelsOf(subject, traced, input), input);
  const outputs = [bfloat16, INNER].map((format) => {
    const y = new Operand(new Float32Array(data.length), 0, [data.length], data.length, 0);
    run(subject.job({ numerics: numericsOf(format) }, y));
    return new Uint8Array(y.array?.buffer as ArrayBuffer);
  });
  x.dispose();
  return { chosen, same: Buffer.compare(outputs[0], outputs[1]) === 0 };
}

describe("the inner bfloat16", () => {
  test("is chosen for ordinary data, and gives the same bits", () => {
    for (const norm of ["l1", "l2", "linf", "range", { topk: 10 }] as const) {
      for (const sigma of [1e-3, 1, 100]) {
        expect(outcome({ data: gaussian(768, 1, sigma, sigma), norm })).toEqual({ chosen: INNER, same: true });
      }
    }
    // the whole range of float16
    const data = fromFloat16(Uint16Array.from({ length: 768 }, (_, i) => 1 + i * 41));
    for (const norm of ["l1", "l2"] as const) expect(outcome({ data, norm })).toEqual({ chosen: INNER, same: true });
  });

  test("is not chosen where it gives other bits", () => {
    const cases: Case[] = [
      { data: wide(100, 1, -120, -110), norm: "l1" },
      { data: wide(100, 1, 100, 112), norm: "l1" },
      { data: wide(100, 1, -75, -62), norm: "l2" },
    ];
    for (const each of cases) expect(outcome({ ...each, eps: 0 })).toEqual({ chosen: bfloat16, same: false });
    expect(outcome({ data: new Float32Array(8).fill(1), eps: 1e-36 }).chosen).toBe(bfloat16);
    expect(outcome({ data: gaussian(64, 1), norm: { lp: 3 } }).chosen).toBe(bfloat16);
  });

  test("gives the same bits wherever it is chosen", () => {
    let chosen = 0;
    fc.assert(
      fc.property(
        fc.record({
          data: fc
            .tuple(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.integer({ min: -60, max: 90 }), fc.nat(30))
            .map(([n, seed, low, spread]) => wide(n, seed, low, low + spread)),
          norm: fc.constantFrom<Norm>("l1", "l2", "linf", "range", { topk: 1 }),
          order: fc.constantFrom<Order>("sequential", "lanes", "pairwise"),
          accumulate: fc.constantFrom(undefined, "float32" as const, "exact" as const),
          centred: fc.boolean(),
          eps: fc.constantFrom(0, 1e-5, 1e-20),
        }),
        (each) => {
          const found = outcome(each);
          if (found.chosen !== INNER) return;
          chosen++;
          expect(found.same).toBe(true);
        },
      ),
      { seed: 9, numRuns: 600 },
    );
    expect(chosen).toBeGreaterThan(200);
  });
});
