// Instances of one's own: the functions of the package on a module and a memory of theirs.

import { KERNELS } from "./abi/kernels.js";
import { checkInteger, checkOptions, wrong } from "./checks/arguments.js";
import { describe } from "./checks/describe.js";
import { empty, memory, tensor } from "./conversion/create.js";
import { fromFloat16, toFloat16 } from "./conversion/float16.js";
import { round } from "./conversion/round.js";
import { compare } from "./diagnosis/compare.js";
import { diagnose } from "./diagnosis/diagnose.js";
import { compileBytes, compileResponse, compileUrl } from "./engine/compile.js";
import { coreBytes } from "./engine/core.generated.js";
import { Engine, within } from "./engine/engine.js";
import type { ResponseLike } from "./engine/response.js";
import { INITIAL_PAGES, MAXIMUM_PAGES, PAGE } from "./engine/sizes.js";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "./layers/layers.js";
import { trelu } from "./layers/trelu.js";
import { boundedWeightNorm, lpNormalize, weightNorm } from "./layers/weights.js";
import { partial } from "./statistics/partial.js";
import { mean, norm, statistics } from "./statistics/reduce.js";
import { tidy } from "./tensor/tidy.js";
import { BatchNorm } from "./training/batch-norm.js";
import { foldBatchNorm } from "./training/fold.js";
import {
  batchNormBackward,
  groupNormBackward,
  instanceNormBackward,
  layerNormBackward,
  rmsNormBackward,
} from "./training/layer-gradients.js";
import { channelNorms, rescaleToNorms } from "./training/learning-rate.js";
import { boundedWeightNormBackward, weightNormBackward } from "./training/weight-gradients.js";

/** The functions that work on an instance. */
const FUNCTIONS = {
  tensor,
  empty,
  memory,
  norm,
  mean,
  statistics,
  partial,
  batchNorm,
  layerNorm,
  instanceNorm,
  groupNorm,
  rmsNorm,
  lpNormalize,
  weightNorm,
  boundedWeightNorm,
  foldBatchNorm,
  channelNorms,
  rescaleToNorms,
  batchNormBackward,
  layerNormBackward,
  instanceNormBackward,
  groupNormBackward,
  rmsNormBackward,
  weightNormBackward,
  boundedWeightNormBackward,
  trelu,
  round,
  toFloat16,
  fromFloat16,
  compare,
  diagnose,
};

/** What serves all instances alike. */
const OF_ALL = { tidy };

/** The classes whose objects work on the instance that they were made on. */
const CLASSES = { BatchNorm };

/**
 * An instance of its own, with its own memory, and all tensor functions bound to it. A tensor of another instance
 * counts as plain data.
 */
export type Halfnorm = Readonly<typeof FUNCTIONS & typeof CLASSES & typeof OF_ALL>;

/** Of `load()`: where the module is, if not beside the script. */
export interface LoadOptions {
  /** Where halfnorm.wasm is, a file: URL too where there are files. */
  url?:
    | string
    | {
        /** As a URL has it. */
        readonly href: string;
      }
    | undefined;
  /** A response with it, or the promise of one. */
  response?: ResponseLike | PromiseLike<ResponseLike> | undefined;
  /** The bytes of halfnorm.wasm. */
  bytes?: ArrayBuffer | ArrayBufferView | undefined;
  /** The compiled module, a WebAssembly.Module, as a bundler or Cloudflare gives it, or as it came from another worker. */
  module?: object | undefined;
  /** The most bytes of memory, rounded down to pages of 64 KiB. Default: 4 GiB. */
  maxBytes?: number | undefined;
}

/** A class as it is, but for the instance that its constructor and its static functions work on. */
function onInstance<T extends new (...given: never[]) => object>(own: Engine, made: T): T {
  return new Proxy(made, {
    construct: (target, given) => within(own, () => Reflect.construct(target, given)),
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (key !== "from") return value;
      return (...given: unknown[]) => within(own, () => (value as (...given: unknown[]) => unknown)(...given));
    },
  });
}

const SOURCES = ["url", "response", "bytes", "module"] as const;

/** The module that the options ask for; undefined: what is embedded. */
async function moduleOf({ url, response, bytes, module }: LoadOptions): Promise<WebAssembly.Module | undefined> {
  if (url !== undefined) return compileUrl(url);
  if (response !== undefined) return compileResponse(await response);
  if (bytes !== undefined) {
    if (ArrayBuffer.isView(bytes) || describe(bytes).endsWith("ArrayBuffer")) return compileBytes(bytes);
    throw wrong("bytes", "an ArrayBuffer or a view of one", bytes);
  }
  if (module === undefined || module instanceof WebAssembly.Module) return module;
  throw wrong("module", "a WebAssembly.Module", module);
}

/**
 * A separate instance, for workers, a strict content security policy, or memory that is given back as a whole. From
 * the embedded module unless one of the sources is given.
 *
 * @throws {TypeError} for options of a wrong type, more than one source, or a module that is another one.
 * @throws {RangeError} for `maxBytes` out of range.
 * @throws {Error} where the module cannot be read or fetched; what WebAssembly.compile throws for what is no module.
 */
export async function load(options?: LoadOptions): Promise<Halfnorm> {
  const o = checkOptions(options, [...SOURCES, "maxBytes"]);
  const given = SOURCES.filter((key) => o[key] !== undefined);
  if (given.length > 1) throw new TypeError(`only one of "${given.join('", "')}" can be given`);
  const maximum = o.maxBytes === undefined ? MAXIMUM_PAGES * PAGE : o.maxBytes;
  const pages = Math.floor(checkInteger("maxBytes", maximum, INITIAL_PAGES * PAGE, MAXIMUM_PAGES * PAGE) / PAGE);
  const source = (await moduleOf(o)) ?? coreBytes();
  // what is embedded is the core alone, as bytes
  const whole = source instanceof WebAssembly.Module;
  const module = whole ? source : await compileBytes(source);
  const exports = WebAssembly.Module.exports(module);
  for (const part of whole ? Object.values(KERNELS) : [KERNELS.core]) {
    for (const name in part) {
      if (!exports.some((entry) => entry.name === name))
        throw new TypeError(`the module is not halfnorm's: no "${name}"`);
    }
  }
  const own = new Engine(module, pages, whole);
  const bound: Record<string, unknown> = { ...OF_ALL };
  for (const [name, call] of Object.entries(FUNCTIONS) as [string, (...given: unknown[]) => unknown][]) {
    bound[name] = (...given: unknown[]) => within(own, () => call(...given));
  }
  for (const [name, made] of Object.entries(CLASSES)) bound[name] = onInstance(own, made);
  return bound as Halfnorm;
}
