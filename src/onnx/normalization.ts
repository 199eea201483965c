// A normalization that was found in a graph.

import type { GraphNode } from "./graph.js";

/** What is normalized together, before the number of dimensions is known. */
export type Extent =
  /** From an axis to the last. */
  | { readonly from: number }
  /** These axes. */
  | { readonly axes: readonly number[] }
  /** Everything behind the channels, which are axis 1; with `groups`, the channels of a group as well. */
  | { readonly spatial: true; readonly groups?: number }
  /** Everything but the channels: the statistics are given. */
  | { readonly channels: true };

/** A node that is a normalization, or several that are one together. */
export interface Normalization {
  /** The operator, or "decomposed LayerNorm" and the like. */
  readonly operator: string;
  /** In the order of the graph. */
  readonly nodes: readonly GraphNode[];
  /** Names of tensors whose sum is normalized: most often one. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly extent: Extent;
  readonly centred: boolean;
  readonly norm: "l1" | "l2";
  /** The squares are summed, not averaged: y = x / ‖x‖ where nothing multiplies them. */
  readonly summed: boolean;
  /** What the mean (or the sum) of the squares is multiplied by: 1 but for what is written out in another way. */
  readonly factor: number;
  /** Beside that. */
  readonly epsilon: number;
  /** Names of tensors; undefined where there is none. */
  readonly weight: string | undefined;
  readonly bias: string | undefined;
  /** Given statistics: names of tensors. */
  readonly mean: string | undefined;
  readonly variance: string | undefined;
  /** In what it is not as it is taken to be. */
  readonly note?: string;
}

/** One that nothing can be told about, and why. */
export interface NotReached {
  /** Of the node, or its operator. */
  readonly name: string;
  readonly why: string;
}
