// Options of diagnose that are for models.

import { RUNTIME_NAMES, type RuntimeName } from "../../onnx/runtimes.js";
import { UsageError } from "../terminal/errors.js";
import type { Options, Values } from "../terminal/options.js";
import { FORMATS, integer, oneOf, optional } from "../terminal/values.js";

/** A model in float32 is what it is compared with. */
const MODEL_FORMATS = FORMATS.filter((name) => name !== "float32");

export const MODEL_OPTIONS = {
  input: {
    type: "string",
    multiple: true,
    value: "FILE",
    help: "Of a model: .npz or .safetensors with its inputs by name, for one run.",
  },
  random: {
    type: "string",
    value: "N",
    help: "Of a model: N runs on random inputs by its shapes and types; what is found holds for such data only.",
  },
  runtime: {
    type: "string",
    value: "NAME",
    help: `Of a model: also judge each layer by the kernel that a runtime has for it: ${RUNTIME_NAMES.join(", ")}.`,
  },
  layers: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: "Of a model: diagnose the layers of this name; * and ? stand for other signs. Default: all.",
  },
  format: {
    type: "string",
    value: "FORMAT",
    help: `Of a model: what it is to be converted to: ${MODEL_FORMATS.join(", ")}. Default: float16.`,
  },
  keep: {
    type: "string",
    value: "FILE",
    help: "Of a model: write the names of the nodes to keep in float32 as JSON, { node_block_list: [...] }.",
  },
  effect: {
    type: "string",
    value: "WHICH",
    help: "Of a model: run it with layers replaced: with all at once and each that is not ok (needed, the default), with each (all), or not (none).",
  },
} as const satisfies Options;

/** Options of diagnose that go with models, too. */
const ALSO = ["json", "html", "fail-on"];

export const isModel = (name: string): boolean => /\.onnx$/i.test(name);

/** What was asked of a model. */
export interface ModelQuestion {
  readonly inputs: readonly string[];
  readonly random: number;
  readonly runtime: RuntimeName | undefined;
  readonly layers: readonly string[] | undefined;
  readonly format: (typeof MODEL_FORMATS)[number];
  readonly keep: string | undefined;
  readonly effect: boolean | "all";
}

const EFFECTS = { needed: true, all: "all", none: false } as const;

/** @throws {UsageError} for an option that does not go with models. */
export function modelQuestion(values: Readonly<Record<string, unknown>>): ModelQuestion {
  const strange = Object.keys(values).find((name) => !Object.hasOwn(MODEL_OPTIONS, name) && !ALSO.includes(name));
  if (strange !== undefined) throw new UsageError(`--${strange} is for tensors, not for a model`);
  const own = values as Values<typeof MODEL_OPTIONS>;
  const inputs = own.input ?? [];
  const random = optional(own.random, (text) => integer("random", text, 0, 1000)) ?? 0;
  if (!inputs.length && !random) {
    throw new UsageError("a model is diagnosed by what it is run on: --input FILE with its inputs, or --random N");
  }
  const runtime = optional(own.runtime, (text) => oneOf("runtime", text, RUNTIME_NAMES));
  const format = oneOf("format", own.format ?? "float16", MODEL_FORMATS);
  if (runtime && format !== "float16") throw new UsageError("--runtime is for --format float16");
  return {
    inputs,
    random,
    runtime,
    layers: own.layers,
    format,
    keep: own.keep,
    effect: EFFECTS[oneOf("effect", own.effect ?? "needed", Object.keys(EFFECTS) as (keyof typeof EFFECTS)[])],
  };
}

/** @throws {UsageError} for options of models, where there is none. */
export function checkNoModel(values: Readonly<Record<string, unknown>>): void {
  const strange = Object.keys(MODEL_OPTIONS).find((name) => values[name] !== undefined);
  if (strange !== undefined) throw new UsageError(`--${strange} is for a model, a file that ends with .onnx`);
}
