// Batch norm with a state: running statistics, learnable weight and bias, and what the gradient needs.

import { STORAGE_FLOAT32, TASK_APPLY, TASK_CENTRE, TASK_NORM } from "../abi/plan.js";
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkSize,
  isObject,
  wrong,
} from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { checkState, fromJson, toJson } from "../checks/saved-state.js";
import { type Engine, engine, within } from "../engine/engine.js";
import { batchAxes, type LayerAxes } from "../layers/axes.js";
import { normalize } from "../layers/normalize.js";
import { type Arithmetic, checkArithmetic } from "../numerics/arithmetic.js";
import { MOST_TOP } from "../numerics/constants.js";
import { defaultEps } from "../numerics/eps.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm, type Normalizer, sameNorm, showNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import { Job } from "../plan/plan.js";
import { run } from "../plan/run.js";
import { planWalk } from "../plan/walk.js";
import type { Dense, Out, OutputOptions, Plain, TensorLike } from "../tensor/forms.js";
import { checkOverlap, finish, Operand, operand, parameter, target } from "../tensor/operand.js";
import { MAX_RANK } from "../tensor/shape.js";
import { checkDType, type DType } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BatchNormParameters, BatchNormSettings, BatchNormState } from "./batch-norm-forms.js";
import { type GradientOptions, type Gradients, gradients } from "./gradient.js";

const SCHEMA = "halfnorm.batchnorm/1";
const SETTING_KEYS = ["channels", "norm", "axis", "eps", "momentum", "calibrated", "ghost", "arithmetic"];
const CONSTRUCTOR_KEYS = /* @__PURE__ */ SETTING_KEYS.concat("affine", "weight", "bias");
const LISTS = ["runningMean", "runningDeviation", "ghostDeviation", "weight", "bias"] as const;
const STATE_KEYS = /* @__PURE__ */ SETTING_KEYS.concat("numBatches", LISTS);
/** Of the paper's code. */
const GHOST = 0.75;

const OUTPUT_KEYS = ["dtype", "out"];
const MOST_CHANNELS = 0xffffffff;

/** What backward() needs of a train(). */
interface Saved {
  readonly x: TensorLike;
  readonly weight: Float32Array | undefined;
  readonly mean: Float32Array;
  /** That was divided by, without eps. */
  readonly deviation: Float32Array;
  /** Of the batch in it. */
  readonly share: number;
}

/** (1 - share) · old + share · latest. */
const blend = (old: Float32Array, latest: Float32Array, share: number): Float32Array =>
  old.map((value, c) => (1 - share) * value + share * latest[c]);

/** A copy of a norm or an arithmetic with its formats, each field of which is read once; what is undefined is left out. */
function copyOf<T>(value: T, depth = 2): T {
  if (!isObject(value) || !depth) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, copyOf(field, depth - 1)])) as T;
}

/** A number in [0, 1]. */
function checkShare(name: string, value: unknown): number {
  const number = checkNumber(name, value, 0);
  if (number > 1) throw wrong(name, "a number in [0, 1]", value, "number");
  return number;
}

/**
 * Batch norm that is trained, as torch.nn.BatchNorm1d, 2d and 3d, by any norm: `train()` normalizes by the statistics of the
 * batch and keeps running ones, `infer()` applies those, `backward()` gives the gradients of the last `train()`.
 *
 * Running statistics begin with 0 and 1 and take `(1 - momentum) · running + momentum · batch` of every batch, the first
 * one included, as PyTorch does. What is averaged is the deviation S itself without eps, as the forward pass divides by it:
 * neither its square nor its inverse, and with n, not n - 1, in the denominator. (PyTorch averages the unbiased variance;
 * other norms than L2 have no such correction, and for n = 1,024 elements it is half a thousandth.) So inference divides by
 * what training divided by, on average. A NaN or an infinity in a batch stays in the running statistics of its channel.
 *
 * With `ghost`, training by a top-k norm divides by the average S̄ = Σ_i m^(t-i) S_i / Σ_i m^(t-i) over the batches 1 to t,
 * m = 0.75. The paper's code multiplies the constant C(n) into its average again at every step, so that it settles at 0.25
 * / (1 - 0.75 C(n)) of the scale, 0.40 for n = 128; this one settles at the scale. The mean is that of the batch.
 */
export class BatchNorm {
  /** Number of channels. */
  readonly channels: number;
  /** The norm that is divided by. */
  readonly norm: Normalizer;
  /** The axis of the channels, as it was given. */
  readonly axis: number;
  /** What is added: under the root for L2, to S for the other norms. */
  readonly eps: number;
  /** Whether constants make S the standard deviation of normal data, in place of the paper's C(n). */
  readonly calibrated: boolean;
  /** The arithmetic that is emulated; undefined: native. */
  readonly arithmetic: Arithmetic | undefined;
  /** Share of the average so far in that which training divides by; undefined: it divides by the batch's own. */
  readonly ghost: number | undefined;
  /** Learnt, one per channel; to be changed in place or replaced. */
  weight: Float32Array | undefined;
  /** Learnt, one per channel; to be changed in place or replaced. */
  bias: Float32Array | undefined;
  /** Running mean, one per channel; 0 at first. */
  readonly runningMean: Float32Array;
  /** Running S without eps, one per channel; 1 at first. */
  readonly runningDeviation: Float32Array;
  /** Batches that were trained on. */
  #numBatches = 0;
  #momentum: number | null = 0.1;
  #ghostDeviation: Float32Array | undefined;
  #engine: Engine = engine();
  #saved: Saved | undefined;

  /**
   * With running statistics of no batch yet.
   *
   * @throws {TypeError} for a wrong type or an unknown setting.
   * @throws {RangeError} for a wrong value.
   */
  constructor(settings: BatchNormSettings) {
    if (!isObject(settings)) throw wrong("settings", "an object", settings);
    const o = checkOptions(settings, CONSTRUCTOR_KEYS);
    const channels = checkInteger("channels", o.channels, 1, MOST_CHANNELS);
    const { norm = "l2", axis, ghost, momentum, weight, bias } = o;
    this.channels = channels;
    this.norm = copyOf(norm);
    const spec = checkNorm(this.norm, MOST_TOP, true);
    this.axis = axis === undefined ? 1 : checkInteger("axis", axis, -MAX_RANK, MAX_RANK - 1);
    this.arithmetic = copyOf(o.arithmetic);
    const numerics = checkArithmetic(this.arithmetic);
    // what inference needs, which adds eps to the deviation, is enough for training
    const { eps = defaultEps(numerics, spec, 1, true) } = o;
    this.eps = checkNumber("eps", eps, 0);
    this.calibrated = checkBoolean("calibrated", o.calibrated);
    if (ghost !== undefined && ghost !== false) {
      if (!isObject(this.norm) || !("topk" in this.norm))
        throw wrong("ghost", "absent but for { topk }", ghost, typeof ghost);
      this.ghost = ghost === true ? GHOST : checkShare("ghost", ghost);
      if (this.ghost === 1) throw wrong("ghost", "below 1", 1, "number");
      this.#ghostDeviation = new Float32Array(channels);
    }
    if (momentum !== undefined) this.momentum = momentum;
    if (checkBoolean("affine", o.affine, true)) {
      const values = (name: string, from: TensorLike | undefined, value: number): Float32Array => {
        const given = parameter(name, from, channels);
        return given ? valuesOf(given) : new Float32Array(channels).fill(value);
      };
      this.weight = values("weight", weight, 1);
      this.bias = values("bias", bias, 0);
    } else if (weight !== undefined || bias !== undefined) {
      throw new TypeError('"weight" and "bias" must be absent where "affine" is false');
    }
    this.runningMean = new Float32Array(channels);
    this.runningDeviation = new Float32Array(channels).fill(1);
  }

  /**
   * Share of the batch in the running statistics, in [0, 1]; null: the average of all batches.
   *
   * @throws {TypeError} for a wrong type.
   * @throws {RangeError} for a number beyond [0, 1].
   */
  get momentum(): number | null {
    return this.#momentum;
  }

  set momentum(value: number | null) {
    this.#momentum = value === null ? null : checkShare("momentum", value);
  }

  /** Batches that were trained on. */
  get numBatches(): number {
    return this.#numBatches;
  }

  /**
   * Normalizes a batch by its own statistics, as `batchNorm()` does, and takes them into the running ones. `x` is kept
   * for `backward()`, not copied: leave it as it is until then. `out` must not overlap it.
   *
   * @throws {TypeError} for a wrong type or an unknown option; nothing has changed then.
   * @throws {RangeError} for a wrong value or shape, among them a channel of one element, whose deviation is 0, with nothing
   * changed; or when memory cannot grow.
   */
  train<Y extends Out>(x: TensorLike, options: OutputOptions & { out: Y }): Y;
  train(x: Tensor, options?: OutputOptions): Tensor;
  train(x: Plain, options?: OutputOptions): Dense;
  train(x: TensorLike, options?: OutputOptions): Tensor | Dense;
  train(x: TensorLike, options?: OutputOptions): Out | Dense {
    return within(this.#engine, () => this.#train(x, checkOptions(options, OUTPUT_KEYS)));
  }

  /**
   * Normalizes by the running statistics; the result in the shape of `x`.
   *
   * @throws {TypeError} for a wrong type or an unknown option; nothing has been written then.
   * @throws {RangeError} for a wrong value or shape, with nothing written; or when memory cannot grow.
   */
  infer<Y extends Out>(x: TensorLike, options: OutputOptions & { out: Y }): Y;
  infer(x: Tensor, options?: OutputOptions): Tensor;
  infer(x: Plain, options?: OutputOptions): Dense;
  infer(x: TensorLike, options?: OutputOptions): Tensor | Dense;
  infer(x: TensorLike, options?: OutputOptions): Out | Dense {
    return within(this.#engine, () => {
      const { dtype, out } = checkOptions(options, OUTPUT_KEYS);
      return this.#apply(operand("x", x), this.runningMean, this.runningDeviation, dtype, out);
    });
  }

  /**
   * Gradients by the batch of the last `train()`, with the weight that it had then.
   *
   * With `ghost`, the average that `train()` divided by is differentiated as far as it depends on the batch.
   *
   * @param dy The gradient of what `train()` returned, of its shape.
   * @returns See `batchNormBackward()`.
   * @throws {Error} without a `train()` before.
   * @throws {TypeError} for a wrong type or an unknown option.
   * @throws {RangeError} for a wrong value or shape, or when memory cannot grow.
   */
  backward(
    dy: TensorLike,
    options?: Pick<GradientOptions, "dtype" | "out">,
  ): Gradients<Tensor | Dense, Tensor | Dense<Float32Array>> {
    const saved = this.#saved;
    if (!saved) throw new Error("backward() needs a train() before it");
    const { x, weight, mean, deviation, share } = saved;
    const { norm, axis, eps, calibrated, arithmetic } = this;
    const { dtype, out } = checkOptions(options, OUTPUT_KEYS);
    // emulated, the statistics have to be those of that arithmetic to the bit
    const statistics = arithmetic && share === 1 ? {} : { mean, deviation };
    const given = { norm, axis, eps, calibrated, arithmetic, weight, dtype, out, ...statistics };
    return within(this.#engine, () => {
      const input = operand("x", x);
      return gradients(dy, input, given, batchAxes(input, axis), [this.channels], true, share);
    }) as Gradients<Tensor | Dense, Tensor | Dense<Float32Array>>;
  }

  /** What inference takes: `batchNorm(x, { axis, ...layer.parameters() })` is `layer.infer(x)`. */
  parameters(): BatchNormParameters {
    const { norm, eps, runningMean: mean, runningDeviation: deviation, weight, bias } = this;
    return { norm, eps, mean, deviation, weight, bias };
  }

  /** Everything but what `backward()` needs, as plain data for JSON.stringify(). */
  state(): BatchNormState {
    const { channels, norm, axis, eps, momentum, calibrated, ghost, arithmetic, weight, bias } = this;
    return {
      schema: SCHEMA,
      channels,
      norm: copyOf(norm),
      axis,
      eps,
      momentum,
      calibrated,
      ghost: ghost ?? null,
      arithmetic: copyOf(arithmetic) ?? null,
      numBatches: this.numBatches,
      runningMean: toJson(this.runningMean),
      runningDeviation: toJson(this.runningDeviation),
      ghostDeviation: this.#ghostDeviation ? toJson(this.#ghostDeviation) : null,
      weight: weight ? toJson(weight) : null,
      bias: bias ? toJson(bias) : null,
    };
  }

  /**
   * Takes the running statistics, the weight and the bias of a state; the settings stay. What `backward()` needs is gone
   * then.
   *
   * @throws {TypeError} for a wrong type; nothing has changed then.
   * @throws {RangeError} for a state of another norm or number of channels, with or without a weight, a bias, or a ghost
   * average where this has none or one; nothing has changed then.
   */
  restore(state: BatchNormState): void {
    const given = checkState("state", state, SCHEMA, STATE_KEYS);
    const { norm, channels } = this;
    if (!sameNorm(checkNorm(norm, MOST_TOP, true), checkNorm(given.norm, MOST_TOP, true))) {
      throw new RangeError(`"state.norm" must be ${showNorm(norm)}, got ${showNorm(given.norm)}`);
    }
    if (given.channels !== channels) throw wrong("state.channels", String(channels), given.channels, "number");
    const numBatches = checkInteger("state.numBatches", given.numBatches, 0, Number.MAX_SAFE_INTEGER);
    const own = this.#lists();
    const made = LISTS.map((list) => {
      if (own[list] === undefined) {
        if (given[list] !== null) throw wrong(`state.${list}`, "null, since there is none", given[list], "object");
        return undefined;
      }
      return fromJson(`state.${list}`, given[list], channels, list.endsWith("Deviation") ? 0 : undefined);
    });
    LISTS.forEach((list, i) => {
      own[list]?.set(made[i] as Float64Array);
    });
    this.#numBatches = numBatches;
    this.#saved = undefined;
  }

  /**
   * A BatchNorm from its state, which may come from anywhere: all of it is checked.
   *
   * @throws {TypeError} for a wrong type, or what is missing or unknown.
   * @throws {RangeError} for a wrong value.
   */
  static from(state: BatchNormState): BatchNorm {
    const given = checkState("state", state, SCHEMA, STATE_KEYS);
    const { channels, norm, axis, eps, momentum, calibrated, ghost, arithmetic, weight, bias, runningMean } = given;
    if (!Array.isArray(runningMean)) throw wrong("state.runningMean", "an array of numbers", runningMean);
    // no memory for channels that are not there
    checkSize("state.runningMean", checkInteger("channels", channels, 1, MOST_CHANNELS), runningMean.length);
    const made = new BatchNorm({
      channels,
      norm,
      axis,
      eps,
      momentum,
      calibrated,
      ghost: ghost ?? undefined,
      arithmetic: arithmetic ?? undefined,
    });
    if (weight === null) made.weight = undefined;
    if (bias === null) made.bias = undefined;
    made.restore(given);
    return made;
  }

  #lists(): Record<(typeof LISTS)[number], Float32Array | undefined> {
    const { runningMean, runningDeviation, weight, bias } = this;
    return { runningMean, runningDeviation, ghostDeviation: this.#ghostDeviation, weight, bias };
  }

  #checkChannels(x: Operand): LayerAxes {
    // where there is but one axis, x is what is wrong
    const axes = batchAxes(x, this.axis === 1 ? undefined : this.axis);
    if (axes.parameters !== this.channels) {
      throw new RangeError(
        `"x" must have ${this.channels} channels on axis ${this.axis}, got ${axes.parameters} in ${describe(x.shape)}`,
      );
    }
    return axes;
  }

  #apply(x: Operand, mean: Float32Array, deviation: Float32Array, dtype?: DType, out?: Out): Out | Dense {
    const { shape, reduced, weighted, parameters } = this.#checkChannels(x);
    const { norm, eps, arithmetic, weight, bias } = this;
    const o = { norm, eps, arithmetic, weight, bias, mean, deviation, dtype, out };
    return normalize(x, o, shape, reduced, weighted, parameters);
  }

  #train(x: TensorLike, o: OutputOptions): Out | Dense {
    const input = operand("x", x);
    const { shape, reduced, weighted } = this.#checkChannels(input);
    const { channels } = this;
    const walk = planWalk(shape, reduced, weighted);
    if (walk.count < 2) {
      throw new RangeError(`"x" must have at least 2 elements of each channel to train on, got ${walk.count}`);
    }
    const norm = checkNorm(this.norm, walk.count, true);
    const { dtype, out } = o;
    const y = target(out, shape, input.size, checkDType("dtype", dtype), input);
    checkOverlap(y, "x", input);
    const task = TASK_CENTRE | (norm.kind && TASK_NORM) | (this.#ghostDeviation ? 0 : TASK_APPLY);
    const job = new Job(input, walk, task, norm, checkArithmetic(this.arithmetic));
    job.eps = this.eps;
    job.factor = deviationFactor(norm, walk.count, this.calibrated);
    job.weight = parameter("weight", this.weight, channels);
    job.bias = parameter("bias", this.bias, channels);
    checkOverlap(y, "weight", job.weight);
    checkOverlap(y, "bias", job.bias);
    job.mean = new Operand(undefined, 0, [channels], channels, STORAGE_FLOAT32);
    if (norm.kind) job.deviation = new Operand(undefined, 0, [channels], channels, STORAGE_FLOAT32);
    if (!this.#ghostDeviation) job.y = y;
    run(job);
    const mean = job.mean.array as Float32Array;
    const batch = (job.deviation?.array ?? new Float32Array(channels).fill(1)) as Float32Array;
    const batches = this.#numBatches + 1;
    let result: Out | Dense;
    let deviation = batch;
    let share = 1;
    if (this.#ghostDeviation) {
      // of the average Σ m^(t-i) S_i / Σ m^(t-i) the latest has (1 - m) / (1 - m^t)
      const m = this.ghost as number;
      share = (1 - m) / (1 - m ** batches);
      deviation = blend(this.#ghostDeviation, batch, share);
      result = this.#apply(input, mean, deviation, dtype, out);
      this.#ghostDeviation = deviation;
    } else result = finish(y);
    const rate = this.#momentum ?? 1 / batches;
    this.runningMean.set(blend(this.runningMean, mean, rate));
    this.runningDeviation.set(blend(this.runningDeviation, batch, rate));
    this.#numBatches = batches;
    this.#saved = { x, weight: this.weight?.slice(), mean, deviation, share };
    return result;
  }
}
