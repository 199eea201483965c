/** The arithmetics under test: what the package is asked for beside what the oracle computes. */

import { format } from "../../src/index.js";
import type { Arithmetic as PublicArithmetic } from "../../src/numerics/arithmetic.js";
import type { FormatName, Format as PublicFormat } from "../../src/numerics/format.js";
import { type Arithmetic, ORDERS, type Order } from "../oracle/arithmetic.js";
import * as oracle from "../oracle/formats.js";

export interface Pair<A, B> {
  readonly label: string;
  readonly asked: A;
  readonly oracle: B;
}
export type FormatPair = Pair<PublicFormat, oracle.Format>;
export type ArithmeticPair = Pair<PublicArithmetic, Arithmetic>;

/** The formats that have a name, as the oracle knows them. */
export const ORACLES: Readonly<Record<FormatName, oracle.Format>> = {
  float32: oracle.FLOAT32,
  float16: oracle.FLOAT16,
  bfloat16: oracle.BFLOAT16,
  tfloat32: oracle.TFLOAT32,
  float8_e5m2: oracle.FLOAT8_E5M2,
  float8_e4m3fn: oracle.FLOAT8_E4M3FN,
};

const named = (name: FormatName): FormatPair => ({ label: name, asked: name, oracle: ORACLES[name] });

export const FLOAT16: FormatPair = named("float16");
export const FLOAT32: FormatPair = named("float32");
export const CUSTOM: FormatPair = ownFormat("custom16", { precision: 16, emin: -30, emax: 31 });

/** Compute formats of emulated arithmetic. */
export const FORMATS: readonly FormatPair[] = [
  FLOAT16,
  ...(Object.keys(ORACLES) as FormatName[]).filter((name) => !/^float(32|16)$/.test(name)).map(named),
  CUSTOM,
];

/** A format by its numbers: what is left out, the package and the oracle each take to be the usual. */
export function ownFormat(label: string, spec: Parameters<typeof format>[0]): FormatPair {
  const { precision, emin, emax, ...more } = spec;
  return { label, asked: format(spec), oracle: oracle.makeFormat(precision, emin, emax, more) };
}

/** All numbers of float16 and more, and no infinity. */
export const WITHOUT_INFINITY: readonly FormatPair[] = [
  ownFormat("14 digits that saturate", { precision: 14, emin: -30, emax: 31, overflow: "saturate" }),
  ownFormat("11 digits that overflow to NaN", { precision: 11, emin: -20, emax: 20, overflow: "nan" }),
];

/** What else a format may be: both ends of the range, saturation, no subnormals, more digits than rounding twice allows. */
export const MORE_FORMATS: readonly FormatPair[] = [
  FLOAT32,
  ownFormat("float8_e4m3fn that saturates", { precision: 4, emin: -6, emax: 8, max: 448, overflow: "saturate" }),
  ownFormat("float16 without subnormals", { precision: 11, emin: -14, emax: 15, subnormals: false }),
  ownFormat("bfloat16 without subnormals", { precision: 8, emin: -126, emax: 127, subnormals: false }),
  ownFormat("float8 that overflows to NaN", { precision: 3, emin: -14, emax: 15, overflow: "nan" }),
  ownFormat("12 digits", { precision: 12, emin: -14, emax: 15 }),
  ownFormat("13 digits", { precision: 13, emin: -100, emax: 100 }),
  ownFormat("20 digits", { precision: 20, emin: -30, emax: 40 }),
  ownFormat("23 digits", { precision: 23, emin: -126, emax: 127 }),
  ownFormat("24 digits with little range", { precision: 24, emin: -14, emax: 15 }),
  ownFormat("2 digits", { precision: 2, emin: -6, emax: 6 }),
  ownFormat("16 digits down to the smallest float32", { precision: 16, emin: -134, emax: 127 }),
  ...WITHOUT_INFINITY,
];

/** Formats without a 1, which no norm has a use for. */
export const WITHOUT_ONE: readonly FormatPair[] = [
  ownFormat("8 digits of numbers below 1/2", { precision: 8, emin: -40, emax: -2 }),
  ownFormat("9 digits of numbers from 1,024 on", { precision: 9, emin: 10, emax: 100 }),
];

/** Every order and way to accumulate of a compute format. */
export function arithmetics(compute: FormatPair): ArithmeticPair[] {
  const list: ArithmeticPair[] = [];
  const accumulators: Pair<PublicFormat | "exact", oracle.Format | "exact">[] = [
    compute,
    FLOAT32,
    { label: "exact", asked: "exact", oracle: "exact" },
  ];
  for (const accumulate of accumulators) {
    for (const order of accumulate.label === "exact" ? (["lanes"] as Order[]) : ORDERS) {
      list.push(arithmetic(compute, accumulate, order));
    }
  }
  return list;
}

export function arithmetic(
  compute: FormatPair,
  accumulate: Pair<PublicFormat | "exact", oracle.Format | "exact"> = compute,
  order: Order = "lanes",
): ArithmeticPair {
  return {
    label: `${compute.label}, ${accumulate.label}, ${order}`,
    asked: { compute: compute.asked, accumulate: accumulate.asked, order },
    oracle: { compute: compute.oracle, accumulate: accumulate.oracle, order },
  };
}
