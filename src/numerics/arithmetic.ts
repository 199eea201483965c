// In which formats, and in which order, an emulated computation is done.

import { ORDER_LANES, ORDER_PAIRWISE, ORDER_SEQUENTIAL } from "../abi/plan.js";
import { checkOptions, choose, isObject } from "../checks/arguments.js";
import { checkFormat, type Format, type FormatName, type FormatSpec, nameOf } from "./format.js";

/** An arithmetic with nothing left out. A format of a name has its name. */
export interface ArithmeticInUse {
  compute: FormatName | FormatSpec;
  accumulate: FormatName | FormatSpec | "exact";
  order: Order;
}

export const ORDERS: Readonly<Record<Order, number>> = {
  sequential: ORDER_SEQUENTIAL,
  lanes: ORDER_LANES,
  pairwise: ORDER_PAIRWISE,
};

/** An arithmetic, checked. */
export interface Numerics {
  readonly compute: FormatSpec;
  readonly accumulate: FormatSpec;
  readonly exact: boolean;
  /** One of the ORDER constants. */
  readonly order: number;
}

/** An arithmetic with nothing left out: formats by name where they have one. */
export function arithmeticOf({ compute, accumulate, exact, order }: Numerics): ArithmeticInUse {
  return {
    compute: nameOf(compute),
    accumulate: exact ? "exact" : nameOf(accumulate),
    order: Object.keys(ORDERS)[Object.values(ORDERS).indexOf(order)] as Order,
  };
}

const ARITHMETIC_KEYS = ["compute", "accumulate", "order"];

/** undefined stays: native arithmetic. */
export function checkArithmetic(value: Arithmetic | undefined): Numerics | undefined {
  if (value === undefined) return undefined;
  const bare = !isObject(value) || "precision" in value;
  const { compute, accumulate, order = "lanes" } = bare ? { compute: value } : checkOptions(value, ARITHMETIC_KEYS);
  const code = choose("order", ORDERS, order);
  const spec = checkFormat(bare ? "arithmetic" : "compute", compute);
  const exact = accumulate === "exact";
  return {
    compute: spec,
    accumulate: exact || accumulate === undefined ? spec : checkFormat("accumulate", accumulate),
    exact,
    order: code,
  };
}

/** Order of the additions of an emulated sum: see the chapter on numerics. */
export type Order = "sequential" | "lanes" | "pairwise";

/**
 * Emulated arithmetic: every operation rounded to `compute`, sums to `accumulate` (default: `compute`) in the given
 * order (default "lanes"); "exact" sums exactly and rounds once. A bare format computes and accumulates in it.
 */
export type Arithmetic =
  | Format
  | {
      readonly compute: Format;
      readonly accumulate?: Format | "exact" | undefined;
      readonly order?: Order | undefined;
    };
