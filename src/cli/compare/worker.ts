// One tensor against another, in a thread of its own where that is worth it.

import { type Comparison, compare, type FormatName } from "../../index.js";
import type { Tally } from "../files/elements.js";
import type { Place } from "../files/tensor-file.js";
import { type Loaded, load, worker } from "../workers/task.js";
import { beyond } from "./beyond.js";

export interface CompareTask {
  readonly actual: Place;
  readonly expected: Place;
  readonly format: FormatName;
  /** In ulp, if there is one. */
  readonly tolerance: number | undefined;
}

export interface Compared {
  readonly comparison: Comparison;
  /** Elements whose error is beyond the tolerance. */
  readonly beyond: number | undefined;
  /** What reading changed of the actual and of the expected tensor. */
  readonly actual: Tally;
  readonly expected: Tally;
}

const tally = ({ rounded, overflowed }: Loaded): Tally => ({ rounded, overflowed });

async function run({ actual, expected, format, tolerance }: CompareTask): Promise<Compared> {
  const a = await load(actual);
  const e = await load(expected);
  try {
    const comparison = compare(a.tensor, e.tensor, { format });
    const within = Math.abs(comparison.maxUlp ?? 0) <= (tolerance ?? 0);
    const many = tolerance === undefined ? undefined : within ? 0 : beyond(a.tensor, e.tensor, format, tolerance);
    return { comparison, beyond: many, actual: tally(a), expected: tally(e) };
  } finally {
    a.tensor.dispose();
    e.tensor.dispose();
  }
}

export default worker(({ actual }: CompareTask) => actual, run);
