// Normalization over the last axes of every sample: with centring, and without.

import { serialization, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { checkAxes, wrong } from "../checks/arguments.js";
import {
  layerNorm,
  layerNormBackward,
  type Norm,
  type Normalizer,
  rmsNorm,
  rmsNormBackward,
  type Shaped,
} from "../index.js";
import { sizeOf } from "../tensor/shape.js";
import { type Constraint, type Kwargs, type Shape, shapeOf } from "./config.js";
import {
  type Args,
  CENTRED,
  type Gradients,
  Normalization,
  type Options,
  type Settings,
  UNCENTRED,
} from "./normalization.js";
import { one, type Values } from "./operation.js";

type LayerNormArgs = NonNullable<Parameters<typeof layers.layerNormalization>[0]>;
type ConstraintArg = Constraint | string;

/** The arguments of tf.layers.layerNormalization, with its defaults (epsilon 1e-3), and what is to be normalized by. */
export interface LayerNormalizationArgs extends LayerNormArgs, Settings<Normalizer> {
  /** The last axis, or all from one of them to the last. Default: -1. */
  axis?: number | number[];
  /** Of the weight gamma, as TensorFlow.js has it. Default: none. */
  gammaConstraint?: ConstraintArg;
  /** Of the bias beta, as TensorFlow.js has it. Default: none. */
  betaConstraint?: ConstraintArg;
}

/** The arguments of keras.layers.RMSNormalization, with its default epsilon 1e-6, and what is to be normalized by. */
export interface RmsNormalizationArgs
  extends Omit<LayerNormalizationArgs, "norm" | "center" | `beta${string}`>,
    Settings<Norm> {}

/** Options with the first of the normalized axes. */
type OfAxis<N extends Normalizer> = Options<N> & { axis: number };

abstract class LastAxes<N extends Normalizer> extends Normalization<N> {
  /** The function of the package. */
  protected abstract forward(x: Values, options: OfAxis<N>): Shaped;
  /** Its gradient. */
  protected abstract backward(dy: Values, x: Values, options: OfAxis<N>): Gradients;

  override build(inputShape: Shape): void {
    const shape = shapeOf(inputShape);
    const normalized = shape.slice(this.first(shape.length));
    if (normalized.includes(null))
      throw wrong("inputShape", "of known size along the normalized axes", shape, "object");
    this.addParameters(normalized as number[]);
    this.built = true;
  }

  /** The first of the normalized axes. */
  protected first(rank: number): number {
    const { axis } = this.settings;
    const set = checkAxes(axis, rank);
    const rest = (1 << rank) - set; // one bit if the set goes on to the last axis
    if (!set || rest & (rest - 1))
      throw wrong("axis", "the last axis or all axes from one to the last", axis, typeof axis);
    return Math.log2(rest);
  }

  override call(inputs: Tensor | Tensor[], _kwargs: Kwargs): Tensor {
    return tidy(() => {
      const x = one(inputs);
      const axis = this.first(x.rank);
      return this.normalize(
        x,
        sizeOf(x.shape, axis),
        (values, options) => this.forward(values, { ...options, axis }),
        (dy, values, options) => this.backward(dy, values, { ...options, axis }),
      );
    });
  }
}

export class LayerNormalization extends LastAxes<Normalizer> {
  static className = "HalfnormLayerNormalization";

  constructor(args?: LayerNormalizationArgs) {
    super(args as Args, CENTRED, 1e-3, true);
  }

  protected override forward(x: Values, options: OfAxis<Normalizer>): Shaped {
    return layerNorm(x, options);
  }

  protected override backward(dy: Values, x: Values, options: OfAxis<Normalizer>): Gradients {
    return layerNormBackward(dy, x, options);
  }
}
serialization.registerClass(LayerNormalization);

export class RmsNormalization extends LastAxes<Norm> {
  static className = "HalfnormRmsNormalization";

  constructor(args?: RmsNormalizationArgs) {
    super(args as Args, UNCENTRED, 1e-6, false);
  }

  protected override forward(x: Values, options: OfAxis<Norm>): Shaped {
    return rmsNorm(x, options);
  }

  protected override backward(dy: Values, x: Values, options: OfAxis<Norm>): Gradients {
    return rmsNormBackward(dy, x, options);
  }
}
serialization.registerClass(RmsNormalization);
