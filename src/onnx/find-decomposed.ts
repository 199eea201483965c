// Normalizations that are written out in small operators, as exporters write them: from the reduction of the squares back to x,
// and on to what divides by its root.
//
//     x ── ReduceMean ── m                                     weight   bias
//     x ─────────────── Sub ── d ── Pow 2 ── ReduceMean ── Add eps ── Sqrt ── s     │       │
//                               d ──────────────────────────────────── Div by s ── Mul ── Add ── y
//
// Casts may stand anywhere; Mul(d, d) for Pow; Reciprocal and Mul for Div; without Sub it is an RMS norm; ReduceL2,
// ReduceSumSquare and ReduceSum give lengths.

import type { Graph, GraphNode } from "./graph.js";
import type { Extent, Normalization } from "./normalization.js";
import { type Constant, constantOf, type External } from "./values.js";

/** How many nodes are followed in one direction: a group has fewer, and hostile chains have more. */
const MOST_STEPS = 12;

/** The single number of a constant. */
const single = (constant: Constant | undefined): number | undefined =>
  constant?.values.length === 1 ? constant.values[0] : undefined;

/** A group while it is found. */
class Search {
  readonly nodes = new Set<GraphNode>();
  constructor(
    readonly graph: Graph,
    readonly external: External,
  ) {}

  constant(name: string | undefined): number | undefined {
    return name === undefined ? undefined : single(constantOf(this.graph, name, this.external));
  }

  /** The node that makes a tensor, if it is one of these operators: Casts before it are passed, and belong to the group. */
  maker(name: string, ...ops: string[]): GraphNode | undefined {
    let node = this.graph.producers.get(name);
    const passed: GraphNode[] = [];
    for (let i = 0; node?.op === "Cast" && !node.domain && i < MOST_STEPS; i++) {
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
      if (node?.op !== "Cast" || node.domain) break;
      from = node.inputs[0];
    }
    return from;
  }

  same(a: string | undefined, b: string | undefined): boolean {
    return a !== undefined && b !== undefined && this.source(a) === this.source(b);
  }

  takers(name: string): readonly GraphNode[] {
    return this.graph.consumers.get(name) ?? [];
  }

  /** Axes of a reduction, an attribute or an input; undefined where they are not known, or dimensions are dropped. */
  axes(node: GraphNode): number[] | undefined {
    if ((node.attributes.get("keepdims")?.i ?? 1) !== 1) return undefined;
    const given = node.attributes.get("axes")?.ints;
    if (given) return [...given];
    if (!node.inputs[1]) return undefined;
    const constant = constantOf(this.graph, node.inputs[1], this.external);
    return constant && [...constant.values];
  }
}

const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis) => b.includes(axis));

/** A reduction of squares, and what it is of. */
interface Squares {
  /** Of what the squares are: d, or x itself. */
  readonly of: string;
  /** Under the root already. */
  readonly rooted: boolean;
  /** Not divided by the number of elements. */
  readonly summed: boolean;
  readonly norm: "l1" | "l2";
}

function squaresOf(search: Search, node: GraphNode): Squares | undefined {
  const [operand] = node.inputs;
  if (node.op === "ReduceL2") return { of: operand, rooted: true, summed: true, norm: "l2" };
  if (node.op === "ReduceL1") return { of: operand, rooted: true, summed: true, norm: "l1" };
  if (node.op === "ReduceSumSquare") return { of: operand, rooted: false, summed: true, norm: "l2" };
  const summed = node.op === "ReduceSum";
  const square = search.maker(operand, "Pow", "Mul");
  if (!square) return undefined;
  const [a, b] = square.inputs;
  if (square.op === "Pow" ? search.constant(b) !== 2 : !search.same(a, b)) return undefined;
  return { of: a, rooted: false, summed, norm: "l2" };
}

/** x and its mean, where a tensor is their difference. */
function differenceOf(search: Search, name: string, axes: readonly number[]): { x: string; mean: string } | undefined {
  return search.attempt(() => {
    const sub = search.maker(name, "Sub");
    if (!sub) return undefined;
    const [x, mean] = sub.inputs;
    const reduced = search.maker(mean, "ReduceMean");
    if (!reduced || !search.same(reduced.inputs[0], x) || !equal(search.axes(reduced) ?? [], axes)) return undefined;
    return { x, mean };
  });
}

/** What was found on the way from the squares to their root. */
interface Root {
  readonly name: string;
  readonly epsilon: number;
  readonly inverse: boolean;
  readonly averaged: boolean;
}

/** A tensor that stands for another on the way, and what one more node makes of it. */
function step(
  search: Search,
  { name, epsilon, inverse, averaged }: Root,
  rooted: boolean,
  node: GraphNode,
): (Root & { rooted: boolean }) | undefined {
  const [output] = node.outputs;
  const other = node.inputs.find((each) => each && each !== name);
  const value = search.constant(other);
  const on = (more: Partial<Root & { rooted: boolean }>) => ({
    name: output,
    epsilon,
    inverse,
    averaged,
    rooted,
    ...more,
  });
  if (node.domain || !output) return undefined;
  switch (node.op) {
    case "Cast":
    case "Expand":
      return node.inputs[0] === name ? on({}) : undefined;
    case "Add":
      return value === undefined || inverse ? undefined : on({ epsilon: rooted ? value * value : value });
    // the least length that is divided by
    case "Clip":
      return rooted && !inverse && node.inputs[0] === name
        ? on({ epsilon: (search.constant(node.inputs[1]) ?? node.attributes.get("min")?.f ?? 0) ** 2 })
        : undefined;
    case "Max":
      return rooted && !inverse && value !== undefined ? on({ epsilon: value * value }) : undefined;
    case "Sqrt":
      return rooted ? undefined : on({ rooted: true });
    case "Pow":
      if (rooted || node.inputs[0] !== name) return undefined;
      if (value === 0.5) return on({ rooted: true });
      return value === -0.5 ? on({ rooted: true, inverse: true }) : undefined;
    case "Reciprocal":
      return rooted && !inverse ? on({ inverse: true }) : undefined;
    case "Div":
      if (value === 1 && node.inputs[1] === name && rooted && !inverse) return on({ inverse: true });
      return !rooted && node.inputs[0] === name && value !== undefined && value > 1
        ? on({ averaged: true })
        : undefined;
    case "Mul":
      return !rooted && value !== undefined && value > 0 && value < 1 ? on({ averaged: true }) : undefined;
    default:
      return undefined;
  }
}

/** The tensor that is d / s, and the root on the way. */
interface Quotient {
  readonly output: string;
  readonly root: Root;
  /** That is multiplied by the weight before d is, which is done. */
  readonly weight: string | undefined;
  /** x · a + (bias - mean · a): the bias is added, too. */
  readonly bias: string | undefined;
}

/** The other operand of a product or a sum, and whether there is one. */
const otherOf = (node: GraphNode, name: string): string | undefined =>
  node.inputs.length === 2 ? node.inputs[node.inputs[0] === name ? 1 : 0] : undefined;

/** What is multiplied or divided by the root. */
function quotientOf(
  search: Search,
  start: Root,
  rooted: boolean,
  isPart: (name: string) => boolean,
  x: string,
  mean: string | undefined,
): Quotient | undefined {
  const { graph } = search;
  const isConstant = (name: string): boolean => graph.initializers.has(name) || !!graph.producers.get(name)?.constant;
  let way: { root: Root; rooted: boolean; nodes: GraphNode[] }[] = [{ root: start, rooted, nodes: [] }];
  for (let i = 0; i < MOST_STEPS && way.length; i++) {
    const next: typeof way = [];
    for (const { root, rooted: done, nodes } of way) {
      for (const node of search.takers(root.name).slice(0, MOST_STEPS)) {
        const [output] = node.outputs;
        const end = (more?: Partial<Quotient>, last: GraphNode[] = [node]): Quotient => {
          for (const each of [...nodes, ...last]) search.nodes.add(each);
          return { output, root, weight: undefined, bias: undefined, ...more };
        };
        if (done && !node.domain) {
          const other = otherOf(node, root.name);
          if (node.op === "Div" && !root.inverse && node.inputs[1] === root.name && isPart(node.inputs[0]))
            return end();
          if (node.op === "Mul" && root.inverse && other !== undefined) {
            if (isPart(other)) return end();
            if (isConstant(other)) {
              const found = weightedFirst(search, output, isPart, x, mean);
              if (found) return end({ ...found.what, weight: other }, [node, ...found.nodes]);
            }
          }
        }
        const gone = step(search, root, done, node);
        if (gone) next.push({ root: gone, rooted: gone.rooted, nodes: [...nodes, node] });
      }
    }
    way = next.slice(0, MOST_STEPS);
  }
  return undefined;
}

/** d · a, or x · a + (bias - mean · a), where a is weight / s. */
function weightedFirst(
  search: Search,
  a: string,
  isPart: (name: string) => boolean,
  x: string,
  mean: string | undefined,
): { what: Partial<Quotient>; nodes: GraphNode[] } | undefined {
  const products = search.takers(a).filter(({ op, domain }) => op === "Mul" && !domain);
  for (const product of products) {
    const other = otherOf(product, a);
    if (other !== undefined && isPart(other)) return { what: { output: product.outputs[0] }, nodes: [product] };
  }
  if (mean === undefined) return undefined;
  const ofX = products.find((product) => search.same(otherOf(product, a), x));
  const ofMean = products.find((product) => search.same(otherOf(product, a), mean));
  if (!ofX || !ofMean) return undefined;
  const difference = search
    .takers(ofMean.outputs[0])
    .find(({ op, inputs }) => op === "Sub" && inputs[1] === ofMean.outputs[0]);
  const sum =
    difference &&
    search.takers(ofX.outputs[0]).find(({ op, inputs }) => op === "Add" && inputs.includes(difference.outputs[0]));
  if (!difference || !sum) return undefined;
  return {
    what: { output: sum.outputs[0], bias: difference.inputs[0] },
    nodes: [ofX, ofMean, difference, sum],
  };
}

const NAMES = { mean: "LayerNorm", rms: "RMSNorm", l1: "L1Norm", l2: "L2Norm" };

/** A group, from the node that reduces its squares. */
function groupFrom(graph: Graph, node: GraphNode, external: External): Normalization | undefined {
  const search = new Search(graph, external);
  search.nodes.add(node);
  const axes = search.axes(node);
  const squares = axes?.length ? squaresOf(search, node) : undefined;
  if (!axes || !squares) return undefined;
  const difference = differenceOf(search, squares.of, axes);
  const x = difference?.x ?? squares.of;
  const isPart = (name: string): boolean => {
    if (search.same(name, squares.of)) {
      if (difference) search.maker(name, "Sub"); // a Cast before the division is of the group
      return true;
    }
    return difference !== undefined && search.same(differenceOf(search, name, axes)?.x, x);
  };
  const start: Root = { name: node.outputs[0], epsilon: 0, inverse: false, averaged: false };
  const quotient = quotientOf(search, start, squares.rooted, isPart, x, difference?.mean);
  if (!quotient) return undefined;
  const summed = squares.summed && !quotient.root.averaged;
  // the length of what was centred is no normalization that has a name
  if (summed && difference) return undefined;
  const { output, weight, bias } = affine(search, quotient);
  const input = ownCasts(search, x);
  const name = summed ? NAMES[squares.norm] : difference ? NAMES.mean : NAMES.rms;
  const extent: Extent = { axes };
  return {
    operator: `decomposed ${name}`,
    nodes: [...search.nodes].sort((a, b) => a.index - b.index),
    inputs: [input],
    output,
    extent,
    centred: difference !== undefined,
    norm: squares.norm,
    summed,
    epsilon: quotient.root.epsilon,
    weight,
    bias,
    mean: undefined,
    variance: undefined,
  };
}

/** What the group begins with: Casts of x belong to it where nobody else takes what they give. */
function ownCasts(search: Search, x: string): string {
  let from = x;
  for (let i = 0; i < MOST_STEPS; i++) {
    const node = search.graph.producers.get(from);
    if (node?.op !== "Cast" || node.domain || !search.takers(from).every((each) => search.nodes.has(each))) break;
    search.nodes.add(node);
    [from] = node.inputs;
  }
  return from;
}

/** Weight and bias behind the quotient, where they are constant and nobody else takes what is before them. */
function affine(search: Search, { output, weight, bias }: Quotient): Pick<Normalization, "output" | "weight" | "bias"> {
  const { graph } = search;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const isConstant = (name: string): boolean => graph.initializers.has(name) || !!graph.producers.get(name)?.constant;
  let result = { output, weight, bias };
  let at = output;
  const passed: GraphNode[] = [];
  for (let i = 0; i < MOST_STEPS && !outputs.has(at); i++) {
    const takers = search.takers(at);
    const [node] = takers;
    if (takers.length !== 1 || node.domain || result.bias !== undefined) break;
    passed.push(node);
    const other = otherOf(node, at);
    [at] = node.outputs;
    if (node.op === "Cast") continue;
    const constant = other !== undefined && isConstant(other);
    if (node.op === "Mul" && constant && result.weight === undefined) result = { ...result, output: at, weight: other };
    else if (node.op === "Add" && constant) result = { ...result, output: at, bias: other };
    else break;
    for (const each of passed.splice(0)) search.nodes.add(each);
  }
  return result;
}

const REDUCTIONS = ["ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2"];

/** All groups of a graph; no node is in two of them. */
export function decomposed(graph: Graph, external: External): Normalization[] {
  const taken = new Set<GraphNode>();
  const found: Normalization[] = [];
  for (const node of graph.nodes) {
    if (node.domain || node.constant || !REDUCTIONS.includes(node.op)) continue;
    const group = groupFrom(graph, node, external);
    if (!group || group.nodes.some((each) => taken.has(each) && each.op !== "Cast")) continue;
    for (const each of group.nodes) taken.add(each);
    found.push(group);
  }
  return found;
}
