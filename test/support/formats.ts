/** The arithmetics under test: what the package is asked for beside what the oracle computes. */

import { format } from "../../src/index.js";
import type { Arithmetic as PublicArithmetic } from "../../src/numerics/arithmetic.js";
import type { FormatName, Format as PublicFormat } from "../../src/numerics/format.js";
import { type Arithmetic, ORDERS, type Order } from "../oracle/arithmetic.js";
import * as oracle from "../oracle/formats.js";

interface Pair<A, B> {
  readonly label: string;
  readonly asked: A;
  readonly oracle: B;
}
export type FormatPair = Pair<PublicFormat, oracle.Format>;
type SumsPair = Pair<PublicFormat | "exact", oracle.Format | "exact">;
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

const NAMED = Object.fromEntries(
  Object.entries(ORACLES).map(([name, oracle]) => [name, { label: name, asked: name, oracle }]),
) as Readonly<Record<FormatName, FormatPair>>;

export const {
  float16: FLOAT16,
  float32: FLOAT32,
  bfloat16: BFLOAT16,
  tfloat32: TFLOAT32,
  float8_e4m3fn: FLOAT8_E4M3FN,
} = NAMED;

/** A format that has no name. Of what the specification leaves out, the oracle has defaults of its own. */
export function customFormat(label: string, spec: Parameters<typeof format>[0]): FormatPair {
  const { precision, emin, emax, ...more } = spec;
  return { label, asked: format(spec), oracle: oracle.makeFormat(precision, emin, emax, more) };
}

export const CUSTOM = customFormat("custom16", {
  precision: 16,
  emin: -30,
  emax: 31,
  overflow: "infinity",
  subnormals: true,
});

/** Compute formats of emulated arithmetic. */
export const FORMATS: readonly FormatPair[] = [
  FLOAT16,
  ...Object.values(NAMED).filter((format) => format !== FLOAT16 && format !== FLOAT32),
  CUSTOM,
];

/** All numbers of float16 and more, and no infinity. */
export const WITHOUT_INFINITY: readonly FormatPair[] = [
  customFormat("14 digits that saturate", { precision: 14, emin: -30, emax: 31, overflow: "saturate" }),
  customFormat("11 digits that overflow to NaN", { precision: 11, emin: -20, emax: 20, overflow: "nan" }),
];

export const SATURATING = customFormat("float8_e4m3fn that saturates", {
  precision: 4,
  emin: -6,
  emax: 8,
  max: 448,
  overflow: "saturate",
});
export const WITHOUT_SUBNORMALS = customFormat("float16 without subnormals", {
  precision: 11,
  emin: -14,
  emax: 15,
  subnormals: false,
});
/** More digits than rounding twice allows. */
export const DIGITS_23 = customFormat("23 digits", { precision: 23, emin: -126, emax: 127 });
export const DIGITS_24 = customFormat("24 digits with little range", { precision: 24, emin: -14, emax: 15 });
export const DOWN_TO_LEAST = customFormat("16 digits down to the smallest float32", {
  precision: 16,
  emin: -134,
  emax: 127,
});

/** What else a format may be: both ends of the range, saturation, no subnormals, more digits than rounding twice allows. */
export const MORE_FORMATS: readonly FormatPair[] = [
  FLOAT32,
  SATURATING,
  WITHOUT_SUBNORMALS,
  customFormat("bfloat16 without subnormals", { precision: 8, emin: -126, emax: 127, subnormals: false }),
  customFormat("float8 that overflows to NaN", { precision: 3, emin: -14, emax: 15, overflow: "nan" }),
  customFormat("12 digits", { precision: 12, emin: -14, emax: 15 }),
  customFormat("13 digits", { precision: 13, emin: -100, emax: 100 }),
  customFormat("20 digits", { precision: 20, emin: -30, emax: 40 }),
  DIGITS_23,
  DIGITS_24,
  customFormat("2 digits", { precision: 2, emin: -6, emax: 6 }),
  DOWN_TO_LEAST,
  ...WITHOUT_INFINITY,
];

/** Sums that are not rounded. */
export const EXACT: SumsPair = { label: "exact", asked: "exact", oracle: "exact" };

/** Formats without a 1, which no norm has a use for. */
export const WITHOUT_ONE: readonly FormatPair[] = [
  customFormat("8 digits of numbers below 1/2", { precision: 8, emin: -40, emax: -2 }),
  customFormat("9 digits of numbers from 1,024 on", { precision: 9, emin: 10, emax: 100 }),
];

/** Every order and way to accumulate of a compute format. */
export function arithmetics(compute: FormatPair): ArithmeticPair[] {
  const list: ArithmeticPair[] = [];
  for (const accumulate of [compute, FLOAT32, EXACT]) {
    for (const order of accumulate === EXACT ? (["lanes"] as Order[]) : ORDERS) {
      list.push(arithmetic(compute, accumulate, order));
    }
  }
  return list;
}

export function arithmetic(
  compute: FormatPair,
  accumulate: SumsPair = compute,
  order: Order = "lanes",
): ArithmeticPair {
  return {
    label: `${compute.label}, ${accumulate.label}, ${order}`,
    asked: { compute: compute.asked, accumulate: accumulate.asked, order },
    oracle: { compute: compute.oracle, accumulate: accumulate.oracle, order },
  };
}
