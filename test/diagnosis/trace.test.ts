// trace() and judge() against the oracle.

import { describe, expect, test } from "vitest";
import { TASK_APPLY, TASK_CENTRE, TASK_NORM } from "../../src/abi/plan.js";
import {
  EXACT_VALUES,
  KNOWN_MEANS,
  KNOWN_MULTIPLES,
  KNOWN_NOTHING,
  KNOWN_SCALES,
  KNOWN_VALUES,
  RECORD_BYTES,
} from "../../src/abi/report.js";
import type { ErrorStatistics } from "../../src/diagnosis/result.js";
import { exactBytes, judge, trace } from "../../src/diagnosis/trace.js";
import { engine } from "../../src/engine/engine.js";
import { empty, fromFloat16, tensor, toFloat16 } from "../../src/index.js";
import { checkArithmetic, type Numerics } from "../../src/numerics/arithmetic.js";
import { deviationFactor } from "../../src/numerics/factors.js";
import { checkNorm, type Normalizer } from "../../src/numerics/norm.js";
import { Job } from "../../src/plan/plan.js";
import { run } from "../../src/plan/run.js";
import { planWalk } from "../../src/plan/walk.js";
import { operand } from "../../src/tensor/operand.js";
import { ORDERS } from "../oracle/arithmetic.js";
import { diagnose } from "../oracle/diagnosis.js";
import type { Judged } from "../oracle/errors.js";
import { axesBut, groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import type { Work } from "../oracle/work.js";
import { everyNorm } from "../support/cases.js";
import {
  type ArithmeticPair,
  arithmetic,
  BFLOAT16,
  EXACT,
  FLOAT8_E4M3FN,
  FLOAT16,
  FLOAT32,
} from "../support/formats.js";
import { gaussian, wide } from "../support/random.js";

interface Case {
  shape: number[];
  axes: number[];
  norm: Normalizer;
  pair: ArithmeticPair;
  centred: boolean;
  eps: number;
  half: boolean;
  weights: boolean;
}

const bits = (axes: number[]) => axes.reduce((set, axis) => set | (1 << axis), 0);

/** Exact values are held to 2^-50, sums of them have another order, quantiles are in float32. */
function tolerance(
  key: keyof ErrorStatistics,
  value: number,
  { statistics }: Judged,
  precision: number,
  largest: number,
): number {
  const size = Math.abs(value);
  // a bias cancels digits of what it is added to
  const loss = 2 ** (precision - 46);
  if (key.startsWith("p")) return 1e-6 * size + loss;
  if (key.endsWith("Ulp")) return (1e-11 + loss) * Math.max(size, statistics.rmsUlp ?? 0) + loss;
  if (key === "maxAbs") return (1e-11 + loss) * size + largest * 2 ** -48;
  if (key === "maxRel") return (1e-11 + loss) * size + 2 ** -48;
  if (key === "significantBits") return (1e-11 + loss + 2 ** -48 / (statistics.maxRel ?? 1)) * 2;
  return (1e-11 + loss) * size + 2 ** -46 * 10 ** ((statistics.sqnrDb ?? 0) / 20);
}

function compare(name: string, found: ErrorStatistics, judged: Judged, precision: number, largest: number): void {
  const wanted = judged.statistics;
  for (const key of Object.keys(wanted) as (keyof ErrorStatistics)[]) {
    const a = found[key];
    const b = Number.isFinite(wanted[key]) ? wanted[key] : null;
    if (key === "worstIndex" && a !== null && b !== null) {
      const [e, f] = [judged.ulps[a], judged.ulps[b]].map(Math.abs);
      expect(Math.abs(e - f), `${name} worst ${a} instead of ${b}`).toBeLessThanOrEqual(
        2 ** (precision - 48) + 1e-12 * f,
      );
      continue;
    }
    if (key === "maxUlp" && a !== null && b !== null && a * b < 0) {
      expect(
        Math.abs(a + b),
        `${name} ${key} ${a} instead of ${b}, at ${found.worstIndex} ${wanted.worstIndex}`,
      ).toBeLessThanOrEqual(2 ** (precision - 48) + 1e-12 * Math.abs(b));
      continue;
    }
    const where = `${name} ${key}: ${a} instead of ${b}`;
    if (a === null || b === null || key === "count" || key === "mismatchedSpecials" || key === "worstIndex") {
      expect(a, where).toBe(b);
      continue;
    }
    expect(Math.abs(a - b), where).toBeLessThanOrEqual(tolerance(key, b, judged, precision, largest));
  }
}

/** The same but for the last digits of float64: the scale was found by another sum. */
function expectAlike(judged: ErrorStatistics, expected: ErrorStatistics): void {
  for (const [name, value] of Object.entries(expected) as [keyof ErrorStatistics, number | null][]) {
    if (value === null) expect(judged[name], name).toBeNull();
    else expect(Math.abs((judged[name] as number) - value), name).toBeLessThanOrEqual(1e-11 * Math.abs(value));
  }
}

function check(c: Case, data: Float32Array): void {
  const stored = c.half ? toFloat16(data) : data;
  const x = tensor(stored, c.shape);
  const values = c.half ? fromFloat16(toFloat16(data)) : data;
  const rank = c.shape.length;
  const suffix = c.axes.every((axis, i) => axis === rank - c.axes.length + i);
  const weighted = suffix ? c.axes : axesBut(c.shape, ...c.axes).slice(-1);
  const walk = planWalk(c.shape, bits(c.axes), c.weights ? bits(weighted) : 0);
  const size = sizeOf(weighted.map((axis) => c.shape[axis]));
  const norm = checkNorm(c.norm, walk.count, true);
  const task = (c.centred ? TASK_CENTRE : 0) | (norm.kind && TASK_NORM) | TASK_APPLY;
  const job = new Job(operand("x", x), walk, task, norm, checkArithmetic(c.pair.asked));
  job.eps = c.eps;
  job.factor = deviationFactor(norm, walk.count, false);
  const [w, b] = [gaussian(size, 98, 1, 0.1), gaussian(size, 99)];
  if (c.weights) {
    job.weight = operand("weight", w);
    job.bias = operand("bias", b);
  }
  const groups = groupsOf(c.shape, c.axes).map(({ elements }) => elements);
  const spread = (from: Float32Array) => {
    const steps = c.shape.map(() => 0);
    let step = 1;
    for (const axis of [...weighted].reverse()) {
      steps[axis] = step;
      step *= c.shape[axis];
    }
    return Float64Array.from(values, (_, position) => {
      const index = indexOf(c.shape, position);
      return from[index.reduce((sum, i, axis) => sum + i * steps[axis], 0)];
    });
  };
  const work: Work = {
    values: Float64Array.from(values),
    groups,
    constant: job.factor,
    norm: c.norm as Work["norm"],
    arithmetic: c.pair.oracle,
    centred: c.centred,
    eps: c.eps,
    ...(c.weights && { weight: spread(w), bias: spread(b) }),
  };
  const records = empty([(walk.groups * RECORD_BYTES) / 4]);
  const known = operand("records", records).address;
  const found = trace(job, known);
  // the outputs of the kernel that is not traced, held against the same exact ones
  const y = empty(c.shape, "float32");
  const outputs = new Job(job.x, walk, task, norm, job.numerics);
  Object.assign(outputs, { eps: job.eps, factor: job.factor, weight: job.weight, bias: job.bias });
  outputs.y = operand("y", y);
  // whatever of the groups is known already
  const room = exactBytes(job.walk);
  const exact = empty([room / 4]);
  const kept = operand("exact", exact).address;
  for (const [what, to] of [
    [KNOWN_NOTHING, 0],
    [KNOWN_MEANS, 0],
    [KNOWN_SCALES, 0],
    [KNOWN_SCALES, kept],
    [KNOWN_VALUES, kept],
    // with weights and biases they are none
    [c.weights ? KNOWN_VALUES : KNOWN_MULTIPLES, kept],
  ]) {
    run(outputs);
    const judged = judge(job, outputs.y.address, (job.numerics as Numerics).compute, known, what, undefined, to);
    const { total } = found.stages[found.stages.length - 1];
    if (what === KNOWN_MULTIPLES) expectAlike(judged, total);
    else expect(judged).toEqual(total);
    if (to) expect(engine().heap.i32[EXACT_VALUES >> 2] - to).toBeLessThanOrEqual(room);
  }
  y.dispose();
  exact.dispose();
  records.dispose();
  const wanted = diagnose(work);
  x.dispose();
  expect(found.stages.map(({ name }) => name)).toEqual(wanted.stages.map(({ name }) => name));
  found.stages.forEach((stage, i) => {
    const { name } = stage;
    const other = wanted.stages[i];
    expect({ name, ...stage.events }).toEqual({ name, ...other.events });
    expect({ name, ...stage.firsts }).toEqual({ name, ...other.firsts });
    const largest = [...other.exact.high, ...other.computed.high].reduce(
      (a, b) => (Math.abs(b) < Infinity ? Math.max(a, Math.abs(b)) : a),
      0,
    );
    compare(`${name} own`, stage.own, other.own, stage.format.precision, largest);
    compare(`${name} total`, stage.total, other.total, stage.format.precision, largest);
    const [parts, real] = [stage.attribution, other.attribution];
    expect(Object.keys(parts ?? {}).sort()).toEqual(Object.keys(real ?? {}).sort());
    if (parts && real) {
      const scale = Object.values(real).reduce((sum, part) => sum + Math.abs(part), 0);
      for (const key of Object.keys(real) as (keyof typeof real)[]) {
        expect(Math.abs((parts[key] as number) - (real[key] as number)), `${name} ${key}`).toBeLessThanOrEqual(
          1e-9 * scale,
        );
      }
    }
  });
  expect(found.absorbedOverflow).toBe(wanted.traced.absorbedOverflow);
  for (const [name, size] of wanted.truth.largest) {
    if (name === "input" || name === "mean") continue;
    expect(found.largest[name as "sum"], `largest ${name}`).toBeCloseTo(size, 6 - Math.log10(size || 1));
  }
  found.condition.forEach((condition, i) => {
    const real = wanted.truth.condition[i];
    if (!Number.isFinite(real)) expect(condition).toBe(real);
    else expect(Math.abs(condition / real - 1)).toBeLessThan(1e-9);
  });
}

const NORMS: Normalizer[] = [...everyNorm([3], [3, 1.5]), "none"];
/** Formats of terms and of sums. */
const FORMATS = [
  [FLOAT16, FLOAT16],
  [BFLOAT16, BFLOAT16],
  [FLOAT32, FLOAT32],
  [FLOAT8_E4M3FN, FLOAT8_E4M3FN],
  [FLOAT16, FLOAT32],
  [FLOAT16, EXACT],
  [FLOAT32, FLOAT16],
  [FLOAT32, BFLOAT16],
] as const;
const DATA: Record<string, (n: number) => Float32Array> = {
  plain: (n) => gaussian(n, 1),
  offset: (n) => gaussian(n, 2, 30, 0.25),
  wide: (n) => wide(n, 3, -30, 30),
  small: (n) => wide(n, 4, -28, -8),
  large: (n) => wide(n, 5, 4, 15),
  specials: (n) => gaussian(n, 6).map((x, i) => (i === 7 ? Number.NaN : i === n - 2 ? Number.POSITIVE_INFINITY : x)),
  zeros: (n) => gaussian(n, 7).map((x, i) => (i % 3 ? 0 : x)),
  constant: (n) => new Float32Array(n).fill(3.3),
};
const SHAPES: [number[], number[]][] = [
  [[5, 40], [1]],
  [[40, 5], [0]],
  [[7, 150], [1]],
  [
    [2, 3, 4, 5],
    [0, 2, 3],
  ],
  [[3, 37, 9], [1]],
  [[700], [0]],
  [[1, 70], [0]],
  [
    [4, 300],
    [0, 1],
  ],
];

describe("every norm on every kind of data", () => {
  describe.each(NORMS)("%j", (norm) => {
    test.each(Object.keys(DATA))("%s", (kind) => {
      // each with another arithmetic, order and layout
      const i = NORMS.indexOf(norm) * 3 + Object.keys(DATA).indexOf(kind) * 5;
      const [compute, accumulate] = FORMATS[i % FORMATS.length];
      const [shape, axes] = SHAPES[(i >> 1) % SHAPES.length];
      const count = sizeOf(axes.map((axis) => shape[axis]));
      const c: Case = {
        shape,
        axes,
        norm: typeof norm === "object" && "topk" in norm ? { topk: Math.min(norm.topk, count) } : norm,
        pair: arithmetic(compute, accumulate, ORDERS[i % ORDERS.length]),
        centred: i % 4 !== 1,
        eps: 1e-5,
        half: i % 3 === 0,
        weights: i % 2 === 0,
      };
      check(c, DATA[kind](sizeOf(shape)));
    });
  });
});

test.each(ORDERS)("groups as short as a vector take the most room beside their exact outputs, %j", (order) => {
  const pair = arithmetic(FLOAT16, FLOAT16, order);
  const c = { axes: [1], norm: "l1" as const, pair, eps: 1e-5, centred: true, half: false, weights: false };
  for (const n of [1, 3, 4, 8]) check({ ...c, shape: [33, n] }, gaussian(33 * n, 9, 1, 4));
});

describe("groups longer than a tile, and more than a bundle holds", () => {
  const shapes: [number[], number[]][] = [
    [[5000], [0]],
    [[3, 4500], [1]],
    [[130, 40], [0]],
    [[200, 33], [0]],
    [[37, 140], [1]],
    [
      [4, 1100, 2],
      [0, 1],
    ],
    [
      [2, 3, 1500],
      [0, 2],
    ],
  ];
  test.each(shapes)("%j over %j", (shape, axes) => {
    const i = shapes.findIndex(([other]) => other === shape);
    for (const norm of [(["l1", "l2"] as const)[i % 2], i % 3 ? "range" : { topk: 10 }] as const) {
      const order = ORDERS[(i + (norm === "l1" ? 1 : 0)) % 3];
      const c = { shape, axes, norm, pair: arithmetic(FLOAT16, FLOAT16, order), eps: 1e-5, centred: true };
      check({ ...c, half: order === "lanes", weights: norm === "l2" }, gaussian(sizeOf(shape), 8, 1, 4));
    }
  });
});
