// A quick measurement of the main kernels on this machine: speed, and error in ulp against values that are exact.

import { cpus, loadavg } from "node:os";
import * as halfnorm from "../../index.js";
import { normal } from "../../random.js";
import { spacing } from "../report/spacing.js";

interface BenchLine {
  readonly what: string;
  /** Of the operands read and the results written, in 10^9 bytes a second. */
  readonly gbPerSecond: number;
  readonly nsPerElement: number;
  /** Largest and 99th percentile of the error, in ulp of the result's format; null where results are exact by definition. */
  readonly maxUlp: number | null;
  readonly p99Ulp: number | null;
}

export interface BenchResult {
  readonly schema: "halfnorm.cli.bench/1";
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly platform: string;
    readonly node: string;
    /** Programs that were running besides, on average over a minute. */
    readonly load: number;
  };
  /** Elements of each operand. */
  readonly elements: number;
  readonly lines: readonly BenchLine[];
}

/** Of the operands. */
export const ROWS = 16;
/** The least time of a sample, in ms. */
const SAMPLE = 2;

/** Median time of a call in ms: samples of several calls each for a time in ms, behind a few that warm up. */
function timeOf(call: () => unknown, budget: number): number {
  const timed = (calls: number): number => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    return performance.now() - start;
  };
  let calls = 1;
  for (let spent = 0; spent < budget / 3; ) {
    const time = timed(calls);
    spent += time;
    if (time < SAMPLE) calls *= 2;
  }
  const samples: number[] = [];
  const end = performance.now() + budget;
  while (samples.length < 5 || performance.now() < end) samples.push(timed(calls) / calls);
  return samples.sort((a, b) => a - b)[samples.length >> 1];
}

/** A sum to about twice the digits of a double (Neumaier). */
function exactSum(values: ArrayLike<number>, from: number, to: number, term: (x: number) => number): number {
  let sum = 0;
  let rest = 0;
  for (let i = from; i < to; i++) {
    const x = term(values[i]);
    const next = sum + x;
    rest += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + rest;
}

function ulps(got: ArrayLike<number>, exact: ArrayLike<number>): Pick<BenchLine, "maxUlp" | "p99Ulp"> {
  const errors = Float64Array.from(
    got,
    (value, i) => Math.abs(value - exact[i]) / spacing(halfnorm.float32, exact[i]),
  ).sort();
  return { maxUlp: errors[errors.length - 1], p99Ulp: errors[Math.ceil(0.99 * errors.length) - 1] };
}

/**
 * Runs everything.
 *
 * @param length Elements of each row.
 * @param budget Time for each line, in ms.
 * @param each Is told before each line.
 */
export async function bench(
  length: number,
  budget: number,
  each: (done: number, what: string) => Promise<void>,
): Promise<BenchResult> {
  const elements = ROWS * length;
  const byRow = (f: (from: number, to: number) => number): Float64Array =>
    Float64Array.from({ length: ROWS }, (_, row) => f(row * length, (row + 1) * length));
  const data = Float32Array.from(normal(1, elements), (z) => 0.5 + z);
  const x = halfnorm.tensor(data, [ROWS, length]);
  const half = halfnorm.tensor(data, [ROWS, length], "float16");
  const y = halfnorm.empty([ROWS, length]);
  const yHalf = halfnorm.empty([ROWS, length], "float16");
  const result = halfnorm.empty([ROWS]);
  const halves = halfnorm.fromFloat16(half).data.slice();

  const means = byRow((from, to) => exactSum(data, from, to, (v) => v) / length);
  const centred = (row: number, term: (d: number) => number): number =>
    exactSum(data, row * length, (row + 1) * length, (v) => term(v - means[row])) / length;
  const deviations = {
    l2: means.map((_, row) => Math.sqrt(centred(row, (d) => d * d))),
    l1: means.map((_, row) => Math.sqrt(Math.PI / 2) * centred(row, Math.abs)),
  };
  const normalized = (scale: Float64Array): Float64Array =>
    Float64Array.from(data, (v, i) => (v - means[Math.floor(i / length)]) / scale[Math.floor(i / length)]);
  const axes = [1];
  const out = { out: result };
  const statistics = (norm: "l1" | "l2") => () => {
    const { mean, deviation } = halfnorm.statistics(x, { norm, axes });
    mean.dispose();
    deviation.dispose();
  };
  const reduced = (values: Float64Array) => () => ulps(result.data as Float32Array, values);
  const absolutes = (values: ArrayLike<number>) => byRow((from, to) => exactSum(values, from, to, Math.abs));

  const cases: {
    what: string;
    bytes: number;
    call: () => unknown;
    error?: () => Pick<BenchLine, "maxUlp" | "p99Ulp">;
  }[] = [
    {
      what: "L1 norm",
      bytes: 4,
      call: () => halfnorm.norm(x, { norm: "l1", axes, ...out }),
      error: reduced(absolutes(data)),
    },
    {
      what: "L2 norm",
      bytes: 4,
      call: () => halfnorm.norm(x, { axes, ...out }),
      error: reduced(byRow((from, to) => Math.sqrt(exactSum(data, from, to, (v) => v * v)))),
    },
    {
      what: "L∞ norm",
      bytes: 4,
      call: () => halfnorm.norm(x, { norm: "linf", axes, ...out }),
      error: reduced(byRow((from, to) => data.subarray(from, to).reduce((most, v) => Math.max(most, Math.abs(v)), 0))),
    },
    { what: "mean", bytes: 4, call: () => halfnorm.mean(x, { axes, ...out }), error: reduced(means) },
    {
      what: "L2 deviation",
      bytes: 4,
      call: statistics("l2"),
      error: () => ulps(halfnorm.statistics(x, { axes }).deviation.data as Float32Array, deviations.l2),
    },
    {
      what: "L1 deviation",
      bytes: 4,
      call: statistics("l1"),
      error: () => ulps(halfnorm.statistics(x, { norm: "l1", axes }).deviation.data as Float32Array, deviations.l1),
    },
    {
      what: "L1 norm of float16",
      bytes: 2,
      call: () => halfnorm.norm(half, { norm: "l1", axes, ...out }),
      error: reduced(absolutes(halves)),
    },
    {
      what: "layer norm, L2",
      bytes: 8,
      call: () => halfnorm.layerNorm(x, { eps: 0, out: y }),
      error: () => ulps(y.data as Float32Array, normalized(deviations.l2)),
    },
    {
      what: "layer norm, L1",
      bytes: 8,
      call: () => halfnorm.layerNorm(x, { norm: "l1", eps: 0, out: y }),
      error: () => ulps(y.data as Float32Array, normalized(deviations.l1)),
    },
    { what: "float32 to float16", bytes: 6, call: () => halfnorm.toFloat16(x, { out: yHalf }) },
    { what: "float16 to float32", bytes: 6, call: () => halfnorm.fromFloat16(half, { out: y }) },
    {
      what: "layer norm in emulated float16",
      bytes: 4,
      call: () => halfnorm.layerNorm(half, { arithmetic: "float16", out: yHalf }),
    },
    ...(["lanes", "pairwise", "sequential"] as const).map((order) => ({
      what: `L1 norm in emulated float16, ${order}`,
      bytes: 2,
      call: () => halfnorm.norm(half, { norm: "l1", axes, arithmetic: { compute: "float16" as const, order }, ...out }),
    })),
  ];
  const lines: BenchLine[] = [];
  for (const { what, bytes, call, error } of cases) {
    await each(lines.length / cases.length, what);
    const time = timeOf(call, budget);
    const found = error?.() ?? { maxUlp: null, p99Ulp: null };
    lines.push({ what, gbPerSecond: (bytes * elements) / time / 1e6, nsPerElement: (time * 1e6) / elements, ...found });
  }
  const processors = cpus();
  return {
    schema: "halfnorm.cli.bench/1",
    machine: {
      cpu: processors[0]?.model.trim() ?? "unknown",
      cores: processors.length,
      platform: `${process.platform} ${process.arch}`,
      node: process.versions.node,
      load: loadavg()[0],
    },
    elements,
    lines,
  };
}
