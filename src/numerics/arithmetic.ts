// In which formats, and in which order, an emulated computation is done.

import {
  MOST_LANES,
  ORDER_LANES,
  ORDER_PAIRWISE,
  ORDER_SEQUENTIAL,
  TAIL_FOLDED,
  TAIL_SAME,
  TAIL_STEPS,
} from "../abi/plan.js";
import { checkOptions, choose, isObject, wrong } from "../checks/arguments.js";
import { checkFormat, type Format, type FormatName, type FormatSpec, nameOf, oneOf } from "./format.js";

/** An arithmetic with nothing left out but what kernels of runtimes have. A format of a name has its name. */
export interface ArithmeticInUse {
  /** What elements, and results of operations, are rounded to. */
  compute: FormatName | FormatSpec;
  /** What sums are rounded to after every addition; "exact": once, at their end. */
  accumulate: FormatName | FormatSpec | "exact";
  /** In which order sums are taken. */
  order: Order;
  /** Absent: the compute format. */
  statistics?: FormatName | FormatSpec;
  /** Absent: "steps". */
  tail?: "folded";
  /** Absent: "exact". */
  count?: "rounded";
}

/** Orders with a name: what the plan calls them. */
export const ORDERS: Readonly<Record<OrderName, number>> = {
  sequential: ORDER_SEQUENTIAL,
  lanes: ORDER_LANES,
  pairwise: ORDER_PAIRWISE,
};

/** An arithmetic, checked. Formats of the same numbers are one object. */
export interface Numerics {
  readonly compute: FormatSpec;
  readonly accumulate: FormatSpec;
  readonly exact: boolean;
  /** Accumulators of a sum, or ORDER_PAIRWISE. */
  readonly order: number;
  readonly statistics: FormatSpec;
  /** One of the TAIL constants. */
  readonly tail: number;
  /** Whether n is rounded to the compute format. */
  readonly counted: boolean;
}

/** An arithmetic with nothing left out: formats by name where they have one. */
export function arithmeticOf(numerics: Numerics): ArithmeticInUse {
  const { compute, accumulate, exact, order, statistics, tail, counted } = numerics;
  const name = (Object.keys(ORDERS) as OrderName[]).find((key) => ORDERS[key] === order);
  return {
    compute: nameOf(compute),
    accumulate: exact ? "exact" : nameOf(accumulate),
    order: name ?? { lanes: order },
    ...(statistics !== compute && { statistics: nameOf(statistics) }),
    ...(tail === TAIL_FOLDED && { tail: "folded" }),
    ...(counted && { count: "rounded" }),
  };
}

const ARITHMETIC_KEYS = ["compute", "accumulate", "order", "statistics", "tail", "count"];

/** The accumulators of an order that is a number of them. */
function checkLanes(order: object): number {
  const { lanes } = checkOptions(order as { lanes?: number }, ["lanes"]);
  for (let n = 1; n <= MOST_LANES; n *= 2) if (n === lanes) return n;
  throw wrong("lanes", `a power of two from 1 to ${MOST_LANES}`, lanes, "number");
}

/** undefined stays: native arithmetic. */
export function checkArithmetic(value: Arithmetic | undefined): Numerics | undefined {
  if (value === undefined) return undefined;
  const bare = !isObject(value) || "precision" in value;
  const o = bare ? { compute: value } : checkOptions(value, ARITHMETIC_KEYS);
  const { order = "lanes", tail = "steps", count = "exact" } = o;
  const compute = checkFormat(bare ? "arithmetic" : "compute", o.compute);
  const { statistics: g = compute, accumulate = g } = o;
  const statistics = oneOf(checkFormat("statistics", g), compute);
  const exact = accumulate === "exact";
  return {
    compute,
    accumulate: exact ? statistics : oneOf(oneOf(checkFormat("accumulate", accumulate), statistics), compute),
    exact,
    order: isObject(order) ? checkLanes(order) : choose("order", ORDERS, order),
    statistics,
    tail: choose("tail", { steps: statistics === compute ? TAIL_SAME : TAIL_STEPS, folded: TAIL_FOLDED }, tail),
    counted: choose("count", { exact: false, rounded: true }, count),
  };
}

/** The same of a gradient, which has no kernels of runtimes to follow. */
export function checkGradientArithmetic(value: Arithmetic | undefined): Numerics | undefined {
  const numerics = checkArithmetic(value);
  if (numerics?.tail) {
    const option = numerics.statistics === numerics.compute ? '"tail": "folded"' : '"statistics"';
    throw new TypeError(`${option} does not apply to gradients, whose operations are all in "compute"`);
  }
  return numerics;
}

export type OrderName = "sequential" | "lanes" | "pairwise";

/** Order of the additions of an emulated sum: see the chapter on numerics. `{ lanes: w }` is "lanes" with w accumulators. */
export type Order =
  | OrderName
  | {
      /** Accumulators side by side, a power of two from 1 to 1,024. */
      readonly lanes: number;
    };

/**
 * Emulated arithmetic: every operation rounded to `compute`, sums to `accumulate` (default: `statistics`) in the given
 * order (default "lanes"); "exact" sums exactly and rounds once. A bare format computes and accumulates in it.
 *
 * What kernels of runtimes do differently:
 * - `statistics` (default: `compute`): the format of the mean, the distances that the deviation is taken of, their terms,
 *   the deviation, S and 1 / S. The mean and 1 / S are then rounded to `compute`, and the output is computed in that.
 * - `tail` (default: "steps"): x - mean, · 1 / S, · weight, + bias. "folded": x · a + b, with a = weight / S and
 *   b = bias - mean · weight / S rounded to `statistics`, then to `compute`. Of layers; weight norms are folded as they are.
 * - `count` (default: "exact"): "rounded" divides sums by n rounded to `compute`, which in float16 is inexact beyond 2,048
 *   and infinite beyond 65,504.
 */
export type Arithmetic =
  | Format
  | {
      /** What elements, and results of operations, are rounded to. */
      readonly compute: Format;
      /** What sums are rounded to after every addition; "exact": once, at their end. Default: the format of the statistics. */
      readonly accumulate?: Format | "exact" | undefined;
      /** In which order sums are taken. Default: "lanes". */
      readonly order?: Order | undefined;
      /** Format of mean, S and 1 / S. Default: the compute format. */
      readonly statistics?: Format | undefined;
      /** "folded": x · a + b, with slope and shift rounded. Default: "steps", (x - mean) · (1 / S). */
      readonly tail?: "steps" | "folded" | undefined;
      /** "rounded": n is rounded to the compute format before it is divided by. Default: "exact". */
      readonly count?: "exact" | "rounded" | undefined;
    };
