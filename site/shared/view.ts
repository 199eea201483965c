// What the page shows: the tensor, the question that is asked of it, and what was changed about either. Plain data, which
// the address has (address.ts) and workers are sent.

import type { ArithmeticInUse, FormatName, LayerName, Norm } from "halfnorm";
import type { OrderName } from "../../src/numerics/arithmetic.js";
import type { SampleName } from "./samples.js";

export const DISTRIBUTIONS = {
  normal: "Normal",
  uniform: "Uniform",
  laplace: "Laplace, with long tails",
  positive: "Normal behind a ReLU",
} as const;
export type Distribution = keyof typeof DISTRIBUTIONS;

/** Data that is made: `groups` of `n` elements each. */
export interface Made {
  readonly distribution: Distribution;
  /** Standard deviation. */
  readonly sigma: number;
  readonly mean: number;
  /** One element of each group is this many σ out; 0 for none. */
  readonly outlier: number;
  /** Elements of a group. */
  readonly n: number;
}

/** What is normalized together; "auto": what the command line assumes, by name and shape. */
export type LayerChoice = LayerName | "auto" | "axes";

/** What is done to the tensor before, as some remedies have it. */
export type Before = "nothing" | "centre" | "scale groups";

export interface View {
  readonly source: "sample" | "file" | "made";
  readonly sample: SampleName;
  readonly made: Made;
  /** The tensor, where there are several. "": the first. */
  readonly tensor: string;
  readonly layer: LayerChoice;
  /** Of the layer; undefined: its default. */
  readonly axis: number | undefined;
  /** Of group norm. */
  readonly groups: number;
  /** In place of a layer. */
  readonly axes: readonly number[];
  readonly centred: boolean;
  /** Side by side. */
  readonly norms: readonly Norm[];
  /** The one that is looked at, in `norms`. */
  readonly norm: Norm;
  readonly format: FormatName;
  /** What sums are rounded to; undefined: the format. */
  readonly accumulate: FormatName | "exact" | undefined;
  readonly order: OrderName;
  /** Mean, deviation and 1 / S in float32, whatever the format. */
  readonly statistics: boolean;
  /** undefined: the default. */
  readonly eps: number | undefined;
  /** The tensor is multiplied by two to this power. */
  readonly scale: number;
  readonly before: Before;
}

export const FIRST_VIEW: View = {
  source: "sample",
  sample: "outlier",
  made: { distribution: "normal", sigma: 1, mean: 0, outlier: 0, n: 4096 },
  tensor: "",
  layer: "auto",
  axis: undefined,
  groups: 32,
  axes: [],
  centred: true,
  norms: ["l2", "l1", "linf", { topk: 10 }, "range"],
  norm: "l2",
  format: "float16",
  accumulate: undefined,
  order: "lanes",
  statistics: false,
  eps: undefined,
  scale: 0,
  before: "nothing",
};

/** What can be set of made data. */
export const RANGES = {
  sigma: [1e-6, 1e6],
  mean: [-1e5, 1e5],
  outlier: [0, 1000],
  n: [2, 1_000_000],
} as const;

/** The arithmetic as the command line has it: with nothing left out but what the format says. */
export function arithmeticOf({ format, accumulate, order, statistics }: View): ArithmeticInUse {
  const own = statistics ? "float32" : format;
  return {
    compute: format,
    accumulate: accumulate ?? own,
    order,
    ...(own !== format && { statistics: own }),
  };
}
