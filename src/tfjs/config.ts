// From arguments of layers to what they stand for, and back to the configuration that is saved with a model.

import { serialization } from "@tensorflow/tfjs-core";
import { constraints, initializers, type layers, regularizers } from "@tensorflow/tfjs-layers";
import { checkOptions, isObject, wrong } from "../checks/arguments.js";
import type { Arithmetic, Normalizer } from "../index.js";
import { checkArithmetic } from "../numerics/arithmetic.js";
import { UNBOUNDED } from "../numerics/constants.js";
import { defaultEps } from "../numerics/eps.js";
import { deviationFactor } from "../numerics/factors.js";
import { checkNorm } from "../numerics/norm.js";

type BatchArgs = NonNullable<Parameters<typeof layers.batchNormalization>[0]>;
/** An argument, once its name is resolved. */
type Resolved<Key extends keyof BatchArgs> = Exclude<NonNullable<BatchArgs[Key]>, string>;

// tfjs-layers does not export the names of these types
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
export type Initializer = Resolved<"gammaInitializer">;
export type Constraint = Resolved<"gammaConstraint">;
export type Regularizer = Resolved<"gammaRegularizer">;
export type Shape = Parameters<layers.Layer["build"]>[0];
export type Kwargs = Parameters<layers.Layer["call"]>[1];
export type ConfigDict = serialization.ConfigDict;

/** Arguments of every layer, and `customObjects`, which tfjs-layers adds to the configuration of a layer that it loads. */
const LAYER_KEYS = [
  "inputShape",
  "batchInputShape",
  "batchSize",
  "dtype",
  "inputDType",
  "name",
  "trainable",
  "weights",
  "customObjects",
];

/** Without the arguments that are null, which is what becomes of undefined in a saved model. */
function given<T extends object>(args: T): T {
  const entries = Object.entries(args).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as T;
}

/** The arguments of a layer; null counts as absent. */
export function checkArgs<T extends object>(args: T | undefined, known: readonly string[]): T {
  return args ? given(checkOptions(args, known.concat(LAYER_KEYS))) : ({} as T);
}

/** The one shape of an input. */
export function shapeOf(inputShape: Shape): (number | null)[] {
  return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as (number | null)[];
}

/** An object of one of the registered classes. */
export function deserialize(name: string, value: unknown): serialization.Serializable {
  if (isObject(value)) {
    const { className, config } = value as { className?: unknown; config?: ConfigDict };
    const { classNameMap } = serialization.SerializationMap.getMap();
    if (typeof className === "string" && Object.hasOwn(classNameMap, className)) {
      const [Class, fromConfig] = classNameMap[className];
      return fromConfig(Class, config ?? {});
    }
  }
  throw wrong(name, "an object of tfjs-layers, or the configuration of a class that is registered", value);
}

/** An initializer, a regularizer or a constraint: by name, as a configuration, or as it is. */
function resolve(name: string, value: unknown, makers: object): unknown {
  if (value === undefined) return undefined;
  if (typeof value === "string" && Object.hasOwn(makers, value)) {
    return (makers as Record<string, (args: object) => unknown>)[value]({});
  }
  if (typeof value === "string") return deserialize(name, { className: value });
  return typeof (value as serialization.Serializable).getConfig === "function" ? value : deserialize(name, value);
}

export const initializer = (name: string, value: unknown, fallback: "zeros" | "ones"): Initializer =>
  resolve(name, value ?? fallback, initializers) as Initializer;
export const constraint = (name: string, value: unknown): Constraint | undefined =>
  resolve(name, value, constraints) as Constraint | undefined;
export const regularizer = (name: string, value: unknown): Regularizer | undefined =>
  resolve(name, value, regularizers) as Regularizer | undefined;

/** What deserialize() takes. */
export function serialize(part: serialization.Serializable | undefined): ConfigDict | null {
  return part ? { className: part.getClassName(), config: part.getConfig() } : null;
}

/** @param centring Whether "none" makes sense. */
export function normalizer<N extends Normalizer>(norm: N | undefined, fallback: N, centring: boolean): N {
  const chosen = isObject(norm) ? (given(norm) as N) : (norm ?? fallback);
  checkNorm(chosen, UNBOUNDED, centring); // k is held against the groups when they are known
  return chosen;
}

/** The norm for groups of so many elements, of which the top-k norm takes all if they are fewer than k. */
export const clamped = <N extends Normalizer>(norm: N, count: number): N =>
  isObject(norm) && "topk" in norm ? ({ topk: Math.min(norm.topk, count) } as N) : norm;

/**
 * The epsilon of a layer where none is given: that of TensorFlow.js' own, or in emulated arithmetic what a group of equal
 * values needs, where that is more.
 */
export function epsilonOf(usual: number, norm: Normalizer, arithmetic: Arithmetic | undefined): number {
  const spec = checkNorm(norm, UNBOUNDED, true);
  // of Lp, alone in adding eps to anything else where the deviation is given, the larger one
  const [within, given] = [false, true].map((given) =>
    defaultEps(checkArithmetic(arithmetic), spec, deviationFactor(spec, 2, false), given, usual),
  );
  return Math.max(within, given);
}

/** tfjs-layers takes "float8_e5m2" in a saved model for a name in snake case, and makes it "float8E5m2". */
const restored = (name: unknown): unknown =>
  typeof name === "string" ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;

export function arithmetic(value: Arithmetic | undefined): Arithmetic | undefined {
  if (value === undefined) return undefined;
  const fields = isObject(value)
    ? Object.entries(given(value)).map(([key, field]) => [key, restored(field)])
    : undefined;
  const result = (fields ? Object.fromEntries(fields) : restored(value)) as Arithmetic;
  checkArithmetic(result);
  return result;
}
