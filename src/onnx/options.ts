// What diagnoseModel() is asked, checked.

import { checkInteger, checkOptions, choose, isObject, wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import type { FormatName } from "../index.js";
import { FORMATS } from "../numerics/format.js";
import type { ModelInputs } from "./inputs.js";
import type { OrtRuntime } from "./runtime.js";
import { RUNTIME_NAMES, type RuntimeName } from "./runtimes.js";

/** A model in float32 is what it is compared with. */
type ModelFormat = Exclude<FormatName, "float32">;
const { float32: _, ...MODEL_FORMATS } = FORMATS;

/** Of `diagnoseModel()`. */
export interface DiagnoseModelOptions {
  /** The module of onnxruntime-web or onnxruntime-node, which runs the model in float32. */
  runtime: OrtRuntime;
  /** Tensors by the names of the model's inputs: of one run, or of several. */
  inputs?: ModelInputs | readonly ModelInputs[] | undefined;
  /**
   * Runs with random inputs by the model's shapes and types, besides those that are given: floats are normal, masks 1, other
   * integers 0 to 9; dimensions of any length are 1 where they come first, 64 where they are the last two of four, else 16. What is found then holds for such data
   * only. Default: 0.
   */
  random?: number | undefined;
  /** Names of the layers to diagnose, or what says of a name whether it is one. Default: all. */
  layers?: readonly string[] | ((name: string) => boolean) | undefined;
  /** What the model is to be converted to. Default: "float16". */
  format?: ModelFormat | undefined;
  /**
   * Whether to run the model with layers replaced by what a kernel gives: with all at once for each kind, and with each by itself
   * where its verdict is not "ok", or with "all" each in any case. Default: true.
   */
  effect?: boolean | "all" | undefined;
  /** The kernels of a runtime besides the four kinds: for float16. */
  target?: RuntimeName | undefined;
  /** Bytes of files that the model has tensors in, by what it calls them. Without it there are none. */
  externalData?: ((location: string, offset: number, length: number | undefined) => Uint8Array) | undefined;
  /** What the model is called in the result. Default: "model". */
  name?: string | undefined;
  /** What the runs are called in the result. Default: "inputs 1" and on. */
  sources?: readonly string[] | undefined;
  /** Is told the part that is done. */
  progress?: ((done: number) => void) | undefined;
}

const KEYS = [
  "runtime",
  "inputs",
  "random",
  "layers",
  "format",
  "effect",
  "target",
  "externalData",
  "name",
  "sources",
  "progress",
];

/** More runs are no more than a mistake. */
const MOST_RUNS = 1000;

/** The same with nothing left out. */
export interface CheckedOptions {
  readonly runtime: OrtRuntime;
  readonly inputs: readonly ModelInputs[];
  readonly random: number;
  readonly isAsked: (name: string) => boolean;
  readonly format: ModelFormat;
  readonly effect: boolean | "all";
  readonly target: RuntimeName | undefined;
  readonly externalData: DiagnoseModelOptions["externalData"];
  readonly name: string;
  readonly sources: readonly string[];
  readonly progress: (done: number) => void;
}

function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== "function") throw wrong(name, "a function", value);
  return value;
}

function runtimeOf(value: unknown): OrtRuntime {
  // a module that is CommonJS may have everything in its default
  const found = isObject(value) && !("InferenceSession" in value) && "default" in value ? value.default : value;
  const { InferenceSession, Tensor } = (isObject(found) ? found : {}) as Partial<OrtRuntime>;
  if (typeof InferenceSession?.create === "function" && typeof Tensor === "function") return found as OrtRuntime;
  throw wrong("runtime", 'the module of "onnxruntime-web" or "onnxruntime-node"', value);
}

function isAskedBy(layers: DiagnoseModelOptions["layers"]): (name: string) => boolean {
  if (layers === undefined) return () => true;
  if (typeof layers === "function") return layers;
  if (!Array.isArray(layers) || !layers.every((each) => typeof each === "string")) {
    throw wrong("layers", "an array of names or a function", layers);
  }
  const names = new Set(layers);
  return (name) => names.has(name);
}

export function checkModelOptions(options: DiagnoseModelOptions): CheckedOptions {
  const o = checkOptions<DiagnoseModelOptions>(options, KEYS);
  const { inputs = [], sources = [], name = "model", effect = true, format = "float16", target } = o;
  const runs = Array.isArray(inputs) ? [...inputs] : [inputs];
  runs.forEach((each, i) => {
    if (!isObject(each)) throw wrong(`inputs[${i}]`, "an object of tensors by name", each);
  });
  const random = checkInteger("random", o.random ?? 0, 0, MOST_RUNS);
  if (!runs.length && !random)
    throw new TypeError('"inputs" or "random" must be given: a model is diagnosed by what it is run on');
  if (typeof effect !== "boolean" && effect !== "all") throw wrong("effect", 'true, false or "all"', effect, "string");
  choose("format", MODEL_FORMATS, format);
  if (target !== undefined) {
    choose("target", Object.fromEntries(RUNTIME_NAMES.map((each) => [each, each])), target);
    if (format !== "float16") throw new RangeError(`"target" is for "format" "float16", got ${describe(format)}`);
  }
  if (typeof name !== "string") throw wrong("name", "a string", name);
  if (!Array.isArray(sources) || !sources.every((each) => typeof each === "string")) {
    throw wrong("sources", "an array of strings", sources);
  }
  return {
    runtime: runtimeOf(o.runtime),
    inputs: runs,
    random,
    isAsked: isAskedBy(o.layers),
    format,
    effect,
    target,
    externalData: checkFunction("externalData", o.externalData),
    name,
    sources,
    progress: checkFunction("progress", o.progress) ?? (() => {}),
  };
}
