// Results: what is given to be filled, and what is made.

import { checkOptions, isObject, wrong } from "../checks/arguments.js";
import type { Out, TensorLike } from "./forms.js";
import { checkOverlap, type Operand, operand, target } from "./operand.js";
import { checkResults, sameShape } from "./shape.js";

/** An error of a check that calls a result "out", under the name of the result. */
function renamed(error: unknown, name: string): unknown {
  if (error instanceof Error) error.message = error.message.replace('"out', `"out.${name}`);
  return error;
}

/** Where one of several results goes: see target(). */
export function targetOf(
  name: string,
  out: Out | undefined,
  shape: readonly number[],
  size: number,
  storage: number | undefined,
  from: Operand,
): Operand {
  checkResults(from.name.split(".")[0], size);
  try {
    return target(out, shape, size, storage, from);
  } catch (error) {
    throw renamed(error, name);
  }
}

/** Results to be filled, by name. */
export function checkOut<T extends object>(out: T | undefined, known: readonly string[]): Readonly<T> {
  // a tensor is what other functions take
  if (isObject(out) && (ArrayBuffer.isView(out) || "data" in out)) throw wrong("out", `{ ${known.join(", ")} }`, out);
  return checkOptions(out, known);
}

/** A tensor that must have the shape of another one. */
export function shapedLike(name: string, value: TensorLike, like: string, { shape }: Operand): Operand {
  const found = operand(name, value);
  if (!sameShape(found.shape, shape)) {
    throw wrong(name, `of the shape of "${like}", [${shape.join(", ")}]`, found.shape, "object");
  }
  return found;
}

/**
 * Refuses results that share memory with what is read, or with each other.
 *
 * @param results By name, the first of which may be exactly one of the first two of the inputs.
 */
export function checkOverlaps(
  results: Readonly<Record<string, Operand | undefined>>,
  inputs: Readonly<Record<string, Operand | undefined>>,
): void {
  const names = Object.keys(results);
  const inPlace = Object.keys(inputs).slice(0, 2);
  names.forEach((name, i) => {
    const to = results[name];
    if (to?.out === undefined) return;
    try {
      for (const other in inputs) checkOverlap(to, other, inputs[other], !i && inPlace.includes(other));
      for (const other of names.slice(0, i)) {
        if (results[other]?.out !== undefined) checkOverlap(to, `out.${other}`, results[other]);
      }
    } catch (error) {
      throw renamed(error, name);
    }
  });
}
