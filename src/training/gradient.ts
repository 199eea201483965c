// What the gradients of all layers have in common: their options and results, and the way from options to a job.

import * as at from "../abi/plan.js";
import { checkBoolean, checkNumber } from "../checks/arguments.js";
import type { LayerAxes } from "../layers/axes.js";
import { NORMALIZATION_KEYS, type NormalizationOptions } from "../layers/normalize.js";
import { checkGradientArithmetic } from "../numerics/arithmetic.js";
import { defaultEps } from "../numerics/eps.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm } from "../numerics/norm.js";
import { GradientJob } from "../plan/plan.js";
import { fillAll } from "../plan/run.js";
import { differentiate } from "../plan/run-gradient.js";
import { planWalk } from "../plan/walk.js";
import type { Dense, Out, Plain, Shaped, TensorLike } from "../tensor/forms.js";
import { finish, type Operand, parameter } from "../tensor/operand.js";
import { checkOut, checkOverlaps, shapedLike, targetOf } from "../tensor/results.js";
import { checkDType, type Data } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";

/** What is to be filled with the results of a gradient; what is left out is made. */
export interface GradientOut {
  /** It may be exactly `x` or `dy`; an overlap in part is refused. */
  dx?: Out | undefined;
  /** float32. */
  dweight?: Out | undefined;
  /** float32. */
  dbias?: Out | undefined;
}

/** Options of the gradient of a layer: those of the layer itself, whose `bias` changes nothing. */
export interface GradientOptions extends Omit<NormalizationOptions, "out"> {
  /** To be filled with the gradients; what is left out is made. */
  out?: GradientOut | undefined;
}

/** Statistics of the batch, saved from the layer, to save computing them again. */
export interface SavedStatistics {
  /**
   * Means of the groups of `x`, as `statistics` gives them, together with `deviation`. They are taken as they are: what a
   * float32 mean leaves out is lost, about 2^-25 · |mean| / deviation of the normalized values.
   */
  mean?: TensorLike | undefined;
  /** Deviations of the groups without `eps`. */
  deviation?: TensorLike | undefined;
}

/** Gradients of a loss with respect to what a layer was given. */
export interface Gradients<X, Parameter = X> {
  /** Of the shape of `x`; of its dtype unless `dtype` says otherwise. */
  dx: X;
  /** float32, of the length or shape of `weight`, whether one was given or not. */
  dweight: Parameter;
  /** The same for `bias`. */
  dbias: Parameter;
}

/** What was given to be filled, else what is made. */
export type Filled<Given, Made> = Given extends Out ? Given : Made;

/** What an `out` becomes. */
export type GradientsIn<O extends GradientOut> = Gradients<unknown> & {
  dx: Filled<O["dx"], Tensor | Dense>;
  dweight: Filled<O["dweight"], Tensor | Dense<Float32Array>>;
  dbias: Filled<O["dbias"], Tensor | Dense<Float32Array>>;
};

/** The gradient of a layer. Resident for a Tensor `x`, else fresh data, or `out`. */
export interface Backward<Options extends GradientOptions> {
  <O extends GradientOut>(dy: TensorLike, x: TensorLike, options: Options & { out: O }): GradientsIn<O>;
  (dy: TensorLike, x: Tensor, options?: Options): Gradients<Tensor>;
  (
    dy: TensorLike,
    x: Float32Array | Shaped<Float32Array>,
    options?: Options & { dtype?: "float32" | undefined },
  ): Gradients<Dense<Float32Array>>;
  (dy: TensorLike, x: Plain, options?: Options): Gradients<Dense<Data>, Dense<Float32Array>>;
  (dy: TensorLike, x: TensorLike, options?: Options): Gradients<Tensor | Dense, Tensor | Dense<Float32Array>>;
}

/** A Backward with options that must be given. */
export interface BackwardBy<Options extends GradientOptions> {
  <O extends GradientOut>(dy: TensorLike, x: TensorLike, options: Options & { out: O }): GradientsIn<O>;
  (dy: TensorLike, x: Tensor, options: Options): Gradients<Tensor>;
  (
    dy: TensorLike,
    x: Float32Array | Shaped<Float32Array>,
    options: Options & { dtype?: "float32" | undefined },
  ): Gradients<Dense<Float32Array>>;
  (dy: TensorLike, x: Plain, options: Options): Gradients<Dense<Data>, Dense<Float32Array>>;
  (dy: TensorLike, x: TensorLike, options: Options): Gradients<Tensor | Dense, Tensor | Dense<Float32Array>>;
}

export const GRADIENT_KEYS = /* @__PURE__ */ ["mean", "deviation"].concat(NORMALIZATION_KEYS);

/**
 * @param axes What a group and the weight extend over.
 * @param shape Of the gradients of weight and bias.
 * @param share By how much of the deviation of x the saved deviation grows: less than 1 if that is an average with others.
 */
export function gradients(
  dy: TensorLike,
  x: Operand,
  o: GradientOptions & SavedStatistics,
  axes: LayerAxes,
  shape: readonly number[],
  centred = true,
  share = 1,
): Gradients<Out | Dense> {
  const upstream = shapedLike("dy", dy, "x", x);
  const { mean, deviation, out: given } = o;
  const saved = deviation !== undefined;
  if (centred && saved !== (mean !== undefined)) {
    throw new TypeError('"mean" and "deviation" must be given both or neither');
  }
  const { parameters } = axes;
  const walk = planWalk(axes.shape, axes.reduced, axes.weighted);
  const norm = checkNorm(o.norm, walk.count, centred);
  const task = (centred ? at.TASK_CENTRE : 0) | (norm.kind && at.TASK_NORM) | (saved ? at.TASK_SAVED : 0);
  const job = new GradientJob(x, walk, task | at.TASK_APPLY, norm, checkGradientArithmetic(o.arithmetic));
  const factor = deviationFactor(norm, walk.count, checkBoolean("calibrated", o.calibrated));
  job.factor = share * factor;
  // with the statistics of the layer given or not, eps is the one that the layer took
  const { eps = defaultEps(job.numerics, norm, factor) } = o;
  job.eps = checkNumber("eps", eps, 0);
  const out = checkOut(given, ["dx", "dweight", "dbias"]);
  const dx = targetOf("dx", out.dx, x.shape, x.size, checkDType("dtype", o.dtype), x);
  const dweight = targetOf("dweight", out.dweight, shape, parameters, at.STORAGE_FLOAT32, x);
  const dbias = targetOf("dbias", out.dbias, shape, parameters, at.STORAGE_FLOAT32, x);
  job.dy = upstream;
  job.y = dx;
  job.dweight = dweight;
  job.dbias = dbias;
  if (job.numerics) job.parameters = planWalk(axes.shape, ((1 << axes.shape.length) - 1) ^ axes.weighted, 0);
  job.weight = parameter("weight", o.weight, parameters);
  parameter("bias", o.bias, parameters);
  job.mean = parameter("mean", mean, walk.groups);
  job.deviation = parameter("deviation", deviation, walk.groups);
  if (given) {
    const read = { dy: upstream, x, weight: job.weight, mean: job.mean, deviation: job.deviation };
    checkOverlaps({ dx, dweight, dbias }, read);
  }
  if (x.size) differentiate(job);
  else fillAll([dx, dweight, dbias], 0);
  return { dx: finish(dx), dweight: finish(dweight), dbias: finish(dbias) };
}
