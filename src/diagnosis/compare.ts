// How far one tensor is from another: error statistics, and what it means to the assertions of other libraries.

import { STORAGE_FLOAT16 } from "../abi/plan.js";
import { checkOptions } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { checkFormat, type Format, type FormatName, type FormatSpec, nameOf } from "../numerics/format.js";
import type { TensorLike } from "../tensor/forms.js";
import { checkHeld, operand } from "../tensor/operand.js";
import { sameShape } from "../tensor/shape.js";
import { type DType, dtypeOf } from "../tensor/storage.js";
import { errorsBetween } from "./errors.js";
import type { ErrorStatistics } from "./result.js";
import { differences, evaluationOfNumpy, evaluationOfTorch, type Tolerances } from "./tolerances.js";

/** Name of the form of a {@link Comparison}. */
export const COMPARISON_SCHEMA = "halfnorm.comparison/1";

/** Of `compare()`. */
export interface CompareOptions {
  /** Whose spacing is the ulp. Default: that of the storage of `actual`. */
  format?: Format | undefined;
}

/** How far one tensor is from another. Plain data: JSON.stringify() loses nothing of it. */
export interface Comparison extends ErrorStatistics {
  /** Name of this form: it changes with its meaning. */
  schema: typeof COMPARISON_SCHEMA;
  /** Of both tensors. */
  shape: number[];
  /** How the elements of both are stored. */
  dtypes: {
    /** Of the first tensor. */
    actual: DType;
    /** Of the second one. */
    expected: DType;
  };
  /** Whose spacing is the ulp. */
  format: FormatName | FormatSpec;
  /** Pairs of two NaN, which agree. */
  equalNans: number;
  /** Pairs of the same infinity. */
  equalInfinities: number;
  /** The row-major index of the first element that differs, null for none. Zeros of different sign do not differ. */
  firstDifference: number | null;
  /**
   * The tolerances at which the assertions of other libraries pass, |actual - expected| <= atol + rtol · |expected|, each
   * operation in the dtypes of the arrays, and whether they do with their defaults. Infinities have to be the same, and so do NaN, with `equal_nan` or
   * without them: by default numpy has it and torch does not, and the smallest tolerances suppose it.
   */
  tolerances: {
    /** numpy.testing.assert_allclose(actual, expected). */
    numpy: Tolerances;
    /**
     * torch.testing.assert_close(actual, expected, check_dtype=False). Its defaults depend on the dtype: those of `format`
     * for float16 and bfloat16, else those of the storage; of two, the larger ones.
     */
    torch: Tolerances;
  };
}

const KEYS = ["format"];

const NUMPY = { rtol: 1e-7, atol: 0, equalNan: true };
/** torch.testing: default_tolerances. */
const TORCH_RTOL = { float16: 1e-3, bfloat16: 1.6e-2, float32: 1.3e-6 };

/**
 * Errors of `actual` against `expected`, whose values count as exact: {@link ErrorStatistics}, and the tolerances of the
 * assertions of NumPy and PyTorch. Any two tensors of one shape, float32 or float16 each.
 *
 * @see numpy.testing.assert_allclose, torch.testing.assert_close.
 * @throws {TypeError} for a wrong type or an unknown option.
 * @throws {RangeError} for a wrong value, different shapes, or when memory cannot grow.
 */
export function compare(actual: TensorLike, expected: TensorLike, options?: CompareOptions): Comparison {
  const o = checkOptions(options, KEYS);
  const a = operand("actual", actual);
  const e = operand("expected", expected);
  if (!sameShape(a.shape, e.shape)) {
    throw new RangeError(`"expected" must have the shape ${describe(a.shape)} of "actual", got ${describe(e.shape)}`);
  }
  const dtypes = { actual: dtypeOf(a.storage), expected: dtypeOf(e.storage) };
  const { format: wanted = dtypes.actual } = o;
  const spec = checkFormat("format", wanted);
  checkHeld(a);
  checkHeld(e);
  const format = nameOf(spec);
  const half = format === "float16" || a.storage === STORAGE_FLOAT16 || e.storage === STORAGE_FLOAT16;
  const rtol = TORCH_RTOL[format === "bfloat16" ? format : half ? "float16" : "float32"];
  const { nans, infinities, first, tolerances } = differences(a, e, [
    { defaults: NUMPY, evaluation: evaluationOfNumpy(a, e) },
    { defaults: { rtol, atol: 1e-5, equalNan: false }, evaluation: evaluationOfTorch(a, e) },
  ]);
  const [numpy, torch] = tolerances;
  return {
    schema: COMPARISON_SCHEMA,
    shape: a.shape.slice(),
    dtypes,
    format,
    ...errorsBetween(a, e, spec),
    equalNans: nans,
    equalInfinities: infinities,
    firstDifference: first,
    tolerances: { numpy, torch },
  };
}
