/** Norms, means, deviations and outputs of float32 data as real numbers: what native arithmetic is measured against. */
import { compensatedSum } from "./compensated.js";
import { isPower, type Norm, powerOf } from "./emulated.js";
import * as exact from "./exact.js";
import { Exact } from "./exact.js";

type Data = ArrayLike<number> & Iterable<number>;

/** (sum |x - centre|^p over n or 1)^(1/p), in float64 with the largest taken out: relative error below 1e-12. */
function powerMean(x: Data, p: number, centre: Exact, over: number): Exact {
  const high = centre.toNumber();
  const low = centre.minus(Exact.of(high)).toNumber();
  const sizes = Float64Array.from(x, (value) => Math.abs(value - high - low));
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return exact.ZERO;
  const sum = compensatedSum(sizes.map((size) => (size / largest) ** p));
  return Exact.of(largest).times(Exact.of((sum / over) ** (1 / p)));
}

/** The norm of a vector. */
export function vectorNorm(norm: Norm, x: Data): Exact {
  if (norm === "l1") return exact.exactAbsSum(x);
  if (norm === "l2") return exact.exactSquareSum(x).sqrt();
  if (norm === "linf") return exact.exactFarthest(x, 1)[0];
  if (norm === "range") return spread(x);
  if (isPower(norm)) return powerMean(x, powerOf(norm), exact.ZERO, 1);
  return exact.meanOf(exact.exactFarthest(x, norm.topk));
}

function spread(x: Data): Exact {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of x) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return Exact.float32(most).minus(Exact.float32(least));
}

/** The statistic of x - centre with a constant: a deviation without eps. The centre is the mean, or zero for RMS norm. */
export function deviation(norm: Norm, x: Data, constant: number, centre: Exact = exact.exactMean(x)): Exact {
  return rawDeviation(norm, x, centre).times(Exact.of(constant));
}

function rawDeviation(norm: Norm, x: Data, centre: Exact): Exact {
  const n = new Exact(BigInt(x.length));
  if (norm === "range") return spread(x);
  if (norm === "linf") return exact.exactFarthest(x, 1, centre)[0];
  if (isPower(norm)) return powerMean(x, powerOf(norm), centre, x.length);
  if (typeof norm === "object") return exact.meanOf(exact.exactFarthest(x, norm.topk, centre));
  if (centre.sign === 0) {
    return norm === "l1" ? exact.exactAbsSum(x).over(n) : exact.exactSquareSum(x).over(n).sqrt();
  }
  return norm === "l1" ? exact.exactMeanAbsDeviation(x) : exact.exactVariance(x).sqrt();
}

/** The scale S of a deviation, in float64: eps goes under the root for L2 and Lp, beside the deviation for the others. */
export function scale(norm: Norm, deviation: number, constant: number, eps: number): number {
  if (norm === "l2") return Math.sqrt(deviation * deviation + eps);
  if (!isPower(norm)) return deviation + eps;
  const p = powerOf(norm);
  return constant * ((deviation / constant) ** p + eps) ** (1 / p);
}

/** (x - mean) / S in float64, the mean taken in two parts so that a large one costs no digits. */
export function normalized(x: Data, mean: Exact, scale: number): Float64Array {
  const high = mean.toNumber();
  const low = mean.minus(Exact.of(high)).toNumber();
  return Float64Array.from(x, (value) => (value - high - low) / scale);
}
