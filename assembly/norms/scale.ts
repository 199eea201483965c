// From the raw statistic of a group (a sum, a greatest magnitude, ...) to deviation and scale, in float64.

import {
  CONSTANT,
  COUNT,
  EPS,
  NORM,
  NORM_L1,
  NORM_L2,
  NORM_POWER,
  NORM_TOP,
  POWER,
  SCALE,
  SCALE_DIVIDE,
  SCALE_GAIN,
  TASK,
  TASK_GIVEN,
  TASK_TOTAL,
  TOP,
} from "../../src/abi/plan";
import { power, scaleByPower } from "../lanes/power";

/** The deviation of d (or the norm of x) from the raw statistic; `exponent`: what it was scaled by (see `rescue`). */
export function deviationFrom(raw: f64, exponent: i32): f64 {
  const norm = load<i32>(NORM);
  const constant = load<f64>(CONSTANT);
  const n = load<i32>(TASK) & TASK_TOTAL ? 1.0 : load<f64>(COUNT);
  switch (norm) {
    case NORM_L1:
      return constant * (raw / n);
    case NORM_L2:
      return constant * sqrt(raw / n);
    case NORM_TOP:
      return constant * (raw / <f64>load<i32>(TOP));
    case NORM_POWER:
      return constant * scaleByPower(power(raw / n, 1 / load<f64>(POWER)), exponent);
    default:
      return constant * raw;
  }
}

/** S: the deviation with eps by the norm's own rule. */
function scaleFrom(deviation: f64): f64 {
  const eps = load<f64>(EPS);
  const norm = load<i32>(NORM);
  if (norm == NORM_L2) return sqrt(deviation * deviation + eps);
  if (norm == NORM_POWER && !(load<i32>(TASK) & TASK_GIVEN)) {
    // c (mean + eps)^(1/p), with the mean taken back from the deviation; a mean that leaves float64 leaves eps behind
    const p = load<f64>(POWER);
    const constant = load<f64>(CONSTANT);
    const mean = power(deviation / constant, p);
    if (eps == 0 || !(mean < Infinity)) return deviation;
    return constant * power(mean + eps, 1 / p);
  }
  return deviation + eps;
}

/** The factor from d to the output before the weight. */
export function factorFrom(deviation: f64, gain: usize, group: i32): f64 {
  const scale = load<i32>(SCALE);
  // a group of zeros stays as it is (ONNX LpNormalization)
  if (scale == SCALE_DIVIDE) return deviation == 0 ? 1 : 1 / deviation;
  if (scale == SCALE_GAIN) return <f64>load<f32>(gain + ((<usize>group) << 2)) / deviation;
  return 1 / scaleFrom(deviation);
}

/**
 * A factor beyond float32 is applied in two steps: the power of two that this returns first, then the rest. 1 for
 * ordinary factors.
 */
export function firstStep(factor: f64): f32 {
  const size = abs(factor);
  if (size > 1e38 && size < Infinity) return 1.8446744073709552e19; // 2^64
  if (size < 1e-37 && size > 0) return 5.421010862427522e-20; // 2^-64
  return 1;
}
