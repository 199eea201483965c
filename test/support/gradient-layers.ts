/** The layers with their gradients: how they are called, what a group is and which weight an element has. */
import {
  batchNormBackward,
  groupNormBackward,
  instanceNormBackward,
  layerNormBackward,
  rmsNormBackward,
} from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import type { Layout } from "../oracle/gradients.js";
import { groupsOf, indexOf, sizeOf } from "../oracle/walk.js";
import type { Result } from "./compare.js";

export interface GradientResult {
  readonly dx: Result;
  readonly dweight: Result;
  readonly dbias: Result;
}

export interface GradientLayer {
  readonly name: string;
  readonly call: (dy: TensorLike, x: TensorLike, options: object) => GradientResult;
  readonly layout: (shape: readonly number[]) => Layout;
  /** The shape of the weight. */
  readonly weightShape: (shape: readonly number[]) => readonly number[];
  readonly centred: boolean;
  /** Shapes that it is tried on: both layouts, tiles and vectors filled and not. */
  readonly shapes: readonly (readonly number[])[];
}

const axesBut = (shape: readonly number[], ...axes: number[]) =>
  shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));

/** Weights along one axis. */
function byChannel(shape: readonly number[], axis: number, groups: Layout["groups"]): Layout {
  const table = Int32Array.from({ length: sizeOf(shape) }, (_, position) => indexOf(shape, position)[axis]);
  return { groups, weights: shape[axis], weightOf: (position) => table[position] };
}

const batch = (axis: number, name: string, shapes: readonly (readonly number[])[]): GradientLayer => ({
  name,
  call: (dy, x, options) => batchNormBackward(dy, x, { ...options, axis }),
  layout: (shape) => {
    const channel = (axis + shape.length) % shape.length;
    return byChannel(shape, channel, groupsOf(shape, axesBut(shape, channel)));
  },
  weightShape: (shape) => [shape[(axis + shape.length) % shape.length]],
  centred: true,
  shapes,
});

const instance = (axis: number, shapes: readonly (readonly number[])[]): GradientLayer => ({
  name: `instance norm of axis ${axis}`,
  call: (dy, x, options) => instanceNormBackward(dy, x, { ...options, axis }),
  layout: (shape) => {
    const channel = (axis + shape.length) % shape.length;
    return byChannel(shape, channel, groupsOf(shape, axesBut(shape, 0, channel)));
  },
  weightShape: (shape) => [shape[(axis + shape.length) % shape.length]],
  centred: true,
  shapes,
});

const inGroups = (groups: number, axis: number, shapes: readonly (readonly number[])[]): GradientLayer => ({
  name: `group norm with ${groups} groups of axis ${axis}`,
  call: (dy, x, options) => groupNormBackward(dy, x, { ...options, groups, axis }),
  layout: (shape) => {
    const channel = (axis + shape.length) % shape.length;
    const split = [...shape.slice(0, channel), groups, shape[channel] / groups, ...shape.slice(channel + 1)];
    return byChannel(shape, channel, groupsOf(split, axesBut(split, 0, channel)));
  },
  weightShape: (shape) => [shape[(axis + shape.length) % shape.length]],
  centred: true,
  shapes,
});

const last = (axes: number, centred: boolean, shapes: readonly (readonly number[])[]): GradientLayer => ({
  name: `${centred ? "layer" : "RMS"} norm of the last ${axes}`,
  call: (dy, x, options) => {
    const all = { ...options, axis: -axes };
    return centred ? layerNormBackward(dy, x, all) : rmsNormBackward(dy, x, all);
  },
  layout: (shape) => ({
    groups: groupsOf(
      shape,
      Array.from({ length: axes }, (_, i) => -1 - i),
    ),
    weights: sizeOf(shape.slice(-axes)),
    weightOf: (position) => position % sizeOf(shape.slice(-axes)),
  }),
  weightShape: (shape) => shape.slice(-axes),
  centred,
  shapes,
});

export const GRADIENT_LAYERS: readonly GradientLayer[] = [
  batch(1, "batch norm", [
    [4, 3, 3, 5],
    [2, 5, 8, 9],
    [33, 2],
    [5, 35],
    [1, 2, 4097],
    [70, 3, 1, 3],
    [7, 2, 129],
  ]),
  batch(-1, "batch norm, channels last", [
    [4, 3, 5, 3],
    [2, 4, 4, 33],
    [129, 8],
    [9, 1030],
    [3, 2, 100],
  ]),
  batch(0, "batch norm of the first axis", [
    [3, 65],
    [2, 5, 130],
  ]),
  instance(1, [
    [3, 4, 3, 5],
    [2, 3, 129],
    [2, 2, 32, 33],
    [20, 2, 7],
  ]),
  instance(-1, [
    [3, 4, 3, 5],
    [2, 20, 33],
    [3, 9, 4],
  ]),
  inGroups(2, 1, [
    [3, 4, 3, 5],
    [2, 6, 43],
    [2, 2, 16, 17],
    [2, 4, 66],
    [17, 4],
    [33, 4, 2],
  ]),
  inGroups(3, -1, [
    [2, 5, 6],
    [2, 3, 130, 9],
    [1, 70, 33],
  ]),
  last(1, true, [
    [5, 33],
    [3, 257],
    [2, 4100],
    [40, 8],
    [2, 3, 64],
    [1, 31],
  ]),
  last(2, true, [
    [4, 3, 11],
    [2, 2, 5, 13],
  ]),
  last(1, false, [
    [5, 33],
    [3, 257],
    [36, 8],
  ]),
  last(3, false, [
    [3, 4, 3, 5],
    [2, 2, 2, 2, 7],
  ]),
];
