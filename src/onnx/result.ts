// What a diagnosis of a model is: plain data, the same after JSON.parse(JSON.stringify(it)).

import type { ErrorStatistics, Verdict } from "../index.js";

/** Name of the form of a {@link ModelDiagnosis}. It changes when something in it changes its meaning or goes away. */
export const MODEL_SCHEMA = "halfnorm.cli.model/1";

/** How far an output of the model is from that of the model in float32. */
export interface Effect {
  /** Name of the output. */
  output: string;
  /** Greatest |change|; null where one is NaN or infinite. */
  maxAbs: number | null;
  /** The same over the greatest magnitude of the output. */
  maxRel: number | null;
  /** Rows along the last axis whose greatest element is another one. */
  changedArgmax: number;
}

/** A layer under one kind of kernel. */
export interface LayerKernel {
  /** "float16 sums", "float32 sums", "float32 statistics", "float32"; of a runtime, the name of its kernel. */
  name: string;
  /** The worst of all runs. */
  verdict: Verdict;
  /** Why, in words with the numbers. */
  reason: string;
  /** Of the output, in the run with the largest error. */
  error: ErrorStatistics;
  /** The least of all runs. See `headroom` of a Diagnosis. */
  headroom: number | null;
  /** What becomes of the outputs of the model with this layer alone replaced, where that was tried. */
  effect?: Effect[];
}

/** A change to a layer that was tried on what came to it. */
export interface LayerRemedy {
  /** In words. */
  change: string;
  /** A power of two to multiply `tensor` by. */
  scale?: number;
  /** What to give as epsilon. */
  eps?: number;
  /** It was run on this data. */
  verified: true;
}

/** A normalization of a model, over all runs. */
export interface ModelLayer {
  /** Of the node that gives the output, or what it makes. */
  name: string;
  /** "LayerNormalization", "decomposed LayerNorm" and the like. */
  operator: string;
  /** Every node of the group by name, in order; "" for one without. */
  nodes: string[];
  /** What is normalized: names joined by " + " where it is a sum. */
  tensor: string;
  output: string;
  axes: number[];
  epsilon: number;
  norm: "l1" | "l2";
  /** In the last run. */
  shape: number[];
  /** Over all runs; null without a finite element. */
  maxAbs: number | null;
  /** Elements, over all runs. */
  count: number;
  kernels: LayerKernel[];
  /** The best for the first kernel that is not "ok". */
  remedy?: LayerRemedy;
  /** What was taken for what, where it was not clear. */
  note?: string;
}

/** A tensor that the format cannot hold. */
export interface RangeProblem {
  tensor: string;
  /** Who makes it; "" for an input or a weight. */
  node: string;
  maxAbs: number | null;
  /** Finite elements that become infinite (or what the format has in its place), that become zero, that lose digits. */
  overflow: number;
  underflow: number;
  subnormal: number;
}

/** Plain data: JSON.stringify() loses nothing of it. */
export interface ModelDiagnosis {
  schema: typeof MODEL_SCHEMA;
  /** What it was called by. */
  model: string;
  format: string;
  /** The runtime that was asked for. */
  runtime: string | null;
  runs: { source: string }[];
  layers: ModelLayer[];
  /** What becomes of the outputs with all layers replaced at once, by the name of the kernel. */
  effect?: { [kernel: string]: Effect[] };
  ranges: RangeProblem[];
  /** Names of nodes to keep in float32, by the name of the kernel; under the runtime's name by those that it has. */
  keep: { [kernel: string]: string[] };
  notReached: { name: string; why: string }[];
  /** What else is worth knowing, each in a sentence. */
  notes: string[];
}
