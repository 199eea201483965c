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
  /** Name of the tensor that it gives. */
  output: string;
  /** Axes that are normalized over, from the front. */
  axes: number[];
  /** Of the node, or the constant that is added. */
  epsilon: number;
  /** By which norm: all operators of ONNX take L2, decompositions may have L1. */
  norm: "l1" | "l2";
  /** In the last run. */
  shape: number[];
  /** Over all runs; null without a finite element. */
  maxAbs: number | null;
  /** Elements, over all runs. */
  count: number;
  /** One for each kind of kernel, or for the one of the runtime that was asked for. */
  kernels: LayerKernel[];
  /** The best for the first kernel that is not "ok". */
  remedy?: LayerRemedy;
  /** What was taken for what, where it was not clear. */
  note?: string;
}

/** A tensor that the format cannot hold. */
export interface RangeProblem {
  /** Its name. */
  tensor: string;
  /** Who makes it; "" for an input or a weight. */
  node: string;
  /** Greatest magnitude over all runs; null without a finite element. */
  maxAbs: number | null;
  /** Finite elements that become infinite, or what the format has in its place. */
  overflow: number;
  /** Finite elements other than 0 that become zero. */
  underflow: number;
  /** Elements that lose digits, below the least normal number of the format. */
  subnormal: number;
}

/** Plain data: JSON.stringify() loses nothing of it. */
export interface ModelDiagnosis {
  /** Name of this form: it changes with its meaning. */
  schema: typeof MODEL_SCHEMA;
  /** What it was called by. */
  model: string;
  /** The format that layers and tensors are looked at in, such as "float16". */
  format: string;
  /** The runtime that was asked for. */
  runtime: string | null;
  /** On what the model was run, one for each run. */
  runs: {
    /** The file, or how random inputs were drawn. */
    source: string;
  }[];
  /** Every normalization, from the input of the model to its outputs. */
  layers: ModelLayer[];
  /** What becomes of the outputs with all layers replaced at once, by the name of the kernel. */
  effect?: { [kernel: string]: Effect[] };
  /** Tensors that the format cannot hold, the greatest magnitude first. */
  ranges: RangeProblem[];
  /** Names of nodes to keep in float32, by the name of the kernel; under the runtime's name by those that it has. */
  keep: { [kernel: string]: string[] };
  /** Normalizations that could not be looked at. */
  notReached: {
    /** Of the node. */
    name: string;
    /** In words. */
    why: string;
  }[];
  /** What else is worth knowing, each in a sentence. */
  notes: string[];
}
