// Batch normalization by any norm, as a layer of TensorFlow.js.

import { add, mul, serialization, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { InputSpec, type LayerVariable, type layers } from "@tensorflow/tfjs-layers";
import { checkAxis, checkNumber, wrong } from "../checks/arguments.js";
import { batchNorm, batchNormBackward, mean as meanOf, type Normalizer, type Shaped, statistics } from "../index.js";
import { sizeOf } from "../tensor/shape.js";
import {
  type ConfigDict,
  type Initializer,
  initializer,
  type Kwargs,
  type Shape,
  serialize,
  shapeOf,
} from "./config.js";
import { type Args, CENTRED, type Gradients, Normalization, type Options, type Settings } from "./normalization.js";
import { one, tensorOf, type Values, valuesOf } from "./operation.js";

type BatchArgs = NonNullable<Parameters<typeof layers.batchNormalization>[0]>;

/**
 * The arguments of tf.layers.batchNormalization, with its defaults (momentum 0.99 is what the moving averages keep, epsilon
 * is 1e-3, axis -1), and what is to be normalized by. There is a moving deviation in place of the moving variance.
 */
export interface BatchNormalizationArgs extends Omit<BatchArgs, "movingVarianceInitializer">, Settings<Normalizer> {
  /** Of the moving average of the deviations. Default: "ones". */
  movingDeviationInitializer?: BatchArgs["movingVarianceInitializer"];
}

const KEYS = [...CENTRED, "momentum", "movingMeanInitializer", "movingDeviationInitializer"];

/** Axes but one. */
const except = (rank: number, axis: number): number[] =>
  Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);

/** The gradients of (x - mean) · inverse · weight + bias, where only x, weight and bias are variables. */
function linearGradients(
  dy: Values,
  x: Values,
  axis: number,
  mean: Float32Array,
  inverse: Float32Array,
  weight: Float32Array,
): Gradients {
  const channels = mean.length;
  const inner = sizeOf(x.shape, axis + 1);
  const dx = new Float32Array(x.data.length);
  const dweight = new Float64Array(channels);
  const dbias = new Float64Array(channels);
  dy.data.forEach((g, i) => {
    const channel = Math.floor(i / inner) % channels;
    dx[i] = g * weight[channel] * inverse[channel];
    dweight[channel] += g * (x.data[i] - mean[channel]) * inverse[channel];
    dbias[channel] += g;
  });
  const vector = (sums: Float64Array): Values => ({ data: Float32Array.from(sums), shape: [channels] });
  return { dx: { data: dx, shape: x.shape }, dweight: vector(dweight), dbias: vector(dbias) };
}

export class BatchNormalization extends Normalization<Normalizer> {
  static className = "HalfnormBatchNormalization";

  private readonly momentum: number;
  private readonly movingMeanInitializer: Initializer;
  private readonly movingDeviationInitializer: Initializer;
  private movingMean: LayerVariable | undefined;
  /** Not for norm "none", which has none. */
  private movingDeviation: LayerVariable | undefined;

  constructor(args?: BatchNormalizationArgs) {
    super(args as Args, KEYS, 1e-3, true);
    const { momentum, movingMeanInitializer, movingDeviationInitializer } = args ?? {};
    this.momentum = checkNumber("momentum", momentum ?? 0.99, 0);
    if (this.momentum > 1) throw wrong("momentum", "a number in [0, 1]", momentum, "number");
    this.movingMeanInitializer = initializer("movingMeanInitializer", movingMeanInitializer, "zeros");
    this.movingDeviationInitializer = initializer("movingDeviationInitializer", movingDeviationInitializer, "ones");
  }

  override build(inputShape: Shape): void {
    const shape = shapeOf(inputShape);
    const axis = checkAxis("axis", this.settings.axis, shape.length);
    const channels = shape[axis];
    if (channels === null) throw wrong("inputShape", `of known size along axis ${axis}`, shape, "object");
    this.inputSpec = [new InputSpec({ ndim: shape.length, axes: { [axis]: channels } })];
    this.addParameters([channels]);
    const add = (name: string, initializer: Initializer): LayerVariable =>
      this.addWeight(name, [channels], "float32", initializer, undefined, false);
    this.movingMean = add("moving_mean", this.movingMeanInitializer);
    if (this.settings.norm !== "none") this.movingDeviation = add("moving_deviation", this.movingDeviationInitializer);
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      const x = one(inputs);
      const axis = checkAxis("axis", this.settings.axis, x.rank);
      return kwargs?.training ? this.train(x, axis) : this.infer(x, axis);
    });
  }

  private train(x: Tensor, axis: number): Tensor {
    let follow = (): void => {};
    const y = this.normalize(
      x,
      x.size / x.shape[axis],
      (values, options) => {
        follow = () => this.follow(values, axis, options);
        return batchNorm(values, { ...options, axis });
      },
      (dy, values, options) => batchNormBackward(dy, values, { ...options, axis }),
    );
    follow(); // not within the operation, which is to make one tensor and no other
    return y;
  }

  private infer(x: Tensor, axis: number): Tensor {
    const mean = valuesOf((this.movingMean as LayerVariable).read());
    const ones = new Float32Array(mean.data.length).fill(1);
    const deviation = this.movingDeviation ? valuesOf(this.movingDeviation.read()) : ones;
    return this.normalize(
      x,
      Infinity,
      (values, options) => batchNorm(values, { ...options, axis, mean, deviation }),
      (dy, values, options) => {
        // what 1 becomes about a mean of 0, by the rule of the norm for eps
        const { norm, eps, arithmetic } = options;
        const zeros = new Float32Array(ones.length);
        const inverse = batchNorm(
          { data: ones, shape: [1, ones.length] },
          { norm, eps, arithmetic, mean: zeros, deviation },
        );
        return linearGradients(dy, values, axis, mean.data, inverse.data, options.weight?.data ?? ones);
      },
    );
  }

  /** Lets the moving averages follow a batch. */
  private follow(x: Values, axis: number, { norm, calibrated, arithmetic }: Options<Normalizer>): void {
    const axes = except(x.shape.length, axis);
    if (norm === "none") {
      this.average(this.movingMean, meanOf(x, { axes, arithmetic }));
    } else {
      const { mean, deviation } = statistics(x, { norm, axes, calibrated, arithmetic });
      this.average(this.movingMean, mean);
      this.average(this.movingDeviation, deviation);
    }
  }

  private average(moving: LayerVariable | undefined, batch: Shaped): void {
    const { momentum } = this;
    moving?.write(tidy(() => add(mul(moving.read(), momentum), mul(tensorOf(batch), 1 - momentum))));
  }

  override getConfig(): ConfigDict {
    return Object.assign(super.getConfig(), {
      momentum: this.momentum,
      movingMeanInitializer: serialize(this.movingMeanInitializer),
      movingDeviationInitializer: serialize(this.movingDeviationInitializer),
    });
  }
}
serialization.registerClass(BatchNormalization);
