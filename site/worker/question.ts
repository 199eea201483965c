// The question that a view asks of its tensor, as diagnose() takes it, and what was done to the tensor before.

import {
  type ArithmeticInUse,
  batchNorm,
  type DiagnosisSubject,
  diagnose,
  fromFloat16,
  groupNorm,
  instanceNorm,
  layerNorm,
  norm as normOf,
} from "halfnorm";
import { assumedOf, type Grouping, groupingOf, isCheckpoint } from "../../src/cli/diagnosed/assumed.js";
import type { Assumed } from "../../src/cli/diagnosed/result.js";
import { arithmeticOf, type View } from "../shared/view.js";
import type { Loaded } from "./data.js";

export interface Question {
  readonly assumed: Assumed | null;
  readonly options: Grouping & { readonly arithmetic: ArithmeticInUse; readonly eps: number | undefined };
  /** Axes and the like, by whatever norm. */
  readonly subject: DiagnosisSubject;
}

function asked({ layer, axis, axes, centred, groups }: View): Grouping | undefined {
  if (layer === "auto") return undefined;
  if (layer === "axes") return { axes, centred };
  return { layer, axis, ...(layer === "group" && { groups }) };
}

/** @throws {TypeError | RangeError} for a question that this tensor cannot be asked. */
export function questionOf(view: View, { shape, names }: Loaded): Question {
  const own = asked(view);
  const assumed = own ? null : assumedOf(shape, isCheckpoint(names) && shape.length > 1);
  const options = {
    ...(own ?? groupingOf(assumed as Assumed, shape)),
    arithmetic: arithmeticOf(view),
    eps: view.eps,
  };
  // a tensor of nothing tells what is asked of one like it, at no cost
  const [, ...rest] = shape;
  const { subject } = diagnose({ data: new Float32Array(), shape: [0, ...rest] }, { ...options, remedies: false });
  return { assumed, options, subject };
}

/** A tensor as the package takes it. */
export interface Dense {
  readonly data: Float32Array | Uint16Array;
  readonly shape: readonly number[];
}

const floats = ({ data }: Loaded): Float32Array => (data instanceof Float32Array ? data : fromFloat16(data));

/** Every group by its own power of two, which takes its largest magnitude to 1 at least and below 2. */
function scaledByGroups(x: Float32Array, loaded: Loaded, { subject }: Question): Float32Array {
  const { shape } = loaded;
  const { axes, groups } = subject;
  // groups of channels are an axis of their own
  const [channels] = axes;
  const split = groups
    ? [...shape.slice(0, channels), groups, shape[channels] / groups, ...shape.slice(channels + 1)]
    : shape;
  const over = groups ? axes.map((axis) => axis + 1) : axes;
  const largest = normOf({ data: x, shape: split }, { norm: "linf", axes: over, keepDims: true });
  const strides = split.map(
    (_, axis) => (over.includes(axis) ? 0 : 1) * largest.shape.slice(axis + 1).reduce((a, b) => a * b, 1),
  );
  const index = new Array<number>(split.length).fill(0);
  const result = new Float32Array(x.length);
  let at = 0;
  for (let i = 0; i < x.length; i++) {
    const most = largest.data[at];
    result[i] = most > 0 && most < Infinity ? x[i] * 2 ** -Math.floor(Math.log2(most)) : x[i];
    for (let axis = split.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < split[axis]) break;
      at -= strides[axis] * split[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** x - mean, each difference rounded, as the arithmetic has them. */
function centred(x: Float32Array, { shape }: Loaded, { options, subject }: Question): Float32Array {
  const { arithmetic } = options;
  const own = { norm: "none", arithmetic } as const;
  const tensor = { data: x, shape };
  const axis = "axis" in options ? options.axis : undefined;
  const layers = {
    batch: () => batchNorm(tensor, { ...own, axis }),
    layer: () => layerNorm(tensor, { ...own, axis }),
    instance: () => instanceNorm(tensor, { ...own, axis }),
    group: () => groupNorm(tensor, { ...own, axis, groups: subject.groups as number }),
    rms: () => tensor,
  };
  return (subject.layer ? layers[subject.layer]() : tensor).data as Float32Array;
}

/** The tensor with what is done to it before. */
export function preparedOf(view: View, loaded: Loaded, question: Question): Dense {
  const { shape, data } = loaded;
  if (!view.scale && view.before === "nothing") return { data, shape };
  let x = floats(loaded);
  if (view.before === "centre") x = centred(x, loaded, question);
  if (view.before === "scale groups") x = scaledByGroups(x, loaded, question);
  if (view.scale) {
    const factor = 2 ** view.scale;
    x = x.map((value) => value * factor);
  }
  return { data: x, shape };
}
