// Rounding to the grid of a format.

import * as at from "../abi/plan.js";
import { checkInteger, checkOptions, choose } from "../checks/arguments.js";
import { checkFormat, type Format, type FormatSpec, type RoundingMode } from "../numerics/format.js";
import { elementwise } from "../plan/run-elementwise.js";
import type { Dense, OrtLike, Out, OutputOptions, Shaped, TensorLike } from "../tensor/forms.js";
import { checkOverlap, type Operand, operand, target } from "../tensor/operand.js";
import { checkDType, type Data } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";

const MODES: Record<RoundingMode, number> = {
  "nearest-even": at.MODE_NEAREST_EVEN,
  "toward-zero": at.MODE_TOWARD_ZERO,
  up: at.MODE_UP,
  down: at.MODE_DOWN,
  odd: at.MODE_ODD,
  stochastic: at.MODE_STOCHASTIC,
};

/** Of `round()`. */
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

/** y = x on the grid of a format, by one of the MODE constants. */
export function roundTo(spec: FormatSpec, x: Operand, y: Operand, mode = at.MODE_NEAREST_EVEN, seed = 0): Out | Dense {
  return elementwise(x, y, mode !== at.MODE_STOCHASTIC, (own, from, to, n) => {
    own.setFormat(at.FORMAT_COMPUTE, spec);
    own.kernels.round(from, to, n, mode, seed);
  });
}

/**
 * Rounds each element to the grid of a format. The result has the shape of x, and its dtype; what float16 cannot hold
 * (bfloat16 rounds 65504 up) becomes infinite there.
 *
 * @see IEEE 754-2019, section 4.3; "odd": Boldo and Melquiond, *Emulation of a FMA and correctly rounded sums* (2008);
 * "stochastic": Gupta et al., arXiv 1502.02551.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
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
  return roundTo(spec, input, y, code, seed);
}) as RoundFunction;
