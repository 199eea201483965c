/** Calls in both forms of input: plain arrays, and tensors in kernel memory. */

import { expect } from "vitest";
import { type Tensor, tensor } from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import type { DType } from "../../src/tensor/storage.js";
import { dataOf, type Result } from "./compare.js";

export type Storage = DType;
export const STORAGES: readonly Storage[] = ["float32", "float16"];

export interface Plain {
  readonly data: Float32Array | Uint16Array;
  readonly shape: readonly number[];
}

/** A copy of a result that outlives the tensor it may be. */
function copied(result: Result): Plain {
  return { data: (dataOf(result) as Float32Array | Uint16Array).slice(), shape: [...result.shape] };
}

function isTensor(result: Result): result is Tensor {
  return "dispose" in result;
}

/** The result of a call on a tensor in kernel memory, copied out of it. */
export function resident(x: Plain, call: (x: TensorLike) => Result): Plain {
  const input = tensor(x.data, x.shape);
  try {
    const result = call(input);
    expect(isTensor(result)).toBe(true);
    const copy = copied(result);
    if (isTensor(result) && result !== input) result.dispose();
    return copy;
  } finally {
    input.dispose();
  }
}

/** The results of a call on plain arrays and on a tensor. */
export function forms(x: Plain, call: (x: TensorLike) => Result): Plain[] {
  return [copied(call(x)), resident(x, call)];
}

/** The result of a call on plain arrays, once it is known that a tensor gives the same bits. */
export function both(x: Plain, call: (x: TensorLike) => Result): Plain {
  const [plain, other] = forms(x, call);
  const where = `shape ${x.shape}: plain arrays and tensors give different results`;
  expect(other.shape, where).toEqual(plain.shape);
  const [a, b] = [plain.data, other.data].map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (a.some((byte, i) => byte !== b[i])) expect.fail(where);
  return plain;
}
