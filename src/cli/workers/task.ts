// What the workers of all commands do: read tensors straight into kernel memory, and say what came of a task.

import { empty, type Tensor } from "../../index.js";
import type { Tally } from "../files/elements.js";
import { Source } from "../files/source.js";
import { readTensor } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import { FileError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";

/** A tensor, and what reading changed. */
export interface Loaded extends Tally {
  readonly tensor: Tensor;
}

export async function load({ path, label, identity, tensor: stored }: Place): Promise<Loaded> {
  const source = await Source.open(path, label, identity);
  try {
    const tensor = empty(stored.shape, stored.dtype);
    const { rounded, overflowed } = await readTensor(source, stored, tensor.data as Float32Array | Uint16Array);
    return { tensor, rounded, overflowed };
  } finally {
    await source.close();
  }
}

/** A result, or why there is none, in one line: errors lose their class between threads. */
export type Outcome<T> = { readonly result: T } | { readonly problem: string };

/** @param place The tensor that a task is about. */
async function outcomeOf<T>({ label, tensor }: Place, result: Promise<T>): Promise<Outcome<T>> {
  try {
    return { result: await result };
  } catch (error) {
    if (error instanceof FileError) return { problem: error.message };
    // a tensor that is too large, or of another shape
    if (error instanceof RangeError) {
      return { problem: new FileError(label, `tensor ${quote(tensor.name)}: ${error.message}`).message };
    }
    throw error;
  }
}

/**
 * What a worker is: a function of some tasks that gives the outcome of each, up to the first with a problem.
 *
 * @param placeOf The tensor that a task is about.
 */
export function worker<Task, T>(placeOf: (task: Task) => Place, run: (task: Task) => Promise<T>) {
  return async (tasks: readonly Task[]): Promise<Outcome<T>[]> => {
    const outcomes: Outcome<T>[] = [];
    for (const task of tasks) {
      const outcome = await outcomeOf(placeOf(task), run(task));
      outcomes.push(outcome);
      if ("problem" in outcome) break;
    }
    return outcomes;
  };
}
