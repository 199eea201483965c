/** The groups of each layer, and the weights of its elements, by the shape of the tensor. */

import { type Group, groupsOf, sizeOf } from "../oracle/walk.js";

/** Which axes groups reduce, the number of weights, and the one of an element. */
export interface LayerGroups {
  readonly groups: (shape: readonly number[]) => readonly Group[];
  readonly weights: (shape: readonly number[]) => number;
  readonly weightOf: (shape: readonly number[], index: readonly number[]) => number;
}

const others = (shape: readonly number[], ...axes: number[]) => shape.map((_, i) => i).filter((i) => !axes.includes(i));

export const ofBatch: LayerGroups = {
  groups: (shape) => groupsOf(shape, others(shape, 1)),
  weights: (shape) => shape[1],
  weightOf: (_, index) => index[1],
};

export const ofChannelsLast: LayerGroups = {
  groups: (shape) => groupsOf(shape, others(shape, shape.length - 1)),
  weights: (shape) => shape[shape.length - 1],
  weightOf: (shape, index) => index[shape.length - 1],
};

export const ofInstance: LayerGroups = { ...ofBatch, groups: (shape) => groupsOf(shape, others(shape, 0, 1)) };

export const ofGroups = (groups: number): LayerGroups => ({
  ...ofBatch,
  groups: ([n, c, ...rest]) => groupsOf([n, groups, (c / groups) * sizeOf(rest)], [2]),
});

export const ofLast = (axes: number): LayerGroups => ({
  groups: (shape) =>
    groupsOf(
      shape,
      Array.from({ length: axes }, (_, i) => -1 - i),
    ),
  weights: (shape) => sizeOf(shape.slice(-axes)),
  weightOf: (shape, index) => index.slice(-axes).reduce((at, i, axis) => at * shape.slice(-axes)[axis] + i, 0),
});
