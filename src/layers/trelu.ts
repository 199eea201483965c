// The paper's activation of mean 0 and variance 1.

import { checkOptions } from "../checks/arguments.js";
import { elementwise, type Step } from "../plan/run-elementwise.js";
import type { OutputOptions, TensorLike, Transform } from "../tensor/forms.js";
import { checkOverlap, operand, target } from "../tensor/operand.js";
import { checkDType } from "../tensor/storage.js";

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
