// What works element by element: rounding, conversion, TReLU.

import * as at from "../abi/plan.js";
import { checkInteger, checkOptions, choose, wrong } from "../checks/arguments.js";
import { type Engine, engine } from "../engine/engine.js";
import type { OutputOptions, Transform } from "../layers/normalize.js";
import { checkFormat } from "../numerics/format.js";
import { BLOCK } from "../plan/run.js";
import {
  arrayOf,
  bytesOf,
  checkDType,
  checkOverlap,
  finish,
  type Operand,
  operand,
  settle,
  target,
} from "../tensor/operand.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Data, Dense, Float16, Format, OrtLike, Out, RoundingMode, Shaped, TensorLike } from "../types.js";

/** float32 to float32, in place allowed. */
type Step = (own: Engine, from: number, to: number, n: number) => void;

/**
 * y = step(x), between any storages; without a step x and y differ in storage.
 *
 * @param blocks Whether it may be done in blocks: whether the step does not depend on the position.
 */
function transfer(own: Engine, x: Operand, y: Operand, blocks: boolean, step?: Step): void {
  const { heap, kernels } = own;
  settle(y);
  const narrow = y.storage === at.STORAGE_FLOAT16;
  const wide = narrow && (step || x.storage === y.storage);
  const direct = x.address && y.address && !wide;
  const most = direct || !blocks ? x.size : Math.min(x.size, BLOCK / 4);
  heap.begin();
  const input = x.address || heap.scratch(most * bytesOf(x.storage), x.array?.byteOffset);
  const middle = wide ? heap.scratch(most * 4) : 0;
  const inPlace = !x.address && !y.address && !narrow && x.storage === y.storage;
  const output = y.address || (inPlace ? input : heap.scratch(most * bytesOf(y.storage), y.array?.byteOffset ?? 0));
  const source = x.storage ? heap.u16 : heap.f32;
  const result = narrow ? heap.u16 : heap.f32;
  const xBytes = bytesOf(x.storage);
  const yBytes = bytesOf(y.storage);
  for (let from = 0; from < x.size; from += most) {
    const n = Math.min(most, x.size - from);
    let current = x.address ? input + from * xBytes : input;
    const last = y.address ? output + from * yBytes : output;
    const next = narrow ? middle : last;
    const array = x.array as Float32Array;
    if (array) source.set(n < x.size ? array.subarray(from, from + n) : array, input / xBytes);
    if (x.storage) {
      kernels.unpack(current, next, n);
      current = next;
    }
    if (step) {
      step(own, current, next, n);
      current = next;
    }
    if (narrow) kernels.pack(current, last, n);
    if (y.address) continue;
    const index = output / yBytes;
    if (n === x.size && !y.array) {
      y.array = result.slice(index, index + n);
    } else {
      y.array ??= new (arrayOf(y.storage))(x.size);
      y.array.set(result.subarray(index, index + n), from);
    }
  }
  if (!y.size) y.array ??= new (arrayOf(y.storage))();
}

/** As transfer(); a new tensor is given back when memory runs out. */
export function elementwise(x: Operand, y: Operand, blocks: boolean, step?: Step): Out | Dense {
  try {
    transfer(engine(), x, y, blocks, step);
  } catch (error) {
    y.tensor?.dispose();
    throw error;
  }
  return finish(y);
}

const MODES: Record<RoundingMode, number> = {
  "nearest-even": at.MODE_NEAREST_EVEN,
  "toward-zero": at.MODE_TOWARD_ZERO,
  up: at.MODE_UP,
  down: at.MODE_DOWN,
  odd: at.MODE_ODD,
  stochastic: at.MODE_STOCHASTIC,
};

export interface RoundOptions extends OutputOptions {
  /** Default: "nearest-even". */
  mode?: RoundingMode | undefined;
  /** Of the stochastic mode, an integer in [0, 2^32 - 1]: the same seed gives the same result. Default: 0. */
  seed?: number | undefined;
}

const ROUND_KEYS = ["mode", "seed", "dtype", "out"];

export interface RoundFunction {
  <Y extends Out>(x: TensorLike, format: Format, options: RoundOptions & { out: Y }): Y;
  (x: Tensor, format: Format, options?: RoundOptions): Tensor;
  (
    x: Float32Array | Shaped<Float32Array>,
    format: Format,
    options?: RoundOptions & { dtype?: "float32" | undefined },
  ): Dense<Float32Array>;
  (x: Data | Shaped | OrtLike, format: Format, options?: RoundOptions): Dense;
  (x: TensorLike, format: Format, options?: RoundOptions): Tensor | Dense;
}

/**
 * Rounds to the grid of a format. The result has the dtype of x; what float16 cannot hold (bfloat16 rounds 65504 up)
 * becomes infinite there.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const round = ((x: TensorLike, format: Format, options?: RoundOptions) => {
  const o = checkOptions(options, ROUND_KEYS);
  const input = operand("x", x);
  const spec = checkFormat("format", format);
  const { mode = "nearest-even", seed = 0 } = o;
  const code = choose("mode", MODES, mode);
  checkInteger("seed", seed, 0, 2 ** 32 - 1);
  const y = target(o.out, input.shape, input.size, checkDType("dtype", o.dtype), input);
  checkOverlap(y, "x", input, true);
  return elementwise(input, y, code !== at.MODE_STOCHASTIC, (own, from, to, n) => {
    own.setFormat(at.FORMAT_COMPUTE, spec);
    own.kernels.round(from, to, n, code, seed);
  });
}) as RoundFunction;

const TRELU_KEYS = ["dtype", "out"];

const treluStep: Step = (own, from, to, n) => own.kernels.trelu(from, to, n);

/**
 * The paper's activation with mean 0 and variance 1 on standard normal x: (max(x, 0) - 1/√(2π)) / √(½ (1 - 1/π)).
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const trelu = ((x: TensorLike, options?: OutputOptions) => {
  const o = checkOptions(options, TRELU_KEYS);
  const input = operand("x", x);
  const y = target(o.out, input.shape, input.size, checkDType("dtype", o.dtype), input);
  checkOverlap(y, "x", input, true);
  return elementwise(input, y, true, treluStep);
}) as Transform<OutputOptions>;

export interface ConvertOptions {
  /** Filled with the result and returned. Must not overlap `x`. */
  out?: Out | undefined;
}

const CONVERT_KEYS = ["out"];

/** A bare typed array gives a bare typed array. */
function convert(x: TensorLike, options: ConvertOptions | undefined, storage: number): unknown {
  const o = checkOptions(options, CONVERT_KEYS);
  const input = operand("x", x);
  if (input.storage === storage) {
    throw wrong("x", storage ? "a float32 tensor" : "a float16 tensor (bits in a Uint16Array, or a Float16Array)", x);
  }
  const y = target(o.out, input.shape, input.size, storage, input);
  checkOverlap(y, "x", input);
  const result = elementwise(input, y, true);
  return ArrayBuffer.isView(x) && !o.out ? (result as Dense).data : result;
}

export interface ToFloat16 {
  <Y extends Out>(x: TensorLike, options: { out: Y }): Y;
  (x: Float32Array, options?: ConvertOptions): Uint16Array;
  (x: Tensor, options?: ConvertOptions): Tensor;
  (x: Shaped<Float32Array> | OrtLike, options?: ConvertOptions): Dense<Uint16Array>;
}

/**
 * float32 to float16, to nearest, ties to even. A Float32Array gives a Uint16Array of bits, a shaped array a shaped
 * array, a Tensor a Tensor.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const toFloat16 = ((x: TensorLike, options?: ConvertOptions) =>
  convert(x, options, at.STORAGE_FLOAT16)) as ToFloat16;

export interface FromFloat16 {
  <Y extends Out>(x: TensorLike, options: { out: Y }): Y;
  (x: Uint16Array | Float16, options?: ConvertOptions): Float32Array;
  (x: Tensor, options?: ConvertOptions): Tensor;
  (x: Shaped<Uint16Array | Float16> | OrtLike, options?: ConvertOptions): Dense<Float32Array>;
}

/**
 * float16 to float32, exactly. A Uint16Array of bits or a Float16Array gives a Float32Array, a shaped array a shaped
 * array, a Tensor a Tensor.
 *
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value; nothing has been written then.
 */
export const fromFloat16 = ((x: TensorLike, options?: ConvertOptions) =>
  convert(x, options, at.STORAGE_FLOAT32)) as FromFloat16;
