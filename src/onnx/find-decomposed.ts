// Normalizations that are written out in small operators, as exporters write them: from the reduction of the squares back to x,
// and on to what divides by its root.
//
//     x ── ReduceMean ── m                                     weight   bias
//     x ─────────────── Sub ── d ── Pow 2 ── ReduceMean ── Add eps ── Sqrt ── s     │       │
//                               d ──────────────────────────────────── Div by s ── Mul ── Add ── y
//
// Casts may stand anywhere; Mul(d, d) for Pow; Reciprocal and Mul for Div; without Sub it is an RMS norm; ReduceL2,
// ReduceSumSquare and ReduceSum give lengths; constants may multiply them; the variance may be E[x²] - E[x]².

import { type Difference, isCopy, keepsDims, MOST_STEPS, Search } from "./find-search.js";
import type { Graph, GraphNode } from "./graph.js";
import type { Extent, Normalization } from "./normalization.js";
import type { External } from "./values.js";

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

function squaresOf(search: Search, node: GraphNode, axes: readonly number[]): Squares | undefined {
  const [operand] = node.inputs;
  // magnitudes have the squares of what they are of
  const behind = (name: string): string => search.maker(name, "Abs")?.inputs[0] ?? name;
  if (node.op === "ReduceL2") return { of: behind(operand), rooted: true, summed: true, norm: "l2" };
  if (node.op === "ReduceL1") return { of: behind(operand), rooted: true, summed: true, norm: "l1" };
  if (node.op === "ReduceSumSquare") return { of: behind(operand), rooted: false, summed: true, norm: "l2" };
  const summed = node.op === "ReduceSum";
  const square = squareOf(search, operand, axes);
  return square === undefined ? undefined : { of: behind(square), rooted: false, summed, norm: "l2" };
}

/** What a tensor is the square of. */
function squareOf(search: Search, name: string, axes: readonly number[]): string | undefined {
  const square = search.maker(name, "Pow", "Mul");
  if (!square) return undefined;
  const [a, b] = square.inputs;
  if (square.op === "Pow") return search.constant(b) === 2 ? a : undefined;
  if (search.same(a, b)) return a;
  // the same difference, computed twice
  const x = search.difference(a, axes)?.x;
  return x !== undefined && search.same(search.difference(b, axes)?.x, x) ? a : undefined;
}

/** What was found on the way from the squares to their root. */
interface Root {
  readonly name: string;
  readonly epsilon: number;
  /** What the squares were multiplied by. */
  readonly factor: number;
  readonly rooted: boolean;
  readonly inverse: boolean;
  /** Whether it has lost the dimensions that were reduced. */
  readonly dropped: boolean;
  /** The squares are those of x, from whose mean that of x was taken: the variance. */
  readonly difference: Difference | undefined;
}

/** What one more node makes of a tensor that stands for another on the way. */
function step(
  search: Search,
  root: Root,
  node: GraphNode,
  squares: Squares,
  axes: readonly number[],
): Root | undefined {
  const { name, epsilon, factor, rooted, inverse, dropped } = root;
  const [output] = node.outputs;
  if (node.domain || !output) return undefined;
  const first = node.inputs[0] === name;
  const value = search.constant(otherOf(node, name));
  const on = (more: Partial<Root>): Root => ({ ...root, name: output, ...more });
  /** A length is beside the root, and the squares of it are not. */
  const asSquare = (length: number): number => (rooted ? length * length : length);
  const scaled = (by: number): Root | undefined =>
    by > 0 && by < Infinity
      ? on({ factor: factor * asSquare(inverse ? 1 / by : by), epsilon: epsilon * asSquare(inverse ? 1 / by : by) })
      : undefined;
  switch (node.op) {
    case "Cast":
    case "Identity":
    case "Expand":
      return first ? on({}) : undefined;
    case "Unsqueeze":
    case "Reshape":
      return first && dropped && search.restores(node, axes) ? on({ dropped: false }) : undefined;
    case "Add":
      return value === undefined || inverse ? undefined : on({ epsilon: epsilon + asSquare(value) });
    case "Relu":
      return inverse ? undefined : on({});
    // the least length that is divided by
    case "Clip": {
      const least = search.constant(node.inputs[1]) ?? node.attributes.get("min")?.f ?? 0;
      return first && !inverse ? on({ epsilon: Math.max(epsilon, asSquare(least)) }) : undefined;
    }
    case "Max":
      return value === undefined || inverse ? undefined : on({ epsilon: Math.max(epsilon, asSquare(value)) });
    case "Sub": {
      if (!first || rooted || squares.summed || root.difference || dropped || !node.inputs[1]) return undefined;
      return search.attempt(() => {
        const mean = squareOf(search, node.inputs[1], axes);
        if (mean === undefined || !search.same(search.meanOf(mean, axes), squares.of)) return undefined;
        return on({ difference: { x: squares.of, mean } });
      });
    }
    case "Sqrt":
      return rooted ? undefined : on({ rooted: true });
    case "Pow":
      if (rooted || !first) return undefined;
      if (value === 0.5) return on({ rooted: true });
      return value === -0.5 ? on({ rooted: true, inverse: true }) : undefined;
    case "Reciprocal":
      return rooted && !inverse ? on({ inverse: true }) : undefined;
    case "Div":
      if (value === undefined) return undefined;
      if (first) return scaled(1 / value);
      return value === 1 && rooted && !inverse ? on({ inverse: true }) : undefined;
    case "Mul":
      return value === undefined ? undefined : scaled(value);
    default:
      return undefined;
  }
}

/** The tensor that is d / s, and the root on the way. */
interface Quotient {
  readonly output: string;
  readonly root: Root;
  /** What is divided. */
  readonly part: string;
  /** That is multiplied by the weight before d is, which is done. */
  readonly weight: string | undefined;
  /** x · a + (bias - mean · a): the bias is added, too. */
  readonly bias: string | undefined;
}

/** The other operand of a product or a sum, and whether there is one. */
const otherOf = (node: GraphNode, name: string): string | undefined =>
  node.inputs.length === 2 ? node.inputs[node.inputs[0] === name ? 1 : 0] : undefined;

/** What the squares are of, and how it is told from other tensors. */
interface Part {
  readonly squares: Squares;
  readonly axes: readonly number[];
  readonly difference: Difference | undefined;
}

/** x and its mean: from before the squares, or from behind them. */
const differenceIn = ({ difference }: Part, root: Root): Difference | undefined => difference ?? root.difference;

/** Whether a tensor is what is divided by the root: x - mean, or x itself where nothing is centred. */
function isPart(search: Search, part: Part, root: Root, name: string): boolean {
  const centred = differenceIn(part, root);
  if (!root.difference && search.same(name, part.squares.of)) {
    if (centred) search.maker(name, "Sub"); // a Cast before the division is of the group
    return true;
  }
  return centred !== undefined && search.same(search.difference(name, part.axes)?.x, centred.x);
}

/** What is divided, and the weight where that was multiplied before. */
function dividend(search: Search, part: Part, root: Root, name: string): Pick<Quotient, "part" | "weight"> | undefined {
  if (isPart(search, part, root, name)) return { part: name, weight: undefined };
  return search.attempt(() => {
    const product = search.maker(name, "Mul");
    const weight = product?.inputs.find((each) => search.isConstant(each));
    const other = product && weight !== undefined && otherOf(product, weight);
    return other && isPart(search, part, root, other) ? { part: other, weight } : undefined;
  });
}

/** What is multiplied or divided by the root. */
function quotientOf(search: Search, start: Root, part: Part): Quotient | undefined {
  let way: { root: Root; nodes: GraphNode[] }[] = [{ root: start, nodes: [] }];
  for (let i = 0; i < MOST_STEPS && way.length; i++) {
    const next: typeof way = [];
    for (const { root, nodes } of way) {
      for (const node of search.takers(root.name).slice(0, MOST_STEPS)) {
        const found = ending(search, root, node, part);
        if (found) {
          for (const each of [...nodes, ...found.nodes]) search.nodes.add(each);
          return found.quotient;
        }
        const gone = step(search, root, node, part.squares, part.axes);
        if (gone) next.push({ root: gone, nodes: [...nodes, node] });
      }
    }
    way = next.slice(0, MOST_STEPS);
  }
  return undefined;
}

interface Ending {
  readonly quotient: Quotient;
  readonly nodes: readonly GraphNode[];
}

/** The quotient, where a node makes it. */
function ending(search: Search, root: Root, node: GraphNode, part: Part): Ending | undefined {
  if (!root.rooted || root.dropped || node.domain) return undefined;
  const [output] = node.outputs;
  const other = otherOf(node, root.name);
  const divides = root.inverse ? node.op === "Mul" : node.op === "Div" && node.inputs[1] === root.name;
  if (other === undefined || !divides) return undefined;
  const divided = dividend(search, part, root, other);
  if (divided) return { quotient: { output, root, bias: undefined, ...divided }, nodes: [node] };
  const found = root.inverse && search.isConstant(other) ? weightedFirst(search, output, root, part) : undefined;
  return found && { quotient: { root, weight: other, ...found.what }, nodes: [node, ...found.nodes] };
}

/** d · a, or x · a + (bias - mean · a), where a is weight / s. */
function weightedFirst(
  search: Search,
  a: string,
  root: Root,
  part: Part,
): { what: Pick<Quotient, "output" | "part" | "bias">; nodes: GraphNode[] } | undefined {
  const products = search.takers(a).filter(({ op, domain }) => op === "Mul" && !domain);
  for (const product of products) {
    const other = otherOf(product, a);
    if (other !== undefined && isPart(search, part, root, other))
      return { what: { output: product.outputs[0], part: other, bias: undefined }, nodes: [product] };
  }
  const centred = differenceIn(part, root);
  if (!centred) return undefined;
  const ofX = products.find((product) => search.same(otherOf(product, a), centred.x));
  const ofMean = products.find((product) => search.same(otherOf(product, a), centred.mean));
  if (!ofX || !ofMean) return undefined;
  const difference = search
    .takers(ofMean.outputs[0])
    .find(({ op, inputs }) => op === "Sub" && inputs[1] === ofMean.outputs[0]);
  const sum =
    difference &&
    search.takers(ofX.outputs[0]).find(({ op, inputs }) => op === "Add" && inputs.includes(difference.outputs[0]));
  if (!difference || !sum) return undefined;
  return {
    what: { output: sum.outputs[0], part: centred.x, bias: difference.inputs[0] },
    nodes: [ofX, ofMean, difference, sum],
  };
}

const NAMES = { mean: "LayerNorm", rms: "RMSNorm", l1: "L1Norm", l2: "L2Norm" };

/** A group, from the node that reduces its squares. */
function groupFrom(graph: Graph, node: GraphNode, external: External): Normalization | undefined {
  const search = new Search(graph, external);
  search.nodes.add(node);
  const axes = search.axes(node);
  const squares = axes?.length ? squaresOf(search, node, axes) : undefined;
  if (!axes || !squares) return undefined;
  const part: Part = { squares, axes, difference: search.difference(squares.of, axes) };
  const start: Root = {
    name: node.outputs[0],
    epsilon: 0,
    factor: 1,
    rooted: squares.rooted,
    inverse: false,
    dropped: !keepsDims(node),
    difference: undefined,
  };
  const quotient = quotientOf(search, start, part);
  if (!quotient) return undefined;
  const { root } = quotient;
  const centred = differenceIn(part, root);
  const isLength = squares.summed && root.factor === 1;
  // the length of what was centred is no normalization that has a name, nor is a part of the sum of magnitudes
  if ((isLength && centred) || (squares.norm === "l1" && !isLength)) return undefined;
  const { output, weight, bias } = affine(search, quotient);
  ownCasts(search, quotient.part);
  const input = ownCasts(search, centred?.x ?? squares.of);
  const name = isLength ? NAMES[squares.norm] : centred ? NAMES.mean : NAMES.rms;
  const extent: Extent = { axes };
  return {
    operator: `decomposed ${name}`,
    nodes: [...search.nodes].sort((a, b) => a.index - b.index),
    inputs: [input],
    output,
    extent,
    centred: centred !== undefined,
    norm: squares.norm,
    summed: squares.summed,
    factor: root.factor,
    epsilon: root.epsilon,
    weight,
    bias,
    mean: undefined,
    variance: undefined,
    ...(root.difference && {
      note: "its variance is written as the mean of the squares less the square of the mean, which loses more where the mean is large: the diagnosis is that of the mean of the squared differences",
    }),
  };
}

/** What the group begins with: Casts of x belong to it where nobody else takes what they give. */
function ownCasts(search: Search, x: string): string {
  let from = x;
  for (let i = 0; i < MOST_STEPS; i++) {
    const node = search.graph.producers.get(from);
    if (!node || !isCopy(node) || !search.takers(from).every((each) => search.nodes.has(each))) break;
    search.nodes.add(node);
    [from] = node.inputs;
  }
  return from;
}

/** Weight and bias behind the quotient, where they are constant and nobody else takes what is before them. */
function affine(search: Search, { output, weight, bias }: Quotient): Pick<Normalization, "output" | "weight" | "bias"> {
  const { graph } = search;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
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
    if (isCopy(node)) continue;
    const constant = other !== undefined && search.isConstant(other);
    if (node.op === "Mul" && constant && result.weight === undefined) result = { ...result, output: at, weight: other };
    else if (node.op === "Add" && constant) result = { ...result, output: at, bias: other };
    else break;
    for (const each of passed.splice(0)) search.nodes.add(each);
  }
  return result;
}

const REDUCTIONS = ["ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2"];

export const isReduction = ({ op, domain }: { op: string; domain: string }): boolean =>
  !domain && REDUCTIONS.includes(op);

/** All groups of a graph; no node is in two of them. */
export function decomposed(graph: Graph, external: External): Normalization[] {
  const taken = new Set<GraphNode>();
  const found: Normalization[] = [];
  for (const node of graph.nodes) {
    if (node.constant || !isReduction(node)) continue;
    const group = groupFrom(graph, node, external);
    if (!group || group.nodes.some((each) => taken.has(each) && !isCopy(each))) continue;
    for (const each of group.nodes) taken.add(each);
    found.push(group);
  }
  return found;
}
