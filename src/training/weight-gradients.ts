// Gradients of weight norm and bounded weight norm.

import * as at from "../abi/plan.js";
import { checkAxis, checkNumber, checkOptions } from "../checks/arguments.js";
import { engine } from "../engine/engine.js";
import { boundedGains, type Gains, givenGains, runWithRest } from "../layers/gains.js";
import { type BoundedWeightNormOptions, except, type WeightNormOptions } from "../layers/weights.js";
import { checkGradientArithmetic } from "../numerics/arithmetic.js";
import { checkNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import { GradientJob } from "../plan/plan.js";
import { fillAll } from "../plan/run.js";
import { deliver, differentiate } from "../plan/run-gradient.js";
import { planWalk } from "../plan/walk.js";
import type { Dense, Out, Plain, Shaped, TensorLike } from "../tensor/forms.js";
import { finish, Operand, operand, parameter, required } from "../tensor/operand.js";
import { checkOut, checkOverlaps, shapedLike, targetOf } from "../tensor/results.js";
import { checkDType, type Data } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Filled } from "./gradient.js";

/** What is to be filled with the results; what is left out is made. */
export interface WeightGradientOut {
  /** It may be exactly `v` or `dw`; an overlap in part is refused. */
  dv?: Out | undefined;
  /** float32. */
  dg?: Out | undefined;
}

/** Of `weightNormBackward()`: those of the forward call. */
export interface WeightNormBackwardOptions extends Omit<WeightNormOptions, "out"> {
  /** To be filled with the gradients; what is left out is made. */
  out?: WeightGradientOut | undefined;
}

/** Of `boundedWeightNormBackward()`: those of the forward call, and the sums that gradients are added to. */
export interface BoundedWeightNormBackwardOptions extends Omit<BoundedWeightNormOptions, "out"> {
  /** To be filled with the gradients; what is left out is made. */
  out?: WeightGradientOut | undefined;
}

/** Gradients of a loss with respect to what a weight norm was given. */
export interface WeightGradients<V, G = V> {
  /** Of the shape of `v`; of its dtype unless `dtype` says otherwise. */
  dv: V;
  /** float32, one per output channel. */
  dg: G;
}

type FilledWeights<O extends WeightGradientOut> = {
  dv: Filled<O["dv"], Tensor | Dense>;
  dg: Filled<O["dg"], Tensor | Dense<Float32Array>>;
};

/** The gradient of weight norm. Resident for a Tensor `v`, else fresh data, or `out`. */
export interface WeightBackward<Options extends WeightNormBackwardOptions> {
  <O extends WeightGradientOut>(dw: TensorLike, v: TensorLike, options: Options & { out: O }): FilledWeights<O>;
  (dw: TensorLike, v: Tensor, options: Options): WeightGradients<Tensor>;
  (
    dw: TensorLike,
    v: Float32Array | Shaped<Float32Array>,
    options: Options & { dtype?: "float32" | undefined },
  ): WeightGradients<Dense<Float32Array>>;
  (dw: TensorLike, v: Plain, options: Options): WeightGradients<Dense<Data>, Dense<Float32Array>>;
  (dw: TensorLike, v: TensorLike, options: Options): WeightGradients<Tensor | Dense, Tensor | Dense<Float32Array>>;
}

/** The gradient of bounded weight norm; there is a `dg` when there is a `g`. */
export interface BoundedWeightBackward<Options extends BoundedWeightNormBackwardOptions> {
  <O extends WeightGradientOut>(
    dw: TensorLike,
    v: TensorLike,
    options: Options & { out: O },
  ): Pick<FilledWeights<O>, "dv"> & Partial<FilledWeights<O>>;
  (dw: TensorLike, v: Tensor, options: Options & { g: TensorLike }): WeightGradients<Tensor>;
  (
    dw: TensorLike,
    v: Float32Array | Shaped<Float32Array>,
    options: Options & { g: TensorLike; dtype?: "float32" | undefined },
  ): WeightGradients<Dense<Float32Array>>;
  (dw: TensorLike, v: Plain, options: Options & { g: TensorLike }): WeightGradients<Dense<Data>, Dense<Float32Array>>;
  (dw: TensorLike, v: Tensor, options?: Options): { dv: Tensor; dg?: Tensor };
  (
    dw: TensorLike,
    v: Float32Array | Shaped<Float32Array>,
    options?: Options & { dtype?: "float32" | undefined },
  ): { dv: Dense<Float32Array>; dg?: Dense<Float32Array> };
  (dw: TensorLike, v: Plain, options?: Options): { dv: Dense<Data>; dg?: Dense<Float32Array> };
  (dw: TensorLike, v: TensorLike, options?: Options): { dv: Tensor | Dense; dg?: Tensor | Dense<Float32Array> };
}

const KEYS = ["g", "norm", "axis", "arithmetic", "dtype", "out"];
const BOUNDED_KEYS = /* @__PURE__ */ ["rho"].concat(KEYS);

/** The job of both: the gradient of v / ‖v‖ times a gain for each channel. The gains are still missing. */
class Prepared {
  constructor(
    readonly job: GradientJob,
    readonly dv: Operand,
    /** Undefined where there is no g. */
    readonly dg: Operand | undefined,
    readonly g: Operand | undefined,
    readonly channels: number,
    readonly axis: number,
  ) {}
}

function prepare(dw: TensorLike, v: TensorLike, o: BoundedWeightNormBackwardOptions, needed: boolean): Prepared {
  const input = operand("v", v);
  const upstream = shapedLike("dw", dw, "v", input);
  const { axis: asked, out: given } = o;
  const axis = checkAxis("axis", asked, input.shape.length, 0);
  const channels = input.shape[axis];
  const g = (needed ? required : parameter)("g", o.g as TensorLike, channels);
  const reduced = except(input.shape, axis);
  const walk = planWalk(input.shape, reduced, 1 << axis);
  const norm = checkNorm(o.norm, walk.count, false);
  const task = at.TASK_NORM | at.TASK_TOTAL | at.TASK_APPLY;
  const job = new GradientJob(input, walk, task, norm, checkGradientArithmetic(o.arithmetic));
  const out = checkOut(given, g ? ["dv", "dg"] : ["dv"]);
  const dv = targetOf("dv", out.dv, input.shape, input.size, checkDType("dtype", o.dtype), input);
  const dg = g && targetOf("dg", out.dg, [channels], channels, at.STORAGE_FLOAT32, input);
  job.dy = upstream;
  job.y = dv;
  if (job.numerics) job.parameters = planWalk(input.shape, reduced, 0);
  if (given) checkOverlaps({ dv, dg }, { dw: upstream, v: input, g });
  return new Prepared(job, dv, dg, g, channels, axis);
}

function run({ job, axis }: Prepared, { gains, rest }: Gains): void {
  job.weight = gains;
  try {
    runWithRest(job, differentiate, axis, rest);
  } catch (error) {
    for (const to of [job.dweight, job.other]) to?.tensor?.dispose();
    throw error;
  }
}

/** dg from the gradients h with respect to the gains ρ / ‖g‖ · g_i, with ρ a constant. */
function project(job: GradientJob, dg: Operand, g: Float32Array, h: Float32Array, rho: number | undefined): void {
  let square = 0;
  let dot = 0;
  for (let i = 0; i < g.length; i++) {
    square += g[i] * g[i];
    dot += g[i] * h[i];
  }
  const length = Math.sqrt(square);
  const factor = square ? (rho ?? length) / length : 0;
  const own = engine();
  own.heap.begin();
  const address = own.heap.scratch(g.length * 4);
  const values = own.heap.f32.subarray(address / 4, address / 4 + g.length);
  for (let i = 0; i < g.length; i++) values[i] = factor && factor * (h[i] - (g[i] * dot) / square);
  if (job.numerics) {
    own.setFormat(at.FORMAT_COMPUTE, job.numerics.compute);
    own.kernels.round(address, address, g.length, at.MODE_NEAREST_EVEN, 0);
  }
  deliver(own, dg, values, 0);
}

/**
 * The gradient of `weightNorm`, w = g · v / ‖v‖ for every output channel: dg = G · u and
 * dv = g / ‖v‖ · (G - (G · u) · ∂‖v‖/∂v), with G = dw, u = v / ‖v‖. For ∂‖v‖/∂v by norm see {@link Norm}.
 *
 * The gradients of a channel of norm 0 are NaN, as its weights are.
 *
 * @param dw The gradient with respect to w, of the shape of v.
 * @see Salimans and Kingma, arXiv 1602.07868; the other norms: Hoffer et al., arXiv 1803.01814.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const weightNormBackward = ((dw: TensorLike, v: TensorLike, options: WeightNormBackwardOptions) => {
  const prepared = prepare(dw, v, checkOptions(options, KEYS), true);
  const { job, dv, dg, g } = prepared;
  job.dweight = dg as Operand;
  if (job.x.size) run(prepared, givenGains(g as Operand, !!job.numerics));
  else fillAll([dv, job.dweight], 0);
  return { dv: finish(dv), dg: finish(job.dweight) };
}) as WeightBackward<WeightNormBackwardOptions>;

/**
 * The gradient of `boundedWeightNorm`, as that of {@link weightNormBackward} with ρ, or ρ / ‖g‖₂ · g_i, in the place of g. ρ
 * counts as a constant: give the one of the training, or it is taken from v or g as they are now. With `g`, and h the
 * gradients with respect to the norms of the channels, dg = ρ / ‖g‖₂ · (h - g · (g · h) / ‖g‖₂²); 0 when all of g is 0.
 * With `arithmetic`, h is emulated, and dg follows in float64, rounded to the format at the end.
 *
 * @param dw The gradient with respect to w, of the shape of v.
 * @see Hoffer et al., *Norm matters*, arXiv 1803.01814; with `g`, their published code.
 * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
 * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
 */
export const boundedWeightNormBackward = ((
  dw: TensorLike,
  v: TensorLike,
  options?: BoundedWeightNormBackwardOptions,
) => {
  const o = checkOptions(options, BOUNDED_KEYS);
  const { rho } = o;
  if (rho !== undefined) checkNumber("rho", rho, 0);
  const prepared = prepare(dw, v, o, false);
  const { job, dv, dg, g, channels } = prepared;
  // the gradients with respect to the gains
  const h = new Float32Array(channels);
  job.dweight = new Operand(h, 0, [channels], channels, at.STORAGE_FLOAT32);
  if (job.x.size) {
    const gains = boundedGains(job.x, channels, g, rho, !!job.numerics);
    job.other = dg;
    const values = g && valuesOf(g);
    run(prepared, gains);
    if (values && dg) project(job, dg, values, h, rho);
  } else fillAll([dv, dg], 0);
  return dg ? { dv: finish(dv), dg: finish(dg) } : { dv: finish(dv) };
}) as BoundedWeightBackward<BoundedWeightNormBackwardOptions>;
