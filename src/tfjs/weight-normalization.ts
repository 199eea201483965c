// Layers whose kernel is normalized whenever it is used: dense ones, convolutions and their transposes.

import { scalar, serialization, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type LayerVariable, layers } from "@tensorflow/tfjs-layers";
import { checkAxis, checkBoolean, checkInteger, checkNumber, isObject, wrong } from "../checks/arguments.js";
import {
  type Arithmetic,
  boundedWeightNorm,
  boundedWeightNormBackward,
  type Dense,
  type Norm,
  norm as normOf,
  weightNorm,
  weightNormBackward,
} from "../index.js";
import { MAX_RANK } from "../tensor/shape.js";
import {
  arithmetic,
  type ConfigDict,
  checkArgs,
  clamped,
  deserialize,
  type Initializer,
  type Kwargs,
  type LayerArgs,
  normalizer,
  type Shape,
  serialize,
} from "./config.js";
import { operation, tensorOf, valuesOf } from "./operation.js";

/** Of `weightNormalization()`. */
export interface WeightNormalizationArgs extends LayerArgs {
  /** A layer that has a `kernel`: tf.layers.dense, conv1d, conv2d, conv3d, conv2dTranspose or conv3dTranspose. */
  layer: layers.Layer;
  /** Of the kernel of every output channel. Default: "l2". */
  norm?: Norm | undefined;
  /** The axis of the kernel that is the output channels. Default: -2 for the transposed convolutions, else -1. */
  axis?: number | undefined;
  /** Emulate this arithmetic, forward and backward. Default: native arithmetic. */
  arithmetic?: Arithmetic | undefined;
}

/** Of `boundedWeightNormalization()`. */
export interface BoundedWeightNormalizationArgs extends WeightNormalizationArgs {
  /**
   * The bound, of the norm of every output channel, with `learnable` of the L2 norm of g. Default: what the initial kernel
   * v has, ‖v‖_F / √N for N output channels, with `learnable` ‖g‖₂.
   */
  rho?: number | undefined;
  /** Whether every output channel has a gain g of its own, within the bound. Default: false. */
  learnable?: boolean | undefined;
}

/** What the functions of the package are told about a kernel. */
interface Options {
  norm: Norm;
  axis: number;
  arithmetic: Arithmetic | undefined;
}

/** A layer, as far as it matters here. */
type Inner = layers.Layer & { kernel?: Pick<LayerVariable, "read"> };

const KEYS = ["layer", "norm", "axis", "arithmetic"];

const innerOf = (value: unknown): Inner =>
  (value instanceof layers.Layer ? value : deserialize("layer", value)) as Inner;

/** An initial value that has been computed. */
const valued = (make: () => Tensor): Initializer => ({ apply: make }) as unknown as Initializer;

abstract class KernelWrapper extends layers.Layer {
  protected readonly settings: { norm: Norm; axis: number; arithmetic: Arithmetic | undefined };
  private readonly layer: Inner;

  protected constructor(args: WeightNormalizationArgs) {
    const layer = innerOf(args.layer);
    // as the first layer of a model it says about its input what the inner one would
    const { batchInputShape, dtype, trainable } = layer;
    super({ ...(args.inputShape ? {} : { batchInputShape }), dtype, trainable, ...args });
    layer.trainable = true; // the weights are this layer's now
    this.layer = layer;
    this.supportsMasking = layer.supportsMasking;
    const axis = /Transpose$/.test(layer.getClassName()) ? -2 : -1;
    this.settings = {
      norm: normalizer(args.norm, "l2", false),
      axis: checkInteger("axis", args.axis ?? axis, -MAX_RANK, MAX_RANK - 1),
      arithmetic: arithmetic(args.arithmetic),
    };
  }

  override build(inputShape: Shape): void {
    const { layer } = this;
    if (!layer.built) layer.build(inputShape);
    layer.built = true;
    const { kernel } = layer;
    if (!isObject(kernel)) throw wrong("layer", 'one with a "kernel"', layer.getClassName());
    this._trainableWeights.push(...layer.trainableWeights);
    this.addLoss(layer.losses);
    this.inputSpec = layer.inputSpec;
    const v = kernel.read();
    this.addGains(v, this.optionsOf(v));
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    return tidy(() => {
      const { layer } = this;
      const { kernel } = layer;
      const v = (kernel as LayerVariable).read();
      const w = this.normalized(v, this.optionsOf(v));
      layer.kernel = { read: () => w };
      try {
        return layer.call(inputs, kwargs);
      } finally {
        layer.kernel = kernel;
      }
    });
  }

  /** Adds what the layer has beside the weights of the inner one, from the initial kernel. */
  protected abstract addGains(v: Tensor, options: Options): void;

  protected abstract normalized(v: Tensor, options: Options): Tensor;

  /** The norms of the output channels. */
  protected gains(v: Tensor, { norm, axis }: Options): Dense {
    const axes = v.shape.map((_, i) => i).filter((i) => i !== axis);
    return normOf(valuesOf(v), { norm, axes }) as Dense;
  }

  protected addGain(v: Tensor, options: Options): LayerVariable {
    const initial = valued(() => tensorOf(this.gains(v, options)));
    return this.addWeight("g", [v.shape[options.axis]], "float32", initial, undefined, true);
  }

  private optionsOf(v: Tensor): Options {
    const { norm, arithmetic } = this.settings;
    const axis = checkAxis("axis", this.settings.axis, v.rank);
    return { norm: clamped(norm, v.size / v.shape[axis]), axis, arithmetic };
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.layer.computeOutputShape(inputShape);
  }

  override computeMask(inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.layer.setFastWeightInitDuringBuild(value);
  }

  override getConfig(): ConfigDict {
    return Object.assign(super.getConfig(), this.settings, { layer: serialize(this.layer) }) as ConfigDict;
  }
}

export class WeightNormalization extends KernelWrapper {
  static className = "HalfnormWeightNormalization";

  private g: LayerVariable | undefined;

  constructor(args: WeightNormalizationArgs) {
    super(checkArgs(args, KEYS));
  }

  protected override addGains(v: Tensor, options: Options): void {
    this.g = this.addGain(v, options);
  }

  protected override normalized(v: Tensor, options: Options): Tensor {
    return operation(
      [v, (this.g as LayerVariable).read()],
      (v, g) => weightNorm(v, { ...options, g }),
      (dw, v, g) => {
        const { dv, dg } = weightNormBackward(dw, v, { ...options, g });
        return [dv, dg];
      },
    );
  }
}
serialization.registerClass(WeightNormalization);

export class BoundedWeightNormalization extends KernelWrapper {
  static className = "HalfnormBoundedWeightNormalization";

  private readonly bound: { rho: number | undefined; learnable: boolean };
  private rho: LayerVariable | undefined;
  private g: LayerVariable | undefined;

  constructor(given: BoundedWeightNormalizationArgs) {
    const args = checkArgs(given, [...KEYS, "rho", "learnable"]);
    super(args);
    const rho = args.rho === undefined ? undefined : checkNumber("rho", args.rho, 0);
    this.bound = { rho, learnable: checkBoolean("learnable", args.learnable) };
  }

  protected override addGains(v: Tensor, options: Options): void {
    const { learnable } = this.bound;
    if (learnable) this.g = this.addGain(v, options);
    const initial = valued(() => {
      if (this.bound.rho !== undefined) return scalar(this.bound.rho);
      const values = learnable ? this.gains(v, options) : valuesOf(v);
      const channels = learnable ? 1 : v.shape[options.axis];
      return scalar((normOf(values) as Dense).data[0] / Math.sqrt(channels));
    });
    this.rho = this.addWeight("rho", [], "float32", initial, undefined, false);
  }

  protected override normalized(v: Tensor, options: Options): Tensor {
    const [rho] = (this.rho as LayerVariable).read().dataSync();
    const inputs = this.g ? [v, this.g.read()] : [v];
    return operation(
      inputs,
      (v, g) => boundedWeightNorm(v, { ...options, rho, g }),
      (dw, v, g) => {
        const { dv, dg } = boundedWeightNormBackward(dw, v, { ...options, rho, g });
        return g ? [dv, dg as Dense] : [dv];
      },
    );
  }

  override getConfig(): ConfigDict {
    return Object.assign(super.getConfig(), this.bound) as ConfigDict;
  }
}
serialization.registerClass(BoundedWeightNormalization);
