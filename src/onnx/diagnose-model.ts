// A model in a low precision: each normalization under each kind of kernel, and what becomes of the model's outputs.

import { format as formatOf, toFloat16 } from "../index.js";
import { FORMATS } from "../numerics/format.js";
import { effectOf, worseEffects } from "./effects.js";
import { findNormalizations, nameOf } from "./find.js";
import { type Graph, type GraphNode, graphOf } from "./graph.js";
import { givenInputs, randomInputs } from "./inputs.js";
import { emulated } from "./judge.js";
import { kindOfKernel, kindsOf } from "./kinds.js";
import { along, type LayerCall, layerCall, type Parameters, type Values } from "./layer-call.js";
import { LayerState } from "./layer-state.js";
import { isLike } from "./likeness.js";
import type { Normalization, NotReached } from "./normalization.js";
import { type CheckedOptions, checkModelOptions, type DiagnoseModelOptions } from "./options.js";
import { floatsOf, numbersOf } from "./ort-values.js";
import { partModel } from "./part-model.js";
import { partOrder, tensorsOf } from "./part-order.js";
import { PartRunner, type World } from "./part-runner.js";
import { ModelError, type ModelProto, readModel, type TensorProto } from "./proto.js";
import { isProblem, type Limits, limitsOf, type Range, rangeOf } from "./ranges.js";
import { type Effect, MODEL_SCHEMA, type ModelDiagnosis, type ModelLayer } from "./result.js";
import { createSession, type OrtData, type OrtSession, type OrtTensor, releaseSession, runSession } from "./runtime.js";
import { decidesOf, kernelOf } from "./runtimes.js";
import { blocksOf, constantOf, type External } from "./values.js";
import { messageOf, quote } from "./words.js";

/** Bytes of what worlds hold side by side. */
const WORLDS_BYTES = 2 ** 27;
const MOST_WORLDS = 8;

/** What a model is run on, and how that is called in messages. */
interface Run {
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly words: string;
}

/** A world with replaced outputs: of one layer, or of all. */
interface Job {
  readonly kind: number;
  readonly layer: LayerState | undefined;
}

/** Elements of tensors that are in other files. */
const externalOf =
  (read: CheckedOptions["externalData"]): External =>
  ({ name, external }: TensorProto) => {
    const location = external?.get("location");
    if (!read || location === undefined) {
      throw new ModelError(
        `has tensor ${quote(name)} in another file${location === undefined ? "" : `, ${quote(location)}`}: "externalData" is not given`,
      );
    }
    const [offset, length] = ["offset", "length"].map((key) => external?.get(key));
    return read(location, Number(offset ?? 0), length === undefined ? undefined : Number(length));
  };

class ModelRun {
  private readonly states: readonly LayerState[];
  private readonly stateOf: ReadonlyMap<Normalization, LayerState>;
  private readonly constants = new Map<string, Values>();
  private readonly ranges = new Map<string, Range>();
  private readonly allEffects: (Effect[] | undefined)[] = [];
  private readonly limits: Limits;
  private readonly notReached: NotReached[];
  private readonly runner: PartRunner;
  private readonly kindNames: readonly string[];

  constructor(
    private readonly model: ModelProto,
    private readonly graph: Graph,
    private readonly o: CheckedOptions,
    private readonly external: External,
  ) {
    const { found, notReached } = findNormalizations(graph, model.functions, external);
    this.notReached = [...notReached];
    const layers: Normalization[] = [];
    const kinds = kindsOf(o.format);
    const states: LayerState[] = [];
    for (const layer of found) {
      const name = nameOf(layer.nodes[layer.nodes.length - 1]);
      if (!o.isAsked(name)) continue;
      const maker = graph.producers.get(layer.output);
      if (!maker || maker.constant) {
        this.notReached.push({ name, why: "is of a constant, and the same in every run" });
        continue;
      }
      const opset = model.opsets.get("") ?? 0;
      const own = o.target && kindOfKernel(kernelOf(o.target, layer, opset));
      layers.push(layer);
      states.push(new LayerState(layer, name, own ? [...kinds, own] : kinds, o.format));
    }
    this.states = states;
    this.stateOf = new Map(states.map((state) => [state.layer, state]));
    this.kindNames = [...kinds.map(({ name }) => name), ...(o.target ? [o.target] : [])];
    this.limits = limitsOf(formatOf(FORMATS[o.format]));
    this.runner = new PartRunner(o.runtime, model, graph, partOrder(graph, layers), external);
  }

  async all(): Promise<ModelDiagnosis> {
    const { inputs, random, runtime, progress } = this.o;
    const total = inputs.length + random;
    const runs: { source: string }[] = [];
    await this.readConstants();
    this.readInitializers();
    try {
      for (let i = 0; i < total; i++) {
        const given = inputs[i];
        const feeds = given
          ? givenInputs(runtime, this.graph, given)
          : randomInputs(runtime, this.graph, i - inputs.length);
        const source = given ? (this.o.sources[i] ?? `inputs ${i + 1}`) : `random, seed ${i - inputs.length}`;
        runs.push({ source });
        const words = given ? source : "random inputs, which it may not be made for";
        await this.one({ feeds, words }, (done) => progress((i + done) / total));
      }
    } finally {
      await this.runner.release();
    }
    return this.result(runs);
  }

  /** Weights that are constant, but not as they are in the file. */
  private async readConstants(): Promise<void> {
    const computed = new Set<string>();
    for (const { layer } of this.states) {
      for (const name of tensorsOf(layer)) {
        const isConstant = this.graph.initializers.has(name) || this.graph.producers.get(name)?.constant;
        if (!isConstant || this.constants.has(name)) continue;
        const found = constantOf(this.graph, name, this.external);
        if (found) this.constants.set(name, found);
        else computed.add(name);
      }
    }
    if (!computed.size) return;
    const names = [...computed];
    const bytes = partModel(this.model, this.graph, [], [], names, this.external);
    let session: OrtSession | undefined;
    try {
      session = await createSession(this.o.runtime, bytes);
      for (const [name, tensor] of await runSession(session, {}, names)) {
        const values = numbersOf(tensor);
        if (values) this.constants.set(name, { dims: tensor.dims, values });
      }
    } catch (error) {
      throw new ModelError(
        `has weights that cannot be computed, ${names.slice(0, 3).map(quote).join(", ")}: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    } finally {
      await releaseSession(session);
    }
  }

  /** What the file has in it: weights, and what nodes Constant give. */
  private readInitializers(): void {
    const read = (name: string, tensor: TensorProto, node: string): void => {
      if (tensor.type !== 1 && tensor.type !== 11) return;
      for (const block of blocksOf(tensor, this.external)) this.noteRange(name, block, node);
    };
    for (const [name, tensor] of this.graph.initializers) read(name, tensor, "");
    for (const node of this.graph.nodes) {
      if (node.op !== "Constant" || node.domain) continue;
      const [value, one, several] = ["value", "value_float", "value_floats"].map((key) => node.attributes.get(key));
      if (value?.t) read(node.outputs[0], value.t, nameOf(node));
      const floats = one?.f === undefined ? several?.floats : [one.f];
      if (floats) this.noteRange(node.outputs[0], floats, nameOf(node));
    }
  }

  private noteRange(name: string, values: ArrayLike<number>, node: string): void {
    this.ranges.set(name, rangeOf(values, this.limits, node, this.ranges.get(name)));
  }

  /** One run of the model, and as many with outputs replaced as there is something to be told from. */
  private async one(run: Run, progress: (done: number) => void): Promise<void> {
    const { effect } = this.o;
    for (const [name, tensor] of run.feeds) {
      const values = floatsOf(tensor);
      if (values) this.noteRange(name, values, "");
    }
    const together: Job[] = effect ? this.kindNames.map((_, kind) => ({ kind, layer: undefined })) : [];
    // the first pass is the longest: it has the diagnoses
    await this.pass(run, together, true, (done) => progress(0.6 * done));
    const single: Job[] = [];
    // one layer is all of them
    if (effect && this.states.length > 1) {
      for (const layer of this.states) {
        layer.judgements.forEach(({ kernel }, kind) => {
          if (kernel && (effect === "all" || kernel.verdict !== "ok")) single.push({ kind, layer });
        });
      }
    }
    const side = Math.max(1, Math.min(MOST_WORLDS, Math.floor(WORLDS_BYTES / (4 * this.runner.largestBytes))));
    for (let i = 0; i < single.length; i += side) {
      await this.pass(run, single.slice(i, i + side), false, (done) =>
        progress(0.6 + (0.4 * (i + side * done)) / single.length),
      );
    }
    progress(1);
  }

  private async pass(
    { feeds, words }: Run,
    jobs: readonly Job[],
    first: boolean,
    progress: (done: number) => void,
  ): Promise<void> {
    const worlds: World[] = [feeds, ...jobs.map(() => feeds)].map((each) => new Map(each));
    await this.runner.run(worlds, {
      source: words,
      ...(first && {
        tensor: (name: string, tensor: OrtTensor, node: GraphNode) => {
          const values = floatsOf(tensor);
          if (values) this.noteRange(name, values, nameOf(node));
        },
      }),
      layer: (layer) => this.layer(this.stateOf.get(layer) as LayerState, worlds, jobs, first),
      progress,
    });
    const [base] = worlds;
    jobs.forEach(({ kind, layer }, i) => {
      const found = this.graph.outputs.flatMap(({ name }) => {
        const [was, is] = [base.get(name), worlds[i + 1].get(name)];
        return (was && is && effectOf(name, was, is)) || [];
      });
      if (layer) layer.addEffect(kind, found);
      else {
        this.allEffects[kind] = worseEffects(this.allEffects[kind], found);
        if (this.states.length === 1) this.states[0].addEffect(kind, found);
      }
    });
  }

  /** What is normalized in a world, with its parameters; a string says why it is nothing that can be diagnosed. */
  private callOf({ layer }: LayerState, world: World): { call: LayerCall; dims: readonly number[] } | string {
    const tensors = layer.inputs.map((name): Values | undefined => this.valuesOf(name, world, floatsOf));
    const [first] = tensors;
    if (!first || tensors.includes(undefined)) return "is of no floating-point tensor";
    const { dims } = first;
    const axes = [...dims.keys()];
    let x = first.values as Float32Array;
    if (tensors.length > 1) {
      x = Float32Array.from(x);
      for (const other of tensors.slice(1)) {
        const addend = along(other, dims, axes) as Float32Array;
        for (let i = 0; i < x.length; i++) x[i] += addend[i];
      }
    }
    const parameter = (name: string | undefined): Values | undefined =>
      name === undefined ? undefined : this.valuesOf(name, world, numbersOf);
    const parameters: Parameters = {
      weight: parameter(layer.weight),
      bias: parameter(layer.bias),
      mean: parameter(layer.mean),
      variance: parameter(layer.variance),
    };
    const call = layerCall(layer, x instanceof Float32Array ? x : Float32Array.from(x), dims, parameters);
    return typeof call === "string" ? call : { call, dims };
  }

  private valuesOf(
    name: string,
    world: World,
    read: (tensor: OrtTensor) => ArrayLike<number> | undefined,
  ): Values | undefined {
    const constant = this.constants.get(name);
    if (constant) return constant;
    const tensor = world.get(name);
    const values = tensor && read(tensor);
    return values && { dims: (tensor as OrtTensor).dims, values };
  }

  /** Judges a layer in the model as it is, and replaces its output in the others. */
  private layer(state: LayerState, worlds: readonly World[], jobs: readonly Job[], first: boolean): void {
    if (state.refused !== undefined) return;
    const [base] = worlds;
    const own = this.callOf(state, base);
    if (typeof own === "string") {
      state.refused = own;
      return;
    }
    const { output, inputs } = state.layer;
    const was = base.get(output) as OrtTensor;
    if (first) {
      try {
        if (was.type === "float32" && !isLike(state.layer, own.call, was.data as Float32Array)) {
          state.refused = "is written like a normalization, and gives something else";
          return;
        }
        state.add(own.call, own.dims);
      } catch (error) {
        // more dimensions than there may be, an eps below 0: the others are told of all the same
        if (!(error instanceof RangeError)) throw error;
        state.refused = `cannot be diagnosed: ${messageOf(error)}`;
        return;
      }
    }
    jobs.forEach(({ kind, layer }, i) => {
      const world = worlds[i + 1];
      if (layer && layer !== state) return;
      const same = inputs.every((name) => world.get(name) === base.get(name));
      const there = same ? own : this.callOf(state, world);
      if (typeof there === "string") return;
      const y = emulated(there.call, state.kinds[kind], this.o.format);
      world.set(output, this.like(world.get(output) ?? was, y));
    });
  }

  /** A tensor with other elements. */
  private like({ type, dims }: OrtTensor, values: Float32Array): OrtTensor {
    let data: OrtData = values;
    if (type === "float16") data = toFloat16(values);
    else if (type === "float64") data = Float64Array.from(values);
    return new this.o.runtime.Tensor(type, data, dims);
  }

  private result(runs: { source: string }[]): ModelDiagnosis {
    const { name, format, target, random } = this.o;
    const layers: ModelLayer[] = [];
    for (const state of this.states) {
      const { result, refused } = state;
      if (result) layers.push(result);
      else this.notReached.push({ name: state.name, why: refused ?? "was not run" });
    }
    const keep: Record<string, string[]> = {};
    let unnamed = 0;
    this.kindNames.forEach((kind, i) => {
      const failed = layers.filter(({ kernels }) => kernels[i]?.verdict === "failed").flatMap(({ nodes }) => nodes);
      unnamed = Math.max(unnamed, failed.filter((each) => !each).length);
      keep[kind] = [...new Set(failed.filter(Boolean))];
    });
    const notes: string[] = [];
    if (random)
      notes.push(
        "Inputs were made at random, by the model's shapes and types: what is found holds for such data only.",
      );
    if (!layers.length) notes.push("No normalization was diagnosed.");
    if (unnamed)
      notes.push(
        `${unnamed} of the nodes to keep in float32 have no name, which lists of names need: give the nodes of the model names first.`,
      );
    if (target) notes.push(`${target}: ${decidesOf(target)}.`);
    const problems = [...this.ranges]
      .filter(([, range]) => isProblem(range, this.limits))
      .map(([tensor, range]) => ({ tensor, ...range }))
      .sort((a, b) => (b.maxAbs ?? 0) - (a.maxAbs ?? 0));
    const effects = this.kindNames.flatMap((kind, i): [string, Effect[]][] => {
      const found = this.allEffects[i];
      return found ? [[kind, found]] : [];
    });
    return {
      schema: MODEL_SCHEMA,
      model: name,
      format,
      runtime: target ?? null,
      runs,
      layers,
      ...(effects.length > 0 && layers.length > 0 && { effect: Object.fromEntries(effects) }),
      ranges: problems,
      keep,
      notReached: this.notReached,
      notes,
    };
  }
}

/**
 * Runs an ONNX model in float32, diagnoses each of its normalizations under the four kinds of kernels that runtimes have for a
 * low precision, and tries what becomes of the model's outputs with the layers replaced by what such kernels give. `keep` lists
 * the nodes to keep in float32.
 *
 * The model is run part by part; what is captured is diagnosed and dropped. Normalizations are operators (LayerNormalization,
 * RMSNormalization, GroupNormalization and others) and those that exporters write out in small ones.
 *
 * @param bytes Of the .onnx file.
 * @throws {TypeError} for options and inputs of a wrong type.
 * @throws {RangeError} for wrong values of options, and inputs of a wrong shape.
 * @throws {ModelError} for what is no model, or cannot be run.
 */
export async function diagnoseModel(bytes: Uint8Array, options: DiagnoseModelOptions): Promise<ModelDiagnosis> {
  const o = checkModelOptions(options);
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`"bytes" must be a Uint8Array, got ${typeof bytes}`);
  const { buffer, byteOffset, length } = bytes;
  // of a class of the caller's, nothing is called
  const model = readModel(new Uint8Array(buffer, byteOffset, length));
  const graph = graphOf(model.graph);
  for (const { name, type } of graph.inputs) {
    if (type === undefined) throw new ModelError(`has an input ${quote(name)} that is no tensor`);
  }
  return new ModelRun(model, graph, o, externalOf(o.externalData)).all();
}
