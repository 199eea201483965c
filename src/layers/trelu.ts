// The paper's activation of mean 0 and variance 1.

import { checkOptions } from "../checks/arguments.js";
import { elementwise, type Step } from "../plan/run-elementwise.js";
import type { OutputOptions, TensorLike, Transform } from "../tensor/forms.js";
import { checkOverlap, operand, target } from "../tensor/operand.js";
import { checkDType } from "../tensor/storage.js";

const TRELU_KEYS = ["dtype", "out"];
const treluStep: Step = (own, from, to, n) => own.kernels.trelu(from, to, n);

/**
 * The paper's activation with mean 0 and variance 1 on standard normal x: (max(x, 0) - 1/√(2π)) / √(½ (1 - 1/π)), element by
 * element, in the shape of x.
 *
 * @see The published code of Hoffer et al., *Norm matters*, arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const trelu = ((x: TensorLike, options?: OutputOptions) => {
  const o = checkOptions(options, TRELU_KEYS);
  const input = operand("x", x);
  const y = target(o.out, input.shape, input.size, checkDType("dtype", o.dtype), input);
  checkOverlap(y, "x", input, true);
  return elementwise(input, y, true, treluStep);
}) as Transform<OutputOptions>;
