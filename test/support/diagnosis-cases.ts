/** Small normalizations worked out by hand: one for every event, and the errors that disappear in the output. */

import type { Order } from "../oracle/arithmetic.js";
import { FLOAT8_E4M3FN, FLOAT8_E4M3FN_SATURATE, FLOAT16, type Format, makeFormat } from "../oracle/formats.js";
import type { Event, Place } from "../oracle/steps.js";
import type { StageName, Work } from "../oracle/work.js";

export interface Constructed {
  readonly name: string;
  /** One group. */
  readonly values: readonly number[];
  readonly norm: Work["norm"];
  readonly compute: Format;
  /** Default: sequential. */
  readonly order?: Order;
  readonly centred: boolean;
  /** Counts of all stages that are not all zero. */
  readonly events: Partial<Record<StageName, Partial<Record<Event, number>>>>;
  /** The first event of a stage where it says more than the count. */
  readonly firsts?: Partial<Record<StageName, Partial<Record<Event, Place>>>>;
  readonly absorbedOverflow?: number;
  /** Emulated output, where it is worth a look. */
  readonly output?: readonly number[];
}

const at = (index: number | null): Place => ({ group: 0, index });
const filled = (n: number, values: Readonly<Record<number, number>>) =>
  Array.from({ length: n }, (_, i) => values[i] ?? 0);
const alternating = (n: number, size: number) => Array.from({ length: n }, (_, i) => (i % 2 ? -size : size));
const FLUSHED = makeFormat(11, -14, 15, { subnormals: false });

export const CONSTRUCTED: readonly Constructed[] = [
  {
    name: "a sum that overflows in one lane",
    values: filled(64, { 5: 60000, 37: 60000, 6: 1 }),
    norm: "l1",
    compute: FLOAT16,
    order: "lanes",
    centred: false,
    events: { sum: { overflow: 1 } },
    firsts: { sum: { overflow: at(37) } },
    absorbedOverflow: 1,
    output: filled(64, {}),
  },
  {
    name: "a sum that overflows where lanes are merged",
    values: filled(40, { 5: 60000, 38: 60000 }),
    norm: "l1",
    compute: FLOAT16,
    order: "lanes",
    centred: false,
    events: { sum: { overflow: 1 } },
    firsts: { sum: { overflow: at(null) } },
    absorbedOverflow: 1,
  },
  {
    name: "squares that overflow: nothing but zeros come out",
    values: alternating(8, 300),
    norm: "l2",
    compute: FLOAT16,
    centred: true,
    events: { term: { overflow: 8 } },
    firsts: { term: { overflow: at(0) } },
    absorbedOverflow: 1,
    output: [0, -0, 0, -0, 0, -0, 0, -0],
  },
  {
    name: "a sequential sum of ones stops growing at 2048",
    values: new Array(4096).fill(1),
    norm: "l1",
    compute: FLOAT16,
    centred: false,
    events: { sum: { stagnation: 2048 } },
    firsts: { sum: { stagnation: at(2048) } },
  },
  {
    name: "a pairwise one does not",
    values: new Array(4096).fill(1),
    norm: "l1",
    compute: FLOAT16,
    order: "pairwise",
    centred: false,
    events: {},
  },
  {
    name: "squares that underflow, and a division by zero",
    values: alternating(6, 2 ** -13),
    norm: "l2",
    compute: FLOAT16,
    centred: true,
    events: { term: { underflow: 6 }, reciprocal: { overflow: 1 } },
    firsts: { term: { underflow: at(0) }, reciprocal: { overflow: at(null) } },
    output: alternating(6, Infinity),
  },
  {
    name: "a mean that overflows: infinity times zero",
    values: [60000, 60000, 60000],
    norm: "l2",
    compute: FLOAT16,
    centred: true,
    events: { mean: { overflow: 1 }, output: { invalid: 3 } },
    firsts: { mean: { overflow: at(1) }, output: { invalid: at(0) } },
    output: [NaN, NaN, NaN],
  },
  {
    name: "infinity minus infinity",
    values: [1, Infinity, 2],
    norm: "linf",
    compute: FLOAT16,
    centred: true,
    events: { centre: { invalid: 1 } },
    firsts: { centre: { invalid: at(1) } },
    output: [NaN, NaN, NaN],
  },
  {
    name: "subnormal data",
    values: [2 ** -16, 1, 3 * 2 ** -18, -1],
    norm: "linf",
    compute: FLOAT16,
    centred: false,
    events: { input: { subnormal: 2 }, output: { subnormal: 2 } },
    firsts: { input: { subnormal: at(0) } },
  },
  {
    name: "a reciprocal that overflows",
    values: [2 ** -17],
    norm: "linf",
    compute: FLOAT16,
    centred: false,
    // The largest of one is taken times a constant of 1.
    events: { input: { subnormal: 1 }, deviation: { subnormal: 2 }, reciprocal: { overflow: 1 } },
    output: [Infinity],
  },
  {
    name: "beyond the largest there is only NaN",
    values: [500, 464, -449, 1],
    norm: "l1",
    compute: FLOAT8_E4M3FN,
    centred: false,
    events: { input: { overflow: 1 } },
    output: [NaN, NaN, NaN, NaN],
  },
  {
    name: "an infinity in a format that has none",
    values: [1, Infinity],
    norm: "l1",
    compute: FLOAT8_E4M3FN,
    centred: false,
    events: { input: { invalid: 1 } },
    firsts: { input: { invalid: at(1) } },
    output: [NaN, NaN],
  },
  {
    name: "saturation",
    values: [500, -470],
    norm: "linf",
    compute: FLOAT8_E4M3FN_SATURATE,
    centred: false,
    // The constant for two elements is 1.25 in this format.
    events: { input: { overflow: 2 }, deviation: { overflow: 1 }, reciprocal: { subnormal: 1 } },
    output: [0.875, -0.875],
  },
  {
    name: "subnormal results that are flushed",
    values: [2 ** -15, -1, -(2 ** -15), 1],
    norm: "linf",
    compute: FLUSHED,
    centred: false,
    events: { input: { underflow: 2 } },
    firsts: { input: { underflow: at(0) } },
  },
];
