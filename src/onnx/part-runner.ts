// Runs a model part by part, in several worlds side by side: as it is, and with outputs of layers replaced. Nothing is kept longer
// than somebody needs it.

import { elementBytes, typeNumber } from "./data-types.js";
import type { Graph, GraphNode } from "./graph.js";
import { noTensors } from "./no-tensors.js";
import type { Normalization } from "./normalization.js";
import { bytesOf } from "./ort-values.js";
import { partModel } from "./part-model.js";
import type { PartOrder } from "./part-order.js";
import { ModelError, type ModelProto } from "./proto.js";
import {
  createSession,
  type OrtRuntime,
  type OrtSession,
  type OrtTensor,
  releaseSession,
  runSession,
} from "./runtime.js";
import type { External } from "./values.js";
import { messageOf, quote, short } from "./words.js";

/** What there is at some point of a run: tensors by name. */
export type World = Map<string, OrtTensor>;

/** Nodes of a part at most, and at first, when it is not known how large tensors are. */
const MOST_NODES = 1024;
const FIRST_NODES = 4;
/** Bytes of outputs that a part may have by what has been seen, if it has more than one node. */
const PART_BYTES = 2 ** 26;
/** Bytes of constants with which the sessions of all parts are kept from one run to the next. */
const KEPT_BYTES = 2 ** 26;

interface Part {
  readonly nodes: readonly GraphNode[];
  /** Position behind its last node. */
  readonly end: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Those that somebody needs later. */
  readonly kept: readonly string[];
  session: OrtSession | undefined;
}

export interface PartListener {
  /** What the run is of, in messages. */
  readonly source: string;
  /** Every tensor of the model as it is. */
  tensor?(name: string, tensor: OrtTensor, node: GraphNode): void;
  /** A layer of which everything is there, in all worlds: the output may be put in another's place. */
  layer(layer: Normalization, worlds: readonly World[]): void | Promise<void>;
  progress?(done: number): void;
}

export class PartRunner {
  private readonly parts: Part[] = [];
  private largest = 0;
  private readonly keep: boolean;
  private readonly strange: ReadonlySet<string>;

  constructor(
    private readonly runtime: OrtRuntime,
    private readonly model: ModelProto,
    private readonly graph: Graph,
    private readonly order: PartOrder,
    private readonly external: External,
  ) {
    let bytes = 0;
    for (const { dims, type } of graph.initializers.values()) {
      bytes += dims.reduce((product, dim) => product * dim, elementBytes(type));
    }
    this.keep = bytes <= KEPT_BYTES;
    this.strange = noTensors(graph.nodes);
  }

  /** The largest tensor that was seen, in bytes. */
  get largestBytes(): number {
    return this.largest;
  }

  /**
   * Runs the model, the first world as it is. The worlds have the inputs of the model, and when it comes back its outputs.
   */
  async run(worlds: readonly World[], listener: PartListener): Promise<void> {
    const [base] = worlds;
    for (const tensor of base.values()) this.largest = Math.max(this.largest, bytesOf(tensor));
    const { nodes, layersAt } = this.order;
    const owners = new Map<string, GraphNode>();
    for (let at = 0, i = 0; at < nodes.length; i++) {
      this.parts[i] ??= this.cut(at, i);
      const part = this.parts[i];
      for (const node of part.nodes) for (const name of node.outputs) owners.set(name, node);
      await this.runPart(part, worlds, listener, owners);
      for (; at < part.end; at++) for (const layer of layersAt.get(at) ?? []) await listener.layer(layer, worlds);
      for (const world of worlds) for (const name of world.keys()) if (!this.isNeeded(name, at)) world.delete(name);
      owners.clear();
      listener.progress?.(at / nodes.length);
    }
  }

  async release(): Promise<void> {
    for (const part of this.parts) {
      await releaseSession(part.session);
      part.session = undefined;
    }
  }

  /** Whether anybody takes a tensor from a position on. */
  private isNeeded(name: string, from: number): boolean {
    return (this.order.lastUse.get(name) ?? -1) >= from;
  }

  private cut(start: number, i: number): Part {
    const { nodes, ends } = this.order;
    const most = Math.min(
      MOST_NODES,
      FIRST_NODES * 2 ** Math.min(i, 8),
      Math.max(1, Math.floor(PART_BYTES / this.largest)),
    );
    let end = start + 1;
    while (
      end < nodes.length &&
      !ends.has(end - 1) &&
      (end - start < most || this.crosses(nodes.slice(start, end), end))
    )
      end++;
    const own = nodes.slice(start, end);
    const made = new Set(own.flatMap(({ outputs }) => outputs));
    const strange = this.crosses(own, end);
    if (strange !== undefined) {
      throw new ModelError(
        `cannot be run layer by layer: ${quote(strange)} is no tensor, and is taken behind a normalization`,
      );
    }
    const inputs = new Set<string>();
    for (const { takes } of own) {
      for (const name of takes) {
        if (
          !made.has(name) &&
          !this.graph.initializers.has(name) &&
          !this.graph.proto.sparse.has(name) &&
          !this.graph.producers.get(name)?.constant
        )
          inputs.add(name);
      }
    }
    const outputs = own.flatMap((node) => node.outputs.filter((name) => name && !this.strange.has(name)));
    const kept = outputs.filter((name) => this.isNeeded(name, end) || this.order.told.has(name));
    return { nodes: own, end, inputs: [...inputs], outputs, kept, session: undefined };
  }

  /** What is no tensor and is taken behind a position. */
  private crosses(nodes: readonly GraphNode[], end: number): string | undefined {
    if (!this.strange.size) return undefined;
    for (const { outputs } of nodes) {
      const found = outputs.find(
        (name) => this.strange.has(name) && this.isNeeded(name, end) && this.order.lastUse.get(name) !== Infinity,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private async runPart(
    part: Part,
    worlds: readonly World[],
    listener: PartListener,
    owners: ReadonlyMap<string, GraphNode>,
  ): Promise<void> {
    const { inputs, outputs, kept } = part;
    const { source } = listener;
    const [base] = worlds;
    if (!outputs.length) return;
    part.session ??= await this.open(part, base);
    const { session } = part;
    const feedsOf = (world: World) => Object.fromEntries(inputs.map((name) => [name, world.get(name) as OrtTensor]));
    const before = inputs.map((name) => base.get(name));
    const run = (world: World, fetches: readonly string[]) =>
      runSession(session, feedsOf(world), fetches).catch((error: unknown) => {
        throw new ModelError(`cannot be run on ${source}: ${messageOf(error)}`, { cause: error });
      });
    const found = await run(base, listener.tensor ? outputs : kept);
    for (const [name, tensor] of found) {
      this.largest = Math.max(this.largest, bytesOf(tensor));
      listener.tensor?.(name, tensor, owners.get(name) as GraphNode);
    }
    for (const world of worlds.slice(1)) {
      const same = inputs.every((name, i) => world.get(name) === before[i]);
      const own = same || !kept.length ? found : await run(world, kept);
      for (const name of kept) world.set(name, own.get(name) as OrtTensor);
    }
    for (const name of kept) base.set(name, found.get(name) as OrtTensor);
    if (!this.keep) {
      await releaseSession(session);
      part.session = undefined;
    }
  }

  private async open({ nodes, inputs, outputs }: Part, base: World): Promise<OrtSession> {
    const typed = inputs.map((name) => {
      const type = typeNumber((base.get(name) as OrtTensor).type);
      if (type === undefined) throw new ModelError(`has a tensor ${quote(name)} of a type that cannot be given back`);
      return { name, type };
    });
    const bytes = partModel(this.model, this.graph, nodes, typed, outputs, this.external);
    try {
      return await createSession(this.runtime, bytes);
    } catch (error) {
      const names = nodes.slice(0, 3).map(({ name, op }) => short(name || op));
      throw new ModelError(`is refused by onnxruntime, at ${names.join(", ")}: ${messageOf(error)}`, { cause: error });
    }
  }
}
