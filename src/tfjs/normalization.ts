// What batch, layer and RMS normalization have in common as layers: settings, gamma and beta, and the operation itself.

import { cast, type Tensor } from "@tensorflow/tfjs-core";
import { type LayerVariable, layers } from "@tensorflow/tfjs-layers";
import { checkBoolean, checkNumber } from "../checks/arguments.js";
import type { Arithmetic, Normalizer, Shaped } from "../index.js";
import {
  arithmetic,
  type ConfigDict,
  type Constraint,
  checkArgs,
  clamped,
  constraint,
  epsilonOf,
  type Initializer,
  initializer,
  type LayerArgs,
  normalizer,
  type Regularizer,
  regularizer,
  serialize,
} from "./config.js";
import { operation, type Values } from "./operation.js";

/** What these layers have beside the arguments of those of TensorFlow.js. */
export interface Settings<N extends Normalizer> {
  /** Default: "l2". The top-k norm takes all elements of a group that has fewer than k. */
  norm?: N | undefined;
  /** Constants that make the deviation of normal data its standard deviation, in place of the paper's C(n). */
  calibrated?: boolean | undefined;
  /** Emulate this arithmetic, forward and backward. Default: native arithmetic. */
  arithmetic?: Arithmetic | undefined;
}

/** Arguments of any of these layers. */
export interface Args extends Settings<Normalizer> {
  axis?: number | number[];
  epsilon?: number;
  center?: boolean;
  scale?: boolean;
  gammaInitializer?: unknown;
  gammaRegularizer?: unknown;
  gammaConstraint?: unknown;
  betaInitializer?: unknown;
  betaRegularizer?: unknown;
  betaConstraint?: unknown;
}

/** Settings as the functions of the package take them, with gamma and beta as `weight` and `bias`. */
export interface Options<N extends Normalizer> {
  norm: N;
  eps: number;
  calibrated: boolean;
  arithmetic: Arithmetic | undefined;
  weight?: Values | undefined;
  bias?: Values | undefined;
}

/** What the functions of gradients give. */
export interface Gradients {
  dx: Shaped;
  dweight: Shaped;
  dbias: Shaped;
}

const PARTS = ["Initializer", "Regularizer", "Constraint"];
const GAMMA = PARTS.map((part) => `gamma${part}`);
const BETA = PARTS.map((part) => `beta${part}`);
/** Arguments of a layer without beta, and of one with it. */
export const UNCENTRED: readonly string[] = ["norm", "calibrated", "arithmetic", "axis", "epsilon", "scale", ...GAMMA];
export const CENTRED: readonly string[] = ["center", ...BETA, ...UNCENTRED];

/** Gamma or beta. */
class Parameter {
  variable: LayerVariable | undefined = undefined;
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;

  constructor(
    readonly name: "gamma" | "beta",
    args: Args,
  ) {
    const fallback = name === "gamma" ? "ones" : "zeros";
    this.initializer = initializer(`${name}Initializer`, args[`${name}Initializer`], fallback);
    this.regularizer = regularizer(`${name}Regularizer`, args[`${name}Regularizer`]);
    this.constraint = constraint(`${name}Constraint`, args[`${name}Constraint`]);
  }

  config(): ConfigDict {
    const { name } = this;
    return {
      [`${name}Initializer`]: serialize(this.initializer),
      [`${name}Regularizer`]: serialize(this.regularizer),
      [`${name}Constraint`]: serialize(this.constraint),
    };
  }
}

/** Settings that are saved with a model as they are. */
interface Saved<N extends Normalizer> {
  axis: number | number[];
  norm: N;
  calibrated: boolean;
  arithmetic: Arithmetic | undefined;
  epsilon: number;
  scale: boolean;
  center?: boolean;
}

export abstract class Normalization<N extends Normalizer> extends layers.Layer {
  protected readonly settings: Saved<N>;
  private readonly parameters: Parameter[] = [];

  /**
   * @param known The arguments that the layer has beside those of every layer.
   * @param centred Whether the mean is subtracted, and beta may be added.
   */
  protected constructor(given: Args | undefined, known: readonly string[], epsilon: number, centred: boolean) {
    const args = checkArgs(given, known);
    super(args as LayerArgs);
    this.supportsMasking = true;
    const norm = normalizer(args.norm, "l2", centred) as N;
    const emulated = arithmetic(args.arithmetic);
    this.settings = {
      axis: args.axis ?? -1,
      norm,
      calibrated: checkBoolean("calibrated", args.calibrated),
      arithmetic: emulated,
      epsilon:
        args.epsilon === undefined ? epsilonOf(epsilon, norm, emulated) : checkNumber("epsilon", args.epsilon, 0),
      scale: checkBoolean("scale", args.scale, true),
    };
    if (centred) this.settings.center = checkBoolean("center", args.center, true);
    if (this.settings.scale) this.parameters.push(new Parameter("gamma", args));
    if (this.settings.center) this.parameters.push(new Parameter("beta", args));
  }

  override getConfig(): ConfigDict {
    const parameters = this.parameters.map((parameter) => parameter.config());
    return Object.assign(super.getConfig(), this.settings, ...parameters);
  }

  protected addParameters(shape: number[]): void {
    for (const parameter of this.parameters) {
      const { name, initializer, regularizer, constraint } = parameter;
      parameter.variable = this.addWeight(name, shape, "float32", initializer, regularizer, true, constraint);
    }
  }

  /**
   * Normalizes by a function of the package and differentiates by another.
   *
   * @param count Elements of a group.
   */
  protected normalize(
    input: Tensor,
    count: number,
    forward: (x: Values, options: Options<N>) => Shaped,
    backward: (dy: Values, x: Values, options: Options<N>) => Gradients,
  ): Tensor {
    const { norm, epsilon, calibrated, arithmetic } = this.settings;
    const { parameters } = this;
    const at = (name: string): number => parameters.findIndex((parameter) => parameter.name === name);
    const options = (values: Values[]): Options<N> => {
      const [weight, bias] = [values[at("gamma")], values[at("beta")]];
      return { norm: clamped(norm, count), eps: epsilon, calibrated, arithmetic, weight, bias };
    };
    const variables = parameters.map(({ variable }) => (variable as LayerVariable).read());
    return operation(
      [cast(input, "float32"), ...variables],
      (x, ...values) => forward(x, options(values)),
      (dy, x, ...values) => {
        const { dx, dweight, dbias } = backward(dy, x, options(values));
        return [dx, ...parameters.map(({ name }) => (name === "gamma" ? dweight : dbias))];
      },
    );
  }
}
