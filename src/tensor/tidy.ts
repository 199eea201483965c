// Scopes that dispose of the tensors that are made in them.

import { isObject, wrong } from "../checks/arguments.js";
import { ownerOf, residentOf } from "./resident.js";
import { scopes, type Tensor } from "./tensor.js";

/** Tensors in a result, and those whose data is in it: in arrays and objects, nested, even in circles. */
function tensorsIn(result: unknown): Set<Tensor> {
  const found = new Set<Tensor>();
  const seen = new Set<unknown>();
  const left = [result];
  while (left.length) {
    const value = left.pop();
    if (!isObject(value) || seen.has(value)) continue;
    seen.add(value);
    const tensor = residentOf(value) ? (value as Tensor) : ArrayBuffer.isView(value) && ownerOf<Tensor>(value);
    if (tensor) found.add(tensor);
    else if (!ArrayBuffer.isView(value)) for (const each of Object.values(value)) left.push(each);
  }
  return found;
}

const isPromise = (value: unknown): boolean =>
  isObject(value) && typeof (value as PromiseLike<void>).then === "function";

/**
 * Runs a function and disposes of all tensors that were made in it, by whatever function of the package, but for those
 * that it returns: by themselves, in arrays or in objects. What an inner scope returns belongs to the outer one.
 *
 *     const length = tidy(() => norm(layerNorm(x))); // the output of the layer norm is gone
 *
 * @returns What the function returns.
 * @see tf.tidy of TensorFlow.js.
 * @throws {TypeError} for what is no function, and for one that is asynchronous, since its tensors would be gone before it ends.
 * What the function throws is passed on. Its tensors are disposed of then, too.
 */
export function tidy<T>(call: () => T): T {
  if (typeof call !== "function") throw wrong("call", "a function", call);
  const made = new Set<Tensor>();
  let kept: Set<Tensor> | undefined;
  scopes.push(made);
  try {
    const result = call();
    if (isPromise(result)) {
      // what becomes of it without its tensors is not told twice
      (result as PromiseLike<unknown>).then(undefined, () => {});
      throw new TypeError('"call" must be a synchronous function, got one that returns a promise');
    }
    kept = tensorsIn(result);
    return result;
  } finally {
    scopes.pop();
    for (const tensor of made) {
      if (kept?.has(tensor)) tensor.moveTo(scopes.at(-1));
      else tensor.dispose();
    }
  }
}
