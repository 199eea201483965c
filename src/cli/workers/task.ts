// What the workers of all commands do: read tensors straight into kernel memory, and say what came of a task.

import { empty, type Tensor } from "../../index.js";
import type { Elements, Tally } from "../files/elements.js";
import { Source } from "../files/source.js";
import { readTensor, type Stretches } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import { FileError, messageOf } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import type { Company } from "./company.js";

/** A tensor, and what reading changed. */
export interface Loaded extends Tally {
  readonly tensor: Tensor;
}

/** Some stretches of a tensor, and the shape of what they are together. */
export interface Piece extends Stretches {
  readonly shape: readonly number[];
}

/** @param piece What is read of it. Default: all. */
export async function load({ path, label, identity, tensor: stored }: Place, piece?: Piece): Promise<Loaded> {
  const source = await Source.open(path, label, identity);
  try {
    const tensor = empty(piece?.shape ?? stored.shape, stored.dtype);
    const { rounded, overflowed } = await readTensor(source, stored, tensor.data as Elements, piece);
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
      return { problem: new FileError(label, `tensor ${quote(tensor.name)}: ${messageOf(error)}`).message };
    }
    throw error;
  }
}

/**
 * What a worker is: a function of some tasks that gives the outcome of each, up to the first with a problem. Of a company, all
 * do the same tasks, and the first one's outcomes count.
 *
 * @param placeOf The tensor that a task is about.
 */
export function worker<Task, T>(
  placeOf: (task: Task) => Place,
  run: (task: Task, company?: Company) => Promise<T | undefined>,
) {
  return async (tasks: readonly Task[], company?: Company): Promise<Outcome<T | undefined>[]> => {
    const outcomes: Outcome<T | undefined>[] = [];
    for (const task of tasks) {
      const outcome = await outcomeOf(placeOf(task), run(task, company));
      outcomes.push(outcome);
      if ("problem" in outcome) break;
    }
    return outcomes;
  };
}
