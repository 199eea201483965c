// The bridge between tensors of TensorFlow.js and the kernels, in both directions of the gradient.

import { customGrad, type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { Shaped } from "../index.js";

export type Values = Shaped<Float32Array>;

/** The only tensor of an input. */
export const one = (inputs: Tensor | Tensor[]): Tensor => (Array.isArray(inputs) ? inputs[0] : inputs);

/**
 * The elements of a float32 tensor. The CPU backend hands out its own array, which must not be written to; the
 * WebAssembly backend a copy; backends on the GPU wait for it.
 */
export function valuesOf(x: Tensor): Values {
  const data: ArrayLike<number> = x.dataSync();
  // of a tensor of integers that was cast, the CPU backend keeps the array that it had
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape: x.shape };
}

/** A tensor that takes over fresh data. */
export const tensorOf = ({ data, shape }: Shaped): Tensor => tensor(data as Float32Array, shape as number[], "float32");

/**
 * A differentiable operation that is computed outside of TensorFlow.js. What `forward` was given is kept for `backward`
 * until the gradient is taken or the tape is dropped.
 *
 * @param backward The gradients of all inputs, in their order; not differentiable in turn.
 */
export function operation(
  inputs: readonly Tensor[],
  forward: (...inputs: Values[]) => Shaped,
  backward: (dy: Values, ...inputs: Values[]) => Shaped[],
): Tensor {
  return customGrad(() => {
    const values = inputs.map(valuesOf);
    return {
      value: tensorOf(forward(...values)),
      gradFunc: (dy: Tensor) => backward(valuesOf(dy), ...values).map(tensorOf),
    };
  })(...inputs);
}
