// A normalization that was found, with a tensor and its parameters: the call of this package that it is.

import {
  type Arithmetic,
  batchNorm,
  type Dense,
  type DiagnoseOptions,
  type FormatName,
  groupNorm,
  instanceNorm,
  layerNorm,
  lpNormalize,
  rmsNorm,
  round,
} from "../index.js";
import { sizeOf } from "../tensor/shape.js";
import type { Normalization } from "./normalization.js";

/** Row-major. */
export interface Values {
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

/** What stands beside the tensor. */
export interface Parameters {
  readonly weight?: Values | undefined;
  readonly bias?: Values | undefined;
  readonly mean?: Values | undefined;
  readonly variance?: Values | undefined;
}

/** How a normalization is called. */
export interface LayerCall {
  /** What is normalized, its axes in the order of the call. */
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** What a group extends over, of the tensor as the model has it. */
  readonly axes: readonly number[];
  readonly options: Omit<DiagnoseOptions, "arithmetic">;
  /** What was taken for what. */
  readonly note: string | undefined;
  /** The output in the order of the model. @param x In the order of the call. */
  emulate(x: Float32Array, arithmetic: Arithmetic, compute: FormatName): Float32Array;
}

/** Elements with the axes in another order. */
function transposed(data: ArrayLike<number>, dims: readonly number[], order: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const strides = dims.map((_, axis) => sizeOf(dims, axis + 1));
  const index = order.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from];
    for (let at = order.length - 1; at >= 0; at--) {
      const axis = order[at];
      from += strides[axis];
      if (++index[at] < dims[axis]) break;
      from -= strides[axis] * dims[axis];
      index[at] = 0;
    }
  }
  return result;
}

/** The axes of x that a parameter has more than one value along. */
function variesAlong({ dims }: Values, rank: number): number[] | undefined {
  const own = [...dims];
  while (own.length > rank && own[0] === 1) own.shift();
  if (own.length > rank) return undefined;
  return own.flatMap((dim, i) => (dim > 1 ? [rank - own.length + i] : []));
}

/** A parameter as one value for each element of some axes, in an order; undefined where it is not that. */
export function along(
  parameter: Values | undefined,
  dims: readonly number[],
  axes: readonly number[],
): Float32Array | undefined {
  if (!parameter) return undefined;
  const shape = axes.map((axis) => dims[axis]);
  const own = [...parameter.dims];
  while (own.length < dims.length) own.unshift(1);
  const strides = axes.map((axis) => (own[axis] > 1 ? sizeOf(own, axis + 1) : 0));
  const result = new Float32Array(sizeOf(shape));
  for (let i = 0; i < result.length; i++) {
    let [rest, from] = [i, 0];
    for (let at = axes.length - 1; at >= 0; at--) {
      from += (rest % shape[at]) * strides[at];
      rest = Math.floor(rest / shape[at]);
    }
    result[i] = parameter.values[from];
  }
  return result;
}

/** One value for a channel, of a group's where there is one for each group. */
function perChannel(parameter: Values | undefined, channels: number): Float32Array | undefined {
  if (!parameter) return undefined;
  const { values } = parameter;
  const each = channels / values.length;
  return Number.isInteger(each)
    ? Float32Array.from({ length: channels }, (_, i) => values[Math.floor(i / each)])
    : undefined;
}

const dense = (y: unknown): Float32Array => (y as Dense).data as Float32Array;
const F32 = { dtype: "float32" } as const;

/** y · weight + bias, each step rounded: for parameters that extend over other axes than the layer does. */
function apart(
  y: Float32Array,
  dims: readonly number[],
  { weight, bias }: Parameters,
  compute: FormatName,
): Float32Array {
  const axes = [...dims.keys()];
  const w = along(weight, dims, axes);
  const b = along(bias, dims, axes);
  if (w) for (let i = 0; i < y.length; i++) y[i] *= w[i];
  if (w) round(y, compute, { out: y });
  if (b) for (let i = 0; i < y.length; i++) y[i] += b[i];
  if (b) round(y, compute, { out: y });
  return y;
}

/** Of a group that ends with the last axis, or is brought to. */
function lastCall(
  n: Normalization,
  data: Float32Array,
  dims: readonly number[],
  axes: readonly number[],
  parameters: Parameters,
): LayerCall {
  const rank = dims.length;
  const kept = [...dims.keys()].filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const inOrder = order.every((axis, i) => axis === i);
  const shape = order.map((axis) => dims[axis]);
  const back = order.map((_, axis) => order.indexOf(axis));
  const x = { data: inOrder ? data : transposed(data, dims, order), shape };
  const restored = (y: Float32Array): Float32Array => (inOrder ? y : transposed(y, shape, back));
  const { weight, bias } = parameters;
  const fits = [weight, bias].every((each) => !each || variesAlong(each, rank)?.every((axis) => axes.includes(axis)));
  const { centred, epsilon, summed, factor } = n;
  if (summed && factor === 1) {
    // x / ‖x‖: for diagnosing, the same but for the root of the number of elements
    const flat = {
      data: x.data,
      shape: [sizeOf(kept.map((axis) => dims[axis])), sizeOf(axes.map((axis) => dims[axis]))],
    };
    const eps = n.norm === "l2" ? epsilon / flat.shape[1] : Math.sqrt(epsilon) / flat.shape[1];
    return {
      x: flat,
      axes,
      options: { axes: [1], centred: false, norm: n.norm, eps },
      note: undefined,
      emulate: (own, arithmetic, compute) => {
        const y = dense(lpNormalize({ data: own, shape: flat.shape }, { norm: n.norm, arithmetic, ...F32 }));
        return apart(restored(y), dims, parameters, compute);
      },
    };
  }
  const axis = kept.length;
  const own = fits
    ? { weight: along(weight, dims, axes), bias: along(bias, dims, axes) }
    : { weight: undefined, bias: undefined };
  const layer = centred ? layerNorm : rmsNorm;
  return {
    x,
    axes,
    options: { layer: centred ? "layer" : "rms", axis, eps: epsilon, ...own },
    note: fits
      ? undefined
      : "weight and bias extend over other axes than the layer, and were left out of the diagnosis",
    emulate: (from, arithmetic, compute) => {
      const y = dense(layer({ data: from, shape }, { axis, eps: epsilon, ...own, arithmetic, ...F32 }));
      return fits ? restored(y) : apart(restored(y), dims, parameters, compute);
    },
  };
}

/** Of layers whose parameters are one for each channel. */
function channelCall(
  n: Normalization,
  data: Float32Array,
  dims: readonly number[],
  parameters: Parameters,
): LayerCall | string {
  const [, channels] = dims;
  const x = { data, shape: dims };
  const { extent, epsilon: eps } = n;
  const weight = perChannel(parameters.weight, channels);
  const bias = perChannel(parameters.bias, channels);
  if (!weight !== !parameters.weight || !bias !== !parameters.bias) return "its weight does not fit its channels";
  const own = { weight, bias, eps };
  const spatial = [...dims.keys()].slice(2);
  if ("channels" in extent) {
    const mean = perChannel(parameters.mean, channels);
    const variance = perChannel(parameters.variance, channels);
    if (!mean || !variance) return "its statistics do not fit its channels";
    const deviation = variance.map((each) => Math.sqrt(each));
    return {
      x,
      axes: [0, ...spatial],
      options: { layer: "batch", mean, deviation, ...own } as LayerCall["options"],
      note: undefined,
      emulate: (from, arithmetic) =>
        dense(batchNorm({ data: from, shape: dims }, { mean, deviation, ...own, arithmetic, ...F32 })),
    };
  }
  const { groups } = extent as { groups?: number };
  if (groups === undefined || groups === channels) {
    return {
      x,
      axes: spatial,
      options: { layer: "instance", ...own },
      note: undefined,
      emulate: (from, arithmetic) => dense(instanceNorm({ data: from, shape: dims }, { ...own, arithmetic, ...F32 })),
    };
  }
  if (channels % groups) return `has ${channels} channels in ${groups} groups`;
  return {
    x,
    axes: [1, ...spatial],
    options: { layer: "group", groups, ...own },
    note: undefined,
    emulate: (from, arithmetic) =>
      dense(groupNorm({ data: from, shape: dims }, { groups, ...own, arithmetic, ...F32 })),
  };
}

/** Two numbers that differ by rounding: of counts that went through float16, too. */
const ALIKE = 2 ** -10;

/** Where the squares are multiplied: as a mean of squares, with what is left of the factor in eps and weight. */
function scaledCall(
  n: Normalization,
  data: Float32Array,
  dims: readonly number[],
  parameters: Parameters,
  count: number,
): LayerCall | string {
  const of = n.factor * (n.summed ? count : 1);
  const factor = Math.abs(of - 1) < ALIKE ? 1 : of;
  const plain: Normalization = { ...n, summed: false, factor: 1, epsilon: n.epsilon / factor };
  if (factor === 1) return layerCall(plain, data, dims, parameters);
  const { weight = { dims: [], values: [1] } } = parameters;
  const scaled: Values = { ...weight, values: Float32Array.from(weight.values, (w) => w / Math.sqrt(factor)) };
  const call = layerCall(plain, data, dims, { ...parameters, weight: scaled });
  if (typeof call === "string") return call;
  const own = `its root is that of ${Number(factor.toPrecision(6))} times the mean of the squares, which was put into the weight`;
  return { ...call, note: call.note === undefined ? own : `${own}; ${call.note}` };
}

/** The call that a normalization is, or why it is none that can be diagnosed. */
export function layerCall(
  n: Normalization,
  data: Float32Array,
  dims: readonly number[],
  parameters: Parameters,
): LayerCall | string {
  const rank = dims.length;
  const { extent } = n;
  if ("spatial" in extent || "channels" in extent) {
    return rank < 2 ? `has ${rank} dimensions, and no channels` : channelCall(n, data, dims, parameters);
  }
  const given = "from" in extent ? [extent.from] : extent.axes;
  const bad = given.find((axis) => axis < -rank || axis >= rank);
  if (bad !== undefined) return `normalizes axis ${bad} of ${rank}`;
  const named = [...new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)))].sort((a, b) => a - b);
  const axes = "from" in extent ? [...dims.keys()].slice(named[0]) : named;
  if (n.factor !== 1) return scaledCall(n, data, dims, parameters, sizeOf(axes.map((axis) => dims[axis])));
  // written out, an instance norm has its weight along the channels
  const alongChannels = [parameters.weight, parameters.bias].every(
    (each) => !each || variesAlong(each, rank)?.every((axis) => axis === 1),
  );
  const spatial = rank > 2 && axes.length === rank - 2 && axes[0] === 2;
  if (spatial && alongChannels && n.centred && !n.summed) {
    return channelCall({ ...n, extent: { spatial: true } }, data, dims, parameters);
  }
  return lastCall(n, data, dims, axes, parameters);
}
