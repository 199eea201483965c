/** Arrays and tensors whose memory is gone. */

import { type Tensor, tensor } from "../../src/index.js";

/** Takes the memory of an array away, as a message to a worker does. */
export function detach({ buffer }: Float32Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
}

export function detached(length: number): Float32Array {
  const array = new Float32Array(length);
  detach(array);
  return array;
}

/** A tensor that was disposed of. */
export function disposed(data: Float32Array, shape: readonly number[]): Tensor {
  const made = tensor(data, shape);
  made.dispose();
  return made;
}
