// What a worker thread does: one tensor at a time, read into kernel memory where it is worked on.

import { type Comparison, compare, empty, type FormatName, type Tensor } from "../index.js";
import type { Tally } from "./elements.js";
import { FileError, quote } from "./file-error.js";
import type { Input } from "./input.js";
import { TensorFile } from "./tensor-file.js";

/** A tensor in a file. */
export interface Place extends Input {
  readonly name: string;
}

/** What reading changed. */
export interface Loaded extends Tally {
  readonly tensor: Tensor;
}

export interface CompareTask {
  readonly kind: "compare";
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

export type Task = CompareTask;

/** A result, or why there is none, in one line: errors lose their class between threads. */
export type Outcome<T> = { readonly result: T } | { readonly problem: string };

/** Reads a tensor straight into kernel memory. */
async function load({ path, label, name }: Place): Promise<Loaded> {
  const file = await TensorFile.open(path, label);
  try {
    const stored = file.tensors.find((each) => each.name === name);
    if (!stored) throw new FileError(label, `has no tensor ${quote(name)} any more`);
    const tensor = empty(stored.shape, stored.dtype);
    const { rounded, overflowed } = await file.read(stored, tensor.data as Float32Array | Uint16Array);
    return { tensor, rounded, overflowed };
  } finally {
    await file.close();
  }
}

const tally = ({ rounded, overflowed }: Tally): Tally => ({ rounded, overflowed });

async function runCompare({ actual, expected, format }: CompareTask): Promise<Compared> {
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

export default async function work(task: Task): Promise<Outcome<Compared>> {
  try {
    return { result: await runCompare(task) };
  } catch (error) {
    if (error instanceof FileError) return { problem: error.message };
    // a tensor that is too large, or of another shape
    if (error instanceof RangeError) {
      const { label, name } = task.actual;
      return { problem: new FileError(label, `tensor ${quote(name)}: ${error.message}`).message };
    }
    throw error;
  }
}
