/** The layers with their gradients: how they are called, and the shapes that they are tried on. */
import {
  batchNormBackward,
  groupNormBackward,
  instanceNormBackward,
  layerNormBackward,
  rmsNormBackward,
} from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import type { Layout } from "../oracle/gradients.js";
import { indexOf, sizeOf } from "../oracle/walk.js";
import type { Result } from "./compare.js";
import { type LayerGroups, ofBatch, ofGroups, ofInstance, ofLast } from "./layer-groups.js";

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

/** The groups of a shape, and the weight at each position. */
function layoutOf({ groups, weights, weightOf }: LayerGroups, shape: readonly number[]): Layout {
  const table = Int32Array.from({ length: sizeOf(shape) }, (_, at) => weightOf(shape, indexOf(shape, at)));
  return { groups: groups(shape), weights: weights(shape), weightOf: (position) => table[position] };
}

const layer = (of: LayerGroups, more: Pick<GradientLayer, "call" | "weightShape" | "shapes">): GradientLayer => ({
  name: of.name,
  layout: (shape) => layoutOf(of, shape),
  centred: of.centred,
  ...more,
});

/** A layer of channels. */
const byChannel = (
  of: LayerGroups,
  call: GradientLayer["call"],
  shapes: readonly (readonly number[])[],
): GradientLayer => layer(of, { call, weightShape: (shape) => [of.weights(shape)], shapes });

const batch = (axis: number, shapes: readonly (readonly number[])[]): GradientLayer =>
  byChannel(ofBatch(axis), (dy, x, options) => batchNormBackward(dy, x, { ...options, axis }), shapes);

const instance = (axis: number, shapes: readonly (readonly number[])[]): GradientLayer =>
  byChannel(ofInstance(axis), (dy, x, options) => instanceNormBackward(dy, x, { ...options, axis }), shapes);

const inGroups = (groups: number, axis: number, shapes: readonly (readonly number[])[]): GradientLayer =>
  byChannel(ofGroups(groups, axis), (dy, x, o) => groupNormBackward(dy, x, { ...o, groups, axis }), shapes);

const last = (axes: number, centred: boolean, shapes: readonly (readonly number[])[]): GradientLayer =>
  layer(ofLast(axes, centred), {
    call: (dy, x, options) => {
      const all = { ...options, axis: -axes };
      return centred ? layerNormBackward(dy, x, all) : rmsNormBackward(dy, x, all);
    },
    weightShape: (shape) => shape.slice(-axes),
    shapes,
  });

export const GRADIENT_LAYERS: readonly GradientLayer[] = [
  batch(1, [
    [4, 3, 3, 5],
    [2, 5, 8, 9],
    [33, 2],
    [5, 35],
    [1, 2, 4097],
    [70, 3, 1, 3],
    [7, 2, 129],
  ]),
  batch(-1, [
    [4, 3, 5, 3],
    [2, 4, 4, 33],
    [129, 8],
    [9, 1030],
    [3, 2, 100],
  ]),
  batch(0, [
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
