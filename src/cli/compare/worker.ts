// One tensor against another, in a thread of its own.

import { type Comparison, compare, type FormatName } from "../../index.js";
import type { Tally } from "../files/elements.js";
import type { Place } from "../files/tensor-file.js";
import { type Loaded, load, worker } from "../workers/task.js";

export interface CompareTask {
  readonly actual: Place;
  readonly expected: Place;
  readonly format: FormatName | undefined;
}

export interface Compared {
  readonly comparison: Comparison;
  /** What reading changed of the actual and of the expected tensor. */
  readonly actual: Tally;
  readonly expected: Tally;
}

const tally = ({ rounded, overflowed }: Loaded): Tally => ({ rounded, overflowed });

async function run({ actual, expected, format }: CompareTask): Promise<Compared> {
  const a = await load(actual);
  const e = await load(expected);
  try {
    const comparison = compare(a.tensor, e.tensor, { format });
    return { comparison, actual: tally(a), expected: tally(e) };
  } finally {
    a.tensor.dispose();
    e.tensor.dispose();
  }
}

export default worker(({ actual }: CompareTask) => actual, run);
