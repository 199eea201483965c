// A search for a group of nodes: who makes a tensor, what is reduced, and which nodes belong to what was found.

import type { Graph, GraphNode } from "./graph.js";
import { type Constant, constantOf, type External } from "./values.js";

/** How many nodes are followed in one direction: a group has fewer, and hostile chains have more. */
export const MOST_STEPS = 12;

/** The single number of a constant. */
const single = (constant: Constant | undefined): number | undefined =>
  constant?.values.length === 1 ? constant.values[0] : undefined;

/** What hands on what it is given, in another type or not. */
export const isCopy = ({ op, domain }: GraphNode): boolean => !domain && (op === "Cast" || op === "Identity");

/** What gives a reduced tensor its dimensions back, or repeats it along them. */
const RESTORING = ["Unsqueeze", "Reshape", "Expand"];

const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis) => b.includes(axis));

/** A group while it is found. */
export class Search {
  readonly nodes = new Set<GraphNode>();
  constructor(
    readonly graph: Graph,
    readonly external: External,
  ) {}

  constant(name: string | undefined): number | undefined {
    return name === undefined ? undefined : single(constantOf(this.graph, name, this.external));
  }

  isConstant(name: string): boolean {
    return this.graph.initializers.has(name) || !!this.graph.producers.get(name)?.constant;
  }

  /** The node that makes a tensor, if it is one of these operators: Casts before it are passed, and belong to the group. */
  maker(name: string, ...ops: string[]): GraphNode | undefined {
    let node = this.graph.producers.get(name);
    const passed: GraphNode[] = [];
    for (let i = 0; node && isCopy(node) && i < MOST_STEPS; i++) {
      passed.push(node);
      node = this.graph.producers.get(node.inputs[0]);
    }
    if (!node || node.domain || !ops.includes(node.op)) return undefined;
    for (const each of [...passed, node]) this.nodes.add(each);
    return node;
  }

  /** What a search that comes to nothing has added is taken back. */
  attempt<T>(search: () => T | undefined): T | undefined {
    const before = [...this.nodes];
    const found = search();
    if (found === undefined) {
      this.nodes.clear();
      for (const node of before) this.nodes.add(node);
    }
    return found;
  }

  /** A tensor behind the Casts. */
  source(name: string): string {
    let from = name;
    for (let i = 0; i < MOST_STEPS; i++) {
      const node = this.graph.producers.get(from);
      if (!node || !isCopy(node)) break;
      [from] = node.inputs;
    }
    return from;
  }

  same(a: string | undefined, b: string | undefined): boolean {
    return a !== undefined && b !== undefined && this.source(a) === this.source(b);
  }

  takers(name: string): readonly GraphNode[] {
    return this.graph.consumers.get(name) ?? [];
  }

  /** Axes of a node, an attribute or an input; undefined where they are not known. */
  axes(node: GraphNode): number[] | undefined {
    const given = node.attributes.get("axes")?.ints;
    if (given) return [...given];
    if (!node.inputs[1]) return undefined;
    const constant = constantOf(this.graph, node.inputs[1], this.external);
    return constant && [...constant.values];
  }

  /** Whether a node gives a tensor that was reduced over these axes the dimensions back that were dropped. */
  restores(node: GraphNode, axes: readonly number[]): boolean {
    if (node.op === "Unsqueeze") return this.axes(node)?.length === axes.length;
    if (node.op !== "Reshape") return false;
    const shape = constantOf(this.graph, node.inputs[1], this.external)?.values;
    return !!shape && axes.every((axis) => shape[axis < 0 ? axis + shape.length : axis] === 1);
  }

  /** x, where a tensor is its mean over these axes. */
  meanOf(name: string, axes: readonly number[]): string | undefined {
    return this.attempt(() => {
      let at = name;
      let restored = false;
      for (let i = 0; i < MOST_STEPS; i++) {
        const node = this.maker(at, "ReduceMean", ...RESTORING);
        if (!node) return undefined;
        if (node.op === "ReduceMean") {
          const whole = restored || keepsDims(node);
          return whole && equal(this.axes(node) ?? [], axes) ? node.inputs[0] : undefined;
        }
        restored ||= this.restores(node, axes);
        [at] = node.inputs;
      }
      return undefined;
    });
  }

  /** x and its mean, where a tensor is their difference. */
  difference(name: string, axes: readonly number[]): Difference | undefined {
    return this.attempt(() => {
      const sub = this.maker(name, "Sub");
      if (!sub) return undefined;
      const [x, mean] = sub.inputs;
      return this.same(this.meanOf(mean, axes), x) ? { x, mean } : undefined;
    });
  }
}

export interface Difference {
  readonly x: string;
  readonly mean: string;
}

export const keepsDims = ({ attributes }: GraphNode): boolean => (attributes.get("keepdims")?.i ?? 1) === 1;
